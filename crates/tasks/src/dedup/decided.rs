//! What a remark decides: whether it states or asks, who is to do it, and how firmly. Remarks that are otherwise the same decide something else by these.

use yuyi_language::simplified;

use super::HeldBack;

/// Ends of a question, without marks.
const ENDS: &[&str] = &["吗", "么"];

/// Words that end so and ask nothing, or name something.
const NO_ENDS: &[&str] = &["什么", "怎么", "那么", "这么", "多么", "要么"];

/// In the middle of a question. Behind 看 and 讨论 they name what is open, and the sentence asks nothing.
const MIDDLES: &[&str] = &[
    "能不能",
    "可不可以",
    "可以不可以",
    "是不是",
    "要不要",
    "有没有",
    "行不行",
    "好不好",
    "对不对",
    "会不会",
    "需不需要",
    "用不用",
    "是否",
];

/// What says that something is open, and that somebody sees to it.
const OPEN: &[&str] = &[
    "看", "讨论", "确认", "决定", "考虑", "知道", "评估", "取决", "研究", "核实", "问", "定",
    "清楚", "确定", "商量", "测", "试", "了解",
];

/// Marks behind a sentence that asks.
const MARKS: [char; 2] = ['?', '？'];

/// Words by which a sentence may ask without a mark: 哪个好 is a question, and 谁来都可以 is none.
const INTERROGATIVES: &[&str] = &[
    "什么", "啥", "哪", "谁", "怎", "如何", "为何", "几", "多少", "多久", "多长", "多大", "何时",
    "还是",
];

/// Who does something, the longest first.
const DOERS: &[(&str, Doer)] = &[
    ("我们", Doer::We),
    ("咱们", Doer::We),
    ("你们", Doer::You),
    ("他们", Doer::They),
    ("她们", Doer::They),
    ("我", Doer::I),
    ("你", Doer::You),
    ("您", Doer::You),
    ("他", Doer::They),
    ("她", Doer::They),
];

/// What follows whoever is to do something.
const DEEDS: &[&str] = &[
    "来",
    "去",
    "负责",
    "跟进",
    "跟客户",
    "处理",
    "写",
    "改",
    "做",
    "出",
    "对接",
    "安排",
    "整理",
    "联系",
    "准备",
    "牵头",
    "主导",
    "协调",
];

/// Who does something, as seen by the one who speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doer {
    I,
    We,
    You,
    They,
}

/// What has to be done.
const FIRM: &[&str] = &["必须", "务必", "一定要", "一定得", "非得", "不得不"];

/// What would be good.
const SOFT: &[&str] = &["最好", "尽量", "尽可能", "争取", "建议", "可以考虑", "有空"];

/// What is done, of which one excludes the other where each remark has one alone.
const EXCLUSIVE: &[&[&[&str]]] = &[
    &[&["同比"], &["环比"]],
    &[&["负责", "主导", "牵头"], &["协助", "配合", "协同"]],
    &[&["保留"], &["关掉", "关闭", "下线", "删除", "去掉", "停用"]],
    &[
        &["手机端", "移动端"],
        &["PC端", "pc端", "电脑端", "网页端", "桌面端"],
    ],
];

/// What softens a negation, and what it is without.
const SOFTENED: &[&str] = &["不太", "不大", "不怎么", "不是很", "不那么"];

/// Of what it says how far one goes along: 不太好 is as good as 不好.
const STANCES: &[&str] = &[
    "同意", "赞成", "赞同", "支持", "认同", "认可", "接受", "愿意", "确定",
];

/// What the second remark decides otherwise than the first: a question beside a statement, another doer, or another firmness.
pub(super) fn otherwise(kept: &str, gone: &str) -> Option<HeldBack> {
    let texts = [kept, gone].map(simplified);
    let [kept, gone] = texts.each_ref().map(String::as_str);
    if let [Some(a), Some(b)] = [kept, gone].map(asks)
        && a != b
    {
        return Some(HeldBack::Question);
    }
    if doer(kept).zip(doer(gone)).is_some_and(|(a, b)| a != b) {
        return Some(HeldBack::Name);
    }
    let is_other_firmness = is_firm_beside_soft(kept, gone) || is_firm_beside_soft(gone, kept);
    let is_softened = softens(kept, gone) || softens(gone, kept);
    (is_other_firmness || is_softened || excludes(kept, gone)).then_some(HeldBack::Opposite)
}

/// Whether each of two remarks has a word that excludes one of the other, and no word beside it that the other has.
fn excludes(kept: &str, gone: &str) -> bool {
    let only = |text: &str, group: &[&[&str]]| {
        let has = |words: &&[&str]| words.iter().any(|word| text.contains(word));
        let mut told = group.iter().enumerate().filter(|(_, words)| has(words));
        let only = told.next().map(|(at, _)| at);
        only.filter(|_| told.next().is_none())
    };
    EXCLUSIVE.iter().any(|group| {
        let told = only(kept, group).zip(only(gone, group));
        told.is_some_and(|(a, b)| a != b)
    })
}

/// Whether all sentences of a remark ask, or none does; `None`: some do, or may.
fn asks(text: &str) -> Option<bool> {
    let sentences = text.split_inclusive(['。', '！', '!', '？', '?', '；', '\n']);
    let mut asking = sentences
        .filter(|sentence| sentence.chars().any(char::is_alphanumeric))
        .map(asks_in_sentence);
    let first = asking.next().unwrap_or(Some(false));
    first.filter(|_| asking.all(|asks| asks == first))
}

/// `None`: it may ask, and nothing says so.
fn asks_in_sentence(sentence: &str) -> Option<bool> {
    let said = sentence.trim_end_matches(|c: char| !c.is_alphanumeric());
    let is_marked = sentence[said.len()..].contains(MARKS);
    let said = said.trim_end_matches(['啊', '呀', '呢']);
    let ends = ENDS.iter().any(|end| said.ends_with(end));
    let is_none = NO_ENDS.iter().any(|end| said.ends_with(end));
    let is_open = |before: &str| OPEN.iter().any(|word| before.contains(word));
    let asks_by = |words: &&str| said.find(*words).is_some_and(|at| !is_open(&said[..at]));
    let may_ask = INTERROGATIVES.iter().any(|word| said.contains(word));
    match (is_marked && !may_ask) || ends && !is_none || MIDDLES.iter().any(asks_by) {
        true => Some(true),
        false => (!may_ask).then_some(false),
    }
}

/// Who is to do what a remark speaks of; `None`: nobody is told.
fn doer(text: &str) -> Option<Doer> {
    let starts = text.char_indices().map(|(at, _)| &text[at..]);
    let mut told = starts.filter_map(|rest| {
        let (word, doer) = DOERS.iter().find(|(word, _)| rest.starts_with(word))?;
        let behind = &rest[word.len()..];
        let is_deed = DEEDS.iter().any(|deed| behind.starts_with(deed));
        is_deed.then_some(*doer)
    });
    told.next()
}

fn is_firm_beside_soft(firm: &str, soft: &str) -> bool {
    let has = |words: &[&str], text: &str| words.iter().any(|word| text.contains(word));
    has(FIRM, firm) && !has(SOFT, firm) && has(SOFT, soft) && !has(FIRM, soft)
}

/// Whether the first remark says of something that it is not quite so (不太同意), and the second that it is not (不同意).
fn softens(soft: &str, text: &str) -> bool {
    let denied = SOFTENED.iter().find_map(|word| {
        let behind = soft.split_once(word)?.1;
        let what: String = behind.chars().take(2).collect();
        STANCES
            .contains(&what.as_str())
            .then(|| format!("不{what}"))
    });
    let is_soft = SOFTENED.iter().any(|word| text.contains(word));
    !is_soft && denied.is_some_and(|denied| text.contains(&denied))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_beside_statements_are_told() {
        for (kept, gone, expected) in [
            ("周五可以发布吗", "周五可以发布", Some(HeldBack::Question)),
            ("要不要扩容", "要扩容", Some(HeldBack::Question)),
            (
                "是不是要看看能不能扩容",
                "要看看能不能扩容",
                Some(HeldBack::Question),
            ),
            (
                "我們周五可以上線嗎",
                "我們周五可以上線",
                Some(HeldBack::Question),
            ),
            ("这个需求砍掉？", "这个需求砍掉。", Some(HeldBack::Question)),
            ("我们看看能不能扩容", "我们看看怎么扩容", None),
            ("能扩容吗？能的话周五做", "能的话周五扩容", None),
            ("他知道要做什么", "他知道要做的事", None),
            ("两个方案哪个好？", "两个方案哪个更好", None),
            ("郑州有什么好玩的地方", "郑州有什么好玩的地方？", None),
            ("你来对接客户", "我来对接客户", Some(HeldBack::Name)),
            ("这个我来跟进", "这个由我跟进", None),
            ("务必周五交", "尽量周五交", Some(HeldBack::Opposite)),
            ("必须周五交", "一定要周五交", None),
            ("我不太赞成延期", "我不赞成延期", Some(HeldBack::Opposite)),
        ] {
            assert_eq!(otherwise(kept, gone), expected, "{kept} / {gone}");
        }
    }
}
