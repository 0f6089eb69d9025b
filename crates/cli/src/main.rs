//! The yuyi command.
fn main() {}
