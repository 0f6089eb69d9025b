//! A stand-in for Hugging Face, its mirrors, ModelScope and the hosts with the data, on this machine: it answers as they do, and as
//! badly as they do.

#![allow(
    dead_code,
    reason = "two programs of tests have it, and neither needs all"
)]

// By its path, since the file is a module of two programs.
#[path = "stand_in/lists.rs"]
mod lists;

pub use self::lists::{pointer, sha256};

use self::lists::{of_hugging_face, of_modelscope, pages};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::json;

/// A repository of the stand-in.
#[derive(Clone, Default)]
pub struct Repository {
    pub commit: String,
    pub licence: Option<String>,
    pub files: BTreeMap<String, Vec<u8>>,
    /// The name that it has now.
    pub renamed_to: Option<String>,
    /// The name that its own description gives it, where that is another.
    pub called: Option<String>,
    /// Whoever has no token is told that consent is needed.
    pub gated: bool,
    /// Whoever has no token is told that there is no such model.
    pub private: bool,
}

/// Where files are sent for.
#[derive(Clone, Default, PartialEq)]
pub enum Redirect {
    /// Nowhere: the hub has them.
    #[default]
    None,
    /// To an address of another host.
    Absolute(String),
    /// To another path of the hub, without a word on the file.
    Relative,
    /// The hub's whole address is another, with status 308.
    Moved(String),
    /// To itself, for ever.
    Circle,
}

/// How the stand-in behaves.
#[derive(Clone, Default)]
pub struct Behaviour {
    pub redirect: Redirect,
    /// Whole files are sent, whatever part is asked for.
    pub no_ranges: bool,
    /// Connections break after so many bytes of a large file.
    pub cut_after: Option<usize>,
    /// How often they do; each takes one away.
    pub cuts: usize,
    /// Large files are announced as they are, and a pointer comes in place of them.
    pub pointers: bool,
    /// How many answers have a byte that is another.
    pub flips: usize,
    /// Status, `Retry-After` and how many answers have them, of files or of lists.
    pub refuse_files: Option<(u16, Option<u64>, usize)>,
    pub refuse_lists: Option<(u16, Option<u64>, usize)>,
    /// `Retry-After` as a date, where those tell no seconds.
    pub retry_at: Option<String>,
    /// Between two pieces of a large file.
    pub slow: Option<Duration>,
    /// Nothing more comes after so many bytes, and the connection stays open.
    pub hang_after: Option<usize>,
    /// The token that gated and private repositories are told to.
    pub token: Option<String>,
    /// A page of some proxy answers.
    pub web_page: bool,
    /// Files of a list's page.
    pub page: Option<usize>,
    /// Parts are refused with 416, wherever they begin.
    pub refuses_parts: bool,
    /// Files of which lists tell no sums.
    pub without_sums: Vec<&'static str>,
    /// What stands in lists beside the files, as JSON.
    pub more_files: &'static str,
}

/// A request that came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub path: String,
    pub range: Option<String>,
    pub authorization: Option<String>,
    pub cookie: Option<String>,
}

#[derive(Default)]
struct State {
    repositories: BTreeMap<String, Repository>,
    behaviour: Behaviour,
    asked: Vec<Asked>,
}

/// A running stand-in.
#[derive(Clone)]
pub struct StandIn {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// Bytes of a file from which on it is kept as a pointer of LFS.
const LARGE: usize = 4 << 10;

impl StandIn {
    /// Starts one, which serves until the program ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let stand_in = Self { address, state };
        let server = stand_in.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = server.clone();
                thread::spawn(move || server.serve(&stream));
            }
        });
        stand_in
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its host, as messages name it.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn put(&self, id: &str, repository: Repository) {
        self.state().repositories.insert(id.to_owned(), repository);
    }

    pub fn behave(&self, behaviour: Behaviour) {
        self.state().behaviour = behaviour;
    }

    /// What was asked, and forgets it.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state().asked)
    }

    fn serve(&self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines();
        loop {
            let Some(Ok(first)) = lines.next() else {
                return;
            };
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut asked = Asked {
                path,
                ..Asked::default()
            };
            for line in lines.by_ref() {
                let Ok(line) = line else { return };
                let Some((name, value)) = line.split_once(':') else {
                    break;
                };
                let value = Some(value.trim().to_owned());
                match name.to_lowercase().as_str() {
                    "range" => asked.range = value,
                    "authorization" => asked.authorization = value,
                    "cookie" => asked.cookie = value,
                    _ => {}
                }
            }
            self.state().asked.push(asked.clone());
            if self.answer(stream, &asked).is_none() {
                return;
            }
        }
    }

    /// Answers; `None`: the connection ends.
    fn answer(&self, stream: &TcpStream, asked: &Asked) -> Option<()> {
        if self.state().behaviour.web_page {
            return reply(stream, 200, &[], b"<html>Sign in</html>");
        }
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["api", "models", owner, name, "revision" | "tree", ..]
            | ["api", "v1", "models", owner, name, ..]
                if !(path.ends_with("/repo") || self.refused(stream, false)?) =>
            {
                self.list(stream, asked, &format!("{owner}/{name}"), &parts, query)
            }
            ["api", "v1", "models", owner, name, "repo"] => {
                let file = query
                    .split('&')
                    .find_map(|pair| pair.strip_prefix("FilePath="));
                let file = file?.replace("%2F", "/");
                self.file(stream, asked, &format!("{owner}/{name}"), &file, false)
            }
            [owner, name, "resolve", _, file @ ..] => self.file(
                stream,
                asked,
                &format!("{owner}/{name}"),
                &file.join("/"),
                true,
            ),
            ["data", owner, name, file @ ..] => self.file(
                stream,
                asked,
                &format!("{owner}/{name}"),
                &file.join("/"),
                false,
            ),
            ["api", ..] => Some(()),
            _ => reply(stream, 404, &[], b"no such page"),
        }
    }

    /// Refuses if it is to; the inner value says whether it did.
    fn refused(&self, stream: &TcpStream, files: bool) -> Option<bool> {
        let mut state = self.state();
        let refusal = match files {
            true => &mut state.behaviour.refuse_files,
            false => &mut state.behaviour.refuse_lists,
        };
        let Some((status, after, left)) = refusal.as_mut().filter(|(_, _, left)| *left > 0) else {
            return Some(false);
        };
        *left -= 1;
        let (status, after) = (*status, *after);
        let at = state.behaviour.retry_at.clone();
        let after = after.map(|seconds| seconds.to_string()).or(at);
        let after = after.map(|after| format!("Retry-After: {after}"));
        let after = after.as_deref().map_or(vec![], |text| vec![text]);
        drop(state);
        reply(stream, status, &after, b"not now").map(|()| true)
    }

    /// A repository, unless it is private and the request without the token.
    fn seen(state: &State, id: &str, asked: &Asked) -> Option<Repository> {
        let token = state.behaviour.token.as_ref();
        let wanted = token.map(|token| format!("Bearer {token}"));
        let may_see = wanted.is_some() && asked.authorization == wanted;
        let repository = state.repositories.get(id).cloned();
        repository.filter(|repository| !repository.private || may_see)
    }

    fn list(
        &self,
        stream: &TcpStream,
        asked: &Asked,
        id: &str,
        parts: &[&str],
        query: &str,
    ) -> Option<()> {
        let state = self.state();
        let Some(repository) = Self::seen(&state, id, asked) else {
            drop(state);
            let status = if parts[1] == "v1" { 404 } else { 401 };
            let body = json!({"Code": 10_010_205_001_u64, "error": "no such"}).to_string();
            return reply(
                stream,
                status,
                &["X-Error-Code: RepoNotFound"],
                body.as_bytes(),
            );
        };
        let behaviour = state.behaviour.clone();
        let (page, redirect) = (behaviour.page, behaviour.redirect.clone());
        drop(state);
        if let Some(new) = &repository.renamed_to {
            let to = format!("Location: /{}", parts.join("/").replace(id, new));
            return reply(stream, 307, &[&to], b"");
        }
        if let Redirect::Moved(to) = redirect {
            let to = format!("Location: {to}/{}?{query}", parts.join("/"));
            return reply(stream, 308, &[&to], b"");
        }
        let body = match (parts[1], parts.last().copied()) {
            ("v1", Some("files")) => of_modelscope(&repository, &behaviour),
            ("v1", _) => json!({"Code": 200, "Data": {"License": repository.licence}}),
            _ if parts[4] == "revision" => {
                let is_one = ["main", &repository.commit].contains(&parts[5]);
                if !is_one {
                    return reply(stream, 404, &["X-Error-Code: RevisionNotFound"], b"{}");
                }
                let id = repository.called.as_deref().unwrap_or(id);
                json!({"id": id, "sha": repository.commit, "cardData": {"license": repository.licence}})
            }
            _ => {
                let all = of_hugging_face(&repository, &behaviour);
                return pages(stream, &all, page, query, &parts.join("/"));
            }
        };
        reply(stream, 200, &[], body.to_string().as_bytes())
    }

    fn file(
        &self,
        stream: &TcpStream,
        asked: &Asked,
        id: &str,
        path: &str,
        is_hub: bool,
    ) -> Option<()> {
        let state = self.state();
        let repository = Self::seen(&state, id, asked);
        let behaviour = state.behaviour.clone();
        drop(state);
        if self.refused(stream, true)? {
            return Some(());
        }
        let Some(repository) = repository else {
            return reply(stream, 404, &["X-Error-Code: RepoNotFound"], b"");
        };
        if let Some(new) = &repository.renamed_to {
            let to = format!("Location: {}", asked.path.replace(id, new));
            return reply(stream, 307, &[&to], b"");
        }
        let token = behaviour.token.map(|token| format!("Bearer {token}"));
        if repository.gated && (token.is_none() || asked.authorization != token) {
            let status = if asked.authorization.is_some() {
                403
            } else {
                401
            };
            return reply(stream, status, &["X-Error-Code: GatedRepo"], b"");
        }
        let Some(content) = repository.files.get(path) else {
            return reply(stream, 404, &["X-Error-Code: EntryNotFound"], b"");
        };
        let is_large = content.len() >= LARGE;
        match behaviour.redirect {
            Redirect::Absolute(to) if is_hub && is_large => {
                let to = format!("Location: {to}/data/{id}/{path}?signature=x");
                let etag = format!("X-Linked-Etag: \"{}\"", sha256(content));
                reply(stream, 302, &[&to, &etag], b"")
            }
            Redirect::Relative if is_hub => {
                let to = format!("Location: /data/{id}/{path}");
                reply(stream, 302, &[&to], b"")
            }
            Redirect::Moved(to) if is_hub => reply(
                stream,
                308,
                &[&format!("Location: {to}{}", asked.path)],
                b"",
            ),
            Redirect::Circle if is_hub => {
                reply(stream, 302, &[&format!("Location: {}", asked.path)], b"")
            }
            _ if behaviour.pointers && is_large => reply(stream, 200, &[], &pointer(content)),
            _ => self.send(stream, asked, content),
        }
    }

    /// Sends a file, or the part of it that is asked for, in the way that it is to.
    fn send(&self, mut stream: &TcpStream, asked: &Asked, content: &[u8]) -> Option<()> {
        let mut state = self.state();
        let behaviour = state.behaviour.clone();
        let range = asked.range.as_deref().filter(|_| !behaviour.no_ranges);
        let range = range.map(|range| match behaviour.refuses_parts {
            true => None,
            false => span(range, content.len()),
        });
        let (head, from, to) = match range {
            Some(None) => {
                drop(state);
                let all = format!("Content-Range: bytes */{}", content.len());
                return reply(stream, 416, &[&all], b"");
            }
            Some(Some((from, to))) => {
                let range = format!(
                    "Content-Range: bytes {from}-{}/{}\r\n",
                    to - 1,
                    content.len()
                );
                (format!("HTTP/1.1 206 Partial\r\n{range}"), from, to)
            }
            None => ("HTTP/1.1 200 OK\r\n".to_owned(), 0, content.len()),
        };
        let mut body = content[from..to].to_vec();
        let is_large = content.len() >= LARGE;
        if is_large && state.behaviour.flips > 0 {
            state.behaviour.flips -= 1;
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        let cut = behaviour
            .cut_after
            .filter(|_| is_large && state.behaviour.cuts > 0);
        let cut = cut.filter(|cut| *cut < body.len());
        if cut.is_some() {
            state.behaviour.cuts -= 1;
        }
        drop(state);
        let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).ok()?;
        let hang = behaviour.hang_after.filter(|_| is_large);
        let end = cut.or(hang).unwrap_or(body.len()).min(body.len());
        for piece in body[..end].chunks(16 << 10) {
            stream.write_all(piece).ok()?;
            if let Some(pause) = behaviour.slow.filter(|_| is_large) {
                thread::sleep(pause);
            }
        }
        if hang.is_some() && end < body.len() {
            thread::sleep(Duration::from_secs(60));
        }
        (end == body.len()).then_some(())
    }
}

/// `bytes=FROM-TO`; `None`: the file does not reach there.
fn span(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let from: usize = from.parse().ok()?;
    let to = to.parse().map_or(length, |to: usize| to + 1).min(length);
    (from < to).then_some((from, to))
}

fn reply(mut stream: &TcpStream, status: u16, headers: &[&str], body: &[u8]) -> Option<()> {
    let mut head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Length: {}\r\n",
        body.len()
    );
    for header in headers {
        let _ = write!(head, "{header}\r\n");
    }
    head += "\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()
}
