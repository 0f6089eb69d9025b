//! Vectors as signed bytes: a quarter of the memory, and of the time to read it.
//!
//! A row x is kept as codes q of −127..=127 and one scale, x ≈ x̂ = scale · q, with scale = max |x| / 127 and each q the nearest. The offset is
//! fixed at 0, since both sides of a product are codes: x̂ · ŷ = scale · scale · Σ q·q, an integer sum that is exact on every path.
//!
//! How far that is from x · y is bounded by what rounding took from both: with x = x̂ + δ and y = ŷ + ε,
//!
//! x · y − x̂ · ŷ = δ · y + x̂ · ε, so |x · y − x̂ · ŷ| ≤ ‖δ‖ ‖y‖ + ‖x̂‖ ‖ε‖.
//!
//! ‖δ‖ of each row is known when it is encoded ([`Codes::error`]); for unit vectors of a few hundred elements it is about 0.01. So whoever has
//! the floats too can let the codes say which few rows are worth an exact look, and the result is exact.
//!
//! The codes lie as an integer tile reads its weights (`packed.rs`): rows are cut into panels as wide as the tile of the path, and a panel
//! holds, for each four elements in turn, those of all its rows side by side. One row takes the place of one column, so rows can be
//! overwritten one by one.

mod scan;

use crate::aligned::AlignedBuffer;
use crate::isa::Isa;
use crate::kernel::{Kernel, Operation};
use crate::matrix::MatrixView;
use crate::quantize::{TINY, round};
use crate::team::Team;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Largest absolute value of a code.
const LIMIT: f32 = 127.0;

/// Elements of a row that a step of the tile takes.
pub(crate) const STEP: usize = 4;

/// Longest rows: their sums of products of bytes fit 32 bits.
const LONGEST: usize = 1 << 16;

/// Rows of signed bytes with a scale each, for scans and for pairs above a bound; they can be added, overwritten and removed.
///
/// ```
/// use yuyi_kernels::{Codes, Kernel, Team, Vectors};
///
/// let vectors = Vectors::from_rows([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]);
/// let (team, kernel) = (Team::new(1), Kernel::of_process());
/// let mut codes = Codes::encode(&team, kernel, vectors.view());
/// let best = codes.scan(&team, &[0.8, 0.6], None, 1);
/// assert_eq!(best[0].row, 1);
/// codes.set(0, &[0.8, 0.6]);
/// assert_eq!(codes.scan(&team, &[0.8, 0.6], None, 1)[0].row, 0);
/// ```
pub struct Codes {
    kernel: Kernel,
    rows: usize,
    dimension: usize,
    shape: PanelShape,
    /// Panels one after the other.
    data: AlignedBuffer<u8>,
    /// What is known of each row, padded to whole panels.
    facts: Vec<RowFacts>,
}

/// A row of [`Codes`] by itself, as it can be written down: x ≈ scale · codes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncodedRow {
    /// What a step of the codes is worth; NaN where the row was not finite.
    pub scale: f32,
    /// ‖x‖, or a little more.
    pub norm: f32,
    /// ‖x − scale · codes‖, or a little more.
    pub error: f32,
    /// An element each, of −127..=127.
    pub codes: Vec<i8>,
}

/// What a row's codes stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RowFacts {
    /// x ≈ scale · q. NaN where the row is not finite.
    pub(crate) scale: f32,
    /// What the sums of the row with biased codes are too large by (`Tiles::CODE_BIAS`).
    pub(crate) excess: i32,
    /// ‖x‖, or a little more.
    pub(crate) norm: f32,
    /// ‖x − scale · q‖, or a little more.
    pub(crate) error: f32,
}

/// The panels of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PanelShape {
    /// Rows of a panel.
    width: usize,
    /// Steps of it: as many as the tile takes at once.
    steps: usize,
    /// Bytes of it.
    bytes: usize,
    /// See `Tiles::CODE_BIAS`.
    bias: u8,
}

impl PanelShape {
    /// For rows of so many elements.
    #[inline(always)]
    fn of<I: Isa>(dimension: usize) -> Self {
        let width = I::DOT_VECTORS * I::LANES;
        let steps = dimension.div_ceil(STEP).next_multiple_of(I::DOT_STEPS);
        Self {
            width,
            steps,
            bytes: steps * STEP * width,
            bias: I::CODE_BIAS,
        }
    }
}

struct ShapeFor(usize);
impl Operation for ShapeFor {
    type Output = PanelShape;
    #[inline(always)]
    unsafe fn run<I: Isa>(self) -> PanelShape {
        PanelShape::of::<I>(self.0)
    }
}

impl Codes {
    /// No rows yet, of `dimension` elements each.
    ///
    /// # Panics
    /// When the dimension is over 65,536.
    pub fn new(kernel: Kernel, dimension: usize) -> Self {
        assert!(dimension <= LONGEST, "rows of at most {LONGEST} elements");
        Self {
            kernel,
            rows: 0,
            dimension,
            shape: kernel.run(ShapeFor(dimension)),
            data: AlignedBuffer::zeroed(0),
            facts: Vec::new(),
        }
    }

    /// Encodes vectors. The threads of the team share them.
    ///
    /// # Panics
    /// When the dimension is over 65,536.
    pub fn encode(team: &Team, kernel: Kernel, vectors: MatrixView<'_>) -> Self {
        let mut codes = Self::new(kernel, vectors.columns());
        codes.reserve(vectors.rows());
        codes.rows = vectors.rows();
        let PanelShape {
            width, bytes, bias, ..
        } = codes.shape;
        let panels = codes.rows.div_ceil(width);
        let data = codes.data[..panels * bytes].chunks_mut(bytes.max(1));
        // Without elements there are no bytes, but still facts.
        let data = data.chain(std::iter::repeat_with(|| &mut [][..]));
        let panels = Mutex::new(codes.facts.chunks_mut(width).zip(data).enumerate());
        team.run(|_| {
            let mut row_codes = Vec::new();
            loop {
                let next = panels.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((panel, (facts, data))) = next else {
                    return;
                };
                for (column, facts) in facts.iter_mut().enumerate() {
                    let row = panel * width + column;
                    if row < vectors.rows() {
                        *facts = encode_row(vectors.row(row), bias, &mut row_codes);
                        write_column(data, width, column, &row_codes);
                    }
                }
            }
        });
        codes
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Elements of each row.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The path that these codes are laid out for.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.data.len() + self.facts.capacity() * size_of::<RowFacts>()
    }

    /// How far row `i` is from what was encoded: the Euclidean norm of the difference, or a little more; infinite where the row was not finite.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn error(&self, i: usize) -> f32 {
        self.facts(i).error
    }

    /// Appends a row.
    ///
    /// # Panics
    /// When it has another dimension.
    pub fn push(&mut self, vector: &[f32]) {
        self.reserve(1);
        self.rows += 1;
        self.set(self.rows - 1, vector);
    }

    /// Makes room for `more` rows beyond those that there are.
    pub fn reserve(&mut self, more: usize) {
        let panels = (self.rows + more).div_ceil(self.shape.width);
        self.data.grow(panels * self.shape.bytes);
        let room = self.facts.len().max(panels * self.shape.width);
        self.facts.resize(room, RowFacts::default());
    }

    /// Overwrites row `i`.
    ///
    /// # Panics
    /// When there is none, or the vector has another dimension.
    pub fn set(&mut self, i: usize, vector: &[f32]) {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        assert_eq!(vector.len(), self.dimension, "dimension of the vector");
        let mut codes = Vec::new();
        self.facts[i] = encode_row(vector, self.shape.bias, &mut codes);
        self.write(i, &codes);
    }

    /// What is kept of row `i`, in a form that is the same on every path: [`push_encoded`](Self::push_encoded) takes it back.
    ///
    /// # Panics
    /// When there is none.
    pub fn encoded(&self, i: usize) -> EncodedRow {
        let facts = self.facts(i);
        EncodedRow {
            scale: facts.scale,
            norm: facts.norm,
            error: facts.error,
            codes: self.row_codes(i),
        }
    }

    /// Appends a row that was encoded before, here or on another machine.
    ///
    /// # Panics
    /// When it has another dimension.
    pub fn push_encoded(&mut self, row: &EncodedRow) {
        assert_eq!(row.codes.len(), self.dimension, "dimension of the row");
        self.reserve(1);
        self.rows += 1;
        let sum: i32 = row.codes.iter().map(|&q| i32::from(q)).sum();
        self.facts[self.rows - 1] = RowFacts {
            scale: row.scale,
            excess: i32::from(self.shape.bias) * sum,
            norm: row.norm,
            error: row.error,
        };
        self.write(self.rows - 1, &row.codes);
    }

    /// Removes row `i`; the last one takes its place.
    ///
    /// # Panics
    /// When there is none.
    pub fn swap_remove(&mut self, i: usize) {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        let last = self.rows - 1;
        let codes = self.row_codes(last);
        self.write(i, &codes);
        self.facts[i] = self.facts[last];
        self.rows = last;
    }

    /// Keeps the first `rows` rows.
    pub fn truncate(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
    }

    fn write(&mut self, i: usize, codes: &[i8]) {
        let PanelShape { width, bytes, .. } = self.shape;
        let panel = &mut self.data[i / width * bytes..][..bytes];
        write_column(panel, width, i % width, codes);
    }

    /// The codes of row `i`.
    fn row_codes(&self, i: usize) -> Vec<i8> {
        let mut bytes = vec![0; self.shape.steps * STEP];
        self.copy_row(i, 0, &mut bytes);
        bytes.truncate(self.dimension);
        bytes.into_iter().map(u8::cast_signed).collect()
    }

    /// Writes the codes of row `i`, each plus `bias`, to `to`, which has room for all steps.
    pub(crate) fn copy_row(&self, i: usize, bias: u8, to: &mut [u8]) {
        let PanelShape { width, bytes, .. } = self.shape;
        let panel = &self.data[i / width * bytes..][..bytes];
        let column = i % width * STEP;
        let steps = panel.chunks_exact(width * STEP);
        for (to, step) in to.as_chunks_mut::<STEP>().0.iter_mut().zip(steps) {
            let from = &step[column..column + STEP];
            *to = std::array::from_fn(|k| from[k].wrapping_add(bias));
        }
    }

    /// Steps of a panel, zeros at the end included.
    pub(crate) fn steps(&self) -> usize {
        self.shape.steps
    }

    /// What the tile wants to be added to the codes of the other side.
    pub(crate) fn bias(&self) -> u8 {
        self.shape.bias
    }

    /// The codes of a panel.
    pub(crate) fn panel(&self, panel: usize) -> &[u8] {
        &self.data[panel * self.shape.bytes..][..self.shape.bytes]
    }

    /// Whether the codes lie as the tiles of this path read them.
    #[inline(always)]
    pub(crate) fn are_for<I: Isa>(&self) -> bool {
        self.shape == PanelShape::of::<I>(self.dimension)
    }

    pub(crate) fn facts(&self, i: usize) -> &RowFacts {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &self.facts[i]
    }
}

impl fmt::Debug for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codes")
            .field("rows", &self.rows)
            .field("dimension", &self.dimension)
            .field("kernel", &self.kernel.name())
            .finish_non_exhaustive()
    }
}

/// Writes codes into a column of a panel.
fn write_column(panel: &mut [u8], width: usize, column: usize, codes: &[i8]) {
    let steps = panel.chunks_exact_mut(width * STEP);
    for (step, four) in steps.zip(codes.chunks(STEP)) {
        let to = &mut step[column * STEP..][..STEP];
        for (to, code) in to.iter_mut().zip(four) {
            *to = code.cast_unsigned();
        }
    }
}

/// The codes of a row. Of one that is not finite they are zeros and the error is infinite; of one that is nearly zero they are zeros.
fn encode_row(row: &[f32], bias: u8, codes: &mut Vec<i8>) -> RowFacts {
    codes.clear();
    let norm = above(norm(row, f64::from));
    if !row.iter().all(|x| x.is_finite()) {
        codes.resize(row.len(), 0);
        return RowFacts {
            scale: f32::NAN,
            excess: 0,
            norm,
            error: f32::INFINITY,
        };
    }
    let largest = row.iter().fold(0.0f32, |top, x| top.max(x.abs()));
    let (scale, inverse) = if largest > TINY {
        (largest / LIMIT, LIMIT / largest)
    } else {
        (0.0, 0.0)
    };
    let code = |x: f32| round((x * inverse).clamp(-LIMIT, LIMIT));
    codes.extend(row.iter().map(|&x| code(x) as i8));
    let sum: i32 = codes.iter().map(|&q| i32::from(q)).sum();
    let rest = |x: f32| f64::from(x) - f64::from(scale) * f64::from(code(x));
    RowFacts {
        scale,
        excess: i32::from(bias) * sum,
        norm,
        error: above(self::norm(row, rest)),
    }
}

/// √Σ f(x)², in eight parts so that the sum is not one long chain.
fn norm(row: &[f32], f: impl Fn(f32) -> f64) -> f64 {
    let mut parts = [0.0f64; 8];
    for eight in row.chunks(8) {
        for (part, &x) in parts.iter_mut().zip(eight) {
            *part += f(x) * f(x);
        }
    }
    parts.iter().sum::<f64>().sqrt()
}

/// A bound for what rounding of floats adds to an error, in parts of the norms of both sides: that of a sum of as many products, of sums of
/// biased codes as floats, and of the bounds themselves.
pub(crate) fn rounding(dimension: usize) -> f32 {
    8.0 * f32::EPSILON * (dimension + 16) as f32
}

/// A float that is no smaller.
fn above(x: f64) -> f32 {
    (x * 1.000_001) as f32
}

#[cfg(test)]
mod tests;
