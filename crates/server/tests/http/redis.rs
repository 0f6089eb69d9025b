//! A Redis of its own for a test.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

pub struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    /// Starts one; `None`, and a line that says so, where there is no `redis-server`.
    pub fn start() -> Option<Self> {
        if Command::new("redis-server")
            .arg("--version")
            .output()
            .is_err()
        {
            // Past the capture of the test's output, so that nobody takes it for a success.
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "SKIPPED, there is no redis-server");
            return None;
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        Some(Self {
            process: launch(port),
            port,
        })
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// The answer to a command, as text.
    pub fn run(&self, command: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli")
            .args(["-p", &port])
            .args(command)
            .output();
        String::from_utf8(output.unwrap().stdout)
            .unwrap()
            .trim()
            .to_owned()
    }

    /// Number of keys.
    pub fn count(&self) -> usize {
        self.run(&["DBSIZE"]).parse().unwrap()
    }

    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts an empty one in the place of one that was killed.
    pub fn restart(&mut self) {
        self.process = launch(self.port);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // A test that failed must not leave it behind; one that was killed is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn launch(port: u16) -> Child {
    let mut server = Command::new("redis-server");
    server
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir", "/tmp"])
        .stdout(Stdio::null());
    let process = server.spawn().unwrap();
    wait_for(port);
    process
}

fn wait_for(port: u16) {
    let listens = |_| {
        sleep(Duration::from_millis(10));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    };
    assert!((0..500).any(listens), "redis-server does not listen");
}
