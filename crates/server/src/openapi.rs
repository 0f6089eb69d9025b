//! The OpenAPI document: the table of routes and their types say what they are, and every operation gets the failures of
//! the table of errors.

use std::collections::BTreeMap;
use std::mem;

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AnyOf, OneOf, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as OpenApiDocument, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::envelope::{DifyFailure, OllamaFailure, OpenAiReply, OwnReply};
use crate::route::{FailureShape, Route, operations};

/// The document without its paths.
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
        (name = "Collections", description = "Texts that stay, found by meaning and by words"),
        (name = "Server", description = "What runs here, and how it is"),
    ),
    components(schemas(OwnReply, OpenAiReply, OllamaFailure, DifyFailure)),
    modifiers(&Keys),
)]
struct Document;

/// The document of a table of routes.
pub(crate) fn document(table: &[Route]) -> OpenApiDocument {
    let mut document = Document::openapi();
    let mut schemas = BTreeMap::new();
    for route in table {
        schemas.extend(route.schemas.iter().cloned());
        for (path, mut item) in route.items() {
            operations(&mut item).for_each(|operation| add_failures(operation, route.failures));
            let known = document.paths.paths.entry(path).or_default();
            known.merge_operations(item);
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
    if let Some(RefOr::T(schema)) = components.schemas.get_mut(OF_SEVERAL_FORMS) {
        allow_several_forms(schema);
    }
    document
}

/// A request that may fit several of its forms, of which the first one counts.
const OF_SEVERAL_FORMS: &str = "ScoreRequest";

/// Turns "one of these" into "any of these"; of an enum the former is derived.
fn allow_several_forms(schema: &mut Schema) {
    if let Schema::OneOf(OneOf {
        items, description, ..
    }) = schema
    {
        let mut any = AnyOf::new();
        any.items = mem::take(items);
        any.description = description.take();
        *schema = any.into();
    }
}

/// Statuses of failures, in words; `docs/*/api.md` has the codes.
const ANY: [(u16, &str); 8] = [
    (
        400,
        "The request or its body cannot be read, or a number in it is out of range.",
    ),
    (401, "A key is missing or not valid."),
    (
        403,
        "The key, or the name by which a browser came, does not allow this.",
    ),
    (408, "The request did not arrive in time."),
    (
        429,
        "Too much work is waiting, or too many requests came. Try again after `Retry-After` seconds.",
    ),
    (
        500,
        "A fault of the server; the message has the id of the request.",
    ),
    (502, "The model computes elsewhere, and failed there."),
    (
        503,
        "The model is being loaded or does not answer, the collections cannot be used, the wait was too long, or the server shuts down. Try again after `Retry-After` seconds.",
    ),
];

/// Those of operations that take a body.
const WITH_BODY: [(u16, &str); 4] = [
    (404, "The model is not served here."),
    (413, "The body, a text or a list is over a limit."),
    (415, "The body is not sent as JSON."),
    (
        422,
        "A field is missing, unknown or of a wrong type or value.",
    ),
];

/// Adds what any operation may fail with, in the shape of its route.
fn add_failures(operation: &mut Operation, shape: FailureShape) {
    let with_body = WITH_BODY
        .iter()
        .filter(|_| operation.request_body.is_some());
    for (status, meaning) in ANY.iter().chain(with_body) {
        let response = failure(meaning, shape);
        let responses = &mut operation.responses.responses;
        responses
            .entry(status.to_string())
            .or_insert(RefOr::T(response));
    }
}

fn failure(meaning: &str, shape: FailureShape) -> utoipa::openapi::Response {
    let schema = match shape {
        FailureShape::Own => "OwnReply",
        FailureShape::OpenAi => "OpenAiReply",
        FailureShape::Ollama => "OllamaFailure",
        FailureShape::Dify => "DifyFailure",
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::error::FAILURES;

    /// What only a body can be wrong in.
    const OF_BODIES: [u16; 3] = [413, 415, 422];

    #[test]
    fn a_request_may_fit_several_forms_where_the_first_counts() {
        let components = document(&crate::routes::table()).components.unwrap();
        let RefOr::T(Schema::AnyOf(forms)) = &components.schemas[OF_SEVERAL_FORMS] else {
            panic!("{OF_SEVERAL_FORMS} is of one form");
        };
        assert_eq!(forms.items.len(), 4);
        assert!(forms.description.is_some());
    }

    #[test]
    fn every_operation_documents_the_statuses_that_it_may_have() {
        // Where there is no such path or no such method, nothing is documented.
        let statuses = FAILURES.iter().map(|(status, _)| *status);
        // A conflict is one of collections, whose routes say which.
        let statuses = statuses.filter(|status| ![405, 409].contains(status));
        let statuses: BTreeSet<u16> = statuses.collect();
        let mut operations_seen = 0;
        for (path, mut item) in document(&crate::routes::table()).paths.paths {
            for operation in operations(&mut item) {
                let has_body = operation.request_body.is_some();
                let missing: Vec<_> = statuses
                    .iter()
                    .filter(|status| has_body || !OF_BODIES.contains(status))
                    .filter(|&&status| has_body || status != 404 || path.contains("{model}"))
                    .filter(|status| {
                        !operation
                            .responses
                            .responses
                            .contains_key(&status.to_string())
                    })
                    .collect();
                assert!(missing.is_empty(), "{path}: {missing:?}");
                operations_seen += 1;
            }
        }
        assert!(operations_seen > 30, "{operations_seen}");
    }
}
