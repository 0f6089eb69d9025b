//! What the index of declared fields says about a filter, for every engine.
//!
//! [`Filter::matches`] is what a filter means. The index narrows it down: a condition on a declared field is a set of keys, and `must`, `should` and `must_not`
//! are intersections, unions and differences of them ([`plan`]). Where the set is just what is meant it is the answer; where a condition is on a
//! field that is not declared, the items of the set are to be read and asked, or without a set all items.

mod meant;
mod plan;
mod union;

use std::cell::OnceCell;
use std::time::Duration;

pub(crate) use self::meant::{Meant, while_others_write};
use self::plan::{AT_ONCE, Planned};
pub(crate) use self::plan::{Limit, Look, Plan, plan};
pub(crate) use self::union::Union;
use crate::caller::Caller;
use crate::collection::{Collection, Field};
use crate::error::Result;
use crate::filter::{Asking, Condition, Filter, Test};
use crate::item::Item;

/// The index of an engine.
pub(crate) trait FieldIndex {
    /// The declared fields.
    fn fields(&self) -> &[Field];

    /// Who waits for it.
    fn caller(&self) -> Caller<'_>;

    /// The items that a look finds, in ascending order, each once.
    fn look(&self, look: &Look) -> Result<Vec<i64>>;

    /// What a plan of a few looks comes to, the same way, from an engine that can take them at once; `None`: it is to be taken look by look.
    fn look_at_once(&self, _plan: &Plan) -> Result<Option<Vec<i64>>> {
        Ok(None)
    }

    /// Shows items, in the order of their keys.
    fn read_items(
        &self,
        among: Among<'_>,
        show: &mut dyn FnMut(i64, &Item) -> Result<()>,
    ) -> Result<()>;
}

/// Items that are to be read.
#[derive(Clone, Copy)]
pub(crate) enum Among<'a> {
    /// Those of these keys, which are in ascending order.
    Keys(&'a [i64]),
    /// Those from a key on.
    From(i64),
}

impl Among<'_> {
    /// All items.
    pub(crate) const ALL: Among<'static> = Among::From(0);
}

/// Items that are asked before the caller is: a millisecond or a few.
const ASKED: usize = 64;

/// The keys of the items that a filter means, in ascending order.
pub(crate) fn matching(index: &impl FieldIndex, filter: &Filter) -> Result<Vec<i64>> {
    match narrow(index, filter)? {
        Some(set) if set.exact => Ok(set.keys),
        Some(set) => asked(index, filter, Among::Keys(&set.keys)),
        None => asked(index, filter, Among::ALL),
    }
}

/// The keys of those items that a filter means, in ascending order, each of which is read and asked.
fn asked(index: &impl FieldIndex, filter: &Filter, among: Among<'_>) -> Result<Vec<i64>> {
    let filter = filter.on(index.fields());
    let asking = Asking::new(&filter);
    let (mut meant, mut asked) = (Vec::new(), 0usize);
    index.read_items(among, &mut |key, item| {
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

/// Of one core: to ask the index for an item, to read one, and to ask that for a path or by a condition. Estimates on the high side: they only tell what is
/// answered at once from what waits for its turn.
const OF_THE_INDEX: Duration = Duration::from_nanos(300);
const OF_AN_ITEM: Duration = Duration::from_nanos(3_000);
const OF_A_CONDITION: Duration = Duration::from_nanos(60);

impl Collection {
    /// About how long it takes a core to find the items that a filter means, by an estimate from above, as [`Store::filter_cost`](crate::Store::filter_cost) tells
    /// of one that is not known.
    pub fn filter_cost(&self, filter: &Filter) -> Duration {
        cost(&self.fields, self.count, filter)
    }
}

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

/// Keys in ascending order; all that a filter means are among them.
pub(crate) struct Set {
    pub(crate) keys: Vec<i64>,
    /// And no others.
    pub(crate) exact: bool,
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
    let Some(Planned { plan, exact }) = plan(index.fields(), filter) else {
        return Ok(None);
    };
    let all = OnceCell::new();
    let keys = Narrowing { index, all }.keys(&plan)?;
    Ok(Some(Set { keys, exact }))
}

/// What is known while a filter is narrowed down.
struct Narrowing<'a, I> {
    index: &'a I,
    /// All items, once somebody asked for them.
    all: OnceCell<Vec<i64>>,
}

impl<I: FieldIndex> Narrowing<'_, I> {
    fn keys(&self, plan: &Plan) -> Result<Vec<i64>> {
        self.index.caller().go_on()?;
        let looks = plan.looks();
        if (2..=AT_ONCE).contains(&looks)
            && let Some(keys) = self.index.look_at_once(plan)?
        {
            return Ok(keys);
        }
        match plan {
            Plan::Look(look) => self.look(look),
            Plan::All(plans) => {
                let mut plans = plans.iter();
                let first = plans.next().map(|plan| self.keys(plan)).transpose()?;
                let mut keys = first.unwrap_or_default();
                for plan in plans {
                    if keys.is_empty() {
                        break;
                    }
                    keep(&mut keys, &self.keys(plan)?, true);
                }
                Ok(keys)
            }
            Plan::Any(plans) => {
                let mut found = Union::default();
                for plan in plans {
                    found.add_list(self.keys(plan)?);
                }
                Ok(found.into_keys())
            }
            Plan::Without(plan, others) => {
                let mut keys = self.keys(plan)?;
                keep(&mut keys, &self.keys(others)?, false);
                Ok(keys)
            }
        }
    }

    fn look(&self, look: &Look) -> Result<Vec<i64>> {
        if *look != Look::Everything {
            return self.index.look(look);
        }
        if let Some(all) = self.all.get() {
            return Ok(all.clone());
        }
        let all = self.index.look(look)?;
        Ok(self.all.get_or_init(|| all).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::FieldType;
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

        fn look(&self, look: &Look) -> Result<Vec<i64>> {
            if *look != Look::Everything {
                return Ok((0..10).step_by(2).collect());
            }
            self.asked.set(self.asked.get() + 1);
            Ok((0..10).collect())
        }

        fn read_items(
            &self,
            _among: Among<'_>,
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
