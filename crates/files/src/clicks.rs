//! Files of what users did with items.

use anyhow::{anyhow, bail};
use yuyi_store::{Event, EventKind, Timestamp};

use super::items::cells::{number_of, time_of};
use super::{Columns, Format, Input, Layout, Misuse, Row};

const NEEDED: [&str; 2] = ["user", "item"];

/// Columns that follow where there is no header.
const OPTIONAL: [&str; 3] = ["type", "time", "weight"];

/// What kinds of events are called elsewhere.
#[rustfmt::skip]
const KINDS: &[(EventKind, &[&str])] = &[
    (EventKind::Click, &["click", "clicked", "view", "viewed", "open", "opened", "pv", "点击", "打开", "浏览", "查看", "曝光点击"]),
    (EventKind::Read, &["read", "finish", "finished", "阅读", "已读", "读完", "看完", "播放完成"]),
    (EventKind::Like, &["like", "liked", "fav", "favorite", "favourite", "star", "share", "buy", "cart", "喜欢", "点赞", "赞", "收藏", "分享", "转发", "购买", "加购"]),
    (EventKind::Skip, &["skip", "skipped", "dislike", "disliked", "hide", "跳过", "不喜欢", "不感兴趣", "踩", "屏蔽"]),
];

/// The events of a file.
pub struct Clicks {
    /// The file, as messages name it.
    pub name: String,
    /// In the order of the file; those of a file without times are all of one time.
    pub events: Vec<Event>,
    /// Whether it has times.
    pub is_timed: bool,
}

impl Clicks {
    /// Reads a whole file with the columns user, item, type, time and weight; all but the first two may be missing.
    ///
    /// # Errors
    /// When the file cannot be read, or a row is no event; the message names the file and the line.
    pub fn read(input: Input, layout: &Layout) -> anyhow::Result<Self> {
        if input.format == Format::Txt {
            bail!(Misuse(
                "A TXT file has one text a line; clicks need TSV, CSV, JSON or a workbook.".into()
            ));
        }
        let columns = Columns {
            optional: &OPTIONAL,
            ..Columns::needed(&NEEDED)
        };
        let columns = columns.chosen_by(layout)?;
        let origin = input.origin.clone();
        let (mut events, mut timed) = (Vec::new(), 0);
        for row in input.rows(columns) {
            let row = row?;
            let at = |reason: String| anyhow!("{}: {reason}", origin.at(row.line));
            let (event, has_time) = event(&row).map_err(at)?;
            timed += usize::from(has_time);
            if timed > 0 && timed <= events.len() {
                let reason = "Some rows have a time and others none; when is not known then. Fill in the column, or leave it out.";
                return Err(at(reason.to_owned()));
            }
            events.push(event);
        }
        Ok(Self {
            name: origin.file().to_owned(),
            is_timed: timed > 0,
            events,
        })
    }
}

/// The event of a row, and whether it has a time.
fn event(row: &Row) -> Result<(Event, bool), String> {
    let cell = |place: usize| row.cells.get(place).map_or("", |cell| cell.trim());
    let filled = |place: usize| Some(cell(place)).filter(|cell| !cell.is_empty());
    let time = filled(3).map(time_of_event).transpose()?;
    let event = Event {
        user: cell(0).to_owned(),
        item: cell(1).to_owned(),
        kind: filled(2).map_or(Ok(EventKind::Click), kind_of)?,
        weight: filled(4).map_or(Ok(1.0), number_of)?,
        time: time.unwrap_or(Timestamp::from_micros(0)),
    };
    event.check().map_err(|error| error.to_string())?;
    Ok((event, time.is_some()))
}

/// A time as items have it, or seconds since 1970.
fn time_of_event(cell: &str) -> Result<Timestamp, String> {
    let is_number = cell.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_number && let Ok(seconds) = serde_json::from_str::<Timestamp>(cell) {
        return Ok(seconds);
    }
    time_of(cell).map_err(|error| error.to_string())
}

fn kind_of(cell: &str) -> Result<EventKind, String> {
    let name = cell.to_lowercase();
    let known = KINDS.iter().find(|(_, names)| names.contains(&&*name));
    known
        .map(|(kind, _)| *kind)
        .ok_or_else(|| format!("{cell:?} is no type of an event. Write click, read, like or skip."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: Format, text: &str) -> Result<Vec<Event>, String> {
        let text: &'static str = String::leak(text.to_owned());
        let input = Input::of("f", format, text.as_bytes());
        let clicks = Clicks::read(input, &Layout::default());
        clicks
            .map(|clicks| clicks.events)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_found_by_their_names_and_by_place() {
        let expected = Event {
            user: "u".into(),
            item: "i 1".into(),
            kind: EventKind::Like,
            weight: 2.0,
            time: "2024-03-05T08:30:00Z".parse().unwrap(),
        };
        for (format, text) in [
            (
                Format::Csv,
                "time,item,weight,user,type\n2024/3/5 8:30,i 1,2,u,LIKE\n",
            ),
            (
                Format::Csv,
                "用户,物品,行为,时间,权重\nu,i 1,收藏,1709627400,2\n",
            ),
            (
                Format::Csv,
                "user_id,item_id,type,time,weight\nu,i 1,like,1709627400.0,2\n",
            ),
            (Format::Tsv, "u\ti 1\tlike\t2024-03-05 08:30\t2\n"),
            (
                Format::Jsonl,
                "{\"user\":\"u\",\"item\":\"i 1\",\"type\":\"like\",\"time\":\"2024-03-05T08:30:00Z\",\"weight\":2}",
            ),
        ] {
            assert_eq!(read(format, text), Ok(vec![expected.clone()]), "{text}");
        }
        let bare = read(Format::Csv, "user,item\nu,1\nu,2\n").unwrap();
        assert_eq!(
            (bare[0].kind, bare[1].item.as_str()),
            (EventKind::Click, "2")
        );
        assert_eq!(bare[0].time, bare[1].time);
    }

    #[test]
    fn what_is_no_event_is_told_by_its_line() {
        for (text, told) in [
            (
                "user,item,type\nu,1,\nu,2,bought it\n",
                "f:3: \"bought it\" is no type",
            ),
            (
                "user,item,time\nu,1,2024-03-05\nu,2,\n",
                "f:3: Some rows have a time",
            ),
            (
                "user,item,time\nu,1,\nu,2,2024-03-05\n",
                "f:3: Some rows have a time",
            ),
            ("user,item,time\nu,1,morgen\n", "f:2: \"morgen\" is no time"),
            (
                "user,item,time\nu,1,1709627400000000\n",
                "f:2: \"1709627400000000\" is no time",
            ),
            (
                "user,item,weight\nu,1,1e9\n",
                "f:2: weight: It is not above 0",
            ),
        ] {
            let error = read(Format::Csv, text).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
        assert!(read(Format::Txt, "u").is_err());
    }
}
