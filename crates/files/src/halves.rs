//! Halves of characters in JSON: who cuts texts by units of UTF-16 cuts an emoji in two, and writes the escape of one half, which is no text.

/// A document with U+FFFD for halves of characters that are escaped alone, and the place of the first; `None`: there are none.
pub(super) fn replaced(text: &str) -> Option<(String, usize)> {
    let mut replaced: Option<(String, usize)> = None;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = match (half(text, escape), half(text, escape + 6)) {
            (Some(Half::High), Some(Half::Low)) => escape + 12,
            (Some(_), _) => {
                let (text, _) = replaced.get_or_insert_with(|| (text.to_owned(), escape));
                // As long as the escape, so that all else stays where it is.
                text.replace_range(escape..escape + 6, "\\ufffd");
                escape + 6
            }
            // Behind the backslash stands what it escapes, perhaps another.
            (None, _) => escape + 1 + text[escape + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    replaced
}

enum Half {
    High,
    Low,
}

/// Which half of a character is escaped at a place, if one is.
fn half(text: &str, at: usize) -> Option<Half> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::High),
        0xDC00..=0xDFFF => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_replaced_and_nothing_else() {
        for (text, expected) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\uDE00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
        ] {
            let (replaced, first) = replaced(text).unwrap();
            assert_eq!((replaced.as_str(), replaced.len()), (expected, text.len()));
            assert_eq!(&text[first..=first], "\\");
        }
        for text in [
            "",
            "\\",
            r#""\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\u597d\n\好""#,
            r#""\ud8"#,
        ] {
            assert_eq!(replaced(text), None, "{text}");
        }
    }
}
