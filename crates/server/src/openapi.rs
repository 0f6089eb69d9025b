//! The OpenAPI document: the routes and types say what they are, and every operation gets the failures of
//! the table of errors.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::envelope::{OpenAiReply, OwnReply, Shape};
use crate::routes::{
    docs, embed, embeddings, health, info, matrix, metrics, models, page, rerank, root, score,
    similarity, tokenize,
};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "yuyi",
        description = "How alike are two sentences? Vectors, similarities and rankings of Chinese and English texts. \
            Bodies are JSON in UTF-8, sent with `Content-Type: application/json`. Every failure has a code, a message and, where \
            there is one, the path of the field at fault.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    // Relative to the document, which a proxy may serve under a prefix.
    servers((url = ".", description = "This server")),
    tags(
        (name = "Similarity", description = "How alike texts are"),
        (name = "Embeddings", description = "Vectors and tokens of texts"),
        (name = "Ranking", description = "Texts, scored against others"),
        (name = "Server", description = "What runs here, and how it is"),
    ),
    paths(
        similarity::similarity,
        matrix::matrix,
        embeddings::embeddings,
        embeddings::embeddings_alias,
        embed::embed,
        root::root,
        tokenize::tokenize,
        score::score,
        rerank::rerank,
        rerank::rerank_v2,
        rerank::rerank_any,
        models::models,
        models::model,
        models::load,
        models::unload,
        info::info,
        health::alive,
        health::ready,
        health::health,
        metrics::metrics,
        page::index,
        docs::page,
        docs::document,
    ),
    components(schemas(OwnReply, OpenAiReply)),
    modifiers(&Failures, &Keys),
)]
pub(crate) struct Document;

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

/// Statuses of failures, in words; `docs/*/api.md` has the codes.
const ANY: [(u16, &str); 6] = [
    (401, "A key is missing or not valid."),
    (403, "The key does not allow this."),
    (408, "The request did not arrive in time."),
    (
        429,
        "Too much work is waiting, or too many requests came. Try again after `Retry-After` seconds.",
    ),
    (
        500,
        "A fault of the server; the message has the id of the request.",
    ),
    (
        503,
        "The model is being loaded, the wait was too long, or the server shuts down. Try again after `Retry-After` seconds.",
    ),
];

/// Those of operations that take a body.
const WITH_BODY: [(u16, &str); 5] = [
    (
        400,
        "The body is not valid JSON or UTF-8, or a number in it is out of range.",
    ),
    (404, "The model is not served here."),
    (413, "The body, a text or a list is over a limit."),
    (415, "The body is not sent as JSON."),
    (
        422,
        "A field is missing, unknown or of a wrong type or value.",
    ),
];

/// Adds the failures to every operation, in the shape of its route.
struct Failures;

impl Modify for Failures {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            for operation in operations(item) {
                let with_body = WITH_BODY
                    .iter()
                    .filter(|_| operation.request_body.is_some());
                for (status, meaning) in ANY.iter().chain(with_body) {
                    let response = failure(meaning, Shape::of(path));
                    let responses = &mut operation.responses.responses;
                    responses
                        .entry(status.to_string())
                        .or_insert(RefOr::T(response));
                }
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    item.get.iter_mut().chain(item.post.iter_mut())
}

fn failure(meaning: &str, shape: Shape) -> utoipa::openapi::Response {
    let schema = match shape {
        Shape::Own => "OwnReply",
        Shape::OpenAi => "OpenAiReply",
    };
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .build();
    ResponseBuilder::new()
        .description(meaning)
        .content("application/json", body)
        .build()
}

/// Tells of the key that a server may want.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("Wanted only by a server that was started with keys."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}
