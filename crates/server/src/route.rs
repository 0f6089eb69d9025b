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
    /// That of Dify's External Knowledge API.
    Dify,
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
    /// A path of other routes that its parameters would take, if it were not theirs.
    shared_path: Option<&'static str>,
    /// Whether the router leads to another one, which leads here.
    is_within_another: bool,
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
    /// A route of one handler. Its method, path and description are those of the handler's `utoipa::path`, which is one of each:
    /// tests build the table, and so see one that is not.
    pub(crate) fn new(
        declared: UtoipaMethodRouter<App>,
        access: Access,
        failures: FailureShape,
        pages: CrossOrigin,
    ) -> Self {
        let (schemas, paths, handler) = declared;
        let (path, item, method) = only_way(paths);
        Self {
            method,
            path,
            aliases: Vec::new(),
            takes_slashes: false,
            shared_path: None,
            is_within_another: false,
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

    /// The same, which answers at the path of another one as well, by another method: the router prefers a path without parameters, and would not come here.
    pub(crate) fn sharing(mut self, path: &'static str) -> Self {
        self.shared_path = Some(path);
        self
    }

    /// The same, to which the handler of another one leads, whose last parameter takes its path too: the router knows of no parameter that goes on behind slashes.
    pub(crate) fn within_another(mut self) -> Self {
        self.is_within_another = true;
        self
    }

    /// Its paths, as the router writes them.
    pub(crate) fn paths(&self) -> impl Iterator<Item = String> {
        let last = self.path.rfind('{').filter(|_| self.takes_slashes);
        let main = match last {
            Some(last) => format!("{}{{*{}", &self.path[..last], &self.path[last + 1..]),
            None => self.path.clone(),
        };
        let aliases = self.aliases.iter().map(|alias| alias.path.to_owned());
        let main = Some(main).filter(|_| !self.is_within_another);
        let shared = self.shared_path.map(str::to_owned);
        main.into_iter().chain(aliases).chain(shared)
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

/// The path of a handler, what is said of it, and its method.
fn only_way(paths: Paths) -> (String, PathItem, Method) {
    assert_eq!(paths.paths.len(), 1, "a handler of one path");
    let (path, item) = paths.paths.into_iter().next().unwrap_or_default();
    let methods = methods_of(&item);
    assert_eq!(methods.len(), 1, "a handler of one method at {path}");
    let method = methods.into_iter().next().unwrap_or_default();
    (path, item, method)
}

fn methods_of(item: &PathItem) -> Vec<Method> {
    let methods = [
        (&item.get, Method::GET),
        (&item.put, Method::PUT),
        (&item.post, Method::POST),
        (&item.delete, Method::DELETE),
        (&item.patch, Method::PATCH),
        (&item.head, Method::HEAD),
        (&item.options, Method::OPTIONS),
        (&item.trace, Method::TRACE),
    ];
    let described = methods.into_iter().filter(|(way, _)| way.is_some());
    described.map(|(_, method)| method).collect()
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::HttpMethod;

    use super::*;

    fn paths(ways: &[(&str, HttpMethod)]) -> Paths {
        let mut paths = Paths::new();
        for (path, method) in ways {
            paths.add_path_operation(*path, vec![method.clone()], Operation::new());
        }
        paths
    }

    #[test]
    fn a_handler_says_its_method() {
        for (declared, method) in [
            (HttpMethod::Get, Method::GET),
            (HttpMethod::Put, Method::PUT),
            (HttpMethod::Post, Method::POST),
            (HttpMethod::Delete, Method::DELETE),
            (HttpMethod::Patch, Method::PATCH),
        ] {
            let (path, _, found) = only_way(paths(&[("/a", declared)]));
            assert_eq!((path.as_str(), found), ("/a", method));
        }
    }

    #[test]
    #[should_panic(expected = "a handler of one path")]
    fn a_handler_without_a_path_is_no_route() {
        only_way(Paths::new());
    }

    #[test]
    #[should_panic(expected = "a handler of one path")]
    fn a_handler_of_two_paths_is_no_route() {
        only_way(paths(&[("/a", HttpMethod::Get), ("/b", HttpMethod::Get)]));
    }

    #[test]
    #[should_panic(expected = "a handler of one method at /a")]
    fn a_handler_of_two_methods_is_no_route() {
        only_way(paths(&[("/a", HttpMethod::Get), ("/a", HttpMethod::Put)]));
    }
}
