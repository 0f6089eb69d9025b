//! Weights that change under a running server.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::support::copy_folder;
use crate::support::server::{Server, body, status};

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);

/// Files of more than 1 MiB are mapped.
const MORE: usize = 2 << 20;

/// A weights file taken apart.
fn split(bytes: &[u8]) -> (Map<String, Value>, Vec<u8>) {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let header = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    (header, bytes[8 + length..].to_vec())
}

fn join(header: &Map<String, Value>, data: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).unwrap();
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], &header, data].concat()
}

/// A copy of the fixture whose weights are large enough to be mapped: with a head that nobody reads, in front of all else.
fn large_model(folder: &Path) -> Vec<u8> {
    copy_folder(Path::new(FIXTURE), folder);
    let file = folder.join("model.safetensors");
    let (mut header, data) = split(&fs::read(&file).unwrap());
    for (name, tensor) in &mut header {
        if name != "__metadata__" {
            for offset in tensor["data_offsets"].as_array_mut().unwrap() {
                *offset = (offset.as_u64().unwrap() + MORE as u64).into();
            }
        }
    }
    header.insert(
        "cls.unused".into(),
        json!({"dtype": "U8", "shape": [MORE], "data_offsets": [0, MORE]}),
    );
    let bytes = join(&header, &[vec![0; MORE], data].concat());
    fs::write(&file, &bytes).unwrap();
    bytes
}

fn vector(server: &Server, text: &str) -> (u16, Value) {
    let request = json!({"input": text}).to_string();
    let reply = server.post_with("/v1/embeddings", "", &request);
    let vector = body(&reply)["data"][0]["embedding"].clone();
    (status(&reply), vector)
}

/// Asks for texts that were not computed before until the status is this one.
fn becomes(server: &Server, expected: u16) {
    let started = Instant::now();
    for i in 0.. {
        let (status, _) = vector(server, &format!("天气{i}"));
        if status == expected {
            return;
        }
        assert!(status == 503 || status == 200, "{status}");
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "it stays {status}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_file_that_is_written_over_is_noticed_and_loaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = large_model(folder.path());
    let file = folder.path().join("model.safetensors");
    let server = Server::start(&["--model", folder.path().to_str().unwrap(), "--log", "warn"]);
    let (status, before) = vector(&server, "今天天气不错");
    assert_eq!(status, 200);

    // As `cp` over the file begins: cut short, and then longer again by and by.
    File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_len(0)
        .unwrap();
    let (status, _) = vector(&server, "外面阳光明媚");
    assert_eq!(status, 503);
    fs::write(&file, &bytes).unwrap();
    becomes(&server, 200);
    assert_eq!(vector(&server, "今天天气不错"), (200, before.clone()));

    // Other weights, without a change of the length.
    let last = bytes.len() - 4096;
    let other: Vec<u8> = bytes[last..].iter().map(|byte| byte ^ 1).collect();
    let opened = File::options().write(true).open(&file).unwrap();
    opened.write_all_at(&other, last as u64).unwrap();
    becomes(&server, 200);
    let (status, after) = vector(&server, "今天天气不错");
    assert_eq!(status, 200);
    assert_ne!(after, before);

    // A new file under the name: what is loaded stays.
    let new = folder.path().join("new");
    fs::write(&new, &bytes).unwrap();
    fs::rename(&new, &file).unwrap();
    assert_eq!(vector(&server, "今天天气不错"), (200, after));
    server.signal("TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    let told = "the model's files were written to while it used them";
    assert_eq!(log.matches(told).count(), 2, "{log}");
}
