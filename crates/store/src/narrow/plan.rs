//! What is asked of the index of declared fields for a filter, which depends on the filter and the fields alone, and on nothing that is there.

use crate::collection::{Field, FieldType, FieldValue};
use crate::filter::{Bounds, Condition, Filter, Scalar, Test};
use crate::number::Number;
use crate::time::Span;

/// Looks that an engine may take at once, so that a filter of many conditions is neither as many statements nor one that takes as long as all of them.
pub(crate) const AT_ONCE: usize = 32;

/// What a value is compared with: SQL's sign, and the other side.
pub(crate) type Limit = (&'static str, FieldValue);

/// One look into the index.
#[derive(Debug, PartialEq)]
pub(crate) enum Look {
    /// All items.
    Everything,
    /// The items that have a value of a field which all of these allow.
    Within(usize, Vec<Limit>),
    /// The items that have one of these values in a field.
    OneOf(usize, Vec<FieldValue>),
}

/// Looks, and what is made of the sets that they give.
#[derive(Debug, PartialEq)]
pub(crate) enum Plan {
    Look(Look),
    /// What is in all of these.
    All(Vec<Plan>),
    /// What is in one of these; nothing, where there are none.
    Any(Vec<Plan>),
    /// What is in the first and not in the second.
    Without(Box<Plan>, Box<Plan>),
}

/// The way to a set in which all that a filter means is.
#[derive(Debug, PartialEq)]
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// And nothing else.
    pub(crate) exact: bool,
}

/// The way to the items among which those that a filter means are; `None`: it may be any.
pub(crate) fn plan(fields: &[Field], filter: &Filter) -> Option<Planned> {
    Planner { fields }.filter(&filter.on(fields))
}

impl Plan {
    const NOTHING: Self = Self::Any(Vec::new());

    fn all(plans: Vec<Self>) -> Self {
        join(plans, Self::All)
    }

    fn any(plans: Vec<Self>) -> Self {
        join(plans, Self::Any)
    }

    fn without(self, plans: Vec<Self>) -> Self {
        match plans.is_empty() {
            true => self,
            false => Self::Without(Box::new(self), Box::new(Self::any(plans))),
        }
    }

    /// How many looks it takes.
    pub(crate) fn looks(&self) -> usize {
        match self {
            Self::Look(_) => 1,
            Self::All(plans) | Self::Any(plans) => plans.iter().map(Self::looks).sum(),
            Self::Without(plan, others) => plan.looks() + others.looks(),
        }
    }
}

/// Joins plans, in groups that can be taken at once.
fn join(plans: Vec<Plan>, of: fn(Vec<Plan>) -> Plan) -> Plan {
    let (mut groups, mut group, mut looks) = (Vec::new(), Vec::new(), 0);
    for plan in plans {
        let more = plan.looks();
        if looks + more > AT_ONCE && !group.is_empty() {
            groups.push(join_few(std::mem::take(&mut group), of));
            looks = 0;
        }
        looks += more;
        group.push(plan);
    }
    let last = join_few(group, of);
    if groups.is_empty() {
        return last;
    }
    groups.push(last);
    of(groups)
}

fn join_few(mut plans: Vec<Plan>, of: fn(Vec<Plan>) -> Plan) -> Plan {
    match plans.len() {
        1 => plans.remove(0),
        _ => of(plans),
    }
}

struct Planner<'a> {
    fields: &'a [Field],
}

impl Planner<'_> {
    fn filter(&self, filter: &Filter) -> Option<Planned> {
        let must = filter
            .must
            .iter()
            .map(|condition| self.condition(condition));
        let should = match &filter.should[..] {
            [] => None,
            conditions => Some(self.one_of(conditions)),
        };
        let (mut parts, mut exact) = (Vec::new(), true);
        for part in must.chain(should) {
            match part {
                None => exact = false,
                Some(planned) => {
                    exact &= planned.exact;
                    parts.push(planned.plan);
                }
            }
        }
        let mut others = Vec::new();
        for condition in &filter.must_not {
            match self.condition(condition) {
                Some(planned) if planned.exact => others.push(planned.plan),
                _ => exact = false,
            }
        }
        let from = match (parts.is_empty(), filter.must_not.is_empty()) {
            (false, _) => Plan::all(parts),
            (true, false) if exact => Plan::Look(Look::Everything),
            (true, _) => return None,
        };
        Some(Planned {
            plan: from.without(others),
            exact,
        })
    }

    fn one_of(&self, conditions: &[Condition]) -> Option<Planned> {
        let (mut plans, mut exact) = (Vec::new(), true);
        for condition in conditions {
            let planned = self.condition(condition)?;
            exact &= planned.exact;
            plans.push(planned.plan);
        }
        Some(Planned {
            plan: Plan::any(plans),
            exact,
        })
    }

    fn condition(&self, condition: &Condition) -> Option<Planned> {
        match condition {
            Condition::Filter(filter) => self.filter(filter),
            Condition::Field { key, test } => {
                let field = self.fields.iter().position(|field| field.name == *key)?;
                of_field(field, self.fields[field].kind, test)
            }
        }
    }
}

/// The items of which one value of a declared field passes a test.
fn of_field(field: usize, kind: FieldType, test: &Test) -> Option<Planned> {
    let within = |limits| Plan::Look(Look::Within(field, limits));
    let exact = |plan| Planned { plan, exact: true };
    Some(match (test, kind) {
        (Test::Any(scalars), _) => equal(field, kind, scalars),
        (Test::During(spans), FieldType::Time) => exact(during(field, spans)),
        // A value that they do not name may be beside one that they do.
        (Test::Except(_) | Test::NotDuring(_), _) => Planned {
            plan: within(Vec::new()),
            exact: false,
        },
        (Test::Exists(true), _) => exact(within(Vec::new())),
        (Test::Exists(false), _) => {
            exact(Plan::Look(Look::Everything).without(vec![within(Vec::new())]))
        }
        (Test::Numbers(bounds), FieldType::Number) => Planned {
            plan: within(number_limits(bounds)),
            exact: !all_bounds(bounds).any(|(_, bound)| bound.is_unsure_as_float()),
        },
        (Test::Times(bounds), FieldType::Time) => {
            let limits = all_bounds(bounds).map(|(sign, bound)| (sign, FieldValue::Time(bound)));
            exact(within(limits.collect()))
        }
        // A keyword may be written as a time.
        (Test::Times(_), FieldType::Keyword) => return None,
        (Test::Numbers(_) | Test::Times(_) | Test::During(_), _) => exact(Plan::NOTHING),
    })
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

/// The items of which one value is equal to one of these.
fn equal(field: usize, kind: FieldType, scalars: &[Scalar]) -> Planned {
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
            _ => {}
        }
    }
    let plan = one_of(field, values);
    Planned { plan, exact }
}

/// The items of which one value is one of these.
fn one_of(field: usize, values: Vec<FieldValue>) -> Plan {
    match values.is_empty() {
        true => Plan::NOTHING,
        false => Plan::Look(Look::OneOf(field, values)),
    }
}

/// The items of which one time is within one of these.
fn during(field: usize, spans: &[Span]) -> Plan {
    let (instants, days): (Vec<Span>, Vec<Span>) = spans
        .iter()
        .copied()
        .partition(|span| span.first == span.last);
    let instants = instants.iter().map(|span| FieldValue::Time(span.first));
    let within = days.iter().map(|span| {
        let limits = vec![
            (">=", FieldValue::Time(span.first)),
            ("<=", FieldValue::Time(span.last)),
        ];
        Plan::Look(Look::Within(field, limits))
    });
    let mut plans: Vec<Plan> = within.collect();
    if instants.len() > 0 || plans.is_empty() {
        plans.push(one_of(field, instants.collect()));
    }
    Plan::any(plans)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn planned(filter: Value) -> Option<Planned> {
        let fields = [Field {
            name: "n".to_owned(),
            kind: FieldType::Number,
        }];
        plan(&fields, &Filter::parse(&filter).unwrap())
    }

    fn is(n: i32) -> Value {
        json!({"key": "n", "match": {"value": n}})
    }

    fn look(n: i32) -> Plan {
        Plan::Look(Look::OneOf(0, vec![FieldValue::Number(n.into())]))
    }

    #[test]
    fn conditions_become_sets() {
        let free = json!({"key": "free", "match": {"value": 1}});
        let not = |plan: Plan| Plan::Look(Look::Everything).without(vec![plan]);
        for (filter, expected) in [
            (json!({}), None),
            (json!({"must": [free]}), None),
            (json!({"must_not": [free]}), None),
            (json!({"should": [is(1), free]}), None),
            (json!({"must": [is(1)]}), Some((look(1), true))),
            (json!({"must": [is(1), free]}), Some((look(1), false))),
            (
                json!({"must": [is(1), is(2)], "should": [is(3), is(4)]}),
                Some((
                    Plan::All(vec![look(1), look(2), Plan::Any(vec![look(3), look(4)])]),
                    true,
                )),
            ),
            (json!({"must_not": [is(1)]}), Some((not(look(1)), true))),
            (
                json!({"must": {"must_not": [is(1), free]}, "should": [is(2)]}),
                Some((look(2), false)),
            ),
            (
                json!({"must": {"key": "n", "range": {"gt": "2024-03-02"}}}),
                Some((Plan::NOTHING, true)),
            ),
        ] {
            let expected = expected.map(|(plan, exact)| Planned { plan, exact });
            assert_eq!(planned(filter.clone()), expected, "{filter}");
        }
    }

    #[test]
    fn many_conditions_come_in_groups() {
        let many = |count: i32| (0..count).map(is).collect::<Vec<Value>>();
        for name in ["must", "should"] {
            let few = planned(json!({name: many(AT_ONCE as i32)})).unwrap().plan;
            assert_eq!(few.looks(), AT_ONCE);
            let plan = planned(json!({name: many(1000)})).unwrap().plan;
            assert_eq!(plan.looks(), 1000);
            let (Plan::All(groups) | Plan::Any(groups)) = plan else {
                panic!("one look for a thousand");
            };
            assert_eq!(groups.len(), 1000usize.div_ceil(AT_ONCE));
            assert!(groups.iter().all(|group| group.looks() <= AT_ONCE));
        }
    }
}
