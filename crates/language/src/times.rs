//! Times that words name and no number: 昨天 beside 今天, 上周 beside 下周, 月初 beside 月底.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::traditional::simplified;
use crate::words::words;

/// Scales of times; of each the times that exclude one another, with the words for them.
#[rustfmt::skip]
const SCALES: &[&[&[&str]]] = &[
    &[
        &["大前天"], &["前天", "前晚", "前日"], &["昨天", "昨日", "昨晚", "昨夜", "昨儿", "yesterday"],
        &["今天", "今日", "今晚", "今早", "今夜", "今儿", "today", "tonight"],
        &["明天", "明日", "明晚", "明早", "明儿", "tomorrow"], &["大后天"], &["后天", "后日"],
    ],
    &[
        &["上上周", "上上星期", "上上个星期"], &["上周", "上星期", "上个星期", "上礼拜", "上个礼拜", "last week"],
        &["本周", "这周", "这星期", "这个星期", "这礼拜", "本星期", "this week"],
        &["下下周", "下下星期", "下下个星期"], &["下周", "下星期", "下个星期", "下礼拜", "下个礼拜", "next week"],
    ],
    &[
        &["上上个月"], &["上个月", "上月", "last month"], &["本月", "这个月", "这月", "当月", "this month"],
        &["下下个月"], &["下个月", "下月", "next month"],
    ],
    &[
        &["上个季度", "上季度"], &["本季度", "这个季度", "这季度"], &["下个季度", "下季度"],
    ],
    &[
        &["前年"], &["去年", "上一年", "last year"], &["今年", "本年度", "本年", "this year"],
        &["明年", "下一年", "来年", "next year"], &["后年"],
    ],
    &[&["月初"], &["月中"], &["月底", "月末"]],
    &[&["年初"], &["年中"], &["年底", "年末"]],
    &[&["周末", "双休日", "weekend"], &["工作日", "weekday", "working day"]],
    &[
        &["凌晨"], &["上午", "早上", "早晨", "清晨", "清早", "大早", "morning"], &["中午", "正午", "noon"],
        &["下午", "午后", "afternoon"], &["晚上", "傍晚", "夜里", "夜间", "晚间", "半夜", "深夜", "evening", "night"],
    ],
    &[
        &["春天", "春季", "spring"], &["夏天", "夏季", "summer"], &["秋天", "秋季", "autumn"], &["冬天", "冬季", "winter"],
    ],
];

/// Most words of the dictionary that name a time together, as 上|上个|星期 does.
const MOST_WORDS: usize = 4;

/// The scale that a word is on, and the time there.
static TIMES: LazyLock<HashMap<&str, (usize, usize)>> = LazyLock::new(|| {
    let of_scale = |(scale, times): (usize, &'static &[&[&str]])| {
        let of_time = move |(time, words): (usize, &'static &[&str])| {
            words.iter().map(move |word| (*word, (scale, time)))
        };
        times.iter().enumerate().flat_map(of_time)
    };
    SCALES.iter().enumerate().flat_map(of_scale).collect()
});

/// Times by which two texts differ.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeDifference {
    /// Those of the first text, as they stand there.
    pub only_a: Vec<String>,
    /// Those of the second.
    pub only_b: Vec<String>,
}

/// A time that a text names.
struct Named {
    scale: usize,
    time: usize,
    text: String,
}

/// How the times that two texts name differ: both speak of one scale, of which they have no time in common. `None`: they do not, or
/// only one of them names any.
pub fn time_difference(text_a: &str, text_b: &str) -> Option<TimeDifference> {
    let a = named(text_a);
    if a.is_empty() {
        return None;
    }
    let b = named(text_b);
    let differ = |scale: usize| {
        let of = |named: &[Named]| -> Vec<usize> {
            let of_scale = named.iter().filter(|named| named.scale == scale);
            of_scale.map(|named| named.time).collect()
        };
        let (a, b) = (of(&a), of(&b));
        !a.is_empty() && !b.is_empty() && !a.iter().any(|time| b.contains(time))
    };
    let scales: Vec<usize> = (0..SCALES.len()).filter(|&scale| differ(scale)).collect();
    let texts = |named: Vec<Named>| {
        let of_scales = named.into_iter().filter(|one| scales.contains(&one.scale));
        of_scales.map(|one| one.text).collect()
    };
    (!scales.is_empty()).then(|| TimeDifference {
        only_a: texts(a),
        only_b: texts(b),
    })
}

/// The times of a text, each once, in order. A time begins and ends where words do: 三天后天气 names none.
fn named(text: &str) -> Vec<Named> {
    let given: Vec<char> = text.chars().collect();
    let simple: Vec<char> = simplified(text).to_lowercase().chars().collect();
    // Capitals that become two characters move all that is behind them.
    if simple.len() != given.len() {
        return Vec::new();
    }
    let whole: String = simple.iter().collect();
    let words = words(&whole);
    let mut found: Vec<Named> = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let longest = words.len().min(from + MOST_WORDS);
        let place = |to: usize| words[from].place.start..words[to - 1].place.end;
        let mut ends = (from + 1..=longest).rev();
        let time = ends.find_map(|to| {
            let word: String = simple[place(to)].iter().collect();
            TIMES
                .get(word.as_str())
                .map(|&(scale, time)| (to, scale, time))
        });
        let Some((to, scale, time)) = time else {
            from += 1;
            continue;
        };
        if !found
            .iter()
            .any(|one| (one.scale, one.time) == (scale, time))
        {
            let text = given[place(to)].iter().collect();
            found.push(Named { scale, time, text });
        }
        from = to;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(a: &str, b: &str) -> Option<(String, String)> {
        let found = time_difference(a, b)?;
        Some((found.only_a.join(" "), found.only_b.join(" ")))
    }

    #[test]
    fn times_that_exclude_one_another_are_found() {
        for (a, b, in_a, in_b) in [
            ("昨天发的货", "今天发的货", "昨天", "今天"),
            ("上周开的会", "下周开的会", "上周", "下周"),
            ("上個月的帳單", "这个月的账单", "上個月", "这个月"),
            ("月初发工资", "月末发工资", "月初", "月末"),
            ("年初体检", "年底体检", "年初", "年底"),
            ("去年的账单", "今年的账单", "去年", "今年"),
            ("上午开门", "下午开门", "上午", "下午"),
            ("早上吃药", "晚上吃药", "早上", "晚上"),
            ("周末营业吗", "工作日营业吗", "周末", "工作日"),
            ("春天开花", "秋天开花", "春天", "秋天"),
            ("前天到的", "后天到", "前天", "后天"),
            ("大后天走", "后天走", "大后天", "后天"),
            ("下下周交", "下周交", "下下周", "下周"),
            (
                "We meet last week",
                "We meet Next week",
                "last week",
                "Next week",
            ),
            ("昨天上午到", "今天下午到", "昨天 上午", "今天 下午"),
        ] {
            assert_eq!(told(a, b), Some((in_a.into(), in_b.into())), "{a} / {b}");
            assert_eq!(told(b, a), Some((in_b.into(), in_a.into())), "{b} / {a}");
        }
    }

    #[test]
    fn what_may_be_one_time_is_none() {
        for (a, b) in [
            ("今天天气真不错", "外面阳光明媚"),
            ("月底发工资", "月末发工资"),
            ("本周交报告", "这个星期交报告"),
            ("早上几点开门", "上午几点开门"),
            ("今天到的", "今晚到"),
            ("三天后天气怎么样", "昨天天气怎么样"),
            ("先天不足", "后天努力"),
            ("昨天和今天都下雨", "今天下雨"),
            ("当年的事", "去年的事"),
            ("发货了吗", "昨天发货了吗"),
        ] {
            assert_eq!(told(a, b), None, "{a} / {b}");
        }
    }
}
