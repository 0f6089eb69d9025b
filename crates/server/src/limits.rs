//! Bounds of what a request may ask for, each with its default.

use std::time::Duration;

/// What a single request may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Texts of a request.
    pub texts: usize,
    /// Unicode characters of a text.
    pub characters: usize,
    /// Items that a call brings to a collection or asks of it.
    pub items: usize,
    /// Pairs of a matrix.
    pub matrix_pairs: usize,
    /// Bytes that requests may hold together: bodies, what was read of them, and answers that were not taken yet.
    pub request_memory: usize,
    /// Tokens of others, by an upper estimate, that a request may wait for.
    pub queue_tokens: usize,
    /// How long a request waits for its turn.
    pub queue_timeout: Duration,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

impl Limits {
    /// The bounds where nobody says others.
    pub const DEFAULT: Self = Self {
        body_bytes: 32 << 20,
        texts: 10_000,
        characters: 100_000,
        items: 10_000,
        matrix_pairs: 4_000_000,
        request_memory: 256 << 20,
        queue_tokens: 1_000_000,
        queue_timeout: Duration::from_secs(30),
        body_timeout: Duration::from_secs(60),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
