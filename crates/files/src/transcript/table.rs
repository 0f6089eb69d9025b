//! Turns in the rows of a table: which column says who speaks, when, and what.

use std::collections::HashSet;

use super::fields::{Field, field};
use super::lead::{Lead, is_field, name};
use crate::names;

/// Of a hundred cells of a column, those that must be what it is taken for.
const MOSTLY: usize = 80;

/// Rows that are looked at.
pub(super) const LOOKED_AT: usize = 200;

/// Names of columns that tables of tasks and agendas have, in which people come again, too.
#[rustfmt::skip]
const TASKS: &[&str] = &[
    "任务", "任务名称", "工作任务", "待办", "待办事项", "事项", "工作事项", "行动项", "负责人", "责任人", "责任部门", "跟进人", "完成时间", "完成日期", "截止日期", "截止时间", "计划完成时间", "状态", "完成状态", "进度",
    "优先级", "议题", "议程", "task", "action", "actionitem", "owner", "assignee", "due", "duedate", "deadline", "status", "priority", "agenda", "topic",
];

/// The cells of a row, by their columns; a cell that takes several stands in the first of them.
pub(super) type Row = Vec<String>;

/// Which columns have what.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    pub(super) text: usize,
    /// It may have the time as well: 张三 00:00:05.
    pub(super) speaker: Option<usize>,
    pub(super) time: Option<usize>,
    /// Whether the first row names the columns.
    pub(super) has_head: bool,
}

/// What a row says.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    pub(super) speaker: Option<String>,
    pub(super) time: Option<String>,
}

impl Columns {
    /// Those of a table whose first row names them, or whose cells tell; `None`: it is no table of turns.
    pub(super) fn of(rows: &[Row]) -> Option<Self> {
        Self::named(rows).or_else(|| Self::told_by_cells(rows))
    }

    /// Those that the first row names. 内容 alone may be anything.
    fn named(rows: &[Row]) -> Option<Self> {
        let (head, rest) = rows.split_first()?;
        if rest.is_empty() || is_form(rows) {
            return None;
        }
        let known = head.iter().filter_map(|name| field(name)).count();
        let columns = Self::called(head, rest)?;
        (columns.speaker.is_some() || known > 1).then_some(columns)
    }

    /// Those of rows below these names. A column of another name is what is said where it has by far the longest texts.
    pub(super) fn called(head: &Row, rest: &[Row]) -> Option<Self> {
        let fields: Vec<Option<Field>> = head.iter().map(|name| field(name)).collect();
        let place = |wanted: Field| fields.iter().position(|field| *field == Some(wanted));
        let (speaker, time) = (place(Field::Speaker), place(Field::Time));
        let is_known = speaker.is_some() || time.is_some();
        let unknown = || {
            let free = (0..head.len()).filter(|&column| fields[column].is_none());
            let longest = free.max_by_key(|&column| length(rest, column))?;
            let others = (0..head.len()).filter(|&column| column != longest);
            let most = others.map(|column| length(rest, column)).max();
            // Tasks with who does them until when are no turns.
            let is_text = speaker.is_some() && most < Some(length(rest, longest));
            is_text.then_some(longest)
        };
        let text = match place(Field::Text) {
            Some(text) => Some(text),
            None if is_known => unknown(),
            None => None,
        }?;
        Some(Self {
            text,
            speaker,
            time,
            has_head: true,
        })
    }

    /// Those of a table without names: times in one column, names that come again in another, and the longest texts in a third.
    fn told_by_cells(rows: &[Row]) -> Option<Self> {
        let width = rows.iter().map(Vec::len).max().unwrap_or_default();
        let is_of_tasks = || {
            let mut head = rows[0].iter().map(|cell| names::plain(cell));
            head.any(|name| TASKS.contains(&&*name))
        };
        if rows.is_empty() || width < 2 || is_form(rows) || is_of_tasks() {
            return None;
        }
        let time = (0..width).find(|&column| is_mostly(rows, column, is_time));
        let both = |cell: &str| time_and_name(cell).is_some();
        let speaker = (0..width).find(|&column| {
            let is_name = |cell: &str| name(cell).is_some() && !is_field(cell);
            let are_names = is_mostly(rows, column, is_name) && come_again(rows, column, time);
            Some(column) != time && (are_names || is_mostly(rows, column, both))
        });
        let free = (0..width).filter(|column| ![time, speaker].contains(&Some(*column)));
        let text = free.max_by_key(|&column| length(rows, column))?;
        let is_longer = speaker.is_none_or(|column| {
            length(rows, column) < length(rows, text) || is_mostly(rows, column, both)
        });
        // One row tells little of names.
        let is_told = time.is_some() || speaker.is_some() && rows.len() > 1;
        (is_told && is_longer && length(rows, text) > 0).then_some(Self {
            text,
            speaker,
            time,
            has_head: false,
        })
    }

    /// Who speaks in a row, and when.
    pub(super) fn said(&self, row: &Row) -> Said {
        let cell = |column: Option<usize>| {
            let cell = row.get(column?)?.trim();
            (!cell.is_empty()).then(|| cell.to_owned())
        };
        let (speaker, time) = (cell(self.speaker), cell(self.time));
        match (&speaker, &time) {
            (Some(both), None) => match time_and_name(both) {
                Some(said) => said,
                None => Said { speaker, time },
            },
            _ => Said { speaker, time },
        }
    }
}

/// Whether rows have a name of a field and its value, as the head of minutes has them: 会议主题 | 周会 | 时间 | 10:00.
fn is_form(rows: &[Row]) -> bool {
    let firsts = rows.iter().filter_map(|row| row.first());
    let firsts = firsts.map(|cell| cell.trim().trim_end_matches([':', '：']));
    let labels = firsts
        .filter(|cell| is_field(cell) || is_label(cell))
        .count();
    rows.len() > 1 && 2 * labels > rows.len()
}

/// Whether a cell says what stands beside it.
pub(super) fn is_label(cell: &str) -> bool {
    let cell = cell.trim().trim_end_matches([':', '：']);
    is_field(cell) || matches!(field(cell), Some(field) if field != Field::Beside)
}

/// A name and a time in one cell.
fn time_and_name(cell: &str) -> Option<Said> {
    let line = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    let lead = Lead::of(&line)?;
    let is_whole = line[lead.end..].trim().is_empty();
    let said = Said {
        speaker: lead.speaker,
        time: lead.time,
    };
    (is_whole && said.speaker.is_some() && said.time.is_some()).then_some(said)
}

fn is_time(cell: &str) -> bool {
    let lead = Lead::of(cell);
    lead.is_some_and(|lead| {
        lead.speaker.is_none() && lead.time.is_some() && cell[lead.end..].trim().is_empty()
    })
}

fn filled(rows: &[Row], column: usize) -> impl Iterator<Item = &str> {
    let rows = rows.iter().take(LOOKED_AT);
    let cells = rows.filter_map(move |row| row.get(column));
    cells
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
}

fn is_mostly(rows: &[Row], column: usize, is: impl Fn(&str) -> bool) -> bool {
    let all = filled(rows, column).count();
    let those = filled(rows, column).filter(|cell| is(cell)).count();
    all > 0 && 100 * those >= MOSTLY * all
}

/// Whether fewer are in a column than there are rows, as where people speak in turn. Beside times they need not.
fn come_again(rows: &[Row], column: usize, time: Option<usize>) -> bool {
    let different: HashSet<&str> = filled(rows, column).collect();
    time.is_some() || different.len() < filled(rows, column).count()
}

/// Characters of the cells of a column, on average.
fn length(rows: &[Row], column: usize) -> usize {
    let characters = filled(rows, column).map(|cell| cell.chars().count());
    characters.sum::<usize>() / rows.len().clamp(1, LOOKED_AT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(table: &str) -> Option<(usize, Option<usize>, Option<usize>, bool)> {
        let rows: Vec<Row> = table
            .lines()
            .map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
            .collect();
        let found = Columns::of(&rows)?;
        Some((found.text, found.speaker, found.time, found.has_head))
    }

    #[test]
    fn columns_are_told_by_their_names_or_their_cells() {
        for (table, expected) in [
            (
                "发言人|时间|内容\n张三|00:00:05|大家好",
                (2, Some(0), Some(1), true),
            ),
            (
                "Time|Speaker|Transcript\n0:03|Ann|Hello",
                (2, Some(1), Some(0), true),
            ),
            ("序号|发言内容\n1|大家好", (1, None, None, true)),
            ("start|end|text\n0|500|大家好", (2, None, Some(0), true)),
            // A name that nobody knows, above the longest texts.
            (
                "发言人|主要想法\n张三|下周三上线新版本\n李四|预算还差两万",
                (1, Some(0), None, true),
            ),
            (
                "张三|00:00:05|大家好，我们开始\n李四|00:00:09|下周三上线",
                (2, Some(0), Some(1), false),
            ),
            (
                "张三|大家好，我们开始\n李四|下周三上线\n张三|好的，没问题",
                (1, Some(0), None, false),
            ),
            (
                "张三 00:00:05|大家好，我们开始\n李四 00:00:09|下周三上线",
                (1, Some(0), None, false),
            ),
        ] {
            assert_eq!(columns(table), Some(expected), "{table}");
        }
    }

    #[test]
    fn forms_and_lists_of_tasks_are_no_turns() {
        for table in [
            "会议主题|产品周会\n时间|2025-03-05 10:00\n地点|三楼\n参会人|张三、李四",
            "会议主题|产品周会|时间|10:00\n地点|三楼|参会人|张三、李四\n会议内容|大家好",
            "任务|负责人|截止日期\n搭测试环境|张三|下周三\n写文档|李四|下周五",
            "甲|乙\n丙|丁",
            "发言人|时间|内容",
        ] {
            assert_eq!(columns(table), None, "{table}");
        }
    }

    #[test]
    fn a_cell_may_have_name_and_time() {
        let columns = Columns {
            text: 1,
            speaker: Some(0),
            time: None,
            has_head: false,
        };
        let said = columns.said(&vec!["张三\n00:00:05".to_owned(), "好".to_owned()]);
        assert_eq!(
            (said.speaker.as_deref(), said.time.as_deref()),
            (Some("张三"), Some("00:00:05"))
        );
    }
}
