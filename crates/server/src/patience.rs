//! How long a connection may take over the head of a request.
//!
//! hyper has one clock for a slow head and for an idle connection. They want different lengths: a head must
//! come quickly, or few clients could hold all connections; a connection kept open between
//! requests should outlive what proxies and clients keep (nginx: 60 s), or they would now and then
//! send into one that is just being closed. So hyper's clock is set to the idle time, and the socket
//! keeps the time of heads: when it runs out, the reader sees the end of the stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// What a connection is doing; shared by its socket and its service.
#[derive(Clone)]
pub(crate) struct Phase(Arc<AtomicU8>);

const HEAD: u8 = 0;
const BUSY: u8 = 1;
const IDLE: u8 = 2;

impl Phase {
    /// A request is being answered; its body has a clock of its own.
    pub(crate) fn busy(&self) {
        self.0.store(BUSY, Ordering::Relaxed);
    }

    /// The answer is there.
    pub(crate) fn idle(&self) {
        self.0.store(IDLE, Ordering::Relaxed);
    }
}

/// A socket that ends when its client keeps the server waiting too long.
pub(crate) struct PatientStream {
    inner: TcpStream,
    /// How long a head may take, from its first byte; the first one, from the connection's begin.
    patience: Duration,
    phase: Phase,
    /// Runs while a head is read.
    clock: Pin<Box<Sleep>>,
}

impl PatientStream {
    /// A socket that waits for its first request.
    pub(crate) fn new(inner: TcpStream, patience: Duration) -> Self {
        let phase = Phase(Arc::new(AtomicU8::new(HEAD)));
        Self {
            inner,
            patience,
            phase,
            clock: Box::pin(sleep(patience)),
        }
    }

    /// For the service, which knows when a request begins and ends.
    pub(crate) fn phase(&self) -> Phase {
        self.phase.clone()
    }

    /// The first byte after an answer begins a head; while the service is busy, it is of a body.
    fn note_read(&mut self) {
        let begins =
            self.phase
                .0
                .compare_exchange(IDLE, HEAD, Ordering::Relaxed, Ordering::Relaxed);
        if begins.is_ok() {
            self.clock.as_mut().reset(Instant::now() + self.patience);
        }
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
        let in_head = self.phase.0.load(Ordering::Relaxed) == HEAD;
        match in_head && self.clock.as_mut().poll(context).is_ready() {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
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
