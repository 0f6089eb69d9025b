//! Damage at random places, from a seeded generator: whatever it hits, an answer or an error.

use serde_json::{Value, json};

use crate::model::{
    BERT, DISTIL_BERT, ERNIE, MPNET, SHARDED, TORCH_SHARDED, TestModel, VOCAB_TXT, WEIGHTS,
    XLM_ROBERTA,
};
use crate::weights::{join, split};

const SEED: u64 = 20_261_124;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// How often the damage did no harm, and how often it was an error. Each of the two must happen, or
/// the test would not try what it is there to try.
#[derive(Default)]
struct Tally([usize; 2]);

impl Tally {
    fn try_out(&mut self, model: &TestModel, what: &str) {
        // Shown when the test fails.
        println!("{what}");
        self.0[usize::from(model.assert_survives())] += 1;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            println!("{} errors, {} vectors", self.0[0], self.0[1]);
            assert!(self.0.iter().all(|&n| n > 0), "{:?}", self.0);
        }
    }
}

/// JSON files of the fixtures.
const JSON: [(&str, &str); 16] = [
    (BERT, "config.json"),
    (XLM_ROBERTA, "config.json"),
    (BERT, "tokenizer.json"),
    (XLM_ROBERTA, "tokenizer.json"),
    (BERT, "modules.json"),
    (BERT, "1_Pooling/config.json"),
    (BERT, "sentence_bert_config.json"),
    (VOCAB_TXT, "tokenizer_config.json"),
    (XLM_ROBERTA, "config_sentence_transformers.json"),
    (SHARDED, "model.safetensors.index.json"),
    (TORCH_SHARDED, "pytorch_model.bin.index.json"),
    (TORCH_SHARDED, "modules.json"),
    (DISTIL_BERT, "config.json"),
    (DISTIL_BERT, "2_Dense/config.json"),
    (ERNIE, "config.json"),
    (MPNET, "config.json"),
];

#[test]
fn bits_of_weights() {
    let (mut random, mut tally) = (Random(SEED), Tally::default());
    for (fixture, file) in [
        (BERT, WEIGHTS),
        (XLM_ROBERTA, WEIGHTS),
        (SHARDED, "model-00002-of-00002.safetensors"),
    ] {
        let model = TestModel::copy(fixture);
        let sound = model.read(file);
        let header = 8 + u64::from_le_bytes(*sound.first_chunk().unwrap()) as usize;
        for round in 0..300 {
            let mut bytes = sound.clone();
            // Half of them in the header, which is the smaller part.
            let end = if round % 2 == 0 { header } else { bytes.len() };
            flip(&mut random, &mut bytes[..end]);
            model.write(file, &bytes);
            tally.try_out(&model, &format!("{fixture}/{file}: round {round}"));
        }
    }
}

/// Half of the flips are in the list of tensors, which stands in front, and in the directory at the end.
#[test]
fn bits_of_checkpoints() {
    let (mut random, mut tally) = (Random(SEED), Tally::default());
    for (fixture, file) in [
        (DISTIL_BERT, "pytorch_model.bin"),
        (DISTIL_BERT, "2_Dense/pytorch_model.bin"),
        (TORCH_SHARDED, "pytorch_model-00002-of-00002.bin"),
    ] {
        let model = TestModel::copy(fixture);
        let sound = model.read(file);
        let ends = sound.len().min(6000);
        for round in 0..400 {
            let mut bytes = sound.clone();
            match round % 4 {
                0 => flip(&mut random, &mut bytes[..ends]),
                1 => flip(&mut random, &mut bytes[sound.len() - ends..]),
                _ => flip(&mut random, &mut bytes),
            }
            model.write(file, &bytes);
            tally.try_out(&model, &format!("{fixture}/{file}: round {round}"));
        }
    }
}

#[test]
fn bits_of_text_files() {
    let (mut random, mut tally) = (Random(SEED), Tally::default());
    for (fixture, file) in JSON.into_iter().chain([(VOCAB_TXT, "vocab.txt")]) {
        let model = TestModel::copy(fixture);
        let sound = model.read(file);
        for round in 0..150 {
            let mut bytes = sound.clone();
            flip(&mut random, &mut bytes);
            model.write(file, &bytes);
            tally.try_out(&model, &format!("{fixture}/{file}: round {round}"));
        }
    }
}

#[test]
fn lengths_of_text_files() {
    let (mut random, mut tally) = (Random(SEED), Tally::default());
    for (fixture, file) in JSON.into_iter().chain([(VOCAB_TXT, "vocab.txt")]) {
        let model = TestModel::copy(fixture);
        let sound = model.read(file);
        for _ in 0..20 {
            let length = random.below(sound.len());
            model.write(file, &sound[..length]);
            tally.try_out(&model, &format!("{fixture}/{file}: {length} bytes"));
        }
    }
}

#[test]
fn values_of_json_files() {
    let (mut random, mut tally) = (Random(SEED), Tally::default());
    for (fixture, file) in JSON {
        let model = TestModel::copy(fixture);
        let sound = model.json(file);
        for round in 0..200 {
            let mut value = sound.clone();
            for _ in 0..=random.below(2) {
                mutate(&mut random, &mut value);
            }
            model.write(file, value.to_string());
            tally.try_out(&model, &format!("{fixture}/{file}: round {round}"));
        }
    }
}

#[test]
fn values_of_weight_headers() {
    let (mut random, mut tally) = (Random(SEED), Tally::default());
    let model = TestModel::copy(BERT);
    let sound = model.read(WEIGHTS);
    let (header, data) = split(&sound);
    for round in 0..300 {
        let mut value = Value::Object(header.clone());
        mutate(&mut random, &mut value);
        let Some(header) = value.as_object() else {
            continue;
        };
        model.write(WEIGHTS, join(header, data));
        tally.try_out(&model, &format!("round {round}"));
    }
}

fn flip(random: &mut Random, bytes: &mut [u8]) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
}

/// Replaces or removes one value, at any depth.
fn mutate(random: &mut Random, value: &mut Value) {
    let inner = match value {
        Value::Object(fields) if !fields.is_empty() => fields.len(),
        Value::Array(items) if !items.is_empty() => items.len(),
        _ => 0,
    };
    if inner == 0 || random.below(8) == 0 {
        *value = any_value(random);
        return;
    }
    let at = random.below(inner);
    let remove = random.below(6) == 0;
    match value {
        Value::Object(fields) => {
            let key = fields.keys().nth(at).unwrap().clone();
            match remove {
                true => drop(fields.remove(&key)),
                false => mutate(random, &mut fields[&key]),
            }
        }
        Value::Array(items) if remove => drop(items.remove(at)),
        Value::Array(items) => mutate(random, &mut items[at]),
        _ => unreachable!("only they have inner values"),
    }
}

fn any_value(random: &mut Random) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(100),
        json!(-1),
        json!(1u64 << 24),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.5),
        json!(1e308),
        json!(""),
        json!("a"),
        json!("天"),
        json!("[CLS]"),
        json!("../../../etc/passwd"),
        json!([]),
        json!([0, 1]),
        json!({}),
        json!({"type": "Sequence", "normalizers": []}),
        json!({"content": "[SEP]"}),
    ];
    values[random.below(values.len())].clone()
}
