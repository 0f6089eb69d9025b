//! What a turn says, without how it was stumbled over.

use yuyi_language::{is_blank, is_han, is_separator};

/// Sounds that say nothing.
const SOUNDS: &str = "嗯呃唔欸诶噢哦呣啊呐";

/// Sounds that are also parts of words: they go where they stand alone.
const SOUNDS_ALONE: &[&str] = &[
    "额", "哎", "唉", "喔", "嘛", "哈", "呵", "那", "um", "uh", "erm", "er", "hmm", "well",
];

/// What people say while they look for words. It goes where it stands alone, or in front of the subject.
const FILLERS: &[&str] = &[
    "怎么说呢",
    "怎么讲呢",
    "怎么说",
    "怎么讲",
    "就是说",
    "也就是说",
    "就是",
    "那个什么",
    "那个啥",
    "这个那个",
    "那个",
    "这个",
    "然后呢",
    "然后",
    "对吧",
    "是吧",
    "你知道吧",
    "你知道吗",
    "我跟你说",
    "我跟你讲",
    "说白了",
    "反正",
    "那么",
    "you know",
    "i mean",
];

/// Bytes of the longest of them.
const LONGEST_FILLER: usize = 16;

/// Fillers that say nothing wherever they stand.
const ALWAYS: &[&str] = &["就是说", "怎么说呢", "怎么讲呢", "那个什么", "那个啥"];

/// Before these a filler in front of the subject says nothing.
const SUBJECTS: &[&str] = &[
    "我",
    "你",
    "您",
    "他",
    "她",
    "咱",
    "大家",
    "今天",
    "明天",
    "下周",
    "这周",
    "就是",
    "那个",
    "这个",
    "然后",
    "是不是",
    "能不能",
];

/// Characters that are doubled by a stutter only; 谢谢 and 天天 are words.
const NEVER_DOUBLED: &str = "我你您他她它这那就是在的了把对要会能不没有还也都跟和因所但";

/// Signs of what is less than nothing.
const MINUS: [char; 3] = ['-', '−', '－'];

/// What may be less than nothing.
const SIGNED: [&str; 8] = ["度", "℃", "°", "%", "％", "摄氏", "元", "块"];

/// Numerals, of which repetition is part: 二十二.
const NUMERALS: &str = "零〇一二三四五六七八九十百千万亿两";

/// Longest stretch that is looked for twice: 我们我们, 下个星期下个星期.
const LONGEST_REPEATED: usize = 4;

/// What a turn says, for comparisons only: without sounds (嗯, 呃), fillers (那个, 就是说) and stutters (我我我). Of a turn that is
/// nothing else, the turn.
pub fn said(text: &str) -> String {
    let quiet: String = text.chars().filter(|c| !SOUNDS.contains(*c)).collect();
    let clauses: Vec<String> = clauses(&quiet)
        .map(|(clause, end)| spoken(clause, end))
        .collect();
    let fluent = without_stutters(&clauses.concat());
    let tidy = with_minus(&fluent, fluent.trim_start_matches(is_separator)).trim_end();
    match is_blank(tidy) || tidy.chars().all(is_separator) {
        true => text.trim().to_owned(),
        false => tidy.to_owned(),
    }
}

/// What is left of a text behind the punctuation that it begins with, with the minus of its first number: -5度, but no bullet (- 5个人, -5个人).
fn with_minus<'a>(text: &'a str, rest: &'a str) -> &'a str {
    let before = &text[..text.len() - rest.len()];
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || ".,万亿".contains(c));
    let is_signed = behind.len() < rest.len()
        && (behind.is_empty() || SIGNED.iter().any(|unit| behind.starts_with(unit)));
    let minus = before.chars().next_back().filter(|c| MINUS.contains(c));
    let length = minus.filter(|_| is_signed).map_or(0, char::len_utf8);
    &text[before.len() - length..]
}

/// The stretches between punctuation, each with the punctuation behind it.
fn clauses(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = |c: char| is_separator(c) && !matches!(c, ' ' | '\'' | '-');
        let clause = rest.find(ends).unwrap_or(rest.len());
        let (clause, behind) = rest.split_at(clause);
        let end = behind.find(|c| !is_separator(c)).unwrap_or(behind.len());
        let (end, behind) = behind.split_at(end);
        rest = behind;
        Some((clause, end))
    })
}

/// A clause without fillers and its end once, where a sound between two commas is gone; nothing where it is nothing else, then also without its end.
fn spoken(clause: &str, end: &str) -> String {
    let mut clause = clause.to_owned();
    for filler in ALWAYS {
        clause = clause.replace(filler, "");
    }
    let mut rest = clause.trim();
    while let Some(shorter) = without_filler(rest) {
        rest = shorter.trim();
    }
    match rest.is_empty() {
        true => String::new(),
        false => {
            let mut end: Vec<char> = end.chars().collect();
            end.dedup();
            format!("{rest}{}", end.iter().collect::<String>())
        }
    }
}

/// What stands behind a filler at the beginning, if it says nothing there.
fn without_filler(clause: &str) -> Option<&str> {
    // All of a long clause is none, and is not looked at once more for each filler in front of it.
    let is_short = clause.len() <= LONGEST_FILLER;
    let lower = match is_short {
        true => clause.to_lowercase(),
        false => String::new(),
    };
    if SOUNDS_ALONE.contains(&lower.as_str()) || FILLERS.contains(&lower.as_str()) {
        return Some("");
    }
    FILLERS.iter().find_map(|filler| {
        let rest = clause.strip_prefix(filler)?;
        let is_before_subject = SUBJECTS.iter().any(|subject| rest.starts_with(subject));
        is_before_subject.then_some(rest)
    })
}

/// The text with each stretch once that was begun several times.
fn without_stutters(text: &str) -> String {
    let mut fluent: Vec<char> = Vec::with_capacity(text.len() / 3);
    for c in text.chars() {
        fluent.push(c);
        while let Some(shorter) = repeated(&fluent) {
            fluent.truncate(shorter);
        }
    }
    fluent.into_iter().collect()
}

/// Where the text ends when what stands there twice stands there once.
fn repeated(text: &[char]) -> Option<usize> {
    (1..=LONGEST_REPEATED).rev().find_map(|length| {
        let (before, last) = text.split_at(text.len().checked_sub(length)?);
        if !last.iter().all(|c| is_han(*c) && !NUMERALS.contains(*c)) {
            return None;
        }
        // 我，我觉得: what stands between is a pause.
        let pauses = before.iter().rev().take_while(|c| is_pause(**c)).count();
        let head = &before[..before.len() - pauses];
        let is_stutter = match length {
            1 => NEVER_DOUBLED.contains(last[0]) || (pauses == 0 && head.ends_with(&[last[0]; 2])),
            _ => last.iter().any(|c| *c != last[0]),
        };
        (is_stutter && head.ends_with(last)).then_some(head.len())
    })
}

fn is_pause(c: char) -> bool {
    matches!(c, '，' | '、' | ',' | '…' | ' ' | '.' | '—' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sounds_fillers_and_stutters_are_not_said() {
        for (text, expected) in [
            ("嗯，我们下周三上线。", "我们下周三上线。"),
            ("呃那个，就是说我们下周三上线", "我们下周三上线"),
            ("我我我觉得可以再等等", "我觉得可以再等等"),
            ("我，我觉得可以再等等", "我觉得可以再等等"),
            ("我们我们先看一下", "我们先看一下"),
            ("那个我们先看一下", "我们先看一下"),
            ("我们先看，怎么说呢，我们先看数据", "我们先看数据"),
            ("预算，嗯，大概是二十二万", "预算，大概是二十二万"),
            ("Um, we ship on Friday", "we ship on Friday"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn words_stay() {
        for text in [
            "那个方案不行",
            "这个需求先不做",
            "谢谢大家",
            "金额是三百三十三万",
            "天天加班",
            "111 号订单",
            "-5度",
            "−3%",
            "-20万元",
            "就是这样",
        ] {
            assert_eq!(said(text), text);
        }
    }

    #[test]
    fn a_bullet_is_no_minus() {
        for (text, expected) in [
            ("- 5度", "5度"),
            ("-5个人", "5个人"),
            ("- 我们下周三上线", "我们下周三上线"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_nothing_else_stays() {
        for text in ["嗯", "呃，那个", "……", " 啊 "] {
            assert_eq!(said(text), text.trim());
        }
    }

    /// Each turns up at the end of what stands before it, or in front of all that follows.
    #[test]
    fn long_turns_take_no_longer_than_they_are() {
        let began = std::time::Instant::now();
        for text in ["那个", "，、", "我，", "然后 "] {
            let long = said(&format!("{}我们上线", text.repeat(100_000)));
            assert!(long.ends_with("我们上线"), "{text}");
        }
        assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
        let fillers = FILLERS.iter().chain(SOUNDS_ALONE);
        assert!(fillers.map(|filler| filler.len()).max() <= Some(LONGEST_FILLER));
    }

    proptest! {
        /// Nothing is invented, and what was made fluent is fluent.
        #[test]
        fn only_less_is_said(text in "[嗯我们那个就是说，。二十谢a ]{0,24}") {
            let fluent = said(&text);
            let mut characters = text.chars();
            prop_assert!(fluent.chars().all(|c| characters.any(|there| there == c)), "{fluent}");
            prop_assert!(text.trim().is_empty() == fluent.is_empty());
        }
    }
}
