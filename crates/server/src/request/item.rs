//! Items of collections as clients send them, and filters.

use serde_json::{Map, Value};
use yuyi_language::is_blank;
use yuyi_store::{Filter, InvalidTimestamp, Item, Timestamp, VectorItem};

use crate::ApiError;
use crate::request::fields::{list, whole_text, wrong_type};
use crate::request::json::Json;
use crate::request::text::{Rules, check_count, checked, each, read_text};
use crate::request::value::{payload, value, vector, vectors};
use crate::request::{Source, number, optional_flag, request, text};

request! {
    /// A text with what belongs to it.
    #[schema(as = ItemRequest)]
    pub(crate) struct ItemRequest {
        /// 1 to 256 bytes; absent: a digest of the text, so that the same text sent again is the same item.
        #[schema(example = "invoice-1", min_length = 1)]
        id: Option<String> = id,
        /// What is embedded and found by its words.
        #[schema(example = "是否支持开具发票？", min_length = 1)]
        text: String = text,
        /// Other ways to say it. The item is as near as the nearest of its texts.
        #[schema(max_items = 1000, example = json!(["能开票吗"]))]
        wordings: Option<Vec<String>> = wordings,
        /// What is said when it is asked for.
        #[schema(example = "可以，在订单页申请。")]
        answer: Option<String> = answer,
        /// Anything; filters look at it.
        #[schema(value_type = Option<Object>, example = json!({"category": "发票"}))]
        payload: Map<String, Value> = payload,
        /// When it was said or written: RFC 3339, a day, or seconds since 1970.
        #[schema(value_type = Option<TimeRequest>, example = "2024-03-05T10:30:00Z")]
        time: Option<Timestamp> = timestamp,
        /// The vector of the text, where the collection has no model and the item no wordings.
        #[schema(example = json!(null))]
        vector: Option<Vec<f32>> = vector,
        /// The vectors of the text and of the wordings, where the collection has no model.
        #[schema(example = json!(null))]
        vectors: Option<Vec<Vec<f32>>> = vectors,
        /// What kind of entry of a FAQ it is. This and what follows is for `match`.
        #[schema(example = json!(null))]
        category: Option<String> = category,
        /// Words that a question must not have to be answered by it.
        #[schema(value_type = Option<Vec<String>>, example = json!(null))]
        not_words: Vec<String> = words,
        /// Ids of entries to show beside it.
        #[schema(value_type = Option<Vec<String>>, example = json!(null))]
        related: Vec<String> = ids,
        /// False: it is kept, and does not answer.
        #[schema(example = json!(null))]
        enabled: Option<bool> = optional_flag,
        /// From when on it answers.
        #[schema(value_type = Option<TimeRequest>, example = json!(null))]
        valid_from: Option<Timestamp> = timestamp,
        /// When it ceases to; of a day, at its end.
        #[schema(value_type = Option<TimeRequest>, example = json!(null))]
        valid_until: Option<Timestamp> = end,
        /// The least similarity with which it answers, in place of that of all entries.
        #[schema(minimum = 0, maximum = 1, example = json!(null))]
        threshold: Option<f64> = number,
        /// True: it is an example of what is not answered.
        #[schema(example = json!(null))]
        reject: Option<bool> = optional_flag,
    }
}

/// A point in time.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what is read by `timestamp`")]
pub(crate) enum TimeRequest {
    /// RFC 3339, or a day.
    Text(String),
    /// Seconds since 1970.
    Seconds(f64),
}

impl ItemRequest {
    /// The items of a list that stands at `path`.
    pub(crate) fn read_all(
        json: Json,
        path: &str,
        rules: Rules<'_>,
    ) -> Result<Vec<VectorItem>, ApiError> {
        let given = list(json, path)?;
        let limit = rules.limits.items;
        if given.len() > limit {
            return Err(ApiError::TooManyItems {
                field: path.to_owned(),
                count: given.len(),
                limit,
            });
        }
        let items = each(given, path, |json, path| Self::read(json, path, rules))?;
        let texts = items.iter().map(|item| item.item.texts().len()).sum();
        check_count(texts, path, rules.limits)?;
        Ok(items)
    }

    /// The item that stands at `path`, with an id.
    pub(crate) fn read(json: Json, path: &str, rules: Rules<'_>) -> Result<VectorItem, ApiError> {
        let mut source = Source::at(json, path, rules)?;
        let request = Self::take(&mut source)?;
        let place = source.fields.path_of("vector");
        source.finish()?;
        if request.vector.is_some() && request.vectors.is_some() {
            return Err(ApiError::InvalidValue {
                field: place,
                reason: "It stands beside vectors; send one of the two.".to_owned(),
            });
        }
        let vectors = request.vectors.unwrap_or_default();
        let vectors = request.vector.map_or(vectors, |vector| vec![vector]);
        let mut item = Item {
            id: request.id.unwrap_or_default(),
            text: request.text,
            wordings: request.wordings.unwrap_or_default(),
            answer: request.answer,
            payload: request.payload,
            time: request.time,
            category: request.category,
            not_words: request.not_words,
            related: request.related,
            enabled: request.enabled,
            valid_from: request.valid_from,
            valid_until: request.valid_until,
            threshold: request.threshold,
            reject: request.reject,
        };
        item.identify();
        Ok(VectorItem { item, vectors })
    }
}

/// An id, which may be absent; the empty one is an error of its own.
pub(crate) fn id(source: &mut Source<'_>, name: &'static str) -> Result<Option<String>, ApiError> {
    let Some((json, path)) = source.fields.optional(name) else {
        return Ok(None);
    };
    let id = whole_text(json, &path)?;
    match id.is_empty() {
        false => Ok(Some(id)),
        true => Err(ApiError::InvalidValue {
            field: path,
            reason: "It is empty. Leave it out, or name the item.".to_owned(),
        }),
    }
}

pub(crate) fn wordings(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Vec<String>>, ApiError> {
    let rules = source.rules;
    match source.fields.optional(name) {
        None => Ok(None),
        Some((Json::Array(list), path)) => {
            each(list, &path, |json, path| read_text(json, path, rules)).map(Some)
        }
        Some((other, path)) => Err(wrong_type(&path, "a list of texts", &other)),
    }
}

pub(crate) fn category(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<String>, ApiError> {
    let found = source.fields.optional(name);
    found
        .map(|(json, path)| whole_text(json, &path))
        .transpose()
}

/// Words, of which there may be none.
pub(crate) fn words(source: &mut Source<'_>, name: &'static str) -> Result<Vec<String>, ApiError> {
    let rules = source.rules;
    strings(source, name, "a list of words", |json, path| {
        read_text(json, path, rules)
    })
}

/// Ids, of which there may be none. The store checks them.
pub(crate) fn ids(source: &mut Source<'_>, name: &'static str) -> Result<Vec<String>, ApiError> {
    strings(source, name, "a list of ids", |json, path| {
        whole_text(json, path)
    })
}

fn strings(
    source: &mut Source<'_>,
    name: &'static str,
    expected: &'static str,
    read: impl Fn(Json, &str) -> Result<String, ApiError>,
) -> Result<Vec<String>, ApiError> {
    match source.fields.optional(name) {
        None => Ok(Vec::new()),
        Some((Json::Array(list), path)) => each(list, &path, read),
        Some((other, path)) => Err(wrong_type(&path, expected, &other)),
    }
}

/// An answer may be as long as a text, and blank: then it is none.
pub(crate) fn answer(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<String>, ApiError> {
    let rules = source.rules;
    let Some((json, path)) = source.fields.optional(name) else {
        return Ok(None);
    };
    match whole_text(json, &path)? {
        empty if is_blank(&empty) => Ok(Some(empty)),
        answer => checked(answer, &path, rules).map(Some),
    }
}

pub(crate) fn timestamp(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Timestamp>, ApiError> {
    read_time(source, name, str::parse)
}

/// When something ends: a day means its end.
pub(crate) fn end(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Timestamp>, ApiError> {
    read_time(source, name, Timestamp::parse_end)
}

fn read_time(
    source: &mut Source<'_>,
    name: &'static str,
    read: impl Fn(&str) -> Result<Timestamp, InvalidTimestamp>,
) -> Result<Option<Timestamp>, ApiError> {
    let Some((json, path)) = source.fields.optional(name) else {
        return Ok(None);
    };
    let is_time = matches!(json, Json::String(_) | Json::Integer(_) | Json::Float(_));
    if !is_time {
        return Err(wrong_type(&path, "a time", &json));
    }
    let time = match value(json, &path)? {
        Value::String(text) => read(&text).map_err(|error| error.to_string()),
        number => serde_json::from_value(number).map_err(|error| error.to_string()),
    };
    time.map(Some).map_err(|reason| ApiError::InvalidValue {
        field: path,
        reason,
    })
}

/// A filter, which may be absent.
pub(crate) fn filter(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Filter>, ApiError> {
    let found = source.fields.optional(name);
    found
        .map(|(json, path)| read_filter(json, &path, Filter::parse))
        .transpose()
}

/// A filter of what is removed, which must be there.
pub(crate) fn filter_to_remove(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Filter, ApiError> {
    let (json, path) = source.fields.required(name)?;
    read_filter(json, &path, Filter::parse_to_remove)
}

fn read_filter(
    json: Json,
    path: &str,
    parse: fn(&Value) -> yuyi_store::Result<Filter>,
) -> Result<Filter, ApiError> {
    if !matches!(json, Json::Object(_)) {
        return Err(wrong_type(path, "an object", &json));
    }
    let parsed = parse(&value(json, path)?);
    Ok(parsed.map_err(|error| error.within(path))?)
}

/// Which items are meant: all conditions of `must`, one of `should` and none of `must_not` hold. A condition is
/// `{"key": PATH, "match": {"value" | "any" | "except"}}`, `{"key", "range": {"gt" | "gte" | "lt" | "lte"}}`, `{"key", "exists": true | false}`, or a filter.
#[derive(utoipa::ToSchema)]
#[schema(as = Filter)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what is read by `filter`")]
pub(crate) struct FilterRequest {
    #[schema(value_type = Option<Vec<Object>>, example = json!([{"key": "category", "match": {"value": "发票"}}]))]
    must: Option<Vec<Value>>,
    #[schema(value_type = Option<Vec<Object>>)]
    should: Option<Vec<Value>>,
    #[schema(value_type = Option<Vec<Object>>)]
    must_not: Option<Vec<Value>>,
}
