//! A metric with its interval.

use serde::{Deserialize, Serialize};

use super::Interval;

/// A value, and between which values it lies in 95 % of the bootstrap samples. What is not defined is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Of the data as they are.
    pub value: Option<f64>,
    /// 2.5th percentile.
    pub low: Option<f64>,
    /// 97.5th percentile.
    pub high: Option<f64>,
}

impl Estimate {
    /// A value with its interval.
    pub fn new(value: Option<f64>, interval: Option<Interval>) -> Self {
        // An interval around nothing says nothing.
        let interval = value.and(interval);
        Self {
            value,
            low: interval.map(|i| i.low),
            high: interval.map(|i| i.high),
        }
    }

    /// The interval, where there is one.
    pub fn interval(&self) -> Option<Interval> {
        Some(Interval {
            low: self.low?,
            high: self.high?,
        })
    }
}

/// How the samples of intervals are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// How many; 0: no intervals.
    pub rounds: usize,
    /// Which.
    pub seed: u64,
}
