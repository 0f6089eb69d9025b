//! The route that a path without one was probably meant for.

use std::collections::BTreeMap;

use crate::route::Route;
use crate::routes::by_path;

/// How alike two paths are at least, from 0 to 1, for one to be taken for the other.
const NEAR: f64 = 0.7;

/// Longest path that is looked at; all routes are shorter.
const LONGEST: usize = 128;

/// Paths of routes with their methods, such as `POST /v1/embeddings`.
pub(crate) struct Nearest(BTreeMap<String, String>);

impl Nearest {
    /// Of the routes of a table, without those whose path has a name in it: anything might be a slip for one of these.
    pub(crate) fn of(table: &[Route]) -> Self {
        let paths = by_path(table).into_iter();
        let fixed = paths.filter(|(path, _)| path.len() > 1 && !path.contains('{'));
        Self(
            fixed
                .map(|(path, routes)| (path, methods(&routes)))
                .collect(),
        )
    }

    /// The route that is meant by a path, if one is near: one that the path ends with, or one of nearly the same letters.
    pub(crate) fn to(&self, path: &str) -> Option<String> {
        if path.len() > LONGEST {
            return None;
        }
        let path = path.to_ascii_lowercase();
        let likeness = |route: &str| match path.ends_with(route) {
            true => 1.0,
            false => strsim::normalized_damerau_levenshtein(&path, route),
        };
        let routes = self
            .0
            .iter()
            .map(|(route, methods)| (likeness(route), route, methods));
        // Of those that it ends with the longest one is meant.
        let best = routes.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.len().cmp(&b.1.len())))?;
        (best.0 >= NEAR).then(|| format!("{} {}", best.2, best.1))
    }
}

fn methods(routes: &[&Route]) -> String {
    let names: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    names.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::table;

    #[test]
    fn slips_and_paths_with_something_in_front_are_told() {
        let nearest = Nearest::of(&table());
        for (path, meant) in [
            ("/similarty", Some("POST /similarity")),
            ("/v1/embedding", Some("POST /v1/embeddings")),
            ("/V1/Embeddings", Some("POST /v1/embeddings")),
            ("/api/v1/embeddings", Some("POST /v1/embeddings")),
            ("/llm/gateway/v1/rerank", Some("POST /v1/rerank")),
            ("/openapi.jsn", Some("GET /openapi.json")),
            ("/v1/model", Some("GET /v1/models")),
            ("/healthz", Some("GET /health")),
            ("/", None),
            ("/favicon.ico", None),
            ("/nowhere", None),
            ("/v1/chat/completions", None),
            ("/.env", None),
        ] {
            assert_eq!(nearest.to(path).as_deref(), meant, "{path}");
        }
        assert_eq!(nearest.to(&"/x".repeat(100_000)), None);
    }
}
