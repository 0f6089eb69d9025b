//! Vectors to answers: pure functions over vectors and texts, without I/O, clock or async.

mod calibration;
mod cosine;

pub use calibration::Calibration;
pub use cosine::cosine;
