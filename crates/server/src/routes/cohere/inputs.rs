//! What Cohere's `embed` is asked to embed: `texts`, or in its second API also `inputs`, which may be of several parts.

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};

use crate::ApiError;
use crate::request::fields::{Fields, list, text as plain_text};
use crate::request::json::Json;
use crate::request::text::{Rules, checked, each};
use crate::request::{Source, texts};

/// The only kind of part that a model for text reads.
const TEXT: &str = "text";

/// The texts, by either name.
pub(super) fn take_texts(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Vec<String>, ApiError> {
    let Some((inputs, field)) = source.fields.optional("inputs") else {
        return texts(source, name);
    };
    if source.fields.has(name) {
        let reason = format!("There is {name} too; send one of the two.");
        return Err(ApiError::InvalidValue { field, reason });
    }
    let inputs = list(inputs, &field)?;
    source.count_texts(inputs.len(), &field)?;
    each(inputs, &field, |value, path| {
        read_input(value, path, source.rules)
    })
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

/// `inputs` are read together with `texts`, in whose place they stand.
pub(super) fn read_with_texts(_: &mut Source<'_>, _: &'static str) -> Result<(), ApiError> {
    Ok(())
}

/// Objects with a list of parts.
pub(super) fn schema() -> Schema {
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
