//! How good scores are on labelled data: all that a report says of a model, with intervals.

mod pairs;
mod questions;
mod recommendation;
mod reranking;
mod search;

pub use self::pairs::{
    BestRaw, PairScores, PairThreshold, Quality, RawScale, RawScore, ScoredPairs,
};
pub use self::questions::{Question, WrongAnswer, answer_questions, answers, missed_questions};
pub use self::recommendation::{
    RecommendationLead, RecommendationQuality, RecommendedList, recommendation_lead,
    recommendation_quality,
};
pub use self::reranking::{FirstStage, RerankedQuestion, reranked_questions};
pub use self::search::{Answer, AnswerThreshold, SearchQuality, answer_threshold, search_quality};
