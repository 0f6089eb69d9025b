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
//!
//! A client that has ended its own half of the connection may wait for its answer or may have gone; nothing tells the two apart until
//! something is sent. hyper takes it for gone and drops the request. Here it waits for the answer for a little while, and once the answer is
//! on its way, for as long as it takes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::line_ends::LineEnds;

/// How much of an answer a client must take in the time that it may take nothing: one that takes a byte now and then would hold its answer
/// for days.
const PROGRESS: usize = 1 << 20;

/// How long a connection between requests is still read when the server shuts down.
const PARTING: Duration = Duration::from_millis(300);

/// How long the answer of a client that has ended its half of the connection is worked on.
const HALF_CLOSED: Duration = Duration::from_secs(2);

/// What a connection is doing; shared by its socket, its service and its task.
#[derive(Clone, Default)]
pub(crate) struct Phase(Arc<Shared>);

#[derive(Default)]
struct Shared {
    step: AtomicU8,
    /// It ends with the answer to the request that it is at, if it is at one.
    closing: AtomicBool,
    /// A request has come whose answer is not sent yet.
    owing: AtomicBool,
    /// All of that answer is handed to hyper, which may still have to send some.
    handed_over: AtomicBool,
    /// A line of a head did not end as it should.
    doubtful: AtomicBool,
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
        self.0.owing.store(true, Ordering::Relaxed);
        self.0.handed_over.store(false, Ordering::Relaxed);
    }

    /// The answer is there.
    pub(crate) fn idle(&self) {
        self.0.step.store(IDLE, Ordering::Relaxed);
    }

    /// All of the answer is handed to hyper.
    pub(crate) fn handed_over(&self) {
        self.0.handed_over.store(true, Ordering::Relaxed);
    }

    /// All that was handed to hyper is sent.
    fn sent(&self) {
        if self.0.handed_over.swap(false, Ordering::Relaxed) {
            self.0.owing.store(false, Ordering::Relaxed);
        }
    }

    fn is_owing(&self) -> bool {
        self.0.owing.load(Ordering::Relaxed)
    }

    /// No further request is wanted. The connection's task has to be polled once more to notice.
    pub(crate) fn close(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
    }

    /// Whether a line of this request's head, or of one that came behind it, did not end as it should.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.0.doubtful.load(Ordering::Relaxed)
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
    /// How long the client may take for [`PROGRESS`] of an answer, or the rest of it.
    send_timeout: Duration,
    phase: Phase,
    line_ends: LineEnds,
    /// Runs while a head is read.
    head_clock: Pin<Box<Sleep>>,
    /// Runs while a connection that is to close is between requests.
    parting: Option<Pin<Box<Sleep>>>,
    /// Runs from the moment on in which the client first keeps an answer waiting.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs while a request is worked on whose client has ended its half.
    half_closed: Option<Pin<Box<Sleep>>>,
    /// The client has ended its half, and hyper does not know yet.
    ended: bool,
    /// Bytes that it took since then.
    taken: usize,
}

impl PatientStream {
    /// A socket that waits for its first request.
    pub(crate) fn new(inner: TcpStream, head_timeout: Duration, send_timeout: Duration) -> Self {
        Self {
            inner,
            head_timeout,
            send_timeout,
            phase: Phase::default(),
            line_ends: LineEnds::default(),
            head_clock: Box::pin(sleep(head_timeout)),
            parting: None,
            stalled: None,
            half_closed: None,
            ended: false,
            taken: 0,
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
            self.begin_anew();
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

    /// Ready when hyper is to see that the client has ended its half.
    fn poll_half_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.ended = true;
        if !self.phase.is_owing() {
            return Poll::Ready(());
        }
        // Once there is an answer, whoever has gone is noticed by what is sent.
        if self.phase.step() != BUSY {
            return Poll::Pending;
        }
        let clock = self
            .half_closed
            .get_or_insert_with(|| Box::pin(sleep(HALF_CLOSED)));
        clock.as_mut().poll(context)
    }

    /// Forgets how long the client kept an answer waiting.
    fn begin_anew(&mut self) {
        self.stalled = None;
        self.taken = 0;
    }

    /// Counts the time in which the client takes too little.
    fn note_write(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            self.taken += *written.as_ref().unwrap_or(&0);
            if self.taken >= PROGRESS {
                self.begin_anew();
            }
            return Poll::Ready(written);
        }
        if self.stalled.is_none() {
            self.taken = 0;
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
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.inner).poll_read(context, buffer) {
            let ended = read.is_ok() && buffer.filled().len() == before;
            if ended && buffer.remaining() > 0 {
                return self.poll_half_closed(context).map(Ok);
            }
            self.note_read();
            if self.line_ends.are_doubtful(&buffer.filled()[before..]) {
                self.phase.0.doubtful.store(true, Ordering::Relaxed);
            }
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

    /// hyper asks for it when it has written all that it has.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.phase.sent();
        if self.ended && !self.phase.is_owing() {
            // Else nobody would read again, and the connection would stay until it has been idle for long.
            self.ended = false;
            context.waker().wake_by_ref();
        }
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
