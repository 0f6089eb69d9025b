//! Models as one file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};
use yuyi_encoder::{Folder, ModelSpec};
use yuyi_hub::{Error, export, import};
use yuyi_models::{Installed, MANIFEST_FILE, Manifest, ManifestFile, ModelOrigin, ModelPlace};

use crate::stand_in::{StandIn, sha256};
use crate::support::{Place, files, model};

/// A home with a model, its export, and an empty home.
struct Case {
    place: Place,
    archive: PathBuf,
    other: tempfile::TempDir,
}

fn installed(folder: &Path) -> Installed {
    Installed {
        name: "tiny".to_owned(),
        folder: Some(folder.to_owned()),
        place: ModelPlace::Home,
        origin: None,
        manifest: Manifest::read(folder).unwrap(),
        problem: None,
    }
}

fn exported() -> Case {
    let hub = StandIn::start();
    hub.put("org/tiny", model(1));
    let place = Place::new(&hub);
    let pulled = place.pull("org/tiny").unwrap();
    fs::write(pulled.folder.join("calibration.json"), "{}").unwrap();
    let archive = place.home.path().join("tiny.tar");
    export(&installed(&pulled.folder), &archive, None).unwrap();
    Case {
        place,
        archive,
        other: tempfile::tempdir().unwrap(),
    }
}

#[test]
fn a_model_travels_as_a_file() {
    let case = exported();
    let imported = import(&case.archive, case.other.path(), None).unwrap();
    assert_eq!(imported.folder, case.other.path().join("models/tiny"));
    assert_eq!(files(&imported.folder), files(&case.place.folder("tiny")));
    let manifests = [&imported.folder, &case.place.folder("tiny")]
        .map(|folder| Manifest::read(folder).unwrap());
    assert_eq!(manifests[0], manifests[1]);
    let again = import(&case.archive, case.other.path(), None).unwrap_err();
    assert!(matches!(again, Error::Taken { .. }), "{again}");
    let renamed = import(&case.archive, case.other.path(), Some("second")).unwrap();
    assert_eq!(renamed.folder, case.other.path().join("models/second"));
    let left = fs::read_dir(case.place.home.path()).unwrap().count();
    assert_eq!(left, 2, "models and the export");
}

#[test]
fn a_file_that_was_cut_or_changed_anywhere_is_refused() {
    let case = exported();
    let whole = fs::read(&case.archive).unwrap();
    let damaged = case.place.home.path().join("damaged.tar");
    let refused = |bytes: &[u8], what: &str| {
        fs::write(&damaged, bytes).unwrap();
        let error = import(&damaged, case.other.path(), None).unwrap_err();
        assert!(matches!(error, Error::BadArchive { .. }), "{what}: {error}");
        assert!(
            error.to_string().ends_with("Nothing was installed."),
            "{error}"
        );
        assert!(!case.other.path().join("models/tiny").exists(), "{what}");
    };
    for tenth in 0..10 {
        let length = whole.len() * tenth / 10;
        refused(&whole[..length], &format!("{length} bytes"));
    }
    // In the weights.
    for at in [whole.len() / 3, whole.len() / 2, whole.len() * 9 / 10] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        refused(&changed, &format!("byte {at}"));
    }
}

/// An archive with a manifest of the files that it is said to have, and those that it has.
fn made(path: &Path, told: &[(&str, &[u8])], entries: &[(&str, EntryType, &[u8])]) {
    let files = told.iter().map(|(path, content)| ManifestFile {
        path: (*path).to_owned(),
        size: content.len() as u64,
        sha256: sha256(content),
    });
    let manifest = Manifest {
        version: 1,
        name: "tiny".to_owned(),
        called: None,
        origin: None,
        licence: None,
        non_commercial: false,
        quantized: None,
        files: files.collect(),
    };
    let mut archive = Builder::new(File::create(path).unwrap());
    let text = manifest.to_json();
    let manifest = (MANIFEST_FILE, EntryType::Regular, text.as_bytes());
    for (name, kind, content) in std::iter::once(&manifest).chain(entries) {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if *kind == EntryType::Symlink {
            header.set_link_name("/etc").unwrap();
        }
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    archive.into_inner().unwrap().flush().unwrap();
}

#[test]
fn nothing_leaves_the_folder() {
    let home = tempfile::tempdir().unwrap();
    let archive = home.path().join("x.tar");
    let config = ("config.json", &b"{}"[..]);
    let file = EntryType::Regular;
    for (told, entries) in [
        (
            &[("../out", &b"x"[..])][..],
            &[("../out", file, &b"x"[..])][..],
        ),
        (&[("/tmp/out", b"x")], &[("/tmp/out", file, b"x")]),
        (
            &[config],
            &[("config.json", file, b"{}"), ("../out", file, b"x")],
        ),
        (
            &[config],
            &[("config.json", file, b"{}"), ("more", file, b"x")],
        ),
        (
            &[config],
            &[("config.json", file, b"{}"), ("config.json", file, b"{}")],
        ),
        (&[config], &[("config.json", EntryType::Symlink, b"")]),
        (&[config], &[("./config.json", file, b"{}")]),
        (&[config], &[]),
    ] {
        made(&archive, told, entries);
        let error = import(&archive, home.path(), None).unwrap_err();
        assert!(
            matches!(error, Error::BadArchive { .. }),
            "{entries:?}: {error}"
        );
        assert!(!home.path().join("models/tiny").exists());
        assert!(!home.path().join("out").exists() && !home.path().join("models/out").exists());
    }
    for name in ["..", "a/b", "", ".hidden"] {
        made(&archive, &[config], &[("config.json", file, b"{}")]);
        assert!(
            import(&archive, home.path(), Some(name)).is_err(),
            "{name:?}"
        );
    }
    made(&archive, &[config], &[("config.json", file, b"{}")]);
    let reserved = import(&archive, home.path(), Some("e5-small-zh")).unwrap_err();
    assert!(matches!(reserved, Error::BuiltInName { .. }), "{reserved}");
    fs::write(&archive, "\u{1b}[31mno archive at all".repeat(60)).unwrap();
    let error = import(&archive, home.path(), None).unwrap_err();
    assert!(matches!(error, Error::BadArchive { .. }), "{error}");
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
    let missing = import(&home.path().join("none"), home.path(), None).unwrap_err();
    assert!(
        missing.to_string().ends_with("none cannot be read"),
        "{missing}"
    );
}

#[test]
fn a_damaged_model_is_not_handed_on() {
    let case = exported();
    let weights = case.place.folder("tiny/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    bytes[900] ^= 1;
    fs::write(&weights, bytes).unwrap();
    let to = case.place.home.path().join("bad.tar");
    let error = export(&installed(&case.place.folder("tiny")), &to, None).unwrap_err();
    let expected = "tiny is damaged, so nothing was written: model.safetensors is not what was installed. \
        `yuyi models rm tiny` removes it, and `yuyi pull org/tiny` fetches it again.";
    assert_eq!(error.to_string(), expected);
    assert!(!to.exists());
}

#[test]
fn folders_in_the_place_of_files_are_called_that() {
    let case = exported();
    let tiny = installed(&case.place.folder("tiny"));
    let folder = case.place.home.path().display();
    let error = export(&tiny, case.place.home.path(), None).unwrap_err();
    let expected = format!("{folder} is a folder. Name a file in it: -o {folder}/tiny.tar.");
    assert_eq!(error.to_string(), expected);
    let error = import(&case.place.folder("tiny"), case.other.path(), None).unwrap_err();
    let told = error.to_string();
    let place = case.other.path().join("models");
    assert!(told.contains("Use it where it is with --model "), "{told}");
    assert!(
        told.contains(&format!("copy it into {}", place.display())),
        "{told}"
    );
    assert!(!case.other.path().join("models").exists());
}

/// Of a model that `git clone` fetched, the copies of all its versions stay at home.
#[test]
fn what_other_programs_hide_in_the_folder_stays_there() {
    let case = exported();
    let folder = case.place.folder("tiny");
    for path in [".git/objects/ab", ".msc", "1_Pooling/.cache"] {
        fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        fs::write(folder.join(path), "x").unwrap();
    }
    let archive = case.place.home.path().join("again.tar");
    export(&installed(&folder), &archive, None).unwrap();
    let imported = import(&archive, case.other.path(), None).unwrap();
    let names: Vec<String> = files(&imported.folder).into_keys().collect();
    assert!(
        names
            .iter()
            .all(|name| !name.contains("/.") && !name.starts_with('.')),
        "{names:?}"
    );
    assert_eq!(names.len(), 6, "{names:?}");
}

#[test]
fn an_import_that_is_refused_leaves_nothing() {
    let case = exported();
    let whole = fs::read(&case.archive).unwrap();
    fs::write(&case.archive, &whole[..whole.len() / 2]).unwrap();
    import(&case.archive, case.other.path(), None).unwrap_err();
    assert_eq!(yuyi_hub::unfinished(case.other.path()), []);
    assert!(!case.other.path().join("models/.pulls").exists());
}

/// The calibration that a user has fitted goes along, in place of the one in the folder.
#[test]
fn the_calibration_in_force_goes_along() {
    let case = exported();
    let folder = case.place.folder("tiny");
    for (beside, given, expected) in [
        (None, Some("mine"), "mine"),
        (Some("shipped"), Some("mine"), "mine"),
        (Some("shipped"), None, "shipped"),
    ] {
        if let Some(beside) = beside {
            fs::write(folder.join("calibration.json"), beside).unwrap();
        }
        let archive = case.place.home.path().join("with-calibration.tar");
        export(&installed(&folder), &archive, given.map(str::as_bytes)).unwrap();
        let other = tempfile::tempdir().unwrap();
        let imported = import(&archive, other.path(), None).unwrap();
        let there = fs::read_to_string(imported.folder.join("calibration.json")).unwrap();
        assert_eq!(there, expected);
    }
}

/// Models whose folders do not say how they pool, as the catalogue does; each by what leads there.
#[test]
fn what_is_known_of_a_model_is_known_of_its_archive() {
    let place = tempfile::tempdir().unwrap();
    let made = |folder: &str| {
        let folder = place.path().join(folder);
        for (path, content) in model(1).files {
            if ["config.json", "vocab.txt", "model.safetensors"].contains(&path.as_str()) {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(path), content).unwrap();
            }
        }
        folder
    };
    let origin = |hub: &str, repository: &str| ModelOrigin {
        hub: hub.to_owned(),
        endpoint: "https://hub/".to_owned(),
        repository: repository.to_owned(),
        revision: "main".to_owned(),
        commit: None,
    };
    let (hf, ms) = ("huggingface", "modelscope");
    for (i, (name, folder, at, origin)) in [
        (
            "text2vec-large-chinese",
            "models/a",
            ModelPlace::Home,
            Some(origin(hf, "GanymedeNil/text2vec-large-chinese")),
        ),
        (
            "multilingual-e5-base",
            "hf/b",
            ModelPlace::HuggingFaceCache,
            Some(origin(hf, "intfloat/multilingual-e5-base")),
        ),
        (
            "bge-base-zh-v1.5",
            "ms/BAAI/bge-base-zh-v1___5",
            ModelPlace::ModelScopeCache,
            Some(origin(ms, "BAAI/bge-base-zh-v1.5")),
        ),
        ("gte-base-zh", "models/gte-base-zh", ModelPlace::Home, None),
    ]
    .into_iter()
    .enumerate()
    {
        let known = Installed {
            name: name.to_owned(),
            folder: Some(made(folder)),
            place: at,
            origin: origin.clone(),
            manifest: None,
            problem: None,
        };
        let archive = place.path().join(format!("{i}.tar"));
        export(&known, &archive, None).unwrap();
        for other in [None, Some("other")] {
            let home = tempfile::tempdir().unwrap();
            let imported = import(&archive, home.path(), other).unwrap();
            let folder = Folder::open(&imported.folder).unwrap();
            let read = |name: &str| {
                let assumed = yuyi_models::defaults(name, None, &folder);
                ModelSpec::read(&folder, &assumed).map(|spec| spec.assumed.len())
            };
            // What is sure needs no remark.
            let sure = origin.is_some();
            assert_eq!(read(&imported.name).unwrap() == 0, sure, "{name}");
            let called = imported.manifest.called.as_deref();
            assert_eq!(called, other.filter(|_| !sure).map(|_| name));
            // And once more, by the name that it has here.
            let again = Installed {
                name: imported.name.clone(),
                folder: Some(imported.folder.clone()),
                place: ModelPlace::Home,
                origin: origin.clone(),
                manifest: Some(imported.manifest.clone()),
                problem: None,
            };
            let second = home.path().join("second.tar");
            export(&again, &second, None).unwrap();
            import(&second, home.path(), Some("third")).unwrap();
        }
    }
    // Nobody knows this one, nor another owner's of a known name.
    for (name, origin) in [
        ("mine", None),
        ("gte-base-zh", Some(origin(hf, "evil/gte-base-zh"))),
    ] {
        let unknown = Installed {
            name: name.to_owned(),
            folder: Some(made("models/mine")),
            place: ModelPlace::Home,
            origin,
            manifest: None,
            problem: None,
        };
        let archive = place.path().join("unknown.tar");
        export(&unknown, &archive, None).unwrap();
        let home = tempfile::tempdir().unwrap();
        let error = import(&archive, home.path(), None).unwrap_err().to_string();
        assert!(
            error.contains("1_Pooling/config.json: there is none"),
            "{error}"
        );
    }
}
