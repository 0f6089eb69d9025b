//! PostgreSQL servers and poolers as programs, which tests start, kill and promote by the script `tests/postgres/server`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use postgres::{Client, NoTls};

/// The server of the environment, or `None`, which is said.
pub fn server() -> Option<String> {
    let server = std::env::var("YUYI_TEST_POSTGRES").ok();
    if server.is_none() {
        eprintln!("NOT RUN: YUYI_TEST_POSTGRES names no server");
    }
    server
}

/// Runs one statement or several.
pub fn execute(url: &str, sql: &str) {
    let mut client = Client::connect(url, NoTls).unwrap();
    client.batch_execute(sql).unwrap();
}

/// The only value that a query gives.
pub fn value(url: &str, sql: &str) -> String {
    let mut client = Client::connect(url, NoTls).unwrap();
    let rows = client.simple_query(sql).unwrap();
    rows.iter()
        .find_map(|row| match row {
            postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .unwrap_or_default()
}

/// A name that no other test has.
pub fn unused(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Relaxed);
    format!("{kind}_{}_{next}", std::process::id())
}

/// A database of its own on the server of the environment; its address.
pub fn make_database() -> String {
    let (server, name) = (server().unwrap(), unused("yuyi_test"));
    execute(&server, &format!("CREATE DATABASE {name}"));
    let (front, _) = server.rsplit_once('/').unwrap();
    format!("{front}/{name}")
}

/// Removes one.
pub fn drop_database(url: &str) {
    let name = url.rsplit_once('/').unwrap().1;
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    execute(&server().unwrap(), &drop);
}

/// A server of a test's own, or a pgbouncer; it ends with this.
pub struct Server {
    folder: PathBuf,
    port: u16,
}

impl Server {
    pub fn start() -> Self {
        Self::make("start", &[])
    }

    /// A standby, which confirms the commits of this server from now on.
    pub fn with_standby(&self) -> Self {
        let standby = Self::make("standby", &[&self.port.to_string()]);
        execute(
            &self.url(),
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
        );
        execute(&self.url(), "SELECT pg_reload_conf()");
        let confirming = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while value(&self.url(), confirming) != "1" {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        standby
    }

    /// A pgbouncer before a server.
    pub fn bouncer(port: u16) -> Self {
        Self::make("bouncer", &[&port.to_string()])
    }

    /// The same with a setting.
    pub fn bouncer_with(port: u16, setting: &str) -> Self {
        Self::make("bouncer", &[&port.to_string(), setting])
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// A file of its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn kill(&self) {
        run("kill", &self.folder, &[]);
    }

    /// Its processes stay and answer nothing.
    pub fn freeze(&self) {
        run("freeze", &self.folder, &[]);
    }

    pub fn thaw(&self) {
        run("thaw", &self.folder, &[]);
    }

    pub fn promote(&self) {
        run("promote", &self.folder, &[]);
    }

    fn make(command: &str, arguments: &[&str]) -> Self {
        let all = std::env::var_os("YUYI_TEST_POSTGRES_FOLDER").unwrap();
        let folder = PathBuf::from(all).join(unused(command));
        let port = run(command, &folder, arguments).trim().parse().unwrap();
        Self { folder, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        run("stop", &self.folder, &[]);
        // Its thousands of files go while others wait, not all at the end.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What the script prints.
fn run(command: &str, folder: &Path, arguments: &[&str]) -> String {
    let script = std::env::var_os("YUYI_TEST_POSTGRES_SERVER").unwrap();
    let output = Command::new(script)
        .arg(command)
        .arg(folder)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command} {folder:?}");
    String::from_utf8(output.stdout).unwrap()
}
