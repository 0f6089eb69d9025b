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

/// Bytes of the longest of them, and of the times that may stand in a mark.
const LONGEST_ELEMENT: usize = 6;
const LONGEST_TIME: usize = 32;

/// Where the next one of a sign stands, which is looked for once however often it is asked for: marks that nothing closes may be many.
struct Next {
    sign: char,
    /// The last one that was found, or that there is none.
    found: Option<Option<usize>>,
}

impl Next {
    fn new(sign: char) -> Self {
        Self { sign, found: None }
    }

    /// The first one from this byte on; bytes only grow.
    fn from(&mut self, text: &str, at: usize) -> Option<usize> {
        match self.found {
            Some(found) if found.is_none_or(|found| found >= at) => found,
            _ => {
                let found = text[at..].find(self.sign).map(|behind| at + behind);
                *self.found.insert(found)
            }
        }
    }
}

/// A text without the marks of subtitles: `<i>`, `<font color="red">`, `<00:00:02.000>`, `{\an8}`.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    plain.extend(pieces(text).map(|piece| piece.said));
    plain
}

/// The byte of a text behind the first bytes of what is [`plain`] of it, with the marks in front of them.
pub(super) fn behind(text: &str, mut said: usize) -> usize {
    let mut end = 0;
    for piece in pieces(text) {
        if said == 0 {
            break;
        }
        let n = piece.said.len().min(said);
        // Of a sign that is spelled out there is no half.
        let is_as_it_is = piece.length == piece.said.len();
        end = piece.at + if is_as_it_is { n } else { piece.length };
        said -= n;
    }
    end
}

/// A stretch of a text, and what is said of it.
struct Piece<'t> {
    at: usize,
    length: usize,
    said: &'t str,
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut ends = [Next::new('>'), Next::new('}')];
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let step = rest.find(['<', '{', '&']).unwrap_or(rest.len());
        let (length, said) = match step {
            0 => at_mark(text, at, &mut ends),
            step => (step, &rest[..step]),
        };
        let piece = Piece { at, length, said };
        at += length;
        Some(piece)
    })
}

/// The bytes of what may be a mark, and what is said of it.
fn at_mark<'t>(text: &'t str, at: usize, ends: &mut [Next; 2]) -> (usize, &'t str) {
    let rest = &text[at..];
    let spelled = SPELLED.iter().find(|(name, _)| rest.starts_with(name));
    match (spelled, mark(text, at, ends)) {
        (Some((name, sign)), _) => (name.len(), *sign),
        (None, Some(length)) => (length, if rest.starts_with("<br") { " " } else { "" }),
        (None, None) => (1, &rest[..1]),
    }
}

/// Bytes of the mark that begins at this byte.
fn mark(text: &str, at: usize, [angle, brace]: &mut [Next; 2]) -> Option<usize> {
    let rest = &text[at..];
    if rest.starts_with("{\\") {
        return Some(brace.from(text, at)? + 1 - at);
    }
    if !rest.starts_with('<') {
        return None;
    }
    let end = angle.from(text, at)?;
    let inside = &text[at + 1..end];
    let is_time = || inside.len() <= LONGEST_TIME && is_cue_time(inside);
    (is_element(inside) || is_time()).then_some(end + 1 - at)
}

/// Whether what stands in a mark begins with the name of an element.
fn is_element(inside: &str) -> bool {
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let mut bytes = name.bytes().take(LONGEST_ELEMENT + 1);
    let end = bytes.position(|byte| b" .\t/".contains(&byte));
    let name = name.get(..end.unwrap_or(name.len().min(LONGEST_ELEMENT + 1)));
    name.is_some_and(|name| {
        let mut known = ELEMENTS.iter();
        known.any(|known| known.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_away_and_what_only_looks_like_one_stays() {
        for (text, expected) in [
            ("<i>好</i>的", "好的"),
            ("<font color=\"red\">好</font>", "好"),
            ("<STRONG>好</strong><br/>的", "好 的"),
            ("一<00:00:02.000>二", "一二"),
            ("{\\an8}好 {笑}", "好 {笑}"),
            ("a &lt;b&gt; &amp; c", "a <b> & c"),
            ("<好>的</好>", "<好>的</好>"),
            ("<strong那么>", "<strong那么>"),
            ("1 < 2 <i>好</i> > {\\b1", "1 < 2 好 > {\\b1"),
            ("<<i>>", "<>"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
        assert!(ELEMENTS.iter().all(|name| name.len() <= LONGEST_ELEMENT));
    }

    #[test]
    fn marks_that_nothing_closes_are_looked_at_once() {
        for (sign, left) in [
            ("<", None),
            ("&", None),
            ("<b ", Some("}")),
            ("{\\", Some("")),
        ] {
            let text = sign.repeat(400_000);
            assert_eq!(plain(&text), text);
            let closed = format!("{text}>}}");
            assert_eq!(plain(&closed), left.unwrap_or(&closed), "{sign}");
        }
    }
}
