//! Vectors to answers: pure functions over vectors and texts, without I/O, clock or async.

mod beginning;
mod calibration;
pub mod corpus;
mod cosine;
pub mod dedup;
pub mod evaluation;
pub mod explain;
pub mod faq;
pub mod lexical;
pub mod metrics;
pub mod numbering;
pub mod recommend;

pub use calibration::{
    Assessment, Calibration, CalibrationFile, CalibrationFileError, Curve, CurveError, Cutoff,
    Cutoffs, FitError, Fitted, FittedOn, Knot, MIN_PAIRS, calibrate,
};
pub use cosine::cosine;
