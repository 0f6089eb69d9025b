//! The engine on PostgreSQL: what every engine does, and what only servers can go through. `tests/postgres/run` starts the server that
//! `YUYI_TEST_POSTGRES` names, on which each test has a database of its own, and is what tests start others by.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "suite/mod.rs"]
mod suite;

#[path = "postgres/backup.rs"]
mod backup;
#[path = "postgres/check.rs"]
mod check;
#[path = "postgres/failover.rs"]
mod failover;
#[path = "postgres/graph.rs"]
mod graph;
#[path = "postgres/leases.rs"]
mod leases;
#[path = "postgres/leaving.rs"]
mod leaving;
#[path = "postgres/limits.rs"]
mod limits;
#[path = "postgres/refused.rs"]
mod refused;
#[path = "postgres/servers.rs"]
mod servers;
#[path = "postgres/standby.rs"]
mod standby;
#[path = "postgres/starts.rs"]
mod starts;
#[path = "postgres/tls.rs"]
mod tls;
#[path = "postgres/words.rs"]
mod words;

use std::time::Duration;

use yuyi_store::{PostgresOptions, PostgresStore};

use servers::{Database, server};

/// A store that has patience with a busy machine.
fn open(url: &str) -> PostgresStore {
    let options = PostgresOptions {
        connect: Duration::from_secs(60),
        turn: Duration::from_secs(60),
        ..PostgresOptions::default()
    };
    PostgresStore::open(url, &options).unwrap()
}

/// How a store is opened that does not wait long.
fn quick() -> PostgresOptions {
    PostgresOptions {
        connect: Duration::from_secs(5),
        turn: Duration::from_secs(5),
        statement: Duration::from_secs(20),
        ..PostgresOptions::default()
    }
}

store_suite!(Database, if server().is_some());

mod behind_pgbouncer {
    use crate::servers::{Bounced, server_for_bouncer};
    use crate::{store_suite, suite};

    store_suite!(Bounced, if server_for_bouncer().is_some());
}
