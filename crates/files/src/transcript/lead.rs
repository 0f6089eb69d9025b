//! Who speaks and when, in front of what is said.

use yuyi_language::is_han;

/// Characters of a name at most, and Chinese ones.
const LONGEST_NAME: usize = 24;
const LONGEST_HAN_NAME: usize = 10;

/// Marks that no name has.
const NO_NAME: &str = "。，！？；、,!?;“”\"…<>{}|=";

/// Between the start and the end of what is said.
const RANGES: [&str; 9] = ["-->", "->", "–", "—", "-", "~", "～", "至", "到"];

/// Parts of the day in front of a time.
const PARTS_OF_DAY: [&str; 7] = ["上午", "下午", "凌晨", "中午", "晚上", "AM", "PM"];

/// Fields above minutes, of which none speaks.
#[rustfmt::skip]
const FIELDS: &[&str] = &[
    "会议主题", "会议名称", "会议标题", "主题", "标题", "会议时间", "会议日期", "时间", "日期", "开始时间", "结束时间", "创建时间", "录制时间", "导出时间", "会议时长", "时长", "音频时长",
    "会议号", "会议ID", "会议地点", "地点", "参会人", "参会人员", "参会者", "与会人", "与会人员", "出席", "出席人员", "缺席", "记录人", "关键词", "全文概要", "全文摘要", "摘要",
    "文字记录", "发言人数", "topic", "title", "date", "time", "start time", "end time", "duration", "meeting id", "location", "attendees", "participants", "keywords", "summary",
];

/// Words that introduce what is said, of which none speaks.
#[rustfmt::skip]
const INTRODUCING: &[&str] = &[
    "结论", "备注", "注", "注意", "总结", "小结", "决议", "决定", "待办", "议题", "问题", "原因", "例如", "比如", "譬如", "即", "也就是", "也就是说", "下一步", "目标", "背景", "方案", "结果", "说明", "补充", "其中", "另外",
    "首先", "其次", "最后", "第一", "第二", "第三", "一是", "二是", "三是", "重点", "要点", "建议", "风险", "举例", "参考", "链接", "地址", "网址", "note", "notes", "conclusion", "todo", "action items", "next steps", "decision",
    "example", "e.g.", "i.e.", "http", "https",
];

/// Between a name and what is said.
const COLONS: [char; 2] = ['：', ':'];

/// Marks around names and times.
const AROUND: &[char] = &[
    '[', ']', '(', ')', '（', '）', '【', '】', '*', '#', '@', '-', '—', ' ', '\t', '\u{3000}',
    '\\', '\n',
];

/// What a lead consists of, in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// 张三：
    Name,
    /// 00:05
    Time,
    /// [00:05] 张三：
    TimeAndName,
    /// 张三 00:05
    NameAndTime,
}

/// What stands in front of a turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lead {
    pub(super) shape: Shape,
    pub(super) speaker: Option<String>,
    pub(super) time: Option<String>,
    /// Byte of the line at which what is said begins.
    pub(super) end: usize,
}

impl Lead {
    /// What a line begins with: a name and a time in either order, or one of them, then mostly a colon. `None`: nothing of the kind.
    pub(super) fn of(line: &str) -> Option<Self> {
        Self::in_bold(line).or_else(|| Self::plain(line))
    }

    /// As lists in Markdown have it, `- **张三 00:05** …`: whatever is bold there is the lead, also a name without a colon and a time in seconds.
    fn in_bold(line: &str) -> Option<Self> {
        let point = line.trim_start().strip_prefix("- ")?.trim_start();
        let (who, said) = point.strip_prefix("**")?.split_once("**")?;
        let end = line.len() - said.trim_start_matches([':', '：', ' ']).len();
        let told = Self::plain(who).filter(|lead| who[lead.end..].trim().is_empty());
        if let Some(lead) = told {
            return Some(Self { end, ..lead });
        }
        let (speaker, time) = match who.rsplit_once(' ') {
            Some((speaker, time)) if is_seconds(time) => (name(speaker), Some(time)),
            _ if is_seconds(who) => (None, Some(who)),
            _ if introduces(who.trim_end_matches(COLONS)) => return None,
            _ => (Some(name(who)?), None),
        };
        let shape = match (&speaker, time) {
            (Some(_), Some(_)) => Shape::NameAndTime,
            (None, _) => Shape::Time,
            (Some(_), None) => Shape::Name,
        };
        Some(Self {
            shape,
            speaker,
            time: time.map(str::to_owned),
            end,
        })
    }

    fn plain(line: &str) -> Option<Self> {
        let time = first_time(line);
        let colon = match time {
            None => line.find(COLONS),
            Some((from, to)) => {
                let end = end_of_range(line, to);
                let behind = || line[end..].find(COLONS).map(|at| end + at);
                line[..from].find(COLONS).or_else(behind)
            }
        };
        let lead = match (time, colon) {
            // 张三：上午 10:30 开会 has a time that was said.
            (Some((from, _)), Some(colon)) if colon < from => Self::named(line, colon),
            (Some(time), colon) => Self::timed(line, time, colon),
            (None, Some(colon)) => Self::named(line, colon),
            (None, None) => None,
        };
        lead.filter(|lead| lead.speaker.is_some() || lead.time.is_some())
    }

    /// A name up to a colon.
    fn named(line: &str, colon: usize) -> Option<Self> {
        let speaker = name(&line[..colon])?;
        let rest = line[colon..].trim_start_matches(COLONS);
        let is_address = rest.starts_with("//");
        (!is_address && !introduces(&speaker)).then(|| Self {
            shape: Shape::Name,
            speaker: Some(speaker),
            time: None,
            end: behind(line, colon),
        })
    }

    /// A time, before or behind a name.
    fn timed(line: &str, (from, to): (usize, usize), colon: Option<usize>) -> Option<Self> {
        let time = Some(line[from..to].to_owned());
        let (before, has_date) = without_date(balanced(&line[..from]));
        let rest = line[end_of_range(line, to)..].trim_start_matches(AROUND);
        // 2025年3月5日 10:00 stands above minutes.
        if has_date && before.is_empty() && rest.is_empty() {
            return None;
        }
        let end = line.len() - rest.len();
        if !before.is_empty() {
            let speaker = Some(name(before)?);
            let end = if rest.starts_with(COLONS) {
                behind(line, end)
            } else {
                end
            };
            return Some(Self {
                shape: Shape::NameAndTime,
                speaker,
                time,
                end,
            });
        }
        // [00:05] 张三：…
        let named = colon.filter(|colon| *colon >= end);
        if let Some((colon, speaker)) =
            named.and_then(|colon| Some((colon, name(sender(&line[end..colon]))?)))
        {
            return Some(Self {
                shape: Shape::TimeAndName,
                speaker: Some(speaker),
                time,
                end: behind(line, colon),
            });
        }
        // A bracket that opens behind the time is said: [00:05] （掌声）
        let opens = ['(', '（', '[', '【'];
        let around = |c: char| AROUND.contains(&c) && !opens.contains(&c);
        let said = line[end_of_range(line, to)..].trim_start_matches(around);
        Some(Self {
            shape: Shape::Time,
            speaker: None,
            time,
            end: line.len() - said.len(),
        })
    }
}

/// Whether a text is a number of seconds or milliseconds.
fn is_seconds(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// Whether a text is the time of a turn, in whichever way files write it.
pub(super) fn is_time_of_turn(text: &str) -> bool {
    is_seconds(text) || is_cue_time(&narrow(text))
}

/// Whether a name introduces what is said, so that nobody of that name speaks.
pub(super) fn introduces(name: &str) -> bool {
    INTRODUCING.contains(&name.to_lowercase().as_str())
}

/// Who wrote a message of a chat: From Ann Li to Everyone.
fn sender(text: &str) -> &str {
    match text.trim().strip_prefix("From ") {
        Some(from) => from.split(" to ").next().unwrap_or(from).trim(),
        None => text,
    }
}

/// What stands in front of a time, without marks around it: in 说话人1(张三) 00:05 the bracket is part of the name.
fn balanced(text: &str) -> &str {
    let plain = text.trim_matches(AROUND);
    let from = text.find(plain).unwrap_or_default();
    let behind = &text[from + plain.len()..];
    [('(', ')'), ('（', '）'), ('[', ']'), ('【', '】')]
        .into_iter()
        .find(|(open, close)| {
            plain.rfind(*open) > plain.rfind(*close) && behind.starts_with(*close)
        })
        .map_or(plain, |(_, close)| {
            &text[from..from + plain.len() + close.len_utf8()]
        })
}

/// The byte behind a colon and blanks.
fn behind(line: &str, colon: usize) -> usize {
    let rest = line[colon..]
        .trim_start_matches(['：', ':', '*'])
        .trim_start();
    line.len() - rest.len()
}

/// Where a stretch of time ends whose start ends there: `00:01 - 00:03`, `00:00:01.000 --> 00:00:02.000`; without an end, there.
fn end_of_range(line: &str, start: usize) -> usize {
    let rest = line[start..].trim_start();
    let end = RANGES.iter().find_map(|mark| {
        let behind = rest.strip_prefix(mark)?.trim_start();
        let (at, word) = pieces(behind).next().filter(|(at, _)| *at == 0)?;
        let end = line.len() - behind.len() + at + word.len();
        is_time(word).then_some(end)
    });
    end.unwrap_or(start)
}

/// What stands in front of a date at the end, and whether there is one: 张三 2025-03-05, 2025年3月5日 星期三 下午.
fn without_date(text: &str) -> (&str, bool) {
    let (mut rest, mut has_date) = (text, false);
    loop {
        let shorter = shorter_by_date(rest.trim_end_matches(AROUND));
        match shorter {
            Some(shorter) => (rest, has_date) = (shorter, true),
            None if has_date => return (rest.trim_end_matches(AROUND), has_date),
            None => return (text, has_date),
        }
    }
}

/// A text without the last part of a date at its end.
fn shorter_by_date(text: &str) -> Option<&str> {
    let part = PARTS_OF_DAY.iter().find_map(|part| text.strip_suffix(part));
    let day = || {
        let day = text.trim_end_matches(|c| "一二三四五六日天".contains(c));
        let is_one = text[day.len()..].chars().count() == 1;
        let week = ["星期", "周"]
            .iter()
            .find_map(|week| day.strip_suffix(week));
        week.filter(|_| is_one)
    };
    let date = || {
        let is_part = |c: char| c.is_ascii_digit() || "-/.年月日号".contains(c);
        let before = text.trim_end_matches(is_part);
        let date = &text[before.len()..];
        let separators = date.chars().filter(|c| !c.is_ascii_digit()).count();
        let is_date = date.starts_with(|c: char| c.is_ascii_digit()) && separators >= 2;
        is_date.then_some(before)
    };
    part.or_else(day).or_else(date)
}

/// Whether a name is that of a field above minutes.
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.contains(&name.to_lowercase().as_str())
}

/// A text as a name, if it may be one.
pub(super) fn name(text: &str) -> Option<String> {
    let name = balanced(text);
    let han = name.chars().filter(|c| is_han(*c)).count();
    let is_short = (1..=LONGEST_NAME).contains(&name.chars().count()) && han <= LONGEST_HAN_NAME;
    let is_number = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    (is_short && !is_number && !name.contains(|c| NO_NAME.contains(c))).then(|| name.to_owned())
}

/// Where the first time of a line stands, if it stands near its start: `00:05`, `1:02:03`, `00:00:01.250`.
fn first_time(line: &str) -> Option<(usize, usize)> {
    for (at, word) in pieces(line) {
        if line[..at].chars().count() > LONGEST_NAME + 8 {
            return None;
        }
        if is_time(word) {
            return Some((at, at + word.len()));
        }
    }
    wide_time(line)
}

/// Where a time stands whose colons are of full width, perhaps its digits as well: ００：０１：０２. A single digit in front of such a colon is mostly
/// the end of a name: 发言人1：…
fn wide_time(line: &str) -> Option<(usize, usize)> {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let is_part = |c: char| is_digit(c) || c == '：';
    let start = line.match_indices(is_part).find_map(|(at, _)| {
        let before = line[..at].chars().next_back();
        let word = &line[at..];
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let word = word[..end].trim_end_matches('：');
        let is_first = !before.is_some_and(is_part);
        let first = word.split('：').next().unwrap_or_default();
        let is_whole = is_first && first.chars().count() >= 2 && is_time(&narrow(word));
        is_whole.then_some((at, at + word.len()))
    })?;
    (line[..start.0].chars().count() <= LONGEST_NAME + 8).then_some(start)
}

/// A time with colons and digits of half width.
fn narrow(time: &str) -> String {
    let narrow = |c: char| match c {
        '：' | '０'..='９' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    time.chars().map(narrow).collect()
}

/// Stretches of what times are made of.
fn pieces(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(is_part)?;
        let end = line[start..]
            .find(|c| !is_part(c))
            .map_or(line.len(), |end| start + end);
        let end = end + thousandths(&line[end..]);
        at = end;
        let word = line[start..end].trim_end_matches([':', '.']);
        Some((start, word))
    })
}

/// Bytes of what some write behind seconds: `,250`.
fn thousandths(text: &str) -> usize {
    let digits = text.strip_prefix(',').unwrap_or_default();
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    if end == 3 { 4 } else { 0 }
}

/// Whether a stretch is the start of a cue, of which some programs leave out zeros: `0:0:2.370`. One that was moved may begin before its film.
pub(super) fn is_cue_time(text: &str) -> bool {
    let text = text.strip_prefix(['-', '−']).unwrap_or(text);
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (2..=3).contains(&whole.split(':').count())
        && whole.split(':').all(is_number)
        && is_number(fraction)
}

/// Whether a stretch is a time.
pub(super) fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_sixty = |part: &&str| part.len() == 2 && part.parse::<u8>().is_ok_and(|n| n < 60);
    (2..=3).contains(&parts.len())
        && parts.iter().all(is_number)
        && parts[1..].iter().all(is_sixty)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_times_in_front() {
        for (line, speaker, time, said) in [
            ("说话人 1 00:00:01", Some("说话人 1"), Some("00:00:01"), ""),
            ("发言人 1  00:00", Some("发言人 1"), Some("00:00"), ""),
            (
                "发言人1 00:00:05 开始吧",
                Some("发言人1"),
                Some("00:00:05"),
                "开始吧",
            ),
            (
                "说话人 1 ００：００：０１",
                Some("说话人 1"),
                Some("００：００：０１"),
                "",
            ),
            ("张三 00：05 大家好", Some("张三"), Some("00：05"), "大家好"),
            ("发言人1：10：30 开会", Some("发言人1"), None, "10：30 开会"),
            (
                "说话人1(张三) 00:05",
                Some("说话人1(张三)"),
                Some("00:05"),
                "",
            ),
            (
                "14:02:11\t From  Ann Li : hello",
                Some("Ann Li"),
                Some("14:02:11"),
                "hello",
            ),
            (
                "14:02:11 From Ann Li to Everyone: hello",
                Some("Ann Li"),
                Some("14:02:11"),
                "hello",
            ),
            ("**Ann Li:** hello", Some("Ann Li"), None, "hello"),
            (
                "**发言人 2  01:02:03**",
                Some("发言人 2"),
                Some("01:02:03"),
                "",
            ),
            (
                "张三(00:00:05)：大家好",
                Some("张三"),
                Some("00:00:05"),
                "大家好",
            ),
            (
                "张三（00:05）: 大家好",
                Some("张三"),
                Some("00:05"),
                "大家好",
            ),
            (
                "[00:00:05] 张三：大家好",
                Some("张三"),
                Some("00:00:05"),
                "大家好",
            ),
            ("00:00:05 大家好", None, Some("00:00:05"), "大家好"),
            ("张三：大家好", Some("张三"), None, "大家好"),
            (
                "张三：上午 10:30 开会",
                Some("张三"),
                None,
                "上午 10:30 开会",
            ),
            ("Speaker 1: hello", Some("Speaker 1"), None, "hello"),
            (
                "说话人 1 00:04:58上一段内容",
                Some("说话人 1"),
                Some("00:04:58"),
                "上一段内容",
            ),
            ("- **发言人1 00:00** ", Some("发言人1"), Some("00:00"), ""),
            (
                "[00:00:00.000 --> 00:00:02.000]   大家好",
                None,
                Some("00:00:00.000"),
                "大家好",
            ),
            (
                "[00:00.000->00:03.400] 大家好",
                None,
                Some("00:00.000"),
                "大家好",
            ),
            (
                "00:01 - 00:05 张三：大家好",
                Some("张三"),
                Some("00:01"),
                "大家好",
            ),
            (
                "David Mulholland   0:03",
                Some("David Mulholland"),
                Some("0:03"),
                "",
            ),
            (
                "张三 2025-03-05 10:00:33",
                Some("张三"),
                Some("10:00:33"),
                "",
            ),
            (
                "张三(2025年3月5日 下午 10:00:33)",
                Some("张三"),
                Some("10:00:33"),
                "",
            ),
            (
                "2025-03-05 10:00:33 张三：好",
                Some("张三"),
                Some("10:00:33"),
                "好",
            ),
            ("[SPEAKER_00]: hello", Some("SPEAKER_00"), None, "hello"),
        ] {
            let lead = Lead::of(line).unwrap();
            let found = (
                lead.speaker.as_deref(),
                lead.time.as_deref(),
                &line[lead.end..],
            );
            assert_eq!(found, (speaker, time, said), "{line}");
        }
    }

    #[test]
    fn what_is_said_is_no_lead() {
        for line in [
            "大家好，我们开始",
            "我觉得，可以：先上线",
            "我们明天上午先过一遍需求然后大概在下午的时候 10:30 开会",
            "",
            "1.2",
            "2025年3月5日 10:00",
            "2025-03-05 周三 下午 10:00",
            "15 June 2026, 03:35am",
            "结论：先上线",
            "例如：退款",
            "参考 http://example.com",
        ] {
            assert_eq!(Lead::of(line), None, "{line}");
        }
    }
}
