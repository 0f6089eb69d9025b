//! What a text must be before it is worth a place in the queue.

use crate::{ApiError, Limits};

/// Refuses texts that are blank or longer than the limit.
pub(crate) fn check_text(text: &str, field: &str, limits: &Limits) -> Result<(), ApiError> {
    if text.chars().all(is_invisible) {
        return Err(ApiError::EmptyText {
            field: field.to_owned(),
        });
    }
    let limit = limits.characters;
    // A character takes at least one byte, so most texts need no count.
    if text.len() > limit {
        let characters = text.chars().count();
        if characters > limit {
            return Err(ApiError::TextTooLong {
                field: field.to_owned(),
                characters,
                limit,
            });
        }
    }
    Ok(())
}

/// Refuses more texts than a request may hold.
pub(crate) fn check_count(count: usize, field: &str, limits: &Limits) -> Result<(), ApiError> {
    let limit = limits.texts;
    if count > limit {
        return Err(ApiError::TooManyTexts {
            field: field.to_owned(),
            count,
            limit,
        });
    }
    Ok(())
}

/// White space, controls, and characters without width: a text of nothing else says nothing.
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
    fn blank_texts_are_refused() {
        let limits = Limits::default();
        for blank in [
            "",
            " ",
            "\u{3000}\t\r\n",
            "\u{200b}\u{feff}",
            "\0",
            "\u{2060} \u{ad}",
        ] {
            let error = check_text(blank, "sentence_a", &limits).unwrap_err();
            assert_eq!(
                error,
                ApiError::EmptyText {
                    field: "sentence_a".to_owned()
                },
                "{blank:?}"
            );
        }
        for text in ["a", "。", "\u{200b}字", "🙂", "👩\u{200d}💻"] {
            assert_eq!(check_text(text, "sentence_a", &limits), Ok(()));
        }
    }

    #[test]
    fn the_limit_counts_characters() {
        let limits = Limits {
            characters: 3,
            ..Limits::default()
        };
        assert_eq!(check_text("一二三", "t", &limits), Ok(()));
        let error = check_text("一二三四", "t", &limits).unwrap_err();
        assert_eq!(
            error,
            ApiError::TextTooLong {
                field: "t".to_owned(),
                characters: 4,
                limit: 3
            }
        );
    }
}
