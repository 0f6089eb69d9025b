//! Vectors and texts that look like those of sentences, the same for the same number.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use yuyi_store::{Item, VectorItem};

/// Numbers of a vector.
pub const DIMENSION: usize = 384;
/// Questions asked of a collection.
pub const QUERIES: u64 = 50;
/// Behind all items.
pub const FIRST_QUERY: u64 = 7_000_000_000;
const CENTRES: u64 = 2000;

/// Vectors from a file, which is read row by row: it may be as large as the memory.
pub struct Given {
    file: File,
    items: u64,
}

impl Given {
    /// Opens the file of the vectors of so many items.
    pub fn open(path: &Path, items: usize) -> crate::Outcome<Self> {
        let (file, items) = (File::open(path)?, items as u64);
        let rows = file.metadata()?.len() / (4 * DIMENSION as u64);
        match rows >= items + QUERIES {
            true => Ok(Self { file, items }),
            false => Err(format!("{} has {rows} vectors.", path.display()).into()),
        }
    }

    fn vector(&self, row: u64) -> std::io::Result<Vec<f32>> {
        let mut bytes = vec![0; 4 * DIMENSION];
        self.file
            .read_exact_at(&mut bytes, row * 4 * DIMENSION as u64)?;
        let (numbers, _) = bytes.as_chunks::<4>();
        Ok(numbers
            .iter()
            .map(|&bytes| f32::from_le_bytes(bytes))
            .collect())
    }
}

/// A random number, the same for the same seed.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

/// The vector of an item or a query.
pub fn vector_of(given: &Option<Given>, i: u64) -> std::io::Result<Vec<f32>> {
    match given {
        Some(given) if i >= FIRST_QUERY => given.vector(given.items + i - FIRST_QUERY),
        Some(given) => given.vector(i),
        None => Ok(vector(i)),
    }
}

/// A unit vector near one of the centres.
fn vector(i: u64) -> Vec<f32> {
    let mut seed = i;
    let mut centre = next(&mut seed) % CENTRES;
    let unit = |state: &mut u64| (next(state) >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
    let mut vector: Vec<f32> = (0..DIMENSION)
        .map(|_| 0.3 + unit(&mut centre) + 0.7 * unit(&mut seed))
        .collect();
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

/// Some words, the common ones often.
pub fn text(i: u64) -> String {
    const COMMON: [&str; 16] = [
        "怎么", "可以", "吗", "的", "是", "什么", "我", "如何", "多少", "退货", "密码", "花呗",
        "借呗", "快递", "发票", "手机",
    ];
    let mut seed = i ^ 0x5555;
    let mut word = |_| match next(&mut seed) % 3 {
        0 => format!("w{} ", next(&mut seed) % 200_000),
        _ => COMMON[(next(&mut seed) % 16) as usize].to_owned(),
    };
    (0..8).map(&mut word).collect()
}

/// An item, one in a hundred of which is rare.
pub fn item(i: u64) -> VectorItem {
    let mut item = Item::new(i.to_string(), text(i));
    let tag = if i.is_multiple_of(100) {
        "rare"
    } else {
        "common"
    };
    item.payload.insert("tag".into(), tag.into());
    VectorItem {
        item,
        vectors: vec![vector(i)],
    }
}
