//! The port where metrics and health are read.
//!
//! Whoever reaches the port may ask, so that everything is bounded: connections, the head of a request, and the time from
//! its first byte to the last of the answer. Bodies are not read, connections not kept.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::ALLOW;
use hyper::header::CACHE_CONTROL;
use hyper::header::CONTENT_TYPE;
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::door::Door;
use crate::metrics::error::ListenError;
use crate::metrics::health::Health;
use crate::metrics::health::Teller;
use crate::metrics::registry::Metrics;

/// A port that is listened on. Nobody is answered before [`Self::serve`].
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    pages: Pages,
}

/// What is answered from.
#[derive(Debug, Clone)]
struct Pages {
    metrics: Metrics,
    health: watch::Receiver<Health>,
}

/// Listens on `address`; port 0 is any that is free.
///
/// # Errors
///
/// [`ListenError`] if another has the port, or the system refuses.
pub async fn listen(
    address: SocketAddr,
    metrics: Metrics,
    health: watch::Receiver<Health>,
) -> Result<Listening, ListenError> {
    let refused = |err| ListenError { address, err };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    Ok(Listening {
        address: listener.local_addr().map_err(refused)?,
        listener,
        pages: Pages { metrics, health },
    })
}

impl Listening {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is cancelled.
    pub fn serve(self, tasks: &TaskTracker, stop: CancellationToken) {
        let Self {
            listener, pages, ..
        } = self;
        let door = Door::new(listener, CONNECTIONS, tasks, stop.clone());
        tasks.spawn(door.open(move |connection| {
            let (pages, stop) = (pages.clone(), stop.clone());
            async move {
                let answered = timeout(PATIENCE, converse(connection, pages));
                // however it ended, nobody is interested
                drop(stop.run_until_cancelled(answered).await);
            }
        }));
    }
}

/// One request, one answer.
async fn converse(connection: TcpStream, pages: Pages) -> Result<(), hyper::Error> {
    let answer = service_fn(move |request: Request<Incoming>| {
        let response = pages.answer(request.method(), request.uri().path());
        async move { Ok::<_, Infallible>(response) }
    });
    http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(LARGEST_HEAD)
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(connection), answer)
        .await
}

impl Pages {
    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let text = "only GET and HEAD are answered\n".to_owned();
            let mut response = page(StatusCode::METHOD_NOT_ALLOWED, PLAIN, text);
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allowed);
            return response;
        }
        match path {
            "/metrics" => page(StatusCode::OK, EXPOSITION, self.metrics.render()),
            "/healthz" => {
                let (health, teller) = self.told();
                match health.death(teller, Instant::now()) {
                    None => page(StatusCode::OK, PLAIN, "alive\n".to_owned()),
                    Some(death) => page(StatusCode::SERVICE_UNAVAILABLE, PLAIN, death + "\n"),
                }
            }
            "/readyz" => {
                let (health, teller) = self.told();
                let hindrances = health.hindrances(teller, Instant::now());
                if hindrances.is_empty() {
                    return page(StatusCode::OK, PLAIN, "ready\n".to_owned());
                }
                let lines = hindrances.join("\n") + "\n";
                page(StatusCode::SERVICE_UNAVAILABLE, PLAIN, lines)
            }
            _ => page(StatusCode::NOT_FOUND, PLAIN, "no such page\n".to_owned()),
        }
    }

    fn told(&self) -> (Health, Teller) {
        let teller = match self.health.has_changed() {
            Ok(_) => Teller::There,
            Err(_) => Teller::Gone,
        };
        (self.health.borrow().clone(), teller)
    }
}

fn page(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
/// At the same time: a handful of collectors and probes, and room for those that hang.
const CONNECTIONS: usize = 32;
/// Bytes of a request's head.
const LARGEST_HEAD: usize = 16 * 1024;
/// For a whole connection.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
