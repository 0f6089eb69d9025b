//! Threshold and margin in a file, as `yuyi faq tune` writes and the other commands of `yuyi faq` read them.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use yuyi::RerankModel;
use yuyi_collections::match_limits;
use yuyi_store::Space;
use yuyi_tasks::faq::Limits;

use crate::args::LimitArgs;
use crate::misuse::Misuse;
use crate::terminal::remark;

/// What the file says; whoever writes it by hand needs the first two only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The least similarity with which an entry answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The least by which the second entry has to be farther.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// The precision that was wished for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<f64>,
    /// The precision on questions that they were not fitted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Labelled questions that they were fitted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<usize>,
    /// The model with whose vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What its vectors are known by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The reranker that chose among the first entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reranker: Option<String>,
}

impl Settings {
    /// Those of the file, with what the command line says in their place.
    ///
    /// # Errors
    /// When the file cannot be read, or is none of settings.
    pub fn of(args: &LimitArgs) -> Result<Self, Misuse> {
        let read = args.settings.as_deref().map(read);
        let mut settings = read.transpose()?.unwrap_or_default();
        if args.threshold.is_some() && args.margin.is_some() {
            // Nothing of the file is used.
            settings.fingerprint = None;
        }
        settings.threshold = args.threshold.or(settings.threshold);
        settings.margin = args.margin.or(settings.margin);
        Ok(settings)
    }

    /// As limits for vectors of this space, with the defaults where nothing is said. Says on standard error where they were fitted on others.
    ///
    /// # Errors
    /// When one is no similarity.
    pub fn limits(&self, space: &Space) -> yuyi_store::Result<Limits> {
        let fitted = self.fingerprint.as_ref();
        if fitted.is_some_and(|fingerprint| *fingerprint != space.fingerprint) {
            let model = self.model.as_deref().unwrap_or("another model");
            remark!(
                "The settings were fitted with {model}, and similarities of another model mean other things. Fit them anew: yuyi faq tune"
            );
        }
        match_limits(self.threshold, self.margin)
    }

    /// Says on standard error where they were fitted with another reranker than this one, or with one and not without.
    pub fn tell_reranker(&self, reranker: Option<&RerankModel>) {
        let used = reranker.map(|reranker| reranker.facts().name.as_str());
        if self.fingerprint.is_none() || self.reranker.as_deref() == used {
            return;
        }
        match &self.reranker {
            Some(fitted) => remark!(
                "The settings were fitted with the reranker {fitted}. Name it with --rerank, or fit them anew: yuyi faq tune"
            ),
            None => remark!(
                "The settings were fitted without a reranker. Fit them anew with this one: yuyi faq tune --rerank"
            ),
        }
    }
}

fn read(path: &Path) -> Result<Settings, Misuse> {
    let shown = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| Misuse(format!("The settings {shown} cannot be read: {error}.")))?;
    let settings: Settings = serde_json::from_str(&text).map_err(|error| {
        Misuse(format!(
            "{shown} holds no settings: {error}. yuyi faq tune -o writes them."
        ))
    })?;
    for (name, value) in [
        ("threshold", settings.threshold),
        ("margin", settings.margin),
    ] {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            return Err(Misuse(format!(
                "{shown} holds no settings: its {name} is not between 0 and 1. yuyi faq tune -o writes them."
            )));
        }
    }
    if settings.threshold.is_none() && settings.margin.is_none() {
        return Err(Misuse(format!(
            "{shown} holds no settings: it has neither a threshold nor a margin. yuyi faq tune -o writes them."
        )));
    }
    Ok(settings)
}
