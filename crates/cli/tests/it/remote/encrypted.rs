//! Models behind an encrypted connection whose certificate not everybody trusts.

use std::fs;
use std::time::Duration;

use super::PAIR;
use crate::support::{Run, command};

/// A server with a certificate that an authority of its own has signed, as a company's proxy has.
struct Encrypted {
    address: String,
    authority: std::path::PathBuf,
    _folder: tempfile::TempDir,
    server: std::process::Child,
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Encrypted {
    /// `None`: there is no openssl here.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &str| {
            let mut command = std::process::Command::new("openssl");
            command
                .args(arguments.split(' '))
                .current_dir(folder.path());
            command
                .output()
                .ok()
                .filter(|output| output.status.success())
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        let made = run(&format!("req -x509 {key} -subj /CN=Company -keyout ca.key -out ca.pem"))
            .and_then(|_| run(&format!("req {key} -subj /CN=127.0.0.1 -keyout key.pem -out request.pem")))
            .and_then(|_| {
                fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\n").ok()?;
                run("x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out cert.pem")
            });
        if made.is_none() {
            eprintln!("NOT RUN: there is no openssl that makes certificates");
            return None;
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let server = std::process::Command::new("openssl")
            .args([
                "s_server", "-quiet", "-accept", &address, "-cert", "cert.pem", "-key", "key.pem",
                "-www",
            ])
            .current_dir(folder.path())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(&address).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self {
            address,
            authority: folder.path().join("ca.pem"),
            _folder: folder,
            server,
        })
    }
}

/// Remote models and hubs trust the same certificates: those of the machine, or of `SSL_CERT_FILE`.
#[test]
fn a_certificate_of_the_company_is_trusted_where_the_machine_says_so() {
    let Some(server) = Encrypted::start() else {
        return;
    };
    let [a, b] = PAIR;
    let model = format!(
        "remote:https://{}/v1#m?dimension=4&timeout=3",
        server.address
    );
    let home = tempfile::tempdir().unwrap();
    let run = |trusted: bool, arguments: &[&str]| -> Run {
        let mut command = command();
        command
            .args(arguments)
            .env("YUYI_HOME", home.path())
            .env("HF_ENDPOINT", format!("https://{}", server.address))
            .env_remove("SSL_CERT_DIR");
        match trusted {
            true => command.env("SSL_CERT_FILE", &server.authority),
            false => command.env_remove("SSL_CERT_FILE"),
        };
        command.output().unwrap().into()
    };
    let untrusted = "its certificate is not trusted on this machine; SSL_CERT_FILE names the one of a company's proxy";
    for arguments in [
        &["sim", a, b, "--model", &model][..],
        &["pull", "org/m", "--from", "hf"],
    ] {
        let refused = run(false, arguments);
        assert!(
            refused.code == 1 && refused.err.contains(untrusted),
            "{refused:?}"
        );
        let trusted = run(true, arguments);
        assert!(
            trusted.code == 1 && !trusted.err.contains("certificate"),
            "{trusted:?}"
        );
    }
}
