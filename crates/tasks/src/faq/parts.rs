//! The questions of a message that holds several.

mod numbered;

use yuyi_language::{folded, is_separator};

/// Ends of a question.
const ENDS: [char; 9] = ['?', '？', '。', '；', ';', '!', '！', '\n', '\r'];

/// What a further question begins with, behind a comma or at the beginning. Of two that fit the longer is first.
#[rustfmt::skip]
const JOINTS: &[&str] = &[
    "另外还有个问题", "另外想问一下", "另外再问一下", "另外问一下", "另外还有", "另外", "还有一个问题", "还有个问题", "还有一点", "还有就是", "还有", "顺便再问一下",
    "顺便问一下", "顺便问下", "顺便请教一下", "顺便问", "顺便", "再问一下", "再问下", "再请教一下", "还想问一下", "还想问", "还想了解一下", "此外", "对了", "第二个问题",
    "最后问一下", "最后一个问题", "首先", "其次", "再者", "第一个问题", "第三个问题", "by the way", "also",
];

/// What follows 还有 where it begins a question; 还有多少 asks what is left.
#[rustfmt::skip]
const BEGINNINGS: &[&str] = &[
    "怎么", "怎样", "如何", "能", "可以", "可不可以", "是否", "是不是", "什么", "为什么", "请问", "你们", "我", "想", "哪", "要", "支持", "发票", "，", ",", "：", ":", "、",
];

/// Words of which a message may consist without asking anything, the longest first where one begins with another.
#[rustfmt::skip]
const COURTESIES: &[&str] = &[
    "我有几个问题想咨询一下", "我想咨询几个问题", "想咨询几个问题", "我有几个问题", "有几个问题", "想问几个问题", "我想咨询一下", "我想问一下", "想咨询一下", "想请教一下", "想问一下",
    "想问下", "请问一下", "请问", "问一下", "咨询一下", "打扰一下", "打扰了", "打扰", "麻烦你了", "麻烦您了", "麻烦了", "麻烦", "辛苦了", "辛苦", "拜托了", "拜托", "谢谢你们",
    "谢谢您", "谢谢你", "谢谢", "多谢", "感谢", "谢了", "先谢过", "早上好", "上午好", "中午好", "下午好", "晚上好", "早安", "晚安", "你们好", "大家好", "您好", "你好", "哈喽",
    "哈啰", "嗨", "在吗", "在么", "在不在", "有人在吗", "有人吗", "有人么", "客服在吗", "客服", "人工客服", "再见", "拜拜", "好的", "好吧", "好", "嗯嗯", "嗯", "哦", "噢", "行",
    "可以了", "知道了", "明白了", "了解了", "收到", "没事了", "没有了", "亲亲", "亲", "您", "你", "了", "啊", "呀", "哈", "啦", "哟", "thanks", "thank you", "thx", "hello", "hi",
    "hey", "please", "bye", "ok", "好滴",
];

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// As it stands there, without what joins it to the part before.
    pub text: &'a str,
    /// Why it is not asked; `None`: it is.
    pub left_out: Option<LeavingOut>,
}

/// Why a part of a message is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeavingOut {
    /// It greets or thanks, and asks nothing.
    Courtesy,
    /// What it asks is said in the part before it alone: `A2呢？`.
    Elliptic,
    /// It has no words.
    Wordless,
}

/// The parts of a message, in order: it is cut behind `？`, `。`, `；`, `！` and at new lines, before words such as 另外, 还有 and 顺便问一下 that begin a further question,
/// at a blank between two questions, and before numbers that run from 1 on (1. 2. 3、, (1) (2), ① ②, 一、二、).
/// What is between them and says nothing is left out; of a message without words that is all there is.
pub fn parts(message: &str) -> Vec<Part<'_>> {
    let items = numbered::numbered(message).into_iter();
    let texts = items
        .flat_map(sentences)
        .flat_map(clauses)
        .flat_map(between_blanks)
        .map(without_joint);
    let texts = texts.filter(|text| text.chars().any(|c| !is_separator(c)));
    let mut is_asked = false;
    let part = |text| {
        let left_out = match (is_courtesy(text), is_asked && is_elliptic(text)) {
            (true, _) => Some(LeavingOut::Courtesy),
            (false, true) => Some(LeavingOut::Elliptic),
            (false, false) => None,
        };
        is_asked |= left_out.is_none();
        Part { text, left_out }
    };
    let parts: Vec<Part<'_>> = texts.map(part).collect();
    let wordless = Part {
        text: message.trim(),
        left_out: Some(LeavingOut::Wordless),
    };
    match parts.is_empty() && !wordless.text.is_empty() {
        true => vec![wordless],
        false => parts,
    }
}

/// Words with which a question ends, though no mark stands behind it.
const ENDINGS: &[&str] = &[
    "吗",
    "呢",
    "么",
    "没有",
    "多少钱",
    "多久",
    "怎么办",
    "在哪",
    "在哪里",
    "在哪儿",
    "几点",
    "多少",
];

/// Words that end with 么 and ask on.
const GOING_ON: &[&str] = &["什么", "怎么", "这么", "那么", "多么", "要么"];

/// Words that ask.
#[rustfmt::skip]
const ASKING: &[&str] = &[
    "吗", "怎么", "怎样", "如何", "什么", "多久", "多少", "几", "哪", "谁", "能不能", "可不可以", "是否", "是不是", "有没有", "要不要", "会不会", "为啥", "咋",
];

/// Characters of a question at least, beside a blank.
const SHORTEST: usize = 4;

/// A clause cut at the blanks between two questions: 请问包邮吗 多久发货.
fn between_blanks(clause: &str) -> Vec<&str> {
    let (mut found, mut start) = (Vec::new(), 0);
    for (at, blank) in clause.match_indices(char::is_whitespace) {
        let (before, behind) = (clause[start..at].trim(), clause[at + blank.len()..].trim());
        let is_long = |text: &str| text.chars().count() >= SHORTEST;
        let ends = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
        let asks = ASKING.iter().any(|word| behind.contains(word));
        if ends(ENDINGS) && !ends(GOING_ON) && asks && is_long(before) && is_long(behind) {
            found.push(&clause[start..at]);
            start = at + blank.len();
        }
    }
    found.push(&clause[start..]);
    found
}

/// Characters of what is elliptic, at most: a thing of which the same is asked.
const LONGEST_THING: usize = 10;

/// Characters of what asks or tells something of its own.
const TELLING: &str = "怎么什多几哪谁能可会要有是吗没不还了到想";

/// Whether a part names but another thing of which the part before asks: A2呢？, 那运费呢.
fn is_elliptic(text: &str) -> bool {
    let bare = text.trim_end_matches(is_separator);
    let thing = bare.strip_suffix('呢');
    thing.is_some_and(|thing| {
        thing.chars().count() <= LONGEST_THING && !thing.contains(|c| TELLING.contains(c))
    })
}

/// The text with the marks that end it, each.
fn sentences(message: &str) -> Vec<&str> {
    let (mut found, mut start) = (Vec::new(), 0);
    let mut characters = message.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, c)| *c);
        let ends = ENDS.contains(&c) || c == '.' && next.is_none_or(char::is_whitespace);
        let goes_on = next.is_some_and(|next| ENDS.contains(&next));
        if ends && !goes_on {
            found.push(&message[start..at + c.len_utf8()]);
            start = at + c.len_utf8();
        }
    }
    found.push(&message[start..]);
    found
}

/// A sentence cut before each further question.
fn clauses(sentence: &str) -> Vec<&str> {
    let (mut found, mut start) = (Vec::new(), 0);
    for (at, comma) in sentence.match_indices(['，', ',']) {
        let next = at + comma.len();
        if joint(sentence[next..].trim_start()).is_some() {
            found.push(&sentence[start..at]);
            start = next;
        }
    }
    found.push(&sentence[start..]);
    found
}

/// The joint that a text begins with.
fn joint(text: &str) -> Option<&'static str> {
    let begins = |joint: &&&str| {
        let head = text.get(..joint.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(joint))
    };
    let joint = JOINTS.iter().find(begins)?;
    let behind = &text[joint.len()..];
    let asks = || BEGINNINGS.iter().any(|word| behind.starts_with(word));
    let is_joint = match *joint {
        "还有" | "另外还有" => asks(),
        // 另外一个 is another one.
        "另外" => !behind.starts_with(['一', '的', '两', '几']),
        "also" | "by the way" => behind.starts_with([' ', ',', '，']),
        _ => true,
    };
    is_joint.then_some(*joint)
}

/// What is asked, without the joint in front of it.
fn without_joint(clause: &str) -> &str {
    let is_edge = |c: char| c.is_whitespace() || "，,、：:".contains(c);
    let text = clause.trim_start_matches(is_edge).trim_end();
    match joint(text) {
        Some(joint) => text[joint.len()..].trim_start_matches(is_edge),
        None => text,
    }
}

/// Whether nothing is left of a text without greetings and thanks.
fn is_courtesy(text: &str) -> bool {
    let bare = folded(text);
    let mut rest: &str = &bare;
    loop {
        rest = rest.trim_start_matches(|c: char| is_separator(c) || c == '~');
        if rest.is_empty() {
            return true;
        }
        let known = COURTESIES.iter().filter(|word| rest.starts_with(**word));
        match known.max_by_key(|word| word.len()) {
            Some(word) if !cuts_a_word(word, &rest[word.len()..]) => rest = &rest[word.len()..],
            _ => return false,
        }
    }
}

/// Whether an English word goes on where a courtesy ends: hi is not the beginning of history.
fn cuts_a_word(courtesy: &str, behind: &str) -> bool {
    courtesy.is_ascii() && behind.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(message: &str) -> String {
        let shown = parts(message).into_iter().map(|part| match part.left_out {
            Some(LeavingOut::Courtesy) => format!("({})", part.text),
            Some(LeavingOut::Elliptic) => format!("<{}>", part.text),
            Some(LeavingOut::Wordless) => format!("[{}]", part.text),
            None => part.text.to_owned(),
        });
        shown.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn messages_are_cut_into_their_questions() {
        for (message, expected) in [
            ("怎么退货？能开发票吗？", "怎么退货？|能开发票吗？"),
            ("怎么退货", "怎么退货"),
            ("你好，怎么退货？", "你好，怎么退货？"),
            ("你好！怎么退货？？谢谢！", "(你好！)|怎么退货？？|(谢谢！)"),
            ("怎么退货，另外能开发票吗", "怎么退货|能开发票吗"),
            (
                "怎么退货，还有怎么开票？顺便问一下，几点下班",
                "怎么退货|怎么开票？|几点下班",
            ),
            (
                "怎么退货\n怎么开票；几点下班。",
                "怎么退货|怎么开票；|几点下班。",
            ),
            ("我的流量，还有多少", "我的流量，还有多少"),
            ("另外一个账号怎么登录", "另外一个账号怎么登录"),
            ("还有多久到货？", "还有多久到货？"),
            ("3.5折还能退吗", "3.5折还能退吗"),
            (
                "Can I return it? Also, how about invoices.",
                "Can I return it?|how about invoices.",
            ),
            ("在吗，我想问一下", "(在吗，我想问一下)"),
            (
                "1.怎么退货 2.能开发票吗 3、密码忘了",
                "怎么退货|能开发票吗|密码忘了",
            ),
            ("1. 怎么退货\n2. 能开发票吗", "怎么退货|能开发票吗"),
            ("1. 7天后能退吗 2. 能开发票吗", "7天后能退吗|能开发票吗"),
            ("①7天后能退吗 ②能开发票吗", "7天后能退吗|能开发票吗"),
            (
                "你好，我有几个问题：（1）怎么退货（2）能开发票吗",
                "(你好，我有几个问题：)|怎么退货|能开发票吗",
            ),
            ("①怎么退货②能开发票吗？谢谢", "怎么退货|能开发票吗？|(谢谢)"),
            ("一、怎么退货；二、能开发票吗", "怎么退货；|能开发票吗"),
            (
                "我有两个问题1.怎么退货2.能开发票吗",
                "我有两个问题|怎么退货|能开发票吗",
            ),
            ("版本1.5升级到2.0要钱吗", "版本1.5升级到2.0要钱吗"),
            ("周一、周二、周三都能送吗", "周一、周二、周三都能送吗"),
            ("一、二、三号楼能停车吗", "一、二、三号楼能停车吗"),
            ("1、2号线都停吗", "1、2号线都停吗"),
            ("10:30到12:30能取吗", "10:30到12:30能取吗"),
            ("1.怎么退货", "1.怎么退货"),
            ("iOS 1.x 和 2.x 支持吗", "iOS 1.x 和 2.x 支持吗"),
            ("history", "history"),
            ("？！。", "[？！。]"),
            (" ？？？", "[？？？]"),
            ("", ""),
            ("A1支持快充吗？A2呢？", "A1支持快充吗？|<A2呢？>"),
            ("退货要运费吗，还有那换货呢", "退货要运费吗，还有那换货呢"),
            ("你好！运费呢？", "(你好！)|运费呢？"),
            ("怎么退货？钱什么时候到呢？", "怎么退货？|钱什么时候到呢？"),
            ("怎么退货？我的快递还没到呢", "怎么退货？|我的快递还没到呢"),
            ("请问包邮吗 多久发货", "请问包邮吗|多久发货"),
            ("怎么办 会员 多少钱", "怎么办 会员 多少钱"),
            ("请问 什么时候 能发货", "请问 什么时候 能发货"),
            ("iPhone 15多少钱 一台", "iPhone 15多少钱 一台"),
            (
                "首先怎么注册，其次怎么修改手机号",
                "怎么注册|怎么修改手机号",
            ),
            ("好的，谢谢亲~", "(好的，谢谢亲~)"),
        ] {
            assert_eq!(shown(message), expected, "{message}");
        }
    }

    proptest! {
        #[test]
        fn parts_stand_in_the_message_in_their_order(message in "[怎么退货另外还有，。？a \\n好谢]{0,30}") {
            let mut from = 0;
            for part in parts(&message) {
                let at = message[from..].find(part.text);
                prop_assert!(at.is_some() && !part.text.is_empty());
                from += at.unwrap() + part.text.len();
            }
        }
    }
}
