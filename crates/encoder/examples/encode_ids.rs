//! Vectors for `scripts/parity_full` and `scripts/parity_rotary`: each line of standard input is a JSON list of
//! token ids (taken as they are) or a JSON string; each line of output is its vector,
//! computed in f32 whatever the folder's own format, or in another precision. With
//! `--pairs` each line is a query and a document, and what comes of it a logit.
//!
//!     encode_ids FOLDER [PRECISION [--pairs]] < inputs.jsonl > vectors.jsonl

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use yuyi_encoder::{
    CrossEncoder, EncodeOptions, Encoder, Folder, LoadOptions, PairTruncation, Precision,
};

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Ids(Vec<u32>),
    Text(String),
}

type Answer = Result<Value, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("usage: encode_ids FOLDER [PRECISION [--pairs]]")?;
    let precision = arguments.next().map(|name| name.parse()).transpose()?;
    let options = LoadOptions {
        precision: precision.or(Some(Precision::F32)),
        ..LoadOptions::default()
    };
    let folder = Folder::open(Path::new(&folder))?;
    if arguments.next().as_deref() == Some("--pairs") {
        let model = CrossEncoder::load(&folder, &options)?;
        return each_line(|line| score(&model, line));
    }
    let model = Encoder::load(&folder, &options)?;
    each_line(|line| encode(&model, line))
}

fn each_line(answer: impl Fn(&str) -> Answer) -> Result<(), Box<dyn Error>> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        writeln!(output, "{}", answer(&line?)?)?;
    }
    Ok(())
}

fn encode(model: &Encoder, line: &str) -> Answer {
    let encoded = match serde_json::from_str(line)? {
        Input::Ids(ids) => model.encode_ids(&[&ids])?,
        Input::Text(text) => model.encode(&[&text], &EncodeOptions::default())?,
    };
    let encoded = encoded.into_iter().next().ok_or("no vector")?;
    Ok(json!(encoded.vector))
}

fn score(model: &CrossEncoder, line: &str) -> Answer {
    let [query, document]: [String; 2] = serde_json::from_str(line)?;
    let scored = model.score(&query, &[&document], PairTruncation::default())?;
    let scored = scored.into_iter().next().ok_or("no score")?;
    Ok(json!(scored.logit))
}
