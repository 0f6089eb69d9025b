//! The inner loop of the integer products on the tiles of AMX.
//!
//! One `tdpbusd` multiplies 16 rows of 64 bytes with 64 bytes of each of 16 columns, which is sixteen steps of `tile.rs` at
//! once; weights lie in memory as it wants them, each step being a row of its third operand. Up to 2 × 3 tiles hold sums, one
//! holds rows of A and one weights: seven loads for six products, and a load takes half the time of a product.
//!
//! Tiles are always whole: rows of A and C are read and written in sixteens.

use super::amx::{ROW_BYTES, ROWS};
use crate::tile::{BLOCK_STEPS, Tile};
use std::arch::asm;
use std::mem::MaybeUninit;

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

/// Rows of the tile of a product by 4-bit blocks.
pub(super) const BLOCK_ROWS: usize = ROWS;

/// Up to as many rows are left to AVX-512: a tile of 16 takes as long for fewer.
pub(super) const FEW_BLOCK_ROWS: usize = 12;

/// Vectors in a row of it.
const BLOCK_VECTORS: usize = 3;

/// The integer sums of two blocks on their way from a tile to vector registers: while those of one are scaled, the next are
/// computed, for what a tile has stored can be loaded only when it has reached the cache. The one is 1024 bytes from the other.
#[repr(C, align(2048))]
struct Sums(MaybeUninit<[u8; 2 * ROWS * ROW_BYTES]>);

/// For each row: its register of results.
macro_rules! each_row {
    ($per_row:ident) => {
        concat!(
            $per_row!("0", "17"),
            $per_row!("1", "18"),
            $per_row!("2", "19"),
            $per_row!("3", "20"),
            $per_row!("4", "21"),
            $per_row!("5", "22"),
            $per_row!("6", "23"),
            $per_row!("7", "24"),
            $per_row!("8", "17"),
            $per_row!("9", "18"),
            $per_row!("10", "19"),
            $per_row!("11", "20"),
            $per_row!("12", "21"),
            $per_row!("13", "22"),
            $per_row!("14", "23"),
            $per_row!("15", "24"),
        )
    };
}

macro_rules! zero_row {
    ($row:literal, $_:literal) => {
        concat!("vpxord zmm", $row, ", zmm", $row, ", zmm", $row, "\n")
    };
}

macro_rules! load_row {
    ($row:literal, $_:literal) => {
        concat!("vmovups zmm", $row, ", [{c}]\n", "add {c}, {cs}\n")
    };
}

macro_rules! rewind_row {
    ($_:literal, $__:literal) => {
        "sub {c}, {cs}\n"
    };
}

macro_rules! store_row {
    ($row:literal, $_:literal) => {
        concat!("vmovups [{c}], zmm", $row, "\n", "add {c}, {cs}\n")
    };
}

macro_rules! scale_row {
    ($row:literal, $sum:literal) => {
        concat!(
            "vcvtdq2ps zmm",
            $sum,
            ", [{w} + 64*",
            $row,
            "]\n",
            "vfmadd231ps zmm",
            $row,
            ", zmm",
            $sum,
            ", zmm16\n",
        )
    };
}

macro_rules! sum_block {
    () => {
        concat!(
            "tileloadd tmm6, [{a} + {s}]\n",
            "tileloadd tmm7, [{b} + {bs}]\n",
            "tilezero tmm0\n",
            "tdpbusd tmm0, tmm6, tmm7\n",
            "tilestored [{w} + {n}], tmm0\n",
        )
    };
}

macro_rules! scale_block {
    () => {
        concat!(
            "vcvtph2ps zmm16, ymmword ptr [{sc}]\n",
            each_row!(scale_row)
        )
    };
}

/// One vector of columns of [`run_blocks`]: 16 registers of results, one of scales and eight that take the block's sums.
///
/// # Safety
/// As [`run_blocks`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn block_vector(t: &Tile, scales: *const u8, scale_stride: usize) {
    let mut sums = Sums(MaybeUninit::uninit());
    // SAFETY: the caller describes A, B, C and the scales truly; the loop stays inside them. Prefetches may go anywhere.
    unsafe {
        asm!(
            "test {n}, {n}",
            "jz 4f",
            each_row!(load_row),
            each_row!(rewind_row),
            "jmp 5f",
            "4:",
            each_row!(zero_row),
            "5:",
            "mov {n}, 64",
            "test {k}, {k}",
            "jz 3f",
            sum_block!(),
            "jmp 6f",
            ".p2align 5",
            "2:",
            "add {a}, 32",
            "lea {b}, [{b} + 8*{bs}]",
            "xor {w}, 1024",
            sum_block!(),
            "prefetcht1 [{p}]",
            "prefetcht1 [{p} + 64]",
            "prefetcht1 [{p} + 128]",
            "prefetcht1 [{p} + 192]",
            "prefetcht1 [{p} + 256]",
            "add {p}, {ps}",
            // The sums of the block before.
            "xor {w}, 1024",
            scale_block!(),
            "xor {w}, 1024",
            "add {sc}, {ss}",
            "6:",
            "dec {k}",
            "jnz 2b",
            scale_block!(),
            "3:",
            each_row!(store_row),
            a = inout(reg) t.a => _,
            s = in(reg) t.a_stride,
            b = inout(reg) t.b => _,
            bs = in(reg) t.b_stride,
            k = inout(reg) t.steps / BLOCK_STEPS => _,
            p = inout(reg) t.prefetch => _,
            ps = in(reg) t.prefetch_stride,
            c = inout(reg) t.c => _,
            cs = in(reg) t.c_stride,
            sc = inout(reg) scales => _,
            ss = in(reg) scale_stride,
            w = inout(reg) sums.0.as_mut_ptr() => _,
            // Whether to go on from C; afterwards the bytes of a row of sums.
            n = inout(reg) usize::from(t.accumulate) => _,
            out("zmm0") _, out("zmm1") _, out("zmm2") _, out("zmm3") _, out("zmm4") _, out("zmm5") _,
            out("zmm6") _, out("zmm7") _, out("zmm8") _, out("zmm9") _, out("zmm10") _, out("zmm11") _,
            out("zmm12") _, out("zmm13") _, out("zmm14") _, out("zmm15") _, out("zmm16") _, out("zmm17") _,
            out("zmm18") _, out("zmm19") _, out("zmm20") _, out("zmm21") _, out("zmm22") _, out("zmm23") _,
            out("zmm24") _, out("tmm0") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        )
    }
}

/// Integers in blocks of eight steps: each block's exact sum times its scale (f16, one a column, `scale_stride`
/// bytes from block to block) is added to C, which is f32, in the order of the blocks.
///
/// # Safety
/// The CPU has AVX-512, and this thread has tiles for blocks (see `amx.rs`). `t` describes A, B and C as its fields say, with whole
/// blocks of steps and three vectors; A and C have 16 rows, and C overlaps neither A nor B.
#[inline(always)]
pub(super) unsafe fn run_blocks(t: &Tile, scales: *const u8, scale_stride: usize) {
    for vector in 0..BLOCK_VECTORS {
        let at = vector * ROW_BYTES;
        // SAFETY: passed on from the caller; the columns from here on are inside B and C, and an f16 is half an f32.
        unsafe {
            let part = Tile {
                b: t.b.add(at),
                c: t.c.add(at),
                // Each fetches a third of the lines of a block.
                prefetch: t.prefetch.wrapping_add(vector * PREFETCH),
                ..*t
            };
            block_vector(&part, scales.add(at / 2), scale_stride);
        }
    }
}

/// Bytes of the five lines that [`block_vector`] fetches a block.
const PREFETCH: usize = 5 * 64;
