//! Schemas of what a type does not say by itself.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// A flag as other servers take it; what is read of it is a truth value (`loose.rs`).
pub(crate) enum LooseFlag {}

/// A number from 0 on as other servers take it.
pub(crate) enum LooseCount {}

/// A number from 1 on as other servers take it.
pub(crate) enum LooseDimensions {}

/// A whole number as other servers take it.
pub(crate) enum LooseInteger {}

impl PartialSchema for LooseFlag {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some([0, 1]));
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(
            r"^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[01])\s*$",
        ));
        let forms = OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::Boolean))
            .item(number)
            .item(text);
        RefOr::T(forms.into())
    }
}

impl PartialSchema for LooseCount {
    fn schema() -> RefOr<Schema> {
        whole_number(0, r"^\s*[0-9]+(\.0*)?\s*$")
    }
}

impl PartialSchema for LooseDimensions {
    fn schema() -> RefOr<Schema> {
        whole_number(1, r"^\s*0*[1-9][0-9]*(\.0*)?\s*$")
    }
}

impl PartialSchema for LooseInteger {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(r"^\s*-?[0-9]+(\.0*)?\s*$"));
        RefOr::T(OneOfBuilder::new().item(number).item(text).into())
    }
}

impl ToSchema for LooseInteger {}
impl ToSchema for LooseFlag {}
impl ToSchema for LooseCount {}
impl ToSchema for LooseDimensions {}

/// A number with or without a fraction as other servers take it.
pub(crate) enum LooseNumber {}

impl PartialSchema for LooseNumber {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Number);
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(
            r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?\s*$",
        ));
        RefOr::T(OneOfBuilder::new().item(number).item(text).into())
    }
}

impl ToSchema for LooseNumber {}

/// A number, also as text.
fn whole_number(least: u32, pattern: &str) -> RefOr<Schema> {
    let number = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(least));
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern));
    RefOr::T(OneOfBuilder::new().item(number).item(text).into())
}

/// A text, or a list of texts.
pub(crate) fn text_or_texts() -> Schema {
    OneOfBuilder::new()
        .item(ObjectBuilder::new().schema_type(Type::String))
        .item(texts())
        .description(Some("A text, or a list of texts."))
        .examples([serde_json::json!("今天天气真不错")])
        .into()
}

/// A text, a list of texts that may be empty, or null.
pub(crate) fn any_texts() -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    OneOfBuilder::new()
        .item(text())
        .item(ArrayBuilder::new().items(text()))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .description(Some(
            "The texts; absent or empty: none, and the model is loaded.",
        ))
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
