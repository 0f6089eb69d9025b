//! Texts that say nothing.

/// Whether nothing in the text is visible: white space, control characters and characters without
/// width only. The empty text is blank.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

fn is_invisible(c: char) -> bool {
    let zero_width = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}');
    c.is_whitespace() || c.is_control() || zero_width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_visible_counts() {
        for blank in [
            "",
            " ",
            "\u{3000}\t\r\n",
            "\u{200b}\u{feff}",
            "\0",
            "\u{2060} \u{ad}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for text in ["a", "。", "\u{200b}字", "🙂", "👩\u{200d}💻"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
