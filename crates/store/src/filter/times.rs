//! Conditions on times: numbers and days are read as such where the field is one.

use std::borrow::Cow;

use super::{Bounds, Condition, Filter, Scalar, Test};
use crate::collection::{Field, FieldType};
use crate::number::Number;
use crate::time::{Span, Timestamp};

/// Fields of an item itself that are times. The payload may have others of the name.
const OWN: [&str; 3] = ["time", "valid_from", "valid_until"];

/// How a key is a time.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// All values are.
    Declared,
    /// The item's own is.
    Own,
}

impl Filter {
    /// What it means in a collection of these declared fields: there, numbers that a time is compared with are seconds since 1970, and a day that it is to be equal to
    /// is all of that day.
    pub fn on(&self, fields: &[Field]) -> Cow<'_, Self> {
        match self.has_times(fields) {
            true => Cow::Owned(self.read_times(fields)),
            false => Cow::Borrowed(self),
        }
    }

    fn has_times(&self, fields: &[Field]) -> bool {
        let mut conditions = self.must.iter().chain(&self.should).chain(&self.must_not);
        conditions.any(|condition| match condition {
            Condition::Filter(filter) => filter.has_times(fields),
            Condition::Field { key, test } => {
                let compares = matches!(test, Test::Any(_) | Test::Except(_) | Test::Numbers(_));
                compares && kind(fields, key).is_some()
            }
        })
    }

    fn read_times(&self, fields: &[Field]) -> Self {
        let read = |list: &[Condition]| list.iter().map(|one| one.read_times(fields)).collect();
        Self {
            must: read(&self.must),
            should: read(&self.should),
            must_not: read(&self.must_not),
        }
    }
}

impl Condition {
    fn read_times(&self, fields: &[Field]) -> Self {
        match self {
            Self::Filter(filter) => Self::Filter(filter.read_times(fields)),
            Self::Field { key, test } => {
                let as_times = kind(fields, key).and_then(|kind| Some((kind, as_times(test)?)));
                let Some((kind, as_times)) = as_times else {
                    return self.clone();
                };
                let of_times = Self::Field {
                    key: key.clone(),
                    test: as_times,
                };
                match kind {
                    Kind::Declared => of_times,
                    Kind::Own => beside(self.clone(), of_times),
                }
            }
        }
    }
}

/// A condition on values of the payload that hide an item's own time, beside the one on that.
fn beside(one: Condition, of_times: Condition) -> Condition {
    let is_except = matches!(
        one,
        Condition::Field {
            test: Test::Except(_),
            ..
        }
    );
    let (all, any) = match is_except {
        true => (vec![one, of_times], Vec::new()),
        false => (Vec::new(), vec![one, of_times]),
    };
    Condition::Filter(Filter {
        must: all,
        should: any,
        must_not: Vec::new(),
    })
}

fn kind(fields: &[Field], key: &str) -> Option<Kind> {
    match fields.iter().find(|field| field.name == key) {
        Some(field) => (field.kind == FieldType::Time).then_some(Kind::Declared),
        None => OWN.contains(&key).then_some(Kind::Own),
    }
}

fn as_times(test: &Test) -> Option<Test> {
    match test {
        Test::Any(scalars) => Some(Test::During(spans(scalars))),
        Test::Except(scalars) => Some(Test::NotDuring(spans(scalars))),
        Test::Numbers(bounds) => {
            let time = |bound: Option<Number>| bound.map(|bound| time_of(bound.to_float()));
            Some(Test::Times(Bounds {
                gt: time(bounds.gt),
                gte: time(bounds.gte),
                lt: time(bounds.lt),
                lte: time(bounds.lte),
            }))
        }
        _ => None,
    }
}

/// The time of a number; what is beyond all times is before or after them.
fn time_of(number: f64) -> Timestamp {
    let beyond = match number < 0.0 {
        true => i64::MIN,
        false => i64::MAX,
    };
    Timestamp::from_number(number).unwrap_or(Timestamp::from_micros(beyond))
}

/// The times that values mean, in ascending order, none beside another.
fn spans(scalars: &[Scalar]) -> Vec<Span> {
    let span = |scalar: &Scalar| match scalar {
        Scalar::Text(text) => Span::parse(text).ok(),
        Scalar::Number(number) => Timestamp::from_number(number.to_float()).map(Span::at),
        Scalar::Bool(_) => None,
    };
    let mut spans: Vec<Span> = scalars.iter().filter_map(span).collect();
    spans.sort_unstable();
    spans.dedup_by(|next, last| {
        let is_within = next.first <= last.last;
        if is_within {
            last.last = last.last.max(next.last);
        }
        is_within
    });
    spans
}

/// Whether a time is within one of some, which are in ascending order.
pub(super) fn is_during(spans: &[Span], time: Timestamp) -> bool {
    let behind = spans.partition_point(|span| span.first <= time);
    behind > 0 && time <= spans[behind - 1].last
}
