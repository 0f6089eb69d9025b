//! What clients of other servers send for numbers and flags, read as what they mean.

use crate::request::json::Json;

/// A number that is written as text, such as `3` or `3.0`, or a whole one with a fraction of zero.
pub(super) fn number(value: Json) -> Json {
    match value {
        Json::String(text) => digits(text.trim()).unwrap_or(Json::String(text)),
        Json::Float(number) => whole(number),
        other => other,
    }
}

/// Any number that is written as text, such as `0.5` or `1e-05`.
pub(super) fn decimal(value: Json) -> Json {
    let Json::String(text) = &value else {
        return value;
    };
    let text = text.trim();
    // Rust reads "inf" and "NaN" too.
    let is_plain = text.ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let number = text
        .parse()
        .ok()
        .filter(|number: &f64| is_plain && number.is_finite());
    number.map_or(value, Json::Float)
}

/// Digits, with a fraction of zero or without; a number of more digits than there are is as large as any.
fn digits(text: &str) -> Option<Json> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let plain = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = plain && fraction.bytes().all(|byte| byte == b'0');
    is_whole.then(|| Json::Integer(whole.parse::<i64>().unwrap_or(i64::MAX).into()))
}

fn whole(number: f64) -> Json {
    // Whole floats up to 2⁵³ are exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.fract() == 0.0 && number.abs() < EXACT {
        true => Json::Integer(number as i128),
        false => Json::Float(number),
    }
}

/// A flag that is written as text or as a number.
pub(super) fn flag(value: Json) -> Json {
    match &value {
        Json::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Json::Bool(true),
            "false" | "0" => Json::Bool(false),
            _ => value,
        },
        Json::Integer(1) => Json::Bool(true),
        Json::Integer(0) => Json::Bool(false),
        _ => value,
    }
}

/// A whole number that is written with a fraction of zero; text is none.
pub(super) fn integer(value: Json) -> Json {
    match value {
        Json::Float(number) => whole(number),
        other => other,
    }
}

/// The one of `names` that a text is in another case.
pub(super) fn one_of(value: Json, names: &[&str]) -> Json {
    match value {
        Json::String(text) => {
            let same = names.iter().find(|name| name.eq_ignore_ascii_case(&text));
            Json::String(same.map_or(text, |name| (*name).to_owned()))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_flags_are_read_as_what_they_mean() {
        let text = |text: &str| Json::String(text.to_owned());
        for (sent, meant) in [
            (text("3"), Json::Integer(3)),
            (text(" 3.0 "), Json::Integer(3)),
            (Json::Float(3.0), Json::Integer(3)),
            (Json::Float(3.5), Json::Float(3.5)),
            (text("99999999999999999999"), Json::Integer(i64::MAX.into())),
            (text("3.5"), text("3.5")),
            (text("-1"), text("-1")),
            (text("three"), text("three")),
            (Json::Null, Json::Null),
        ] {
            assert_eq!(number(sent), meant);
        }
        for (sent, meant) in [
            ("0.5", Some(0.5)),
            (" 1e-05 ", Some(1e-5)),
            ("-1", Some(-1.0)),
            ("3", Some(3.0)),
            ("inf", None),
            ("nan", None),
            ("1e999", None),
            ("half", None),
            ("", None),
        ] {
            let meant = meant.map_or(text(sent), Json::Float);
            assert_eq!(decimal(text(sent)), meant);
        }
        assert_eq!(decimal(Json::Bool(true)), Json::Bool(true));
        assert_eq!(integer(Json::Float(3.0)), Json::Integer(3));
        assert_eq!(integer(text("3")), text("3"));
        assert_eq!(one_of(text("BASE64"), &["float", "base64"]), text("base64"));
        assert_eq!(one_of(text("int8"), &["float", "base64"]), text("int8"));
        for (sent, meant) in [
            (text("True"), Json::Bool(true)),
            (text("0"), Json::Bool(false)),
            (Json::Integer(1), Json::Bool(true)),
            (Json::Integer(2), Json::Integer(2)),
            (text("yes"), text("yes")),
        ] {
            assert_eq!(flag(sent), meant);
        }
    }
}
