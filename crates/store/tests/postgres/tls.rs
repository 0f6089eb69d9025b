//! Encryption, by a pgbouncer that offers it.

use yuyi_store::{ErrorKind, PostgresStore, Store};

use crate::quick;
use crate::servers::{Database, Server, execute, server_for_bouncer};
use crate::suite::Place;

/// What comes of an address; connections of ours must be encrypted, or must not, as pgbouncer sees it.
fn outcome(address: &str) -> Result<(), String> {
    let store = PostgresStore::open(address, &quick()).map_err(|error| {
        assert_eq!(error.kind(), ErrorKind::Permanent, "{error}");
        error.to_string()
    })?;
    store.ping().unwrap();
    Ok(())
}

#[test]
fn what_is_asked_for_is_done_or_refused() {
    if server_for_bouncer().is_none() {
        return;
    }
    let place = Database::new();
    execute(&place.url, "CREATE EXTENSION vector");
    let bouncer = Server::bouncer(place.port());
    let name = place.url.rsplit_once('/').unwrap().1;
    let at = |host: &str, port: u16, options: &str| {
        format!("postgres://postgres@{host}:{port}/{name}?{options}")
    };
    let encrypted = |host, options: &str| outcome(&at(host, bouncer.port(), options));
    let trusted = format!(
        "sslmode=verify-full&sslrootcert={}",
        bouncer.file("ca.pem").display()
    );
    let foreign = Server::bouncer(place.port());
    let other = format!(
        "sslmode=verify-full&sslrootcert={}",
        foreign.file("ca.pem").display()
    );

    encrypted("localhost", &trusted).unwrap();
    encrypted("127.0.0.1", "sslmode=require").unwrap();
    let unknown = encrypted("localhost", &other).unwrap_err();
    assert!(
        unknown.contains("UnknownIssuer") || unknown.contains("BadSignature"),
        "{unknown}"
    );
    let elsewhere = encrypted("127.0.0.1", &trusted).unwrap_err();
    assert!(elsewhere.contains("not valid for name"), "{elsewhere}");
    // The server itself has no encryption.
    for options in ["sslmode=require", &*trusted] {
        let plain = outcome(&at("localhost", place.port(), options)).unwrap_err();
        assert!(plain.contains("does not support TLS"), "{plain}");
    }
    for options in ["", "sslmode=prefer", "sslmode=disable"] {
        outcome(&at("localhost", place.port(), options)).unwrap();
    }
}

/// A pgbouncer that takes encrypted connections only.
#[test]
fn what_may_be_encrypted_is() {
    if server_for_bouncer().is_none() {
        return;
    }
    let place = Database::new();
    let bouncer = Server::bouncer_with(place.port(), "client_tls_sslmode = require");
    let name = place.url.rsplit_once('/').unwrap().1;
    let at = |options: &str| {
        format!(
            "postgres://postgres@127.0.0.1:{}/{name}?{options}",
            bouncer.port()
        )
    };
    outcome(&at("")).unwrap();
    outcome(&at("sslmode=require")).unwrap();
    assert!(PostgresStore::open(&at("sslmode=disable"), &quick()).is_err());
}
