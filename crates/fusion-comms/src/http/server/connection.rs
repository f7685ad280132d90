//! One connection: what phase it is in, since when, and when that is too long.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::Service;

use super::Limits;

/// On shutdown, a client that has connected and sent nothing yet is given this long.
const SILENT_GRACE: Duration = Duration::from_millis(500);

/// The connections that are open, so that one can be closed to make room.
#[derive(Default)]
pub(super) struct Connections {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Watch>>>,
}

impl Connections {
    fn enter(self: &Arc<Self>, watch: Arc<Watch>) -> Entry {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(id, watch);
        Entry { id, connections: self.clone() }
    }

    /// Closes the connection that has waited longest for its client: one between requests if there is any, else
    /// one whose head is incomplete. None when all are being served.
    pub(super) fn close_longest_idle(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = open.values().filter(|watch| !watch.closed.is_cancelled()).filter_map(|watch| {
            let state = watch.state();
            let in_head = state.phase == Phase::Head;
            (state.phase != Phase::Request).then_some(((in_head, state.since), watch))
        });
        if let Some((_, watch)) = idle.min_by_key(|(rank, _)| *rank) {
            watch.closed.cancel();
        }
    }
}

/// A place in [`Connections`], given up when dropped.
struct Entry {
    id: u64,
    connections: Arc<Connections>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.connections.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Connected, and not a byte yet.
    Silent,
    /// A head has begun.
    Head,
    /// The head is complete and the answer is not.
    Request,
    /// An answer was given and the next request has not begun; the answer's body may still be on its way.
    Idle,
}

#[derive(Clone, Copy)]
struct State {
    phase: Phase,
    /// When the phase began; in `Idle`, when the last byte went either way.
    since: Instant,
    /// Since when the client takes no byte of what we have to say.
    stalled_since: Option<Instant>,
}

/// What is known of a connection, shared between its stream, its service and the one who looks at the clock.
struct Watch {
    state: Mutex<State>,
    closed: CancellationToken,
}

impl Watch {
    fn new() -> Self {
        let state = State { phase: Phase::Silent, since: Instant::now(), stalled_since: None };
        Self { state: Mutex::new(state), closed: CancellationToken::new() }
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn enter(&self, phase: Phase) {
        self.change(|state| (state.phase, state.since) = (phase, Instant::now()));
    }

    fn has_read(&self) {
        self.change(|state| {
            if matches!(state.phase, Phase::Silent | Phase::Idle) {
                (state.phase, state.since) = (Phase::Head, Instant::now());
            }
        });
    }

    fn has_written(&self, took_some: bool) {
        self.change(|state| {
            if !took_some {
                state.stalled_since.get_or_insert_with(Instant::now);
                return;
            }
            state.stalled_since = None;
            if state.phase == Phase::Idle {
                state.since = Instant::now();
            }
        });
    }

    /// Whether the client has had its time. `leaving` when the server is shutting down.
    fn is_overdue(&self, limits: &Limits, leaving: bool) -> bool {
        let state = self.state();
        let limit = match state.phase {
            Phase::Silent if leaving => SILENT_GRACE.min(limits.head),
            Phase::Silent | Phase::Head => limits.head,
            Phase::Request => limits.request,
            Phase::Idle => limits.idle,
        };
        state.since.elapsed() > limit
            || state.stalled_since.is_some_and(|since| since.elapsed() > limits.write)
    }
}

/// Serves one connection to its end, or until it is overdue, closed to make room, or cut.
///
/// `ends` are the token of an orderly shutdown and the one that cuts.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    limits: Limits,
    connections: Arc<Connections>,
    ends: (CancellationToken, CancellationToken),
) {
    let (shutdown, cut) = ends;
    let watch = Arc::new(Watch::new());
    let _entry = connections.enter(watch.clone());
    // Answers are small: waiting to fill a packet would only delay them.
    let _best_effort = stream.set_nodelay(true);
    let stream = WatchedStream { stream, watch: watch.clone() };

    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        watch.enter(Phase::Request);
        let answered = Answered(watch.clone());
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = app.clone().call(request);
        async move {
            let answer = answer.await;
            drop(answered);
            answer
        }
    });
    // No timer of hyper's: its head limit would also cut the idle time between requests.
    let serving = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut serving = pin!(serving);
    let mut look = tokio::time::interval((limits.head / 4).min(Duration::from_secs(1)));
    let mut leaving = false;
    loop {
        tokio::select! {
            _ended = serving.as_mut() => return,
            () = watch.closed.cancelled() => return,
            () = cut.cancelled() => return,
            () = shutdown.cancelled(), if !leaving => {
                leaving = true;
                look = tokio::time::interval((limits.head / 4).min(SILENT_GRACE / 4));
                serving.as_mut().graceful_shutdown();
            }
            _ = look.tick() => if watch.is_overdue(&limits, leaving) { return },
        }
    }
}

/// Ends the request phase when the handler has answered, or was dropped.
struct Answered(Arc<Watch>);

impl Drop for Answered {
    fn drop(&mut self) {
        self.0.enter(Phase::Idle);
    }
}

/// The TCP stream, reporting to its [`Watch`] what moves.
struct WatchedStream {
    stream: TcpStream,
    watch: Arc<Watch>,
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.watch.has_read();
        }
        read
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch.has_written(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch.has_written(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
