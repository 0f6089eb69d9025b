//! Text with names and times above or in front of turns, or without any.

mod habits;
mod list;

use std::collections::HashSet;
use std::ops::Range;

use yuyi_tasks::numbering::numbers_of_points;

use self::habits::Habits;
use super::lead::{Lead, Shape, begins_section, is_field, name};
use super::{Line, Parsed, TranscriptLayout, Turn};

/// Lines at the end among which the sentences are looked for that programs close with.
const CLOSING_LINES: usize = 12;

/// Heads below which what was said begins.
#[rustfmt::skip]
const HEADS: &[&str] = &[
    "文字记录", "转写", "转写内容", "转写记录", "转写结果", "会议转写", "会议实录", "发言记录", "逐字稿", "文字稿", "原文记录", "转写文稿", "transcript", "full transcript",
];

/// A turn whose lines are still read.
struct Begun {
    turn: Turn,
    said: String,
}

pub(super) fn turns(lines: Vec<Line>) -> Parsed {
    if let Some(list) = list::turns(&lines) {
        return list;
    }
    let lines = with_names_beside_times(lines);
    let said = start(&lines)..end(&lines);
    let said = match said.is_empty() {
        true => 0..lines.len(),
        false => said,
    };
    let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    let numbers = numbers_of_points(&texts);
    let habits = Habits::of(&lines[said.clone()], &numbers[said.clone()]);
    let (turns, head, tail) = match habits.layout {
        TranscriptLayout::Lines => plain(lines, &numbers),
        _ => headed(lines, &habits, said),
    };
    Parsed {
        layout: habits.layout,
        head,
        turns,
        tail,
        ..Parsed::default()
    }
}

/// Names and times on a line each, which are one where nearly all times stand below a name and names come again: a page that was copied has 张三, then 00:05, then what
/// he said.
fn with_names_beside_times(lines: Vec<Line>) -> Vec<Line> {
    let is_time = |line: &str| {
        let lead = Lead::of(line).filter(|lead| lead.shape == Shape::Time);
        lead.is_some_and(|lead| line[lead.end..].trim().is_empty())
    };
    let times: Vec<usize> = (0..lines.len())
        .filter(|&at| is_time(&lines[at].1))
        .collect();
    let name_above = |at: &usize| {
        let above = &lines.get(at.checked_sub(1)?)?.1;
        let is_plain = Lead::of(above).is_none();
        name(above).filter(|_| is_plain).map(|name| (*at, name))
    };
    let named: Vec<(usize, String)> = times.iter().filter_map(name_above).collect();
    let different: HashSet<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    if named.is_empty()
        || 10 * named.len() < 9 * times.len()
        || 3 * different.len() > 2 * named.len()
    {
        return lines;
    }
    let below_names: HashSet<usize> = named.into_iter().map(|(at, _)| at).collect();
    let mut joined = Vec::<Line>::new();
    for (at, (number, line)) in lines.into_iter().enumerate() {
        match joined.last_mut() {
            Some((_, name)) if below_names.contains(&at) => *name += &format!("\n{line}"),
            _ => joined.push((number, line)),
        }
    }
    joined
}

/// Turns, head and tail.
type Read = (Vec<Turn>, Vec<String>, Vec<String>);

/// A turn a line. The marks and numbers of a list are not said, and what is indented below one of its points belongs to it.
fn plain(lines: Vec<Line>, numbers: &[usize]) -> Read {
    let said = || lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let bullets = said().filter(|(_, line)| bullet(line) > 0).count();
    let numbered = numbers.iter().filter(|number| **number > 0).count();
    let has_bullets = 2 * bullets > said().count();
    let is_list = has_bullets || 2 * numbered > said().count();
    let mut turns = Vec::<Begun>::new();
    for ((number, line), list_number) in lines.iter().zip(numbers) {
        let mark = match has_bullets {
            true => bullet(line),
            false => *list_number,
        };
        let is_below = line.starts_with([' ', '\t']) && mark == 0;
        match turns.last_mut() {
            _ if line.trim().is_empty() => {}
            Some(begun) if is_list && is_below => begun.go_on(*number, line),
            _ => {
                let turn = Turn {
                    before: (mark > 0).then(|| line[..mark].into()),
                    ..Turn::default()
                };
                turns.push(Begun::of(*number, &line[mark..], turn));
            }
        }
    }
    let turns = turns.into_iter().map(Begun::finish).collect();
    (turns, Vec::new(), Vec::new())
}

/// Bytes of the mark of a list that a line begins with, with the blanks around it.
fn bullet(line: &str) -> usize {
    let text = line.trim_start();
    let marks = ["- ", "* ", "• ", "· ", "● ", "– "];
    let rest = marks.iter().find_map(|mark| text.strip_prefix(mark));
    let rest = rest.map(str::trim_start).filter(|rest| !rest.is_empty());
    rest.map_or(0, |rest| line.len() - rest.len())
}

/// Turns of the lines of which something was `said`.
fn headed(lines: Vec<Line>, habits: &Habits, said: Range<usize>) -> Read {
    let (mut head, mut tail, mut turns) = (Vec::new(), Vec::new(), Vec::<Begun>::new());
    // Times on lines of their own, and what else stands in front of the next turn and stays if that is left out.
    let (mut ahead, mut section): (Vec<String>, Option<Box<str>>) = (Vec::new(), None);
    for (place, (number, line)) in lines.into_iter().enumerate() {
        if place < said.start {
            head.push(line);
            continue;
        }
        if place >= said.end {
            tail.push(line);
            continue;
        }
        let place = place - said.start;
        // 参会人：张三、李四 above the first turn.
        let is_head = |lead: &Lead| {
            turns.is_empty() && lead.time.is_none() && lead.speaker.as_deref().is_some_and(is_field)
        };
        if let Some(lead) = habits.section(&line) {
            section = lead.time.map(Into::into);
            ahead.push(line);
            continue;
        }
        match habits.lead(place, &line).filter(|lead| !is_head(lead)) {
            Some(lead) => {
                let mut begun = Begun::below(number, &line, lead, habits.layout);
                begun.turn.ahead = std::mem::take(&mut ahead).into();
                begun.turn.time = begun.turn.time.or_else(|| section.clone());
                turns.push(begun);
            }
            // A line without a name goes on with the turn before it; but 结论：… is none of what was said there.
            None if habits.layout != TranscriptLayout::Above
                && !turns.is_empty()
                && begins_section(&line[habits.number(place)..]) =>
            {
                let end = habits.number(place);
                let turn = Turn {
                    before: (end > 0).then(|| line[..end].into()),
                    ahead: std::mem::take(&mut ahead).into(),
                    ..Turn::default()
                };
                turns.push(Begun::of(number, &line[end..], turn));
            }
            None if habits.begins_point(place, &line) => {
                let end = habits.number(place).max(bullet(&line));
                let turn = Turn {
                    before: Some(line[..end].into()),
                    ahead: std::mem::take(&mut ahead).into(),
                    ..Turn::default()
                };
                turns.push(Begun::of(number, &line[end..], turn));
            }
            None => match turns.last_mut() {
                Some(turn) if ahead.is_empty() => turn.go_on(number, &line),
                Some(_) => ahead.push(line),
                None => {
                    head.append(&mut ahead);
                    head.push(line);
                }
            },
        }
    }
    tail.splice(0..0, ahead);
    trim_end(&mut head);
    trim_end(&mut tail);
    let blank = tail.iter().take_while(|line| line.trim().is_empty());
    tail.drain(..blank.count());
    (turns.into_iter().map(Begun::finish).collect(), head, tail)
}

/// Where what was said begins: behind the line that announces it, if there is one.
fn start(lines: &[Line]) -> usize {
    let is_head = |line: &str| {
        let line = line.trim_matches(|c: char| " \t*#:：【】[]-—=".contains(c));
        let line = line.to_lowercase();
        HEADS.contains(&&*line)
            || [" - transcript", " - 转写文稿"]
                .iter()
                .any(|end| line.ends_with(end))
    };
    let heads: Vec<bool> = lines.iter().map(|(_, line)| is_head(line)).collect();
    if !heads.contains(&true) {
        return 0;
    }
    let leads = lines.iter().map(|(_, line)| Lead::of(line).is_some());
    let leads: Vec<bool> = leads.collect();
    let mut behind = leads.iter().filter(|is_lead| **is_lead).count();
    let (mut before, mut start) = (0, 0);
    for (place, (is_head, is_lead)) in heads.into_iter().zip(leads).enumerate() {
        // Where many have spoken before, somebody says just that word.
        if is_head && 4 * before <= behind {
            start = place + 1;
        }
        before += usize::from(is_lead);
        behind -= usize::from(is_lead);
    }
    start
}

/// Where what was said ends: in front of the sentences that Google Meet, Teams and Otter close with.
fn end(lines: &[Line]) -> usize {
    let closes = |line: &str| {
        let line = line.trim_matches(|c: char| " \t*#".contains(c));
        let line = line.to_lowercase();
        let begins = [
            "meeting ended after",
            "transcription ended after",
            "this editable transcript was computer generated",
            "transcribed by https://otter.ai",
            "此可编辑的转写文稿由计算机生成",
        ];
        let ends = [
            "stopped transcription",
            "已停止听录",
            "已停止转录",
            "已停止转写",
        ];
        let is_of_meeting = ["会议", "转写"].iter().any(|begin| line.starts_with(begin));
        begins.iter().any(|begin| line.starts_with(begin))
            || ends.iter().any(|end| line.ends_with(end))
            || is_of_meeting && line.contains("后结束") && line.contains(':')
    };
    let from = lines.len().saturating_sub(CLOSING_LINES);
    let place = lines[from..].iter().position(|(_, line)| closes(line));
    let mut end = place.map_or(lines.len(), |place| from + place);
    while end > 0 && end < lines.len() && lines[end - 1].1.trim().is_empty() {
        end -= 1;
    }
    end
}

fn trim_end(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}

impl Begun {
    /// A turn that begins with a line, of which this was said.
    fn of(line: u64, said: &str, turn: Turn) -> Self {
        Self {
            turn: Turn {
                line,
                lines: (line, line),
                ..turn
            },
            said: said.trim().to_owned(),
        }
    }

    /// A turn below or behind a name or a time.
    fn below(number: u64, line: &str, lead: Lead, layout: TranscriptLayout) -> Self {
        let (front, said) = line.split_at(lead.end);
        let mut turn = Turn {
            speaker: lead.speaker.map(Into::into),
            time: lead.time.map(Into::into),
            ..Turn::default()
        };
        match layout {
            TranscriptLayout::Above => turn.above = Some(line.into()),
            _ => turn.before = Some(front.into()),
        }
        Self::of(number, said, turn)
    }

    /// A further line of a turn.
    fn go_on(&mut self, number: u64, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        if !self.said.is_empty() {
            self.said.push('\n');
        }
        self.said += line;
        self.turn.lines.1 = number;
    }

    fn finish(self) -> Turn {
        Turn {
            text: self.said.into(),
            ..self.turn
        }
    }
}
