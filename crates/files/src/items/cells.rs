//! Items of tables, whose cells are texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Number, Value};
use yuyi_store::{FieldType, InvalidTimestamp, Item, Result, Timestamp};

use super::invalid;
use crate::cell::several;
use crate::{fault, label};

/// Digits of the longest whole number that is one and no key, such as that of a card or an order.
const MOST_DIGITS: usize = 15;

/// The item of a row: its text, answer, id and wordings, and then what else an item has, without its payload.
///
/// # Errors
/// [`Invalid`](yuyi_store::Error::Invalid), by the column.
pub(crate) fn item(cells: &[String]) -> Result<Item> {
    let cell = |place: usize| cells.get(place).map_or("", String::as_str);
    let filled = |place: usize| Some(cell(place)).filter(|cell| !cell.trim().is_empty());
    let [
        time,
        category,
        not_words,
        related,
        enabled,
        valid_from,
        valid_until,
        threshold,
        reject,
        validity,
    ] = std::array::from_fn(|i| filled(4 + i).map(str::trim));
    let span = read("validity", validity, span_of)?.unwrap_or_default();
    Ok(Item {
        text: cell(0).to_owned(),
        answer: filled(1).map(str::to_owned),
        id: cell(2).trim().to_owned(),
        wordings: several(cell(3)).collect(),
        time: read("time", time, time_of)?,
        category: category.map(str::to_owned),
        not_words: words_of(not_words.unwrap_or_default()),
        related: words_of(related.unwrap_or_default()),
        enabled: read("enabled", enabled, yes_or_no)?,
        valid_from: read("valid_from", valid_from, time_of)?.or(span.0),
        valid_until: read("valid_until", valid_until, until_of)?.map_or(span.1, |until| until),
        threshold: read("threshold", threshold, number_of)?,
        reject: read("reject", reject, yes_or_no)?,
        ..Item::default()
    })
}

fn read<T, E: ToString>(
    column: &str,
    cell: Option<&str>,
    read: impl Fn(&str) -> std::result::Result<T, E>,
) -> Result<Option<T>> {
    let read = cell.map(read).transpose();
    read.map_err(|error| invalid(column, error))
}

/// A time as the store reads it, and as spreadsheet programs and people write it: 2024/3/5 8:30, 2024年3月5日.
pub(crate) fn time_of(cell: &str) -> std::result::Result<Timestamp, InvalidTimestamp> {
    time_by(cell, str::parse)
}

fn time_by(
    cell: &str,
    parse: impl Fn(&str) -> std::result::Result<Timestamp, InvalidTimestamp>,
) -> std::result::Result<Timestamp, InvalidTimestamp> {
    let spelled = || parse(&spelled(cell)?).ok();
    parse(cell).or_else(|error| spelled().ok_or(error))
}

/// Such a time, a day as 20240305, or seconds or milliseconds since 1970.
pub(crate) fn moment_of(cell: &str) -> std::result::Result<Timestamp, String> {
    let is_number = cell.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_day = cell.len() == 8 && ["19", "20"].iter().any(|age| cell.starts_with(age));
    if is_number && is_day && !cell.contains('.') {
        let day = format!("{}-{}-{}", &cell[..4], &cell[4..6], &cell[6..]);
        let read = time_of(&day).or_else(|_| time_of(cell));
        return read.map_err(|error| error.to_string());
    }
    if is_number && let Ok(seconds) = serde_json::from_str::<Timestamp>(cell) {
        return Ok(seconds);
    }
    time_of(cell).map_err(|error| error.to_string())
}

fn spelled(cell: &str) -> Option<String> {
    let is_between = |c: char| " /-.:年月日时点分秒".contains(c);
    if !cell.chars().all(|c| c.is_ascii_digit() || is_between(c)) {
        return None;
    }
    let parts: Vec<&str> = cell
        .split(is_between)
        .filter(|part| !part.is_empty())
        .collect();
    let (year, rest) = parts.split_first()?;
    let is_good = year.len() == 4 && rest.iter().all(|part| part.len() <= 2);
    let two = |part: &&str| format!("{part:0>2}");
    let rest: Vec<String> = rest.iter().filter(|_| is_good).map(two).collect();
    match &rest[..] {
        [month, day] => Some(format!("{year}-{month}-{day}")),
        [month, day, clock @ ..] if clock.len() <= 3 => {
            let minutes = if clock.len() == 1 { ":00" } else { "" };
            Some(format!("{year}-{month}-{day} {}{minutes}", clock.join(":")))
        }
        _ => None,
    }
}

/// What states of an entry say yes, and no.
#[rustfmt::skip]
const ON: [&str; 20] = [
    "启用", "已启用", "启用中", "开启", "开", "有效", "生效", "已生效", "生效中", "上线", "已上线", "正常", "发布", "已发布", "发布中", "上架", "已上架", "在线", "在用", "使用中",
];
#[rustfmt::skip]
const OFF: [&str; 26] = [
    "停用", "已停用", "禁用", "已禁用", "未启用", "关闭", "关", "无效", "失效", "已失效", "未生效", "下线", "已下线", "已过期", "未上线", "待上线", "未发布", "待发布", "草稿", "下架", "已下架", "未上架", "待上架", "离线", "作废",
    "已作废",
];

pub(crate) fn yes_or_no(cell: &str) -> std::result::Result<bool, &'static str> {
    match label::read(cell) {
        Some((1.0, _)) => Ok(true),
        Some((0.0, _)) => Ok(false),
        _ if ON.contains(&cell) => Ok(true),
        _ if OFF.contains(&cell) => Ok(false),
        _ => Err(NO_STATE),
    }
}

/// Why a cell is not read as a state.
const NO_STATE: &str = "This is neither true nor false. Write true or false, 是 or 否, 启用 or 停用, 发布 or 未发布, 上架 or 下架.";

/// A number, also in percent.
pub(crate) fn number_of(cell: &str) -> std::result::Result<f64, String> {
    label::number(cell).ok_or_else(|| format!("{cell:?} is not a number."))
}

/// Words or ids of a cell, in which commas are between them, too.
pub(crate) fn words_of(cell: &str) -> Vec<String> {
    let is_list = cell.trim_start().starts_with('[');
    let texts = several(cell);
    if is_list {
        return texts.collect();
    }
    let words = texts.flat_map(|text| {
        let words = text.split([',', '，', '、', ';']).map(str::trim);
        let words: Vec<String> = words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        words
    });
    words.collect()
}

/// Words for a span without an end.
#[rustfmt::skip]
const ALWAYS: [&str; 9] = ["永久", "永久有效", "长期", "长期有效", "不限", "不限期", "无限期", "无", "-"];

/// What is between the days of a span.
const BETWEEN: [&str; 7] = ["至", "到", "~", "～", "—", "–", " - "];

/// From when and until when something holds.
pub(super) type Span = (Option<Timestamp>, Option<Timestamp>);

/// Until when something holds: a day to its end; `None`: without an end.
pub(super) fn until_of(cell: &str) -> std::result::Result<Option<Timestamp>, InvalidTimestamp> {
    (!ALWAYS.contains(&cell)).then(|| end_of(cell)).transpose()
}

/// The end of a day, or an instant.
fn end_of(text: &str) -> std::result::Result<Timestamp, InvalidTimestamp> {
    time_by(text, Timestamp::parse_end)
}

/// A span of days, 2024-01-01 至 2024-12-31, or its last day alone; a day is part of it to its end.
pub(super) fn span_of(cell: &str) -> std::result::Result<Span, String> {
    if ALWAYS.contains(&cell) {
        return Ok((None, None));
    }
    let by = |between: &&str| cell.split_once(*between);
    let (from, until) = BETWEEN.iter().find_map(by).unwrap_or(("", cell));
    let [from, until] = [from, until].map(str::trim);
    let read =
        |text: &str, read: &dyn Fn(&str) -> std::result::Result<Timestamp, InvalidTimestamp>| {
            let is_open = text.is_empty() || ALWAYS.contains(&text);
            (!is_open).then(|| read(text)).transpose()
        };
    let span = read(from, &time_of).and_then(|from| Ok((from, read(until, &end_of)?)));
    span.map_err(|_| format!("{cell:?} is no span of days. Write it as 2024-01-01 至 2024-12-31."))
}

/// What a cell is in the payload; `None`: nothing. What is declared decides; elsewhere a number is one only if it is written back as it was: a leading zero, a plus, a zero
/// behind the comma may all mean something.
pub(crate) fn payload(cell: &str, declared: Option<FieldType>) -> Option<Value> {
    let trimmed = cell.trim();
    if trimmed.is_empty() || fault::is_failure(cell) {
        return None;
    }
    let text = || Value::from(cell);
    Some(match declared {
        None => exact(trimmed).unwrap_or_else(text),
        Some(FieldType::Keyword) => text(),
        Some(FieldType::Number) => any_number(trimmed).unwrap_or_else(text),
        Some(FieldType::Time) => match time_of(trimmed) {
            Ok(time) => Value::from(time.to_string()),
            Err(_) => text(),
        },
    })
}

/// A number that is written back as it stands there.
fn exact(cell: &str) -> Option<Value> {
    let is_whole = !cell.contains('.');
    if is_whole && cell.len() - usize::from(cell.starts_with('-')) > MOST_DIGITS {
        return None;
    }
    let number = any_number(cell)?;
    let written = number.to_string();
    (written == cell).then_some(number)
}

fn any_number(cell: &str) -> Option<Value> {
    if let Ok(whole) = cell.parse::<i64>() {
        return Some(whole.into());
    }
    let is_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let number = cell.parse().ok().filter(|_| cell.chars().all(is_number));
    number.and_then(Number::from_f64).map(Value::Number)
}

/// What the cells of columns of the payload were taken for.
#[derive(Default)]
pub(super) struct Kinds {
    columns: BTreeMap<Arc<str>, Kind>,
}

#[derive(Default)]
struct Kind {
    numbers: u64,
    texts: u64,
    /// The first text, and its row.
    first: Option<(u64, String)>,
}

impl Kinds {
    /// Counts a value that was taken for what it looks like.
    pub(super) fn count(&mut self, column: &Arc<str>, value: &Value, line: u64) {
        let kind = self.columns.entry(Arc::clone(column)).or_default();
        match value {
            Value::String(text) => {
                kind.texts += 1;
                kind.first.get_or_insert_with(|| (line, text.clone()));
            }
            _ => kind.numbers += 1,
        }
    }

    /// What to know of columns of both kinds, of which a filter by a range sees a part only.
    pub(super) fn told(self) -> impl Iterator<Item = String> {
        self.columns.into_iter().filter_map(|(column, kind)| {
            let (line, text) = kind.first.filter(|_| kind.numbers > 0)?;
            let (numbers, texts) = (kind.numbers, kind.texts);
            let text: String = text.chars().take(40).collect();
            Some(format!(
                "values of {column} that are numbers: {numbers}, texts: {texts}, the first {text:?} in row {line}. To have them alike, make the collection with --field {column}:number or --field {column}:keyword."
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_such_only_where_nothing_is_lost() {
        for (cell, value) in [
            ("12", serde_json::json!(12)),
            ("-3", serde_json::json!(-3)),
            ("0", serde_json::json!(0)),
            ("9.5", serde_json::json!(9.5)),
            (" 7 ", serde_json::json!(7)),
            (
                "0.30000000000000004",
                serde_json::json!(0.30000000000000004),
            ),
            (
                "123456789012345",
                serde_json::json!(123_456_789_012_345_i64),
            ),
        ] {
            assert_eq!(payload(cell, None), Some(value), "{cell}");
        }
        for text in [
            "007",
            "+3",
            "-0",
            "1.50",
            "1e5",
            ".5",
            "5.",
            "1,000",
            "NaN.",
            "inf",
            "1234567890123456",
            "320102199001011234",
            "0x1F",
            "１２",
            "12a",
            "infinity",
            "-",
        ] {
            assert_eq!(payload(text, None), Some(Value::from(text)), "{text}");
        }
        for nothing in ["", " \t", "#N/A", "NULL"] {
            assert_eq!(payload(nothing, None), None);
        }
        for (cell, value) in [("007", 7.0), ("+3", 3.0), ("1.50", 1.5), ("1e5", 1e5)] {
            let read = payload(cell, Some(FieldType::Number)).unwrap();
            assert_eq!(read.as_f64(), Some(value), "{cell}");
        }
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (cell, time) in [
            ("2024-03-05T10:30:00+08:00", "2024-03-05T02:30:00Z"),
            ("2024/3/5", "2024-03-05T00:00:00Z"),
            ("2024/3/5 8:30", "2024-03-05T08:30:00Z"),
            ("2024-3-5 8:30:09", "2024-03-05T08:30:09Z"),
            ("2024.03.05", "2024-03-05T00:00:00Z"),
            ("2024年3月5日", "2024-03-05T00:00:00Z"),
            ("2024年3月5日 8时30分", "2024-03-05T08:30:00Z"),
            ("2024年3月5日8点", "2024-03-05T08:00:00Z"),
        ] {
            let read = time_of(cell).unwrap();
            assert_eq!(read.to_string(), time, "{cell}");
        }
        for none in [
            "",
            "2024",
            "3/5/2024",
            "5.3.24",
            "2024/13/1",
            "2024/3/5 25:00",
            "2024/3/5 上午8:30",
            "2024/3/5/6/7/8/9",
        ] {
            assert!(time_of(none).is_err(), "{none}");
        }
    }

    #[test]
    fn states_are_told_by_usual_words() {
        for (cell, expected) in [
            ("是", Ok(true)),
            ("发布", Ok(true)),
            ("已发布", Ok(true)),
            ("上架", Ok(true)),
            ("未发布", Ok(false)),
            ("已下架", Ok(false)),
            ("草稿", Ok(false)),
            ("审核中", Err(NO_STATE)),
        ] {
            assert_eq!(yes_or_no(cell), expected, "{cell}");
        }
        assert!(
            ["是", "启用", "停用", "未发布"]
                .iter()
                .all(|word| NO_STATE.contains(word))
        );
    }

    #[test]
    fn columns_of_both_kinds_are_told() {
        let mut kinds = Kinds::default();
        let (mixed, pure) = (Arc::from("价格"), Arc::from("n"));
        for (line, cell) in [(2, "9.5"), (3, "9.90"), (4, "面议")] {
            kinds.count(&mixed, &payload(cell, None).unwrap(), line);
            kinds.count(&pure, &payload("5", None).unwrap(), line);
        }
        let told: Vec<String> = kinds.told().collect();
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with(
                "values of 价格 that are numbers: 1, texts: 2, the first \"9.90\" in row 3."
            ),
            "{told:?}"
        );
    }
}
