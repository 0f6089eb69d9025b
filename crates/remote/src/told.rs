//! What a provider says of a failure, in few words.

use serde_json::Value;

/// Most characters of what is repeated of a provider's message.
const LONGEST: usize = 200;

/// Names under which bodies have what programs decide by, and what people read.
const CODES: [&str; 4] = ["code", "error_code", "type", "status"];
const MESSAGES: [&str; 5] = ["message", "msg", "error_msg", "detail", "error"];

/// The code and the message in the body of an answer that tells a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Empty: there is none.
    pub(crate) code: String,
    /// Empty: there is none.
    pub(crate) message: String,
    /// It tells a failure, whatever the status.
    pub(crate) refuses: bool,
}

impl Told {
    /// What a body says; nothing where it is no JSON, such as the page of a gateway.
    pub(crate) fn of(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        // `{"error": {"code", "message"}}`, or the same without the error around.
        let inner = body.get("error").filter(|error| error.is_object());
        let told = inner.unwrap_or(&body);
        Self {
            code: first(told, &CODES),
            message: first(told, &MESSAGES),
            refuses: inner.is_some() || refuses(&body),
        }
    }

    /// The status that goes with a failure which came with that of success: its code, where that is one.
    pub(crate) fn status(&self) -> u16 {
        let code = self.code.parse().ok();
        code.filter(|code| (400..600).contains(code)).unwrap_or(400)
    }

    /// Whether the code has one of these words; case does not matter.
    pub(crate) fn is_code_of(&self, words: &[&str]) -> bool {
        has(&self.code, words)
    }

    /// Whether the message has one of these words, and not in what it quotes, which may be a text of the user's.
    pub(crate) fn says(&self, words: &[&str]) -> bool {
        has(&without_quotes(&self.message), words)
    }

    /// In words, behind the status.
    pub(crate) fn in_words(&self, status: u16) -> String {
        let (code, message) = (self.code.trim(), self.message.trim());
        let said = match (code.is_empty(), message.is_empty()) {
            (true, true) => return format!("HTTP {status} without a reason"),
            (false, true) => code.to_owned(),
            (true, false) => message.to_owned(),
            (false, false) => format!("{code}: {message}"),
        };
        format!("HTTP {status}, {}", shortened(&said))
    }
}

/// Whether a body without an object of its own for the error is about one: it names one, or has a code that is not of success, and
/// nothing else.
fn refuses(body: &Value) -> bool {
    let has_data = ["data", "embeddings", "embedding"];
    let has_data = has_data.iter().any(|name| !body[*name].is_null());
    let code = first(body, &["error_code", "code"]).to_lowercase();
    let is_fine = ["", "0", "200", "ok", "success"].contains(&code.as_str());
    let message = first(body, &["error", "error_msg", "detail"]);
    !has_data && (!is_fine || !message.is_empty())
}

fn has(said: &str, words: &[&str]) -> bool {
    let said = said.to_lowercase();
    words.iter().any(|word| said.contains(word))
}

/// A message without what stands in quotation marks; what they do not end goes to the end.
fn without_quotes(message: &str) -> String {
    const MARKS: [(char, char); 7] = [
        ('"', '"'),
        ('\'', '\''),
        ('`', '`'),
        ('“', '”'),
        ('‘', '’'),
        ('「', '」'),
        ('《', '》'),
    ];
    let mut plain = String::new();
    let mut closing = None;
    for c in message.chars() {
        // That of "can't" begins nothing.
        let is_inside = c == '\'' && plain.ends_with(char::is_alphanumeric);
        match closing {
            Some(mark) if c == mark => closing = None,
            Some(_) => {}
            None if is_inside => plain.push(c),
            None => match MARKS.iter().find(|(open, _)| *open == c) {
                Some((_, close)) => closing = Some(*close),
                None => plain.push(c),
            },
        }
    }
    plain
}

/// The first text or number of one of these names.
fn first(told: &Value, names: &[&str]) -> String {
    let found = names.iter().find_map(|name| match told.get(*name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    found.unwrap_or_default()
}

/// A line of a message: its beginning where it is long, without what moves cursors and without its full stop.
pub(crate) fn shortened(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    let line = line.trim_end_matches(['.', '。']);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(body: &str) -> String {
        Told::of(body.as_bytes()).in_words(400)
    }

    #[test]
    fn every_form_of_an_error_is_read() {
        for (body, expected) in [
            // OpenAI, DashScope's compatible mode, Qianfan.
            (
                r#"{"error":{"code":"invalid_iam_token","message":"IAM Certification failed","type":"invalid_request_error"},"id":"as-1"}"#,
                "HTTP 400, invalid_iam_token: IAM Certification failed",
            ),
            // SiliconFlow.
            (
                r#"{"code":20042,"message":"input batch size 83 > maximum allowed batch size 64","data":null}"#,
                "HTTP 400, 20042: input batch size 83 > maximum allowed batch size 64",
            ),
            // Qianfan, when it is asked too often.
            (
                r#"{"code":"rpm_rate_limit_exceeded","msg":"Rate limit reached for RPM"}"#,
                "HTTP 400, rpm_rate_limit_exceeded: Rate limit reached for RPM",
            ),
            // Ollama, FastAPI.
            (r#"{"error":"no such model"}"#, "HTTP 400, no such model"),
            (r#"{"detail":"Not Found"}"#, "HTTP 400, Not Found"),
            ("<html>502</html>", "HTTP 400 without a reason"),
            ("{}", "HTTP 400 without a reason"),
            ("", "HTTP 400 without a reason"),
        ] {
            assert_eq!(words(body), expected);
        }
    }

    #[test]
    fn a_message_is_one_short_line() {
        let long = format!(r#"{{"message":"a\n\u001b[31m  b {}"}}"#, "字".repeat(300));
        let told = words(&long);
        assert!(told.starts_with("HTTP 400, a [31m b 字"), "{told}");
        assert!(told.chars().count() < 220 && told.ends_with('…'));
    }
}
