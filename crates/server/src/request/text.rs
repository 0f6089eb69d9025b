//! What a text must be before it is worth a place in the queue.

use yuyi_language::is_blank;

use crate::request::fields::{list, text, wrong_type};
use crate::request::json::Json;
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

/// A text at `path` that can be computed.
pub(crate) fn read_text(value: Json, path: &str, limits: &Limits) -> Result<String, ApiError> {
    let text = text(value, path)?;
    check_text(&text, path, limits)?;
    Ok(text)
}

/// A list of texts at `path` that can be computed; the request holds `others` beside them.
pub(crate) fn read_texts(
    value: Json,
    path: &str,
    others: usize,
    limits: &Limits,
) -> Result<Vec<String>, ApiError> {
    let texts = list(value, path)?;
    check_count(others + texts.len(), path, limits)?;
    each(texts, path, |value, path| read_text(value, path, limits))
}

/// A text, or a list of them, at `path`.
pub(crate) fn read_text_or_texts(
    value: Json,
    path: &str,
    limits: &Limits,
) -> Result<Vec<String>, ApiError> {
    match value {
        Json::String(_) => Ok(vec![read_text(value, path, limits)?]),
        Json::Array(_) => read_texts(value, path, 0, limits),
        other => Err(wrong_type(path, "text or a list of texts", &other)),
    }
}

/// Reads each item of the list at `path`, with its own path.
pub(crate) fn each<T>(
    items: Vec<Json>,
    path: &str,
    read: impl Fn(Json, &str) -> Result<T, ApiError>,
) -> Result<Vec<T>, ApiError> {
    items
        .into_iter()
        .enumerate()
        .map(|(i, value)| read(value, &format!("{path}[{i}]")))
        .collect()
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
