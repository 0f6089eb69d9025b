//! What Cohere's `embed` is asked to embed: `texts`, or in its second API also `inputs`, which may be of several parts.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::ApiError;
use crate::request::fields::{Fields, list, text as plain_text};
use crate::request::json::Json;
use crate::request::text::{Rules, checked, each};
use crate::request::{Source, texts};

/// The only kind of part that a model for text reads.
const TEXT: &str = "text";

/// The names that texts come by.
const TEXTS: &str = "texts";
const INPUTS: &str = "inputs";

/// The texts, by either name.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) all: Vec<String>,
    /// The name that they came by.
    name: &'static str,
}

impl Texts {
    pub(super) fn take(source: &mut Source<'_>) -> Result<Self, ApiError> {
        let Some((inputs, field)) = source.fields.optional(INPUTS) else {
            let (all, name) = (texts(source, TEXTS)?, TEXTS);
            return Ok(Self { all, name });
        };
        if source.fields.has(TEXTS) {
            let reason = format!("There is {TEXTS} too; send one of the two.");
            return Err(ApiError::InvalidValue { field, reason });
        }
        let inputs = list(inputs, &field)?;
        source.count_texts(inputs.len(), &field)?;
        let all = each(inputs, &field, |value, path| {
            read_input(value, path, source.rules)
        })?;
        Ok(Self { all, name: INPUTS })
    }

    /// The field of a text.
    pub(super) fn field(&self, i: usize) -> String {
        format!("{}[{i}]", self.name)
    }
}

/// An object whose `content` is a list of parts; they are one text, a line each.
fn read_input(value: Json, path: &str, rules: Rules<'_>) -> Result<String, ApiError> {
    let (content, path) = Fields::of(value, path)?.required("content")?;
    let parts = each(list(content, &path)?, &path, read_part)?;
    checked(parts.join("\n"), &path, rules)
}

fn read_part(value: Json, path: &str) -> Result<String, ApiError> {
    let mut part = Fields::of(value, path)?;
    let (kind, field) = part.required("type")?;
    if plain_text(kind, &field)? != TEXT {
        let reason = format!("This server embeds text only; send parts of type {TEXT:?}.");
        return Err(ApiError::InvalidValue { field, reason });
    }
    let (value, path) = part.required(TEXT)?;
    plain_text(value, &path)
}

impl PartialSchema for Texts {
    fn schema() -> RefOr<Schema> {
        let texts = ArrayBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
            .items(ObjectBuilder::new().schema_type(Type::String))
            .min_items(Some(1))
            .examples([serde_json::json!(["今天天气真不错", "外面阳光明媚"])]);
        let either = ObjectBuilder::new()
            .property(TEXTS, texts)
            .property(INPUTS, inputs_schema());
        RefOr::T(either.into())
    }
}

impl ToSchema for Texts {
    fn name() -> Cow<'static, str> {
        "CohereTexts".into()
    }
}

/// Objects with a list of parts.
fn inputs_schema() -> Schema {
    let part = ObjectBuilder::new()
        .property(
            "type",
            ObjectBuilder::new()
                .schema_type(Type::String)
                .enum_values(Some([TEXT])),
        )
        .property(TEXT, ObjectBuilder::new().schema_type(Type::String))
        .required("type")
        .required(TEXT);
    let parts = ArrayBuilder::new().items(part).min_items(Some(1));
    let input = ObjectBuilder::new()
        .property("content", parts)
        .required("content");
    ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .items(input)
        .min_items(Some(1))
        .description(Some(
            "In place of `texts`, as Cohere's second API takes them: texts in parts, which are joined as lines.",
        ))
        .into()
}
