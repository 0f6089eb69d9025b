//! The lines of a body, as they come.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::ApiError;
use crate::memory::Share;
use crate::request::body::{STALLED, linger};

/// Lines that are handled together.
const LINES: usize = 500;

/// Bytes after which lines are handled, however few they are.
const BYTES: usize = 1 << 20;

/// How long a batch that has begun waits for more of the body.
const IMPATIENT: Duration = Duration::from_secs(1);

/// A line of a body.
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// Without its end.
    pub(super) text: Vec<u8>,
}

/// The lines of a body. What is in memory is a batch and what came behind it.
pub(super) struct Lines {
    body: Body,
    /// Bytes of a line at most.
    longest: usize,
    share: Share,
    /// What came last, with what was left before.
    rest: Vec<u8>,
    /// Where the first line of it begins that was not taken.
    start: usize,
    /// Up to here no line ends behind that.
    searched: usize,
    number: u64,
    /// Lines of all batches that were let go.
    written: u64,
    ended: bool,
}

impl Lines {
    pub(super) fn new(body: Body, longest: usize, share: Share) -> Self {
        Self {
            body,
            longest,
            share,
            rest: Vec::new(),
            start: 0,
            searched: 0,
            number: 0,
            written: 0,
            ended: false,
        }
    }

    /// Lines of all batches that were let go.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// The next lines that are not blank; `None`: there are no more.
    ///
    /// # Errors
    /// When a line is too long, nothing comes any more, or there is no memory.
    pub(super) async fn batch(&mut self) -> Result<Option<Vec<Line>>, ApiError> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < LINES && bytes < BYTES {
            let Some(text) = self.line() else {
                if self.ended {
                    break;
                }
                let patience = if batch.is_empty() { STALLED } else { IMPATIENT };
                match timeout(patience, self.read()).await {
                    Ok(read) => read?,
                    // What is there is written while the client makes up its mind.
                    Err(_) if !batch.is_empty() => break,
                    Err(_) => {
                        return Err(ApiError::RequestTimeout {
                            seconds: STALLED.as_secs(),
                        });
                    }
                }
                continue;
            };
            self.number += 1;
            let text = match (self.number, text.strip_prefix(b"\xEF\xBB\xBF")) {
                (1, Some(behind_mark)) => behind_mark.to_vec(),
                _ => text,
            };
            if !text.iter().all(u8::is_ascii_whitespace) {
                bytes += text.len();
                let number = self.number;
                batch.push(Line { number, text });
            }
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Gives back what the batch took.
    pub(super) fn let_go(&mut self) {
        self.written = self.number;
        let left = self.share.bytes().saturating_sub(self.rest.capacity());
        self.share.shrink(left);
    }

    /// Takes what the client still sends, within bounds, so that it comes to read the answer.
    pub(super) async fn linger(&mut self) {
        linger(&mut self.body, self.longest).await;
    }

    /// The next line, if all of it has come.
    fn line(&mut self) -> Option<Vec<u8>> {
        let behind = &self.rest[self.searched..];
        let end = match behind.iter().position(|byte| *byte == b'\n') {
            Some(length) => self.searched + length,
            None if self.ended && self.start < self.rest.len() => self.rest.len(),
            None => {
                self.searched = self.rest.len();
                return None;
            }
        };
        let line = self.rest[self.start..end].to_vec();
        self.start = (end + 1).min(self.rest.len());
        self.searched = self.start;
        Some(line)
    }

    /// Waits for more.
    async fn read(&mut self) -> Result<(), ApiError> {
        match self.body.frame().await {
            None => self.ended = true,
            Some(Err(_)) => {
                return Err(ApiError::InvalidJson {
                    reason: "the connection ended inside the body".to_owned(),
                });
            }
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                // Once as it came and once as what is read of it.
                self.share.grow(2 * data.len())?;
                self.rest.drain(..self.start);
                self.searched -= self.start;
                self.start = 0;
                if self.rest.len() + data.len() > self.longest && !data.contains(&b'\n') {
                    let limit = self.longest;
                    return Err(ApiError::BodyTooLarge { limit });
                }
                self.rest.extend_from_slice(&data);
            }
        }
        Ok(())
    }
}
