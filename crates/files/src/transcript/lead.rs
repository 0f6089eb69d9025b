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

/// Between a name and what is said.
const COLONS: [char; 2] = ['：', ':'];

/// Marks around names and times.
const AROUND: &[char] = &[
    '[', ']', '(', ')', '（', '）', '【', '】', '*', '#', '@', '-', '—', ' ', '\t', '\u{3000}',
    '\\',
];

/// What stands in front of a turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lead {
    pub(super) speaker: Option<String>,
    pub(super) time: Option<String>,
    /// Byte of the line at which what is said begins.
    pub(super) end: usize,
}

impl Lead {
    /// What a line begins with: a name and a time in either order, or one of them, then mostly a colon. `None`: nothing of the kind.
    pub(super) fn of(line: &str) -> Option<Self> {
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
            (Some((from, _)), Some(colon)) if colon < from => Self::named(line, colon, None),
            (Some(time), colon) => Self::timed(line, time, colon),
            (None, Some(colon)) => Self::named(line, colon, None),
            (None, None) => None,
        };
        lead.filter(|lead| lead.speaker.is_some() || lead.time.is_some())
    }

    /// A name up to a colon.
    fn named(line: &str, colon: usize, time: Option<String>) -> Option<Self> {
        Some(Self {
            speaker: Some(name(&line[..colon])?),
            time,
            end: behind(line, colon),
        })
    }

    /// A time, before or behind a name.
    fn timed(line: &str, (from, to): (usize, usize), colon: Option<usize>) -> Option<Self> {
        let time = Some(line[from..to].to_owned());
        let (before, has_date) = without_date(line[..from].trim_matches(AROUND));
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
            return Some(Self { speaker, time, end });
        }
        // [00:05] 张三：…
        let named = colon.filter(|colon| *colon >= end);
        if let Some((colon, speaker)) =
            named.and_then(|colon| Some((colon, name(&line[end..colon])?)))
        {
            let (speaker, end) = (Some(speaker), behind(line, colon));
            return Some(Self { speaker, time, end });
        }
        Some(Self {
            speaker: None,
            time,
            end,
        })
    }
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
            None => return (rest.trim_end_matches(AROUND), has_date),
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
    let name = text.trim_matches(AROUND);
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
    None
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
        at = end;
        let word = line[start..end].trim_end_matches([':', '.']);
        Some((start, word))
    })
}

/// Whether a stretch is the start of a cue, of which some programs leave out zeros: `0:0:2.370`.
pub(super) fn is_cue_time(text: &str) -> bool {
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
        ] {
            assert_eq!(Lead::of(line), None, "{line}");
        }
    }
}
