//! The inner loops of the matrix products in AVX-512 assembly.
//!
//! A tile has up to 8 rows of 3 registers: 24 accumulators, 3 registers of weights and 5 that the
//! broadcasts take in turn are all 32. That leaves nothing to spare, and the compiler, given the same loop
//! as intrinsics, keeps spilling accumulators to the stack, which halves the speed. Written out, the
//! loop runs at nine tenths of the CPU's limit.
//!
//! One step multiplies four bytes of each row, broadcast, with the weights of all columns: one f32 by
//! `vfmadd231ps`, or four u8 activations with four i8 weights by `vpdpbusd`, which sums them into an i32 without
//! saturating. The two differ in nothing else.
//!
//! The weights that come next are fetched into the second-level cache: in the first they would push out the rows and the
//! weights that the tile works on (measured: 4.0 ms instead of 4.6 for the int8 products of 16 tokens).

use crate::tile::Tile;
use std::arch::asm;

macro_rules! multiply_row {
    ($dot:literal, $broadcast:literal, $at:literal, $t:literal, [$($acc:literal $w:literal),+]) => {
        concat!(
            $broadcast, " zmm", $t, ", dword ptr [", $at, "]\n",
            $($dot, " zmm", $acc, ", zmm", $t, ", zmm", $w, "\n",)+
        )
    };
}

macro_rules! load_row {
    ([$($acc:literal $offset:literal),+]) => {
        concat!($("vmovups zmm", $acc, ", [{c} + ", $offset, "]\n",)+ "add {c}, {cs}\n")
    };
}

macro_rules! zero_row {
    ([$($acc:literal $(,)?)+]) => { concat!($("vpxord zmm", $acc, ", zmm", $acc, ", zmm", $acc, "\n",)+) };
}

macro_rules! store_row {
    ([$($acc:literal $offset:literal),+]) => {
        concat!($("vmovups [{c} + ", $offset, "], zmm", $acc, "\n",)+ "add {c}, {cs}\n")
    };
}

macro_rules! load_weights {
    ([whole, $($w:literal $offset:literal),+]) => { concat!($("vmovups zmm", $w, ", [{b} + ", $offset, "]\n",)+) };
    // Half precision: half as many bytes, widened exactly.
    ([half, $($w:literal $offset:literal),+]) => {
        concat!($("vcvtph2ps zmm", $w, ", ymmword ptr [{b} + ", $offset, "/2]\n",)+)
    };
    // The same, and the wide ones are kept for the tiles that follow: neither conversions nor stores take the place of a product.
    ([keep, $($w:literal $offset:literal),+]) => {
        concat!(
            $(
                "vcvtph2ps zmm", $w, ", ymmword ptr [{b} + ", $offset, "/2]\n",
                "vmovups [{w} + ", $offset, "], zmm", $w, "\n",
            )+
            "lea {w}, [{w} + 2*{bs}]\n"
        )
    };
}

/// A function that computes a tile of the listed rows.
macro_rules! tile {
    ($name:ident, $dot:literal, $broadcast:literal, $weights:tt,
     $($at:literal $t:literal $multiply:tt $move:tt $zero:tt;)+) => {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        unsafe fn $name(t: &Tile) {
            // SAFETY: the caller describes A, B and C truly; the loop stays inside them. Prefetches may go anywhere.
            unsafe {
                asm!(
                    "lea {a4}, [{a} + 4*{s}]",
                    "lea {s3}, [{s} + 2*{s}]",
                    "test {acc}, {acc}",
                    "jz 4f",
                    $(load_row!($move),)+
                    $(concat!("sub {c}, {cs} # row of ", $t),)+
                    "jmp 5f",
                    "4:",
                    $(zero_row!($zero),)+
                    "5:",
                    "test {k}, {k}",
                    "jz 3f",
                    ".p2align 5",
                    "2:",
                    "prefetcht1 [{p}]",
                    "prefetcht1 [{p} + 64]",
                    "prefetcht1 [{p} + 128]",
                    "add {p}, {ps}",
                    load_weights!($weights),
                    $(multiply_row!($dot, $broadcast, $at, $t, $multiply),)+
                    "add {a}, 4",
                    "add {a4}, 4",
                    "add {b}, {bs}",
                    "dec {k}",
                    "jnz 2b",
                    "3: # {w}, which most tiles have no use for, must be named",
                    $(store_row!($move),)+
                    a = inout(reg) t.a => _,
                    a4 = out(reg) _,
                    s = in(reg) t.a_stride,
                    s3 = out(reg) _,
                    b = inout(reg) t.b => _,
                    bs = in(reg) t.b_stride,
                    k = inout(reg) t.steps => _,
                    w = inout(reg) t.widened => _,
                    p = inout(reg) t.prefetch => _,
                    ps = in(reg) t.prefetch_stride,
                    c = inout(reg) t.c => _,
                    cs = in(reg) t.c_stride,
                    acc = in(reg) usize::from(t.accumulate),
                    out("zmm0") _, out("zmm1") _, out("zmm2") _, out("zmm3") _, out("zmm4") _, out("zmm5") _,
                    out("zmm6") _, out("zmm7") _, out("zmm8") _, out("zmm9") _, out("zmm10") _, out("zmm11") _,
                    out("zmm12") _, out("zmm13") _, out("zmm14") _, out("zmm15") _, out("zmm16") _, out("zmm17") _,
                    out("zmm18") _, out("zmm19") _, out("zmm20") _, out("zmm21") _, out("zmm22") _, out("zmm23") _,
                    out("zmm24") _, out("zmm25") _, out("zmm26") _, out("zmm27") _, out("zmm28") _, out("zmm29") _,
                    out("zmm30") _, out("zmm31") _,
                    options(nostack),
                )
            }
        }
    };
}

/// The tiles of 1 to 8 rows with 1, 2 or 3 vectors, and the function that chooses.
macro_rules! tiles {
    ($(#[$doc:meta])* $run:ident, $dot:literal, $broadcast:literal, $load:ident) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The CPU has AVX-512 with VNNI; `t` describes A [`rows`], B and C as its fields say, with `rows` in 1..=8
        /// and `vectors` in 1..=3, and C overlaps neither.
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        pub(crate) unsafe fn $run(t: &Tile, rows: usize, vectors: usize) {
            tiles!(@rows three, $dot, $broadcast, [$load, "24" "0", "25" "64", "26" "128"],
                [["0" "24", "1" "25", "2" "26"] ["0" "0", "1" "64", "2" "128"] ["0", "1", "2"]]
                [["3" "24", "4" "25", "5" "26"] ["3" "0", "4" "64", "5" "128"] ["3", "4", "5"]]
                [["6" "24", "7" "25", "8" "26"] ["6" "0", "7" "64", "8" "128"] ["6", "7", "8"]]
                [["9" "24", "10" "25", "11" "26"] ["9" "0", "10" "64", "11" "128"] ["9", "10", "11"]]
                [["12" "24", "13" "25", "14" "26"] ["12" "0", "13" "64", "14" "128"] ["12", "13", "14"]]
                [["15" "24", "16" "25", "17" "26"] ["15" "0", "16" "64", "17" "128"] ["15", "16", "17"]]
                [["18" "24", "19" "25", "20" "26"] ["18" "0", "19" "64", "20" "128"] ["18", "19", "20"]]
                [["21" "24", "22" "25", "23" "26"] ["21" "0", "22" "64", "23" "128"] ["21", "22", "23"]]);
            tiles!(@rows two, $dot, $broadcast, [$load, "24" "0", "25" "64"],
                [["0" "24", "1" "25"] ["0" "0", "1" "64"] ["0", "1"]]
                [["3" "24", "4" "25"] ["3" "0", "4" "64"] ["3", "4"]]
                [["6" "24", "7" "25"] ["6" "0", "7" "64"] ["6", "7"]]
                [["9" "24", "10" "25"] ["9" "0", "10" "64"] ["9", "10"]]
                [["12" "24", "13" "25"] ["12" "0", "13" "64"] ["12", "13"]]
                [["15" "24", "16" "25"] ["15" "0", "16" "64"] ["15", "16"]]
                [["18" "24", "19" "25"] ["18" "0", "19" "64"] ["18", "19"]]
                [["21" "24", "22" "25"] ["21" "0", "22" "64"] ["21", "22"]]);
            tiles!(@rows one, $dot, $broadcast, [$load, "24" "0"],
                [["0" "24"] ["0" "0"] ["0"]] [["3" "24"] ["3" "0"] ["3"]] [["6" "24"] ["6" "0"] ["6"]]
                [["9" "24"] ["9" "0"] ["9"]] [["12" "24"] ["12" "0"] ["12"]] [["15" "24"] ["15" "0"] ["15"]]
                [["18" "24"] ["18" "0"] ["18"]] [["21" "24"] ["21" "0"] ["21"]]);
            // SAFETY: passed on from the caller.
            unsafe {
                match vectors {
                    1 => one(t, rows),
                    2 => two(t, rows),
                    _ => three(t, rows),
                }
            }
        }
    };
    // The rows' addresses need four registers: a, a + 4·stride, stride and 3·stride.
    (@rows $name:ident, $dot:literal, $broadcast:literal, $weights:tt,
     $r0:tt $r1:tt $r2:tt $r3:tt $r4:tt $r5:tt $r6:tt $r7:tt) => {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        unsafe fn $name(t: &Tile, rows: usize) {
            tiles!(@one rows1, $dot, $broadcast, $weights, ["{a}" "27" $r0]);
            tiles!(@one rows2, $dot, $broadcast, $weights, ["{a}" "27" $r0] ["{a} + {s}" "28" $r1]);
            tiles!(@one rows3, $dot, $broadcast, $weights, ["{a}" "27" $r0] ["{a} + {s}" "28" $r1]
                ["{a} + 2*{s}" "29" $r2]);
            tiles!(@one rows4, $dot, $broadcast, $weights, ["{a}" "27" $r0] ["{a} + {s}" "28" $r1]
                ["{a} + 2*{s}" "29" $r2] ["{a} + {s3}" "30" $r3]);
            tiles!(@one rows5, $dot, $broadcast, $weights, ["{a}" "27" $r0] ["{a} + {s}" "28" $r1]
                ["{a} + 2*{s}" "29" $r2] ["{a} + {s3}" "30" $r3] ["{a4}" "31" $r4]);
            tiles!(@one rows6, $dot, $broadcast, $weights, ["{a}" "27" $r0] ["{a} + {s}" "28" $r1]
                ["{a} + 2*{s}" "29" $r2] ["{a} + {s3}" "30" $r3] ["{a4}" "31" $r4] ["{a4} + {s}" "27" $r5]);
            tiles!(@one rows7, $dot, $broadcast, $weights, ["{a}" "27" $r0] ["{a} + {s}" "28" $r1]
                ["{a} + 2*{s}" "29" $r2] ["{a} + {s3}" "30" $r3] ["{a4}" "31" $r4] ["{a4} + {s}" "27" $r5]
                ["{a4} + 2*{s}" "28" $r6]);
            tiles!(@one rows8, $dot, $broadcast, $weights, ["{a}" "27" $r0] ["{a} + {s}" "28" $r1]
                ["{a} + 2*{s}" "29" $r2] ["{a} + {s3}" "30" $r3] ["{a4}" "31" $r4] ["{a4} + {s}" "27" $r5]
                ["{a4} + 2*{s}" "28" $r6] ["{a4} + {s3}" "29" $r7]);
            // SAFETY: passed on from the caller.
            unsafe {
                match rows {
                    1 => rows1(t),
                    2 => rows2(t),
                    3 => rows3(t),
                    4 => rows4(t),
                    5 => rows5(t),
                    6 => rows6(t),
                    7 => rows7(t),
                    8 => rows8(t),
                    _ => debug_assert_eq!(rows, 0, "a tile has at most 8 rows"),
                }
            }
        }
    };
    (@one $name:ident, $dot:literal, $broadcast:literal, $weights:tt,
     $([$at:literal $t:literal [$multiply:tt $move:tt $zero:tt]])+) => {
        tile!($name, $dot, $broadcast, $weights, $($at $t $multiply $move $zero;)+);
    };
}

tiles!(
    /// f32: one element of A a step; each element of C is one chain of fused multiply-adds in ascending order.
    run_f32, "vfmadd231ps", "vbroadcastss", whole
);
tiles!(
    /// As [`run_f32`], with B in half precision, which is widened on the way: the same bits as if it were f32.
    run_f16, "vfmadd231ps", "vbroadcastss", half
);
tiles!(
    /// As [`run_f16`]; the widened weights are kept in `widened`, which has room for `steps` steps of `vectors` registers.
    run_f16_keeping, "vfmadd231ps", "vbroadcastss", keep
);
tiles!(
    /// Integers: four u8 of A and four i8 of B a step, summed exactly into i32.
    run_dot, "vpdpbusd", "vpbroadcastd", whole
);

/// Step `$n` of a block: three registers of weights, and each row's four bytes.
macro_rules! block_step {
    ($n:literal, $($at:literal $t:literal [$($i:literal)+] [$($f:literal)+];)+) => {
        concat!(
            "vmovdqu64 zmm24, [{b} + 192*", $n, "]\n",
            "vmovdqu64 zmm25, [{b} + 192*", $n, " + 64]\n",
            "vmovdqu64 zmm26, [{b} + 192*", $n, " + 128]\n",
            $(block_row!($n, $at, $t, $($i)+),)+
        )
    };
}

macro_rules! block_row {
    ($n:literal, $at:literal, $t:literal, $x:literal $y:literal $z:literal) => {
        concat!(
            "vpbroadcastd zmm",
            $t,
            ", dword ptr [",
            $at,
            " + 4*",
            $n,
            "]\n",
            "vpdpbusd zmm",
            $x,
            ", zmm",
            $t,
            ", zmm24\n",
            "vpdpbusd zmm",
            $y,
            ", zmm",
            $t,
            ", zmm25\n",
            "vpdpbusd zmm",
            $z,
            ", zmm",
            $t,
            ", zmm26\n",
        )
    };
}

/// Widens a row's sums of the block and adds them, times their scales, to its result.
macro_rules! scale_row {
    ([$x:literal $y:literal $z:literal] [$fx:literal $fy:literal $fz:literal]) => {
        concat!(
            "vcvtdq2ps zmm",
            $x,
            ", zmm",
            $x,
            "\n",
            "vcvtdq2ps zmm",
            $y,
            ", zmm",
            $y,
            "\n",
            "vcvtdq2ps zmm",
            $z,
            ", zmm",
            $z,
            "\n",
            "vfmadd231ps zmm",
            $fx,
            ", zmm",
            $x,
            ", zmm24\n",
            "vfmadd231ps zmm",
            $fy,
            ", zmm",
            $y,
            ", zmm25\n",
            "vfmadd231ps zmm",
            $fz,
            ", zmm",
            $z,
            ", zmm26\n",
        )
    };
}

macro_rules! load_result {
    ([$x:literal $y:literal $z:literal]) => {
        load_row!([$x "0", $y "64", $z "128"])
    };
}

macro_rules! store_result {
    ([$x:literal $y:literal $z:literal]) => {
        store_row!([$x "0", $y "64", $z "128"])
    };
}

/// A function that computes a tile of the listed rows by blocks: 12 registers of results, 12 of the block's
/// integer sums, 3 of weights or scales and 4 of broadcasts.
macro_rules! block_tile {
    ($name:ident, $($at:literal $t:literal $i:tt $f:tt;)+) => {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        unsafe fn $name(t: &Tile, scales: *const u8, scale_stride: usize) {
            // SAFETY: the caller describes A, B, C and the scales truly; the loop stays inside them.
            unsafe {
                asm!(
                    "lea {s3}, [{s} + 2*{s}]",
                    "test {acc}, {acc}",
                    "jz 4f",
                    $(load_result!($f),)+
                    $(concat!("sub {c}, {cs} # row of ", $t),)+
                    "jmp 5f",
                    "4:",
                    $(zero_row!($f),)+
                    "5:",
                    "test {k}, {k}",
                    "jz 3f",
                    ".p2align 5",
                    "2:",
                    $(zero_row!($i),)+
                    "prefetcht1 [{p}]",
                    "prefetcht1 [{p} + 64]",
                    "prefetcht1 [{p} + 128]",
                    block_step!(0, $($at $t $i $f;)+),
                    block_step!(1, $($at $t $i $f;)+),
                    "prefetcht1 [{p} + 192]",
                    "prefetcht1 [{p} + 256]",
                    "prefetcht1 [{p} + 320]",
                    block_step!(2, $($at $t $i $f;)+),
                    block_step!(3, $($at $t $i $f;)+),
                    "prefetcht1 [{p} + 384]",
                    "prefetcht1 [{p} + 448]",
                    "prefetcht1 [{p} + 512]",
                    block_step!(4, $($at $t $i $f;)+),
                    block_step!(5, $($at $t $i $f;)+),
                    "prefetcht1 [{p} + 576]",
                    "prefetcht1 [{p} + 640]",
                    "prefetcht1 [{p} + 704]",
                    block_step!(6, $($at $t $i $f;)+),
                    block_step!(7, $($at $t $i $f;)+),
                    "prefetcht1 [{p} + 768]",
                    "prefetcht1 [{p} + 832]",
                    "add {p}, {ps}",
                    "vcvtph2ps zmm24, ymmword ptr [{sc}]",
                    "vcvtph2ps zmm25, ymmword ptr [{sc} + 32]",
                    "vcvtph2ps zmm26, ymmword ptr [{sc} + 64]",
                    $(scale_row!($i $f),)+
                    "add {a}, 32",
                    "add {b}, 1536",
                    "add {sc}, {ss}",
                    "dec {k}",
                    "jnz 2b",
                    "3:",
                    $(store_result!($f),)+
                    a = inout(reg) t.a => _,
                    s = in(reg) t.a_stride,
                    s3 = out(reg) _,
                    b = inout(reg) t.b => _,
                    k = inout(reg) t.steps / 8 => _,
                    p = inout(reg) t.prefetch => _,
                    ps = in(reg) t.prefetch_stride,
                    c = inout(reg) t.c => _,
                    cs = in(reg) t.c_stride,
                    sc = inout(reg) scales => _,
                    ss = in(reg) scale_stride,
                    acc = in(reg) usize::from(t.accumulate),
                    out("zmm0") _, out("zmm1") _, out("zmm2") _, out("zmm3") _, out("zmm4") _, out("zmm5") _,
                    out("zmm6") _, out("zmm7") _, out("zmm8") _, out("zmm9") _, out("zmm10") _, out("zmm11") _,
                    out("zmm12") _, out("zmm13") _, out("zmm14") _, out("zmm15") _, out("zmm16") _, out("zmm17") _,
                    out("zmm18") _, out("zmm19") _, out("zmm20") _, out("zmm21") _, out("zmm22") _, out("zmm23") _,
                    out("zmm24") _, out("zmm25") _, out("zmm26") _, out("zmm27") _, out("zmm28") _, out("zmm29") _,
                    out("zmm30") _, out("zmm31") _,
                    options(nostack),
                )
            }
        }
    };
}

block_tile!(blocks1, "{a}" "27" ["12" "13" "14"] ["0" "1" "2"];);
block_tile!(blocks2, "{a}" "27" ["12" "13" "14"] ["0" "1" "2"]; "{a} + {s}" "28" ["15" "16" "17"] ["3" "4" "5"];);
block_tile!(blocks3, "{a}" "27" ["12" "13" "14"] ["0" "1" "2"]; "{a} + {s}" "28" ["15" "16" "17"] ["3" "4" "5"];
    "{a} + 2*{s}" "29" ["18" "19" "20"] ["6" "7" "8"];);
block_tile!(blocks4, "{a}" "27" ["12" "13" "14"] ["0" "1" "2"]; "{a} + {s}" "28" ["15" "16" "17"] ["3" "4" "5"];
    "{a} + 2*{s}" "29" ["18" "19" "20"] ["6" "7" "8"]; "{a} + {s3}" "30" ["21" "22" "23"] ["9" "10" "11"];);

/// Most rows of [`run_blocks`].
pub(super) const BLOCK_ROWS: usize = 4;

/// Integers in blocks of eight steps: each block's exact sum times its scale (f16, one a column, `scale_stride`
/// bytes from block to block) is added to C, which is f32. `t.prefetch_stride` counts a block.
///
/// # Safety
/// As [`run_dot`], with `rows` in 1..=4, three vectors, B contiguous and whole blocks of steps.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(crate) unsafe fn run_blocks(t: &Tile, rows: usize, scales: *const u8, scale_stride: usize) {
    // SAFETY: passed on from the caller.
    unsafe {
        match rows {
            1 => blocks1(t, scales, scale_stride),
            2 => blocks2(t, scales, scale_stride),
            3 => blocks3(t, scales, scale_stride),
            4 => blocks4(t, scales, scale_stride),
            _ => debug_assert_eq!(rows, 0, "a block tile has at most 4 rows"),
        }
    }
}
