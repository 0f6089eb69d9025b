//! Rotary position embedding: queries and keys are turned by angles that grow with the token's position.

use crate::isa::{Isa, for_each_vector};
use crate::kernel::{Kernel, Operation};
use crate::matrix::MatrixMut;
use crate::team::Team;

/// Cosines and sines of the angles of each position.
///
/// Element i of the first half of a head and element i of its second half are a point in the plane, which is turned by position ·
/// frequency i ("rotate half", as GPT-NeoX and all models in transformers have it; not neighbours, as in the paper).
pub struct Rope {
    /// Half of the elements of a head.
    half: usize,
    /// For each position its cosines and then its sines: [positions, 2 · half].
    angles: Vec<f32>,
}

impl Rope {
    /// The angles of the first `positions` positions for these frequencies, in radians a position.
    ///
    /// The angle is rounded to f32 before its cosine is taken, as where the models were trained: far into a long text that
    /// is a difference of up to 10⁻³ to the exact one.
    pub fn new(frequencies: &[f32], positions: usize) -> Self {
        let half = frequencies.len();
        let mut angles = vec![0.0; positions * 2 * half];
        for (position, row) in angles.chunks_exact_mut((2 * half).max(1)).enumerate() {
            let (cosines, sines) = row.split_at_mut(half);
            for ((cos, sin), frequency) in cosines.iter_mut().zip(sines).zip(frequencies) {
                let angle = f64::from(position as f32 * frequency);
                (*cos, *sin) = (angle.cos() as f32, angle.sin() as f32);
            }
        }
        Self { half, angles }
    }

    /// Positions that it has the angles of; all, where heads have no elements.
    pub fn positions(&self) -> usize {
        let row = 2 * self.half;
        self.angles.len().checked_div(row).unwrap_or(usize::MAX)
    }

    /// Cosines and sines of a position.
    fn row(&self, position: usize) -> (&[f32], &[f32]) {
        self.angles[position * 2 * self.half..][..2 * self.half].split_at(self.half)
    }
}

/// Turns the first `heads` heads of each row of `x` in place, by the position of the row in its text; `offsets` has the first row
/// of each text and, last, the number of rows.
///
/// # Panics
/// When rows have fewer heads, the offsets do not ascend to the number of rows, or a text is longer than there are angles.
pub fn rotate(
    team: &Team,
    kernel: Kernel,
    rope: &Rope,
    heads: usize,
    offsets: &[usize],
    mut x: MatrixMut<'_>,
) {
    let columns = heads * 2 * rope.half;
    assert!(columns <= x.columns(), "{heads} heads of {}", 2 * rope.half);
    assert!(offsets.is_sorted() && offsets.last().copied().unwrap_or(0) == x.rows());
    let fits = |text: &[usize]| text[1] - text[0] <= rope.positions();
    assert!(offsets.windows(2).all(fits), "a text without angles");
    let x = x.shared();
    team.run(|worker| {
        let rows = worker.share(x.rows());
        // The last text that begins at the row or before.
        let mut text = offsets.partition_point(|&first| first <= rows.start);
        for row in rows {
            while offsets[text] <= row {
                text += 1;
            }
            let angles = rope.row(row - offsets[text - 1]);
            // SAFETY: the shares are disjoint, so this thread alone touches the row.
            let row = unsafe { x.part(row, 0..columns) };
            kernel.run(RotateRow::new(row, angles));
        }
    });
}

/// The heads of a row, and the angles of its position.
struct RotateRow<'a> {
    heads: &'a mut [f32],
    cosines: &'a [f32],
    sines: &'a [f32],
}

impl<'a> RotateRow<'a> {
    /// # Panics
    /// When these are not whole heads.
    fn new(heads: &'a mut [f32], (cosines, sines): (&'a [f32], &'a [f32])) -> Self {
        assert_eq!(cosines.len(), sines.len());
        assert!(heads.len().is_multiple_of((2 * cosines.len()).max(1)));
        Self {
            heads,
            cosines,
            sines,
        }
    }
}

impl Operation for RotateRow<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(self) {
        let half = self.cosines.len();
        let (cosines, sines) = (self.cosines.as_ptr(), self.sines.as_ptr());
        for head in self.heads.chunks_exact_mut((2 * half).max(1)) {
            let (first, second) = (head.as_mut_ptr(), head[half..].as_mut_ptr());
            // SAFETY: both halves and both rows of angles have `half` elements, and the CPU has I by the caller's promise.
            unsafe {
                for_each_vector!(
                    I,
                    half,
                    |i| {
                        let point = (I::load(first.add(i)), I::load(second.add(i)));
                        let angle = (I::load(cosines.add(i)), I::load(sines.add(i)));
                        let (x, y) = turned::<I>(point, angle);
                        I::store(first.add(i), x);
                        I::store(second.add(i), y);
                    },
                    |i, left| {
                        let load = |p: *const f32| I::load_partial(p, left);
                        let point = (load(first.add(i)), load(second.add(i)));
                        let angle = (load(cosines.add(i)), load(sines.add(i)));
                        let (x, y) = turned::<I>(point, angle);
                        I::store_partial(first.add(i), x, left);
                        I::store_partial(second.add(i), y, left);
                    }
                );
            }
        }
    }
}

/// The point (x, y) turned by the angle with this cosine and sine.
///
/// # Safety
/// The CPU has I.
#[inline(always)]
unsafe fn turned<I: Isa>(
    (x, y): (I::F32, I::F32),
    (cos, sin): (I::F32, I::F32),
) -> (I::F32, I::F32) {
    // SAFETY: the features are the caller's promise.
    unsafe {
        let minus_y = I::sub(I::splat(0.0), y);
        (
            I::fma(x, cos, I::mul(minus_y, sin)),
            I::fma(y, cos, I::mul(x, sin)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::testing::{copy_of, random_matrix};

    fn frequencies(half: usize) -> Vec<f32> {
        (0..half)
            .map(|i| 10_000f64.powf(-(i as f64) / half as f64) as f32)
            .collect()
    }

    fn run(
        kernel: Kernel,
        threads: usize,
        rope: &Rope,
        heads: usize,
        x: &Matrix,
        offsets: &[usize],
    ) -> Matrix {
        let mut out = copy_of(x);
        rotate(
            &Team::new(threads),
            kernel,
            rope,
            heads,
            offsets,
            out.view_mut(),
        );
        out
    }

    /// The definition, in complex numbers and f64.
    fn reference(row: &[f32], half: usize, heads: usize, position: usize) -> Vec<f64> {
        let mut out: Vec<f64> = row.iter().map(|&x| f64::from(x)).collect();
        for head in 0..heads {
            for (i, frequency) in frequencies(half).into_iter().enumerate() {
                let angle = f64::from(position as f32 * frequency);
                let (a, b) = (head * 2 * half + i, head * 2 * half + half + i);
                let (x, y) = (f64::from(row[a]), f64::from(row[b]));
                out[a] = x * angle.cos() - y * angle.sin();
                out[b] = x * angle.sin() + y * angle.cos();
            }
        }
        out
    }

    #[test]
    fn equals_the_definition_at_awkward_shapes() {
        for (kernel, half) in Kernel::all()
            .into_iter()
            .flat_map(|kernel| [1usize, 3, 8, 16, 17, 32, 64].map(|half| (kernel, half)))
        {
            let rope = Rope::new(&frequencies(half), 40);
            assert_eq!(rope.positions(), 40);
            let offsets = [0, 0, 1, 1, 38, 40, 80];
            let x = random_matrix(80, 5 * 2 * half + 3, 31);
            for heads in [0, 1, 5] {
                let got = run(kernel, 3, &rope, heads, &x, &offsets);
                for text in offsets.windows(2) {
                    for row in text[0]..text[1] {
                        let want = reference(x.row(row), half, heads, row - text[0]);
                        for (g, w) in got.row(row).iter().zip(want) {
                            let place = format!("{} {half} {heads} {row}", kernel.name());
                            assert!((f64::from(*g) - w).abs() < 1e-6, "{place}: {g} {w}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_position_and_other_columns_stay_as_they_are() {
        for kernel in Kernel::all() {
            let rope = Rope::new(&frequencies(32), 9);
            let x = random_matrix(9, 3 * 64, 32);
            let got = run(kernel, 2, &rope, 2, &x, &[0, 9]);
            assert_eq!(got.row(0), x.row(0));
            for row in 1..9 {
                assert_ne!(got.row(row)[..128], x.row(row)[..128]);
                assert_eq!(got.row(row)[128..], x.row(row)[128..]);
            }
        }
    }

    #[test]
    fn a_row_has_the_same_bits_in_any_batch_and_with_any_threads() {
        for kernel in Kernel::all() {
            let rope = Rope::new(&frequencies(20), 50);
            let x = random_matrix(50 + 17, 120, 33);
            let all = run(kernel, 3, &rope, 2, &x, &[0, 17, 67]);
            let mut alone = Matrix::zeros(50, 120);
            (0..50).for_each(|i| alone.row_mut(i).copy_from_slice(x.row(17 + i)));
            let alone = run(kernel, 1, &rope, 2, &alone, &[0, 50]);
            (0..50).for_each(|i| assert_eq!(all.row(17 + i), alone.row(i)));
        }
    }

    /// The product of a query with a key depends on how far they are apart, not on where they are.
    #[test]
    fn products_depend_on_the_distance_alone() {
        let rope = Rope::new(&frequencies(32), 200);
        let pair = random_matrix(2, 64, 34);
        for kernel in Kernel::all() {
            let turned = |position: usize, which: usize| {
                let mut x = Matrix::zeros(200, 64);
                x.row_mut(position).copy_from_slice(pair.row(which));
                let x = run(kernel, 1, &rope, 1, &x, &[0, 200]);
                x.row(position).to_vec()
            };
            let product = |q: usize, k: usize| -> f64 {
                let (q, k) = (turned(q, 0), turned(k, 1));
                q.iter().zip(k).map(|(a, b)| f64::from(a * b)).sum()
            };
            for (first, second) in [(0, 7), (93, 100), (192, 199)] {
                let error = (product(first, second) - product(0, 7)).abs();
                assert!(error < 1e-4, "{} {first}: {error}", kernel.name());
            }
            assert!((product(0, 7) - product(0, 8)).abs() > 1e-3);
        }
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        let rope = Rope::new(&frequencies(8), 4);
        for (kernel, bad) in Kernel::all()
            .into_iter()
            .flat_map(|kernel| [f32::NAN, f32::INFINITY].map(|bad| (kernel, bad)))
        {
            let mut x = random_matrix(4, 16, 35);
            x.row_mut(2)[3] = bad;
            let got = run(kernel, 1, &rope, 1, &x, &[0, 4]);
            assert!(!got.row(2)[3].is_finite() && !got.row(2)[11].is_finite());
            assert!(
                [0, 1, 3]
                    .iter()
                    .all(|&i| got.row(i).iter().all(|x| x.is_finite()))
            );
        }
    }

    #[test]
    #[should_panic(expected = "a text without angles")]
    fn a_text_is_not_longer_than_the_angles_reach() {
        let rope = Rope::new(&frequencies(8), 4);
        let x = random_matrix(5, 16, 36);
        run(Kernel::of_process(), 1, &rope, 1, &x, &[0, 5]);
    }
}
