//! Subtitles: SRT and VTT.

mod marks;

use anyhow::bail;

use self::marks::{behind, plain};
use super::lead::{Lead, is_cue_time, name};
use super::{Line, Parsed, TranscriptLayout, Turn};

/// What stands between the start and the end of a cue: the first of these, or as it is mistyped.
const ARROWS: [&str; 4] = ["-->", "->", "–>", "—>"];

/// How WebVTT begins.
const SIGN: &str = "WEBVTT";

/// Whether a line is the first of WebVTT.
pub(super) fn is_vtt(first: &str) -> bool {
    first
        .strip_prefix(SIGN)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

pub(super) fn is_srt(lines: &[Line]) -> bool {
    let mut said = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let first = said.next().map(|(_, line)| line.trim());
    let is_number = first.is_some_and(|line| line.bytes().all(|b| b.is_ascii_digit()));
    let is_first_cue = first.and_then(start).is_some();
    is_first_cue || is_number && said.next().is_some_and(|(_, line)| start(line).is_some())
}

/// The start of a cue whose times stand in this line. Behind its end may stand how it is shown, `align:start`; what else stands there is said, as
/// where each line has its times.
fn start(line: &str) -> Option<&str> {
    let (start, rest) = split(line)?;
    let mut words = rest.split_whitespace();
    let end = words.next()?;
    (is_cue_time(start) && is_cue_time(end) && words.all(|word| word.contains(':')))
        .then_some(start)
}

/// What stands in front of an arrow, and behind it.
fn split(line: &str) -> Option<(&str, &str)> {
    let found = ARROWS.iter().find_map(|arrow| line.split_once(arrow));
    found.map(|(start, rest)| (start.trim(), rest.trim()))
}

/// # Errors
/// When the times of a cue cannot be read.
pub(super) fn srt(lines: &[Line]) -> anyhow::Result<Parsed> {
    let cues = Cues::of(lines, false)?;
    Ok(cues.parsed(TranscriptLayout::Srt, |turn| vec![turn]))
}

/// # Errors
/// When the times of a cue cannot be read.
pub(super) fn vtt(lines: &[Line]) -> anyhow::Result<Parsed> {
    // The head goes to the first empty line; some programs leave that out.
    let is_below = |(_, line): &Line| line.trim().is_empty() || start(line).is_some();
    let head = lines
        .iter()
        .position(|line| line.1.contains(SIGN))
        .map_or(0, |at| at + 1);
    let head = lines[head..]
        .iter()
        .position(is_below)
        .map_or(lines.len(), |at| head + at);
    let mut cues = Cues::of(&lines[head..], true)?;
    let mut above: Vec<String> = lines[..head].iter().map(|(_, line)| line.clone()).collect();
    if !cues.head.is_empty() {
        above.push(String::new());
    }
    cues.head.splice(0..0, above);
    Ok(cues.parsed(TranscriptLayout::Vtt, voices))
}

/// The cues of subtitles, and what stands around them.
#[derive(Default)]
struct Cues {
    /// Blocks before the first cue.
    head: Vec<String>,
    turns: Vec<Turn>,
    /// Blocks behind the last cue.
    tail: Vec<String>,
}

impl Cues {
    /// Comments and styles stay in front of the cue below them. Any other block without times goes on with the cue above it, as where a cue has
    /// an empty line in it.
    fn of(lines: &[Line], is_vtt: bool) -> anyhow::Result<Self> {
        let mut cues = Self::default();
        let mut ahead: Vec<String> = Vec::new();
        // What goes on with the last cue, which has it all at once.
        let mut more: Vec<&str> = Vec::new();
        for block in blocks(lines).filter(|block| !block.is_empty()) {
            let mut first_two = block.iter().take(2);
            let times = first_two.position(|(_, line)| start(line).is_some());
            match (times, cues.turns.last_mut()) {
                (Some(times), last) => {
                    go_on(last, &mut more);
                    let mut cue = cue(block, times, is_vtt);
                    match cues.turns.is_empty() {
                        true => cues.head = std::mem::take(&mut ahead),
                        false => cue.ahead = std::mem::take(&mut ahead).into(),
                    }
                    cues.turns.push(cue);
                }
                (None, Some(turn)) if !is_vtt || !is_comment(block) => {
                    check_times(block)?;
                    more.extend(block.iter().map(|(_, line)| line.trim()));
                    turn.lines.1 = block[block.len() - 1].0;
                }
                (None, _) => {
                    check_times(block)?;
                    if !ahead.is_empty() {
                        ahead.push(String::new());
                    }
                    ahead.extend(block.iter().map(|(_, line)| line.clone()));
                }
            }
        }
        go_on(cues.turns.last_mut(), &mut more);
        cues.tail = ahead;
        Ok(cues)
    }

    fn parsed(self, layout: TranscriptLayout, split: fn(Turn) -> Vec<Turn>) -> Parsed {
        let turns = self.turns.into_iter().flat_map(split).collect();
        Parsed {
            layout,
            head: self.head,
            turns: without_marks(with_speakers(turns)),
            tail: self.tail,
            ..Parsed::default()
        }
    }
}

/// Whether a block of WebVTT is none of cues.
fn is_comment(block: &[Line]) -> bool {
    let first = block[0].1.trim();
    let word = first.split([' ', '\t', ':']).next().unwrap_or_default();
    ["NOTE", "STYLE", "REGION"].contains(&word)
}

/// # Errors
/// When a block has times as a cue has, but not as they are read: what it says would be lost.
fn check_times(block: &[Line]) -> anyhow::Result<()> {
    let is_broken = |line: &str| {
        let is_number = |c: char| c.is_ascii_digit();
        split(line).is_some_and(|(start, _)| start.starts_with(is_number) && start.contains(':'))
    };
    let broken = block.iter().take(2).find(|(_, line)| is_broken(line));
    match broken {
        None => Ok(()),
        Some((number, _)) => bail!(
            "line {number} has an arrow as the times of a cue have, and in front of it no time that can be read; write it as 00:00:01,000 --> 00:00:04,000"
        ),
    }
}

/// Takes further lines into a cue.
fn go_on(turn: Option<&mut Turn>, more: &mut Vec<&str>) {
    let Some(turn) = turn.filter(|_| !more.is_empty()) else {
        return;
    };
    let lines = std::iter::once(&*turn.text).filter(|text| !text.is_empty());
    let lines: Vec<&str> = lines.chain(more.drain(..)).collect();
    turn.text = lines.join("\n").into();
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
        lines: (block[0].0, block[block.len() - 1].0),
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
    // No two cues have one id, and comments stand there once.
    let times = turn.above.as_deref().and_then(|above| above.lines().last());
    let further = Turn {
        line: turn.line,
        lines: turn.lines,
        time: turn.time.clone(),
        above: times.map(Into::into),
        ..Turn::default()
    };
    let said = starts.iter().zip(ends).map(|(&start, end)| {
        let said = turn.text[start..end].trim();
        let mut voice = Turn {
            text: said.into(),
            ..further.clone()
        };
        take_voice(&mut voice);
        voice
    });
    let mut voices: Vec<Turn> = said.collect();
    if let Some(first) = voices.first_mut() {
        (first.above, first.ahead) = (turn.above, turn.ahead);
    }
    voices
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
        name(&plain(first)).filter(|_| turn.speaker.is_none())
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
    // Names may be in italics as well, or alone in bold.
    let lead = |turn: &Turn| {
        let said = plain(&turn.text);
        let lead = Lead::of(&said).filter(|lead| lead.time.is_none());
        lead.filter(|lead| turn.speaker.is_none() && lead.end < said.len())
    };
    let leads: Vec<Option<Lead>> = turns.iter().map(lead).collect();
    if 2 * leads.iter().flatten().count() <= turns.len() {
        return turns;
    }
    for (turn, lead) in turns.iter_mut().zip(leads) {
        if let Some(lead) = lead {
            let (before, said) = turn.text.split_at(behind(&turn.text, lead.end));
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
