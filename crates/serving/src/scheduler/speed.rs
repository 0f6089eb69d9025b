//! How fast what waits is computed.

use std::time::Duration;

/// How much the last batch counts in the speed.
const WEIGHT_OF_LAST: f64 = 0.3;

/// Tokens a second, by the last batches.
#[derive(Default)]
pub(super) struct Speed {
    tokens_per_second: Option<f64>,
}

impl Speed {
    pub(super) fn note(&mut self, tokens: usize, time: Duration) {
        let last = tokens as f64 / time.as_secs_f64().max(1e-9);
        let before = self.tokens_per_second.unwrap_or(last);
        self.tokens_per_second = Some(before + WEIGHT_OF_LAST * (last - before));
    }

    /// How long `tokens` take; `None` while nothing was computed yet.
    pub(super) fn time_for(&self, tokens: usize) -> Option<Duration> {
        let seconds = tokens as f64 / self.tokens_per_second?;
        // Longer than anybody waits: also what a speed of nearly zero comes to.
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}
