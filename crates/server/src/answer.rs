//! Answers: small ones are written at once, large ones in turns by a thread that may block, and taken apart as they are sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use yuyi_serving::{Errand, Turns};

use crate::memory::{self, Share};
use crate::work::{Stopped, run};
use crate::{ApiError, App};

/// Bytes of an answer that is written at once, and of a part of a larger one.
const PART: usize = 64 << 10;

/// How long it takes to make and write so many bytes of an answer: numbers are the slowest.
const TIME_OF_A_KIBIBYTE: Duration = Duration::from_micros(10);

/// Most bytes of what stands around a text, a vector or a score: names of fields, numbers, signs.
pub(crate) const AROUND: usize = 256;

/// Most bytes of so many vectors.
pub(crate) fn vectors(count: usize, dimension: usize) -> usize {
    /// Of a number, with its comma: `-0.012345679`, `-1.2345678e-10`.
    const NUMBER: usize = 16;
    count * (AROUND + dimension * NUMBER)
}

/// Most bytes of a text of so many, in JSON: control characters are written as `\u0001`.
pub(crate) fn written(text: &str) -> usize {
    // Those escapes are rare, but a client may send nothing else.
    2 + text.len()
        + 5 * text
            .bytes()
            .filter(|byte| *byte < b' ' || *byte == b'"' || *byte == b'\\')
            .count()
}

impl App {
    /// The JSON of what `build` makes, which is at most about so many bytes. What it takes is held until the client has it.
    ///
    /// # Errors
    /// When there is no memory for it, or no turn.
    pub(crate) async fn answer<T: Serialize>(
        &self,
        bytes: usize,
        build: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Response, ApiError> {
        if bytes <= PART {
            return Ok(Json(build()).into_response());
        }
        let kibibytes = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
        let cost = TIME_OF_A_KIBIBYTE.saturating_mul(kibibytes);
        let mut errand = self.service().errand(cost)?;
        // What the request holds is there until all is written, and numbers take four bytes before they are.
        let mut share = memory::take_over().unwrap_or_else(|| self.memory().share());
        share.grow(bytes / 4)?;
        let unwritten = share.bytes();
        let parts = run(&mut errand, move |turns| {
            let mut parts = Parts::write(&build(), turns, share)?;
            parts.share.shrink(unwritten);
            Ok(parts)
        });
        Ok(with_type(Body::new(parts.await?)))
    }
}

/// An answer that `next` writes part by part, each in turns and when the client has taken the one before. A part that is not [full](is_full) is
/// the last. What the request holds is held until then.
///
/// # Errors
/// That of the first part, or that no turn comes for it in time. What fails later ends the connection.
pub(crate) async fn stream<S: Send + 'static>(
    mut errand: Errand,
    state: S,
    next: fn(&mut S, &mut Turns) -> Result<Vec<u8>, Stopped>,
) -> Result<Response, ApiError> {
    let (first, state) = part_of(&mut errand, state, next).await?;
    if !is_full(&first) {
        return Ok(with_type(first.into()));
    }
    let held = memory::take_over();
    let rest = stream::unfold(Some((errand, state)), move |rest| {
        let _held = &held;
        async move {
            let (mut errand, state) = rest?;
            match part_of(&mut errand, state, next).await {
                Ok((part, state)) => {
                    let rest = is_full(&part).then_some((errand, state));
                    Some((Ok(part.into()), rest))
                }
                // Nobody shall take the beginning for the whole.
                Err(error) => Some((Err(io::Error::other(error)), None)),
            }
        }
    });
    let first = stream::iter([Ok(Bytes::from(first))]);
    // What compresses a body asks again after its end.
    Ok(with_type(Body::from_stream(first.chain(rest).fuse())))
}

async fn part_of<S: Send + 'static>(
    errand: &mut Errand,
    mut state: S,
    next: fn(&mut S, &mut Turns) -> Result<Vec<u8>, Stopped>,
) -> Result<(Vec<u8>, S), ApiError> {
    run(errand, move |turns| {
        let part = next(&mut state, turns)?;
        Ok((part, state))
    })
    .await
}

/// Whether a part of an answer is sent, and what follows goes into another one.
pub(crate) fn is_full(part: &[u8]) -> bool {
    part.len() >= PART
}

fn with_type(body: Body) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// An answer in parts, each let go when it is sent.
struct Parts {
    parts: VecDeque<Bytes>,
    bytes: u64,
    share: Share,
}

impl Parts {
    /// The JSON of `value`.
    fn write(value: &impl Serialize, turns: &mut Turns, share: Share) -> Result<Self, Stopped> {
        let mut writer = Writer {
            turns,
            share,
            parts: VecDeque::new(),
            part: Vec::new(),
            stopped: None,
        };
        let written = serde_json::to_writer(&mut writer, value).map_err(io::Error::from);
        let written = written.and_then(|()| writer.end_part());
        if let Some(stopped) = writer.stopped {
            return Err(stopped);
        }
        // Replies have nothing that JSON cannot write.
        written.map_err(|_| ApiError::Internal)?;
        Ok(Self {
            bytes: writer.parts.iter().map(|part| part.len() as u64).sum(),
            parts: writer.parts,
            share: writer.share,
        })
    }
}

impl hyper::body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = self.parts.pop_front();
        if let Some(part) = &part {
            self.bytes -= part.len() as u64;
            self.share.shrink(part.len());
        }
        Poll::Ready(part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes)
    }
}

/// Takes memory for each part that is written, and lets others have their turn.
struct Writer<'a> {
    turns: &'a mut Turns,
    share: Share,
    parts: VecDeque<Bytes>,
    part: Vec<u8>,
    stopped: Option<Stopped>,
}

impl Writer<'_> {
    fn end_part(&mut self) -> io::Result<()> {
        let part = std::mem::take(&mut self.part);
        let ended = match self.share.grow(part.len()) {
            Ok(()) => self.turns.checkpoint().map_err(Stopped::from),
            Err(error) => Err(error.into()),
        };
        self.parts.push_back(part.into());
        ended.map_err(|stopped| {
            self.stopped = Some(stopped);
            io::ErrorKind::Other.into()
        })
    }
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.part.capacity() == 0 {
            self.part.reserve_exact(PART);
        }
        // A text that is longer than a part is written in several.
        let fitting = bytes.len().min(PART - self.part.len());
        self.part.extend_from_slice(&bytes[..fitting]);
        if self.part.len() == PART {
            self.end_part()?;
        }
        Ok(fitting)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
