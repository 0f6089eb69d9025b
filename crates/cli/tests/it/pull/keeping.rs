//! `yuyi models`: listing, removing, comparing and carrying.

use std::fs;

use serde_json::Value;

use super::{Case, ID, put, repository};
use crate::support::Run;

fn listed(case: &Case) -> Vec<Value> {
    let run = case.run(&["models", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let document: Value = serde_json::from_str(&run.out).unwrap();
    document["models"].as_array().unwrap().clone()
}

#[test]
fn models_are_listed_with_where_they_came_from() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let models = listed(&case);
    let names: Vec<&Value> = models.iter().map(|model| &model["name"]).collect();
    assert_eq!(names, ["e5-small-zh", "tiny"]);
    assert_eq!(
        (&models[0]["place"], &models[0]["licence"]),
        (&"built_in".into(), &"MIT".into())
    );
    assert_eq!(
        (&models[1]["licence"], &models[1]["whole"]),
        (&"apache-2.0".into(), &true.into())
    );
    let run = case.run(&["models"]);
    assert!(run.out.starts_with("model"), "{run:?}");
    assert!(run.out.contains("tiny") && run.out.contains(ID), "{run:?}");
    assert!(!run.out.contains("gte-base-zh"));
    let all = case.run(&["models", "--all"]);
    assert!(
        all.out.contains("gte-base-zh") && all.out.contains("81.5"),
        "{all:?}"
    );
    // Its size, as far as it is known.
    let known = all
        .out
        .lines()
        .find(|line| line.starts_with("gte-base-zh "))
        .unwrap();
    assert_eq!(known.split_whitespace().nth(1), Some("200"), "{known}");
    // Each of the catalogue, also what nobody can fetch, with all that is to be known of it.
    for known in yuyi_models::known_models() {
        let start = format!("{} ", known.name);
        let catalogue = all.out.split_once("\n\n").unwrap().1;
        let row = catalogue.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("{} is missing", known.name));
        let remark = known.remark.as_ref().map_or("", |remark| &remark.en);
        let suited = known.suited_for().map_or("", |(_, en)| en);
        assert!(row.contains(remark) && row.contains(suited), "{row}");
    }
    assert!(known.ends_with("general semantic matching"), "{known}");
    assert!(all.out.contains("reranker"), "{all:?}");
    let zh = case.run(&["models", "--all", "--lang", "zh"]);
    for part in [
        "开箱即用：随程序内置",
        "重排模型",
        "用户自己训练的文件夹",
        "remote:qianfan/embedding-v1",
    ] {
        assert!(
            zh.out.starts_with("模型") && zh.out.contains(part),
            "{zh:?}"
        );
    }
}

#[test]
fn a_half_model_is_told_as_one_and_mended() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let weights = case.folder("tiny/model.safetensors");
    let whole = fs::read(&weights).unwrap();
    fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let told = format!(
        "The model tiny is not whole: model.safetensors has {} bytes instead of {}. \
         `yuyi models rm tiny` removes it, and `yuyi pull {ID}` fetches it again.",
        whole.len() / 2,
        whole.len()
    );
    let run = case.run(&["models"]);
    assert!(run.out.contains(&told), "{run:?}");
    assert_eq!(listed(&case)[1]["problem"], told.as_str());
    let run = case.run(&["sim", "--model", "tiny", "a", "b"]);
    assert_eq!((run.code, run.err), (1, format!("yuyi: {told}\n")));
    assert_eq!(case.run(&["models", "verify"]).code, 1);
    assert_eq!(case.run(&["pull", ID]).code, 0);
    case.assert_whole();
    // A folder with a configuration and nothing else, as an interrupted copy leaves it.
    fs::create_dir(case.folder("copied")).unwrap();
    fs::write(case.folder("copied/config.json"), "{}").unwrap();
    let run = case.run(&["sim", "--model", "copied", "a", "b"]);
    assert!(
        run.err
            .contains("The model copied is not whole: model.safetensors is missing. Copy its folder there once more, or"),
        "{run:?}"
    );
    let near = case.run(&["sim", "--model", "tinny", "a", "b"]);
    assert!(near.err.contains("the nearest name is tiny."), "{near:?}");
    let unknown = case.run(&["sim", "--model", "none", "a", "b"]);
    assert!(
        unknown.err.contains("Installed: e5-small-zh, tiny."),
        "{unknown:?}"
    );
}

#[test]
fn a_changed_byte_is_found() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let weights = case.folder("tiny/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let run = case.run(&["models", "verify", "tiny"]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.out,
        "tiny: model.safetensors is not what was installed\n"
    );
    assert!(
        run.err.contains(
            "1 model is not what was installed. `yuyi models rm tiny` removes it, and `yuyi pull org/tiny` fetches it again."
        ),
        "{run:?}"
    );
    let zh = case.run(&["--lang", "zh", "models", "verify", "tiny"]);
    assert_eq!(zh.out, "tiny：model.safetensors 与安装时不同\n");
    assert!(zh.err.ends_with("有 1 个模型与安装时不同。`yuyi models rm tiny` 可以删除它，`yuyi pull org/tiny` 重新下载。\n"), "{zh:?}");
    let file = case.home.path().join("tiny.tar");
    let export = case.run(&["models", "export", "tiny", "-o", file.to_str().unwrap()]);
    assert!(
        export.code == 1
            && export
                .err
                .contains("tiny is damaged, so nothing was written: model.safetensors"),
        "{export:?}"
    );
    let run = case.run(&["models", "verify", "--json", "tiny", "e5-small-zh"]);
    let document: Value = serde_json::from_str(&run.out).unwrap();
    let sound: Vec<&Value> = document["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["sound"])
        .collect();
    assert_eq!(sound, [&Value::from(false), &Value::from(true)]);
    let run = case.run(&["models", "verify", "none"]);
    assert_eq!(
        (
            run.code,
            run.err.contains("No model \"none\" is installed here.")
        ),
        (1, true)
    );
}

#[test]
fn a_model_is_removed_only_by_a_yes() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let run = case.run(&["models", "rm", "tiny"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(case.folder("tiny").exists());
    let run = case.run(&["models", "rm", "tiny", "--yes", "--json"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "{\"removed\":\"tiny\"}\n")
    );
    assert!(!case.folder("tiny").exists());
    for name in ["tiny", "../models", "none"] {
        let run = case.run(&["models", "rm", name, "--yes"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.err
                .contains("is installed here. `yuyi models` lists those that are."),
            "{run:?}"
        );
    }
    let run = case.run(&["models", "rm", "e5-small-zh", "--yes"]);
    assert!(
        run.err.contains("e5-small-zh is part of every yuyi"),
        "{run:?}"
    );
}

#[test]
fn a_model_travels_as_one_file() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let file = case.home.path().join("tiny.tar");
    let file = file.to_str().unwrap();
    let run = case.run(&["models", "export", "tiny", "-o", file]);
    assert_eq!(run.code, 0, "{run:?}");
    let other = Case::new();
    let mut import = other.command(&["models", "import", file]);
    let run: Run = import.env("HF_HUB_OFFLINE", "1").output().unwrap().into();
    assert_eq!(run.code, 0, "{run:?}");
    other.assert_whole();
    assert!(other.hub.asked().is_empty());
    let folder = other.run(&["models", "import", other.folder("tiny").to_str().unwrap()]);
    assert!(
        folder.code == 1
            && folder
                .err
                .contains("takes a file that `yuyi models export` wrote"),
        "{folder:?}"
    );
    let again = other.run(&["models", "import", file]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("is there already"), "{again:?}");
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    let run = other.run(&["models", "import", file, "--name", "second"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("Nothing was installed."), "{run:?}");
    assert!(!other.folder("second").exists());
}

#[test]
fn the_cache_of_another_program_is_read_in_place() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let base = case.home.path().join("hf/hub/models--org--cached");
    let blobs = base.join("blobs");
    fs::create_dir_all(&blobs).unwrap();
    fs::create_dir_all(base.join("refs")).unwrap();
    fs::write(base.join("refs/main"), "abc").unwrap();
    for (path, content) in &case.repository.files {
        let sum = super::stand_in::sha256(content);
        fs::write(blobs.join(&sum), content).unwrap();
        let link = base.join("snapshots/abc").join(path);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(blobs.join(&sum), link).unwrap();
    }
    let with_cache = |arguments: &[&str]| -> Run {
        let mut command = case.command(arguments);
        command
            .env("HF_HOME", case.home.path().join("hf"))
            .output()
            .unwrap()
            .into()
    };
    let scored = with_cache(&["sim", "--model", "org/cached", "今天", "明天"]);
    let own = case.run(&["sim", "--model", "tiny", "今天", "明天"]);
    assert_eq!(scored.code, 0, "{scored:?}");
    assert_eq!(own.code, 0, "{own:?}");
    let verified = with_cache(&["models", "verify", "org/cached"]);
    assert_eq!(verified.out, "org/cached: sound, 8 files compared\n");
    // What is carried elsewhere says where it came from.
    let file = case.home.path().join("cached.tar");
    let file = file.to_str().unwrap();
    let export = with_cache(&["models", "export", "org/cached", "-o", file]);
    assert_eq!(export.code, 0, "{export:?}");
    assert_eq!(case.run(&["models", "import", file]).code, 0);
    let models = listed(&case);
    let imported = models.iter().find(|model| model["name"] == "cached");
    let origin = &imported.unwrap()["origin"];
    assert_eq!(
        (&origin["hub"], &origin["repository"], &origin["commit"]),
        (&"huggingface".into(), &"org/cached".into(), &"abc".into())
    );
    assert_eq!(case.run(&["models", "rm", "cached", "--yes"]).code, 0);
    let removed = with_cache(&["models", "rm", "org/cached", "--yes"]);
    assert!(
        removed.err.contains("is in the cache of another program"),
        "{removed:?}"
    );
    let listed = with_cache(&["models"]);
    assert!(listed.out.contains("cache of Hugging Face"), "{listed:?}");
    // Without a network it is there all the same.
    let offline = with_cache(&["pull", "org/cached", "--offline"]);
    assert_eq!(offline.code, 0, "{offline:?}");
    assert!(
        offline.out.contains("nothing needs to be pulled"),
        "{offline:?}"
    );
}

/// As `AutoModel.from_pretrained` fills it: what stands behind the Transformer is not fetched.
#[test]
fn a_part_of_a_model_in_a_cache_is_told_and_fetched_whole() {
    let case = Case::new();
    let id = "sentence-transformers/distiluse-base-multilingual-cased-v2";
    let repository = super::repository("distilbert-dense-bin");
    case.hub.put(id, repository.clone());
    let base = case
        .home
        .path()
        .join("hf/hub/models--sentence-transformers--distiluse-base-multilingual-cased-v2");
    fs::create_dir_all(base.join("refs")).unwrap();
    fs::write(base.join("refs/main"), "abc").unwrap();
    let is_of_steps = |path: &str| path.contains('/') || path == "modules.json";
    for (path, content) in repository
        .files
        .iter()
        .filter(|(path, _)| !is_of_steps(path))
    {
        let file = base.join("snapshots/abc").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let with_cache = |arguments: &[&str]| -> Run {
        let mut command = case.command(arguments);
        command.env("HF_HOME", case.home.path().join("hf"));
        command.output().unwrap().into()
    };
    let name = "distiluse-base-multilingual-cased-v2";
    let problem = "modules.json is missing, and with it the Dense that distiluse-base-multilingual-cased-v2 has behind its pooling";
    let file = case.home.path().join("m.tar");
    let folder = base.join("snapshots/abc");
    for arguments in [
        &["sim", "--model", name, "今天", "明天"][..],
        &["--offline", "sim", "--model", id, "今天", "明天"],
        &["models", "export", name, "-o", file.to_str().unwrap()],
    ] {
        let run = with_cache(arguments);
        assert!(run.code != 0 && run.err.contains(problem), "{run:?}");
        assert!(run.err.contains(&format!("`yuyi pull {id}`")), "{run:?}");
    }
    let by_path = with_cache(&["sim", "--model", folder.to_str().unwrap(), "今天", "明天"]);
    assert!(
        by_path.err.contains("only a part of the model is here"),
        "{by_path:?}"
    );
    assert!(!file.exists());
    let verified = with_cache(&["models", "verify", name]);
    assert!(
        verified.out.contains(problem) && verified.code == 1,
        "{verified:?}"
    );
    let listed = with_cache(&["models"]);
    assert!(listed.out.contains(problem), "{listed:?}");
    let offline = with_cache(&["--offline", "pull", name]);
    assert!(
        offline.code != 0 && !offline.out.contains("nothing needs"),
        "{offline:?}"
    );
    let pulled = with_cache(&["pull", name]);
    assert!(
        pulled.out.starts_with(&format!("{name} is installed: ")),
        "{pulled:?}"
    );
    let info = with_cache(&["info", "--model", name, "--json"]);
    let info: Value = serde_json::from_str(&info.out).unwrap();
    assert_eq!(info["dimension"], 24, "{info}");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_written_or_asked() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let mut export = case.command(&["models", "export", "tiny", "-o", "-"]);
    export.current_dir(case.home.path());
    let export: Run = export.output().unwrap().into();
    assert!(
        export.code != 0 && export.err.contains("An archive goes to a file"),
        "{export:?}"
    );
    assert!(!case.home.path().join("-").exists());
    case.hub.asked();
    let mut pull = case.command(&["pull", "org/other"]);
    let pull: Run = pull
        .env("HTTPS_PROXY", "sox://user:secret@h:1")
        .output()
        .unwrap()
        .into();
    assert!(
        pull.code != 0 && pull.err.contains("HTTPS_PROXY names no proxy"),
        "{pull:?}"
    );
    assert!(!pull.err.contains("secret"), "{pull:?}");
    assert!(case.hub.asked().is_empty());
}

/// The layouts of ModelScope's library, old and new, where it puts them by itself.
#[test]
fn caches_of_modelscope_are_found_in_every_layout() {
    let case = Case::new();
    for (place, name) in [
        (
            ".cache/modelscope/models/iic--tiny-v1.5/snapshots/master",
            "iic/tiny-v1.5",
        ),
        (
            ".cache/modelscope/hub/models/iic/older-v1___5",
            "iic/older-v1.5",
        ),
        (".cache/modelscope/hub/iic/oldest", "iic/oldest"),
    ] {
        put(&case.repository, &case.home.path().join(place));
        let run = case.run(&["sim", "--model", name, "今天", "明天"]);
        assert_eq!(run.code, 0, "{name}: {run:?}");
    }
    // A reranker is one of them.
    let reranker = repository("../rerankers/bert-reranker-f16");
    put(
        &reranker,
        &case.home.path().join(".cache/modelscope/hub/iic/reranker"),
    );
    let names: Vec<Value> = listed(&case)
        .into_iter()
        .map(|model| model["name"].clone())
        .collect();
    assert_eq!(
        names,
        [
            "e5-small-zh",
            "iic/older-v1.5",
            "iic/oldest",
            "iic/reranker",
            "iic/tiny-v1.5"
        ]
    );
}

/// The calibration that a user fits lies beside no model, and goes along all the same.
#[test]
fn an_export_has_the_calibration_in_force() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let folder = case.folder("tiny");
    let found = yuyi::find(folder.to_str().unwrap()).unwrap();
    let options = yuyi::OpenOptions {
        uncalibrated: true,
        ..Default::default()
    };
    let model = yuyi::Model::load(found, &options).unwrap();
    let fingerprint = model.embedder().fingerprint().unwrap();
    let users = case.home.path().join("calibrations");
    fs::create_dir_all(&users).unwrap();
    let fitted = r#"{"version": 1, "knots": [[-1, 0], [0.5, 0.1], [1, 1]]}"#;
    fs::write(users.join(format!("{fingerprint}.json")), fitted).unwrap();
    let file = case.home.path().join("tiny.tar");
    let file = file.to_str().unwrap();
    let run = case.run(&["models", "export", "tiny", "-o", file]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = case.run(&["models", "import", file, "--name", "other"]);
    assert_eq!(run.code, 0, "{run:?}");
    let there = fs::read_to_string(case.folder("other/calibration.json")).unwrap();
    assert_eq!(there, fitted);
}

/// What the user has calibrated is of other models: a score has no such scale.
#[test]
fn a_reranker_travels_as_one_file() {
    let case = Case::new();
    case.hub
        .put("org/scorer", repository("../rerankers/bert-reranker-f16"));
    assert_eq!(case.run(&["pull", "org/scorer"]).code, 0);
    fs::create_dir_all(case.home.path().join("calibrations")).unwrap();
    let file = case.home.path().join("scorer.tar");
    let file = file.to_str().unwrap();
    let run = case.run(&["models", "export", "scorer", "-o", file]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = case.run(&["models", "import", file, "--name", "other"]);
    assert_eq!(run.code, 0, "{run:?}");
    let info = case.run(&["info", "--model", "other", "--json"]);
    let info: Value = serde_json::from_str(&info.out).unwrap();
    assert_eq!(info["activation"], "sigmoid");
}

#[test]
fn a_threshold_of_a_model_without_calibration_is_told() {
    let case = Case::new();
    case.run(&["pull", ID]);
    let _ = fs::remove_file(case.folder("tiny/calibration.json"));
    let minutes = case.home.path().join("minutes.txt");
    fs::write(
        &minutes,
        "张三：我们下周三上线新版本\n李四：预算还差两万块钱\n",
    )
    .unwrap();
    let minutes = minutes.to_str().unwrap();
    let told = "tiny has no calibration: its similarities are cosines, and a threshold means something else than with other models. `yuyi calibrate --model tiny` gives it one.";
    let run = case.run(&["dedup", minutes, "--model", "tiny"]);
    assert_eq!(run.err.matches(told).count(), 1, "{run:?}");
    let run = case.run(&["dedup", minutes]);
    assert!(!run.err.contains("calibration"), "{run:?}");
    // Limits that are fitted are on its scale, too.
    let [faq, questions] = [
        ("faq.csv", "question,answer,id\n怎么退货,七天之内,th\n"),
        ("questions.csv", "question,id\n如何退货,th\n"),
    ]
    .map(|(name, text)| {
        let file = case.home.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    });
    let run = case.run(&["faq", "tune", &faq, &questions, "--model", "tiny"]);
    assert_eq!(run.err.matches(told).count(), 1, "{run:?}");
    let zh = case.run(&["dedup", minutes, "--model", "tiny", "--lang", "zh"]);
    assert!(zh.err.contains("tiny 没有校准"), "{zh:?}");
}
