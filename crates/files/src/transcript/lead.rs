//! Who speaks and when, in front of what is said.

mod dates;
mod names;
mod spoken;
mod times;

use self::dates::without_date;
use self::names::balanced;
pub(super) use self::names::{begins_section, introduces, is_field, name};
use self::times::{end_of_range, first_time, is_seconds};
pub(super) use self::times::{is_cue_time, is_time_of_turn, named_time};

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

    /// The same behind the number of a point, which takes so many bytes of the line.
    pub(super) fn behind(line: &str, number: usize) -> Option<Self> {
        let lead = Self::of(&line[number..])?;
        Some(Self {
            end: number + lead.end,
            ..lead
        })
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

/// Who wrote a message of a chat: From Ann Li to Everyone.
fn sender(text: &str) -> &str {
    match text.trim().strip_prefix("From ") {
        Some(from) => from.split(" to ").next().unwrap_or(from).trim(),
        None => text,
    }
}

/// The byte behind a colon and blanks.
fn behind(line: &str, colon: usize) -> usize {
    let rest = line[colon..]
        .trim_start_matches(['：', ':', '*'])
        .trim_start();
    line.len() - rest.len()
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
                "Ann Li 10:00:01 AM",
                Some("Ann Li"),
                Some("10:00:01 AM"),
                "",
            ),
            (
                "Ann Li  9:05 p.m. hello",
                Some("Ann Li"),
                Some("9:05 p.m."),
                "hello",
            ),
            (
                "10:00:01 AM - 10:00:05 AM Ann: hi",
                Some("Ann"),
                Some("10:00:01 AM"),
                "hi",
            ),
            ("Ann 10:00 among us", Some("Ann"), Some("10:00"), "among us"),
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
            ("说话人 1 1分20秒", Some("说话人 1"), Some("1分20秒"), ""),
            (
                "张三 01分20秒 大家好",
                Some("张三"),
                Some("01分20秒"),
                "大家好",
            ),
            (
                "张三（1小时2分03秒）：大家好",
                Some("张三"),
                Some("1小时2分03秒"),
                "大家好",
            ),
            (
                "[0分05秒] 张三：大家好",
                Some("张三"),
                Some("0分05秒"),
                "大家好",
            ),
            ("0分5秒-0分9秒 大家好", None, Some("0分5秒"), "大家好"),
            ("0:00:01.250,0:00:04.500", None, Some("0:00:01.250"), ""),
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
            "我用了1分20秒跑完",
            "音频时长 1小时8分33秒",
            "共 3分20秒",
            "1分钟以后再说",
        ] {
            assert_eq!(Lead::of(line), None, "{line}");
        }
    }
}
