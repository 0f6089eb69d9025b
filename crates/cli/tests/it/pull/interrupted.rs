//! What is left of pulls that a full disk or somebody has ended, and how it is told of.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::stand_in::Behaviour;
use super::{Case, ID};
use crate::support::Run;

/// A case with half a download of `tiny`.
fn halved() -> Case {
    let case = Case::slow(60);
    let mut pull = case.start(&["pull", ID]);
    let started = Instant::now();
    while case.hub_sent() < 100_000 {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing comes");
        std::thread::sleep(Duration::from_millis(10));
    }
    pull.kill().unwrap();
    pull.wait().unwrap();
    case.hub.behave(Behaviour::default());
    case
}

fn unfinished(case: &Case) -> Vec<Value> {
    let run = case.run(&["models", "--json"]);
    let document: Value = serde_json::from_str(&run.out).unwrap();
    document["unfinished"].as_array().unwrap().clone()
}

#[test]
fn half_a_download_is_told_of_and_removed() {
    let case = halved();
    let listed = case.run(&["models"]);
    let told =
        "of 0.3 MB. `yuyi pull org/tiny` goes on with it, and `yuyi models rm tiny` removes it.";
    assert!(
        listed.out.contains("tiny has come in part, ") && listed.out.contains(told),
        "{listed:?}"
    );
    let zh = case.run(&["--lang", "zh", "models"]);
    assert!(zh.out.contains("tiny 只下载了一部分（0."), "{zh:?}");
    let half = &unfinished(&case)[0];
    assert_eq!(
        (&half["name"], &half["running"], &half["command"]),
        (&"tiny".into(), &false.into(), &"yuyi pull org/tiny".into())
    );
    let removed = case.run(&["models", "rm", "tiny", "--yes"]);
    assert_eq!(removed.code, 0, "{removed:?}");
    assert_eq!(unfinished(&case), [] as [Value; 0]);
    assert!(!case.folder(".pulls").exists());
}

/// What is left of a newer version goes, and the model stays.
#[test]
fn only_what_is_left_of_downloads_is_removed() {
    let case = halved();
    fs::create_dir_all(case.folder(".pulls/other/parts")).unwrap();
    fs::write(case.folder(".pulls/other/parts/a"), "abc").unwrap();
    let installed = case.folder("tiny");
    super::put(&case.repository, &installed);
    let listed = case.run(&["models"]);
    let told = "goes on with it, and `yuyi models rm --leftovers tiny` removes it; the one that is installed is whole.";
    assert!(listed.out.contains(told), "{listed:?}");
    let rm = |arguments: &[&str]| case.run(&[&["models", "rm"], arguments].concat());
    let unasked = rm(&["--leftovers"]);
    let told = "What downloads have left of other, tiny is to be removed, and nobody can be asked. Say --yes.";
    assert!(
        unasked.code == 2 && unasked.err.contains(told),
        "{unasked:?}"
    );
    assert_eq!(unfinished(&case).len(), 2);
    let one = rm(&["--leftovers", "tiny", "--yes"]);
    assert!(
        one.code == 0
            && one
                .err
                .contains("What downloads have left of tiny is removed: 0."),
        "{one:?}"
    );
    assert_eq!(unfinished(&case).len(), 1);
    assert!(installed.join("config.json").is_file());
    let again = rm(&["--leftovers", "tiny", "--yes"]);
    assert!(
        again.code == 1
            && again
                .err
                .contains("Nothing is left of a download of \"tiny\"."),
        "{again:?}"
    );
    let rest = rm(&["--leftovers", "--yes", "--json"]);
    let rest: Value = serde_json::from_str(&rest.out).unwrap();
    assert_eq!(
        rest,
        serde_json::json!({"leftovers": ["other"], "bytes": 3})
    );
    assert!(!case.folder(".pulls").exists());
    let none = rm(&["--leftovers"]);
    assert!(
        none.code == 0 && none.err.contains("No download has left anything."),
        "{none:?}"
    );
    assert_eq!(
        rm(&["--yes"]).code,
        2,
        "a model is named, or leftovers are meant"
    );
}

#[test]
fn what_the_list_says_goes_on_with_half_a_download() {
    let case = halved();
    let command = unfinished(&case)[0]["command"].as_str().unwrap().to_owned();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(case.run(&words).code, 0);
    case.assert_whole();
    assert_eq!(unfinished(&case), [] as [Value; 0]);
}

#[test]
fn one_that_is_being_fetched_is_told_as_such() {
    let case = Case::slow(60);
    let pull = case.start(&["pull", ID]);
    let started = Instant::now();
    while case.hub_sent() == 0 {
        assert!(started.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
    let listed = case.run(&["models"]);
    assert!(
        listed.out.contains("tiny is being fetched: 0."),
        "{listed:?}"
    );
    let removed = case.run(&["models", "rm", "--leftovers", "--yes"]);
    let told = "tiny is being fetched by another program, and stays.";
    assert!(
        removed.code == 0 && removed.err.contains(told),
        "{removed:?}"
    );
    let removed = case.run(&["models", "rm", "--leftovers", "tiny", "--yes"]);
    assert!(
        removed.code == 1 && removed.err.contains("Wait until that is done."),
        "{removed:?}"
    );
    let pulled: Run = pull.wait_with_output().unwrap().into();
    assert_eq!(
        pulled.code, 0,
        "a look at it does not disturb it: {pulled:?}"
    );
}

/// A disk of its own in the memory, if the system lets a program have one: `mount` in a namespace of the user.
fn on_a_small_disk(case: &Case, script: &str) -> Option<Run> {
    let home = case.home.path().display();
    let mounted = format!("mount -t tmpfs -o size=24m none {home} && {script}");
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", script]);
        command
    };
    let tried = unshare(&format!("mount -t tmpfs -o size=1m none {home}"))
        .stderr(Stdio::null())
        .status();
    if !tried.is_ok_and(|status| status.success()) {
        eprintln!("NOT RUN: no disk can be mounted here (unshare -rm, mount -t tmpfs)");
        return None;
    }
    let mut command = case.prepared(unshare(&mounted));
    command.env("YUYI", env!("CARGO_BIN_EXE_yuyi"));
    Some(command.output().unwrap().into())
}

/// The disk fills up while the weights come, not before: then they are gone on with when there is room.
#[test]
fn a_disk_that_fills_up_on_the_way_keeps_what_has_come() {
    let case = Case::slow(100);
    let script = r#"
        "$YUYI" pull org/tiny & pull=$!
        while [ -z "$(ls models/.pulls/tiny/parts/*.note 2>/dev/null)" ] && kill -0 $pull 2>/dev/null; do sleep 0.05; done
        head -c 40000000 /dev/zero > filler 2>/dev/null
        wait $pull; echo "full $?"
        ls models/tiny 2>/dev/null && echo "a model is there"
        rm filler
        "$YUYI" models
        "$YUYI" pull org/tiny >/dev/null; echo "mended $?"
        "$YUYI" models verify tiny
    "#;
    let script = format!("cd {} && {{ {script} }}", case.home.path().display());
    let Some(run) = on_a_small_disk(&case, &script) else {
        return;
    };
    assert!(run.out.contains("full 1\n"), "{run:?}");
    assert!(
        run.err
            .contains(": the disk is full, or a quota is reached. Make room and say it again"),
        "{run:?}"
    );
    assert!(!run.out.contains("a model is there"), "{run:?}");
    assert!(run.out.contains("tiny has come in part, "), "{run:?}");
    assert!(
        run.out.contains("mended 0\n") && run.out.contains("tiny: sound, "),
        "{run:?}"
    );
}

/// One that is too small for the model is told before anything large comes.
#[test]
fn a_disk_without_the_room_is_told_before_the_weights_come() {
    let case = Case::new();
    let script = format!(
        r#"cd {} && head -c 20000000 /dev/zero > filler; "$YUYI" pull org/tiny"#,
        case.home.path().display()
    );
    let Some(run) = on_a_small_disk(&case, &script) else {
        return;
    };
    assert!(
        run.err.contains("has too little room: ")
            && run.err.contains("set YUYI_HOME to a larger disk"),
        "{run:?}"
    );
    let weights = case
        .hub
        .asked()
        .into_iter()
        .filter(|asked| asked.path.contains("safetensors"));
    assert_eq!(weights.count(), 0);
}

/// An export and an import on a full disk leave nothing behind.
#[test]
fn a_full_disk_leaves_no_half_of_an_export_or_import() {
    let case = Case::new();
    assert_eq!(case.run(&["pull", ID]).code, 0);
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("tiny.tar");
    assert_eq!(
        case.run(&["models", "export", "tiny", "-o", file.to_str().unwrap()])
            .code,
        0
    );
    let model = kept.path().join("tiny");
    fs::rename(case.folder("tiny"), &model).unwrap();
    let script = format!(
        r#"cd {} && mkdir -p models && cp -r {} models/ && head -c 40000000 /dev/zero > filler
        "$YUYI" models export tiny -o tiny.tar; echo "export $?"
        rm filler; rm -r models/tiny; head -c 24900000 /dev/zero > filler
        "$YUYI" models import {}; echo "import $?"
        rm filler; ls -A . models"#,
        case.home.path().display(),
        model.display(),
        file.display()
    );
    let Some(run) = on_a_small_disk(&case, &script) else {
        return;
    };
    assert!(
        run.out.contains("export 1\n") && run.out.contains("import 1\n"),
        "{run:?}"
    );
    assert!(
        run.err
            .contains("tiny.tar: the disk is full, or a quota is reached. Nothing is left of it."),
        "{run:?}"
    );
    let left = run.out.split("import 1\n").nth(1).unwrap();
    assert!(!left.contains("tiny") && !left.contains(".pulls"), "{left}");
}
