//! What a text must be before it is worth a place in the queue.

use yuyi_tasks::is_blank;

use crate::{ApiError, Limits};

/// Refuses texts that are blank or longer than the limit.
pub(crate) fn check_text(text: &str, field: &str, limits: &Limits) -> Result<(), ApiError> {
    if is_blank(text) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_texts_are_refused() {
        let limits = Limits::default();
        let error = check_text("\u{3000}", "sentence_a", &limits).unwrap_err();
        let expected = ApiError::EmptyText {
            field: "sentence_a".to_owned(),
        };
        assert_eq!(error, expected);
        assert_eq!(check_text("。", "sentence_a", &limits), Ok(()));
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
