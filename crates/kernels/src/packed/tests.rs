//! Tests of `packed.rs`.

use super::*;
use crate::testing::random;

/// Integers of output `o` and input `i`, all over −8..=7 and different for neighbours.
fn weight(o: usize, i: usize) -> i8 {
    ((o * 7 + i * 3 + i / 16) % 16) as i8 - 8
}

fn scale(o: usize, block: usize) -> f32 {
    (1 + o + block) as f32 / 64.0
}

fn pack(kernel: Kernel, format: WeightFormat, outputs: usize, inputs: usize) -> PackedLinear {
    let (bias, storage) = (random(outputs, 1), (format, Source::Quantized));
    PackedLinear::pack(
        &Team::new(2),
        kernel,
        storage,
        [outputs, inputs],
        &bias,
        |o, row| {
            match row {
                RowWeights::Int8(q, s) => {
                    q.iter_mut()
                        .enumerate()
                        .for_each(|(i, q)| *q = weight(o, i));
                    *s = scale(o, 0);
                }
                RowWeights::Int4(bytes, scales) => {
                    for (j, byte) in bytes.iter_mut().enumerate() {
                        let i = j / 16 * BLOCK + j % 16;
                        let [low, high] = [i, i + 16].map(|i| (weight(o, i) + 8) as u8);
                        *byte = low | high << 4;
                    }
                    let set = |(block, s): (usize, &mut f16)| *s = f16::from_f32(scale(o, block));
                    scales.iter_mut().enumerate().for_each(set);
                }
                RowWeights::Floats(_) => return Err("floats"),
            }
            Ok(())
        },
    )
    .unwrap()
}

/// Bytes and vectors of output `o`: its panel, and where in that it stands.
fn place(layer: &PackedLinear, o: usize) -> (&[u8], usize) {
    let (panel, column) = (o / layer.width(), o % layer.width());
    let bytes = &layer.weights()[panel * layer.panel_bytes()..][..layer.panel_bytes()];
    (bytes, column)
}

fn assert_vectors(layer: &PackedLinear, o: usize, [scale, sum]: [f32; 2]) {
    let [bias, scales, sums] = layer.panel_vectors(o / layer.width());
    let column = o % layer.width();
    let exists = o < layer.outputs();
    let expected = if exists {
        random(layer.outputs(), 1)[o]
    } else {
        0.0
    };
    assert_eq!(bias[column], expected);
    assert!((sums[column] - sum).abs() <= 1e-6 * sum.abs(), "output {o}");
    assert!(scales[column] == scale || !exists, "output {o}");
}

#[test]
fn int8_panels_hold_four_inputs_of_each_output_in_turn() {
    for kernel in Kernel::all() {
        for inputs in [1, 4, 8, 9, 45] {
            let layer = pack(kernel, WeightFormat::Int8, 50, inputs);
            assert!((inputs..inputs + 64).contains(&(4 * layer.steps())));
            for o in 0..layer.panels() * layer.width() {
                let (panel, column) = place(&layer, o);
                let value = |i| {
                    if o < 50 && i < inputs {
                        weight(o, i)
                    } else {
                        0
                    }
                };
                for i in 0..4 * layer.steps() {
                    let at = (i / 4 * layer.width() + column) * 4 + i % 4;
                    assert_eq!(panel[at] as i8, value(i), "{} {o} {i}", kernel.name());
                }
                let sum: i32 = (0..inputs).map(|i| i32::from(value(i))).sum();
                assert_vectors(&layer, o, [scale(o, 0), sum as f32 * scale(o, 0)]);
            }
        }
    }
}

#[test]
fn int4_panels_hold_nibbles_and_scales_of_each_block_in_turn() {
    for kernel in Kernel::all() {
        for blocks in [1, 2, 5] {
            let layer = pack(kernel, WeightFormat::Int4, 50, blocks * BLOCK);
            let width = layer.width();
            assert_eq!(layer.panel_bytes(), blocks * width * (BLOCK / 2 + 2));
            for o in 0..50 {
                let (panel, column) = place(&layer, o);
                let mut sum = 0.0;
                for i in 0..blocks * BLOCK {
                    let (block, j) = (i / BLOCK, i % BLOCK);
                    let bytes = &panel[block * width * (BLOCK / 2 + 2)..];
                    let byte = bytes[(j % 16 / 4 * width + column) * 4 + j % 4];
                    let nibble = if j < 16 { byte & 15 } else { byte >> 4 };
                    assert_eq!(nibble as i8 - 8, weight(o, i), "{} {o} {i}", kernel.name());
                    let scales = bytes[BLOCK / 2 * width..].as_chunks::<2>().0;
                    let found = f16::from_le_bytes(scales[column]).to_f32();
                    assert_eq!(found, scale(o, block));
                    sum += f32::from(weight(o, i)) * found;
                }
                assert_vectors(&layer, o, [1.0, sum]);
            }
        }
    }
}

/// The thread of the later outputs fails first, and last.
#[test]
fn of_several_errors_the_first_in_order_is_told() {
    let (kernel, outputs) = (Kernel::all()[0], 200);
    let storage = (WeightFormat::F32, Source::Floats);
    for late in [60, 190] {
        let packed = PackedLinear::pack(
            &Team::new(2),
            kernel,
            storage,
            [outputs, 1],
            &vec![0.0; outputs],
            |o, _| match o {
                60 | 70 | 190 | 195 => {
                    if o == late {
                        std::thread::sleep(std::time::Duration::from_millis(50));
                    }
                    Err(o)
                }
                _ => Ok(()),
            },
        );
        assert_eq!(packed.err(), Some(60));
    }
}

#[test]
fn four_bits_take_nine_sixteenths_of_eight() {
    let kernel = Kernel::all()[0];
    let bytes = |format| pack(kernel, format, 48, 64).weights().len();
    assert_eq!(
        16 * bytes(WeightFormat::Int4),
        9 * bytes(WeightFormat::Int8)
    );
}

#[test]
#[should_panic(expected = "is_multiple_of")]
fn four_bits_need_whole_blocks() {
    drop(pack(Kernel::all()[0], WeightFormat::Int4, 1, 48));
}

#[test]
#[should_panic(expected = "Source::Floats")]
fn float_formats_take_no_integers() {
    drop(pack(Kernel::all()[0], WeightFormat::F32, 1, 32));
}
