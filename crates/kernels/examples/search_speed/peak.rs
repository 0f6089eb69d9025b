//! What the CPU can do at most: products in registers alone, and reading memory.

use std::hint::black_box;
use std::time::Instant;
use yuyi_kernels::{Kernel, KernelPath};

/// Rounds of a measurement: some 10 to 40 ms.
const ROUNDS: usize = 2_000_000;

/// Products a second of floats, or of bytes, on so many threads.
pub fn products(kernel: Kernel, threads: usize, bytes: bool) -> f64 {
    let run = || match kernel.path() {
        KernelPath::Generic => generic(bytes),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a kernel of the path is the proof that the CPU has its instructions; one of AMX has also asked for its tiles.
        path => unsafe { x86::products(path, bytes) },
        #[cfg(not(target_arch = "x86_64"))]
        _ => f64::NAN,
    };
    let start = Instant::now();
    let done: f64 = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).sum()
    });
    done / start.elapsed().as_secs_f64()
}

/// Sum of the bits of some floats, which is nothing but reading them: from four pages in turn, so that what is prefetched overlaps.
pub fn sum(memory: &[f32]) -> u32 {
    const PAGE: usize = 1024;
    let mut sums = [[0u32; 8]; 4];
    for block in memory.chunks_exact(4 * PAGE) {
        for at in (0..PAGE).step_by(8) {
            for (page, sums) in sums.iter_mut().enumerate() {
                let some = &block[page * PAGE + at..][..8];
                for (sum, x) in sums.iter_mut().zip(some) {
                    *sum = sum.wrapping_add(x.to_bits());
                }
            }
        }
    }
    sums.as_flattened()
        .iter()
        .fold(0, |all, sum| all.wrapping_add(*sum))
}

/// Plain Rust: eight registers of four floats, or as many bytes.
fn generic(bytes: bool) -> f64 {
    if bytes {
        let (mut sums, a, b) = ([0i32; 32], black_box([3u8; 32]), black_box([-2i8; 32]));
        for _ in 0..ROUNDS {
            for ((sum, &a), &b) in sums.iter_mut().zip(&black_box(a)).zip(&b) {
                *sum += i32::from(a) * i32::from(b);
            }
        }
        black_box(sums);
    } else {
        let (mut sums, a, b) = ([0f32; 32], black_box(1.5f32), black_box(1e-9f32));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum += a * b;
            }
            black_box(&mut sums);
        }
    }
    (32 * ROUNDS) as f64
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{KernelPath, ROUNDS};
    use std::arch::asm;

    /// The products that were done.
    ///
    /// # Safety
    /// The CPU has the instructions of the path.
    pub unsafe fn products(path: KernelPath, bytes: bool) -> f64 {
        // SAFETY: by the caller's promise.
        unsafe {
            match (path, bytes) {
                (KernelPath::Amx, true) => tiles(),
                (KernelPath::Avx512Vnni, true) => wide_bytes(),
                (KernelPath::Amx | KernelPath::Avx512Vnni, false) => wide_floats(),
                (_, true) => narrow_bytes(),
                (_, false) => narrow_floats(),
            }
        }
    }

    /// The same instructions for each of the first eight, twelve or sixteen registers.
    macro_rules! each {
        (8, $line:ident) => {
            concat!(
                $line!("0"),
                $line!("1"),
                $line!("2"),
                $line!("3"),
                $line!("4"),
                $line!("5"),
                $line!("6"),
                $line!("7")
            )
        };
        (12, $line:ident) => {
            concat!(
                each!(8, $line),
                $line!("8"),
                $line!("9"),
                $line!("10"),
                $line!("11")
            )
        };
        (16, $line:ident) => {
            concat!(
                each!(12, $line),
                $line!("12"),
                $line!("13"),
                $line!("14"),
                $line!("15")
            )
        };
    }

    macro_rules! wide_float {
        ($r:literal) => {
            concat!("vfmadd231ps zmm", $r, ", zmm16, zmm17\n")
        };
    }
    macro_rules! wide_byte {
        ($r:literal) => {
            concat!("vpdpbusd zmm", $r, ", zmm16, zmm17\n")
        };
    }
    macro_rules! narrow_float {
        ($r:literal) => {
            concat!("vfmadd231ps ymm", $r, ", ymm14, ymm15\n")
        };
    }
    macro_rules! narrow_byte {
        ($r:literal) => {
            concat!(
                // Without unsigned bytes: what one side's sign is moved with.
                "vpsignb ymm13, ymm14, ymm15\n",
                "vpmaddubsw ymm13, ymm14, ymm13\n",
                "vpmaddwd ymm13, ymm13, ymm14\n",
                "vpaddd ymm",
                $r,
                ", ymm",
                $r,
                ", ymm13\n",
            )
        };
    }

    /// Rounds of a body after some preparation.
    macro_rules! repeat {
        ($prepare:expr, $body:expr) => {
            asm!(
                $prepare,
                ".p2align 5",
                "2:",
                $body,
                "dec rcx",
                "jnz 2b",
                inout("rcx") ROUNDS => _,
                clobber_abi("C"),
                options(nostack, nomem),
            )
        };
    }

    unsafe fn wide_floats() -> f64 {
        // SAFETY: only registers, which are all given up.
        unsafe {
            repeat!(
                "vzeroall\nvpxord zmm16, zmm16, zmm16\nvpxord zmm17, zmm17, zmm17",
                each!(16, wide_float)
            )
        }
        (16 * 16 * ROUNDS) as f64
    }

    unsafe fn wide_bytes() -> f64 {
        // SAFETY: as above.
        unsafe {
            repeat!(
                "vzeroall\nvpxord zmm16, zmm16, zmm16\nvpxord zmm17, zmm17, zmm17",
                each!(16, wide_byte)
            )
        }
        (16 * 64 * ROUNDS) as f64
    }

    unsafe fn narrow_floats() -> f64 {
        // SAFETY: as above.
        unsafe { repeat!("vzeroall", each!(12, narrow_float)) }
        (12 * 8 * ROUNDS) as f64
    }

    unsafe fn narrow_bytes() -> f64 {
        // SAFETY: as above.
        unsafe { repeat!("vzeroall", each!(8, narrow_byte)) }
        (8 * 32 * ROUNDS) as f64
    }

    /// The operand of `ldtilecfg`: all tiles of 16 rows of 64 bytes.
    #[repr(C, align(64))]
    struct Shape {
        palette: u8,
        unused: [u8; 15],
        row_bytes: [u16; 16],
        rows: [u8; 16],
    }

    unsafe fn tiles() -> f64 {
        let mut shape = Shape {
            palette: 1,
            unused: [0; 15],
            row_bytes: [0; 16],
            rows: [0; 16],
        };
        shape.row_bytes[..8].fill(64);
        shape.rows[..8].fill(16);
        let rounds = ROUNDS / 8;
        // SAFETY: the shape is valid, the process may use tiles, and they are given back.
        unsafe {
            asm!(
                "ldtilecfg [{shape}]",
                "2:",
                "tdpbusd tmm0, tmm6, tmm7",
                "tdpbusd tmm1, tmm6, tmm7",
                "tdpbusd tmm2, tmm6, tmm7",
                "tdpbusd tmm3, tmm6, tmm7",
                "tdpbusd tmm4, tmm6, tmm7",
                "tdpbusd tmm5, tmm6, tmm7",
                "dec {n}",
                "jnz 2b",
                "tilerelease",
                shape = in(reg) &shape,
                n = inout(reg) rounds => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            )
        }
        (6 * 16 * 16 * 64 * rounds) as f64
    }
}
