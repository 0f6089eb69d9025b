//! Places on servers.

mod programs;

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use yuyi_store::Store;

pub use programs::{Server, execute, server, value};
use programs::{drop_database, make_database};

use crate::suite::Place;

/// The same, where pgbouncer and what makes its certificate are there too.
pub fn server_for_bouncer() -> Option<String> {
    let is_there = |program: &str| {
        let version = Command::new(program)
            .arg("-V")
            .stderr(Stdio::null())
            .output();
        version.is_ok()
    };
    let server = server()?;
    let both = is_there("pgbouncer") && is_there("openssl");
    if !both {
        eprintln!("NOT RUN: there is no pgbouncer or no openssl");
    }
    both.then_some(server)
}

/// A database on the server of the environment.
pub struct Database {
    pub url: String,
}

impl Database {
    /// The server's port.
    pub fn port(&self) -> u16 {
        port(&self.url)
    }
}

fn port(url: &str) -> u16 {
    let (front, _) = url.rsplit_once('/').unwrap();
    front.rsplit_once(':').unwrap().1.parse().unwrap()
}

impl Place for Database {
    fn new() -> Self {
        Self {
            url: make_database(),
        }
    }

    fn address(&self) -> String {
        self.url.clone()
    }

    fn open_at(address: &str) -> Box<dyn Store> {
        Box::new(crate::open(address))
    }

    fn check(&self) -> Vec<String> {
        crate::check::contradictions(&self.url)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop_database(&self.url);
    }
}

/// A database behind the one pgbouncer that these share. It ends with the program that runs the tests.
pub struct Bounced(Database);

impl Bounced {
    /// The server itself.
    pub fn url(&self) -> &str {
        &self.0.url
    }
}

impl Place for Bounced {
    fn new() -> Self {
        Self(Database::new())
    }

    fn address(&self) -> String {
        static BOUNCER: OnceLock<Server> = OnceLock::new();
        let bouncer = BOUNCER.get_or_init(|| Server::bouncer(self.0.port()));
        let port = |port: u16| format!(":{port}/");
        self.0
            .url
            .replace(&port(self.0.port()), &port(bouncer.port()))
    }

    fn open_at(address: &str) -> Box<dyn Store> {
        Database::open_at(address)
    }

    fn check(&self) -> Vec<String> {
        self.0.check()
    }
}
