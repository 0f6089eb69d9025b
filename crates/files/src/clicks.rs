//! Files of what users did with items.

mod ratings;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{anyhow, bail};
use serde_json::Value;
use yuyi_store::{Event, EventKind, HEAVIEST, Timestamp};

use self::ratings::{Rated, Scale};
use super::items::cells::{moment_of, number_of, yes_or_no};
use super::names::plain;
use super::{Columns, Format, Input, Layout, Misuse, Origin, Record, Row};

const NEEDED: [&str; 2] = ["user", "item"];

/// Columns that follow where there is no header.
const OPTIONAL: [&str; 3] = ["type", "time", "weight"];

/// What kinds of events are called elsewhere.
#[rustfmt::skip]
const KINDS: &[(EventKind, &[&str])] = &[
    (EventKind::Click, &["click", "clicked", "view", "viewed", "open", "opened", "pv", "点击", "打开", "浏览", "查看", "曝光点击", "观看", "播放", "watch", "play"]),
    (EventKind::Read, &["read", "finish", "finished", "阅读", "已读", "读完", "看完", "播放完成", "comment", "commented", "评论"]),
    (EventKind::Like, &["like", "liked", "fav", "favorite", "favourite", "star", "share", "buy", "cart", "purchase", "purchased", "order", "喜欢", "点赞", "赞", "收藏", "分享", "转发", "购买", "加购", "下单"]),
    (EventKind::Skip, &["skip", "skipped", "dislike", "disliked", "hide", "跳过", "不喜欢", "不感兴趣", "踩", "屏蔽"]),
];

/// What is said of items that a user may not even have seen: it speaks neither for them nor against them.
const SHOWN: &[&str] = &[
    "曝光",
    "展示",
    "impression",
    "impressions",
    "exposure",
    "show",
    "shown",
];

/// The events of a file.
#[derive(Default)]
pub struct Clicks {
    /// The file, as messages name it.
    pub name: String,
    /// In the order of the file; those of a file without times are all of one time.
    pub events: Vec<Event>,
    /// Whether it has times.
    pub is_timed: bool,
    /// Whether the first event stands in the first row of a table, as nothing told that it is a header.
    pub is_headless: bool,
}

impl Clicks {
    /// Reads a whole file with the columns user, item, type, time and weight; all but the first two may be missing. Where the last is one of ratings, those in the
    /// lower half of their scale are skips.
    ///
    /// # Errors
    /// When the file cannot be read, or a row is no event; the message names the file and the line.
    pub fn read(mut input: Input, layout: &Layout) -> anyhow::Result<Self> {
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
        let is_table = matches!(input.format, Format::Tsv | Format::Csv | Format::Xlsx);
        let rated = Rated::watch(&mut input.origin.remarks, layout);
        let (origin, name) = (input.origin.clone(), input.name().to_owned());
        let (mut events, mut timed, mut shown) = (Vec::new(), 0, 0);
        let mut scale = Scale::default();
        let (mut unread, mut is_headless) = (Unread::default(), false);
        for record in input.records(columns) {
            let Record {
                row, rest, fault, ..
            } = record?;
            if let Some(fault) = fault {
                return Err(fault.into_error(&name, row.line));
            }
            let at = |reason: String| anyhow!("{}: {reason}", origin.at(row.line));
            unread.see(&rest);
            let is_rating = rated.get();
            let Some((event, has_time)) = event(&row, is_rating).map_err(at)? else {
                shown += 1;
                continue;
            };
            if is_rating && has_weight(&row) {
                scale.see(event.weight, events.len());
            }
            is_headless |= is_table && row.line == 1 && !layout.no_header;
            timed += usize::from(has_time);
            if timed > 0 && timed <= events.len() {
                let reason = "Some rows have a time and others none; when is not known then. Fill in the column, or leave it out.";
                return Err(at(reason.to_owned()));
            }
            events.push(event);
        }
        unread.tell(&origin)?;
        scale.apply(&mut events, &origin)?;
        if shown > 0 {
            let file = origin.file();
            origin.say(format!(
                "{file}: rows that say only that an item was shown, which are left out: {shown}"
            ));
        }
        Ok(Self {
            name: origin.file().to_owned(),
            is_timed: timed > 0,
            is_headless,
            events,
        })
    }
}

/// The columns that are not read.
#[derive(Default)]
struct Unread(BTreeMap<Arc<str>, Cells>);

/// What stands in a column.
struct Cells {
    /// Nothing but names of kinds of events.
    are_kinds: bool,
    /// Nothing but yes and no.
    are_answers: bool,
    /// No, at least once.
    denies: bool,
}

impl Unread {
    fn see(&mut self, rest: &[(Arc<str>, Value)]) {
        for (name, value) in rest {
            let cell = match value {
                Value::String(cell) => cell.trim(),
                Value::Null => "",
                Value::Bool(true) => "1",
                Value::Number(number) if number.as_u64() == Some(1) => "1",
                _ => "0",
            };
            if !cell.is_empty() {
                let cells = self.0.entry(Arc::clone(name)).or_insert(Cells {
                    are_kinds: true,
                    are_answers: true,
                    denies: false,
                });
                let answer = yes_or_no(cell);
                cells.are_kinds &= kind_of(cell).is_ok();
                cells.are_answers &= answer.is_ok();
                cells.denies |= answer == Ok(false);
            }
        }
    }

    /// Says which they are.
    ///
    /// # Errors
    /// When one holds kinds of events, or says what was done by yes and no: what was skipped, or only shown, would count as clicked.
    fn tell(self, origin: &Origin) -> anyhow::Result<()> {
        let file = origin.file();
        let denied = |(name, cells): &(&Arc<str>, &Cells)| {
            cells.are_answers && cells.denies && is_of_clicks(name)
        };
        if let Some((name, _)) = self.0.iter().find(denied) {
            bail!(
                "{file}: the column {name} says of some rows that there was no click, and is not read, so that these would count as clicked. Leave them out."
            );
        }
        if let Some((name, _)) = self.0.iter().find(|(_, cells)| cells.are_kinds) {
            bail!(
                "{file}: the column {name} holds types of events and is not read, so that what was skipped would count as clicked. Name it type."
            );
        }
        if !self.0.is_empty() {
            let names: Vec<&str> = self.0.keys().map(|name| &**name).collect();
            let names = names.join(", ");
            origin.say(format!("{file}: columns that are not read: {names}"));
        }
        Ok(())
    }
}

/// Whether a column says whether there was a click: is_click, 是否点击. One that says what else was done, as is_like, leaves a click what it is.
fn is_of_clicks(name: &str) -> bool {
    let name = plain(name);
    let bare = ["is", "是否", "has", "if"]
        .iter()
        .find_map(|begin| name.strip_prefix(begin));
    matches!(kind_of(bare.unwrap_or(&name)), Ok(Some(EventKind::Click)))
}

/// The event of a row, and whether it has a time; `None`: it says only that an item was shown.
fn event(row: &Row, is_rating: bool) -> Result<Option<(Event, bool)>, String> {
    let cell = |place: usize| row.cells.get(place).map_or("", |cell| cell.trim());
    let filled = |place: usize| Some(cell(place)).filter(|cell| !cell.is_empty());
    let time = filled(3).map(moment_of).transpose()?;
    let event = Event {
        user: cell(0).to_owned(),
        item: cell(1).to_owned(),
        kind: match filled(2).map_or(Ok(Some(EventKind::Click)), kind_of)? {
            Some(kind) => kind,
            None => return Ok(None),
        },
        weight: match filled(4) {
            None => 1.0,
            Some(cell) if is_rating => number_of(cell)?,
            Some(cell) => weight_of(cell)?,
        },
        time: time.unwrap_or(Timestamp::from_micros(0)),
    };
    // A rating becomes a weight when all are known.
    let checked = Event {
        weight: if is_rating { 1.0 } else { event.weight },
        ..event.clone()
    };
    checked.check().map_err(|error| error.to_string())?;
    Ok(Some((event, time.is_some())))
}

/// Whether a row says how much it counts.
fn has_weight(row: &Row) -> bool {
    row.cells.get(4).is_some_and(|cell| !cell.trim().is_empty())
}

fn weight_of(cell: &str) -> Result<f64, String> {
    let weight = number_of(cell)?;
    match weight > 0.0 && weight <= HEAVIEST {
        true => Ok(weight),
        false => Err(format!(
            "{cell:?} is no weight. Write a number above 0 and up to {HEAVIEST}."
        )),
    }
}

/// The kind of a name; `None`: an item was only shown.
fn kind_of(cell: &str) -> Result<Option<EventKind>, String> {
    let name = cell.to_lowercase();
    if SHOWN.contains(&&*name) {
        return Ok(None);
    }
    let known = KINDS.iter().find(|(_, names)| names.contains(&&*name));
    known
        .map(|(kind, _)| Some(*kind))
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
    fn names_of_many_logs_are_known() {
        for (text, kind, weight) in [
            ("用户名,文章,类型\nu,1,不感兴趣\n", EventKind::Skip, 1.0),
            (
                "会员,商品,互动类型,次数\nu,1,purchase,3\n",
                EventKind::Like,
                3.0,
            ),
            ("客户ID,商品ID,互动\nu,1,评论\n", EventKind::Read, 1.0),
            ("uid,iid\nu,1\n", EventKind::Click, 1.0),
            ("用户,内容编号\nu,1\n", EventKind::Click, 1.0),
            ("会员编号,作品编号\nu,1\n", EventKind::Click, 1.0),
            (
                "userId,movieId,rating,timestamp\nu,1,4.5,1709627400000\n",
                EventKind::Click,
                1.5,
            ),
        ] {
            let read = read(Format::Csv, text).unwrap();
            assert_eq!(
                (&*read[0].user, &*read[0].item, read[0].kind, read[0].weight),
                ("u", "1", kind, weight),
                "{text}"
            );
        }
        let text = "user,item,type,time\nu,1,曝光,1709627400000\nu,2,点击,1709627400000\n";
        let read = read(Format::Csv, text).unwrap();
        assert_eq!((read.len(), &*read[0].item), (1, "2"));
        assert_eq!(read[0].time.to_string(), "2024-03-05T08:30:00Z");
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
            ("user,item,weight\nu,1,1e9\n", "f:2: \"1e9\" is no weight."),
            (
                "user,item,is_click\nu,1,1\nu,2,0\n",
                "f: the column is_click says of some rows that there",
            ),
            (
                "user,item,是否点击\nu,1,是\nu,2,否\n",
                "f: the column 是否点击 says of some rows that there",
            ),
            (
                "user,item,反应\nu,1,不感兴趣\nu,2,click\n",
                "f: the column 反应 holds types of events",
            ),
        ] {
            let error = read(Format::Csv, text).unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
        assert!(read(Format::Txt, "u").is_err());
        // All of which were clicked.
        assert!(read(Format::Csv, "user,item,click\nu,1,1\nu,2,1\n").is_ok());
        assert!(read(Format::Csv, "user,item,is_like\nu,1,1\nu,2,0\n").is_ok());
    }

    #[test]
    fn ids_may_be_numbers_in_json() {
        let read = read(
            Format::Jsonl,
            "{\"user\":7,\"item\":1}\n{\"user\":7,\"item\":\"2\"}",
        )
        .unwrap();
        assert_eq!(
            (&*read[0].user, &*read[0].item, &*read[1].item),
            ("7", "1", "2")
        );
    }
}
