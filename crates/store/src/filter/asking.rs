//! A filter made ready for many items: the values at a path are looked up once for an item, however many conditions are on them, and where values only have to
//! be equal to one of some, one look tells that of all these conditions. [`Filter::matches`] says what it means.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Condition, Filter, Scalar, Test};
use crate::item::Item;
use crate::number::Number;
use crate::payload::{Path, Values};

/// A filter that many items are asked by.
pub(crate) struct Asking<'f> {
    paths: Vec<Path<'f>>,
    filter: Conditions<'f>,
}

#[derive(Default)]
struct Conditions<'f> {
    must: Vec<Ask<'f>>,
    should: Vec<Ask<'f>>,
    must_not: Vec<Ask<'f>>,
}

/// A condition, which names the place of its path.
enum Ask<'f> {
    Filter(Conditions<'f>),
    OneOf(usize, OneOf<'f>),
    Field(usize, &'f Test),
    NoneOf(usize, OneOf<'f>),
}

/// Values that others are looked for among.
#[derive(Default)]
struct OneOf<'f> {
    texts: HashSet<&'f str>,
    /// Those that are one float, by its bits.
    numbers: HashMap<u64, Vec<Number>>,
    bools: HashSet<bool>,
}

/// The values of one item, as far as they were asked for.
struct Asked<'a, 'f> {
    item: &'a Item,
    paths: &'a [Path<'f>],
    values: Vec<OnceCell<Values<'a>>>,
}

/// Makes a filter ready.
#[derive(Default)]
struct Builder<'f> {
    paths: Vec<Path<'f>>,
    places: HashMap<&'f str, usize>,
}

impl<'f> Asking<'f> {
    pub(crate) fn new(filter: &'f Filter) -> Self {
        let mut builder = Builder::default();
        let filter = builder.filter(filter);
        Self {
            paths: builder.paths,
            filter,
        }
    }

    /// Whether an item is meant.
    pub(crate) fn matches(&self, item: &Item) -> bool {
        let values = self.paths.iter().map(|_| OnceCell::new()).collect();
        self.filter.hold(&Asked {
            item,
            paths: &self.paths,
            values,
        })
    }

    /// How many paths and conditions each item is asked for, at most.
    pub(crate) fn asks(&self) -> usize {
        self.paths.len() + self.filter.count()
    }
}

impl<'f> Builder<'f> {
    fn place(&mut self, path: &'f str) -> usize {
        *self.places.entry(path).or_insert_with(|| {
            self.paths.push(Path::new(path));
            self.paths.len() - 1
        })
    }

    fn filter(&mut self, filter: &'f Filter) -> Conditions<'f> {
        Conditions {
            must: filter.must.iter().map(|one| self.ask(one)).collect(),
            should: self.any(&filter.should),
            must_not: self.any(&filter.must_not),
        }
    }

    fn ask(&mut self, condition: &'f Condition) -> Ask<'f> {
        match condition {
            Condition::Filter(filter) => Ask::Filter(self.filter(filter)),
            Condition::Field { key, test } => {
                let place = self.place(key);
                match test {
                    Test::Any(scalars) => Ask::OneOf(place, OneOf::new(scalars)),
                    Test::Except(scalars) => Ask::NoneOf(place, OneOf::new(scalars)),
                    test => Ask::Field(place, test),
                }
            }
        }
    }

    /// Conditions of which it matters whether any holds: those that ask for one of some values at the same path are one.
    fn any(&mut self, conditions: &'f [Condition]) -> Vec<Ask<'f>> {
        let mut asks: Vec<Ask<'f>> = Vec::new();
        let mut known: HashMap<usize, usize> = HashMap::new();
        for condition in conditions {
            match self.ask(condition) {
                Ask::OneOf(place, values) => match known.get(&place) {
                    Some(&first) => {
                        if let Ask::OneOf(_, all) = &mut asks[first] {
                            all.extend(values);
                        }
                    }
                    None => {
                        known.insert(place, asks.len());
                        asks.push(Ask::OneOf(place, values));
                    }
                },
                ask => asks.push(ask),
            }
        }
        asks
    }
}

impl Conditions<'_> {
    fn hold(&self, asked: &Asked<'_, '_>) -> bool {
        self.must.iter().all(|ask| ask.holds(asked))
            && (self.should.is_empty() || self.should.iter().any(|ask| ask.holds(asked)))
            && !self.must_not.iter().any(|ask| ask.holds(asked))
    }

    fn count(&self) -> usize {
        let asks = self.must.iter().chain(&self.should).chain(&self.must_not);
        let count = |ask: &Ask<'_>| match ask {
            Ask::Filter(filter) => filter.count(),
            _ => 1,
        };
        asks.map(count).sum()
    }
}

impl Ask<'_> {
    fn holds(&self, asked: &Asked<'_, '_>) -> bool {
        match self {
            Self::Filter(filter) => filter.hold(asked),
            Self::OneOf(place, all) => asked.at(*place).iter().any(|value| all.has(value)),
            Self::NoneOf(place, all) => asked.at(*place).iter().any(|value| !all.has(value)),
            Self::Field(place, Test::Exists(wanted)) => asked.at(*place).is_empty() != *wanted,
            Self::Field(place, test) => asked.at(*place).iter().any(|value| test.passes(value)),
        }
    }
}

impl<'a> Asked<'a, '_> {
    fn at(&self, place: usize) -> &Values<'a> {
        self.values[place].get_or_init(|| self.paths[place].values(self.item))
    }
}

/// The bits of a number as a float, which equal numbers have in common: the two zeros are made one.
fn bits(number: Number) -> u64 {
    (number.to_float() + 0.0).to_bits()
}

impl<'f> OneOf<'f> {
    fn new(scalars: &'f [Scalar]) -> Self {
        let mut all = Self::default();
        for scalar in scalars {
            match scalar {
                Scalar::Text(text) => _ = all.texts.insert(text),
                Scalar::Number(number) => {
                    all.numbers.entry(bits(*number)).or_default().push(*number);
                }
                Scalar::Bool(bool) => _ = all.bools.insert(*bool),
            }
        }
        all
    }

    fn extend(&mut self, other: Self) {
        self.texts.extend(other.texts);
        for (bits, numbers) in other.numbers {
            self.numbers.entry(bits).or_default().extend(numbers);
        }
        self.bools.extend(other.bools);
    }

    fn has(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.texts.contains(&**text),
            Value::Number(_) => Number::of(value).is_some_and(|number| {
                let same_float = self.numbers.get(&bits(number));
                same_float.is_some_and(|numbers| numbers.contains(&number))
            }),
            Value::Bool(bool) => self.bools.contains(bool),
            _ => false,
        }
    }
}
