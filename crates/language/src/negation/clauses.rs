//! How far a negation goes: 账号不用了怎么注销 does not deny that one is closed, and 没批下来 denies that it was 批.

/// What a question begins with behind a reason: 不用了|怎么注销.
const QUESTIONS: [&str; 12] = [
    "怎么",
    "如何",
    "怎样",
    "能",
    "可以",
    "可不可以",
    "还能",
    "还可以",
    "想",
    "哪",
    "去哪",
    "在哪",
];

/// Where to something comes of a verb, which says nothing more than that it was done.
const DIRECTIONS: [&str; 13] = [
    "下来", "下去", "出来", "出去", "进来", "进去", "上来", "上去", "回来", "回去", "过来", "过去",
    "起来",
];

/// Where a reason ends among the words behind a negation: behind a 了 that a question follows. `None`: it is none.
pub(super) fn reason(behind: &[String]) -> Option<usize> {
    let asks = |word: &String| QUESTIONS.iter().any(|question| word.starts_with(question));
    let ends = |pair: &[String]| pair[0] == "了" && asks(&pair[1]);
    behind.windows(2).position(ends).map(|at| at + 1)
}

/// Whether a negation only says that something is not wanted any more: 不用了, 不想要了.
pub(super) fn is_wish(light: &str, word: &str) -> bool {
    let wish = |c: char| "想需要用".contains(c);
    !light.is_empty() && light.chars().all(wish) && !word.starts_with('没')
}

/// The words behind a negation, a verb of them without where it goes: 批下|来 and 批|下来 are 批.
pub(super) fn without_directions(words: Vec<String>) -> impl Iterator<Item = String> {
    let mut plain: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let last = plain.last_mut();
        let joined = last
            .as_deref()
            .map(|last| format!("{last}{word}"))
            .filter(|_| matches!(word.as_str(), "来" | "去"))
            .unwrap_or_else(|| word.clone());
        let verb = DIRECTIONS.iter().find_map(|way| joined.strip_suffix(way));
        match (verb, last) {
            (Some(verb), Some(last)) if joined != word && !verb.is_empty() => {
                verb.clone_into(last);
            }
            // It follows its verb.
            (Some(""), Some(_)) => {}
            (Some(verb), _) if !verb.is_empty() => plain.push(verb.to_owned()),
            _ => plain.push(word),
        }
    }
    plain.into_iter()
}
