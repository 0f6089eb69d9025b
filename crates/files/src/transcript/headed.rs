//! Text with names and times above or in front of turns, or without any.

use super::lead::{Lead, is_field};
use super::{Line, Parsed, TranscriptLayout, Turn};

/// Of a hundred lines, those that must have a name in front for names to be meant.
const MOSTLY: usize = 60;

/// Lines of a turn, on average, at most, where names stand above.
const LONGEST_TURN: usize = 40;

/// What the leads of a text look like.
#[derive(Default)]
struct Tally {
    lines: usize,
    /// With a time, and nothing behind.
    above: usize,
    /// With a time, and something behind.
    timed: usize,
    /// With a name.
    named: usize,
}

pub(super) fn turns(lines: Vec<Line>) -> Parsed {
    let layout = layout(&lines);
    if layout == TranscriptLayout::Lines {
        let said = lines
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty());
        let turn = |(line, text): Line| Turn {
            line,
            text: text.into(),
            ..Turn::default()
        };
        return (layout, Vec::new(), said.map(turn).collect());
    }
    let (mut head, mut turns) = (Vec::new(), Vec::<Turn>::new());
    for (number, line) in lines {
        // 参会人：张三、李四 above the first turn.
        let is_head = |lead: &Lead| {
            turns.is_empty() && lead.time.is_none() && lead.speaker.as_deref().is_some_and(is_field)
        };
        match lead(&line, layout).filter(|lead| !is_head(lead)) {
            Some(lead) => turns.push(begun(number, &line, lead, layout)),
            None => match turns.last_mut() {
                Some(turn) => go_on(turn, &line),
                None => head.push(line),
            },
        }
    }
    while head.last().is_some_and(|line| line.trim().is_empty()) {
        head.pop();
    }
    (layout, head, turns)
}

fn layout(lines: &[Line]) -> TranscriptLayout {
    let mut tally = Tally::default();
    for (_, line) in lines.iter().filter(|(_, line)| !line.trim().is_empty()) {
        tally.lines += 1;
        let Some(lead) = Lead::of(line) else { continue };
        let is_whole = line[lead.end..].trim().is_empty();
        match (lead.time.is_some(), is_whole) {
            (true, true) => tally.above += 1,
            (true, false) => tally.timed += 1,
            (false, false) => tally.named += 1,
            (false, true) => {}
        }
    }
    let Tally {
        lines,
        above,
        timed,
        named,
    } = tally;
    let is_most = |count: usize| count > 0 && 100 * count >= MOSTLY * lines;
    if above > 0 && above >= timed && above * LONGEST_TURN >= lines {
        TranscriptLayout::Above
    } else if is_most(timed) || is_most(timed + named) && lines > 1 {
        TranscriptLayout::Before
    } else {
        TranscriptLayout::Lines
    }
}

/// The lead of a line, if it begins a turn in this layout.
fn lead(line: &str, layout: TranscriptLayout) -> Option<Lead> {
    let lead = Lead::of(line)?;
    let is_whole = line[lead.end..].trim().is_empty();
    let begins = match layout {
        TranscriptLayout::Above => is_whole && lead.time.is_some(),
        _ => !is_whole,
    };
    begins.then_some(lead)
}

fn begun(number: u64, line: &str, lead: Lead, layout: TranscriptLayout) -> Turn {
    let (front, text) = line.split_at(lead.end);
    let mut turn = Turn {
        line: number,
        speaker: lead.speaker.map(Into::into),
        time: lead.time.map(Into::into),
        text: text.trim().into(),
        ..Turn::default()
    };
    match layout {
        TranscriptLayout::Above => turn.above = Some(line.into()),
        _ => turn.before = Some(front.into()),
    }
    turn
}

/// A further line of a turn.
fn go_on(turn: &mut Turn, line: &str) {
    let line = line.trim();
    if line.is_empty() {
        return;
    }
    turn.text = match turn.text.is_empty() {
        true => line.into(),
        false => format!("{}\n{line}", turn.text).into(),
    };
}
