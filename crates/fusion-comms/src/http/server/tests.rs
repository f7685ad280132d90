//! The accept loop over raw sockets, with limits shortened to tenths of seconds.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::*;

const MS: Duration = Duration::from_millis(1);
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";

fn short() -> Limits {
    Limits {
        connections: 64,
        head: 300 * MS,
        idle: 900 * MS,
        request: 900 * MS,
        write: 500 * MS,
        drain: 1500 * MS,
    }
}

struct Running {
    address: SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(limits: Limits) -> Self {
        let app = Router::new()
            .route(
                "/",
                get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
            )
            .route(
                "/slow",
                get(|| async {
                    sleep(600 * MS).await;
                    "done"
                }),
            )
            .route(
                "/never",
                get(|| async {
                    sleep(Duration::from_secs(3600)).await;
                    "done"
                }),
            )
            .route("/large", get(|| async { vec![0u8; 64 << 20] }))
            .route("/read", post(|body: Body| async move { answer(read_body(body, 16, 300 * MS).await) }))
            .route(
                "/wait",
                post(
                    |body: Body| async move { answer(read_body(body, 16, Duration::from_secs(3600)).await) },
                ),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(serve(listener, app, limits, shutdown.clone()));
        Self { address, shutdown, task }
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(bytes).await.unwrap();
        client
    }

    /// A request that answers 200, and how long that took.
    async fn get(&self) -> Duration {
        let begun = Instant::now();
        let mut client = self.send(GET).await;
        assert!(head(&mut client).await.starts_with("HTTP/1.1 200"));
        begun.elapsed()
    }
}

fn answer(read: Result<bytes::Bytes, BodyReadError>) -> StatusCode {
    match read {
        Ok(_) => StatusCode::OK,
        Err(BodyReadError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Err(BodyReadError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
        Err(BodyReadError::Broken) => StatusCode::BAD_REQUEST,
    }
}

/// What the server sends first.
async fn head(client: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let length = timeout(5000 * MS, client.read(&mut bytes)).await.expect("no answer in 5 s").unwrap_or(0);
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}

/// Everything until the server closes, and how long that took.
async fn until_closed(client: &mut TcpStream) -> (String, Duration) {
    let begun = Instant::now();
    let mut bytes = Vec::new();
    let _closed_or_reset =
        timeout(5000 * MS, client.read_to_end(&mut bytes)).await.expect("not closed in 5 s");
    (String::from_utf8_lossy(&bytes).into_owned(), begun.elapsed())
}

#[tokio::test]
async fn a_client_is_told_apart_by_its_address() {
    let server = Running::start(short()).await;
    let mut client = server.send(GET).await;
    assert!(head(&mut client).await.ends_with("127.0.0.1"));
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut() {
    let server = Running::start(short()).await;
    let mut client = server.send(b"GET / HTTP/1.1\r\nX-Slow: ").await;
    let begun = Instant::now();
    while client.write_all(b"a").await.is_ok() {
        assert!(begun.elapsed() < 3000 * MS, "still open");
        sleep(20 * MS).await;
    }
    assert!(begun.elapsed() >= 250 * MS);
}

#[tokio::test]
async fn a_second_head_on_a_connection_has_the_same_limit() {
    let server = Running::start(short()).await;
    let mut client = server.send(GET).await;
    head(&mut client).await;
    client.write_all(b"GET / HT").await.unwrap();
    let (_, took) = until_closed(&mut client).await;
    assert!((200 * MS..700 * MS).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_client_that_says_nothing_is_cut() {
    let server = Running::start(short()).await;
    let (_, took) = until_closed(&mut server.send(b"").await).await;
    assert!((200 * MS..700 * MS).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_body_that_trickles_in_is_answered_408_and_cut() {
    let server = Running::start(short()).await;
    let mut client = server.send(b"POST /read HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nab").await;
    let (said, took) = until_closed(&mut client).await;
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert!((250 * MS..800 * MS).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_body_that_a_handler_would_wait_for_for_ever_is_cut() {
    let server = Running::start(short()).await;
    let mut client = server.send(b"POST /wait HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nab").await;
    let (said, took) = until_closed(&mut client).await;
    assert_eq!(said, "");
    assert!(took < 1500 * MS, "{took:?}");
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_unread() {
    let server = Running::start(short()).await;
    let mut client = server.send(b"POST /read HTTP/1.1\r\nHost: test\r\nContent-Length: 17\r\n\r\n").await;
    assert!(head(&mut client).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn a_connection_may_idle_longer_than_a_head_may_take() {
    let server = Running::start(short()).await;
    let mut client = server.send(GET).await;
    head(&mut client).await;
    sleep(600 * MS).await;
    client.write_all(GET).await.unwrap();
    assert!(head(&mut client).await.starts_with("HTTP/1.1 200"));
    let (_, took) = until_closed(&mut client).await;
    assert!((700 * MS..1800 * MS).contains(&took), "{took:?}");
}

#[tokio::test]
async fn a_client_that_takes_no_answer_is_cut() {
    let server = Running::start(Limits { idle: Duration::from_secs(60), ..short() }).await;
    let mut client = server.send(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n").await;
    sleep(1500 * MS).await;
    let mut bytes = Vec::new();
    let _reset = timeout(5000 * MS, client.read_to_end(&mut bytes)).await.expect("still open");
    assert!(bytes.len() < 64 << 20);
}

#[tokio::test]
async fn two_hundred_silent_connections_do_not_slow_another() {
    let server = Running::start(Limits { head: Duration::from_secs(10), connections: 1024, ..short() }).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(server.send(b"GET / HT").await);
    }
    let took = server.get().await;
    assert!(took < 100 * MS, "{took:?}");
}

#[tokio::test]
async fn a_full_house_closes_the_longest_idle_to_let_a_request_in() {
    let limits =
        Limits { connections: 4, head: Duration::from_secs(10), idle: Duration::from_secs(60), ..short() };
    let server = Running::start(limits).await;
    let mut idle = server.send(GET).await;
    head(&mut idle).await;
    let mut busy = server.send(b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n").await;
    let _in_head = [server.send(b"GET / HT").await, server.send(b"GET / HT").await];
    sleep(50 * MS).await;
    assert!(server.get().await < 400 * MS);
    assert_eq!(until_closed(&mut idle).await.0, "");
    assert!(server.get().await < 400 * MS, "those with half a head go next");
    assert!(head(&mut busy).await.starts_with("HTTP/1.1 200"), "one at work is left alone");
}

#[tokio::test]
async fn shutdown_finishes_the_request_in_flight_and_takes_no_more() {
    let server = Running::start(short()).await;
    let mut busy = server.send(b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n").await;
    let mut idle = server.send(GET).await;
    head(&mut idle).await;
    sleep(100 * MS).await;
    server.shutdown.cancel();
    assert!(until_closed(&mut idle).await.1 < 300 * MS);
    let (said, _) = until_closed(&mut busy).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("done"), "{said}");
    timeout(500 * MS, server.task).await.expect("returns when all are done").unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn shutdown_does_not_wait_for_ever() {
    let server = Running::start(Limits { request: Duration::from_secs(60), ..short() }).await;
    let _silent = server.send(b"").await;
    let mut busy = server.send(b"GET /never HTTP/1.1\r\nHost: test\r\n\r\n").await;
    sleep(100 * MS).await;
    server.shutdown.cancel();
    timeout(2500 * MS, server.task).await.expect("gives up at the end of the drain time").unwrap();
    assert_eq!(until_closed(&mut busy).await.0, "");
}

#[tokio::test]
async fn shutdown_waits_little_for_a_client_that_said_nothing() {
    let server = Running::start(Limits { head: Duration::from_secs(10), ..short() }).await;
    let _silent = server.send(b"").await;
    sleep(50 * MS).await;
    server.shutdown.cancel();
    timeout(1200 * MS, server.task).await.expect("half a second, not the whole drain time").unwrap();
}
