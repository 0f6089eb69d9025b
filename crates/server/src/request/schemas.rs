//! Schemas of what a type does not say by itself.

use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};

/// A text, or a list of texts.
pub(crate) fn text_or_texts() -> Schema {
    OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String))
        .item(texts())
        .description(Some("A text, or a list of texts."))
        .examples([serde_json::json!("今天天气真不错")])
        .into()
}

/// Texts, or objects with a `text`.
pub(crate) fn documents() -> Schema {
    let document = OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String))
        .item(
            ObjectBuilder::new()
                .property("text", ObjectBuilder::new().schema_type(Type::String))
                .required("text"),
        );
    ArrayBuilder::new()
        .items(document)
        .min_items(Some(1))
        .description(Some("Texts, or objects with a `text`."))
        .examples([serde_json::json!(["是否支持开具发票？", "今天天气真不错"])])
        .into()
}

fn texts() -> Array {
    ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(Type::String))
        .min_items(Some(1))
        .build()
}
