//! The guard as a table, and the client against a real server on loopback.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use super::addresses::is_public;
use super::*;

const LIST: &str = "s3.amazonaws.com/faxes-prod/, media.example.net:8443/a%"; // the `%` makes it wrong

fn hosts(list: &str) -> MediaHosts {
    MediaHosts::parse(list).unwrap()
}

#[test]
fn a_list_with_anything_but_hosts_ports_and_prefixes_is_refused() {
    assert_eq!(MediaHosts::parse(LIST).unwrap_err(), HostsError::NotAHost(2));
    assert_eq!(MediaHosts::parse(" , ").unwrap_err(), HostsError::Empty);
    for bad in [
        "https://a.example",
        "u@a.example",
        "a.example?x",
        "a.example#x",
        "a b.example",
        "a.example/../x",
        "a.example:99999",
        ":80",
        "/x",
    ] {
        assert!(MediaHosts::parse(bad).is_err(), "{bad}");
    }
    for inward in ["10.0.0.1", "169.254.169.254/x", "[fd00::1]", "[::ffff:127.0.0.1]", "0.0.0.0:80"] {
        assert_eq!(MediaHosts::parse(inward).unwrap_err(), HostsError::NotPublic(1), "{inward}");
    }
}

#[test]
fn an_address_under_a_listed_host_and_prefix_is_allowed() {
    let list = hosts("s3.amazonaws.com/faxes-prod/,files.example.net:8443,127.0.0.1:8090/media,[::1]:8090");
    for good in [
        "https://s3.amazonaws.com/faxes-prod/a/b.pdf?X-Amz-Signature=0a%2Fb%2e",
        "https://S3.AMAZONAWS.COM:443/faxes-prod/a%20b.pdf",
        "https://files.example.net:8443/x.pdf",
        "http://127.0.0.1:8090/media/faxes/f.pdf",
        "https://127.0.0.1:8090/media/faxes/f.pdf",
        "http://[::1]:8090/f.pdf",
    ] {
        assert!(list.allow(good).is_ok(), "{good}: {:?}", list.allow(good));
    }
}

#[test]
fn any_other_address_is_forbidden() {
    let list = hosts("s3.amazonaws.com/faxes-prod/,8.8.8.8,localhost:8090,127.0.0.1:8090/media");
    for bad in [
        "",
        "not a url",
        "file:///etc/passwd",
        "data:text/plain,x",
        "ftp://s3.amazonaws.com/faxes-prod/a",
        "http://s3.amazonaws.com/faxes-prod/a",
        "http://8.8.8.8/a",
        "https://s3.amazonaws.com/faxes-prod",
        "https://s3.amazonaws.com/faxes-production/a",
        "https://s3.amazonaws.com/other/a",
        "https://s3.amazonaws.com:8443/faxes-prod/a",
        "https://s3.amazonaws.com.evil.example/faxes-prod/a",
        "https://evil-s3.amazonaws.com/faxes-prod/a",
        "https://s3.amazonaws.com./faxes-prod/a",
        "https://u@s3.amazonaws.com/faxes-prod/a",
        "https://u:p@s3.amazonaws.com/faxes-prod/a",
        "https://@s3.amazonaws.com/faxes-prod/a",
        "https://s3.amazonaws.com/faxes-prod/a#f",
        "https://s3.amazonaws.com/faxes-prod/../other/a",
        "https://s3.amazonaws.com/faxes-prod/./a",
        "https://s3.amazonaws.com/faxes-prod/%2e%2e/other/a",
        "https://s3.amazonaws.com/faxes-prod/.%2E/other/a",
        "https://s3.amazonaws.com/faxes-prod/..%2fother/a",
        "https://s3.amazonaws.com/faxes-prod/%252e%252e/a",
        "https://s3.amazonaws.com/faxes-prod/..\\other",
        "https://s3.amazonaws.com\\@evil.example/faxes-prod/a",
        "https://s3.amazonaws.com/faxes-prod/a\nb",
        "http://localhost:8090/a",
        "http://127.0.0.1:8091/media/a",
        "http://127.0.0.1/media/a",
        "http://127.0.0.2:8090/media/a",
        "http://2130706433:8090/other/a",
        "https://10.0.0.1/a",
        "https://[::1]:8090/media/a",
        "https://[::ffff:127.0.0.1]:8090/media/a",
    ] {
        assert!(matches!(list.allow(bad), Err(MediaError::Forbidden(_))), "{bad}");
    }
}

#[test]
fn only_addresses_of_the_public_internet_are_public() {
    for inward in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.1.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "4000::1",
    ] {
        assert!(!is_public(inward.parse().unwrap()), "{inward}");
    }
    for public in [
        "8.8.8.8",
        "52.216.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "2600:1f18::1",
        "2a00:1450::1",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
}

/// A media host on loopback; answers its `host:port`.
async fn serve() -> String {
    let app = Router::new()
        .route(
            "/media/ok",
            get(|headers: HeaderMap| async move {
                // Whatever a client sends along must not be a credential.
                if headers.contains_key("authorization") || headers.contains_key("cookie") {
                    StatusCode::BAD_REQUEST.into_response()
                } else {
                    "%PDF-fax".into_response()
                }
            }),
        )
        .route("/media/moved", get(|| async { Redirect::temporary("/media/ok") }))
        .route("/media/gone", get(|| async { StatusCode::GONE }))
        .route("/media/denied", get(|| async { StatusCode::FORBIDDEN }))
        .route("/media/fault", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/media/large", get(|| async { vec![0_u8; 2000] }))
        .route(
            "/media/endless",
            get(|| async {
                Body::from_stream(futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0_u8; 100])))
            }),
        )
        .route(
            "/media/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_secs(30)).await;
                "late"
            }),
        )
        .route(
            "/media/stalls",
            get(|| async {
                let first = futures::stream::iter([Ok::<_, std::io::Error>(vec![0_u8; 10])]);
                Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()))
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let Ok((socket, _)) = listener.accept().await else { return };
            let service = hyper_util::service::TowerToHyperService::new(app.clone());
            tokio::spawn(async move {
                let io = hyper_util::rt::TokioIo::new(socket);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
            });
        }
    });
    address.to_string()
}

#[tokio::test]
async fn each_answer_of_a_media_host_has_its_class() {
    let host = serve().await;
    let client =
        MediaClient::new(hosts(&format!("{host}/media/")), 1000).unwrap().within(Duration::from_secs(2));
    let fetch = async |path: &str| client.get(&format!("http://{host}{path}")).await;
    assert_eq!(fetch("/media/ok").await.unwrap(), "%PDF-fax");
    assert_eq!(fetch("/media/moved").await, Err(MediaError::Forbidden("the host redirects elsewhere")));
    for expired in ["/media/gone", "/media/denied", "/media/nowhere"] {
        assert_eq!(fetch(expired).await, Err(MediaError::Expired), "{expired}");
    }
    assert!(matches!(fetch("/media/fault").await, Err(MediaError::Retry(_))));
    assert_eq!(fetch("/media/large").await, Err(MediaError::TooLarge));
    assert_eq!(fetch("/media/endless").await, Err(MediaError::TooLarge));
    assert!(matches!(fetch("/other").await, Err(MediaError::Forbidden(_))));
}

#[tokio::test]
async fn a_host_that_is_slow_to_answer_or_to_go_on_is_left() {
    let host = serve().await;
    let client = MediaClient::new(hosts(&host), 1000).unwrap().within(Duration::from_millis(300));
    for path in ["/media/slow", "/media/stalls"] {
        assert_eq!(
            client.get(&format!("http://{host}{path}")).await,
            Err(MediaError::Retry("it took too long")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_listed_name_that_leads_to_loopback_is_refused_when_it_is_resolved() {
    let client = MediaClient::new(hosts("localhost"), 1000).unwrap();
    assert_eq!(
        client.get("https://localhost/media/ok").await,
        Err(MediaError::Forbidden("its host is not a public address"))
    );
}

#[tokio::test]
async fn no_error_holds_the_address() {
    let client = MediaClient::new(hosts("127.0.0.1:1"), 1000).unwrap();
    for address in
        ["http://127.0.0.1:1/secret-token", "http://user:secret@127.0.0.1:1/", "https://secret.example/"]
    {
        let error = client.get(address).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}
