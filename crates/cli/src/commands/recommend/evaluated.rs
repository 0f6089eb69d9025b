//! What is said of a log.

use serde::Serialize;
use yuyi_collections::{Replayed, Way};
use yuyi_tasks::evaluation::RecommendationQuality;
use yuyi_tasks::metrics::Estimate;

/// What is said of a log.
#[derive(Serialize)]
pub struct Evaluated {
    pub log: String,
    pub items: String,
    pub model: String,
    /// Items of the file.
    pub catalogue: usize,
    /// Those of them with a time.
    pub timed: usize,
    /// Events of the log.
    pub events: usize,
    /// When what is recommended from ends.
    pub split: String,
    /// Events before that.
    pub before: usize,
    /// Users with something to recommend.
    pub users: usize,
    /// Of those that were looked at, how many had no event before.
    pub cold: usize,
    /// Length of the lists.
    pub limit: usize,
    pub ways: Vec<EvaluatedWay>,
}

/// What is said of a way to recommend.
#[derive(Serialize)]
pub struct EvaluatedWay {
    pub way: &'static str,
    #[serde(flatten)]
    pub quality: RecommendationQuality,
}

/// The name of a way in JSON.
fn name(way: Way) -> &'static str {
    match way {
        Way::Interest => "interest",
        Way::OneMean => "one_mean",
        Way::Neighbours => "item_knn",
        Way::Popular => "popular",
        Way::Newest => "newest",
    }
}

/// What a replay told, without the names of files and the model.
pub fn evaluated(told: Replayed, limit: usize) -> Evaluated {
    let ways = told.ways.into_iter().map(|(way, quality)| EvaluatedWay {
        way: name(way),
        quality,
    });
    Evaluated {
        log: String::new(),
        items: String::new(),
        model: String::new(),
        catalogue: 0,
        timed: 0,
        events: 0,
        split: told.split.to_string(),
        before: told.known,
        users: told.users,
        cold: told.cold,
        limit,
        ways: ways.collect(),
    }
}

/// The metrics in the order of their columns.
pub fn metrics(quality: &RecommendationQuality) -> [&Estimate; 6] {
    [
        &quality.hit_rate,
        &quality.ndcg,
        &quality.mrr,
        &quality.coverage,
        &quality.diversity,
        &quality.novelty,
    ]
}
