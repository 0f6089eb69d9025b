//! What a check found, by ids and texts.

use serde::Serialize;
use yuyi_collections::{Contradiction, contradictions};
use yuyi_store::Item;
use yuyi_tasks::faq::Limits;
use yuyi_tasks::faq::check::{Finding, Kind, Level, Place};

/// Everything that was found.
#[derive(Serialize)]
pub struct Report {
    pub faq: String,
    pub entries: usize,
    /// With which limits.
    pub threshold: f64,
    pub margin: f64,
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
    /// Questions that were asked, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions: Option<AskedOf>,
    pub findings: Vec<Told>,
}

/// Questions of a file.
#[derive(Serialize)]
pub struct AskedOf {
    pub file: String,
    pub asked: usize,
    /// That an entry answered.
    pub answered: usize,
}

/// A finding.
#[derive(Serialize)]
pub struct Told {
    pub level: Level,
    pub kind: Kind,
    #[serde(flatten)]
    pub at: At,
    /// What gets in its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
    /// To the nearest wording of its own entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_similarity: Option<f64>,
    /// In what the answers contradict each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<Contradiction>,
    /// A word, or an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A wording of an entry.
#[derive(Serialize)]
pub struct At {
    pub id: String,
    pub question: String,
    pub wording: String,
}

impl Report {
    pub fn of(
        name: &str,
        items: &[Item],
        findings: &[Finding],
        limits: Limits,
        questions: Option<AskedOf>,
    ) -> Self {
        let count = |level| findings.iter().filter(|f| f.level == level).count();
        Self {
            faq: name.to_owned(),
            entries: items.len(),
            threshold: limits.threshold,
            margin: limits.margin,
            errors: count(Level::Error),
            warnings: count(Level::Warning),
            notes: count(Level::Note),
            questions,
            findings: findings.iter().map(|found| told(items, found)).collect(),
        }
    }
}

fn told(items: &[Item], found: &Finding) -> Told {
    let differences = found.differences.as_ref();
    Told {
        level: found.level,
        kind: found.kind,
        at: at(items, found.at),
        other: found.other.map(|other| at(items, other)),
        similarity: found.similarity,
        own_similarity: found.own,
        contradictions: differences.map_or(Vec::new(), |of| contradictions(of)),
        detail: found.detail.clone(),
    }
}

fn at(items: &[Item], place: Place) -> At {
    let item = &items[place.entry];
    At {
        id: item.id.clone(),
        question: item.text.clone(),
        wording: item
            .texts()
            .nth(place.wording)
            .unwrap_or_default()
            .to_owned(),
    }
}
