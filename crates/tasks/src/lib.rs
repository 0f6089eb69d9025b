//! Vectors to answers: pure functions over vectors and texts, without I/O, clock or async.

mod blank;
mod calibration;
mod cosine;
pub mod evaluation;
pub mod explain;
pub mod lexical;
pub mod metrics;
mod negation;
mod numbers;
mod words;

pub use blank::is_blank;
pub use calibration::{
    Assessment, Calibration, CalibrationFile, CalibrationFileError, Curve, CurveError, Cutoff,
    Cutoffs, FitError, Fitted, FittedOn, Knot, MIN_PAIRS, calibrate,
};
pub use cosine::cosine;
pub use negation::{NegationDifference, negation_difference, negations};
pub use numbers::{Number, NumberDifference, number_difference, numbers};
pub use words::{Word, words};
