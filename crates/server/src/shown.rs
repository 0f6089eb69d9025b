//! What clients send, as messages and the log show it.

use std::fmt::{self, Write};

/// Characters that are shown; names of fields, models and paths are shorter.
const SHOWN: usize = 200;

/// A client's text, cut to a sane length, with escapes in place of what would not be visible or move a terminal's cursor.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(SHOWN) {
            match is_plain(character) {
                true => f.write_char(character)?,
                false => write!(f, "{}", character.escape_debug())?,
            }
        }
        match characters.next() {
            Some(_) => f.write_char('…'),
            None => Ok(()),
        }
    }
}

/// The same between quotation marks.
impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Whether a character is shown as itself. Quotation marks and backslashes are, which escapes of Rust would double.
fn is_plain(character: char) -> bool {
    let escaped = character.escape_debug();
    escaped.len() == 1 || ['"', '\'', '\\'].contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_is_escaped_and_the_rest_stays() {
        for (sent, shown) in [
            ("/v1/embeddings", "/v1/embeddings"),
            ("句子\u{3000}“x” \"y\" \\", "句子\\u{3000}“x” \"y\" \\"),
            ("\u{1b}[31mred\r\n\t\0", "\\u{1b}[31mred\\r\\n\\t\\0"),
            ("\u{9b}31m\u{202e}", "\\u{9b}31m\\u{202e}"),
        ] {
            assert_eq!(Shown(sent).to_string(), shown);
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "字".repeat(SHOWN);
        assert_eq!(Shown(&long).to_string(), long);
        let longer = "字".repeat(100_000);
        assert_eq!(Shown(&longer).to_string(), format!("{long}…"));
        assert_eq!(format!("{:?}", Shown("a")), "\"a\"");
    }
}
