//! The accept loop: HTTP/1.1 with a limit on everything a client can drag out.
//!
//! A connection is cut when its head takes too long, when it idles, when it takes no answer, or when a request is
//! not answered in time. When all places are taken, the connection that has idled longest is closed to make room,
//! so that idle clients never keep a webhook out. On shutdown, requests in flight are finished, within limits.

mod body;
mod connection;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub use body::{BodyReadError, read_body};
use connection::Connections;

/// How long a client may take, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once. Default 1024.
    pub connections: u32,
    /// From the first byte of a request (or from the connection's start) to the end of its head. Default 10 s.
    pub head: Duration,
    /// Between requests on one connection. Default 75 s: longer than the 60 s of AWS load balancers, which else
    /// send a request into a connection that we are closing, and answer 502.
    pub idle: Duration,
    /// From the end of the head to the answer, the body's arrival included. Default 60 s.
    pub request: Duration,
    /// How long a client may take no byte of an answer. Default 30 s.
    pub write: Duration,
    /// What requests in flight are given on shutdown. Default 8 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self { connections: 1024, head: s(10), idle: s(75), request: s(60), write: s(30), drain: s(8) }
    }
}

/// Serves `app` on `listener` until `shutdown`, then finishes the requests in flight and returns.
///
/// Handlers can take `ConnectInfo<SocketAddr>`. What the kernel had accepted when `shutdown` came is still served.
pub async fn serve(listener: TcpListener, app: Router, limits: Limits, shutdown: CancellationToken) {
    let server = Server {
        app,
        limits,
        places: Arc::new(Semaphore::new(limits.connections as usize)),
        connections: Arc::new(Connections::default()),
        shutdown: shutdown.clone(),
        cut: CancellationToken::new(),
    };
    loop {
        let Some(place) = server.place().await else { break };
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {
                drop(place);
                break;
            }
            accepted = listener.accept() => server.take(accepted, place).await,
        }
    }
    server.take_backlog(&listener).await;
    drop(listener);
    server.drain().await;
}

struct Server {
    app: Router,
    limits: Limits,
    /// One permit a connection, held by its task.
    places: Arc<Semaphore>,
    connections: Arc<Connections>,
    shutdown: CancellationToken,
    /// Ends what is still open when the drain time is over.
    cut: CancellationToken,
}

impl Server {
    /// Waits for room for one more connection, making it by closing an idle one; `None` on shutdown.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        if self.places.available_permits() == 0 {
            self.connections.close_longest_idle();
        }
        tokio::select! {
            biased;
            () = self.shutdown.cancelled() => None,
            place = self.wait_for_place() => place,
        }
    }

    async fn wait_for_place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            let waiting =
                tokio::time::timeout(Duration::from_millis(100), self.places.clone().acquire_owned());
            if let Ok(place) = waiting.await {
                return place.ok();
            }
            // Every connection was at work a moment ago; one may idle by now.
            self.connections.close_longest_idle();
        }
    }

    async fn take(&self, accepted: io::Result<(TcpStream, SocketAddr)>, place: OwnedSemaphorePermit) {
        match accepted {
            Ok((stream, peer)) => self.spawn(stream, peer, place),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors or memory: what is open must end first.
                tracing::error!(%error, "cannot accept connections; trying again in a moment");
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        }
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        let serving = connection::serve(
            stream,
            peer,
            self.app.clone(),
            self.limits,
            self.connections.clone(),
            (self.shutdown.clone(), self.cut.clone()),
        );
        tokio::spawn(async move {
            serving.await;
            drop(place);
        });
    }

    /// Takes what clients had already connected when shutdown came: they were not told to go elsewhere.
    async fn take_backlog(&self, listener: &TcpListener) {
        while let Ok(place) = self.places.clone().try_acquire_owned() {
            match tokio::time::timeout(Duration::from_millis(5), listener.accept()).await {
                Ok(Ok((stream, peer))) => self.spawn(stream, peer, place),
                _ => return,
            }
        }
    }

    /// Waits until every connection has ended, and cuts what is left when the time is over.
    async fn drain(&self) {
        let all = self.limits.connections;
        if tokio::time::timeout(self.limits.drain, self.places.acquire_many(all)).await.is_err() {
            let left = all as usize - self.places.available_permits();
            tracing::warn!(
                connections = left,
                "requests were still in flight at the end of the drain time; cut"
            );
            self.cut.cancel();
        }
    }
}

/// Errors of `accept` that concern the one connection that was to be accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
