//! `yuyi embed`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{
    SIGNALS, command, hidden, is_ignored, send, yuyi, yuyi_on_a_full_disk, yuyi_with_input,
};
use serde_json::Value;

const TEXTS: &str = "今天天气真不错\n外面阳光明媚\n";

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn vector(line: &Value) -> Vec<f32> {
    line["embedding"]
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap() as f32)
        .collect()
}

/// Shape and numbers of a NumPy file.
fn read_npy(path: &Path) -> (String, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    let header = String::from_utf8_lossy(&bytes[10..128]).trim().to_owned();
    let numbers = bytes[128..]
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect();
    (header, numbers)
}

#[test]
fn npy_and_jsonl_hold_the_same_unit_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let (npy, jsonl) = (folder.path().join("v.npy"), folder.path().join("v.jsonl"));
    for path in [&npy, &jsonl] {
        let run = yuyi_with_input(
            &["embed", "-", "-o", path.to_str().unwrap(), "--json"],
            TEXTS,
        );
        assert_eq!(run.code, 0, "{run:?}");
        let summary: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(
            (&summary["rows"], &summary["dimension"]),
            (&2.into(), &384.into())
        );
    }
    let (header, numbers) = read_npy(&npy);
    assert_eq!(
        header,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 384), }"
    );
    let lines = lines(&fs::read_to_string(&jsonl).unwrap());
    let from_json: Vec<f32> = lines.iter().flat_map(vector).collect();
    assert_eq!(numbers, from_json);
    assert_eq!(
        (&lines[1]["index"], &lines[1]["text"]),
        (&1.into(), &"外面阳光明媚".into())
    );
    assert_eq!(lines[1]["truncated"], false);
    let length: f32 = numbers[..384].iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-5, "{length}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        2,
        "nothing else is left behind"
    );
}

#[test]
fn prompts_change_what_the_model_reads() {
    let embed = |more: &[&str]| {
        let run = yuyi_with_input(&[&["embed", "-", "-o", "-"], more].concat(), TEXTS);
        assert_eq!(run.code, 0, "{run:?}");
        lines(&run.out)
    };
    let (default, none) = (embed(&[]), embed(&["--no-prompt"]));
    assert_eq!(
        vector(&default[0]),
        vector(&embed(&["--prompt", "query: "])[0])
    );
    assert_ne!(vector(&default[0]), vector(&none[0]));
    assert!(default[0]["tokens"].as_u64() > none[0]["tokens"].as_u64());
}

#[test]
fn a_failure_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    let output = path.to_str().unwrap();
    let run = yuyi_with_input(&["embed", "-", "-o", output], "一\n\n二\n");
    assert_eq!(run.code, 1);
    assert_eq!(run.err, "yuyi: standard input:2: text is empty or blank.\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(&path, "old").unwrap();
    assert_eq!(yuyi_with_input(&["embed", "-", "-o", output], " ").code, 1);
    let texts = folder.path().join("texts.jsonl");
    fs::write(&texts, "{\"text\": \"一\"}\n").unwrap();
    let texts = texts.to_str().unwrap();
    let over = yuyi(&["embed", texts, "-o", texts]);
    assert_eq!(over.code, 2, "{over:?}");
    assert!(over.err.contains("would be overwritten"), "{over:?}");
    assert_eq!(fs::read_to_string(texts).unwrap(), "{\"text\": \"一\"}\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
}

#[test]
fn wrong_use_has_code_two() {
    for arguments in [
        &["embed", "-", "-o", "v.parquet"][..],
        &["embed", "-"],
        &["embed", "-", "-o", "-", "--prompt", "a", "--no-prompt"],
        &["embed", "-", "-o", "-", "--precision", "int3"],
    ] {
        assert_eq!(yuyi(arguments).code, 2, "{arguments:?}");
    }
    let missing = yuyi_with_input(&["embed", "-", "-o", "no/such/folder/v.npy"], TEXTS);
    assert_eq!(missing.code, 1);
    assert!(
        missing
            .err
            .contains("no/such/folder/v.npy cannot be written"),
        "{missing:?}"
    );
}

#[test]
fn a_file_without_texts_is_refused_as_one_without_pairs_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.npy");
    for output in [path.to_str().unwrap(), "-"] {
        let run = yuyi(&["embed", "-", "-o", output]);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{run:?}");
        assert_eq!(run.err, "yuyi: standard input has no texts.\n");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let header = yuyi_with_input(&["embed", "-", "--format", "csv", "-o", "-"], "text\n");
    assert_eq!(header.code, 1, "{header:?}");
    for command in ["eval", "calibrate"] {
        let run = yuyi(&[command, "-"]);
        assert_eq!(
            (run.code, run.err.contains(" has no pairs")),
            (1, true),
            "{run:?}"
        );
    }
    let run = yuyi(&["sim", "--pairs", "-"]);
    assert_eq!(
        (run.code, run.err.contains(" has no pairs")),
        (1, true),
        "{run:?}"
    );
}

/// Begins to embed what never comes, in a folder that it makes; answers when the file has begun.
#[cfg(unix)]
fn begun(process: &mut Command, folder: &Path) -> std::process::Child {
    let process = process.stdin(Stdio::piped()).stderr(Stdio::null());
    let process = process.spawn().unwrap();
    while hidden(folder).is_none() {}
    process
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_nothing() {
    for (signal, code) in SIGNALS
        .into_iter()
        .filter(|(signal, _)| !is_ignored(signal))
    {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("v.npy");
        let mut embed = command();
        embed.args(["embed", "-", "-o", output.to_str().unwrap()]);
        let mut process = begun(&mut embed, folder.path());
        // `wait` would close it, and the end of the input might come before the signal.
        let _input = process.stdin.take();
        send(signal, &process);
        assert_eq!(process.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn without_the_terminal_the_work_goes_on_where_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("v.npy");
    // As `nohup` does, which would also turn the output away.
    let ignoring = format!(
        "trap '' HUP; exec {} embed - -o {}",
        env!("CARGO_BIN_EXE_yuyi"),
        output.display()
    );
    let mut process = begun(Command::new("sh").args(["-c", &ignoring]), folder.path());
    send("HUP", &process);
    process
        .stdin
        .take()
        .unwrap()
        .write_all("一\n".as_bytes())
        .unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(0));
    assert!(output.exists() && hidden(folder.path()).is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_written_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts.txt");
    fs::write(&texts, TEXTS.repeat(50)).unwrap();
    for name in ["v.npy", "v.jsonl"] {
        let output = folder.path().join(name);
        let [texts, output] = [&texts, &output].map(|path| path.to_str().unwrap());
        let run = yuyi_on_a_full_disk(&["embed", texts, "-o", output]);
        assert_eq!(run.code, 1, "{run:?}");
        let expected = format!("yuyi: {output} cannot be written: File too large");
        assert!(run.err.contains(&expected), "{run:?}");
        assert!(!run.err.contains(".yuyi-"), "{run:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[cfg(unix)]
#[test]
fn others_may_read_a_file_as_the_umask_has_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let [ours, any] = ["v.npy", "any"].map(|name| folder.path().join(name));
    fs::write(&any, "").unwrap();
    let run = yuyi_with_input(&["embed", "-", "-o", ours.to_str().unwrap()], "一\n");
    assert_eq!(run.code, 0, "{run:?}");
    let [ours, any] = [ours, any].map(|path| fs::metadata(path).unwrap().permissions().mode());
    assert_eq!(ours, any);
}
