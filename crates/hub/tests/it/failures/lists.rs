//! Lists of files that say too little, or what cannot be.

use std::time::Duration;

use super::refused_at_hf;
use crate::stand_in::Behaviour;
use crate::support::{ID, Place, Witness, files, model, serving};

const WEIGHTS: &str = "model.safetensors";

/// A hub that tells no sums of these files.
fn silent_on(files: &[&'static str]) -> Behaviour {
    Behaviour {
        without_sums: files.to_vec(),
        ..Behaviour::default()
    }
}

#[test]
fn a_file_that_is_not_needed_needs_no_sum() {
    let hub = serving(
        &model(1),
        silent_on(&["onnx/model.onnx", "pytorch_model.bin"]),
    );
    let (place, witness) = (Place::new(&hub), Witness::default());
    place.pull_seen(ID, &witness).unwrap();
    assert!(place.has("tiny", &model(1)));
    assert!(witness.unsummed.lock().unwrap().is_empty());
}

#[test]
fn where_no_sum_is_told_the_length_is_compared_and_that_is_said() {
    for is_modelscope in [false, true] {
        let hub = serving(&model(1), silent_on(&[WEIGHTS, "vocab.txt"]));
        let mut place = Place::new(&hub);
        if is_modelscope {
            let (there, nowhere) = (
                place.settings.huggingface.clone(),
                crate::support::nowhere(),
            );
            (place.settings.modelscope, place.settings.huggingface) = (there, nowhere);
        }
        let witness = Witness::default();
        place.pull_seen(ID, &witness).unwrap();
        assert!(place.has("tiny", &model(1)), "{is_modelscope}");
        let mut told = witness.unsummed.into_inner().unwrap();
        told.sort();
        assert_eq!(told, [WEIGHTS, "vocab.txt"], "{is_modelscope}");
    }
}

#[test]
fn a_pointer_without_a_sum_is_no_model() {
    let mut repository = model(1);
    let weights = repository.files[WEIGHTS].clone();
    let pointer = crate::stand_in::pointer(&weights);
    repository.files.insert(WEIGHTS.to_owned(), pointer);
    let hub = serving(&repository, silent_on(&[WEIGHTS]));
    let told = refused_at_hf(&Place::new(&hub));
    assert!(
        told.contains("sends a pointer of Git LFS in place of model.safetensors"),
        "{told}"
    );
}

/// What came of a file without a sum is of its commit: a part of another version may be as long.
#[test]
fn half_a_file_without_a_sum_is_gone_on_with_in_its_commit_alone() {
    let slow = || Behaviour {
        slow: Some(Duration::from_millis(2)),
        ..silent_on(&[WEIGHTS])
    };
    for next in [model(1), model(2)] {
        let hub = serving(&model(1), slow());
        let place = Place::new(&hub);
        let witness = Witness {
            stop_after: Some(200_000),
            ..Witness::default()
        };
        place.pull_seen(ID, &witness).unwrap_err();
        hub.put(ID, next.clone());
        hub.behave(silent_on(&[WEIGHTS]));
        let witness = Witness::default();
        place.pull_seen(ID, &witness).unwrap();
        assert_eq!(files(&place.folder("tiny"))[WEIGHTS], next.files[WEIGHTS]);
        let there = witness.there.into_inner();
        assert_eq!(there >= 200_000, next.commit == model(1).commit, "{there}");
    }
}

#[test]
fn what_no_list_can_say_is_told_in_words() {
    let twice = r#"[{"type": "file", "path": "config.json", "size": 3, "oid": "1111111111111111111111111111111111111111"}]"#;
    for (more, expected) in [
        (twice, "it lists config.json twice, as two files"),
        (
            r#"[{"type": "file", "path": "a.bin", "size": 9223372036854775808, "oid": "00"}]"#,
            "it says that a.bin has 9223372036854775808 bytes",
        ),
        (
            r#"[{"type": "file", "path": "a.bin", "size": 1.5}]"#,
            "it says that a.bin has 1.5 bytes",
        ),
        (
            r#"[{"type": "file", "path": "a.bin", "lfs": {"size": -4, "oid": "00"}}]"#,
            "it says that a.bin has -4 bytes",
        ),
        (
            r#"[{"type": "file", "path": "LICENSE"}]"#,
            "it tells neither sum nor length of LICENSE",
        ),
        (r#"[{"type": "file"}]"#, "its answer has another form"),
        (r#"["model.safetensors"]"#, "its answer has another form"),
    ] {
        let behaviour = Behaviour {
            more_files: more,
            ..Behaviour::default()
        };
        let hub = serving(&model(1), behaviour);
        let told = refused_at_hf(&Place::new(&hub));
        let expected = format!("{} does not answer as a hub does ({expected}).", hub.host());
        assert!(told.starts_with(&expected), "{told}");
    }
    // The same file twice is that file.
    let again = r#"[{"type": "file", "path": "x.py", "size": 1, "oid": "1111111111111111111111111111111111111111"},
        {"type": "file", "path": "x.py", "size": 1, "oid": "1111111111111111111111111111111111111111"}]"#;
    let behaviour = Behaviour {
        more_files: again,
        ..Behaviour::default()
    };
    let hub = serving(&model(1), behaviour);
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &model(1)));
}
