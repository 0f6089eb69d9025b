//! A route, declared once. The router, the OpenAPI document, the guard, the envelope and what is told to browsers of other
//! origins are all made from it.

use axum::http::Method;
use axum::routing::MethodRouter;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, path::Paths};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::App;

/// Who may call a route. Of two, the later one asks for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// Everyone: probes have no key, and the pages have nothing to hide.
    Open,
    /// Whoever has a key, where keys are asked for.
    Key,
    /// Whoever may change the server itself.
    Admin,
}

/// Whose shape of failure a route answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureShape {
    /// Ours, which the routes of TEI, vLLM and Cohere answer as well.
    Own,
    /// OpenAI's.
    OpenAi,
    /// Ollama's.
    Ollama,
}

/// Which pages may call a route from a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrossOrigin {
    /// Those of every origin, unless some were named: the route only computes.
    Anyone,
    /// Those of origins that were named: the route tells of the server or changes it.
    Named,
    /// Those of this server.
    Nobody,
}

/// A route: a method, the paths that lead to it, what answers, and what everything around it has to know.
pub(crate) struct Route {
    /// As handlers declare it, such as `/v1/models/{model}`.
    path: String,
    aliases: Vec<Alias>,
    /// Whether its last parameter may hold slashes.
    takes_slashes: bool,
    pub(crate) method: Method,
    pub(crate) access: Access,
    pub(crate) failures: FailureShape,
    pub(crate) pages: CrossOrigin,
    pub(crate) handler: MethodRouter<App>,
    item: PathItem,
    /// What the handler's types look like, by name.
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

/// A further path to a route.
struct Alias {
    path: &'static str,
    operation_id: &'static str,
    summary: &'static str,
}

impl Route {
    /// A route of one handler. Its method, path and description are those of the handler's `utoipa::path`.
    pub(crate) fn new(
        declared: UtoipaMethodRouter<App>,
        access: Access,
        failures: FailureShape,
        pages: CrossOrigin,
    ) -> Self {
        let (schemas, paths, handler) = declared;
        let (path, item) = only_path(paths);
        Self {
            method: method_of(&item),
            path,
            aliases: Vec::new(),
            takes_slashes: false,
            access,
            failures,
            pages,
            handler,
            item,
            schemas,
        }
    }

    /// The same under a further path; the document says why by `summary`.
    pub(crate) fn alias(
        mut self,
        path: &'static str,
        operation_id: &'static str,
        summary: &'static str,
    ) -> Self {
        self.aliases.push(Alias {
            path,
            operation_id,
            summary,
        });
        self
    }

    /// The last parameter of its path may hold slashes.
    pub(crate) fn taking_slashes(mut self) -> Self {
        self.takes_slashes = true;
        self
    }

    /// Its paths, as the router writes them.
    pub(crate) fn paths(&self) -> impl Iterator<Item = String> {
        let main = match self.takes_slashes {
            true => self.path.replace("{", "{*"),
            false => self.path.clone(),
        };
        let aliases = self.aliases.iter().map(|alias| alias.path.to_owned());
        std::iter::once(main).chain(aliases)
    }

    /// Its paths as the document writes them, each with its description.
    pub(crate) fn items(&self) -> impl Iterator<Item = (String, PathItem)> {
        let aliases = self.aliases.iter().map(|alias| {
            let mut item = self.item.clone();
            for operation in operations(&mut item) {
                operation.operation_id = Some(alias.operation_id.to_owned());
                operation.summary = Some(alias.summary.to_owned());
                operation.description = None;
            }
            (alias.path.to_owned(), item)
        });
        std::iter::once((self.path.clone(), self.item.clone())).chain(aliases)
    }
}

/// The operations of a path, whatever their methods.
pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The path of a handler and what is said of it: a handler has one, and one method.
fn only_path(paths: Paths) -> (String, PathItem) {
    paths.paths.into_iter().next().unwrap_or_default()
}

fn method_of(item: &PathItem) -> Method {
    let methods = [
        (&item.get, Method::GET),
        (&item.put, Method::PUT),
        (&item.post, Method::POST),
        (&item.delete, Method::DELETE),
        (&item.patch, Method::PATCH),
    ];
    let found = methods
        .into_iter()
        .find(|(operation, _)| operation.is_some());
    found.map_or(Method::GET, |(_, method)| method)
}
