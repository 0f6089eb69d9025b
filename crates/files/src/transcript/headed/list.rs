//! Minutes as a list in Markdown, as they are written here: lines of a head, an empty one, and a point for each turn, `- **张三 00:05** …`.
//!
//! Whatever stands above them, and however many lines turns have, points say by themselves what they are; so minutes that were marked or merged are
//! read as the transcript that they were.

use std::ops::Range;

use super::super::lead::{Lead, introduces, is_field, named_time};
use super::{Begun, Line, Parsed, TranscriptLayout, Turn, trim_end};

/// How points begin.
const POINT: &str = "- ";

/// How lines begin that go on with a point.
const BELOW: &str = "  ";

/// Of a hundred points without times, those that must have a name for names to be meant.
const MOSTLY: usize = 60;

/// Who speaks and when, in front of a point.
struct PointLead {
    speaker: Option<String>,
    time: Option<String>,
    /// Byte of the line at which what is said begins.
    end: usize,
}

/// The turns of a text that is such a list; `None`: it is another.
pub(super) fn turns(lines: &[Line]) -> Option<Parsed> {
    let points = points(lines)?;
    let (head, said) = lines.split_at(points.start);
    let above = head.last().is_none_or(|(_, line)| line.trim().is_empty());
    if !above || !are_turns(head, said) {
        return None;
    }
    let mut head: Vec<String> = head.iter().map(|(_, line)| line.clone()).collect();
    trim_end(&mut head);
    let mut turns = Vec::<Begun>::new();
    for (number, line) in said {
        match (line.starts_with(POINT), turns.last_mut()) {
            (true, _) => turns.push(begun(*number, line)),
            (false, Some(turn)) => turn.go_on(*number, line),
            (false, None) => {}
        }
    }
    Some(Parsed {
        layout: TranscriptLayout::Before,
        head,
        turns: turns.into_iter().map(Begun::finish).collect(),
        ..Parsed::default()
    })
}

/// The lines at the end that are points, with what goes on with them and empty lines.
fn points(lines: &[Line]) -> Option<Range<usize>> {
    let is_of_list = |(_, line): &&Line| {
        line.starts_with(POINT) || line.starts_with(BELOW) || line.trim().is_empty()
    };
    let count = lines.iter().rev().take_while(is_of_list).count();
    let from = lines.len() - count;
    let first = lines[from..]
        .iter()
        .position(|(_, line)| line.starts_with(POINT))?;
    Some(from + first..lines.len())
}

/// Whether points say who speaks: one of them has a time, or most a name. Words that are only stressed stand in front of some, and a list at the end
/// of what was said, as of tasks, is none of all turns; that has names rather than times.
fn are_turns(head: &[Line], said: &[Line]) -> bool {
    let points = said.iter().filter(|(_, line)| line.starts_with(POINT));
    let found: Vec<Option<PointLead>> = points.map(|(_, line)| lead(line)).collect();
    let named = found.iter().flatten().count();
    let is_timed = found.iter().flatten().any(|lead| lead.time.is_some());
    let is_of_turn = |lead: &Lead| {
        let speaker = lead.speaker.as_deref();
        lead.time.is_some() || !speaker.is_some_and(is_field)
    };
    let above = head.iter().filter_map(|(_, line)| Lead::of(line));
    let above = above.filter(is_of_turn).count();
    match is_timed {
        true => above <= named,
        false => named > 0 && 100 * named >= MOSTLY * found.len() && 4 * above <= named,
    }
}

fn begun(number: u64, line: &str) -> Begun {
    let lead = lead(line);
    let end = lead.as_ref().map_or(POINT.len(), |lead| lead.end);
    let (speaker, time) = lead.map_or((None, None), |lead| (lead.speaker, lead.time));
    let turn = Turn {
        speaker: speaker.map(Into::into),
        time: time.map(Into::into),
        before: Some(line[..end].into()),
        ..Turn::default()
    };
    Begun::of(number, &line[end..], turn)
}

/// What is bold in front of a point, with a blank behind it.
fn lead(line: &str) -> Option<PointLead> {
    let (who, said) = line
        .strip_prefix(POINT)?
        .strip_prefix("**")?
        .split_once("**")?;
    let who = who.trim();
    let behind = said
        .strip_prefix(' ')
        .or_else(|| said.is_empty().then_some(said))?;
    let (speaker, time) = match named_time(who) {
        Some((speaker, time)) => (speaker, Some(time)),
        // A name that ends with a number is written with a colon, or that would be a time.
        None => (who.trim_end_matches([':', '：']), None),
    };
    let speaker = Some(speaker.trim()).filter(|name| !name.is_empty() && !introduces(name));
    (speaker.is_some() || time.is_some()).then(|| PointLead {
        speaker: speaker.map(str::to_owned),
        time: time.map(str::to_owned),
        end: line.len() - behind.len(),
    })
}
