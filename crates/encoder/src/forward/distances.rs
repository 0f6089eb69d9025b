//! MPNet's classes of distances: what a head adds to a score depends on how far the key stands behind the query.

use crate::config::ModelConfig;
use crate::names::Names;
use crate::{Error, Tensors};
use yuyi_kernels::DistanceBias;

/// From this distance on all are of the last class.
const FARTHEST: usize = 128;

/// The biases of a model that has them.
pub(super) fn load_distances(
    tensors: &Tensors,
    config: &ModelConfig,
) -> Result<Option<DistanceBias>, Error> {
    if config.distance_buckets == 0 {
        return Ok(None);
    }
    let (buckets, heads) = (config.distance_buckets, config.heads);
    let name = Names::of(config.architecture).distances;
    let table = tensors.get(&format!("{name}.weight"), &[buckets, heads])?;
    let table = table.to_f32()?;
    let bias = |head, distance| table[bucket(distance, buckets) * heads + head];
    Ok(Some(DistanceBias::new(heads, config.reach(), bias)))
}

/// The class of a distance, as T5's paper has it: half of them for keys behind the query; of each half, half for single
/// distances and the others for ranges that grow by a factor.
fn bucket(distance: isize, buckets: usize) -> usize {
    let (half, near) = (buckets / 2, distance.unsigned_abs());
    let first = if distance > 0 { half } else { 0 };
    let single = half / 2;
    if near < single {
        return first + near;
    }
    // In single precision, as the original: a distance at the border of two ranges falls to the same side.
    let share = (near as f32 / single as f32).ln() / (FARTHEST as f64 / single as f64).ln() as f32;
    let range = (share * (half - single) as f32) as usize;
    first + (single + range).min(half - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by transformers 5.23's `MPNetEncoder.relative_position_bucket`.
    #[test]
    fn buckets_are_those_of_transformers() {
        for (distance, expected) in [
            (0, 0),
            (-1, 1),
            (1, 17),
            (-7, 7),
            (-8, 8),
            (-11, 8),
            (-12, 9),
            (15, 25),
            (16, 26),
            (-31, 11),
            (-32, 12),
            (-64, 14),
            (-90, 14),
            (-91, 15),
            (127, 31),
            (128, 31),
            (-500, 15),
            (500, 31),
        ] {
            assert_eq!(bucket(distance, 32), expected, "{distance}");
        }
    }
}
