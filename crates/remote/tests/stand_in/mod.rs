//! A provider on this machine, which does what a script says, or what the documentation of Qianfan and DashScope says.
//!
//! Its vectors depend on the text alone.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each program of tests uses a part, and a helper that panics has failed its test"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Length of its vectors.
pub const DIMENSION: usize = 4;

/// The key that it takes, where it asks for one.
pub const KEY: &str = "bce-v3/ALTAK-stand-in/0123456789";

/// A call that it was sent.
#[derive(Clone, Debug)]
pub struct Call {
    pub texts: Vec<String>,
    pub body: Value,
    pub authorization: Option<String>,
    pub at: Instant,
}

/// What it answers.
pub enum Reply {
    /// Vectors of the texts.
    Vectors,
    /// This body with a status, and a header `Retry-After` perhaps.
    Status(u16, Option<&'static str>, String),
    /// A redirect to this address.
    Redirect(String),
    /// Vectors, after a while.
    Late(Duration),
    /// The beginning of vectors, and then the connection ends.
    Cut,
    /// This, with the status of success.
    Body(String),
}

type Script = dyn Fn(usize, &Call) -> Reply + Send + Sync;

/// The provider.
pub struct StandIn {
    /// Host and port.
    pub address: String,
    calls: Arc<Mutex<Vec<Call>>>,
    connections: Arc<AtomicUsize>,
    models: Models,
}

/// What it answers where its models are listed; `None`: 404.
type Models = Arc<Mutex<Option<String>>>;

impl StandIn {
    /// One that answers vectors.
    pub fn new() -> Self {
        Self::of(|_, _| Reply::Vectors)
    }

    /// One that does what `script` says of each call, by its number.
    pub fn of(script: impl Fn(usize, &Call) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stand_in = Self {
            address: listener.local_addr().unwrap().to_string(),
            calls: Arc::default(),
            connections: Arc::default(),
            models: Arc::default(),
        };
        let models = Arc::clone(&stand_in.models);
        let script: Arc<Script> = Arc::new(script);
        let (calls, connections) = (
            Arc::clone(&stand_in.calls),
            Arc::clone(&stand_in.connections),
        );
        thread::spawn(move || {
            for stream in listener.incoming() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (calls, script) = (Arc::clone(&calls), Arc::clone(&script));
                let models = Arc::clone(&models);
                thread::spawn(move || serve(stream.unwrap(), &calls, &models, &*script));
            }
        });
        stand_in
    }

    /// Qianfan as it documents itself: a key, 16 texts a call, 384 tokens and 1,000 characters a text.
    pub fn qianfan() -> Self {
        Self::of(|_, call| qianfan(call))
    }

    /// DashScope in OpenAI's form as it documents itself: a key, 10 texts a call. Its vectors come in another order.
    pub fn dashscope() -> Self {
        Self::of(|_, call| dashscope(call))
    }

    /// The model of a name there, with settings.
    pub fn model(&self, provider: &str, model: &str, settings: &str) -> String {
        let address = &self.address;
        format!("remote:{provider}/{model}?url=http://{address}/v2{settings}")
    }

    /// The same, where nobody knows the provider.
    pub fn unknown(&self, settings: &str) -> String {
        format!("remote:http://{}/v1#m?{settings}", self.address)
    }

    /// Lists its models as another yuyi does.
    pub fn is_yuyi(&self, model: &Value) {
        let list = json!({"object": "list", "data": [model]});
        *self.models.lock().unwrap() = Some(list.to_string());
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Texts of each call, from the shortest list.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<usize> = self.calls().iter().map(|call| call.texts.len()).collect();
        sizes.sort_unstable();
        sizes
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// The vector of a text, before it is scaled.
pub fn vector_of(text: &str) -> [f32; DIMENSION] {
    let hash = |seed: u32| {
        let mix = |h: u32, c: char| h.wrapping_mul(31).wrapping_add(c as u32);
        (text.chars().fold(seed, mix) % 1_000) as f32 / 1_000.0
    };
    [1.0, hash(1), hash(2), hash(3)]
}

/// A body of vectors of the texts, by their places.
pub fn vectors(texts: &[String], places: impl Iterator<Item = usize>) -> String {
    let row = |place: usize| json!({"index": place, "embedding": vector_of(&texts[place])});
    let rows: Vec<Value> = places.map(row).collect();
    let tokens: usize = texts.iter().map(|text| text.chars().count()).sum();
    json!({"object": "list", "data": rows, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
        .to_string()
}

/// A failure in OpenAI's form.
pub fn failure(code: &str, message: &str) -> String {
    json!({"error": {"code": code, "message": message, "type": "invalid_request_error"}, "id": "as-1"})
        .to_string()
}

fn is_known(call: &Call) -> bool {
    call.authorization.as_deref() == Some(&format!("Bearer {KEY}"))
}

fn qianfan(call: &Call) -> Reply {
    let refused = |status, code: &str, message: &str| {
        let message = message.to_owned();
        Reply::Status(status, None, failure(code, &message))
    };
    if !is_known(call) {
        return refused(401, "invalid_iam_token", "IAM Certification failed");
    }
    if call.texts.len() > 16 {
        return refused(
            400,
            "invalid_argument",
            "the length of input should be in [1, 16]",
        );
    }
    for text in &call.texts {
        let characters = text.chars().count();
        // A character of Chinese is a token, and two stand around the text.
        let tokens = text.chars().filter(|c| !c.is_ascii()).count() + 2;
        match (characters, tokens) {
            (0, _) => return refused(400, "invalid_argument", "input is empty"),
            (1_001.., _) => {
                return refused(
                    400,
                    "characters_too_long",
                    "the max input characters is 1000",
                );
            }
            (_, 385..) => return refused(400, "tokens_too_long", "Prompt tokens too long"),
            _ => {}
        }
    }
    Reply::Vectors
}

fn dashscope(call: &Call) -> Reply {
    let message = "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it should not be larger than 10.: input.contents";
    match call.texts.len() {
        _ if !is_known(call) => Reply::Status(
            401,
            None,
            failure("invalid_api_key", "Incorrect API key provided."),
        ),
        11.. => Reply::Status(400, None, failure("InvalidParameter", message)),
        count => Reply::Body(vectors(&call.texts, (0..count).rev())),
    }
}

/// Answers the calls of a connection.
fn serve(stream: TcpStream, calls: &Mutex<Vec<Call>>, models: &Models, script: &Script) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(asked) = read(&mut reader) {
        let Asked::Vectors(call) = asked else {
            let list = models.lock().unwrap().clone();
            let reply = match list {
                Some(list) => Reply::Body(list),
                None => Reply::Status(404, None, failure("not_found", "There is no list.")),
            };
            if !answer(&stream, &[], reply) {
                return;
            }
            continue;
        };
        let number = {
            let mut calls = calls.lock().unwrap();
            calls.push(call.clone());
            calls.len() - 1
        };
        if !answer(&stream, &call.texts, script(number, &call)) {
            return;
        }
    }
}

/// What somebody wants.
enum Asked {
    Vectors(Call),
    Models,
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let (mut length, mut authorization) = (0, None);
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let lists = line.starts_with("GET /v") && line.contains("/models HTTP/1.1");
    let embeds = line.starts_with("POST /v") && line.contains("/embeddings HTTP/1.1");
    assert!(lists || embeds, "{line}");
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    if lists {
        return Some(Asked::Models);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).unwrap();
    let texts = body["input"].as_array().unwrap().iter();
    Some(Asked::Vectors(Call {
        texts: texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect(),
        body,
        authorization,
        at: Instant::now(),
    }))
}

/// Whether the connection goes on.
fn answer(mut stream: &TcpStream, texts: &[String], reply: Reply) -> bool {
    let all = || vectors(texts, 0..texts.len());
    let (status, more, body) = match reply {
        Reply::Vectors => (200, String::new(), all()),
        Reply::Body(body) => (200, String::new(), body),
        Reply::Late(wait) => {
            thread::sleep(wait);
            (200, String::new(), all())
        }
        Reply::Status(status, wait, body) => {
            let wait = wait.map(|wait| format!("retry-after: {wait}\r\n"));
            (status, wait.unwrap_or_default(), body)
        }
        Reply::Redirect(to) => (307, format!("location: {to}\r\n"), String::new()),
        Reply::Cut => {
            let body = all();
            let half = &body[..body.len() / 2];
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + half).as_bytes());
            return false;
        }
    };
    let head = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{more}\r\n",
        body.len()
    );
    // Who asked may have gone.
    stream.write_all((head + &body).as_bytes()).is_ok()
}
