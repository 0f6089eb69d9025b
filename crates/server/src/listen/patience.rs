//! How long a connection may keep the server waiting.
//!
//! hyper has one clock for a slow head and for an idle connection. They want different lengths: a head must
//! come quickly, or few clients could hold all connections; a connection kept open between
//! requests should outlive what proxies and clients keep (nginx: 60 s), or they would now and then
//! send into one that is just being closed. So hyper's clock is set to the idle time, and the socket
//! keeps the time of heads: when it runs out, the reader sees the end of the stream.
//!
//! The end of the stream also closes connections when the server shuts down. hyper would close an idle one at
//! once, although a request may already lie unread in the system's buffer, and its client would see
//! a reset instead of an answer. Here a connection that is between requests is read for a little
//! longer, and ends only when nothing came.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// How long a connection between requests is still read when the server shuts down.
const PARTING: Duration = Duration::from_millis(300);

/// What a connection is doing; shared by its socket, its service and its task.
#[derive(Clone, Default)]
pub(crate) struct Phase(Arc<Shared>);

#[derive(Default)]
struct Shared {
    step: AtomicU8,
    /// It ends with the answer to the request that it is at, if it is at one.
    closing: AtomicBool,
}

/// Connected, nothing received yet.
const NEW: u8 = 0;
const HEAD: u8 = 1;
const BUSY: u8 = 2;
const IDLE: u8 = 3;

impl Phase {
    /// A request is being answered; its body has a clock of its own.
    pub(crate) fn busy(&self) {
        self.0.step.store(BUSY, Ordering::Relaxed);
    }

    /// The answer is there.
    pub(crate) fn idle(&self) {
        self.0.step.store(IDLE, Ordering::Relaxed);
    }

    /// No further request is wanted. The connection's task has to be polled once more to notice.
    pub(crate) fn close(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
    }

    fn is_closing(&self) -> bool {
        self.0.closing.load(Ordering::Relaxed)
    }

    fn step(&self) -> u8 {
        self.0.step.load(Ordering::Relaxed)
    }

    fn go(&self, from: u8, to: u8) -> bool {
        let step = &self.0.step;
        step.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }
}

/// A socket that ends when its client keeps the server waiting too long.
pub(crate) struct PatientStream {
    inner: TcpStream,
    /// How long a head may take, from its first byte; of the first one, from when the connection was opened.
    head_timeout: Duration,
    /// How long the client may take nothing of an answer.
    send_timeout: Duration,
    phase: Phase,
    /// Runs while a head is read.
    head_clock: Pin<Box<Sleep>>,
    /// Runs while a connection that is to close is between requests.
    parting: Option<Pin<Box<Sleep>>>,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    /// A socket that waits for its first request.
    pub(crate) fn new(inner: TcpStream, head_timeout: Duration, send_timeout: Duration) -> Self {
        Self {
            inner,
            head_timeout,
            send_timeout,
            phase: Phase::default(),
            head_clock: Box::pin(sleep(head_timeout)),
            parting: None,
            stalled: None,
        }
    }

    /// For the service, which knows when a request begins and ends.
    pub(crate) fn phase(&self) -> Phase {
        self.phase.clone()
    }

    /// The first byte after an answer begins a head; while the service is busy, it is of a body.
    fn note_read(&mut self) {
        // The clock of the first head has run since the connection began.
        if !self.phase.go(NEW, HEAD) && self.phase.go(IDLE, HEAD) {
            let deadline = Instant::now() + self.head_timeout;
            self.head_clock.as_mut().reset(deadline);
        }
        self.parting = None;
    }

    /// Ready when nothing more is waited for, while nothing is there to read.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let step = self.phase.step();
        if self.phase.is_closing() && [NEW, IDLE].contains(&step) {
            let clock = self.parting.get_or_insert_with(|| Box::pin(sleep(PARTING)));
            if clock.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
        }
        match step {
            NEW | HEAD => self.head_clock.as_mut().poll(context),
            _ => Poll::Pending,
        }
    }

    /// Counts the time in which the client takes nothing.
    fn note_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let send_timeout = self.send_timeout;
        let clock = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(send_timeout)));
        let late = || io::Error::new(io::ErrorKind::TimedOut, "the client takes no answer");
        clock.as_mut().poll(context).map(|()| Err(late()))
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = Pin::new(&mut self.inner).poll_read(context, buffer) {
            self.note_read();
            return Poll::Ready(read);
        }
        self.poll_end(context).map(Ok)
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.note_write(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.note_write(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
