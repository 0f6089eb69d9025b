//! Numbers of JSON, compared as what they are: a 64-bit float tells ids of more than sixteen digits from their neighbours no longer.

use std::cmp::Ordering;

use serde_json::Value;

/// From here on two whole numbers may be one float.
const FIRST_UNSURE: f64 = (1u64 << 53) as f64;

/// A number that others are compared with, exactly: whole ones of 64 bits with and without sign, and floats.
#[derive(Clone, Copy, Debug)]
pub struct Number(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Of 64 bits, with or without a sign.
    Whole(i128),
    Float(f64),
}

impl Number {
    /// A number of JSON.
    pub fn of(json: &Value) -> Option<Self> {
        let whole = json.as_i64().map(Self::from);
        let whole = whole.or_else(|| json.as_u64().map(Self::from));
        whole.or_else(|| json.as_f64().map(Self::from))
    }

    /// A number that is written in a text.
    pub fn parse(text: &str) -> Option<Self> {
        let whole = text.parse::<i64>().ok().map(Self::from);
        let whole = whole.or_else(|| text.parse::<u64>().ok().map(Self::from));
        let float = || text.parse().ok().filter(|float: &f64| float.is_finite());
        whole.or_else(|| float().map(Self::from))
    }

    /// As a float, which is in the same order with others as the number, or equal to them.
    pub(crate) fn to_float(self) -> f64 {
        match self.0 {
            Kind::Whole(whole) => whole as f64,
            Kind::Float(float) => float,
        }
    }

    /// Whether other numbers may be the same float.
    pub(crate) fn is_unsure_as_float(self) -> bool {
        self.to_float().abs() >= FIRST_UNSURE
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Self {
        Self(Kind::Whole(whole.into()))
    }
}

impl From<u64> for Number {
    fn from(whole: u64) -> Self {
        Self(Kind::Whole(whole.into()))
    }
}

impl From<f64> for Number {
    fn from(float: f64) -> Self {
        Self(Kind::Float(float))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.0, other.0) {
            (Kind::Whole(one), Kind::Whole(other)) => Some(one.cmp(&other)),
            (Kind::Float(one), Kind::Float(other)) => one.partial_cmp(&other),
            (Kind::Whole(whole), Kind::Float(float)) => compare(whole, float),
            (Kind::Float(float), Kind::Whole(whole)) => {
                compare(whole, float).map(Ordering::reverse)
            }
        }
    }
}

fn compare(whole: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // What is too large becomes the largest, which is none of 64 bits.
    let cut = whole.cmp(&(float.trunc() as i128));
    match cut {
        Ordering::Equal => 0.0.partial_cmp(&float.fract()),
        unequal => Some(unequal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_in_the_order_of_what_they_are() {
        let ascending = [
            json!(-1e300),
            json!(i64::MIN),
            json!(-9007199254740993i64),
            json!(-9007199254740992.0),
            json!(-2),
            json!(-1.5),
            json!(-1),
            json!(0),
            json!(0.5),
            json!(3),
            json!(9007199254740992u64),
            json!(9007199254740993u64),
            json!(9007199254740994.0),
            json!(i64::MAX),
            json!(9223372036854775808.0),
            json!(9223372036854775809u64),
            json!(u64::MAX),
            json!(18446744073709551616.0),
            json!(1e300),
        ];
        let numbers: Vec<Number> = ascending.iter().filter_map(Number::of).collect();
        assert_eq!(numbers.len(), ascending.len());
        for (i, one) in numbers.iter().enumerate() {
            for (j, other) in numbers.iter().enumerate() {
                assert_eq!(
                    one.partial_cmp(other),
                    Some(i.cmp(&j)),
                    "{one:?}, {other:?}"
                );
            }
        }
    }

    #[test]
    fn whole_floats_are_whole_numbers() {
        for (one, other) in [
            (json!(3), json!(3.0)),
            (json!(0), json!(-0.0)),
            (json!(1u64 << 60), json!(1e18 + 152921504606846976.0)),
        ] {
            assert_eq!(Number::of(&one), Number::of(&other));
        }
        assert_eq!(
            Number::from(3i64).partial_cmp(&Number::from(f64::NAN)),
            None
        );
        assert_eq!(Number::of(&json!("3")), None);
    }

    #[test]
    fn numbers_are_read_from_texts() {
        for (text, expected) in [
            (
                "12345678901234567890",
                Some(Number::from(12345678901234567890u64)),
            ),
            ("-7", Some(Number::from(-7i64))),
            ("1.5", Some(Number::from(1.5))),
            ("inf", None),
            ("七", None),
        ] {
            assert_eq!(Number::parse(text), expected, "{text}");
        }
    }
}
