//! The Telnyx client against a scripted server: what is sent, and what each answer means.

use crate::gate::HandOver;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use reqwest::header::HeaderValue;
use tokio::net::TcpListener;

use super::*;

/// One answer for every request, and the requests as they came: method and path as sent, headers, body.
#[derive(Clone)]
struct Server {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
    seen: Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>,
    /// The client's end of each request's connection.
    peers: Arc<Mutex<Vec<SocketAddr>>>,
}

async fn answer(
    State(server): State<Server>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> impl IntoResponse {
    server.peers.lock().unwrap().push(peer);
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    server.seen.lock().unwrap().push((format!("{} {}", head.method, head.uri), head.headers, body));
    let mut headers = HeaderMap::new();
    for (name, value) in &server.headers {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    (StatusCode::from_u16(server.status).unwrap(), headers, server.body)
}

async fn serve(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> (Telnyx, Server) {
    let server =
        Server { status, headers: headers.to_vec(), body, seen: Arc::default(), peers: Arc::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v2/", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(server.clone());
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (client(&base), server)
}

fn client(base: &str) -> Telnyx {
    Telnyx::new(Url::parse(base).unwrap(), &SecretString::from("KEY-not-to-be-seen")).unwrap()
}

async fn refused(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> TelnyxError {
    let (telnyx, _) = serve(status, headers, body).await;
    telnyx.command(&CallControlId::from("v3:x"), "answer", "{}").await.unwrap_err()
}

#[tokio::test]
async fn a_command_is_the_frozen_body_at_an_encoded_path() {
    let (telnyx, server) = serve(200, &[], r#"{"data":{"result":"ok"}}"#).await;
    let body = r#"{ "command_id":"c1",  "cause":"é" }"#;
    telnyx.command(&CallControlId::from("v3:a/b?c"), "gather_using_audio", body).await.unwrap();
    let seen = server.seen.lock().unwrap();
    let (line, headers, sent) = &seen[0];
    assert_eq!(line, "POST /v2/calls/v3%3Aa%2Fb%3Fc/actions/gather_using_audio");
    assert_eq!(headers["authorization"], "Bearer KEY-not-to-be-seen");
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(sent, body);
}

#[tokio::test]
async fn a_command_accepted_with_an_odd_body_is_accepted() {
    for body in ["", "not json", r#"{"data":{"result":"ok","recording_id":"r"}}"#] {
        let (telnyx, _) = serve(200, &[], body).await;
        telnyx.command(&CallControlId::from("v3:x"), "answer", "{}").await.unwrap();
    }
}

#[tokio::test]
async fn a_text_carries_its_key_and_gives_telnyxs_id() {
    let (telnyx, server) =
        serve(200, &[], r#"{"data":{"id":"4f97c325","to":[{"status":"queued"}],"new":1}}"#).await;
    let accepted =
        telnyx.send_message(&HandOver::unchecked(r#"{"to":"+12025550147"}"#, "8f14e45f-ceea")).await.unwrap();
    assert_eq!(accepted.id, "4f97c325");
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen[0].0, "POST /v2/messages");
    assert_eq!(seen[0].1["idempotency-key"], "8f14e45f-ceea");
}

#[tokio::test]
async fn a_text_accepted_without_an_id_is_a_bad_answer_that_may_have_acted() {
    for body in ["", "{}", r#"{"data":null}"#, r#"{"data":{"id":""}}"#, r#"{"data":{"id":7}}"#] {
        let (telnyx, _) = serve(200, &[], body).await;
        let error = telnyx.send_message(&HandOver::unchecked("{}", "k")).await.unwrap_err();
        assert_eq!(error, TelnyxError::BadAnswer, "{body}");
        assert!(error.maybe_done());
        assert_eq!(error.class(), Class::Retry);
    }
}

#[tokio::test]
async fn a_fax_is_read_and_its_link_hidden_in_debug() {
    let body =
        r#"{"data":{"status":"received","media_url":"https://s3.example/f.pdf?sig=1","page_count":3}}"#;
    let (telnyx, server) = serve(200, &[], body).await;
    let fax = telnyx.fax(&FaxId::from("f/1")).await.unwrap();
    assert_eq!(fax.media_url.as_deref(), Some("https://s3.example/f.pdf?sig=1"));
    assert_eq!((fax.status.as_str(), fax.page_count), ("received", Some(3)));
    assert!(!format!("{fax:?}").contains("s3.example"));
    telnyx.refresh_fax(&FaxId::from("f/1")).await.unwrap();
    let lines: Vec<_> = server.seen.lock().unwrap().iter().map(|s| s.0.clone()).collect();
    assert_eq!(lines, ["GET /v2/faxes/f%2F1", "POST /v2/faxes/f%2F1/actions/refresh"]);
}

/// The refusals of Telnyx's error list that we act on, as they come on the wire.
#[tokio::test]
async fn each_refusal_says_what_to_do_by_its_code_first() {
    let cases = [
        (422, r#"{"errors":[{"code":"90018","title":"Call has already ended"}]}"#, Class::CallEnded),
        (500, r#"{"errors":[{"code":"90018","title":"Call has already ended"}]}"#, Class::CallEnded),
        (
            422,
            r#"{"errors":[{"code":"90034","title":"Call has not been answered yet"}]}"#,
            Class::NotAnswered,
        ),
        (422, r#"{"errors":[{"code":"90040","title":"Downloading audio file failed"}]}"#, Class::AudioFailed),
        (400, r#"{"errors":[{"code":"40300","title":"Blocked due to STOP message"}]}"#, Class::OptedOut),
        (400, r#"{"errors":[{"code":"1"},{"code":40300}]}"#, Class::OptedOut),
        (422, r#"{"errors":[{"code":"90015","title":"Invalid Call Control ID"}]}"#, Class::GiveUp),
        (401, r#"{"errors":[{"code":"10009","title":"Authentication failed"}]}"#, Class::Retry),
        (404, r#"{"errors":[{"code":"10005"}]}"#, Class::GiveUp),
        (429, r#"{"errors":[{"code":"40318","title":"Message queue full"}]}"#, Class::Retry),
        (400, r#"{"errors":[{"code":"10037"}]}"#, Class::Retry),
        (500, r#"{"errors":[{"code":"10007","title":"Unexpected error"}]}"#, Class::Retry),
        (503, "<html>", Class::Retry),
        (409, "", Class::Retry),
        (307, "", Class::GiveUp),
        (400, r#"{"errors":{}}"#, Class::GiveUp),
    ];
    for (status, body, class) in cases {
        assert_eq!(refused(status, &[], body).await.class(), class, "{status} {body}");
    }
}

#[tokio::test]
async fn too_many_requests_says_how_long_to_wait() {
    let body = r#"{"errors":[{"code":"10011","title":"Too many requests"}]}"#;
    assert_eq!(
        refused(429, &[("x-ratelimit-reset", "7")], body).await,
        TelnyxError::RateLimited { retry_after_s: 7 }
    );
    assert_eq!(refused(429, &[], "").await, TelnyxError::RateLimited { retry_after_s: 1 });
    assert_eq!(
        refused(429, &[("retry-after", "99999")], body).await,
        TelnyxError::RateLimited { retry_after_s: 60 }
    );
}

#[tokio::test]
async fn no_error_repeats_numbers_links_or_the_key() {
    let body = r#"{"errors":[{"code":"+12025550147","title":"from +1 (202) 555-0110 to '+12025550147' at https://x.example/p",
        "detail":"to 2025550147"}]}"#;
    let error = refused(400, &[], body).await;
    let shown = format!("{error} {error:?}");
    for secret in ["555", "0147", "0110", "x.example", "KEY-not"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("HTTP 400"), "{shown}");
}

#[tokio::test]
async fn nobody_listening_is_known_not_to_have_arrived() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v2", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&base).send_message(&HandOver::unchecked("{}", "k")).await.unwrap_err();
    assert_eq!(error, TelnyxError::Unanswered { sent: false });
    assert!(!error.maybe_done());
}

#[tokio::test]
async fn a_connection_that_closes_before_the_answer_leaves_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v2", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = [0; 64];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut seen).await;
    });
    let error = client(&base).send_message(&HandOver::unchecked("{}", "k")).await.unwrap_err();
    assert_eq!(error, TelnyxError::Unanswered { sent: true });
    assert!(error.maybe_done());
}

#[tokio::test]
async fn a_command_without_an_answer_ends_after_three_seconds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v2", listener.local_addr().unwrap());
    let started = std::time::Instant::now();
    let error = client(&base).command(&CallControlId::from("v3:x"), "answer", "{}").await.unwrap_err();
    assert_eq!(error, TelnyxError::Unanswered { sent: true });
    assert!((2900..4000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
    drop(listener);
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_gives_up() {
    let (telnyx, server) = serve(200, &[], "{}").await;
    let error = telnyx.send_message(&HandOver::unchecked("{}", "line\nbreak")).await.unwrap_err();
    assert_eq!((error.class(), error.maybe_done()), (Class::GiveUp, false));
    assert!(server.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_key_goes_to_the_configured_host_and_follows_no_redirect() {
    let (telnyx, server) = serve(307, &[("location", "http://127.0.0.1:1/v2/messages")], "").await;
    let error = telnyx.send_message(&HandOver::unchecked("{}", "k")).await.unwrap_err();
    assert!(matches!(error, TelnyxError::Rejected { http: 307, .. }), "{error:?}");
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_client_keeps_its_connection_for_the_next_command() {
    let (telnyx, server) = serve(200, &[], "{}").await;
    for _ in 0..5 {
        telnyx.command(&CallControlId::from("c"), "answer", "{}").await.unwrap();
    }
    let peers: std::collections::HashSet<_> = server.peers.lock().unwrap().iter().copied().collect();
    assert_eq!(peers.len(), 1);
}
