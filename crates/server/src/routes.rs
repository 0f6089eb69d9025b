//! One file a resource, and the one table of routes.

use std::collections::BTreeMap;

use utoipa_axum::routes;

use crate::route::Access::{Admin, Key, Open};
use crate::route::CrossOrigin::{Anyone, Named, Nobody};
use crate::route::FailureShape::{Dify, Ollama, OpenAi, Own};
use crate::route::Route;

pub(crate) mod cohere;
pub(crate) mod collections;
pub(crate) mod dedup;
pub(crate) mod docs;
pub(crate) mod embed;
pub(crate) mod embeddings;
pub(crate) mod health;
pub(crate) mod info;
pub(crate) mod matrix;
pub(crate) mod metrics;
pub(crate) mod models;
pub(crate) mod nearest;
pub(crate) mod ollama;
pub(crate) mod page;
pub(crate) mod rerank;
pub(crate) mod retrieval;
pub(crate) mod root;
pub(crate) mod score;
pub(crate) mod similarity;
pub(crate) mod tokenize;

/// The table: what answers, who may call it, whose shape of failure it has, and which pages may call it. The method, the path and
/// the description stand above the handler.
pub(crate) fn table() -> Vec<Route> {
    vec![
        Route::new(routes!(similarity::similarity), Key, Own, Anyone),
        Route::new(routes!(matrix::matrix), Key, Own, Anyone),
        Route::new(routes!(dedup::dedup), Key, Own, Anyone),
        Route::new(routes!(embeddings::embeddings), Key, OpenAi, Anyone)
            .alias(
                "/embeddings",
                "embeddings_alias",
                "As `/v1/embeddings`, for clients whose base address has no `/v1`.",
            )
            .alias(
                "/openai/v1/embeddings",
                "azure_v1_embeddings",
                "As `/v1/embeddings`, where the first version of Azure OpenAI's API has it.",
            ),
        Route::new(routes!(embeddings::azure_embeddings), Key, OpenAi, Anyone),
        Route::new(routes!(embed::embed), Key, Own, Anyone),
        Route::new(routes!(embed::pipeline), Key, Own, Anyone).taking_slashes(),
        Route::new(routes!(cohere::embed_v1), Key, Own, Anyone),
        Route::new(routes!(cohere::embed_v2), Key, Own, Anyone),
        Route::new(routes!(ollama::embed), Key, Ollama, Anyone),
        Route::new(routes!(ollama::embeddings), Key, Ollama, Anyone),
        Route::new(routes!(ollama::tags), Key, Ollama, Named),
        Route::new(routes!(ollama::version), Key, Ollama, Anyone),
        Route::new(routes!(root::root), Key, Own, Anyone),
        Route::new(routes!(tokenize::tokenize), Key, Own, Anyone),
        Route::new(routes!(score::score), Key, Own, Anyone).alias(
            "/score",
            "score_alias",
            "As `/v1/score`, for clients whose base address has no `/v1`.",
        ),
        Route::new(routes!(rerank::rerank), Key, Own, Anyone).alias(
            "/v2/rerank",
            "rerank_v2",
            "As `/v1/rerank`, where Cohere's second API looks for it.",
        ),
        Route::new(routes!(rerank::rerank_any), Key, Own, Anyone),
        Route::new(routes!(models::models), Key, OpenAi, Named)
            .alias(
                "/models",
                "models_alias",
                "As `/v1/models`, for clients whose base address has no `/v1`.",
            )
            .alias(
                "/openai/v1/models",
                "azure_v1_models",
                "As `/v1/models`, where the first version of Azure OpenAI's API has it.",
            ),
        Route::new(routes!(models::model), Key, OpenAi, Named).taking_slashes(),
        Route::new(routes!(models::load), Admin, Own, Named),
        Route::new(routes!(models::unload), Admin, Own, Named),
        Route::new(routes!(models::pull::pull), Admin, Own, Named),
        Route::new(routes!(collections::create), Key, Own, Named),
        Route::new(routes!(collections::list), Key, Own, Named),
        Route::new(routes!(collections::get), Key, Own, Named),
        Route::new(routes!(collections::remove), Key, Own, Named),
        Route::new(routes!(collections::set_words), Key, Own, Named),
        Route::new(routes!(collections::reindex), Key, Own, Named),
        Route::new(routes!(collections::abandon), Key, Own, Named),
        Route::new(routes!(collections::items::upsert), Key, Own, Named),
        Route::new(routes!(collections::items::list), Key, Own, Named),
        Route::new(routes!(collections::items::get), Key, Own, Named)
            .taking_slashes()
            .sharing(collections::items::DELETE),
        Route::new(routes!(collections::items::remove), Key, Own, Named)
            .taking_slashes()
            .sharing(collections::items::DELETE),
        Route::new(
            routes!(collections::items::remove_matching),
            Key,
            Own,
            Named,
        ),
        Route::new(routes!(collections::items::count), Key, Own, Named),
        Route::new(routes!(collections::search::search), Key, Own, Named),
        Route::new(
            routes!(collections::matching::match_question),
            Key,
            Own,
            Named,
        ),
        Route::new(routes!(collections::events::add), Key, Own, Named),
        Route::new(routes!(collections::events::forget), Key, Own, Named).taking_slashes(),
        Route::new(
            routes!(collections::recommending::recommend),
            Key,
            Own,
            Named,
        ),
        Route::new(routes!(collections::questions::unanswered), Key, Own, Named),
        Route::new(
            routes!(collections::questions::answer_cluster),
            Key,
            Own,
            Named,
        ),
        Route::new(routes!(collections::questions::dismiss), Key, Own, Named),
        // A path in which an id may have slashes leads to it: that of `items::get`.
        Route::new(routes!(collections::questions::history), Key, Own, Named).within_another(),
        Route::new(routes!(collections::transfer::import), Key, Own, Named),
        Route::new(routes!(collections::transfer::export), Key, Own, Named),
        Route::new(routes!(retrieval::retrieval), Key, Dify, Named),
        Route::new(routes!(info::info), Key, Own, Anyone),
        Route::new(routes!(health::alive), Open, Own, Nobody),
        Route::new(routes!(health::ready), Open, Own, Nobody),
        Route::new(routes!(health::health), Open, Own, Nobody),
        Route::new(routes!(metrics::metrics), Key, Own, Nobody),
        // Its path is that of `root` as well.
        Route::new(routes!(page::index), Open, Own, Anyone),
        Route::new(routes!(docs::page), Open, Own, Nobody),
        Route::new(routes!(docs::document), Open, Own, Anyone),
    ]
}

/// The routes of the table by their paths, as the router writes them.
pub(crate) fn by_path(table: &[Route]) -> BTreeMap<String, Vec<&Route>> {
    let mut paths = BTreeMap::<_, Vec<_>>::new();
    for route in table {
        for path in route.paths() {
            paths.entry(path).or_default().push(route);
        }
    }
    // The order of the `Allow` header.
    for routes in paths.values_mut() {
        routes.sort_by_key(|route| route.method.to_string());
    }
    paths
}

/// Method and path of every route, as the OpenAPI document writes them; aliases are among them.
pub fn routes() -> Vec<(String, String)> {
    let of_route = |route: &Route| {
        let method = route.method.to_string();
        let paths: Vec<_> = route.items().map(|(path, _)| path).collect();
        paths.into_iter().map(move |path| (method.clone(), path))
    };
    table().iter().flat_map(of_route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_a_path_agrees_on_what_is_asked_before_the_method_is_known() {
        for (path, routes) in by_path(&table()) {
            let first = routes[0];
            for route in &routes {
                assert_eq!(route.pages, first.pages, "{path}");
                assert_eq!(route.failures, first.failures, "{path}");
            }
            let methods: Vec<_> = routes.iter().map(|route| route.method.as_str()).collect();
            let mut different = methods.clone();
            different.dedup();
            assert_eq!(methods, different, "{path}");
        }
    }

    #[test]
    fn only_probes_and_pages_are_open() {
        let open: Vec<_> = table()
            .into_iter()
            .filter(|route| route.access == Open)
            .map(|route| (route.method.to_string(), route.paths().next().unwrap()))
            .collect();
        let paths = [
            "/livez",
            "/readyz",
            "/health",
            "/",
            "/docs",
            "/openapi.json",
        ];
        let expected: Vec<_> = paths.map(|path| ("GET".to_owned(), path.to_owned())).into();
        assert_eq!(open, expected);
    }
}
