//! Subtitles: SRT and VTT.

use super::lead::{Lead, is_cue_time, name};
use super::{Line, Parsed, TranscriptLayout, Turn};

/// What stands between the start and the end of a cue.
const ARROW: &str = "-->";

pub(super) fn is_srt(lines: &[Line]) -> bool {
    let mut said = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let first = said.next().map(|(_, line)| line.trim());
    let is_number = first.is_some_and(|line| line.bytes().all(|b| b.is_ascii_digit()));
    let is_first_cue = first.and_then(start).is_some();
    is_first_cue || is_number && said.next().is_some_and(|(_, line)| start(line).is_some())
}

/// The start of a cue whose times stand in this line.
fn start(line: &str) -> Option<&str> {
    let start = line.split_once(ARROW)?.0.trim();
    is_cue_time(start).then_some(start)
}

pub(super) fn srt(lines: &[Line]) -> Parsed {
    let (_, turns) = cues(lines, false);
    (
        TranscriptLayout::Srt,
        Vec::new(),
        without_marks(with_speakers(turns)),
    )
}

pub(super) fn vtt(lines: &[Line]) -> Parsed {
    let (head, turns) = cues(lines, true);
    let turns = turns.into_iter().flat_map(voices).collect();
    (
        TranscriptLayout::Vtt,
        head,
        without_marks(with_speakers(turns)),
    )
}

/// The blocks before the first cue, and the cues. Of a block that is no cue behind that, such as a note, nothing is left.
fn cues(lines: &[Line], with_ids: bool) -> (Vec<String>, Vec<Turn>) {
    let (mut head, mut turns) = (Vec::new(), Vec::new());
    for block in blocks(lines) {
        let times = block
            .iter()
            .take(2)
            .position(|(_, line)| start(line).is_some());
        match times {
            Some(times) => turns.push(cue(block, times, with_ids)),
            None if turns.is_empty() => {
                head.extend(block.iter().map(|(_, line)| line.clone()));
                head.extend((!block.is_empty()).then(String::new));
            }
            None => {}
        }
    }
    head.pop();
    (head, turns)
}

/// The stretches between empty lines; where these are missing, as in documents, a cue ends before the times of the next, or the number above them.
fn blocks(lines: &[Line]) -> impl Iterator<Item = &[Line]> {
    let blocks = lines.split(|(_, line)| line.trim().is_empty());
    blocks.flat_map(|block| {
        let is_times = |at: usize| start(&block[at].1).is_some();
        let is_number = |at: usize| block[at].1.trim().bytes().all(|b| b.is_ascii_digit());
        let begin = |at: usize| match at > 0 && is_number(at - 1) {
            true => at - 1,
            false => at,
        };
        let times = (0..block.len()).filter(|&at| is_times(at));
        let mut ends: Vec<usize> = times.skip(1).map(begin).collect();
        ends.push(block.len());
        let mut from = 0;
        ends.into_iter().map(move |end| {
            let part = &block[from..end];
            from = end;
            part
        })
    })
}

fn cue(block: &[Line], times: usize, with_id: bool) -> Turn {
    let (number, times_line) = &block[times];
    let said: Vec<&str> = block[times + 1..]
        .iter()
        .map(|(_, line)| line.trim())
        .collect();
    let first = if with_id { 0 } else { times };
    let above = block[first..=times].iter();
    let above: Vec<&str> = above.map(|(_, line)| line.trim()).collect();
    Turn {
        line: *number,
        time: start(times_line).map(Into::into),
        text: said.join("\n").into(),
        above: Some(above.join("\n").into()),
        ..Turn::default()
    }
}

/// The turns of a cue, of which each voice has its own.
fn voices(turn: Turn) -> Vec<Turn> {
    let mut starts: Vec<usize> = turn.text.match_indices("<v").map(|(at, _)| at).collect();
    starts.retain(|&at| turn.text[at + 2..].starts_with([' ', '.', '\t']));
    if starts.first().is_none_or(|&at| at > 0) {
        return vec![turn];
    }
    let ends = starts.iter().skip(1).copied().chain([turn.text.len()]);
    let parts = starts.iter().zip(ends);
    let voice = |(&start, end): (&usize, usize)| {
        let mut voice = Turn {
            text: turn.text[start..end].trim().into(),
            ..turn.clone()
        };
        take_voice(&mut voice);
        voice
    };
    parts.map(voice).collect()
}

/// `<v 张三>大家好</v>`: the speaker of WebVTT.
fn take_voice(turn: &mut Turn) {
    let Some((tag, said)) = turn
        .text
        .strip_prefix("<v")
        .and_then(|rest| rest.split_once('>'))
    else {
        return;
    };
    let Some(speaker) = tag
        .split_once([' ', '\t'])
        .and_then(|(_, speaker)| name(speaker))
    else {
        return;
    };
    let before = format!("<v{tag}>");
    let said = said.strip_suffix("</v>").unwrap_or(said);
    (turn.text, turn.speaker, turn.before) =
        (said.into(), Some(speaker.into()), Some(before.into()));
}

/// Names on lines of their own, where each cue has one and they come again: `(Ann)`, then what she says.
fn with_names_above(mut turns: Vec<Turn>) -> Vec<Turn> {
    let named = |turn: &Turn| {
        let (first, _) = turn.text.split_once('\n')?;
        name(first).filter(|_| turn.speaker.is_none())
    };
    let names: Vec<Option<String>> = turns.iter().map(named).collect();
    let different: std::collections::HashSet<&String> = names.iter().flatten().collect();
    if turns.len() < 2 || names.contains(&None) || 2 * different.len() > turns.len() {
        return turns;
    }
    for (turn, name) in turns.iter_mut().zip(names) {
        let Some((first, said)) = turn.text.split_once('\n') else {
            continue;
        };
        let (before, said) = (format!("{first}\n"), said.into());
        turn.before = Some(before.into());
        turn.text = said;
        turn.speaker = name.map(Into::into);
    }
    turns
}

/// Names in front of what is said, where most cues have one.
fn with_speakers(turns: Vec<Turn>) -> Vec<Turn> {
    let mut turns = with_names_above(turns);
    let lead = |turn: &Turn| {
        let lead = Lead::of(&turn.text).filter(|lead| lead.time.is_none());
        lead.filter(|lead| turn.speaker.is_none() && lead.end < turn.text.len())
    };
    let named = turns.iter().filter(|turn| lead(turn).is_some()).count();
    if 2 * named <= turns.len() {
        return turns;
    }
    for turn in &mut turns {
        if let Some(lead) = lead(turn) {
            let (before, said) = turn.text.split_at(lead.end);
            let (before, said) = (before.into(), said.into());
            (turn.before, turn.text) = (Some(before), said);
            turn.speaker = lead.speaker.map(Into::into);
        }
    }
    turns
}

/// Turns whose text has no marks; these are kept beside it.
fn without_marks(mut turns: Vec<Turn>) -> Vec<Turn> {
    for turn in &mut turns {
        let plain = plain(&turn.text);
        if *plain != *turn.text {
            turn.marked = Some(std::mem::replace(&mut turn.text, plain.into()));
        }
    }
    turns
}

/// A text without the marks of subtitles: `<i>`, `<font color="red">`, `<00:00:02.000>`, `{\an8}`.
fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['<', '{']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = mark(rest).unwrap_or(1);
        plain.push_str(if length == 1 { &rest[..1] } else { "" });
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

/// Bytes of the mark that a text begins with.
fn mark(text: &str) -> Option<usize> {
    const NAMES: [&str; 9] = ["i", "b", "u", "s", "font", "c", "v", "ruby", "rt"];
    if text.starts_with("{\\") {
        return Some(text.find('}')? + 1);
    }
    let inside = text.strip_prefix('<')?;
    let inside = &inside[..inside.find('>')?];
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let name = name.split([' ', '.', '\t']).next().unwrap_or_default();
    let is_mark = NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) || is_cue_time(inside);
    is_mark.then_some(inside.len() + 2)
}
