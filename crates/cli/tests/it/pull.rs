//! `yuyi pull` and `yuyi models` against a stand-in of hubs, on a machine that kills, fills its disk and breaks connections.

#[path = "../../../hub/tests/it/stand_in.rs"]
mod stand_in;

mod interrupted;
mod keeping;
mod named;
mod serving;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use self::stand_in::{Behaviour, Repository, StandIn};
use crate::support::{Run, command, in_a_shell};

const ID: &str = "org/tiny";

/// A hub with a fixture, and a home to pull it to.
struct Case {
    hub: StandIn,
    repository: Repository,
    home: TempDir,
}

impl Case {
    fn new() -> Self {
        let repository = repository("bert-cls-f16");
        let hub = StandIn::start();
        hub.put(ID, repository.clone());
        Self {
            hub,
            repository,
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn slow(pause: u64) -> Self {
        let case = Self::new();
        case.hub.behave(Behaviour {
            slow: Some(Duration::from_millis(pause)),
            ..Behaviour::default()
        });
        case
    }

    /// The command with this home and this hub, whatever the machine has.
    fn prepared(&self, mut command: Command) -> Command {
        for name in [
            "HF_TOKEN",
            "HUGGING_FACE_HUB_TOKEN",
            "HF_HOME",
            "HF_HUB_CACHE",
            "HUGGINGFACE_HUB_CACHE",
            "HF_HUB_OFFLINE",
            "MODELSCOPE_API_TOKEN",
            "MODELSCOPE_CACHE",
            "MODELSCOPE_ENDPOINT",
            "MODELSCOPE_HOME",
            "TRANSFORMERS_OFFLINE",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "XDG_CACHE_HOME",
        ] {
            command.env_remove(name);
        }
        command
            .env("YUYI_HOME", self.home.path())
            .env("HOME", self.home.path())
            .env("HF_ENDPOINT", self.hub.url())
            .env("MODELSCOPE_DOMAIN", self.hub.url());
        command
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(command());
        command.args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join("models").join(name)
    }

    /// Bytes that are on their way.
    fn on_the_way(&self) -> u64 {
        let notes = fs::read_dir(self.folder(".pulls/tiny/parts"))
            .into_iter()
            .flatten()
            .flatten();
        let notes = notes.map(|entry| entry.path());
        let notes = notes.filter(|path| path.extension().is_some_and(|ending| ending == "note"));
        let done = notes.filter_map(|path| {
            let note: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
            Some(
                note["done"]
                    .as_array()?
                    .iter()
                    .filter_map(Value::as_u64)
                    .sum::<u64>(),
            )
        });
        done.sum()
    }

    /// The model works and is what the hub has.
    fn assert_whole(&self) {
        for (path, content) in &self.repository.files {
            let installed = fs::read(self.folder("tiny").join(path)).unwrap();
            assert!(installed == *content, "{path}");
        }
        let scored = self.run(&["sim", "--model", "tiny", "今天", "明天"]);
        assert_eq!(scored.code, 0, "{scored:?}");
        assert_eq!(self.run(&["models", "verify", "tiny"]).code, 0);
    }
}

/// A fixture as a repository.
fn repository(fixture: &str) -> Repository {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/models")
        .join(fixture);
    let mut files = BTreeMap::new();
    for path in [
        "config.json",
        "modules.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "sentence_bert_config.json",
        "vocab.txt",
        "1_Pooling/config.json",
        "2_Dense/config.json",
        "2_Dense/pytorch_model.bin",
        "model.safetensors",
        "pytorch_model.bin",
    ] {
        if let Ok(content) = fs::read(folder.join(path)) {
            files.insert(path.to_owned(), content);
        }
    }
    Repository {
        commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        licence: Some("apache-2.0".to_owned()),
        files,
        ..Repository::default()
    }
}

/// Its files in a folder, as another program would put them there.
fn put(repository: &Repository, folder: &Path) {
    for (path, content) in &repository.files {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
}

#[test]
fn a_model_is_pulled_and_used() {
    let case = Case::new();
    let run = case.run(&["pull", ID, "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = format!(
        "yuyi: tiny is {ID} on {}: 0.3 MB under the licence apache-2.0.\n",
        case.hub.host()
    );
    assert!(run.err.contains(&told), "{run:?}");
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (&document["name"], &document["was_there"]),
        (&"tiny".into(), &false.into())
    );
    assert_eq!(document["origin"]["repository"], ID);
    case.assert_whole();
    assert!(
        case.folder("tiny/calibration.json").is_file()
            || document["calibration"]["state"] == "missing"
    );
    let again = case.run(&["pull", ID]);
    assert!(
        again.out.starts_with("tiny is installed already: "),
        "{again:?}"
    );
}

#[test]
fn licences_that_forbid_commercial_use_are_marked_before_anything_comes() {
    let case = Case::new();
    let restricted = Repository {
        licence: Some("cc-by-nc-4.0".to_owned()),
        ..case.repository.clone()
    };
    case.hub.put(ID, restricted);
    let run = case.run(&["pull", ID]);
    assert!(
        run.err
            .contains("The licence of tiny forbids commercial use."),
        "{run:?}"
    );
    let run = case.run(&["--lang", "zh", "models", "rm", "tiny", "--yes"]);
    assert_eq!(
        (run.code, run.err.as_str()),
        (0, "yuyi: 模型 tiny 已删除。\n")
    );
    let unknown = Repository {
        licence: None,
        ..case.repository.clone()
    };
    case.hub.put(ID, unknown);
    let run = case.run(&["pull", ID]);
    assert!(
        run.err
            .contains("It tells no licence; look at its page before you use it."),
        "{run:?}"
    );
}

#[test]
fn weights_are_shrunk_on_the_way() {
    let case = Case::new();
    let run = case.run(&["pull", ID, "--quantize", "int8", "--name", "small"]);
    assert_eq!(run.code, 0, "{run:?}");
    let config: Value =
        serde_json::from_slice(&fs::read(case.folder("small/config.json")).unwrap()).unwrap();
    assert_eq!(
        config["quantization_config"]["quant_method"],
        "compressed-tensors"
    );
    let info = case.run(&["info", "--model", "small", "--json"]);
    let info: Value = serde_json::from_str(&info.out).unwrap();
    assert_eq!(
        (&info["precision"], &info["pooling"]),
        (&"int8".into(), &"cls".into())
    );
    let card = fs::read_to_string(case.folder("small/README.md")).unwrap();
    assert!(
        card.starts_with("# small, int8\n\nMade from small by yuyi."),
        "{card}"
    );
    assert_eq!(case.run(&["models", "verify", "small"]).code, 0);
    assert!(
        case.run(&["pull", ID, "--quantize", "int8", "--name", "small"])
            .out
            .contains("already")
    );
    // Who says no format means the model that is there, whatever has become of it at the hub.
    for is_newer in [false, true] {
        if is_newer {
            let mut newer = case.repository.clone();
            newer.commit = "e".repeat(40);
            case.hub.put(ID, newer);
        }
        let run = case.run(&["pull", ID, "--name", "small"]);
        assert_eq!(run.code, 0, "{run:?}");
        let told = "small is installed in int8, and is fetched so again.";
        assert!(run.err.contains(told), "{run:?}");
        assert_eq!(run.out.contains("already"), !is_newer, "{run:?}");
        let config = fs::read_to_string(case.folder("small/config.json")).unwrap();
        assert!(config.contains("compressed-tensors"));
    }
    assert_eq!(case.run(&["models", "rm", "small", "--yes"]).code, 0);
    assert_eq!(case.run(&["pull", ID, "--name", "small"]).code, 0);
    let config = fs::read_to_string(case.folder("small/config.json")).unwrap();
    assert!(!config.contains("quantization_config"));
}

/// Another owner's model is not what the catalogue's name means, and does not get its name.
#[test]
fn a_namesake_of_a_known_model_is_another_one() {
    let case = Case::new();
    case.hub.put("evil/gte-base-zh", case.repository.clone());
    let run = case.run(&["pull", "evil/gte-base-zh"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains("evil--gte-base-zh is installed"),
        "{run:?}"
    );
    for (name, is_there) in [
        ("evil/gte-base-zh", true),
        ("evil--gte-base-zh", true),
        ("thenlper/gte-base-zh", false),
        ("gte-base-zh", false),
    ] {
        let run = case.run(&["sim", "--offline", "--model", name, "今天", "明天"]);
        assert_eq!(run.code == 0, is_there, "{name}: {run:?}");
    }
    // Who gives it that name all the same is told of it.
    let run = case.run(&["pull", "evil/gte-base-zh", "--name", "gte-base-zh"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = case.run(&["sim", "--model", "gte-base-zh", "今天", "明天"]);
    let told = "gte-base-zh was fetched from evil/gte-base-zh, and is not the model that the catalogue calls gte-base-zh.";
    assert!(run.code == 0 && run.err.contains(told), "{run:?}");
}

#[test]
fn an_adapter_beside_the_weights_is_refused_before_they_come() {
    let case = Case::new();
    let mut repository = case.repository.clone();
    let config = ("adapter_config.json".to_owned(), b"{}".to_vec());
    repository.files.extend([config]);
    case.hub.put("org/lora", repository);
    let run = case.run(&["pull", "org/lora"]);
    let told = "an adapter (LoRA or its like) lies beside its weights (adapter_config.json)";
    assert!(run.code == 1 && run.err.contains(told), "{run:?}");
    assert!(!case.folder("lora").exists());
}

/// What says that a model is one to be asked is its card, of which a copy under another name has its own.
#[test]
fn a_model_that_is_asked_for_scores_stays_one_as_an_integer_copy() {
    let case = Case::new();
    let mut reranker = repository("../rerankers/qwen3-reranker-bf16");
    let card = "---\nlicense: apache-2.0\n---\n# Qwen3-Reranker-0.6B\n";
    reranker.files.insert("README.md".to_owned(), card.into());
    case.hub.put("org/asked", reranker);
    for (name, more) in [("whole", None), ("small", Some("int8"))] {
        let mut arguments = vec!["pull", "org/asked", "--name", name];
        arguments.extend(more.iter().flat_map(|precision| ["--quantize", *precision]));
        let run = case.run(&arguments);
        assert_eq!(run.code, 0, "{run:?}");
        let info = case.run(&["info", "--model", name, "--json"]);
        let info: Value = serde_json::from_str(&info.out).unwrap();
        assert_eq!(
            (&info["activation"], &info["max_tokens"], &info["precision"]),
            (&"sigmoid".into(), &220.into(), &"int8".into()),
            "{name}"
        );
    }
}

#[test]
fn a_reranker_is_shrunk_on_the_way_and_loaded_before_it_is_installed() {
    let case = Case::new();
    let mut reranker = repository("../rerankers/bert-reranker-f16");
    case.hub.put("org/scorer", reranker.clone());
    let run = case.run(&["pull", "org/scorer", "--quantize", "int8", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (&document["quantized"], &document["calibration"]),
        (&"int8".into(), &Value::Null)
    );
    let info = case.run(&["info", "--model", "scorer", "--json"]);
    let info: Value = serde_json::from_str(&info.out).unwrap();
    assert_eq!(
        (&info["precision"], &info["activation"]),
        (&"int8".into(), &"sigmoid".into())
    );
    assert_eq!(case.run(&["models", "verify", "scorer"]).code, 0);
    let weights = reranker.files.get_mut("model.safetensors").unwrap();
    let end = weights.len();
    for number in weights[end - 64..].chunks_exact_mut(2) {
        number.copy_from_slice(&[0x00, 0x7E]);
    }
    case.hub.put("org/broken", reranker);
    for more in [&[][..], &["--quantize", "int8"]] {
        let run = case.run(&[&["pull", "org/broken"], more].concat());
        let told = "broken does not work: model.safetensors: tensor ";
        assert!(run.code == 1 && run.err.contains(told), "{run:?}");
        assert!(!case.folder("broken").exists());
    }
}

/// `kill -9` at several places of the way: what was there is gone on with.
#[test]
fn a_killed_pull_leaves_no_model_and_is_gone_on_with() {
    for wanted in [0, 40_000, 120_000, 250_000] {
        let case = Case::slow(60);
        let mut pull = case.start(&["pull", ID]);
        let started = Instant::now();
        // A note is written when a part ends or breaks off; so the file itself is looked at.
        while started.elapsed() < Duration::from_millis(100) || case.hub_sent() < wanted {
            assert!(started.elapsed() < Duration::from_secs(60), "nothing comes");
            std::thread::sleep(Duration::from_millis(10));
        }
        pull.kill().unwrap();
        pull.wait().unwrap();
        assert!(!case.folder("tiny").exists(), "{wanted}");
        let run = case.run(&["sim", "--model", "tiny", "a", "b"]);
        assert_eq!(run.code, 1, "{run:?}");
        case.hub.behave(Behaviour::default());
        let run = case.run(&["pull", ID]);
        assert_eq!(run.code, 0, "{run:?}");
        case.assert_whole();
    }
}

impl Case {
    /// Bytes of the weights that lie on the disk.
    fn hub_sent(&self) -> u64 {
        let parts = fs::read_dir(self.folder(".pulls/tiny/parts"))
            .into_iter()
            .flatten()
            .flatten();
        let blocks = parts.map(|entry| {
            use std::os::unix::fs::MetadataExt;
            entry.metadata().map_or(0, |file| file.blocks() * 512)
        });
        blocks.sum()
    }
}

#[test]
fn a_full_disk_is_told_as_one_and_what_has_come_is_kept() {
    let case = Case::new();
    // In blocks of 512 or 1,024 bytes: the small files fit, the weights do not.
    let mut limited = case.prepared(in_a_shell("ulimit -f 150"));
    let run: Run = limited.args(["pull", ID]).output().unwrap().into();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err
            .contains(": the disk is full, or a quota is reached. Make room and say it again"),
        "{run:?}"
    );
    assert!(!case.folder("tiny").exists());
    assert_eq!(case.run(&["pull", ID]).code, 0);
    case.assert_whole();
}

#[test]
fn two_pulls_at_once_do_not_meet() {
    let case = Case::slow(60);
    let first = case.start(&["pull", ID]);
    let started = Instant::now();
    while case.hub_sent() == 0 {
        assert!(started.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
    let second = case.run(&["pull", ID]);
    assert_eq!(second.code, 1);
    let expected =
        "yuyi: tiny is being fetched by another program at this moment. Wait until that is done.\n";
    assert_eq!(second.err, expected);
    let first: Run = first.wait_with_output().unwrap().into();
    assert_eq!(first.code, 0, "{first:?}");
    case.assert_whole();
}

#[test]
fn a_connection_that_breaks_on_the_way_ends_in_a_sentence_or_a_model() {
    let case = Case::new();
    case.hub.behave(Behaviour {
        cut_after: Some(100_000),
        cuts: 2,
        ..Behaviour::default()
    });
    assert_eq!(case.run(&["pull", ID]).code, 0);
    case.assert_whole();
    let case = Case::new();
    case.hub.behave(Behaviour {
        flips: usize::MAX,
        ..Behaviour::default()
    });
    let run = case.run(&["pull", ID, "--from", "hf"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err
            .contains("is not what it announces, twice. Nothing was installed."),
        "{run:?}"
    );
    let run = case.run(&["pull", "--lang", "zh", ID, "--from", "hf"]);
    assert!(run.err.contains("两次都与它公布的校验和不符"), "{run:?}");
    assert!(!case.folder("tiny").exists());
    assert_eq!(case.on_the_way(), 0);
}

#[test]
fn weights_that_do_not_load_are_not_installed() {
    let mut case = Case::new();
    let config = String::from_utf8(case.repository.files["config.json"].clone()).unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    config["vocab_size"] = 9_999.into();
    case.repository
        .files
        .insert("config.json".to_owned(), config.to_string().into_bytes());
    case.hub.put(ID, case.repository.clone());
    let run = case.run(&["pull", ID]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("tiny does not work: "), "{run:?}");
    assert!(run.err.contains("It was not installed."), "{run:?}");
    assert!(!case.folder("tiny").exists());
}

#[test]
fn nothing_is_fetched_offline_and_what_is_missing_is_told() {
    let case = Case::new();
    for arguments in [&["--offline", "pull", ID][..], &["pull", ID, "--offline"]] {
        let run = case.run(arguments);
        assert_eq!(run.code, 1);
        let expected = "yuyi: tiny is not here, and --offline forbids downloads. Bring it from another machine with \
            `yuyi models export` and `yuyi models import`.\n";
        assert_eq!(run.err, expected);
    }
    let mut offline = case.command(&["sim", "--model", "gte-base-zh", "a", "b"]);
    let run: Run = offline.env("HF_HUB_OFFLINE", "1").output().unwrap().into();
    assert!(
        run.err
            .starts_with("yuyi: gte-base-zh is not here, and HF_HUB_OFFLINE forbids downloads."),
        "{run:?}"
    );
    // A pipe is asked nothing.
    let run = case.run(&["sim", "--model", "gte-base-zh", "a", "b"]);
    let expected =
        "yuyi: The model gte-base-zh is not installed. `yuyi pull gte-base-zh` fetches it.\n";
    assert_eq!((run.code, run.err.as_str()), (1, expected));
    let run = case.run(&["sim", "--model", ID, "a", "b"]);
    assert!(
        run.err
            .contains("`yuyi pull org/tiny` fetches it, if a hub has it."),
        "{run:?}"
    );
    assert!(case.hub.asked().is_empty());
}
