//! What a text must be before it is worth a place in the queue, by the rules of its route.

use yuyi_language::is_blank;
use yuyi_serving::{aside, normal_characters};

use crate::request::fields::{list, text, whole_text, wrong_type};
use crate::request::json::Json;
use crate::{ApiError, Limits};

/// Whose routes a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Ours, where a slip is told rather than guessed at.
    Own,
    /// Another server's, which takes what that server takes: clients send blanks where they have nothing to say, halves of emoji, and
    /// numbers as text.
    Foreign,
}

/// What the texts of a request are held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) dialect: Dialect,
}

/// A text as it is embedded.
///
/// # Errors
/// When it is empty or longer than the limit; on our own routes also when it is blank.
pub(crate) fn checked(text: String, field: &str, rules: Rules<'_>) -> Result<String, ApiError> {
    // Of a text that is too long nobody need know whether it says anything.
    check_length(&text, field, rules.limits)?;
    if text.is_empty() || rules.dialect == Dialect::Own && is_blank(&text) {
        return Err(ApiError::EmptyText {
            field: field.to_owned(),
        });
    }
    Ok(text)
}

/// How many times as long as allowed a text may become by normalisation: no text that says something becomes twice as long.
const NORMALISED: usize = 4;

fn check_length(text: &str, field: &str, limits: &Limits) -> Result<(), ApiError> {
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
    let limit = NORMALISED * limit;
    if text.len() * MOST_OF_A_BYTE > limit {
        let characters = aside(text.len(), || normal_characters(text));
        if characters > limit {
            return Err(ApiError::NormalTextTooLong {
                field: field.to_owned(),
                characters,
                limit,
            });
        }
    }
    Ok(())
}

/// Characters that normalisation makes of a byte at most: 18 of the three of ﷺ.
const MOST_OF_A_BYTE: usize = 6;

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

/// A text at `path` that can be computed; on our own routes one without halves of characters.
pub(crate) fn read_text(value: Json, path: &str, rules: Rules<'_>) -> Result<String, ApiError> {
    let text = match rules.dialect {
        Dialect::Own => whole_text(value, path),
        Dialect::Foreign => text(value, path),
    };
    checked(text?, path, rules)
}

/// A list of texts at `path` that can be computed; the request holds `others` beside them.
pub(crate) fn read_texts(
    value: Json,
    path: &str,
    others: usize,
    rules: Rules<'_>,
) -> Result<Vec<String>, ApiError> {
    let texts = list(value, path)?;
    check_count(others + texts.len(), path, rules.limits)?;
    each(texts, path, |value, path| read_text(value, path, rules))
}

/// A text, or a list of them, at `path`.
pub(crate) fn read_text_or_texts(
    value: Json,
    path: &str,
    rules: Rules<'_>,
) -> Result<Vec<String>, ApiError> {
    match value {
        Json::String(_) | Json::Broken(_) => Ok(vec![read_text(value, path, rules)?]),
        Json::Array(_) => read_texts(value, path, 0, rules),
        other => Err(wrong_type(path, "text or a list of texts", &other)),
    }
}

/// Reads each item of the list at `path`, with its own path.
pub(crate) fn each<T>(
    items: Vec<Json>,
    path: &str,
    mut read: impl FnMut(Json, &str) -> Result<T, ApiError>,
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

    fn check(text: &str, limits: &Limits, dialect: Dialect) -> Result<String, ApiError> {
        checked(text.to_owned(), "t", Rules { limits, dialect })
    }

    #[test]
    fn blank_texts_are_refused_on_our_routes_and_empty_ones_on_all() {
        let limits = Limits::default();
        let empty = Err(ApiError::EmptyText {
            field: "t".to_owned(),
        });
        assert_eq!(check("\u{3000}", &limits, Dialect::Own), empty);
        assert_eq!(check("。", &limits, Dialect::Own).as_deref(), Ok("。"));
        assert_eq!(check("", &limits, Dialect::Foreign), empty);
        assert_eq!(check(" ", &limits, Dialect::Foreign).as_deref(), Ok(" "));
    }

    #[test]
    fn half_a_character_is_told_or_replaced() {
        let limits = Limits::default();
        let read = |dialect| {
            let limits = &limits;
            let half = Json::Broken("好\u{FFFD}".to_owned());
            read_text(half, "t", Rules { limits, dialect })
        };
        let refused = read(Dialect::Own).unwrap_err();
        assert_eq!(
            (refused.code(), refused.field()),
            ("invalid_value", Some("t"))
        );
        assert_eq!(read(Dialect::Foreign).as_deref(), Ok("好\u{FFFD}"));
    }

    #[test]
    fn the_limit_counts_characters() {
        let limits = Limits {
            characters: 3,
            ..Limits::default()
        };
        assert!(check("一二三", &limits, Dialect::Own).is_ok());
        let too_long = ApiError::TextTooLong {
            field: "t".to_owned(),
            characters: 4,
            limit: 3,
        };
        assert_eq!(check("一二三四", &limits, Dialect::Own), Err(too_long));
        // One character and 18.
        let too_long = ApiError::NormalTextTooLong {
            field: "t".to_owned(),
            characters: 18,
            limit: 12,
        };
        assert_eq!(check("ﷺ", &limits, Dialect::Own), Err(too_long));
        assert!(check("㍿㍿㍿", &limits, Dialect::Own).is_ok());
    }
}
