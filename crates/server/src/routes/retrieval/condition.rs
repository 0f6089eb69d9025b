//! Dify's conditions on metadata as filters.

use serde_json::Value;
use utoipa::ToSchema;
use yuyi_store::{
    Bounds, Condition, Filter, FilterRoom, Number, Scalar, Span, Test, Timestamp, check_path,
};

use crate::ApiError;
use crate::request::fields::{Fields, text, wrong_type};
use crate::request::json::Json;
use crate::request::text::each;
use crate::request::value::value;
use crate::request::{Source, choice};
use crate::shown::Shown;

/// Which items, by their metadata.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read")]
pub(crate) struct MetadataCondition {
    /// Whether all conditions hold or one of them; absent: `and`.
    logical_operator: Option<Logic>,
    conditions: Option<Vec<MetadataTest>>,
}

/// How conditions are joined.
#[derive(Clone, Copy, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LogicalOperator)]
pub(crate) enum Logic {
    And,
    Or,
}

/// A condition.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read")]
pub(crate) struct MetadataTest {
    name: Names,
    comparison_operator: String,
    value: Option<Operand>,
}

/// A field of the metadata, or several: one of them is enough, but what negates (`is not`, `not in`, `≠`, `empty`) has to hold for all.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = MetadataNames)]
#[expect(dead_code, reason = "describes what is read")]
pub(crate) enum Names {
    One(String),
    Several(Vec<String>),
}

/// What is compared with.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = MetadataOperand)]
#[expect(dead_code, reason = "describes what is read")]
pub(crate) enum Operand {
    Text(String),
    Number(f64),
    Several(Vec<String>),
}

const LOGIC: [(&str, Logic); 2] = [("and", Logic::And), ("or", Logic::Or)];

/// What filters here know of what Dify compares by.
#[derive(Clone, Copy)]
enum Operator {
    /// There is a value, or none.
    Exists(bool),
    /// Equal to one of the operands, or to none.
    OneOf(bool),
    /// Equal to an operand, or not.
    Text(bool),
    /// The same, as numbers.
    Number(bool),
    /// A number on that side.
    Order(Side),
    /// A point in time on that side.
    Time(Side),
}

/// On which side of a value.
#[derive(Clone, Copy)]
enum Side {
    Above,
    Below,
    From,
    UpTo,
}

const OPERATORS: [(&str, Operator); 19] = [
    ("is", Operator::Text(true)),
    ("is not", Operator::Text(false)),
    ("in", Operator::OneOf(true)),
    ("not in", Operator::OneOf(false)),
    ("empty", Operator::Exists(false)),
    ("null", Operator::Exists(false)),
    ("not empty", Operator::Exists(true)),
    ("not null", Operator::Exists(true)),
    ("=", Operator::Number(true)),
    ("≠", Operator::Number(false)),
    ("!=", Operator::Number(false)),
    (">", Operator::Order(Side::Above)),
    ("<", Operator::Order(Side::Below)),
    ("≥", Operator::Order(Side::From)),
    ("≤", Operator::Order(Side::UpTo)),
    (">=", Operator::Order(Side::From)),
    ("<=", Operator::Order(Side::UpTo)),
    ("before", Operator::Time(Side::Below)),
    ("after", Operator::Time(Side::Above)),
];

/// The condition of a request, which may be absent.
pub(super) fn metadata_condition(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Filter>, ApiError> {
    let rules = source.rules;
    let Some((json, path)) = source.fields.optional(name) else {
        return Ok(None);
    };
    let mut source = Source::at(json, &path, rules)?;
    let logic = choice(&LOGIC)(&mut source, "logical_operator")?.unwrap_or(Logic::And);
    let conditions = match source.fields.optional("conditions") {
        None => Vec::new(),
        Some((Json::Array(list), path)) => {
            let mut room = FilterRoom::default();
            each(list, &path, |json, path| condition(json, path, &mut room))?
        }
        Some((other, path)) => return Err(wrong_type(&path, "a list", &other)),
    };
    Ok(Some(match logic {
        Logic::And => Filter {
            must: conditions,
            ..Filter::default()
        },
        Logic::Or => Filter {
            should: conditions,
            ..Filter::default()
        },
    }))
}

/// A condition.
fn condition(json: Json, path: &str, room: &mut FilterRoom) -> Result<Condition, ApiError> {
    let mut fields = Fields::of(json, path)?;
    let (name, place) = fields.required("name")?;
    let names = match name {
        Json::Array(list) => each(list, &place, path_of_field)?,
        one => vec![path_of_field(one, &place)?],
    };
    let operator = operator(&mut fields)?;
    let missing = fields.path_of("value");
    let operand = fields.optional("value");
    let wanted = wanted(operator, operand, missing)?;
    // Each name of several counts.
    let values: usize = wanted.tests.iter().map(values_of).sum();
    let taken = room
        .take_conditions(wanted.tests.len() * names.len())
        .and_then(|()| room.take_values(values * names.len()));
    taken.map_err(|error| error.within(path))?;
    match names.is_empty() {
        true => Err(ApiError::EmptyList { field: place }),
        false => Ok(wanted.of(names)),
    }
}

/// A name, which filters can ask for.
fn path_of_field(json: Json, place: &str) -> Result<String, ApiError> {
    let name = text(json, place)?;
    check_path(&name).map_err(|error| error.within(place))?;
    Ok(name)
}

/// What is wanted of the values of some names.
struct Wanted {
    /// One of these holds.
    tests: Vec<Test>,
    /// Or none.
    negated: bool,
}

impl Wanted {
    fn of(self, names: Vec<String>) -> Condition {
        let mut fields = Vec::new();
        for key in names {
            fields.extend(self.tests.iter().map(|test| Condition::Field {
                key: key.clone(),
                test: test.clone(),
            }));
        }
        if fields.len() == 1 && !self.negated {
            return fields.remove(0);
        }
        let all = self.tests == [Test::Exists(false)];
        let mut filter = Filter::default();
        let list = match (self.negated, all) {
            (true, _) => &mut filter.must_not,
            (false, true) => &mut filter.must,
            (false, false) => &mut filter.should,
        };
        *list = fields;
        Condition::Filter(filter)
    }
}

/// Operands beside one: each is a text, and may be a number too.
fn values_of(test: &Test) -> usize {
    let Test::Any(scalars) = test else {
        return 0;
    };
    let is_text = |scalar: &&Scalar| matches!(scalar, Scalar::Text(_));
    scalars.iter().filter(is_text).count().saturating_sub(1)
}

fn operator(fields: &mut Fields) -> Result<Operator, ApiError> {
    let (name, field) = fields.required("comparison_operator")?;
    let name = text(name, &field)?;
    let known = OPERATORS.iter().find(|(known, _)| *known == name);
    known.map(|(_, operator)| *operator).ok_or_else(|| {
        let known: Vec<&str> = OPERATORS.iter().map(|(known, _)| *known).collect();
        ApiError::InvalidValue {
            field,
            reason: format!(
                "{:?} cannot be asked for here. Known: {}.",
                Shown(&name),
                known.join(", ")
            ),
        }
    })
}

/// What an operator wants.
fn wanted(
    operator: Operator,
    operand: Option<(Json, String)>,
    missing: String,
) -> Result<Wanted, ApiError> {
    let needed = || {
        operand.ok_or_else(|| ApiError::MissingField {
            field: missing,
            sent: Vec::new(),
        })
    };
    let (test, holds) = match operator {
        Operator::Exists(wanted) => (Test::Exists(wanted), true),
        Operator::OneOf(holds) => (Test::Any(scalars(needed()?, true)?), holds),
        Operator::Text(holds) => (Test::Any(scalars(needed()?, false)?), holds),
        Operator::Number(holds) => (Test::Any(vec![Scalar::Number(number(needed()?)?)]), holds),
        Operator::Order(side) => (Test::Numbers(bounds(side, number(needed()?)?)), true),
        Operator::Time(side) => {
            return Ok(Wanted {
                tests: times(side, time(needed()?)?),
                negated: false,
            });
        }
    };
    Ok(Wanted {
        tests: vec![test],
        negated: !holds,
    })
}

/// Before or after a time: as texts have them, and as the numbers that Dify keeps them as.
fn times(side: Side, span: Span) -> Vec<Test> {
    let time = match side {
        Side::Above | Side::UpTo => span.last,
        Side::Below | Side::From => span.first,
    };
    let seconds = time.micros() as f64 / 1e6;
    let milliseconds = (seconds * 1e3).max(Timestamp::MILLISECONDS);
    let numbers = |value: f64| bounds(side, Number::from(value));
    let (mut in_seconds, mut in_milliseconds) = (numbers(seconds), numbers(milliseconds));
    match side {
        Side::Above | Side::From => in_seconds.lt = Some(Number::from(Timestamp::MILLISECONDS)),
        Side::Below | Side::UpTo => {
            in_milliseconds.gte = Some(Number::from(Timestamp::MILLISECONDS))
        }
    }
    vec![
        Test::Times(bounds(side, time)),
        Test::Numbers(in_seconds),
        Test::Numbers(in_milliseconds),
    ]
}

fn bounds<T>(side: Side, value: T) -> Bounds<T> {
    let mut bounds = Bounds {
        gt: None,
        gte: None,
        lt: None,
        lte: None,
    };
    let bound = match side {
        Side::Above => &mut bounds.gt,
        Side::Below => &mut bounds.lt,
        Side::From => &mut bounds.gte,
        Side::UpTo => &mut bounds.lte,
    };
    *bound = Some(value);
    bounds
}

/// What is equal to an operand. Dify writes most as text, so a number and a truth value in text are those too; where several may be meant, commas are between them.
fn scalars((json, path): (Json, String), several: bool) -> Result<Vec<Scalar>, ApiError> {
    let one = |text: &str| {
        let number = Number::parse(text);
        let flag = text.parse().ok().map(Scalar::Bool);
        let others = number.map(Scalar::Number).into_iter().chain(flag);
        std::iter::once(Scalar::Text(text.to_owned())).chain(others)
    };
    let found = match json {
        Json::String(text) if several => text.split(',').map(str::trim).flat_map(one).collect(),
        Json::String(text) => one(&text).collect(),
        Json::Bool(flag) => vec![Scalar::Bool(flag)],
        Json::Integer(number) => one(&number.to_string()).collect(),
        Json::Float(number) => one(&number.to_string()).collect(),
        Json::Array(list) => {
            let each = each(list, &path, |json, path| {
                scalars((json, path.to_owned()), false)
            })?;
            each.into_iter().flatten().collect()
        }
        other => {
            return Err(wrong_type(
                &path,
                "text, a number or a list of these",
                &other,
            ));
        }
    };
    Ok(found)
}

fn number((json, path): (Json, String)) -> Result<Number, ApiError> {
    let read = match &json {
        Json::Integer(number) => Number::parse(&number.to_string()),
        Json::Float(number) => Some(Number::from(*number)),
        Json::String(text) => Number::parse(text.trim()),
        _ => None,
    };
    read.ok_or_else(|| wrong_type(&path, "a number", &json))
}

/// A time; a day is all of it.
fn time((json, path): (Json, String)) -> Result<Span, ApiError> {
    // A number in text is seconds too.
    let json = match &json {
        Json::String(text) => text.trim().parse().map_or(json, Json::Float),
        _ => json,
    };
    let kind = json.kind();
    let read = match value(json, &path)? {
        Value::String(text) => Span::parse(&text).ok(),
        other => serde_json::from_value::<Timestamp>(other)
            .ok()
            .map(Span::at),
    };
    read.ok_or(ApiError::WrongType {
        field: path,
        expected: "a time such as 2024-03-05T10:30:00Z, or seconds since 1970",
        found: kind,
    })
}
