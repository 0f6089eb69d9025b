//! Vectors to answers: pure functions over vectors and texts, without I/O, clock or async.

mod blank;
mod calibration;
mod cosine;
pub mod metrics;

pub use blank::is_blank;
pub use calibration::Calibration;
pub use cosine::cosine;
