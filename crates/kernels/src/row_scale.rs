//! What bytes stand for.

/// Elements of a row that may lie outside its scale.
pub(crate) const OUTLIERS: usize = 2;

/// What the bytes of a row stand for: x = offset + scale · q, and for its outliers `rest` more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RowScale {
    pub(crate) scale: f32,
    pub(crate) offset: f32,
    pub(crate) outliers: [Outlier; OUTLIERS],
}

impl RowScale {
    /// Whether something is to be added for them.
    pub(crate) fn has_outliers(&self) -> bool {
        self.outliers.iter().any(|outlier| outlier.rest != 0.0)
    }
}

/// An element outside the scale of its row. Where there is none, the rest is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Outlier {
    pub(crate) column: usize,
    pub(crate) rest: f32,
}
