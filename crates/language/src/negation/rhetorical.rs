//! Whether 不是 … 吗 asks for assent: 你们不是支持分期吗 says that they do, while 不是会员能买吗 asks what is of those who are none.

use crate::words::kind;

/// What asks for an answer at the end.
const PARTICLES: [&str; 3] = ["吗", "么", "嘛"];

/// What a predicate begins with that is asked of somebody.
const PREDICATES: [&str; 12] = [
    "能", "可以", "要", "会", "得", "需要", "可", "能否", "还", "也", "行", "该",
];

/// What may stand in a name of those who are none, though it is no noun: 注册用户, 原装的; 本人 and 本地 by their 本.
const ATTRIBUTES: [&str; 8] = ["自己", "的", "注册", "认证", "签约", "登记", "付费", "实名"];

/// Whether what follows 不是, of which `rest` are the words, makes a question of it that affirms. It does not where somebody or something is named
/// and a predicate follows.
pub(super) fn asks_for_assent(rest: &[&str]) -> bool {
    let Some(end) = rest.iter().position(|word| PARTICLES.contains(word)) else {
        return false;
    };
    let is_link = |word: &&&str| matches!(**word, "是" | "就" | "就是");
    let links = rest[..end].iter().take_while(is_link).count();
    let said = &rest[links..end];
    let predicate = said.iter().position(|word| PREDICATES.contains(word));
    let named = predicate.map_or(&[][..], |at| &said[..at]);
    named.is_empty() || !named.iter().all(|word| names(word))
}

/// Whether a word may be part of a name: a noun, or what stands in front of one. 支持, 说 and 今天 begin a sentence of their own.
fn names(word: &str) -> bool {
    let tag = kind(word);
    ATTRIBUTES.contains(&word)
        || word.starts_with('本')
        || tag.starts_with(['n', 'a', 'b', 's', 'x'])
        || tag == "vn"
}
