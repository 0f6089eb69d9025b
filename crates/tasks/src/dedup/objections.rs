//! What one remark says against what another proposes, or leaves open of it: a refusal, that it is put off, a condition.
//!
//! Such words deny nothing that the other says (上线不行 beside 上线), so no negation tells of them, and the vectors of both are near: each
//! list here is of words that a plan does not have. Where the other says the same in its own way, by any word that denies, they may be one.

mod lists;

use yuyi_language::{negations, simplified};

use self::lists::{
    AFTER_ALL, ANSWERS_CONDITION, ANSWERS_OPEN, ANSWERS_PUT_OFF, ANSWERS_REFUSAL, CONDITIONS,
    CONTRARY, COURTEOUS, DEGREES, LACKS, MEASURED, NOT_BEHIND, OBJECTIONS, OF_PLANS, OPEN, PUT_OFF,
    STANCES, TURNED,
};
use super::HeldBack;

/// Characters behind a condition in which it may turn out to be a courtesy: 如果大家没意见.
const MOST_OF_COURTESY: usize = 10;

/// Characters of a condition by which it is known where the other remark states it: 如果|测试通过.
const CONDITION: usize = 4;

/// Characters in front of a word in which it is turned round: 不会|推迟.
const MOST_BEFORE: usize = 4;

/// Characters that what is supposed has at most, of those that are looked at.
const SUPPOSED: usize = 4;

/// How one of two remarks qualifies what the other says; `None`: neither does, or both do.
pub(super) fn differ(kept: &str, gone: &str) -> Option<HeldBack> {
    let texts = [kept, gone].map(simplified);
    let [kept, gone] = both_asked([texts[0].as_str(), texts[1].as_str()]);
    let either = |qualifies: fn(&str, &str) -> bool| qualifies(kept, gone) || qualifies(gone, kept);
    if either(refuses) || stance(kept).zip(stance(gone)).is_some_and(|(a, b)| a != b) {
        return Some(HeldBack::Negation);
    }
    (either(puts_off) || either(makes_depend) || either(leaves_open)).then_some(HeldBack::Opposite)
}

/// Two questions without the 吗 at their ends: 订单能取消吗 asks of no other 取消 than 能取消订单吗.
fn both_asked(texts: [&str; 2]) -> [&str; 2] {
    let asked = texts.map(|text| {
        let said = text.trim_end_matches(|c: char| !c.is_alphanumeric());
        said.strip_suffix('吗')
    });
    match asked {
        [Some(kept), Some(gone)] => [kept, gone],
        _ => texts,
    }
}

/// Whether a remark ends with a refusal of what stands before it: 下周三上线不行, 采购十台服务器没必要.
pub(super) fn ends_with_refusal(clause: &str) -> bool {
    let said = clause.trim_end_matches(['了', '吧', '啊', '呀', '呢', '哦', '的']);
    let ends = |word: &&str| {
        let before = said.strip_suffix(*word);
        before.is_some_and(|before| !is_turned(before, word))
    };
    let is_measured = || {
        let measured = |measured: &&str| said.strip_suffix(*measured);
        let before = OF_PLANS.iter().find_map(measured);
        before.is_some_and(|before| {
            let degree = |degree: &&str| before.strip_suffix(*degree);
            let before = ["太", "过于", "有点"].iter().find_map(degree);
            before.is_some_and(|before| !is_turned(before, "太"))
        })
    };
    OBJECTIONS.iter().any(ends) || is_measured()
}

/// Whether the first remark objects, and the second neither does nor denies anything that the first does not.
fn refuses(text: &str, other: &str) -> bool {
    let mut plain = without_refusals(text);
    for measured in MEASURED {
        // 价格高 says as much as 价格太高.
        if !other.contains(measured) {
            let words: Vec<String> = DEGREES.iter().map(|d| format!("{d}{measured}")).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            plain = without(&plain, &words);
        }
    }
    plain != text
        && !answers(other, ANSWERS_REFUSAL, &plain)
        && !objects(other)
        && !denies_more(other, &plain)
}

/// Whether a remark goes along or is against it; `None`: it is not said, or some of both.
fn stance(text: &str) -> Option<bool> {
    let told = STANCES.iter().flat_map(|(word, goes_along)| {
        text.match_indices(word).filter_map(|(at, word)| {
            let before = &text[..at];
            let is_contrary = CONTRARY.iter().any(|contrary| before.ends_with(contrary));
            let first = word.chars().next();
            let is_asked = before
                .strip_suffix('不')
                .and_then(|asked| asked.chars().next_back())
                == first;
            let is_said = !is_asked && !goes_on(&text[at + word.len()..], word);
            is_said.then_some(*goes_along != is_contrary)
        })
    });
    let told: Vec<bool> = told.collect();
    let first = told.first().copied();
    first.filter(|first| told.iter().all(|other| other == first))
}

fn without_refusals(text: &str) -> String {
    without(&without(text, OBJECTIONS), LACKS)
}

fn objects(text: &str) -> bool {
    has_any(text, &["太", "过于"])
        || without_refusals(text) != text
        || MEASURED.iter().any(|measured| {
            let says = |degree: &&str| text.contains(&format!("{degree}{measured}"));
            DEGREES.iter().any(says)
        })
}

/// Whether the first remark puts off or gives up what the second goes on with, or does so in another way.
fn puts_off(text: &str, other: &str) -> bool {
    let ways = |text: &str| -> Vec<usize> {
        let ways = PUT_OFF.iter().enumerate();
        let told = ways.filter(|(_, words)| without(text, words) != text);
        told.map(|(way, _)| way).collect()
    };
    let (here, there) = (ways(text), ways(other));
    let shares = here.iter().any(|way| there.contains(way));
    let says_so = || {
        let without_all = |text: String, words: &&[&str]| without(&text, words);
        let plain = PUT_OFF.iter().fold(text.to_owned(), without_all);
        answers(other, ANSWERS_PUT_OFF, &plain) || denies_more(other, &plain)
    };
    !here.is_empty() && !shares && (!there.is_empty() || !says_so())
}

/// Whether the first remark makes depend on something what the second says without.
fn makes_depend(text: &str, other: &str) -> bool {
    let asks = |text: &str| has_any(text, &["吗", "？", "?", "怎么", "什么"]);
    let is_condition = |word: &&str| {
        let mut places = text.match_indices(*word);
        places.any(|(at, _)| {
            let behind = || text[at + word.len()..].chars();
            let courtesy: String = behind().take(MOST_OF_COURTESY).collect();
            let condition: String = behind().take(CONDITION).collect();
            !is_turned(&text[..at], word)
                && !has_any(&courtesy, COURTEOUS)
                && !other.contains(&condition)
        })
    };
    let is_told = || CONDITIONS.iter().any(is_condition);
    let is_answered = [CONDITIONS, ANSWERS_CONDITION]
        .into_iter()
        .any(|words| answers(other, words, text));
    !asks(text) && !is_answered && (is_told() || supposes(text, other))
}

/// Whether the first remark only supposes what the second ends with: 三月上线的话要加人 beside 三月上线.
fn supposes(text: &str, other: &str) -> bool {
    let other = other.trim_end_matches(|c: char| !c.is_alphanumeric() || "了吧啊呀".contains(c));
    let mut places = text.match_indices("的话");
    places.any(|(at, _)| {
        let supposed: Vec<char> = text[..at].chars().rev().take(SUPPOSED).collect();
        let supposed: String = supposed.into_iter().rev().collect();
        supposed.chars().count() == SUPPOSED && other.ends_with(&supposed)
    })
}

/// Whether the first remark leaves open what the second says.
fn leaves_open(text: &str, other: &str) -> bool {
    let plain = without(text, OPEN);
    plain != text
        && !answers(other, ANSWERS_OPEN, &plain)
        && without(other, OPEN) == other
        && !denies_more(other, &plain)
}

/// Whether a remark has one of some words that another, without its own, has not: 问题 in both says nothing of either.
fn answers(text: &str, words: &[&str], plain: &str) -> bool {
    let is_own = |word: &&str| text.contains(*word) && !plain.contains(*word);
    words.iter().any(is_own)
}

/// Whether a remark denies something that another, without its own words of refusal, does not.
fn denies_more(text: &str, plain: &str) -> bool {
    let denied = negations(text).len();
    denied > 0 && denied > negations(plain).len()
}

/// The text without some words where they are not turned round; a comma stands for each.
fn without(text: &str, words: &[&str]) -> String {
    let mut left = text.to_owned();
    for word in words.iter().filter(|word| text.contains(**word)) {
        let mut parts = String::with_capacity(left.len());
        let mut from = 0;
        for (at, _) in left.match_indices(*word) {
            let end = at + word.len();
            parts.push_str(&left[from..at]);
            let is_other = is_turned(&left[..at], word) || goes_on(&left[end..], word);
            parts.push_str(if is_other { word } else { "，" });
            from = end;
        }
        parts.push_str(&left[from..]);
        left = parts;
    }
    left
}

/// Whether what stands in front turns a word round, asks about it, or supposes it: 没有|困难, 行|不行, 如果|不合适.
fn is_turned(before: &str, word: &str) -> bool {
    let mut inside = word.chars();
    let asked = inside
        .next()
        .filter(|c| matches!(c, '不' | '没'))
        .and_then(|_| inside.next());
    let last = before.chars().next_back();
    let count = before.chars().count();
    let near: String = before
        .chars()
        .skip(count.saturating_sub(MOST_BEFORE))
        .collect();
    asked.is_some() && last == asked
        || TURNED.iter().any(|turning| near.ends_with(turning))
        || is_supposed(&near)
}

fn is_supposed(near: &str) -> bool {
    ["如果", "要是", "万一", "假如", "是否", "有没"]
        .iter()
        .any(|word| near.contains(word))
}

/// Whether what follows makes something else of a word: 不同意|见, 反对|票, 来不及|就 换.
fn goes_on(behind: &str, word: &str) -> bool {
    let own = NOT_BEHIND.iter().find(|(known, _)| *known == word);
    let begins = |ends: &[&str]| ends.iter().any(|end| behind.starts_with(end));
    begins(AFTER_ALL) || own.is_some_and(|(_, ends)| begins(ends))
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_against_ends_a_clause() {
        for clause in [
            "下周三上线新版本不行",
            "采购十台服务器太贵了",
            "我们三月上线来不及",
            "这样我不赞成",
        ] {
            assert!(ends_with_refusal(clause), "{clause}");
        }
        for clause in [
            "我们下周三上线",
            "我不反对",
            "这样行不行",
            "这事没有困难",
            "不要太晚",
        ] {
            assert!(!ends_with_refusal(clause), "{clause}");
        }
    }

    #[test]
    fn what_two_questions_ask_is_compared_without_their_ends() {
        for (kept, gone) in [
            ("订单能取消吗", "可以取消订单吗"),
            ("可以取消预约吗？", "预约能取消吗"),
            ("下周的会能推迟吗", "能推迟下周的会吗"),
        ] {
            assert_eq!(differ(kept, gone), None, "{kept} / {gone}");
            assert_eq!(differ(gone, kept), None, "{gone} / {kept}");
        }
        for (kept, gone) in [
            ("下周的会推迟", "下周的会照常开"),
            ("下周的会会推迟吗", "下周的会还开吗"),
            ("订单能取消吗", "订单能暂停吗"),
        ] {
            assert!(differ(kept, gone).is_some(), "{kept} / {gone}");
            assert!(differ(gone, kept).is_some(), "{gone} / {kept}");
        }
    }

    /// Each word is looked for in what is left of the others.
    #[test]
    fn long_remarks_take_no_time() {
        let began = std::time::Instant::now();
        for text in ["不行", "如果", "太早了", "没有取消", "的话"] {
            let long = text.repeat(1_000);
            differ(&long, "我们下周三上线新版本");
            differ("我们下周三上线新版本", &long);
        }
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }
}
