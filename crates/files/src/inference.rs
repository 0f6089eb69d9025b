//! Pairs of inference, whose labels are numbers of classes: of two classes, 0 is mostly the one that follows.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::bail;

use super::{Given, Input, Layout, Remark, Remarks, names};

/// How sets of inference with two classes name their texts: RTE in SuperGLUE, QNLI.
const NAMES: [[&str; 2]; 3] = [
    ["premise", "hypothesis"],
    ["question", "sentence"],
    ["前提", "假设"],
];

/// What the two sentences of a file are called there.
pub(super) struct Inference {
    names: Arc<Mutex<Vec<String>>>,
}

impl Inference {
    /// Listens to what is said of the columns of a file, of which the user has said some perhaps.
    pub(super) fn watch(mut input: Input, layout: &Layout) -> (Input, Self) {
        let chosen: Vec<String> = layout.columns.iter().take(2).cloned().collect();
        let names = Arc::new(Mutex::new(chosen));
        let (heard, others) = (Arc::clone(&names), input.origin.remarks.clone());
        input.origin.remarks = Remarks::to(move |remark| {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.extend(sentences(&remark));
            others.tell(remark);
        });
        (input, Self { names })
    }

    /// Labels of 0 and 1 are none of inference.
    ///
    /// # Errors
    /// When the names tell that they may be.
    pub(super) fn check(&self, labels: &[f64], file: &str) -> anyhow::Result<()> {
        let heard = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let plain: Vec<String> = heard.iter().map(|name| names::plain(name)).collect();
        let has = |name: &str| plain.iter().any(|other| other == name);
        let found = NAMES.iter().find(|[a, b]| has(a) && has(b));
        let are_classes = labels.iter().all(|label| [0.0, 1.0].contains(label));
        match found {
            Some([a, b]) if are_classes && !labels.is_empty() => bail!(
                "{file}: the labels of {a}, {b} are 0 and 1, and sets of inference such as RTE have 0 for what follows. \
                 If 1 is the same in yours, say --scale 0..1; if not, exchange 0 and 1."
            ),
            _ => Ok(()),
        }
    }
}

/// What a remark says of the names of the two sentences.
fn sentences(remark: &Remark) -> Vec<String> {
    let Remark::Columns { taken, .. } = remark else {
        return Vec::new();
    };
    let names = taken.iter().filter_map(|taken| match &taken.given {
        Given::Name(name) if taken.column.starts_with("sentence_") => Some(name.clone()),
        _ => None,
    });
    names.collect()
}
