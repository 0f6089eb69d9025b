//! Which items of a collection are meant: Qdrant's `must`, `should` and `must_not`.
//!
//! ```
//! use yuyi_store::Filter;
//!
//! let filter = Filter::parse(&serde_json::json!({
//!     "must": [{"key": "category", "match": {"value": "发票"}}, {"key": "price", "range": {"gte": 10, "lt": 20}}],
//!     "must_not": [{"key": "archived", "exists": true}],
//! }))?;
//! let refused = Filter::parse(&serde_json::json!({"must": [{"key": "city", "geo_radius": {}}]}));
//! assert!(refused.unwrap_err().to_string().starts_with("must[0].geo_radius: "));
//! # Ok::<(), yuyi_store::Error>(())
//! ```

mod asking;
mod parse;
mod room;
mod times;

use serde_json::Value;

pub(crate) use self::asking::Asking;
pub use self::room::FilterRoom;
use crate::item::Item;
use crate::number::Number;
use crate::payload::values;
use crate::time::{Span, Timestamp};

/// Which items are meant: those for which every condition of `must`, at least one of `should` (where there are any) and none of `must_not` hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// All of these hold.
    pub must: Vec<Condition>,
    /// One of these holds, unless the list is empty.
    pub should: Vec<Condition>,
    /// None of these holds.
    pub must_not: Vec<Condition>,
}

impl Filter {
    /// Most conditions of a filter that clients send, with those of the filters in it: each may ask the index of a field for a good part of its rows.
    pub const MOST_CONDITIONS: usize = 1_000;

    /// Most values that these compare with, beside one each.
    pub const MOST_VALUES: usize = 10_000;
}

/// What an item has, or has not.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A filter inside a filter.
    Filter(Filter),
    /// One of the values at a path is as it is tested.
    Field {
        /// The path: `price`, `author.name`.
        key: String,
        /// The test.
        test: Test,
    },
}

/// What one of the values at a path has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `match: {"value"}` and `{"any"}`: equal to one of these.
    Any(Vec<Scalar>),
    /// `match: {"except"}`: equal to none of these. An item without a value there does not pass.
    Except(Vec<Scalar>),
    /// `range` of numbers.
    Numbers(Bounds<Number>),
    /// `range` of points in time.
    Times(Bounds<Timestamp>),
    /// Times within one of these, which are in ascending order and apart. What [`Filter::on`] makes of `match`.
    During(Vec<Span>),
    /// Not that: what it makes of `except`.
    NotDuring(Vec<Span>),
    /// `exists: true`: there is a value; `exists: false`: there is none.
    Exists(bool),
}

/// A value that can be equal to another.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
    /// A truth value.
    Bool(bool),
}

/// Bounds of a range; what is absent does not bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<T> {
    /// Greater than this.
    pub gt: Option<T>,
    /// Greater than or equal to this.
    pub gte: Option<T>,
    /// Less than this.
    pub lt: Option<T>,
    /// Less than or equal to this.
    pub lte: Option<T>,
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether `value` is within.
    pub fn contain(&self, value: &T) -> bool {
        let holds = |bound: &Option<T>, order: fn(&T, &T) -> bool| {
            bound.as_ref().is_none_or(|bound| order(value, bound))
        };
        holds(&self.gt, T::gt)
            && holds(&self.gte, T::ge)
            && holds(&self.lt, T::lt)
            && holds(&self.lte, T::le)
    }
}

impl Scalar {
    fn equals(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Number(number) => Number::of(value) == Some(*number),
            Self::Bool(bool) => value.as_bool() == Some(*bool),
        }
    }
}

/// The time that a text of the payload is.
fn time_of(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(|text| text.parse().ok())
}

impl Test {
    fn passes(&self, value: &Value) -> bool {
        match self {
            Self::Any(scalars) => scalars.iter().any(|scalar| scalar.equals(value)),
            Self::Except(scalars) => !scalars.iter().any(|scalar| scalar.equals(value)),
            Self::Numbers(bounds) => {
                Number::of(value).is_some_and(|number| bounds.contain(&number))
            }
            Self::Times(bounds) => time_of(value).is_some_and(|time| bounds.contain(&time)),
            Self::During(spans) => time_of(value).is_some_and(|time| times::is_during(spans, time)),
            Self::NotDuring(spans) => {
                time_of(value).is_none_or(|time| !times::is_during(spans, time))
            }
            Self::Exists(wanted) => *wanted,
        }
    }
}

impl Condition {
    /// Whether it holds for an item.
    pub fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Filter(filter) => filter.matches(item),
            Self::Field {
                key,
                test: Test::Exists(wanted),
            } => values(item, key).is_empty() != *wanted,
            Self::Field { key, test } => values(item, key).iter().any(|value| test.passes(value)),
        }
    }
}

impl Filter {
    /// Whether an item is meant. This is the definition, which every engine follows with what the filter means [on](Self::on) a collection's fields.
    pub fn matches(&self, item: &Item) -> bool {
        self.must.iter().all(|condition| condition.holds(item))
            && (self.should.is_empty() || self.should.iter().any(|condition| condition.holds(item)))
            && !self.must_not.iter().any(|condition| condition.holds(item))
    }

    /// How many values an item's are compared with at most.
    pub(crate) fn values(&self) -> usize {
        let conditions = self.must.iter().chain(&self.should).chain(&self.must_not);
        let values = |condition: &Condition| match condition {
            Condition::Filter(filter) => filter.values(),
            Condition::Field {
                test: Test::Any(list) | Test::Except(list),
                ..
            } => list.len(),
            Condition::Field { .. } => 1,
        };
        conditions.map(values).sum()
    }

    /// Whether every item is meant.
    pub fn is_empty(&self) -> bool {
        self.must.is_empty() && self.should.is_empty() && self.must_not.is_empty()
    }
}

#[cfg(test)]
mod tests;
