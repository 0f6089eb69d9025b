//! Self-attention of every text in a packed batch.
//!
//! The batch is the concatenation of its texts' tokens, with no padding; only this operation
//! looks at where a text begins. The unit of work is one head of one text: its keys and values are
//! copied into contiguous scratch (keys transposed), and blocks of queries pass over them:
//! scores, softmax, weighted sum of values, all in the second-level cache.
//!
//! A head is computed in f32 (`float.rs`) or with integers (`integer.rs`). Which of the two depends on the model's precision and on
//! the length of the text, never on its neighbours.
//!
//! A block of queries meets only the keys that one of them sees (`mask.rs`), so that a local layer costs what its window
//! does. The memory of a head grows with the text, not with its square: its keys, its values, and a block's scores.

mod distance;
mod float;
mod integer;
mod mask;
mod product;

pub use self::distance::DistanceBias;
pub use self::mask::AttentionMask;

use crate::aligned::of_line;
use crate::isa::Isa;
use crate::kernel::Kernel;
use crate::matrix::{MatrixMut, MatrixView, SharedMatrix};
use crate::scratch::Scratch;
use crate::team::Team;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Queries that are scored together: 32 rows of 512 scores are 64 KiB.
const QUERIES: usize = 32;

/// Tokens that a gather fetches ahead: their rows lie a page or more apart, which the CPU does not foresee.
const AHEAD: usize = 12;

/// Tokens from which a text is worth the conversion to integers (measured: of shorter ones f32 is as
/// fast, and exact).
pub const INTEGER_TOKENS: usize = 128;

/// The numbers that attention multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttentionFormat {
    /// f32.
    F32,
    /// 8-bit integers for texts of [`INTEGER_TOKENS`] tokens or more, f32 for shorter ones.
    Int8,
}

/// How queries, keys and values are divided into heads, and which keys a query sees.
#[derive(Clone, Copy, Debug)]
pub struct AttentionShape {
    /// Number of heads, of which each has queries of its own.
    pub heads: usize,
    /// Number of heads that have keys and values of their own, a divisor of `heads`: as many consecutive heads as there are for one share
    /// them.
    pub key_heads: usize,
    /// Elements of a head.
    pub size: usize,
    /// Which keys a query sees.
    pub mask: AttentionMask,
}

impl AttentionShape {
    /// Elements of Q, K and V of a token together.
    pub fn columns(self) -> usize {
        (self.heads + 2 * self.key_heads) * self.size
    }

    fn fits(self, qkv: MatrixView<'_>, rows: usize, columns: usize) -> bool {
        let whole_groups = self.key_heads > 0 && self.heads.is_multiple_of(self.key_heads);
        whole_groups
            && qkv.columns() == self.columns()
            && (rows, columns) == (qkv.rows(), self.heads * self.size)
    }
}

/// Computes softmax(Q·Kᵀ / √size)·V for each text and head, over the keys that a query sees.
///
/// `qkv` [tokens, (heads + 2 · key heads) · size] holds Q, K and V side by side, `offsets` the first token of each text and, last,
/// the number of tokens; the result goes to `out` [tokens, heads · size].
///
/// # Panics
/// When the shapes do not fit together or the offsets do not ascend.
pub fn attention(
    team: &Team,
    kernel: Kernel,
    (shape, format): (AttentionShape, AttentionFormat),
    qkv: MatrixView<'_>,
    offsets: &[usize],
    out: MatrixMut<'_>,
) {
    for_each_head(team, shape, qkv, offsets, out, |head, scratch| {
        if format == AttentionFormat::Int8 && head.tokens.len() >= INTEGER_TOKENS {
            kernel.run(integer::IntegerHead::new(head, scratch));
        } else {
            kernel.run(float::FloatHead::new(head, None, scratch));
        }
    });
}

/// As [`attention`] in f32, where the scores have a bias: softmax(Q·Kᵀ / √size + bias)·V.
///
/// # Panics
/// As [`attention`], and when a text is longer than the bias reaches or the heads are not the bias's.
pub fn attention_with_bias(
    team: &Team,
    kernel: Kernel,
    (shape, bias): (AttentionShape, &DistanceBias),
    qkv: MatrixView<'_>,
    offsets: &[usize],
    out: MatrixMut<'_>,
) {
    for_each_head(team, shape, qkv, offsets, out, |head, scratch| {
        kernel.run(float::FloatHead::new(head, Some(bias), scratch));
    });
}

/// Computes every head of every text; the threads take them from a common list.
///
/// # Panics
/// As [`attention`].
fn for_each_head(
    team: &Team,
    shape: AttentionShape,
    qkv: MatrixView<'_>,
    offsets: &[usize],
    mut out: MatrixMut<'_>,
    compute: impl Fn(Head<'_>, &mut Scratch) + Sync,
) {
    assert!(
        shape.fits(qkv, out.rows(), out.columns()),
        "{shape:?}: {} columns",
        qkv.columns()
    );
    assert!(offsets.is_sorted() && offsets.last().copied().unwrap_or(0) == qkv.rows());
    let out = out.shared();
    let units = offsets.len().saturating_sub(1) * shape.heads;
    let next = AtomicUsize::new(0);
    team.run(|worker| {
        loop {
            let unit = next.fetch_add(1, Relaxed);
            if unit >= units {
                return;
            }
            let (text, number) = (unit / shape.heads, unit % shape.heads);
            let tokens = offsets[text]..offsets[text + 1];
            // SAFETY: each head of each text is taken by one thread.
            let head = unsafe { Head::new(shape, qkv, out, tokens, number) };
            compute(head, &mut *worker.scratch);
        }
    });
}

/// One head of one text.
struct Head<'a> {
    shape: AttentionShape,
    qkv: MatrixView<'a>,
    out: SharedMatrix<'a>,
    /// The text's rows.
    tokens: Range<usize>,
    /// Which head.
    number: usize,
}

impl<'a> Head<'a> {
    /// # Safety
    /// Nobody else touches this head's columns of the text's rows in `out` as long as this lives.
    ///
    /// # Panics
    /// When the shapes do not fit together.
    unsafe fn new(
        shape: AttentionShape,
        qkv: MatrixView<'a>,
        out: SharedMatrix<'a>,
        tokens: Range<usize>,
        number: usize,
    ) -> Self {
        assert!(shape.fits(qkv, out.rows(), out.columns()));
        assert!(number < shape.heads && tokens.end <= qkv.rows());
        Self {
            shape,
            qkv,
            out,
            tokens,
            number,
        }
    }

    /// This head's part of row `token` of Q (0), K (1) or V (2).
    fn part(&self, token: usize, which: usize) -> &'a [f32] {
        let AttentionShape {
            heads,
            key_heads,
            size,
            ..
        } = self.shape;
        let shared = || self.number / (heads / key_heads);
        let slice = match which {
            0 => self.number,
            1 => heads + shared(),
            _ => heads + key_heads + shared(),
        };
        &self.qkv.row(self.tokens.start + token)[slice * size..][..size]
    }

    /// Keys that query `token` sees.
    fn seen(&self, token: usize) -> Range<usize> {
        self.shape.mask.keys(token, self.tokens.len())
    }

    /// Hints that [`Self::part`] of a token will be read soon; tokens past the last are ignored.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn prefetch<I: Isa>(&self, token: usize, which: usize) {
        if token < self.tokens.len() {
            for line in self.part(token, which).chunks(of_line::<f32>()) {
                // SAFETY: the features are the caller's promise.
                unsafe { I::prefetch(line.as_ptr().cast()) }
            }
        }
    }

    /// This head's part of row `token` of the result.
    ///
    /// # Safety
    /// No other slice of it is alive.
    unsafe fn result(&self, token: usize) -> &'a mut [f32] {
        let columns = self.column()..self.column() + self.shape.size;
        // SAFETY: nobody else has this head's columns, by the promise of `new`, and no slice of the row is alive.
        unsafe { self.out.part(self.tokens.start + token, columns) }
    }

    /// First column of this head in the result.
    fn column(&self) -> usize {
        self.number * self.shape.size
    }
}

#[cfg(test)]
mod tests;
