//! Vectors for `scripts/parity_full` and `scripts/parity_rotary`: each line of standard input is a JSON list of
//! token ids (taken as they are) or a JSON string; each line of output is its vector,
//! computed in f32, or the precision given, whatever the folder's own format.
//!
//!     encode_ids FOLDER [THREADS [PRECISION]] < inputs.jsonl > vectors.jsonl

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;

use serde::Deserialize;
use yuyi_encoder::{EncodeOptions, Encoded, Encoder, Folder, LoadOptions, Precision};

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Ids(Vec<u32>),
    Text(String),
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("usage: encode_ids FOLDER [THREADS [PRECISION]]")?;
    let threads = arguments.next().map(|n| n.parse()).transpose()?;
    let precision = arguments.next().map(|name| name.parse()).transpose()?;
    let options = LoadOptions {
        precision: Some(precision.unwrap_or(Precision::F32)),
        threads,
        ..LoadOptions::default()
    };
    let encoder = Encoder::load(&Folder::open(Path::new(&folder))?, &options)?;
    eprintln!(
        "{} with {} threads",
        encoder.kernel().name(),
        encoder.threads()
    );
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let encoded = encode(&encoder, &serde_json::from_str(&line?)?)?;
        writeln!(output, "{}", serde_json::to_string(&encoded.vector)?)?;
    }
    Ok(())
}

fn encode(encoder: &Encoder, input: &Input) -> Result<Encoded, Box<dyn Error>> {
    let encoded = match input {
        Input::Ids(ids) => encoder.encode_ids(&[ids])?,
        Input::Text(text) => encoder.encode(&[text], &EncodeOptions::default())?,
    };
    Ok(encoded.into_iter().next().ok_or("no vector")?)
}
