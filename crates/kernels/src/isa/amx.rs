//! AMX: whether its tiles may be used, and their shape.
//!
//! The tiles are registers of up to 16 rows of 64 bytes that the kernel saves for a thread only once its process has asked
//! to use them. A thread that holds numbers in them while it sleeps makes every switch between threads slower, so a
//! product opens them ([`open_dots`], [`open_blocks`]) and closes them again ([`close`]).

use crate::tile::BLOCK;
use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

/// Rows of a tile.
pub(super) const ROWS: usize = 16;

/// Bytes of a row of a tile.
pub(super) const ROW_BYTES: usize = 64;

/// Tiles of the register file.
const TILES: usize = 8;

/// The operand of `ldtilecfg`.
#[repr(C, align(64))]
struct Shape {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

impl Shape {
    /// Sums of 16 rows and columns in all tiles but the last two: in those, 16 rows of `depth` bytes, and as deep weights for 16 columns.
    /// Products with fewer rows or columns compute what nobody reads.
    const fn new(depth: usize) -> Self {
        let mut shape = Self {
            palette: 1,
            start_row: 0,
            reserved: [0; 14],
            row_bytes: [0; 16],
            rows: [0; 16],
        };
        let mut tile = 0;
        while tile < TILES {
            shape.row_bytes[tile] = ROW_BYTES as u16;
            shape.rows[tile] = ROWS as u8;
            tile += 1;
        }
        shape.row_bytes[TILES - 2] = depth as u16;
        shape.rows[TILES - 1] = (depth / 4) as u8;
        shape
    }
}

static DOTS: Shape = Shape::new(ROW_BYTES);
static BLOCKS: Shape = Shape::new(BLOCK);

/// Whether the CPU has tiles and products of bytes, and the operating system lets this process use them, for which it is
/// asked once.
pub(crate) fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        is_x86_feature_detected!("xsave") && cpu_has_tiles() && system_saves_tiles() && permitted()
    })
}

/// CPUID leaf 7: `amx-tile` and `amx-int8`.
fn cpu_has_tiles() -> bool {
    const TILE_AND_INT8: u32 = 1 << 24 | 1 << 25;
    __cpuid_count(0, 0).eax >= 7 && __cpuid_count(7, 0).edx & TILE_AND_INT8 == TILE_AND_INT8
}

/// Register XCR0: the operating system saves the shape and the contents of tiles. The CPU has XSAVE, and the system
/// uses it wherever AVX can be detected, which the callers of [`available`] have done.
fn system_saves_tiles() -> bool {
    const TILES: u32 = 1 << 17 | 1 << 18;
    let low: u32;
    // SAFETY: reads a register that exists by what is said above.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") _, options(nomem, nostack));
    }
    low & TILES == TILES
}

/// Asks Linux for the right to use tiles, for all threads of the process: `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`.
#[cfg(target_os = "linux")]
fn permitted() -> bool {
    const ARCH_PRCTL: isize = 158;
    const REQUEST_PERMISSION: usize = 0x1023;
    const TILE_DATA: usize = 18;
    let answer: isize;
    // SAFETY: a system call that touches none of the program's memory.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") REQUEST_PERMISSION,
            in("rsi") TILE_DATA,
            out("rcx") _,
            out("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

/// How other systems are asked is not known here.
#[cfg(not(target_os = "linux"))]
fn permitted() -> bool {
    false
}

/// Gives this thread its tiles, for products of 64 bytes a row.
///
/// # Safety
/// [`available`].
#[inline(always)]
pub(super) unsafe fn open_dots() {
    // SAFETY: passed on from the caller.
    unsafe { open(&DOTS) }
}

/// Gives this thread its tiles, for products of a 4-bit block of 32 bytes a row.
///
/// # Safety
/// [`available`].
#[inline(always)]
pub(super) unsafe fn open_blocks() {
    // SAFETY: passed on from the caller.
    unsafe { open(&BLOCKS) }
}

/// # Safety
/// [`available`].
#[inline(always)]
unsafe fn open(shape: &'static Shape) {
    // SAFETY: the shape is valid, and the process may use tiles by the caller's promise.
    unsafe { asm!("ldtilecfg [{}]", in(reg) shape, options(nostack, readonly)) }
}

/// Gives them back; what they held is lost.
///
/// # Safety
/// [`available`].
#[inline(always)]
pub(super) unsafe fn close() {
    // SAFETY: by the caller's promise.
    unsafe { asm!("tilerelease", options(nostack, nomem)) }
}
