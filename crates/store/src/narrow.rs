//! What the index of declared fields says about a filter, for every engine.
//!
//! [`Filter::matches`] is what a filter means. The index narrows it down: a condition on a declared field is a set of keys, and `must`, `should` and `must_not`
//! are intersections, unions and differences of them. Where the set is just what is meant it is the answer; where a condition is on a
//! field that is not declared, the items of the set are to be read and asked, or without a set all items.

mod union;

use std::cell::OnceCell;
use std::time::Duration;

pub(crate) use self::union::Union;
use crate::caller::Caller;
use crate::collection::{Field, FieldType, FieldValue};
use crate::error::Result;
use crate::filter::{Asking, Bounds, Condition, Filter, Scalar, Test};
use crate::item::Item;
use crate::number::Number;

/// The index of an engine.
pub(crate) trait FieldIndex {
    /// The declared fields.
    fn fields(&self) -> &[Field];

    /// Who waits for it.
    fn caller(&self) -> Caller<'_>;

    /// The items that have a value of a field which all of these allow, in ascending order, each once.
    fn keys(&self, field: usize, limits: &[Limit]) -> Result<Vec<i64>>;

    /// The items that have one of these values in a field, in ascending order, each once.
    fn keys_of_any(&self, field: usize, values: &[FieldValue]) -> Result<Vec<i64>> {
        let mut all = Union::default();
        for value in values {
            all.add_list(self.keys(field, &[("=", value.clone())])?);
        }
        Ok(all.into_keys())
    }

    /// All items, in ascending order.
    fn all_keys(&self) -> Result<Vec<i64>>;

    /// Shows items, in the order of their keys: those of some keys that are in order, or all.
    fn read_items(
        &self,
        keys: Option<&[i64]>,
        show: &mut dyn FnMut(i64, &Item) -> Result<()>,
    ) -> Result<()>;
}

/// Items that are asked before the caller is: a millisecond or a few.
pub(crate) const ASKED: usize = 64;

/// The keys of the items that a filter means, in ascending order.
pub(crate) fn matching(index: &impl FieldIndex, filter: &Filter) -> Result<Vec<i64>> {
    let among = match narrow(index, filter)? {
        Some(set) if set.exact => return Ok(set.keys),
        among => among.map(|set| set.keys),
    };
    let asking = Asking::new(filter);
    let (mut meant, mut asked) = (Vec::new(), 0usize);
    index.read_items(among.as_deref(), &mut |key, item| {
        if asked.is_multiple_of(ASKED) {
            index.caller().go_on()?;
        }
        asked += 1;
        if asking.matches(item) {
            meant.push(key);
        }
        Ok(())
    })?;
    Ok(meant)
}

/// What a filter means as of one moment.
///
/// Finding it may take long. Whoever must keep others out then brings it up to date instead of finding it anew: an item is never changed under its key, and new
/// ones have higher keys than all before.
pub(crate) struct Meant {
    /// The number of the collection.
    pub(crate) collection: i64,
    /// The key that the next item was to have.
    pub(crate) next_key: i64,
    /// Those that were there, in ascending order.
    pub(crate) keys: Vec<i64>,
}

/// Of one core: to ask the index for an item, to read one, and to ask that for a path or by a condition. Estimates on the high side: they only tell what is
/// answered at once from what waits for its turn.
const OF_THE_INDEX: Duration = Duration::from_nanos(300);
const OF_AN_ITEM: Duration = Duration::from_nanos(3_000);
const OF_A_CONDITION: Duration = Duration::from_nanos(60);

/// About how long it takes a core to find which of so many items a filter means, by an estimate from above.
pub(crate) fn cost(fields: &[Field], items: u64, filter: &Filter) -> Duration {
    let count = |conditions: usize| u32::try_from(conditions).unwrap_or(u32::MAX);
    let (indexed, all) = conditions_of(fields, filter);
    let mut each = OF_THE_INDEX.saturating_mul(count(indexed));
    if indexed < all {
        let asks = Asking::new(filter).asks();
        each += OF_AN_ITEM + OF_A_CONDITION.saturating_mul(count(asks));
    }
    each.saturating_mul(u32::try_from(items).unwrap_or(u32::MAX))
}

/// How many conditions of a filter the index answers, and how many it has.
fn conditions_of(fields: &[Field], filter: &Filter) -> (usize, usize) {
    let all = filter.must.iter().chain(&filter.should);
    let of_one = |condition: &Condition| match condition {
        Condition::Filter(filter) => conditions_of(fields, filter),
        Condition::Field {
            test: Test::Except(_),
            ..
        } => (0, 1),
        Condition::Field { key, .. } => {
            let is_declared = fields.iter().any(|field| field.name == *key);
            (usize::from(is_declared), 1)
        }
    };
    all.chain(&filter.must_not)
        .map(of_one)
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// What a value is compared with: SQL's sign, and the other side.
pub(crate) type Limit = (&'static str, FieldValue);

/// Keys in ascending order; all that a filter means are among them.
pub(crate) struct Set {
    pub(crate) keys: Vec<i64>,
    /// And no others.
    pub(crate) exact: bool,
}

impl Set {
    fn exact(keys: Vec<i64>) -> Self {
        Self { keys, exact: true }
    }

    /// What is in both; in the other where there is but one.
    fn both(one: Option<Self>, other: Self) -> Self {
        let Some(mut one) = one else {
            return other;
        };
        keep(&mut one.keys, &other.keys, true);
        one.exact &= other.exact;
        one
    }
}

/// Keeps the keys that are among `others`, or those that are not.
fn keep(keys: &mut Vec<i64>, others: &[i64], among: bool) {
    let mut others = others.iter().peekable();
    keys.retain(|key| {
        while others.next_if(|other| *other < key).is_some() {}
        (others.peek() == Some(&key)) == among
    });
}

/// The items among which those that a filter means are; `None`: it may be any.
pub(crate) fn narrow(index: &impl FieldIndex, filter: &Filter) -> Result<Option<Set>> {
    let all = OnceCell::new();
    Narrowing { index, all }.filter(filter)
}

/// What is known while a filter is narrowed down.
struct Narrowing<'a, I> {
    index: &'a I,
    /// All items, once somebody asked for them.
    all: OnceCell<Vec<i64>>,
}

impl<I: FieldIndex> Narrowing<'_, I> {
    fn filter(&self, filter: &Filter) -> Result<Option<Set>> {
        let mut set: Option<Set> = None;
        let mut exact = true;
        for condition in &filter.must {
            match self.condition(condition)? {
                None => exact = false,
                Some(found) => set = Some(Set::both(set, found)),
            }
        }
        if !filter.should.is_empty() {
            match self.union(&filter.should)? {
                None => exact = false,
                Some(found) => set = Some(Set::both(set, found)),
            }
        }
        if filter.must_not.is_empty() {
            return Ok(set.map(|set| Set {
                exact: exact && set.exact,
                ..set
            }));
        }
        self.without(set, exact, &filter.must_not)
    }

    /// What is left of a set, or of all items, without those for which a condition holds.
    fn without(
        &self,
        set: Option<Set>,
        mut exact: bool,
        conditions: &[Condition],
    ) -> Result<Option<Set>> {
        let all_are_meant = exact;
        let mut found = Union::default();
        for condition in conditions {
            match self.condition(condition)? {
                Some(set) if set.exact => found.add_list(set.keys),
                _ => exact = false,
            }
        }
        let set = match set {
            Some(set) => set,
            None if all_are_meant && exact => Set::exact(self.all()?.to_vec()),
            None => return Ok(None),
        };
        let mut keys = set.keys;
        keep(&mut keys, &found.into_keys(), false);
        Ok(Some(Set {
            keys,
            exact: exact && set.exact,
        }))
    }

    fn union(&self, conditions: &[Condition]) -> Result<Option<Set>> {
        let (mut found, mut exact) = (Union::default(), true);
        for condition in conditions {
            let Some(set) = self.condition(condition)? else {
                return Ok(None);
            };
            exact &= set.exact;
            found.add_list(set.keys);
        }
        Ok(Some(Set {
            keys: found.into_keys(),
            exact,
        }))
    }

    fn condition(&self, condition: &Condition) -> Result<Option<Set>> {
        self.index.caller().go_on()?;
        let (key, test) = match condition {
            Condition::Filter(filter) => return self.filter(filter),
            Condition::Field { key, test } => (key, test),
        };
        let fields = self.index.fields();
        match fields.iter().position(|field| field.name == *key) {
            None => Ok(None),
            Some(field) => self.field(field, test),
        }
    }

    /// The items of which one value of a declared field passes a test.
    fn field(&self, field: usize, test: &Test) -> Result<Option<Set>> {
        let (index, kind) = (self.index, self.index.fields()[field].kind);
        let set = match (test, kind) {
            (Test::Any(scalars), _) => return equal(index, field, kind, scalars).map(Some),
            (Test::Except(_), _) => Set {
                keys: index.keys(field, &[])?,
                exact: false,
            },
            (Test::Exists(true), _) => Set::exact(index.keys(field, &[])?),
            (Test::Exists(false), _) => {
                let mut keys = self.all()?.to_vec();
                keep(&mut keys, &index.keys(field, &[])?, false);
                Set::exact(keys)
            }
            (Test::Numbers(bounds), FieldType::Number) => {
                let exact = !all_bounds(bounds).any(|(_, bound)| bound.is_unsure_as_float());
                let keys = index.keys(field, &number_limits(bounds))?;
                Set { keys, exact }
            }
            (Test::Times(bounds), FieldType::Time) => {
                let limits: Vec<Limit> = all_bounds(bounds)
                    .map(|(sign, bound)| (sign, FieldValue::Time(bound)))
                    .collect();
                Set::exact(index.keys(field, &limits)?)
            }
            // A keyword may be written as a time.
            (Test::Times(_), FieldType::Keyword) => return Ok(None),
            (Test::Numbers(_) | Test::Times(_), _) => Set::exact(Vec::new()),
        };
        Ok(Some(set))
    }

    fn all(&self) -> Result<&[i64]> {
        if let Some(all) = self.all.get() {
            return Ok(all);
        }
        let all = self.index.all_keys()?;
        Ok(self.all.get_or_init(|| all))
    }
}

fn all_bounds<T: Copy>(bounds: &Bounds<T>) -> impl Iterator<Item = (&'static str, T)> {
    let each = [
        (">", bounds.gt),
        (">=", bounds.gte),
        ("<", bounds.lt),
        ("<=", bounds.lte),
    ];
    each.into_iter()
        .filter_map(|(sign, bound)| Some((sign, bound?)))
}

/// Bounds for an index of floats: a number beside one that is the same float may be on either side of it.
fn number_limits(bounds: &Bounds<Number>) -> Vec<Limit> {
    let limit = |(sign, bound): (&'static str, Number)| {
        let sign = match (bound.is_unsure_as_float(), sign) {
            (true, ">") => ">=",
            (true, "<") => "<=",
            _ => sign,
        };
        (sign, FieldValue::Number(bound.to_float()))
    };
    all_bounds(bounds).map(limit).collect()
}

/// The items of which one value is one of these.
fn equal(
    index: &impl FieldIndex,
    field: usize,
    kind: FieldType,
    scalars: &[Scalar],
) -> Result<Set> {
    let (mut values, mut exact) = (Vec::new(), true);
    for scalar in scalars {
        match (scalar, kind) {
            (Scalar::Text(text), FieldType::Keyword) => {
                // PostgreSQL's text has no NUL; its index takes both for the same.
                exact &= !text.contains(['\0', '\u{fffd}']);
                values.push(FieldValue::Keyword(text.clone()));
            }
            (Scalar::Number(number), FieldType::Number) => {
                exact &= !number.is_unsure_as_float();
                values.push(FieldValue::Number(number.to_float()));
            }
            (Scalar::Text(text), FieldType::Time) => {
                if let Ok(time) = text.parse::<crate::Timestamp>() {
                    // The same time can be written in other ways, which are other texts.
                    exact = false;
                    values.push(FieldValue::Time(time));
                }
            }
            _ => {}
        }
    }
    let keys = index.keys_of_any(field, &values)?;
    Ok(Set { keys, exact })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number() -> Field {
        Field {
            name: "n".to_owned(),
            kind: FieldType::Number,
        }
    }

    #[test]
    fn what_is_asked_of_every_item_costs_more() {
        let fields = [number()];
        let of = |items: u64, conditions: usize, key: &str| {
            let condition = json!({"key": key, "range": {"gte": 1}});
            let filter = Filter::parse(&json!({"must": vec![condition; conditions]})).unwrap();
            cost(&fields, items, &filter)
        };
        assert_eq!(of(0, 1, "n"), Duration::ZERO);
        assert!(of(1_000, 1, "n") < of(1_000, 1, "other"));
        assert!(of(1_000, 1, "other") * 5 < of(1_000, 1_000, "other"));
        assert_eq!(of(1_000_000, 10, "other"), of(1_000, 10, "other") * 1_000);
        // A value that may not be there is looked for in every item that has one.
        let except = json!({"must_not": {"key": "n", "match": {"except": [1]}}});
        let except = cost(&fields, 1_000, &Filter::parse(&except).unwrap());
        assert!(except > of(1_000, 1, "n"));
    }

    /// An index that tells how often it was asked for all items. Every second item has a value.
    #[derive(Default)]
    struct Half {
        fields: Vec<Field>,
        asked: std::cell::Cell<usize>,
    }

    impl FieldIndex for Half {
        fn fields(&self) -> &[Field] {
            &self.fields
        }

        fn caller(&self) -> Caller<'_> {
            Caller::PATIENT
        }

        fn keys(&self, _field: usize, _limits: &[Limit]) -> Result<Vec<i64>> {
            Ok((0..10).step_by(2).collect())
        }

        fn all_keys(&self) -> Result<Vec<i64>> {
            self.asked.set(self.asked.get() + 1);
            Ok((0..10).collect())
        }

        fn read_items(
            &self,
            _keys: Option<&[i64]>,
            _show: &mut dyn FnMut(i64, &Item) -> Result<()>,
        ) -> Result<()> {
            unreachable!("the index answers all of it")
        }
    }

    #[test]
    fn all_items_are_asked_for_once() {
        let index = Half {
            fields: vec![number()],
            ..Half::default()
        };
        let missing = json!({"key": "n", "exists": false});
        let none = json!({"must_not": {"key": "n", "exists": true}});
        let filter = json!({"must": [missing, none, missing], "should": [none, missing]});
        let meant = matching(&index, &Filter::parse(&filter).unwrap()).unwrap();
        assert_eq!((meant, index.asked.get()), (vec![1, 3, 5, 7, 9], 1));
    }
}
