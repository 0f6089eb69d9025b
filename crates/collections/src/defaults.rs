//! Constants that were chosen on development data with the built-in model's vectors.
//!
//! They stand in one file beside the model, `models/builtin/defaults.json`, so that whoever exchanges the model fits and exchanges them with it. It has an
//! object for each use: `fusion`, with the fields of [`Fusion`], and `faq`, with those of [`Limits`].

use std::sync::LazyLock;

use serde::Deserialize;
use yuyi_models::BUILTIN_NAME;
use yuyi_store::{Fusion, Space};
use yuyi_tasks::faq::Limits;

const FILE: &str = include_str!("../../../models/builtin/defaults.json");

#[derive(Deserialize)]
struct Defaults {
    fusion: Fusion,
    faq: OfFaq,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfFaq {
    threshold: f64,
    margin: f64,
    lead: f64,
}

static DEFAULTS: LazyLock<Defaults> = LazyLock::new(|| {
    // Part of the program; a test reads it.
    serde_json::from_str(FILE).expect("models/builtin/defaults.json is sound")
});

/// How the rankings by vectors and by words become one in a collection, where nobody says otherwise.
///
/// What was chosen with the built-in model's vectors goes for those of other models, too, except for where the cosines of texts that have nothing to do with each other
/// lie. Of vectors that the caller brings nothing is known.
pub fn fusion(space: &Space) -> Fusion {
    match space.model.as_deref() {
        Some(BUILTIN_NAME) => DEFAULTS.fusion,
        Some(_) => Fusion {
            base: 0.0,
            ..DEFAULTS.fusion
        },
        None => Fusion::default(),
    }
}

/// When a FAQ answers, where nobody says otherwise.
pub fn faq() -> Limits {
    let OfFaq {
        threshold,
        margin,
        lead,
    } = DEFAULTS.faq;
    Limits {
        threshold,
        margin,
        lead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sound() {
        let fusion = DEFAULTS.fusion;
        assert!(fusion.words_power >= 0.0 && (0.0..=1.0).contains(&fusion.dense_weight));
        assert!(fusion.depth > 0 && (0.0..1.0).contains(&fusion.base));
        let faq = faq();
        assert!((0.0..1.0).contains(&faq.threshold) && (0.0..0.5).contains(&faq.margin));
        assert!((0.0..0.5).contains(&faq.lead));
    }
}
