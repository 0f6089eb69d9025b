//! Folders that cannot be used, or not by everybody.

use std::fs;
use std::process::Command;

use yuyi_store::{EmbeddedStore, Error, ErrorKind, Item, NewCollection, Options, Store};

use crate::suite::Place;
use crate::suite::ask::{cut_otherwise_before, lexical};
use crate::suite::examples::{collection, faq, with_vectors};
use crate::{Folder, options};

fn refused(folder: &std::path::Path) -> Error {
    match EmbeddedStore::open(folder, options()) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

#[test]
fn a_folder_has_one_owner_at_a_time() {
    let folder = Folder::new();
    let store = folder.open_here();
    let error = refused(folder.0.path());
    assert_eq!(
        error,
        Error::Locked {
            folder: folder.0.path().to_owned()
        }
    );
    drop(store);
    folder.open_here().ping().unwrap();
}

#[test]
fn a_folder_is_made_where_there_is_none_and_what_is_no_folder_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let deep = place.path().join("a/b");
    EmbeddedStore::open(&deep, options()).unwrap();
    let file = place.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = refused(&file);
    assert!(
        matches!(&error, Error::Unusable { folder, .. } if *folder == file),
        "{error}"
    );
}

/// A folder of the version that found words of a collection's own at the end of others: its texts are cut anew.
#[test]
fn words_of_an_older_folder_are_cut_anew() {
    let folder = Folder::new();
    let store = folder.open_here();
    cut_otherwise_before(&store);
    drop(store);
    let path = folder.0.path().join("collections.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    let words = |id: &str| {
        format!("(SELECT words FROM words_1 JOIN items_1 USING (key) WHERE id = '{id}')")
    };
    let old = format!(
        "UPDATE words_1 SET words = {} WHERE words = {}; PRAGMA user_version = 4;",
        words("b"),
        words("a")
    );
    database.execute_batch(&old).unwrap();
    drop(database);
    let store = folder.open_here();
    assert_eq!(lexical(&store, "人工智能"), ["b"]);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_newer_folder_is_refused_and_stays_as_it_is() {
    let folder = Folder::new();
    drop(folder.open_here());
    let path = folder.0.path().join("collections.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    let before = fs::read(&path).unwrap();
    let error = refused(folder.0.path());
    assert!(
        matches!(&error, Error::TooNew { found: 999, folder: named, .. } if named == folder.0.path()),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = Folder::new();
    let small = Options {
        most_bytes: Some(2 << 20),
        ..options()
    };
    let store = EmbeddedStore::open(folder.0.path(), small).unwrap();
    store.create(&NewCollection::given("big", 1024)).unwrap();
    let batch = |n: usize| {
        let one = |i| {
            let mut item = with_vectors(Item::new(format!("{n}-{i}"), "文字"), 1);
            item.vectors = vec![vec![0.5; 1024]];
            item
        };
        (0..20).map(one).collect::<Vec<_>>()
    };
    let mut written = 0;
    let error = loop {
        match store.upsert("big", "", batch(written)) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Full { .. }), "{error}");
    assert!(error.kind() == ErrorKind::Transient && written > 5);
    assert_eq!(store.count("big", None).unwrap(), 20 * written as u64);
    assert!(
        store
            .get("big", &[&format!("{written}-0")])
            .unwrap()
            .is_empty()
    );
    // What takes no room still works, and with more room all does.
    store.delete("big", &["0-0"]).unwrap();
    drop(store);
    let store = folder.open_here();
    assert_eq!(store.count("big", None).unwrap(), 20 * written as u64 - 1);
    store.upsert("big", "", batch(written)).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

/// Says what opening the folder of the environment gives; run by another user, who may not write there.
#[test]
#[ignore = "run by folders_that_may_not_be_written_to_are_refused"]
fn child_without_rights() {
    let Some(folder) = std::env::var_os("YUYI_STORE_FOLDER") else {
        return;
    };
    match EmbeddedStore::open(std::path::PathBuf::from(folder), options()) {
        Ok(_) => println!("opened"),
        Err(error) => println!("refused: {error}"),
    }
}

#[cfg(unix)]
#[test]
fn folders_that_may_not_be_written_to_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("faq")).unwrap();
    store.upsert("faq", "", faq()).unwrap();
    drop(store);
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap()
    };
    mode(folder.0.path(), 0o555);
    for entry in fs::read_dir(folder.0.path()).unwrap() {
        let path = entry.unwrap().path();
        mode(&path, if path.is_dir() { 0o555 } else { 0o444 });
    }
    // A copy, since the folder of the tests may be nobody's business.
    let program = tempfile::tempdir().unwrap();
    mode(program.path(), 0o755);
    let test = program.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &test).unwrap();
    mode(&test, 0o755);
    let mut command = Command::new(&test);
    command.args([
        "--exact",
        "folder::child_without_rights",
        "--ignored",
        "--nocapture",
    ]);
    command
        .env("YUYI_STORE_FOLDER", folder.0.path())
        .current_dir("/");
    // Root may write everywhere.
    if fs::write(folder.0.path().join("probe"), "").is_ok() {
        fs::remove_file(folder.0.path().join("probe")).unwrap();
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("refused: The data folder "), "{output:?}");
    assert!(said.contains("cannot be used: "), "{said}");
    mode(folder.0.path(), 0o755);
}
