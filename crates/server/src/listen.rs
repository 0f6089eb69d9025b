//! The listener: connections and their bounds, the model that loads meanwhile, and the shutdown.
//!
//! axum's own accept loop has neither a time-out for heads nor a ceiling of connections, so this is
//! hyper's, one task a connection.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use yuyi_models::ModelFacts;

use crate::caller::Peer;
use crate::patience::{PatientStream, Phase};
use crate::registry::LoadError;
use crate::signals::{Signals, reload_keys};
use crate::{App, Keys, Perimeter, router};

/// Pause after a failure to accept, which mostly means that the process is out of file
/// descriptors and that some must be closed first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long connections are accepted when everything else is finished.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// Where and how connections are accepted.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// Host name or address.
    pub host: String,
    /// Port; 0: a free one.
    pub port: u16,
    /// How long the head of a request may take.
    pub header_timeout: Duration,
    /// How long a client may take nothing of its answer.
    pub send_timeout: Duration,
    /// How long a connection may stay open between requests.
    pub idle_timeout: Duration,
    /// Most connections at a time; further ones wait to be accepted.
    pub connections: usize,
    /// How long accepted requests may take to finish when the server is told to stop.
    pub drain_timeout: Duration,
    /// Who may call.
    pub perimeter: Perimeter,
}

/// A server that answers.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The address with the actual port.
    pub address: SocketAddr,
    /// The default model's name.
    pub model: String,
    /// What it is, if it is loaded.
    pub facts: Option<ModelFacts>,
    /// How long loading took.
    pub load_time: Duration,
}

/// Why a server ends other than by being told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("Cannot listen on {address}")]
    Listen {
        /// Host and port.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The signals that end the server cannot be waited for.
    #[error("Cannot wait for signals")]
    Signals(#[source] io::Error),
    /// The model cannot be loaded.
    #[error("The model {model} cannot be loaded")]
    Load {
        /// Its name.
        model: String,
        /// Why.
        source: LoadError,
    },
}

/// Listens, loads the models, calls `on_ready`, and serves until SIGTERM or SIGINT, whereupon it finishes
/// what it has accepted. SIGHUP has the key file read again.
///
/// # Errors
/// When the address cannot be listened on or a model does not load.
pub async fn serve(
    app: App,
    options: ListenOptions,
    on_ready: impl FnOnce(&Ready),
) -> Result<(), ServeError> {
    let listener = bind(&options).await?;
    app.caches().start();
    let mut signals = Signals::new().map_err(ServeError::Signals)?;
    let acceptor = Acceptor::new(listener, router(app.clone(), &options.perimeter), &options);
    warn_if_open(acceptor.address, &options.perimeter.keys);
    // Ends with this function.
    let mut background = JoinSet::new();
    background.spawn(reload_keys(Arc::clone(&options.perimeter.keys)));
    let connections = Connections::new();
    {
        let mut accept = pin!(acceptor.run(&connections));
        let mut loading = pin!(load_models(&app));
        let mut loaded = None;
        tokio::select! {
            result = &mut loading => loaded = Some(result?),
            () = &mut accept => {}
            () = signals.next() => {}
        }
        if let Some(load_time) = loaded {
            on_ready(&ready(&app, acceptor.address, load_time));
            tokio::select! {
                () = accept => {}
                () = signals.next() => {}
            }
        }
    }
    // Before the drain, so that whoever is refused for it is also told that the connection closes.
    connections.close();
    app.lifecycle().drain();
    tracing::info!("shutting down; accepted requests are finished first");
    tokio::select! {
        done = timeout(options.drain_timeout, drain(acceptor, connections)) => {
            if done.is_err() {
                tracing::warn!("some requests did not finish in time");
            }
        }
        () = signals.next() => tracing::warn!("stopped by a second signal"),
    }
    Ok(())
}

/// Finishes what was accepted. New connections are answered meanwhile, so that probes see the reason.
async fn drain(acceptor: Acceptor, connections: Connections) {
    let late = Connections::new();
    late.close();
    tokio::select! {
        () = connections.ended() => {}
        () = acceptor.run(&late) => {}
    }
    // Who has connected by now would be reset when the listener goes.
    let _ = timeout(LAST_LOOK, acceptor.run(&late)).await;
    drop(acceptor);
    late.ended().await;
}

/// A server that can be reached from outside should know who calls.
fn warn_if_open(address: SocketAddr, keys: &Keys) {
    if !address.ip().is_loopback() && !keys.guard_users() {
        tracing::warn!(
            %address,
            "the server is published without a key: whoever reaches it may use it. Set --api-key-file, or listen on 127.0.0.1"
        );
    }
}

async fn bind(options: &ListenOptions) -> Result<TcpListener, ServeError> {
    let address = (options.host.as_str(), options.port);
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen {
            address: format!("{}:{}", options.host, options.port),
            source,
        })
}

async fn load_models(app: &App) -> Result<Duration, ServeError> {
    let started = Instant::now();
    let loaded = app.registry().start().await;
    let failed = |(model, source)| ServeError::Load { model, source };
    loaded.map_err(failed).map(|()| started.elapsed())
}

fn ready(app: &App, address: SocketAddr, load_time: Duration) -> Ready {
    let default = app.registry().statuses().into_iter().next();
    Ready {
        address,
        model: app.registry().default_name().to_owned(),
        facts: default.and_then(|status| status.facts),
        load_time,
    }
}

/// The connections that are open, and the word that they shall close.
struct Connections(watch::Sender<bool>);

impl Connections {
    fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// For the task of a connection; it counts as open until this is dropped.
    fn open(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }

    /// Each ends with the answer that it is at, if it is at one.
    fn close(&self) {
        self.0.send_replace(true);
    }

    /// Waits until none is open.
    async fn ended(&self) {
        self.0.closed().await;
    }
}

/// Accepts connections and serves each in a task of its own.
struct Acceptor {
    listener: TcpListener,
    address: SocketAddr,
    service: Router,
    http: http1::Builder,
    header_timeout: Duration,
    send_timeout: Duration,
    places: Arc<Semaphore>,
}

impl Acceptor {
    fn new(listener: TcpListener, service: Router, options: &ListenOptions) -> Self {
        let unknown = SocketAddr::from(([0, 0, 0, 0], options.port));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(options.idle_timeout);
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

    /// Accepts for ever.
    async fn run(&self, connections: &Connections) {
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
        let (phase, closing, answer) = (phase.clone(), closing.clone(), router.call(request));
        async move {
            let mut answer = answer.await?;
            if *closing.borrow() {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(header::CONNECTION, close);
            }
            phase.idle();
            Ok(answer)
        }
    })
}
