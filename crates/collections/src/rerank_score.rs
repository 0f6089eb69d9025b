//! What a model says that reads two texts together.

/// What a reranker says of a question and a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RerankScore {
    /// By the model's own activation.
    pub score: f64,
    /// What it gives: any number, larger for a better answer.
    pub logit: f64,
}

impl RerankScore {
    /// How likely the text answers, in [0, 1]: the sigmoid of the logit.
    pub(crate) fn chance(&self) -> f64 {
        1.0 / (1.0 + (-self.logit).exp())
    }
}
