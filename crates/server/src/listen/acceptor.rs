//! Connections and their bounds.
//!
//! axum's own accept loop has neither a time-out for heads nor a ceiling of connections, so this is
//! hyper's, one task a connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;

use super::ListenOptions;
use super::connections::Connections;
use super::line_ends::LONGEST;
use crate::listen::patience::{PatientStream, Phase};
use crate::perimeter::caller::Peer;
use crate::perimeter::head::BareLineFeed;

/// Pause after a failure to accept, which mostly means that the process is out of file
/// descriptors and that some must be closed first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Accepts connections and serves each in a task of its own.
pub(super) struct Acceptor {
    listener: TcpListener,
    address: SocketAddr,
    service: Router,
    http: http1::Builder,
    header_timeout: Duration,
    send_timeout: Duration,
    places: Arc<Semaphore>,
}

impl Acceptor {
    /// An acceptor of the requests that `service` answers.
    pub(super) fn new(listener: TcpListener, service: Router, options: &ListenOptions) -> Self {
        let unknown = SocketAddr::from(([0, 0, 0, 0], options.port));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(options.idle_timeout)
            .max_buf_size(LONGEST);
        Self {
            address: listener.local_addr().unwrap_or(unknown),
            listener,
            service,
            http,
            header_timeout: options.header_timeout,
            send_timeout: options.send_timeout,
            places: Arc::new(Semaphore::new(options.connections)),
        }
    }

    /// Where it listens, with the actual port.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts for ever.
    pub(super) async fn run(&self, connections: &Connections) {
        loop {
            // The semaphore is never closed.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                return;
            };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let connection = self.connection(stream, peer, connections.open());
                    tokio::spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        mut closing: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + Send + use<> {
        // Small replies go out at once; without it they only go out later.
        let _ = stream.set_nodelay(true);
        let stream = PatientStream::new(stream, self.header_timeout, self.send_timeout);
        let phase = stream.phase();
        let service = service(
            self.service.clone(),
            Peer(peer),
            phase.clone(),
            closing.clone(),
        );
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                // Also when nobody is left to say it.
                () = async { drop(closing.wait_for(|closing| *closing).await) } => {
                    phase.close();
                    connection.await
                }
                ended = &mut connection => ended,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}

/// The router as hyper calls it, for one connection.
fn service(
    router: Router,
    peer: Peer,
    phase: Phase,
    closing: watch::Receiver<bool>,
) -> impl Service<
    Request<Incoming>,
    Response = Response,
    Error = Infallible,
    Future = impl Future<Output = Result<Response, Infallible>> + Send,
> {
    let router = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Incoming>| {
        phase.busy();
        request.extensions_mut().insert(peer);
        if phase.is_doubtful() {
            request.extensions_mut().insert(BareLineFeed);
        }
        let (phase, closing, answer) = (phase.clone(), closing.clone(), router.call(request));
        async move {
            let mut answer = answer.await?;
            if *closing.borrow() {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            phase.idle();
            Ok(answer.map(|body| Body::new(Owed { body, phase })))
        }
    })
}

/// The body of an answer, which is owed until it is dropped.
struct Owed {
    body: Body,
    phase: Phase,
}

impl HttpBody for Owed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.phase.handed_over();
    }
}
