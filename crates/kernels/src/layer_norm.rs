//! Normalisation of rows, with or without the residual added first: layer norm, and RMS norm, which is the same without the mean.

use crate::isa::{Isa, for_each_vector};
use crate::kernel::{Kernel, Operation};
use crate::matrix::{MatrixMut, MatrixView};
use crate::sum::RowSum;
use crate::team::Team;
use std::ops::Range;

/// Parameters of one norm over a row: y = (x − mean) / √(variance + ε) · γ + β, or, where the mean is taken for zero, the RMS norm
/// y = x / √(mean of x² + ε) · γ + β.
pub struct LayerNorm {
    /// γ, as long as a row.
    pub weight: Vec<f32>,
    /// β, as long as a row; zeros for a norm without.
    pub bias: Vec<f32>,
    /// ε
    pub epsilon: f32,
    /// Whether the mean is taken off, as layer norm does and RMS norm does not.
    pub centred: bool,
}

/// Normalises each row of `x` [rows, hidden] in place.
///
/// # Panics
/// When the parameters are not as long as a row.
pub fn layer_norm(team: &Team, kernel: Kernel, norm: &LayerNorm, x: MatrixMut<'_>) {
    normalise(team, kernel, norm, x, None);
}

/// Adds `y` to `x` and normalises each row of the sum; both [rows, hidden], the result in `x`.
///
/// # Panics
/// When the shapes differ.
pub fn add_layer_norm(
    team: &Team,
    kernel: Kernel,
    norm: &LayerNorm,
    x: MatrixMut<'_>,
    y: MatrixView<'_>,
) {
    assert_eq!((x.rows(), x.columns()), (y.rows(), y.columns()));
    normalise(team, kernel, norm, x, Some(y));
}

/// Normalises each row of `x` [rows, hidden] into `out`, of the same shape.
///
/// # Panics
/// When the shapes differ.
pub fn layer_norm_to(
    team: &Team,
    kernel: Kernel,
    norm: &LayerNorm,
    x: MatrixView<'_>,
    mut out: MatrixMut<'_>,
) {
    assert_eq!((x.rows(), x.columns()), (out.rows(), out.columns()));
    let out = out.shared();
    team.run(|worker| {
        for i in worker.share(x.rows()) {
            // SAFETY: the shares are disjoint, so this thread alone touches row i.
            let row = unsafe { out.row_mut(i) };
            row.copy_from_slice(x.row(i));
            kernel.run(NormaliseRow::new(row, None, norm));
        }
    });
}

/// Normalises some of the heads that each row of `x` begins with, each by itself, in place; a head is as long as the norm.
///
/// # Panics
/// When there are not as many heads.
pub fn layer_norm_heads(
    team: &Team,
    kernel: Kernel,
    norm: &LayerNorm,
    mut x: MatrixMut<'_>,
    heads: Range<usize>,
) {
    let size = norm.weight.len();
    assert!(heads.end * size <= x.columns(), "{heads:?} of {size}");
    let x = x.shared();
    team.run(|worker| {
        for i in worker.share(x.rows()) {
            // SAFETY: the shares are disjoint, so this thread alone touches row i.
            let row = unsafe { x.part(i, heads.start * size..heads.end * size) };
            for head in row.chunks_exact_mut(size.max(1)) {
                kernel.run(NormaliseRow::new(head, None, norm));
            }
        }
    });
}

fn normalise(
    team: &Team,
    kernel: Kernel,
    norm: &LayerNorm,
    mut x: MatrixMut<'_>,
    y: Option<MatrixView<'_>>,
) {
    let x = x.shared();
    team.run(|worker| {
        for i in worker.share(x.rows()) {
            // SAFETY: the shares are disjoint, so this thread alone touches row i.
            let row = unsafe { x.row_mut(i) };
            kernel.run(NormaliseRow::new(row, y.map(|y| y.row(i)), norm));
        }
    });
}

struct NormaliseRow<'a> {
    row: &'a mut [f32],
    added: Option<&'a [f32]>,
    norm: &'a LayerNorm,
}

impl<'a> NormaliseRow<'a> {
    /// # Panics
    /// When the lengths differ.
    fn new(row: &'a mut [f32], added: Option<&'a [f32]>, norm: &'a LayerNorm) -> Self {
        let n = row.len();
        assert!(norm.weight.len() == n && norm.bias.len() == n);
        assert!(added.is_none_or(|added| added.len() == n));
        Self { row, added, norm }
    }
}

impl Operation for NormaliseRow<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) {
        let (n, x) = (self.row.len(), self.row.as_mut_ptr());
        // SAFETY: all pointers are to rows of n elements, as `new` has seen, and the loops stay inside.
        unsafe {
            let sum = self.add_up::<I>();
            let mean = I::splat(if self.norm.centred {
                sum / n as f32
            } else {
                0.0
            });
            let scale = I::splat(inverse_deviation(self.centre::<I>(mean), self.norm.epsilon));
            let (w, b) = (self.norm.weight.as_ptr(), self.norm.bias.as_ptr());
            for_each_vector!(
                I,
                n,
                |i| {
                    let d = I::mul(I::load(x.add(i)), scale);
                    I::store(x.add(i), I::fma(d, I::load(w.add(i)), I::load(b.add(i))));
                },
                |i, left| {
                    let d = I::mul(I::load_partial(x.add(i), left), scale);
                    let (w, b) = (
                        I::load_partial(w.add(i), left),
                        I::load_partial(b.add(i), left),
                    );
                    I::store_partial(x.add(i), I::fma(d, w, b), left);
                }
            );
        }
    }
}

/// 1 / √(variance + ε); NaN where the squares of the row were too large for f32. Zero, their inverse, would make the row β and
/// hide that.
fn inverse_deviation(variance: f32, epsilon: f32) -> f32 {
    let squared = variance + epsilon;
    if squared < f32::INFINITY {
        1.0 / squared.sqrt()
    } else {
        f32::NAN
    }
}

impl NormaliseRow<'_> {
    /// The sum of the row, to which what is to be added has been added.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn add_up<I: Isa>(&mut self) -> f32 {
        let (n, x) = (self.row.len(), self.row.as_mut_ptr());
        // SAFETY: both pointers are to rows of n elements, as `new` has seen, and the loops stay inside.
        unsafe {
            let mut sum = RowSum::<I>::zero();
            match self.added.map(<[f32]>::as_ptr) {
                Some(y) => for_each_vector!(
                    I,
                    n,
                    |i| {
                        let s = I::add(I::load(x.add(i)), I::load(y.add(i)));
                        I::store(x.add(i), s);
                        sum.add(s);
                    },
                    |i, left| {
                        let s = I::add(
                            I::load_partial(x.add(i), left),
                            I::load_partial(y.add(i), left),
                        );
                        I::store_partial(x.add(i), s, left);
                        sum.add(s);
                    }
                ),
                None => {
                    for_each_vector!(I, n, |i| sum.add(I::load(x.add(i))), |i, left| {
                        sum.add(I::load_partial(x.add(i), left))
                    })
                }
            }
            sum.total()
        }
    }

    /// Subtracts the mean; the result is the variance. A pass of its own: the row is in the cache, and E[x²] − E[x]² would
    /// cancel.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn centre<I: Isa>(&mut self, mean: I::F32) -> f32 {
        let (n, x) = (self.row.len(), self.row.as_mut_ptr());
        // SAFETY: the loops stay inside the row.
        unsafe {
            let mut squares = RowSum::<I>::zero();
            for_each_vector!(
                I,
                n,
                |i| {
                    let d = I::sub(I::load(x.add(i)), mean);
                    I::store(x.add(i), d);
                    squares.add_squares(d);
                },
                |i, left| {
                    let d = I::sub(I::load_partial(x.add(i), left), mean);
                    I::store_partial(x.add(i), d, left);
                    // Read anew: in the lanes past the end, which held −mean, there are zeros now.
                    squares.add_squares(I::load_partial(x.add(i), left));
                }
            );
            squares.total() / n as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::testing::{copy_of, random, random_matrix};

    fn norm(columns: usize, epsilon: f32, centred: bool) -> LayerNorm {
        LayerNorm {
            weight: random(columns, 3),
            bias: random(columns, 4),
            epsilon,
            centred,
        }
    }

    fn reference(x: &[f32], norm: &LayerNorm) -> Vec<f64> {
        let n = x.len() as f64;
        let mean = match norm.centred {
            true => x.iter().map(|&v| f64::from(v)).sum::<f64>() / n,
            false => 0.0,
        };
        let variance = x
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            / n;
        let scale = 1.0 / (variance + f64::from(norm.epsilon)).sqrt();
        let affine = norm.weight.iter().zip(&norm.bias);
        x.iter()
            .zip(affine)
            .map(|(&v, (&w, &b))| (f64::from(v) - mean) * scale * f64::from(w) + f64::from(b))
            .collect()
    }

    #[test]
    fn equals_the_definition() {
        let columns = [1usize, 2, 7, 8, 15, 16, 17, 33, 384, 769];
        for (kernel, columns, centred) in Kernel::all().into_iter().flat_map(|kernel| {
            columns
                .into_iter()
                .flat_map(move |n| [true, false].map(|c| (kernel, n, c)))
        }) {
            let norm = norm(columns, 1e-5, centred);
            let (mut x, y) = (random_matrix(5, columns, 5), random_matrix(5, columns, 6));
            let sums: Vec<Vec<f32>> = (0..5)
                .map(|i| x.row(i).iter().zip(y.row(i)).map(|(a, b)| a + b).collect())
                .collect();
            let mut plain = random_matrix(5, columns, 5);
            let mut elsewhere = Matrix::zeros(5, columns);
            let want_plain: Vec<_> = (0..5).map(|i| reference(x.row(i), &norm)).collect();
            let team = Team::new(2);
            layer_norm_to(&team, kernel, &norm, x.view(), elsewhere.view_mut());
            add_layer_norm(&team, kernel, &norm, x.view_mut(), y.view());
            layer_norm(&Team::new(1), kernel, &norm, plain.view_mut());
            for i in 0..5 {
                compare(kernel, x.row(i), &reference(&sums[i], &norm));
                compare(kernel, plain.row(i), &want_plain[i]);
                assert_eq!(plain.row(i), elsewhere.row(i));
            }
        }
    }

    #[test]
    fn heads_are_normalised_each_by_itself_and_the_others_stay() {
        for (kernel, size) in Kernel::all()
            .into_iter()
            .flat_map(|kernel| [1usize, 8, 19, 64, 128].map(|size| (kernel, size)))
        {
            let norm = norm(size, 1e-6, false);
            let before = random_matrix(7, 5 * size + 3, 8);
            for heads in [0..0, 0..5, 1..4, 4..5] {
                let mut x = copy_of(&before);
                layer_norm_heads(&Team::new(3), kernel, &norm, x.view_mut(), heads.clone());
                for i in 0..7 {
                    for head in 0..5 {
                        let columns = head * size..(head + 1) * size;
                        let (got, was) = (&x.row(i)[columns.clone()], &before.row(i)[columns]);
                        if heads.contains(&head) {
                            compare(kernel, got, &reference(was, &norm));
                        } else {
                            assert_eq!(got, was);
                        }
                    }
                    assert_eq!(x.row(i)[5 * size..], before.row(i)[5 * size..]);
                }
            }
        }
    }

    #[test]
    fn what_is_not_finite_spoils_its_own_row_only() {
        // Not finite, or with squares that are not.
        let bad = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e30];
        for (kernel, columns, centred) in Kernel::all().into_iter().flat_map(|kernel| {
            let columns = [2usize, 15, 16, 33, 768].into_iter();
            columns.flat_map(move |n| [true, false].map(|c| (kernel, n, c)))
        }) {
            let norm = norm(columns, 1e-12, centred);
            let mut sound = random_matrix(3, columns, 5);
            let zeros = Matrix::zeros(3, columns);
            for (x, at) in bad
                .into_iter()
                .flat_map(|x| [0, columns - 1].map(|at| (x, at)))
            {
                let (mut plain, mut added) = (copy_of(&sound), copy_of(&zeros));
                let mut y = copy_of(&sound);
                plain.row_mut(1)[at] = x;
                y.row_mut(1)[at] = x;
                layer_norm(&Team::new(1), kernel, &norm, plain.view_mut());
                add_layer_norm(&Team::new(1), kernel, &norm, added.view_mut(), y.view());
                for got in [plain, added] {
                    let place = format!("{} {columns} [{at}] {x}", kernel.name());
                    assert!(got.row(1).iter().all(|y| y.is_nan()), "{place}");
                    assert!(
                        [0, 2]
                            .iter()
                            .all(|&i| got.row(i).iter().all(|y| y.is_finite())),
                        "{place}"
                    );
                }
            }
            layer_norm(&Team::new(1), kernel, &norm, sound.view_mut());
            assert!((0..3).all(|i| sound.row(i).iter().all(|y| y.is_finite())));
        }
    }

    #[test]
    fn rows_without_variance_become_the_bias() {
        for kernel in Kernel::all() {
            let norm = norm(33, 1e-12, true);
            for x in [0.0, 2.0, f32::MIN_POSITIVE, f32::from_bits(1)] {
                let mut rows = Matrix::zeros(2, 33);
                rows.row_mut(0).fill(x);
                layer_norm(&Team::new(2), kernel, &norm, rows.view_mut());
                for (got, want) in rows.row(0).iter().zip(&norm.bias) {
                    assert!(
                        (got - want).abs() < 1e-6,
                        "{} {x}: {got} {want}",
                        kernel.name()
                    );
                }
            }
        }
    }

    #[test]
    fn no_rows_are_no_trouble() {
        let norm = norm(8, 1e-12, true);
        for kernel in Kernel::all() {
            let mut nothing = Matrix::zeros(0, 8);
            layer_norm(&Team::new(2), kernel, &norm, nothing.view_mut());
            assert_eq!(nothing.rows(), 0);
        }
    }

    fn compare(kernel: Kernel, got: &[f32], want: &[f64]) {
        for (g, w) in got.iter().zip(want) {
            assert!(
                (f64::from(*g) - w).abs() < 1e-4,
                "{} {}: {g} {w}",
                kernel.name(),
                got.len()
            );
        }
    }
}
