//! How a text writes its names and times, so that a time that somebody says begins no turn.

use std::collections::{BTreeMap, HashSet};

use yuyi_language::is_han;
use yuyi_tasks::dedup::agrees;

use super::super::lead::{Lead, Shape, is_field, name};
use super::super::{Line, TranscriptLayout};

/// Of a hundred lines, those that must have a name in front for names to be meant.
const MOSTLY: usize = 60;

/// Lines of a turn, on average, at most, where names stand above.
const LONGEST_TURN: usize = 40;

/// Of a hundred leads, those that must stand below an empty line for all to have to.
const SEPARATED: usize = 70;

/// Chinese characters of a name at most, where it does not come again.
const LONGEST_HAN_NAME: usize = 4;

/// How the turns of a text are begun.
pub(super) struct Habits {
    pub(super) layout: TranscriptLayout,
    /// What most leads look like.
    shape: Option<Shape>,
    /// Whether most of those that begin with a time begin with a bracket.
    has_bracket: bool,
    /// Colons in most of their times.
    colons: usize,
    /// Who speaks in leads of that shape.
    speakers: HashSet<String>,
    /// Which lines stand below an empty one, or first; empty where that says nothing.
    separated: Vec<bool>,
    /// Times on lines of their own are of all that follows, as in Google Meet.
    has_sections: bool,
    /// Turns are points of a list in Markdown.
    has_points: bool,
    /// Bytes of the number that each line has as a point of a list.
    numbers: Vec<usize>,
    /// Turns are points of a list with numbers.
    has_numbers: bool,
    /// Names stand behind times on lines of their own.
    has_times_first: bool,
}

/// A lead, as it is counted.
struct Seen {
    lead: Lead,
    /// Nothing stands behind it.
    is_whole: bool,
    has_bracket: bool,
    is_separated: bool,
    is_point: bool,
    is_numbered: bool,
}

/// What the leads of a text look like.
#[derive(Default)]
struct Tally {
    lines: usize,
    /// With a name and a time, and nothing behind.
    above: usize,
    /// A time alone.
    alone: usize,
    /// A name alone.
    names: usize,
    /// With a time, and something behind.
    timed: usize,
    /// With a name, and something behind.
    named: usize,
}

impl Habits {
    /// Those of lines, each with the bytes of its number as a point of a list.
    pub(super) fn of(lines: &[Line], numbers: &[usize]) -> Self {
        let separated = separated(lines);
        let has_times_first = have_times_first(lines, &separated);
        let mut tally = Tally::default();
        let mut seen = Vec::new();
        for (((_, line), is_separated), number) in lines.iter().zip(&separated).zip(numbers) {
            if line.trim().is_empty() {
                continue;
            }
            let lead = lead(line, *number, has_times_first);
            match lead.map(|lead| Seen::of(line, *number, *is_separated, lead)) {
                // 参会人：张三、李四 says nothing of how turns begin.
                Some(one) if one.is_field() => {}
                Some(one) => {
                    tally.lines += 1;
                    tally.count(&one);
                    seen.push(one);
                }
                None => tally.lines += 1,
            }
        }
        let (layout, has_sections) = tally.layout(&seen);
        let is_above = layout == TranscriptLayout::Above;
        seen.retain(|one| one.is_whole == is_above);
        let shape = most_common(seen.iter().map(|one| one.lead.shape));
        let colons = most_common(seen.iter().map(|one| colons(&one.lead)));
        seen.retain(|one| Some(one.lead.shape) == shape);
        let share = |is: fn(&Seen) -> bool| seen.iter().filter(|one| is(one)).count();
        let is_mostly_separated = 100 * share(|one| one.is_separated) >= SEPARATED * seen.len();
        let has_bracket = 2 * share(|one| one.has_bracket) > seen.len();
        let has_points = 2 * share(|one| one.is_point) > seen.len() && !is_above;
        let has_numbers = 2 * share(|one| one.is_numbered) > seen.len() && !is_above;
        let is_apart = is_above && is_mostly_separated;
        let named = seen.into_iter().filter(|one| one.is_separated || !is_apart);
        let speakers = named.filter_map(|one| one.lead.speaker);
        Self {
            layout,
            shape,
            colons: colons.unwrap_or_default(),
            has_bracket,
            speakers: speakers.collect(),
            separated: if is_apart { separated } else { Vec::new() },
            has_sections,
            has_points,
            numbers: numbers.to_vec(),
            has_numbers,
            has_times_first,
        }
    }

    /// Whether a line is a point of the list, which is a turn even if nothing tells whose.
    pub(super) fn begins_point(&self, place: usize, line: &str) -> bool {
        self.has_points && line.starts_with("- ") || self.has_numbers && self.number(place) > 0
    }

    /// Bytes of the number that the line at a place has as a point of a list.
    pub(super) fn number(&self, place: usize) -> usize {
        self.numbers.get(place).copied().unwrap_or_default()
    }

    /// The lead of the line at a place, if it begins a turn.
    pub(super) fn lead(&self, place: usize, line: &str) -> Option<Lead> {
        let number = self.number(place);
        let lead = lead(line, number, self.has_times_first)?;
        let is_whole = line[lead.end..].trim().is_empty();
        let line = &line[number..];
        let is_known = || {
            lead.speaker
                .as_ref()
                .is_some_and(|speaker| self.speakers.contains(speaker))
        };
        let is_point = self.has_points && is_point(line);
        let is_usual = self.shape == Some(lead.shape);
        let begins = match self.layout {
            TranscriptLayout::Above => {
                let is_separated = self.separated.get(place).copied();
                let is_turn = is_whole && (lead.time.is_some() || self.shape == Some(Shape::Name));
                is_turn
                    && match is_separated {
                        Some(is_separated) => is_separated || is_usual && is_known(),
                        None => is_usual || is_known(),
                    }
            }
            _ => {
                !is_whole
                    && (is_usual && self.is_bracketed(line, &lead)
                        || is_point
                        || is_known()
                        || self.is_unnamed(line, &lead))
            }
        };
        begins.then_some(lead)
    }

    /// Whether a turn without a speaker begins among those with one: `[00:05] …`.
    fn is_unnamed(&self, line: &str, lead: &Lead) -> bool {
        let have_times = matches!(self.shape, Some(Shape::TimeAndName | Shape::NameAndTime));
        lead.shape == Shape::Time
            && have_times
            && colons(lead) == self.colons
            && self.is_bracketed(line, lead)
    }

    /// Whether a time at the beginning of a line stands there as others do.
    fn is_bracketed(&self, line: &str, lead: &Lead) -> bool {
        let begins_with_time = matches!(lead.shape, Shape::Time | Shape::TimeAndName);
        !begins_with_time || !self.has_bracket || has_bracket(line)
    }

    /// The time of a section, if the line is one.
    pub(super) fn section(&self, line: &str) -> Option<Lead> {
        let lead = Lead::of(line).filter(|_| self.has_sections)?;
        let is_whole = line[lead.end..].trim().is_empty();
        (is_whole && lead.shape == Shape::Time).then_some(lead)
    }
}

impl Seen {
    fn of(line: &str, number: usize, is_separated: bool, lead: Lead) -> Self {
        Self {
            is_whole: line[lead.end..].trim().is_empty(),
            has_bracket: has_bracket(&line[number..]),
            is_separated,
            is_point: is_point(line),
            is_numbered: number > 0,
            lead,
        }
    }

    fn is_field(&self) -> bool {
        let speaker = self.lead.speaker.as_deref();
        self.lead.time.is_none() && speaker.is_some_and(is_field)
    }
}

/// The lead of a line behind the number of a point. Names may stand behind times.
fn lead(line: &str, number: usize, has_times_first: bool) -> Option<Lead> {
    let lead = Lead::behind(line, number)?;
    match name_behind(line, &lead).filter(|_| has_times_first) {
        None => Some(lead),
        speaker => Some(Lead {
            shape: Shape::NameAndTime,
            speaker,
            end: line.len(),
            ..lead
        }),
    }
}

/// The name that is all that stands behind the time of a line.
fn name_behind(line: &str, lead: &Lead) -> Option<String> {
    let is_time = lead.shape == Shape::Time;
    is_time.then(|| name(&line[lead.end..])).flatten()
}

/// Whether names stand behind times on lines of their own, as recorders write them: `00:00:01 张伟`, and below it what he says. All times have one and something below; names
/// come again, or are as short as names are and stand below empty lines.
fn have_times_first(lines: &[Line], separated: &[bool]) -> bool {
    let mut names = Vec::new();
    let mut is_apart = true;
    for (place, (_, line)) in lines.iter().enumerate() {
        let Some(lead) = Lead::of(line).filter(|lead| lead.shape == Shape::Time) else {
            continue;
        };
        let below = lines.get(place + 1).map_or("", |(_, line)| line.trim());
        let is_said = !below.is_empty() && Lead::of(below).is_none_or(|lead| lead.time.is_none());
        match name_behind(line, &lead).filter(|_| is_said) {
            Some(name) => names.push(name),
            None => return false,
        }
        is_apart &= separated[place];
    }
    let different: HashSet<&String> = names.iter().collect();
    let is_short = |name: &String| {
        let han = name.chars().filter(|c| is_han(*c)).count();
        han <= LONGEST_HAN_NAME && !agrees(name)
    };
    let come_again = 3 * different.len() <= 2 * names.len();
    names.len() > 1 && (come_again || is_apart && names.iter().all(is_short))
}

impl Tally {
    fn count(&mut self, seen: &Seen) {
        let count = match (seen.is_whole, seen.lead.shape) {
            (true, Shape::Time) => &mut self.alone,
            (true, Shape::Name) => &mut self.names,
            (true, _) => &mut self.above,
            (false, Shape::Name) => &mut self.named,
            (false, _) => &mut self.timed,
        };
        *count += 1;
    }

    /// The layout, and whether times alone are those of sections.
    fn layout(&self, seen: &[Seen]) -> (TranscriptLayout, bool) {
        let said = self.lines - self.alone;
        let is_most = |count: usize| count > 0 && 100 * count >= MOSTLY * said;
        let above = self.above + self.alone;
        let is_above = |count: usize| count > 0 && count * LONGEST_TURN >= self.lines;
        // 张三：…, and a time now and then.
        if self.above == 0
            && self.named > self.timed
            && is_most(self.named)
            && (said > 1 || self.alone > 0)
        {
            (TranscriptLayout::Before, self.alone > 0)
        } else if is_above(above) && above >= self.timed {
            (TranscriptLayout::Above, false)
        } else if is_most(self.timed) || is_most(self.timed + self.named) && said > 1 {
            (TranscriptLayout::Before, false)
        } else if is_above(self.names) && above == 0 && self.names > 1 && come_again(seen) {
            (TranscriptLayout::Above, false)
        } else {
            (TranscriptLayout::Lines, false)
        }
    }
}

/// Whether names on lines of their own are those of people, who speak more than once; headings do not come again.
fn come_again(seen: &[Seen]) -> bool {
    let names = seen.iter().filter(|one| one.is_whole);
    let names: Vec<&str> = names
        .filter_map(|one| one.lead.speaker.as_deref())
        .collect();
    let different: HashSet<&&str> = names.iter().collect();
    3 * different.len() <= 2 * names.len()
}

/// Which lines are the first, or stand below an empty one, or below one such as 文字记录：
fn separated(lines: &[Line]) -> Vec<bool> {
    let mut is_free = true;
    let each = lines.iter().map(|(_, line)| {
        let is_empty = line.trim().is_empty();
        let is_heading = || {
            let lead = Lead::of(line).filter(|lead| lead.shape == Shape::Name);
            lead.is_some_and(|lead| line[lead.end..].trim().is_empty())
        };
        let was_free = is_free;
        is_free = is_empty || was_free && is_heading();
        was_free
    });
    each.collect()
}

/// Whether a line is a point of a list whose lead is bold: `- **张三** …`.
fn is_point(line: &str) -> bool {
    line.starts_with("- **")
}

fn has_bracket(line: &str) -> bool {
    line.trim_start().starts_with(['[', '(', '（', '【'])
}

/// Colons in the time of a lead.
fn colons(lead: &Lead) -> usize {
    let time = lead.time.as_deref().unwrap_or_default();
    time.matches([':', '：']).count()
}

fn most_common<T: Ord>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(one, _)| one)
}
