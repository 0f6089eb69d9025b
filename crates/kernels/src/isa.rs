//! Instruction sets behind one interface, so that an operation is written once.
//!
//! What a set has is four traits: [`Simd`], registers of floats; [`Tiles`], the inner loops of products; [`TileState`], what a thread must
//! have ready for them; and [`Tuning`], sizes that were measured. A set is one file, with its inner loops beside it.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod amx_tile;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_tile;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_tile;
mod dot_tile;
mod float_tile;
mod generic;
mod simd;
mod tiles;
mod tuning;

#[cfg(target_arch = "x86_64")]
pub(crate) use amx::available as amx_available;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::{Amx, Avx512};
pub(crate) use dot_tile::{DotColumns, DotRows, DotTile, MOST_COLUMNS};
pub(crate) use generic::Generic;
pub(crate) use simd::{Simd, for_each_vector};
pub(crate) use tiles::{HalfTiles, TileState, Tiles};
pub(crate) use tuning::Tuning;

/// All of an instruction set.
pub(crate) trait Isa: Tiles + TileState + Tuning {}

impl<T: Tiles + TileState + Tuning> Isa for T {}

/// Parts of a sum over a row: element i belongs to part i mod 16, whatever the width of a register is.
pub(crate) const PARTS: usize = 16;

#[cfg(test)]
mod tests;
