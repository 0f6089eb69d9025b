//! What stands in subtitles and is not said: how words look, where they stand, and signs that are spelled out.

use super::super::lead::is_cue_time;

/// Signs that are spelled out in WebVTT, and in subtitles that come from pages.
const SPELLED: [(&str, &str); 9] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", " "),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&lrm;", ""),
    ("&rlm;", ""),
];

/// Elements of subtitles and of pages.
const ELEMENTS: [&str; 16] = [
    "i", "b", "u", "s", "font", "c", "v", "ruby", "rt", "lang", "em", "strong", "span", "p", "div",
    "br",
];

/// A text without the marks of subtitles: `<i>`, `<font color="red">`, `<00:00:02.000>`, `{\an8}`.
pub(super) fn plain(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(['<', '{', '&']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let spelled = SPELLED.iter().find(|(name, _)| rest.starts_with(name));
        let (length, said) = match (spelled, mark(rest)) {
            (Some((name, sign)), _) => (name.len(), *sign),
            (None, Some(length)) => (length, if rest.starts_with("<br") { " " } else { "" }),
            (None, None) => (1, &rest[..1]),
        };
        plain.push_str(said);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

/// Bytes of the mark that a text begins with.
fn mark(text: &str) -> Option<usize> {
    if text.starts_with("{\\") {
        return Some(text.find('}')? + 1);
    }
    let inside = text.strip_prefix('<')?;
    let inside = &inside[..inside.find('>')?];
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let name = name.split([' ', '.', '\t', '/']).next().unwrap_or_default();
    let is_mark = ELEMENTS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
        || is_cue_time(inside);
    is_mark.then_some(inside.len() + 2)
}
