//! What a hub says, as it may be shown on a terminal and kept.

/// Most characters of a name or of a sentence that are shown.
const LONGEST: usize = 120;

/// A line without what moves cursors, colours or turns the direction of what follows, and no longer than anybody reads.
pub(crate) fn plain(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    let line = shown.trim();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Control characters, and those that are seen by what they do to others alone.
fn is_hidden(c: char) -> bool {
    let marks = ['\u{ad}', '\u{61c}', '\u{180e}', '\u{feff}'];
    c.is_control()
        || marks.contains(&c)
        || ('\u{200b}'..='\u{200f}').contains(&c)
        || ('\u{2028}'..='\u{202e}').contains(&c)
        || ('\u{2060}'..='\u{206f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_is_left_out() {
        for (text, expected) in [
            ("mit", "mit"),
            (" 自定义 许可 \n", "自定义 许可"),
            ("mit\u{1b}[2J\u{7}\r\nx", "mit[2Jx"),
            ("a\u{202e}b\u{200b}", "ab"),
            ("\u{9b}31m", "31m"),
        ] {
            assert_eq!(plain(text), expected);
        }
        let long = plain(&"长".repeat(5_000));
        assert_eq!(long, format!("{}…", "长".repeat(LONGEST)));
    }
}
