//! Subtitles: SRT and VTT.

use super::lead::{Lead, is_time, name};
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
    is_time(start).then_some(start)
}

pub(super) fn srt(lines: &[Line]) -> Parsed {
    let (_, turns) = cues(lines);
    (TranscriptLayout::Srt, Vec::new(), with_speakers(turns))
}

pub(super) fn vtt(lines: &[Line]) -> Parsed {
    let (head, mut turns) = cues(lines);
    for turn in &mut turns {
        take_voice(turn);
    }
    (TranscriptLayout::Vtt, head, with_speakers(turns))
}

/// The blocks before the first cue, and the cues. Of a block that is no cue behind that, such as a note, nothing is left.
fn cues(lines: &[Line]) -> (Vec<String>, Vec<Turn>) {
    let (mut head, mut turns) = (Vec::new(), Vec::new());
    for block in lines.split(|(_, line)| line.trim().is_empty()) {
        let times = block
            .iter()
            .take(2)
            .position(|(_, line)| start(line).is_some());
        match times {
            Some(times) => turns.push(cue(block, times)),
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

fn cue(block: &[Line], times: usize) -> Turn {
    let (number, times_line) = &block[times];
    let said: Vec<&str> = block[times + 1..]
        .iter()
        .map(|(_, line)| line.trim())
        .collect();
    Turn {
        line: *number,
        time: start(times_line).map(Into::into),
        text: said.join("\n").into(),
        above: Some(times_line.trim().into()),
        ..Turn::default()
    }
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

/// Names in front of what is said, where most cues have one.
fn with_speakers(mut turns: Vec<Turn>) -> Vec<Turn> {
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
