//! How good scores are on labelled data: all that a report says of a model, with intervals.

mod pairs;
mod questions;
mod recommendation;
mod search;

pub use self::pairs::{BestRaw, PairScores, PairThreshold, Quality, RawScale, ScoredPairs};
pub use self::questions::{Question, WrongAnswer, answer_questions, missed_questions};
pub use self::recommendation::{
    RecommendationLead, RecommendationQuality, RecommendedList, recommendation_lead,
    recommendation_quality,
};
pub use self::search::{Answer, AnswerThreshold, SearchQuality, answer_threshold, search_quality};
