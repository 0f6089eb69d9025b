//! The listener: connections and their bounds, the model that loads meanwhile, and the shutdown.
//!
//! axum's own accept loop has neither a time-out for heads nor a ceiling of connections, so this is
//! hyper's, one task a connection.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use yuyi_models::{Embedder, ModelFacts};

use crate::patience::PatientStream;
use crate::{App, router};

/// Pause after a failure to accept, which mostly means that the process is out of file
/// descriptors and that some must be closed first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where and how connections are accepted.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// Host name or address.
    pub host: String,
    /// Port; 0: a free one.
    pub port: u16,
    /// How long the head of a request may take.
    pub header_timeout: Duration,
    /// How long a connection may stay open between requests.
    pub idle_timeout: Duration,
    /// Most connections at a time; further ones wait to be accepted.
    pub connections: usize,
    /// How long accepted requests may take to finish when the server is told to stop.
    pub drain_timeout: Duration,
}

/// A server that answers.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The address with the actual port.
    pub address: SocketAddr,
    /// The loaded model.
    pub model: ModelFacts,
    /// How long it took to load.
    pub load_time: Duration,
}

/// Loads the served model; runs on a thread where it may block.
pub type LoadModel =
    Box<dyn FnOnce() -> Result<Arc<dyn Embedder>, Box<dyn StdError + Send + Sync>> + Send>;

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
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// Listens, loads the model, calls `on_ready`, and serves until SIGTERM or SIGINT, whereupon it finishes
/// what it has accepted.
///
/// # Errors
/// When the address cannot be listened on or the model does not load.
pub async fn serve(
    app: App,
    options: ListenOptions,
    load: LoadModel,
    on_ready: impl FnOnce(&Ready),
) -> Result<(), ServeError> {
    let listener = bind(&options).await?;
    app.caches().start();
    let mut signals = Signals::new().map_err(ServeError::Signals)?;
    let acceptor = Acceptor::new(listener, router(app.clone()), &options);
    let graceful = GracefulShutdown::new();
    {
        let mut accept = pin!(acceptor.run(|| Some(graceful.watcher())));
        let mut loading = pin!(load_model(&app, load));
        let mut loaded = None;
        tokio::select! {
            result = &mut loading => loaded = Some(result?),
            () = &mut accept => {}
            () = signals.next() => {}
        }
        if let Some((model, load_time)) = loaded {
            let address = acceptor.address;
            on_ready(&Ready {
                address,
                model,
                load_time,
            });
            tokio::select! {
                () = accept => {}
                () = signals.next() => {}
            }
        }
    }
    drain(
        &app,
        &acceptor,
        graceful,
        &mut signals,
        options.drain_timeout,
    )
    .await;
    Ok(())
}

/// Finishes what was accepted. New connections are answered meanwhile, so that probes see the reason.
async fn drain(
    app: &App,
    acceptor: &Acceptor,
    graceful: GracefulShutdown,
    signals: &mut Signals,
    patience: Duration,
) {
    app.lifecycle().drain();
    tracing::info!("shutting down; accepted requests are finished first");
    tokio::select! {
        done = timeout(patience, graceful.shutdown()) => {
            if done.is_err() {
                tracing::warn!("some requests did not finish in time");
            }
        }
        () = acceptor.run(|| None) => {}
        () = signals.next() => tracing::warn!("stopped by a second signal"),
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

async fn load_model(app: &App, load: LoadModel) -> Result<(ModelFacts, Duration), ServeError> {
    let started = Instant::now();
    let failed = |source| ServeError::Load {
        model: app.model_slot().name().to_owned(),
        source,
    };
    let model = spawn_blocking(load)
        .await
        .map_err(|panic| failed(panic.into()))?
        .map_err(failed)?;
    let facts = model.facts().clone();
    app.model_loaded(model);
    Ok((facts, started.elapsed()))
}

/// Accepts connections and serves each in a task of its own.
struct Acceptor {
    listener: TcpListener,
    address: SocketAddr,
    service: Router,
    http: http1::Builder,
    header_timeout: Duration,
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
            places: Arc::new(Semaphore::new(options.connections)),
        }
    }

    /// Accepts for ever; connections with a watcher end when the watcher says so.
    async fn run(&self, watcher: impl Fn() -> Option<Watcher>) {
        loop {
            // The semaphore is never closed.
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else {
                return;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let connection = self.connection(stream, watcher());
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
        watcher: Option<Watcher>,
    ) -> impl Future<Output = ()> + Send + use<> {
        // Small replies go out at once; without it they only go out later.
        let _ = stream.set_nodelay(true);
        let stream = PatientStream::new(stream, self.header_timeout);
        let (phase, router) = (
            stream.phase(),
            TowerToHyperService::new(self.service.clone()),
        );
        let service = service_fn(move |request| {
            phase.busy();
            let (phase, answer) = (phase.clone(), router.call(request));
            async move {
                let answer = answer.await;
                phase.idle();
                answer
            }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        async move {
            let ended = match watcher {
                Some(watcher) => watcher.watch(connection).await,
                None => connection.await,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}

/// The signals that end the server.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        // Where Ctrl-C cannot be waited for, the process ends by other means.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
