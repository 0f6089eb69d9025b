//! Processes that start at the same time on an empty database.

use std::process::{Command, Stdio};

use yuyi_store::Store;

use crate::open;
use crate::servers::{Bounced, Database, server, server_for_bouncer};
use crate::suite::Place;

#[test]
#[ignore = "run by ten_start_at_once"]
fn child_that_starts() {
    let Ok(address) = std::env::var("YUYI_STORE_PLACE") else {
        return;
    };
    open(&address).ping().unwrap();
}

fn ten_start_at_once(place: &impl Place) {
    let start = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "starts::child_that_starts", "--ignored"])
            .env("YUYI_STORE_PLACE", place.address())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let started: Vec<_> = (0..10).map(start).collect();
    for mut child in started {
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn ten_start_at_once_on_a_server() {
    if server().is_some() {
        ten_start_at_once(&Database::new());
    }
}

#[test]
fn ten_start_at_once_behind_pgbouncer() {
    if server_for_bouncer().is_some() {
        ten_start_at_once(&Bounced::new());
    }
}
