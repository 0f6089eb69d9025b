//! A filter from its JSON. What is unknown is refused by its path: a condition that was passed over would let through what was to be kept out.

use serde_json::{Map, Value};

use super::{Bounds, Condition, Filter, FilterRoom, Scalar, Test};
use crate::error::{Error, Result};
use crate::number::Number;
use crate::payload::check_path;
use crate::time::{Span, Timestamp};

/// Filters inside filters.
const DEEPEST: usize = 16;

impl Filter {
    /// Reads a filter; `{}` means every item.
    ///
    /// # Errors
    /// The path of what is wrong or unknown, such as `must[0].match.value`.
    pub fn parse(json: &Value) -> Result<Self> {
        Parts::default().filter(object(json)?, DEEPEST)
    }

    /// Reads a filter that says what is removed: `{}` means every item, and nothing else does so by having no condition.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and the path of what is null or an empty list.
    pub fn parse_to_remove(json: &Value) -> Result<Self> {
        let mut parts = Parts {
            refuses_nothing: true,
            ..Parts::default()
        };
        parts.filter(object(json)?, DEEPEST)
    }
}

/// The parts of a filter.
#[derive(Default)]
struct Parts {
    /// They are counted.
    room: FilterRoom,
    /// Whether null and empty lists are refused.
    refuses_nothing: bool,
}

impl Parts {
    fn filter(&mut self, json: &Map<String, Value>, depth: usize) -> Result<Filter> {
        let mut filter = Filter::default();
        for (name, json) in json {
            let list = match name.as_str() {
                "must" => &mut filter.must,
                "should" => &mut filter.should,
                "must_not" => &mut filter.must_not,
                _ => return Err(unknown(name, "must, should and must_not")),
            };
            *list = self
                .conditions(json, depth)
                .map_err(|error| error.within(name))?;
        }
        Ok(filter)
    }

    /// A list of conditions; one alone may stand without a list, as in Qdrant.
    fn conditions(&mut self, json: &Value, depth: usize) -> Result<Vec<Condition>> {
        match json {
            Value::Null => self.nothing("null").map(|()| Vec::new()),
            Value::Array(list) => {
                if list.is_empty() {
                    self.nothing("an empty list")?;
                }
                let each = list.iter().enumerate();
                each.map(|(i, json)| {
                    self.condition(json, depth)
                        .map_err(|error| error.within(&format!("[{i}]")))
                })
                .collect()
            }
            one => Ok(vec![self.condition(one, depth)?]),
        }
    }

    /// What says nothing might be a variable that somebody forgot to fill.
    fn nothing(&self, what: &str) -> Result<()> {
        let reason = format!(
            "This is {what}, which would remove more than was meant. Leave it out; {{}} alone means all items."
        );
        match self.refuses_nothing {
            true => Err(Error::invalid("", reason)),
            false => Ok(()),
        }
    }

    fn condition(&mut self, json: &Value, depth: usize) -> Result<Condition> {
        self.room.take_conditions(1)?;
        let json = object(json)?;
        if !json.contains_key("key") {
            if json.is_empty()
                || !json
                    .keys()
                    .all(|name| matches!(name.as_str(), "must" | "should" | "must_not"))
            {
                return self.without_key(json);
            }
            let depth = depth.checked_sub(1).ok_or_else(|| {
                Error::invalid(
                    "",
                    format!("Filters stand in each other more than {DEEPEST} deep."),
                )
            })?;
            return self.filter(json, depth).map(Condition::Filter);
        }
        let key = text(&json["key"]).and_then(|key| check_path(key).map(|()| key.to_owned()));
        let key = key.map_err(|error| error.within("key"))?;
        let mut tests = json.iter().filter(|(name, _)| *name != "key");
        let Some((name, json)) = tests.next() else {
            return Err(Error::invalid(
                "",
                "It has no test: match, range or exists.",
            ));
        };
        if let Some((other, _)) = tests.next() {
            return Err(Error::invalid(
                other,
                format!("A condition has one test; this one has {name} already."),
            ));
        }
        let test = self.test(name, json)?;
        Ok(Condition::Field { key, test })
    }

    fn without_key(&self, json: &Map<String, Value>) -> Result<Condition> {
        let known = ["match", "range", "exists", "must", "should", "must_not"];
        match json.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(unknown(
                name,
                "key with match, range or exists, or must, should and must_not",
            )),
            None => Err(Error::invalid("key", "It is missing.")),
        }
    }

    fn test(&mut self, name: &str, json: &Value) -> Result<Test> {
        let test = match name {
            "match" => self.equal(json),
            "range" => range(json),
            "exists" => match json {
                Value::Bool(wanted) => Ok(Test::Exists(*wanted)),
                _ => Err(Error::invalid("", "This is neither true nor false.")),
            },
            _ => return Err(unknown(name, "match, range and exists")),
        };
        test.map_err(|error| error.within(name))
    }

    fn equal(&mut self, json: &Value) -> Result<Test> {
        let json = object(json)?;
        let mut entries = json.iter();
        let (Some((name, json)), None) = (entries.next(), entries.next()) else {
            return Err(Error::invalid(
                "",
                "It has to have one of value, any and except.",
            ));
        };
        let test = match name.as_str() {
            "value" => scalar(json).map(|scalar| Test::Any(vec![scalar])),
            "any" => self.scalars(json).map(Test::Any),
            "except" => self.scalars(json).map(Test::Except),
            _ => return Err(unknown(name, "value, any and except")),
        };
        test.map_err(|error| error.within(name))
    }

    fn scalars(&mut self, json: &Value) -> Result<Vec<Scalar>> {
        let Value::Array(list) = json else {
            return Err(Error::invalid("", "This is not a list."));
        };
        if list.is_empty() {
            self.nothing("an empty list")?;
        }
        self.room.take_values(list.len())?;
        let mut scalars = Vec::with_capacity(list.len());
        for (i, json) in list.iter().enumerate() {
            scalars.push(scalar(json).map_err(|error| error.within(&format!("[{i}]")))?);
        }
        Ok(scalars)
    }
}

fn scalar(json: &Value) -> Result<Scalar> {
    match json {
        Value::String(text) => Ok(Scalar::Text(text.clone())),
        Value::Bool(bool) => Ok(Scalar::Bool(*bool)),
        Value::Number(_) => match Number::of(json) {
            Some(number) => Ok(Scalar::Number(number)),
            None => Err(Error::invalid("", "This number cannot be compared.")),
        },
        _ => Err(Error::invalid(
            "",
            "This is not a text, a number, true or false.",
        )),
    }
}

/// Numbers or times, by what the bounds are.
fn range(json: &Value) -> Result<Test> {
    let json = object(json)?;
    let bounds: Vec<(&str, &Value)> = json
        .iter()
        .filter(|(_, json)| !json.is_null())
        .map(|(name, json)| (name.as_str(), json))
        .collect();
    if bounds.is_empty() {
        return Err(Error::invalid("", "It has no bound: gt, gte, lt or lte."));
    }
    if bounds.iter().any(|(_, json)| json.is_string()) {
        return read_bounds::<Timestamp>(&bounds, bound_of_times).map(Test::Times);
    }
    let number = |_: &str, json: &Value| {
        Number::of(json).ok_or_else(|| Error::invalid("", "This is neither a number nor a time."))
    };
    read_bounds(&bounds, number).map(Test::Numbers)
}

/// A bound of times: numbers are seconds. A day goes to its end where it is the last that is meant, or the last that is not.
fn bound_of_times(name: &str, json: &Value) -> Result<Timestamp> {
    let no_time = |error: String| Error::invalid("", error);
    let Value::String(text) = json else {
        return serde_json::from_value(json.clone()).map_err(|_| {
            no_time(format!(
                "{json} is no time. Write it as 2024-03-05T10:30:00Z, or as seconds since 1970."
            ))
        });
    };
    let span = Span::parse(text).map_err(|error| no_time(error.to_string()))?;
    Ok(match name {
        "gt" | "lte" => span.last,
        _ => span.first,
    })
}

fn read_bounds<T>(
    bounds: &[(&str, &Value)],
    read: impl Fn(&str, &Value) -> Result<T>,
) -> Result<Bounds<T>> {
    let mut found = Bounds {
        gt: None,
        gte: None,
        lt: None,
        lte: None,
    };
    for (name, json) in bounds {
        let bound = match *name {
            "gt" => &mut found.gt,
            "gte" => &mut found.gte,
            "lt" => &mut found.lt,
            "lte" => &mut found.lte,
            _ => return Err(unknown(name, "gt, gte, lt and lte")),
        };
        *bound = Some(read(name, json).map_err(|error| error.within(name))?);
    }
    Ok(found)
}

fn object(json: &Value) -> Result<&Map<String, Value>> {
    json.as_object()
        .ok_or_else(|| Error::invalid("", "This is not an object."))
}

fn text(json: &Value) -> Result<&str> {
    json.as_str()
        .ok_or_else(|| Error::invalid("", "This is not a text."))
}

fn unknown(name: &str, known: &str) -> Error {
    Error::invalid(name, format!("Filters here know {known} only."))
}
