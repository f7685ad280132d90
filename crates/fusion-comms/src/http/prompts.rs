//! `GET` and `HEAD /ivr/<prompt>.wav`: the recordings of the phone menu, uploaded ones before the binary's.
//!
//! Telnyx fetches them at call time, so that a whole answer, a part (RFC 9110 §14) and "not modified" must all be
//! right. A query string is a version and changes nothing.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG};
use axum::http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::prompts::shelf::Shelf;
use crate::prompts::{self, CACHE_CONTROL as A_DAY};

/// The route of the prompts, for any router.
pub fn routes<S: Clone + Send + Sync + 'static>(shelf: Shelf) -> Router<S> {
    Router::new().route("/ivr/{file}", get(prompt)).with_state(shelf)
}

/// axum answers `HEAD` by this too, and leaves the body out.
async fn prompt(State(shelf): State<Shelf>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    match file.strip_suffix(".wav").and_then(prompts::find) {
        Some(prompt) => answer(&shelf.recording(prompt).await, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(wav: &Bytes, headers: &HeaderMap) -> Response {
    let etag = etag(wav);
    let head =
        Response::builder().header(ETAG, &etag).header(CACHE_CONTROL, A_DAY).header(ACCEPT_RANGES, "bytes");
    if names(headers.get(IF_NONE_MATCH), &etag) {
        return finish(head.status(StatusCode::NOT_MODIFIED), Bytes::new());
    }
    let total = wav.len();
    let head = head.header(CONTENT_TYPE, prompts::CONTENT_TYPE);
    match asked_range(headers, &etag, total) {
        Asked::Whole => finish(head.header(CONTENT_LENGTH, total), wav.clone()),
        Asked::Part(first, last) => {
            let head = head.status(StatusCode::PARTIAL_CONTENT);
            let head = head.header(CONTENT_RANGE, format!("bytes {first}-{last}/{total}"));
            finish(head.header(CONTENT_LENGTH, last - first + 1), wav.slice(first..=last))
        }
        Asked::Beyond => {
            let head = head.status(StatusCode::RANGE_NOT_SATISFIABLE);
            finish(head.header(CONTENT_RANGE, format!("bytes */{total}")), Bytes::new())
        }
    }
}

fn finish(head: response::Builder, body: Bytes) -> Response {
    // Every header above is made of digits and fixed words, so that building cannot fail.
    head.body(Body::from(body)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A strong validator: the same bytes have it, no others do.
fn etag(wav: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(wav)[..12]))
}

/// Whether an `If-None-Match` names this recording. The comparison is the weak one, as the RFC asks here.
fn names(header: Option<&HeaderValue>, etag: &str) -> bool {
    let Some(tags) = header.and_then(|h| h.to_str().ok()) else { return false };
    tags.trim() == "*" || tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    /// First and last byte, both included.
    Part(usize, usize),
    Beyond,
}

/// What is asked for. A range of another recording (`If-Range`), a list of ranges, and what is no range are all
/// answered with the whole.
fn asked_range(headers: &HeaderMap, etag: &str, total: usize) -> Asked {
    let of_another = headers.get(IF_RANGE).is_some_and(|tag| tag.as_bytes() != etag.as_bytes());
    let range = headers.get(RANGE).and_then(|r| r.to_str().ok());
    match range.filter(|_| !of_another) {
        Some(range) => parse_range(range, total),
        None => Asked::Whole,
    }
}

fn parse_range(range: &str, total: usize) -> Asked {
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|r| r.split_once('-')) else {
        return Asked::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), _)
            if first >= total && (last.is_empty() || number(last).is_some_and(|l| l >= first)) =>
        {
            Asked::Beyond
        }
        (Some(first), None) if last.is_empty() => Asked::Part(first, total - 1),
        (Some(first), Some(last)) if first <= last => Asked::Part(first, last.min(total - 1)),
        (None, Some(0)) if first.is_empty() => Asked::Beyond,
        (None, Some(length)) if first.is_empty() => Asked::Part(total.saturating_sub(length), total - 1),
        _ => Asked::Whole,
    }
}

/// Digits alone; a number too large for the machine is as good as the largest.
fn number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use axum::http::{Method, Request};
    use http_body_util::BodyExt;
    use tower::Service;

    use super::*;
    use crate::blobs::Blobs;
    use crate::prompts::{built_in, wav};
    use fusion_comms_core::ivr::Prompt;

    async fn ask(method: Method, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Bytes) {
        let dir = tempfile::tempdir().unwrap();
        ask_of(dir.path(), method, path, headers).await
    }

    /// The same where `dir` stands for the bucket.
    async fn ask_of(
        dir: &std::path::Path,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, Bytes) {
        let shelf = Shelf::new(Blobs::open_dir(dir).unwrap());
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = routes::<()>(shelf).call(request).await.unwrap();
        let (head, body) = answer.into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes())
    }

    fn menu() -> &'static [u8] {
        built_in(Prompt::Menu)
    }

    #[tokio::test]
    async fn every_prompt_is_served_whole_with_the_head_that_caches_want() {
        for prompt in Prompt::ALL {
            let wav = built_in(prompt);
            let (status, head, body) =
                ask(Method::GET, &format!("/ivr/{}.wav?v=2", prompt.name()), &[]).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(head[CONTENT_TYPE], "audio/wav");
            assert_eq!(head[CACHE_CONTROL], "max-age=86400");
            assert_eq!(head[ACCEPT_RANGES], "bytes");
            assert_eq!(head[CONTENT_LENGTH], wav.len().to_string().as_str());
            assert!(head[ETAG].to_str().unwrap().starts_with('"'));
            assert_eq!(body, wav);
        }
    }

    #[tokio::test]
    async fn a_head_request_gets_the_same_head_and_no_body() {
        let (_, of_get, _) = ask(Method::GET, "/ivr/menu.wav", &[]).await;
        let (status, of_head, body) = ask(Method::HEAD, "/ivr/menu.wav", &[]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 0));
        assert_eq!(of_get, of_head);
    }

    #[tokio::test]
    async fn what_is_no_prompt_is_not_found() {
        for path in
            ["/ivr/menu", "/ivr/menu.mp3", "/ivr/nothing.wav", "/ivr/.wav", "/ivr/..%2Fmenu.wav", "/ivr/"]
        {
            assert_eq!(ask(Method::GET, path, &[]).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(ask(Method::POST, "/ivr/menu.wav", &[]).await.0, StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn a_client_that_has_it_is_told_so() {
        let (_, head, _) = ask(Method::GET, "/ivr/menu.wav", &[]).await;
        let etag = head[ETAG].to_str().unwrap();
        for known in [etag.to_owned(), format!("\"other\", W/{etag}"), "*".to_owned()] {
            let (status, head, body) = ask(Method::GET, "/ivr/menu.wav", &[("if-none-match", &known)]).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
            assert_eq!(head[ETAG], etag);
        }
        let (status, _, _) = ask(Method::GET, "/ivr/goodbye.wav", &[("if-none-match", etag)]).await;
        assert_eq!(status, StatusCode::OK, "another recording has another tag");
    }

    #[tokio::test]
    async fn a_part_is_served_as_asked() {
        let total = menu().len();
        for (range, first, last) in [
            ("bytes=0-3", 0, 3),
            ("bytes=100-", 100, total - 1),
            ("bytes=-10", total - 10, total - 1),
            ("bytes=5-99999999999999999999999", 5, total - 1),
            ("bytes=-99999999", 0, total - 1),
        ] {
            let (status, head, body) = ask(Method::GET, "/ivr/menu.wav", &[("range", range)]).await;
            assert_eq!(status, StatusCode::PARTIAL_CONTENT, "{range}");
            assert_eq!(head[CONTENT_RANGE], format!("bytes {first}-{last}/{total}").as_str());
            assert_eq!(body, menu()[first..=last], "{range}");
        }
    }

    #[tokio::test]
    async fn a_part_beyond_the_end_is_416_and_what_is_no_single_range_is_the_whole() {
        let total = menu().len();
        for range in [format!("bytes={total}-"), "bytes=-0".into(), "bytes=99999999-99999999999".into()] {
            let (status, head, _) = ask(Method::GET, "/ivr/menu.wav", &[("range", &range)]).await;
            assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE, "{range}");
            assert_eq!(head[CONTENT_RANGE], format!("bytes */{total}").as_str());
        }
        for range in [
            "bytes=5-2",
            "bytes=0-1,4-5",
            "lines=0-1",
            "bytes=a-b",
            "bytes=-",
            "bytes=+1-2",
            "bytes=99999999-5",
        ] {
            let (status, _, body) = ask(Method::GET, "/ivr/menu.wav", &[("range", range)]).await;
            assert_eq!((status, body.len()), (StatusCode::OK, total), "{range}");
        }
    }

    #[tokio::test]
    async fn a_part_of_a_recording_that_has_changed_since_is_the_whole() {
        let (_, head, _) = ask(Method::GET, "/ivr/menu.wav", &[]).await;
        let etag = head[ETAG].to_str().unwrap();
        let same = [("range", "bytes=0-3"), ("if-range", etag)];
        assert_eq!(ask(Method::GET, "/ivr/menu.wav", &same).await.0, StatusCode::PARTIAL_CONTENT);
        let changed = [("range", "bytes=0-3"), ("if-range", "\"old\"")];
        assert_eq!(ask(Method::GET, "/ivr/menu.wav", &changed).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn an_uploaded_recording_is_served_with_a_tag_and_ranges_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let (_, before, _) = ask_of(dir.path(), Method::GET, "/ivr/menu.wav", &[]).await;
        let samples = wav::Wav::read(menu()).unwrap().mono_16().unwrap();
        let mine = wav::write(&wav::lowered(&samples[..samples.len() - 1000], 0.5), 22_050);
        std::fs::create_dir(dir.path().join("ivr")).unwrap();
        std::fs::write(dir.path().join("ivr/menu.wav"), &mine).unwrap();
        let (_, after, body) = ask_of(dir.path(), Method::GET, "/ivr/menu.wav", &[]).await;
        assert_eq!(body, mine);
        assert_ne!(before[ETAG], after[ETAG]);
        let (status, head, body) =
            ask_of(dir.path(), Method::GET, "/ivr/menu.wav", &[("range", "bytes=-4")]).await;
        assert_eq!((status, &body[..]), (StatusCode::PARTIAL_CONTENT, &mine[mine.len() - 4..]));
        let total = mine.len();
        assert_eq!(head[CONTENT_RANGE], format!("bytes {}-{}/{total}", total - 4, total - 1).as_str());
        let known = [("if-none-match", after[ETAG].to_str().unwrap())];
        assert_eq!(
            ask_of(dir.path(), Method::GET, "/ivr/menu.wav", &known).await.0,
            StatusCode::NOT_MODIFIED
        );
    }
}
