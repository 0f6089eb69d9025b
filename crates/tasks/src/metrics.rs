//! How well scores agree with labels: correlation, ranking, calibration error, retrieval, each with bootstrap intervals.
//!
//! Every metric is computed from a prepared form that sorts once ([`Correlation`], [`Ranking`], [`Reliability`]) and
//! takes *counts*: how many times each observation is in the sample, `&[1; n]` for the data as they are. So a thousand
//! bootstrap samples cost a thousand passes and no sort. What is not defined is `None`, never NaN.

mod bootstrap;
mod correlation;
mod estimate;
mod proportion;
mod ranking;
mod reliability;
mod retrieval;
#[cfg(test)]
mod tests;

pub use bootstrap::{Interval, interval, intervals, parts, quantile};
pub use correlation::{Correlation, pearson, spearman};
pub use estimate::{Estimate, Sampling};
pub use proportion::{enough, wilson};
pub use ranking::{Ranking, RocPoint, Threshold};
pub use reliability::{Bin, Reliability};
pub use retrieval::{ndcg_at, recall_at, reciprocal_rank};
