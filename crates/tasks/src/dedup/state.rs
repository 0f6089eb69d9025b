//! How far the grouping of a remark is.

use super::HeldBack;

/// What is known of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// The representative that it repeats, and how near it is.
    pub(super) repeats: Option<(u32, f64)>,
    /// The nearest that it would repeat, but for what differs.
    pub(super) held: Option<(u32, f64, HeldBack)>,
    /// Representatives that held it back.
    pub(super) holds: u8,
    /// How often it was looked at.
    pub(super) looks: u8,
}
