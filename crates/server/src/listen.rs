//! The life of a server: it listens, its models load meanwhile, and it is told to stop.

mod acceptor;
mod connections;
mod line_ends;
mod patience;
mod signals;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::time::timeout;
use yuyi::ModelFacts;
use yuyi_serving::{Background, LoadError};

use self::acceptor::Acceptor;
use self::connections::Connections;
use crate::listen::signals::{Signals, reload_keys};
use crate::{App, Keys, Perimeter, router};

/// How long connections are accepted when everything else is finished.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// How long what runs beside the requests may take to end, such as writing to Redis what was computed last.
const WIND_UP: Duration = Duration::from_secs(1);

/// Where and how connections are accepted.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// Host name or address.
    pub host: String,
    /// Port; 0: a free one.
    pub port: u16,
    /// How long the head of a request may take.
    pub header_timeout: Duration,
    /// How long a client may take for a mebibyte of its answer, or the rest of it.
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
    /// The collections cannot be used.
    #[error("The collections cannot be used")]
    Collections(#[source] yuyi_store::Error),
}

/// Listens, loads the models, calls `on_ready`, and serves until SIGTERM or SIGINT, whereupon it finishes
/// what it has accepted. SIGHUP has the key file read again.
///
/// # Errors
/// When the address cannot be listened on, a model does not load, or the collections cannot be used.
pub async fn serve(
    app: App,
    options: ListenOptions,
    on_ready: impl FnOnce(&Ready),
) -> Result<(), ServeError> {
    let listener = bind(&options).await?;
    app.service().connect();
    let perimeter = options.perimeter.listening_on(&options.host);
    let mut signals = Signals::new().map_err(ServeError::Signals)?;
    let acceptor = Acceptor::new(listener, router(app.clone(), &perimeter), &options);
    warn_if_open(acceptor.address(), &options.perimeter.keys);
    let (background, keys) = (app.service().background(), &options.perimeter.keys);
    background.spawn("reading keys again", |stop| {
        reload_keys(Arc::clone(keys), stop)
    });
    let connections = Connections::new();
    accept(&app, &acceptor, &connections, &mut signals, on_ready).await?;
    // Before the drain, so that whoever is refused for it is also told that the connection closes.
    connections.close();
    app.lifecycle().drain();
    tracing::info!("shutting down; accepted requests are finished first");
    tokio::select! {
        () = finish(acceptor, connections, options.drain_timeout) => {
            wind_up(background).await;
            app.close_collections().await;
        }
        () = signals.next() => tracing::warn!("stopped by a second signal"),
    }
    Ok(())
}

/// Accepts connections until a signal comes, loads the models and opens the collections meanwhile, and calls `on_ready` when that is done.
///
/// # Errors
/// When a model does not load, or the collections cannot be used.
async fn accept(
    app: &App,
    acceptor: &Acceptor,
    connections: &Connections,
    signals: &mut Signals,
    on_ready: impl FnOnce(&Ready),
) -> Result<(), ServeError> {
    let mut accept = pin!(acceptor.run(connections));
    let load_time = tokio::select! {
        loaded = load(app) => loaded?,
        () = &mut accept => return Ok(()),
        () = signals.next() => return Ok(()),
    };
    on_ready(&ready(app, acceptor.address(), load_time));
    tokio::select! {
        () = accept => {}
        () = signals.next() => {}
    }
    Ok(())
}

/// Finishes what was accepted, as far as there is time for it.
async fn finish(acceptor: Acceptor, connections: Connections, within: Duration) {
    if timeout(within, drain(acceptor, connections)).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// Ends what runs beside the requests.
async fn wind_up(background: &Background) {
    for task in background.stop(WIND_UP).await {
        tracing::warn!(task, "a task did not end in time");
    }
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

/// Loads the models and opens the collections; how long that took.
async fn load(app: &App) -> Result<Duration, ServeError> {
    let started = Instant::now();
    let models = async {
        let loaded = app.service().load().await;
        loaded.map_err(|(model, source)| ServeError::Load { model, source })
    };
    let collections = async {
        let opened = app.start_collections().await;
        opened.map_err(ServeError::Collections)
    };
    tokio::try_join!(models, collections)?;
    Ok(started.elapsed())
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
