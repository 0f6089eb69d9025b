//! The integer inner loops in plain Rust: the reference of the others, and what any other CPU runs.

use crate::tile::{BLOCK_STEPS, Tile};
use half::f16;

/// Columns of a tile.
const COLUMNS: usize = super::LANES;

/// Adds `steps` steps from `first` of row `r` to integer sums.
///
/// # Safety
/// The steps are inside A and B.
#[inline(always)]
unsafe fn add_steps(t: &Tile, r: usize, first: usize, steps: usize, sums: &mut [i32; COLUMNS]) {
    for step in first..first + steps {
        for (column, sum) in sums.iter_mut().enumerate() {
            for i in 0..4 {
                // SAFETY: four bytes of the row and four of the column belong to this step.
                let (a, w) = unsafe {
                    let w = t.b.add(step * t.b_stride + 4 * column + i).cast::<i8>();
                    (*t.a.add(r * t.a_stride + 4 * step + i), *w)
                };
                *sum += i32::from(a) * i32::from(w);
            }
        }
    }
}

/// u8 times i8 summed into i32.
///
/// # Safety
/// `t` describes its matrices truly, with `rows` rows and one vector.
pub(crate) unsafe fn dot(t: &Tile, rows: usize) {
    for r in 0..rows {
        // SAFETY: inside A, B and C as the caller describes them.
        unsafe {
            let c = t.c_at::<[i32; COLUMNS]>(r, 0);
            let mut sums = if t.accumulate {
                c.read_unaligned()
            } else {
                [0; COLUMNS]
            };
            add_steps(t, r, 0, t.steps, &mut sums);
            c.write_unaligned(sums);
        }
    }
}

/// Blocks of eight steps, each block's sum times its scale added to an f32 result.
///
/// # Safety
/// As [`dot`], with whole blocks and a scale for every column of every block.
pub(crate) unsafe fn blocks(t: &Tile, rows: usize, scales: *const u8, scale_stride: usize) {
    for r in 0..rows {
        // SAFETY: inside A, B, C and the scales as the caller describes them.
        unsafe {
            let c = t.c_at::<[f32; COLUMNS]>(r, 0);
            let mut result = if t.accumulate {
                c.read_unaligned()
            } else {
                [0.0; COLUMNS]
            };
            for block in 0..t.steps / BLOCK_STEPS {
                let mut sums = [0; COLUMNS];
                add_steps(t, r, block * BLOCK_STEPS, BLOCK_STEPS, &mut sums);
                let scale = scales
                    .wrapping_add(block * scale_stride)
                    .cast::<[u16; COLUMNS]>();
                let scale = scale
                    .read_unaligned()
                    .map(|bits| f16::from_bits(bits).to_f32());
                for ((x, sum), scale) in result.iter_mut().zip(sums).zip(scale) {
                    *x = super::mul_add(sum as f32, scale, *x);
                }
            }
            c.write_unaligned(result);
        }
    }
}
