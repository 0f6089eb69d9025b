//! The yuyi side of `bench/run`: answers the line protocol that `bench/README.md` describes.
//!
//!     bench_worker FOLDER [PRECISION] [THREADS]
//!
//! It greets with one line of JSON once the model is loaded, then answers each request line
//! with one line. Times are taken here, so that neither pipes nor JSON count.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use yuyi_encoder::{EncodeOptions, Encoded, Encoder, Folder, LoadOptions};

const USAGE: &str = "usage: bench_worker FOLDER [PRECISION] [THREADS]";

#[derive(Serialize)]
struct Greeting {
    version: String,
    load_seconds: f64,
    #[serde(flatten)]
    memory: Memory,
}

/// One workload: token ids or texts. Fields that concern padding peers (`batch`) are ignored.
#[derive(Deserialize)]
struct Request {
    #[serde(flatten)]
    inputs: Inputs,
    /// Untimed runs before the timed one.
    #[serde(default)]
    warm: usize,
    /// Also send the vectors.
    #[serde(default)]
    vectors: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Inputs {
    Ids(Vec<Vec<u32>>),
    Texts(Vec<String>),
}

#[derive(Serialize)]
struct Answer {
    seconds: f64,
    tokens: usize,
    #[serde(flatten)]
    memory: Memory,
    #[serde(skip_serializing_if = "Option::is_none")]
    vectors: Option<Vec<Vec<f32>>>,
}

/// Resident memory of this process, now and at most so far. Zero where there is no /proc.
#[derive(Serialize)]
struct Memory {
    rss_kb: u64,
    rss_peak_kb: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or(USAGE)?;
    let precision = arguments.get(1).map(|name| name.parse()).transpose()?;
    let threads = arguments.get(2).map(|n| n.parse()).transpose()?;
    let options = LoadOptions {
        precision,
        threads,
        ..LoadOptions::default()
    };
    let started = Instant::now();
    let encoder = Encoder::load(&Folder::open(Path::new(folder))?, &options)?;
    say(&Greeting {
        version: version_of(&encoder),
        load_seconds: started.elapsed().as_secs_f64(),
        memory: Memory::read(),
    })?;
    for line in std::io::stdin().lock().lines() {
        say(&answer(&encoder, &serde_json::from_str(&line?)?)?)?;
    }
    Ok(())
}

fn version_of(encoder: &Encoder) -> String {
    format!(
        "yuyi {} ({})",
        env!("CARGO_PKG_VERSION"),
        encoder.kernel().name()
    )
}

fn answer(encoder: &Encoder, request: &Request) -> Result<Answer, Box<dyn Error>> {
    for _ in 0..request.warm {
        encode(encoder, &request.inputs)?;
    }
    let started = Instant::now();
    let encoded = encode(encoder, &request.inputs)?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Answer {
        seconds,
        tokens: encoded.iter().map(|text| text.tokens).sum(),
        memory: Memory::read(),
        vectors: request
            .vectors
            .then(|| encoded.into_iter().map(|text| text.vector).collect()),
    })
}

fn encode(encoder: &Encoder, inputs: &Inputs) -> Result<Vec<Encoded>, Box<dyn Error>> {
    Ok(match inputs {
        Inputs::Ids(ids) => {
            let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
            encoder.encode_ids(&ids)?
        }
        Inputs::Texts(texts) => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            encoder.encode(&texts, &EncodeOptions::default())?
        }
    })
}

fn say(message: &impl Serialize) -> Result<(), Box<dyn Error>> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, message)?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

impl Memory {
    fn read() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok())
                .unwrap_or(0)
        };
        Self {
            rss_kb: field("VmRSS:"),
            rss_peak_kb: field("VmHWM:"),
        }
    }
}
