//! Servers that cannot be used as they are.

use std::os::unix::fs::PermissionsExt;

use yuyi_store::{ErrorKind, NewCollection, PostgresStore};

use crate::servers::{Database, execute, server, value};
use crate::suite::Place;
use crate::{open, quick};

fn refusal(url: &str) -> String {
    let Err(error) = PostgresStore::open(url, &quick()) else {
        panic!("{url} was taken");
    };
    assert_eq!(error.kind(), ErrorKind::Permanent, "{error}");
    error.to_string()
}

/// Lets a database see only the extensions of a folder, as on a server on which they are not installed. Servers before 18 cannot: false.
fn see_extensions_of(place: &Database, folder: &std::path::Path) -> bool {
    let version: u32 = value(&place.url, "SHOW server_version_num")
        .parse()
        .unwrap();
    if version < 180_000 {
        eprintln!("NOT RUN: extensions cannot be hidden from a server before PostgreSQL 18");
        return false;
    }
    let name = place.url.rsplit_once('/').unwrap().1;
    let path = folder.display();
    execute(
        &place.url,
        &format!("ALTER DATABASE {name} SET extension_control_path = '{path}'"),
    );
    true
}

/// pgvector keeps no longer ones as halves, which is the caller's fault and no failure of the server.
#[test]
fn vectors_that_are_too_long() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = place.open();
    let error = store.create(&NewCollection::given("long", 16_001));
    let error = error.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dimension: 16001 is not between 1 and 16000."
    );
    assert_eq!(error.kind(), ErrorKind::Input);
    store.create(&NewCollection::given("long", 16_000)).unwrap();
}

#[test]
fn a_server_without_pgvector() {
    if server().is_none() {
        return;
    }
    let (place, folder) = (Database::new(), tempfile::tempdir().unwrap());
    if !see_extensions_of(&place, folder.path()) {
        return;
    }
    assert_eq!(
        refusal(&place.url),
        "The PostgreSQL server cannot be used: it has no pgvector. Install version 0.8 or newer on the server (Debian: apt install postgresql-18-pgvector) and try again."
    );
    assert_eq!(value(&place.url, "SELECT to_regnamespace('yuyi')"), "");
}

#[test]
fn a_pgvector_that_is_too_old() {
    if server().is_none() {
        return;
    }
    let (place, folder) = (Database::new(), tempfile::tempdir().unwrap());
    let extensions = folder.path().join("extension");
    std::fs::create_dir(&extensions).unwrap();
    let control = "default_version = '0.7.4'\nmodule_pathname = '$libdir/vector'\n";
    std::fs::write(extensions.join("vector.control"), control).unwrap();
    for path in [folder.path(), &extensions] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    if !see_extensions_of(&place, folder.path()) {
        return;
    }
    let refusal = refusal(&place.url);
    assert!(
        refusal.contains("pgvector is version 0.7.4, and 0.8 or newer is needed"),
        "{refusal}"
    );
}

#[test]
fn tables_of_a_newer_version() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    drop(open(&place.url));
    execute(&place.url, "INSERT INTO yuyi.version VALUES (99)");
    let refusal = refusal(&place.url);
    assert!(
        refusal.contains("newer version of yuyi (schema 99;"),
        "{refusal}"
    );
}

/// An address of the same database for another user, who is made.
fn as_user(place: &Database, name: &str, password: Option<&str>) -> String {
    let with = password.map_or(String::new(), |password| format!("PASSWORD '{password}'"));
    execute(
        &place.url,
        &format!("DROP ROLE IF EXISTS {name}; CREATE ROLE {name} LOGIN {with}"),
    );
    place.url.replace("postgres@", &format!("{name}@"))
}

#[test]
fn a_user_without_rights() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let url = as_user(&place, "without_rights", None);
    let extension = refusal(&url);
    assert!(
        extension.contains("let an administrator run CREATE EXTENSION vector"),
        "{extension}"
    );
    execute(&place.url, "CREATE EXTENSION vector");
    let schema = refusal(&url);
    assert!(
        schema.contains("its user needs the right CREATE on the database"),
        "{schema}"
    );
    let name = place.url.rsplit_once('/').unwrap().1;
    execute(
        &place.url,
        &format!("GRANT CREATE ON DATABASE {name} TO without_rights"),
    );
    drop(open(&url));
    // Whoever finds the tables needs no right to make them.
    execute(
        &place.url,
        &format!("REVOKE CREATE ON DATABASE {name} FROM without_rights"),
    );
    drop(open(&url));
}

#[test]
fn passwords_are_not_repeated() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let url = as_user(&place, "with_password", Some("right-secret"));
    let with = |password: &str| url.replace('@', &format!(":{password}@"));
    let wrong = refusal(&with("wrong-secret"));
    assert!(wrong.contains("password authentication failed"), "{wrong}");
    let missing = refusal(&url);
    assert!(missing.contains("password"), "{missing}");
    let closed = with("wrong-secret").replace(&format!(":{}", place.port()), ":1");
    let closed = PostgresStore::open(&closed, &quick())
        .map(drop)
        .unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Transient);
    for message in [&wrong, &missing, &format!("{closed} {closed:?}")] {
        assert!(!message.contains("secret"), "{message}");
    }
    execute(
        &place.url,
        "CREATE EXTENSION vector; CREATE SCHEMA yuyi AUTHORIZATION with_password",
    );
    drop(open(&with("right-secret")));
}
