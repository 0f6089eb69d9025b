//! Turns that only agree, and what they may agree with.

use yuyi_language::{bare, is_blank, is_separator, negation_difference, simplified};

use super::guard::MOST_CHARACTERS;
use super::objections::ends_with_refusal;
use crate::beginning::beginning;

/// What agrees by itself.
const AGREEING: &[&str] = &[
    "同意",
    "赞同",
    "赞成",
    "附议",
    "支持",
    "认同",
    "认可",
    "没问题",
    "没有问题",
    "没毛病",
    "没意见",
    "没有意见",
    "无异议",
    "没异议",
    "没有异议",
    "可以",
    "行",
    "好",
    "对",
    "是",
    "成",
    "中",
    "没错",
    "正确",
    "收到",
    "明白",
    "了解",
    "知道",
    "说得对",
    "说的对",
    "我也是",
    "一样",
    "我也一样",
    "一致",
    "就这样",
    "就这么定",
    "就这么办",
    "就这么着",
    "就这样定",
    "就按这个来",
    "就按这个办",
    "听你的",
    "确实",
    "的确",
    "是这样",
    "有道理",
    "必须的",
    "当然",
    "当然可以",
    "顶",
    "赞",
    "嗯",
    "唔",
    "ok",
    "okay",
    "yes",
    "yep",
    "yeah",
    "sure",
    "agree",
    "agreed",
    "right",
    "exactly",
    "soundsgood",
    "metoo",
    "+1",
    "加一",
    "加1",
    "1",
    "👍",
    "👌",
    "同上",
    "挺好",
    "不错",
    "可行",
    "没的说",
    "不反对",
    "没什么意见",
    "没啥意见",
    "没什么问题",
    "都行",
    "听大家的",
    "我也这么觉得",
    "也是这么觉得",
    "我也这样觉得",
    "我也这么认为",
    "我也这样认为",
    "我也这么想",
    "投赞成票",
    "投同意票",
    "投赞成",
    "按你说的办",
    "按你说的来",
    "按您说的办",
    "按大家说的办",
    "照你说的办",
    "妥",
    "妥妥",
    "强",
];

/// What disagrees by itself: where it begins a clause, the rest says with what.
const DISAGREEING: &[&str] = &[
    "不同意",
    "不太同意",
    "不赞同",
    "不赞成",
    "不太赞成",
    "不支持",
    "不认同",
    "不太认同",
    "不认可",
    "不接受",
    "反对",
    "有意见",
    "有异议",
    "有不同意见",
    "持保留意见",
    "disagree",
    "dontagree",
];

/// What disagrees where nothing else is said: 不行, but not 不行的话换一个.
const REFUSING: &[&str] = &[
    "不行",
    "不好",
    "不可以",
    "不可行",
    "不成",
    "不中",
    "不妥",
    "不合适",
    "没道理",
    "有问题",
    "有毛病",
    "否",
    "不要",
    "不用",
    "不必",
    "不能",
    "别",
    "算了",
    "不太行",
    "不太好",
    "no",
    "nope",
    "nah",
    "👎",
];

/// What a turn may agree with by name.
const OBJECTS: &[&str] = &["方案", "意见", "看法", "观点", "建议", "提议", "想法"];

/// Votes with such a word that name nothing.
const NO_OBJECTIONS: &[&str] = &["没意见", "没有意见", "没什么意见", "没啥意见"];

/// What may stand beside it and changes nothing.
const BESIDE: &[&str] = &[
    "我",
    "我们",
    "我这边",
    "这边",
    "我个人",
    "个人",
    "咱们",
    "你",
    "你们",
    "您",
    "他",
    "她",
    "大家",
    "说",
    "讲",
    "得",
    "的",
    "了",
    "啊",
    "呀",
    "哈",
    "吧",
    "呢",
    "哦",
    "噢",
    "啦",
    "呗",
    "诶",
    "欸",
    "呃",
    "额",
    "嘛",
    "哎",
    "也",
    "都",
    "很",
    "非常",
    "完全",
    "十分",
    "特别",
    "太",
    "绝对",
    "举双手",
    "双手",
    "这个",
    "那个",
    "这",
    "那",
    "就",
    "觉得",
    "认为",
    "感觉",
    "想",
    "这么",
    "这样",
    "方案",
    "意见",
    "看法",
    "观点",
    "建议",
    "提议",
    "想法",
    "一下",
    "挺",
    "也是",
    "先",
    "老师",
    "楼上",
    "i",
    "totally",
    "that",
    "谢谢",
    "感谢",
    "多谢",
    "辛苦",
    "thanks",
    "thank",
    "那",
    "with",
    "you",
    "it",
    "is",
    "s",
    "来",
    "看",
    "张总",
    "王总",
    "李总",
    "部门",
    "团队",
    "我们组",
    "嘞",
    "咧",
    "滴",
];

/// Greetings, whose 好 agrees with nothing.
const GREETINGS: &[&str] = &[
    "你好",
    "您好",
    "你们好",
    "大家好",
    "老师好",
    "张总好",
    "王总好",
    "李总好",
];

/// Turns that say something else than their words.
const WHOLE: &[&str] = &["对了", "好了", "是吧", "对吧"];

/// How turns end that say something else than their words.
const ENDS: &[&str] = &[
    "一下",
    "是说",
    "没问题吧",
    "没有问题吧",
    "没错吧",
    "没意见吧",
    "没有意见吧",
];

/// Beginnings of short turns that decline, and turns that begin so and do not: 不能上, but 不如周五.
const DECLINING: &[&str] = &["不", "别", "甭", "没法", "没时间", "没必要"];
const NOT_DECLINING: &[&str] = &[
    "不如",
    "不妨",
    "不过",
    "不然",
    "不仅",
    "不但",
    "不错",
    "不反对",
    "不客气",
    "不用谢",
    "不好意思",
    "别客气",
    "别的",
    "别人",
    "不知道",
    "不清楚",
    "不急",
    "不难",
    "不贵",
    "不远",
    "不多",
];

/// Most characters of such a turn.
const SHORT: usize = 4;

/// What somebody says whom one agrees with: 同意张三的意见.
const SAYINGS: &[&str] = &[
    "的意见",
    "的看法",
    "的观点",
    "的建议",
    "的提议",
    "的想法",
    "的方案",
    "的说法",
];

/// Most characters of a name.
const LONGEST_NAME: usize = 4;

/// What a turn is made of that only says that the speaker does it.
const ONESELF: &[&str] = &[
    "我",
    "我来",
    "我负责",
    "我去",
    "我做",
    "我上",
    "我有",
    "我报名",
    "我参加",
    "让我来",
    "由我来",
    "是我",
];

/// Signs of what is less.
const MINUS: &[char] = &['-', '−', '－', '–', '—'];

/// Longest turn that may only agree, in characters without punctuation.
const LONGEST: usize = 24;

/// Whether a turn only agrees (对, 同意, 没问题, +1, 我也是), so that it is a vote for what it answers and no remark of its own. A question
/// agrees with nothing.
pub fn agrees(text: &str) -> bool {
    let plain = without_greetings(&bare(text));
    if asks(text)
        || is_minus(text)
        || says_otherwise(&plain)
        || plain.is_empty()
        || plain.chars().count() > LONGEST
    {
        return false;
    }
    is_made_of_agreement(&plain)
}

/// Whether a turn ends with the mark of a question.
fn asks(text: &str) -> bool {
    text.trim_end().ends_with(['?', '？'])
}

/// Whether a turn is -1, whose sign is lost with the punctuation.
fn is_minus(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix(MINUS);
    rest.is_some_and(|rest| rest.trim_start().starts_with(['1', '１', '一']))
}

/// The text without greetings, which are no agreement and may stand before one.
fn without_greetings(text: &str) -> String {
    let mut text = text.to_owned();
    for greeting in GREETINGS {
        text = text.replace(greeting, "");
    }
    text
}

/// Whether a text means something else than its words: it turns to a matter (对了), explains, asks for support, or asks whether it is so.
fn says_otherwise(text: &str) -> bool {
    let said = text.trim_end_matches(['啊', '呀', '哈', '呢', '哦', '噢', '啦', '嘛']);
    WHOLE.contains(&said) || ENDS.iter().any(|end| said.ends_with(end))
}

/// Whether a turn that only agrees names what another one denies, so that it does not agree with that.
pub fn denies(text: &str, vote: &str) -> bool {
    // What has no 意见 names none.
    let named = NO_OBJECTIONS
        .iter()
        .fold(vote.to_owned(), |named, word| named.replace(word, ""));
    let names = OBJECTS.iter().any(|object| named.contains(object));
    names && negation_difference(beginning(text, MOST_CHARACTERS), vote).is_some()
}

/// Whether a turn only agrees with somebody by name (我同意张三的意见): a remark, since he may have said it long before, and none that others
/// agree with.
pub fn agrees_with_somebody(text: &str) -> bool {
    let plain = bare(text);
    let plain = plain.trim_end_matches(['了', '啊', '吧', '呀', '哈']);
    let named = |saying: &&str| {
        let before = plain.strip_suffix(*saying)?;
        (1..=LONGEST_NAME).find_map(|length| {
            let (at, _) = before.char_indices().rev().nth(length - 1)?;
            Some(&before[..at]).filter(|agreeing| is_made_of_agreement(agreeing))
        })
    };
    !asks(text) && SAYINGS.iter().any(|saying| named(saying).is_some())
}

/// Whether a turn only says that the speaker does it (我, 我来): of another speaker it says something else.
pub fn means_oneself(text: &str) -> bool {
    let plain = bare(text);
    ONESELF.contains(&plain.trim_end_matches(['吧', '啊', '呀', '哈', '的', '了']))
}

/// Whether a clause of a turn disagrees: 不行, 我不同意这个方案, 我反对. No turn that only agrees is a vote for it: 没意见 behind 不行 agrees with what was proposed before, or
/// with the refusal, and nobody knows which. A question (大家有意见吗) disagrees with nothing.
pub fn disagrees(text: &str) -> bool {
    if asks(text) {
        return false;
    }
    let ends = |c| is_separator(c) && !matches!(c, ' ' | '\'' | '’' | '-');
    let mut clauses = text.split(ends).filter(|clause| !is_blank(clause));
    let last = clauses.clone().next_back();
    let objects = || last.is_some_and(|last| ends_with_refusal(&simplified(&bare(last))));
    is_minus(text) || declines(text) || clauses.any(|clause| refuses(&bare(clause))) || objects()
}

/// Whether a turn is short and declines: 不能上, 别做.
fn declines(text: &str) -> bool {
    let plain = bare(text);
    let begins = |words: &[&str]| words.iter().any(|word| plain.starts_with(word));
    plain.chars().count() <= SHORT && begins(DECLINING) && !begins(NOT_DECLINING)
}

/// Whether a clause begins with what disagrees, or is nothing else.
fn refuses(clause: &str) -> bool {
    let covered = covered(clause, REFUSING);
    let begins = |(at, [plain, _]): (usize, &[bool; 2])| {
        let is_said = |word: &&str| {
            let behind = clause[at..].strip_prefix(*word);
            behind.is_some_and(|behind| !behind.starts_with(['吗', '么', '的']))
        };
        *plain && DISAGREEING.iter().any(is_said)
    };
    covered[clause.len()][1] || covered[..clause.len()].iter().enumerate().any(begins)
}

/// Whether the words of the lists cover the text, one of those that agree among them.
fn is_made_of_agreement(text: &str) -> bool {
    covered(text, AGREEING)[text.len()][1]
}

/// By byte: whether what stands before is covered by what changes nothing, and whether it is with one of these words.
fn covered(text: &str, words: &[&str]) -> Vec<[bool; 2]> {
    let mut covered = vec![[false; 2]; text.len() + 1];
    covered[0][0] = true;
    for at in 0..text.len() {
        let [plain, told] = covered[at];
        if !plain && !told {
            continue;
        }
        for word in words.iter().filter(|word| text[at..].starts_with(**word)) {
            covered[at + word.len()][1] = true;
        }
        for word in BESIDE.iter().filter(|word| text[at..].starts_with(**word)) {
            let end = &mut covered[at + word.len()];
            end[0] |= plain;
            end[1] |= told;
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_agrees_and_nothing_else() {
        for text in [
            "对",
            "嗯嗯，对的。",
            "＋1",
            "我也是这么想的",
            "OK，没问题！",
            "我完全同意你的看法",
            "完全正确",
            "👌",
            "你好，我同意",
            "你说对了",
            "好吧",
            "好的，谢谢",
            "明白，谢谢大家",
            "收到，我没意见",
            "不反对",
            "我也这么觉得",
            "我投赞成票",
            "我们部门没意见",
            "就按你说的办",
            "好嘞",
            "妥",
            "妥了",
            "[强]",
        ] {
            assert!(agrees(text), "{text}");
        }
        for text in [
            "",
            "。",
            "不同意",
            "对吗？",
            "可以吗",
            "同意，但预算要减",
            "这样好？",
            "好的，下周三上线",
            "不行",
            "是不是",
            "不妥",
            "我投反对票",
            "加强",
            "你也这么觉得吗",
            "-1",
            "－１",
            "你好啊",
            "你好",
            "大家好",
            "没问题吧",
            "没错吧。",
            "对了，",
            "好了",
            "支持一下",
            "就是说",
            "谢谢大家",
            "不同意",
        ] {
            assert!(!agrees(text), "{text}");
        }
    }

    #[test]
    fn refusals_disagree_and_proposals_do_not() {
        for refusal in [
            "我不同意这个方案",
            "不行",
            "这个方案不行。",
            "我反对，风险太大",
            "我个人不太赞成延期",
            "－1",
            "I don't agree",
            "这个有问题",
            "否",
            "不要",
            "不能上",
            "太早了吧",
            "我觉得不太合适，来不及",
            "下周三上线新版本不行",
        ] {
            assert!(disagrees(refusal), "{refusal}");
        }
        for proposal in [
            "我们下周三上线",
            "不行的话换一家供应商",
            "我建议不要延期",
            "大家没意见就这么定",
            "大家有意见吗",
            "有问题？",
            "我同意这个方案，但预算要减",
            "对方不同意降价，我们换一家",
            "不如周五上",
            "现在的服务器内存不够",
            "价格太贵了，换一家供应商",
            "我不反对三月上线",
        ] {
            assert!(!disagrees(proposal), "{proposal}");
        }
    }

    #[test]
    fn who_names_somebody_or_oneself_is_known() {
        for text in ["我同意张三的意见", "赞成王总的方案。"] {
            assert!(agrees_with_somebody(text), "{text}");
        }
        for text in [
            "我不同意张三的意见",
            "我同意改张三的方案吗",
            "我想听张三的意见",
        ] {
            assert!(!agrees_with_somebody(text), "{text}");
        }
        for text in ["我", "我来吧", "我负责。"] {
            assert!(means_oneself(text), "{text}");
        }
        for text in ["我负责测试", "你来", "我同意"] {
            assert!(!means_oneself(text), "{text}");
        }
    }

    #[test]
    fn what_is_denied_is_not_agreed_with() {
        let text = "预算这么算，这个方案肯定不可以";
        assert!(denies(text, "这个方案可以"));
        assert!(!denies("我建议不要延期", "同意这个建议"));
        assert!(!denies(text, "同意"));
        for vote in ["没意见", "我没意见", "我们部门没有意见"] {
            assert!(!denies("我们下周三上线，大家有没有意见？", vote), "{vote}");
        }
    }
}
