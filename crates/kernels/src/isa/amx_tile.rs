//! The inner loop of the integer products on the tiles of AMX.
//!
//! One `tdpbusd` multiplies 16 rows of 64 bytes with 64 bytes of each of 16 columns, which is sixteen steps of `tile.rs` at
//! once; weights lie in memory as it wants them, each step being a row of its third operand. Up to 2 × 3 tiles hold sums, one
//! holds rows of A and one weights: seven loads for six products, and a load takes half the time of a product.
//!
//! Tiles are always whole: rows of A and C are read and written in sixteens.

use super::amx::{ROW_BYTES, ROWS};
use crate::tile::Tile;
use std::arch::asm;

/// Steps of one product of tiles.
pub(super) const STEPS: usize = ROW_BYTES / 4;

/// Weights that are worked on at a time: panels of up to 2,000 inputs and the halves of one of 3,072. Loading and storing sums
/// between stretches costs more than weights that come from the second-level cache.
pub(super) const CHUNK: usize = 96 << 10;

/// Up to as many rows are left to AVX-512: they are bound by reading the weights, which it does faster (measured, 86 MB for
/// one row: 1.75 instead of 2.1 ms).
pub(super) const FEW_ROWS: usize = 3;

/// Most rows of a tile of `tile.rs`.
pub(super) const MOST_ROWS: usize = 2 * ROWS;

macro_rules! upper {
    () => {
        "tileloadd tmm6, [{a} + {s}]\n"
    };
}

macro_rules! lower {
    () => {
        "tileloadd tmm6, [{d} + {s}]\n"
    };
}

macro_rules! weights {
    ($offset:literal) => {
        concat!("tileloadd tmm7, [{b} + {bs} + ", $offset, "]\n")
    };
}

macro_rules! multiply {
    ($sum:literal) => {
        concat!("tdpbusd tmm", $sum, ", tmm6, tmm7\n")
    };
}

/// A function that computes a tile: its sums are the listed registers, each in the upper (`c`) or lower (`e`) rows of C from a
/// byte on; the rest is what is done for sixteen steps.
macro_rules! tile {
    ($name:ident, [$($sum:literal $c:literal $offset:literal),+], $($step:expr),+) => {
        unsafe fn $name(t: &Tile) {
            // SAFETY: the caller describes A, B and C truly; the loop stays inside them. Prefetches may go anywhere.
            unsafe {
                asm!(
                    "test {n}, {n}",
                    "jz 4f",
                    $(concat!("tileloadd tmm", $sum, ", [{", $c, "} + {cs} + ", $offset, "]"),)+
                    "jmp 5f",
                    "4:",
                    $(concat!("tilezero tmm", $sum),)+
                    "5:",
                    "test {k}, {k}",
                    "jz 3f",
                    ".p2align 5",
                    "2:",
                    $($step,)+
                    "add {a}, 64",
                    "add {d}, 64",
                    "lea {b}, [{b} + 8*{bs}]",
                    "lea {b}, [{b} + 8*{bs}]",
                    "mov {n}, {lines}",
                    "6:",
                    "prefetcht1 [{p}]",
                    "add {p}, 64",
                    "dec {n}",
                    "jnz 6b",
                    "dec {k}",
                    "jnz 2b",
                    "3:",
                    $(concat!("tilestored [{", $c, "} + {cs} + ", $offset, "], tmm", $sum),)+
                    a = inout(reg) t.a => _,
                    d = inout(reg) t.a.wrapping_add(ROWS * t.a_stride) => _,
                    s = in(reg) t.a_stride,
                    b = inout(reg) t.b => _,
                    bs = in(reg) t.b_stride,
                    k = inout(reg) t.steps / STEPS => _,
                    p = inout(reg) t.prefetch => _,
                    lines = in(reg) (STEPS * t.prefetch_stride).div_ceil(64).max(1),
                    // Whether to go on from C; afterwards the lines yet to be fetched.
                    n = inout(reg) usize::from(t.accumulate) => _,
                    c = in(reg) t.c,
                    e = in(reg) t.c.wrapping_add(ROWS * t.c_stride),
                    cs = in(reg) t.c_stride,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                )
            }
        }
    };
}

tile!(one_by_one, ["0" "c" "0" ], "/* {d} {e} */", upper!(), weights!("0"), multiply!("0"));
tile!(one_by_two, ["0" "c" "0", "1" "c" "64"], "/* {e} */", upper!(),
    weights!("0"), multiply!("0"), weights!("64"), multiply!("1"));
tile!(one_by_three, ["0" "c" "0", "1" "c" "64", "2" "c" "128"], "/* {e} */", upper!(),
    weights!("0"), multiply!("0"), weights!("64"), multiply!("1"), weights!("128"), multiply!("2"));
tile!(two_by_one, ["0" "c" "0", "3" "e" "0"], weights!("0"), upper!(), multiply!("0"), lower!(), multiply!("3"));
tile!(two_by_two, ["0" "c" "0", "1" "c" "64", "3" "e" "0", "4" "e" "64"], upper!(),
    weights!("0"), multiply!("0"), weights!("64"), multiply!("1"), lower!(), multiply!("4"), weights!("0"), multiply!("3"));
tile!(two_by_three, ["0" "c" "0", "1" "c" "64", "2" "c" "128", "3" "e" "0", "4" "e" "64", "5" "e" "128"], upper!(),
    weights!("0"), multiply!("0"), weights!("64"), multiply!("1"), weights!("128"), multiply!("2"),
    lower!(), multiply!("5"), weights!("64"), multiply!("4"), weights!("0"), multiply!("3"));

/// Integers: four u8 of A and four i8 of B a step, summed exactly into i32.
///
/// # Safety
/// This thread has its tiles (see `amx.rs`). `t` describes A, B and C as its fields say, with whole sixteens of steps, `rows` in
/// 1..=32 and `vectors` in 1..=3; A and C have whole sixteens of rows, and C overlaps neither A nor B.
#[inline(always)]
pub(super) unsafe fn run_dot(t: &Tile, rows: usize, vectors: usize) {
    debug_assert!(t.steps.is_multiple_of(STEPS) && rows <= MOST_ROWS);
    // SAFETY: passed on from the caller.
    unsafe {
        match (rows <= ROWS, vectors) {
            (true, 1) => one_by_one(t),
            (true, 2) => one_by_two(t),
            (true, _) => one_by_three(t),
            (false, 1) => two_by_one(t),
            (false, 2) => two_by_two(t),
            (false, _) => two_by_three(t),
        }
    }
}
