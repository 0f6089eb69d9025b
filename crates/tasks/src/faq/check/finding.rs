//! What a check finds.

use serde::Serialize;
use yuyi_language::Differences;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// It may be as it should be.
    Note,
    /// It is likely to answer somebody wrongly.
    Warning,
    /// It cannot be meant.
    Error,
}

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Another entry further down has the same id, and takes its place.
    RepeatedId,
    /// A wording has a word that its own entry excludes.
    ExcludesItself,
    /// The entry ceases to answer before it begins.
    NeverValid,
    /// Another entry has the wording too, so that neither is found by it.
    SharedWording,
    /// An example of what is not answered is a wording of this entry, or turns away questions that are labelled with it.
    TurnedAway,
    /// Another entry asks nearly the same and says something else in a number, a negation or a code.
    ConflictingAnswers,
    /// Another entry asks nearly the same and has another answer.
    OtherAnswer,
    /// Another entry asks nearly the same and has the same answer.
    RepeatedEntry,
    /// A wording is nearer to another entry than to the other wordings of its own.
    NearerToOther,
    /// An example of what is not answered is nearer to a wording than the other wordings of its entry.
    NearReject,
    /// An entry that is to be shown beside it is not there.
    UnknownRelated,
    /// It has no answer.
    NoAnswer,
    /// Its time is over.
    Expired,
    /// It has a wording twice.
    RepeatedWording,
    /// None of the questions that were asked found it.
    NeverFound,
    /// Its time has not come.
    NotYetValid,
    /// It is switched off.
    Disabled,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::RepeatedId,
        Self::ExcludesItself,
        Self::NeverValid,
        Self::SharedWording,
        Self::TurnedAway,
        Self::ConflictingAnswers,
        Self::OtherAnswer,
        Self::RepeatedEntry,
        Self::NearerToOther,
        Self::NearReject,
        Self::UnknownRelated,
        Self::NoAnswer,
        Self::Expired,
        Self::RepeatedWording,
        Self::NeverFound,
        Self::NotYetValid,
        Self::Disabled,
    ];

    fn level(self) -> Level {
        match self {
            Self::RepeatedId
            | Self::ExcludesItself
            | Self::NeverValid
            | Self::SharedWording
            | Self::TurnedAway => Level::Error,
            Self::ConflictingAnswers
            | Self::OtherAnswer
            | Self::RepeatedEntry
            | Self::NearerToOther
            | Self::NearReject
            | Self::UnknownRelated
            | Self::NoAnswer
            | Self::Expired => Level::Warning,
            Self::RepeatedWording | Self::NeverFound | Self::NotYetValid | Self::Disabled => {
                Level::Note
            }
        }
    }
}

/// A wording of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Place of the entry.
    pub entry: usize,
    /// Which of its wordings; 0: its question.
    pub wording: usize,
}

impl Place {
    /// An entry as a whole.
    pub fn of(entry: usize) -> Self {
        Self { entry, wording: 0 }
    }
}

/// Something that is wrong with an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How grave it is.
    pub level: Level,
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub at: Place,
    /// What gets in its way.
    pub other: Option<Place>,
    /// How alike the two wordings are.
    pub similarity: Option<f64>,
    /// How alike the wording is to the nearest of its own entry.
    pub own: Option<f64>,
    /// In what the two answers contradict each other.
    pub differences: Option<Box<Differences>>,
    /// A word, or an id.
    pub detail: Option<String>,
}

impl Finding {
    /// A finding of an entry by itself.
    pub fn new(kind: Kind, at: Place) -> Self {
        Self {
            level: kind.level(),
            kind,
            at,
            other: None,
            similarity: None,
            own: None,
            differences: None,
            detail: None,
        }
    }

    /// With what gets in its way.
    #[must_use]
    pub fn beside(self, other: Place, similarity: Option<f64>) -> Self {
        Self {
            other: Some(other),
            similarity,
            ..self
        }
    }

    /// With a word or an id.
    #[must_use]
    pub fn telling(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }
}
