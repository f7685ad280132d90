//! Fetches a recording as Telnyx would: from outside, in time, and judged by what the answer says of itself.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION};
use reqwest::{Client, Response, Url};

use crate::media::is_public;
use crate::prompts::bounds::FAIL_BYTES;
use crate::prompts::check::Finding;

/// How long Telnyx may be taken to wait for a recording.
const PATIENCE: Duration = Duration::from_secs(5);
/// From here on callers notice.
const SLOW: Duration = Duration::from_secs(2);
const MOST_REDIRECTS: usize = 3;
/// The runbook's value, in seconds: a caller must not hear yesterday's menu for longer.
const LONGEST_AGE_S: u64 = 86_400;

const FILE: &str = "is the file there and may everybody read it? `prompts upload` puts it there";
const REACH: &str = "see that the address is reached from the internet";
const DIRECT: &str = "let IVR_AUDIO_BASE_URL name the final address";
const HEADERS: &str =
    "`prompts upload` sets it; or aws s3 cp … --content-type audio/wav --cache-control max-age=86400";

/// Whether the machine that is asked may be one that Telnyx cannot reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Reach {
    /// In dev the simulators fetch, from this machine.
    Anywhere,
    PublicOnly,
}

/// What came.
pub(in crate::cli) struct Fetched {
    pub(in crate::cli) content_type: Option<String>,
    pub(in crate::cli) cache_control: Option<String>,
    pub(in crate::cli) redirects: usize,
    pub(in crate::cli) took: Duration,
    pub(in crate::cli) file: Vec<u8>,
    /// What is not as it should be, short of keeping Telnyx from playing it.
    pub(in crate::cli) findings: Vec<Finding>,
}

pub(in crate::cli) fn client() -> reqwest::Result<Client> {
    Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()
}

/// The recording; or why Telnyx would get none.
pub(in crate::cli) async fn fetch(http: &Client, address: &str, reach: Reach) -> Result<Fetched, Finding> {
    let began = Instant::now();
    let mut url = parsed(address)?;
    let local = !leads_outside(&url).await?;
    if local && reach == Reach::PublicOnly {
        return Err(Finding::fail("its address is not a public one: Telnyx cannot reach it", REACH));
    }
    for redirects in 0..=MOST_REDIRECTS {
        let answer = http.get(url.clone()).send().await.map_err(|e| unanswered(&e))?;
        if !answer.status().is_redirection() {
            return received(answer, redirects, began).await;
        }
        let next = target(&url, answer.headers())?;
        let allowed = leads_outside(&next).await? || (local && is_loopback(&next));
        if !allowed {
            return Err(Finding::fail("it redirects to an address that is not public", DIRECT));
        }
        url = next;
    }
    Err(Finding::fail(format!("it redirects more than {MOST_REDIRECTS} times"), DIRECT))
}

fn parsed(address: &str) -> Result<Url, Finding> {
    Url::parse(address).map_err(|_| Finding::fail("its address is none", "mend IVR_AUDIO_BASE_URL"))
}

/// Where a redirect leads.
fn target(from: &Url, headers: &HeaderMap) -> Result<Url, Finding> {
    let next = word(headers, &LOCATION).and_then(|to| from.join(&to).ok());
    let next = next.ok_or_else(|| Finding::fail("it redirects to nowhere", DIRECT))?;
    if next.scheme() != "https" && next.scheme() != from.scheme() {
        return Err(Finding::fail("it redirects to an address without https", DIRECT));
    }
    Ok(next)
}

/// Whether every address of the host is a public one.
async fn leads_outside(url: &Url) -> Result<bool, Finding> {
    let none = || Finding::fail("its host has no address", REACH);
    let (host, port) = (url.host_str().ok_or_else(none)?, url.port_or_known_default().unwrap_or(443));
    let host = host.trim_matches(['[', ']']);
    let mut found = tokio::net::lookup_host((host, port)).await.map_err(|_| none())?;
    Ok(found.all(|address| is_public(address.ip())))
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn unanswered(error: &reqwest::Error) -> Finding {
    let what = match () {
        () if error.is_timeout() => format!("no answer within {} s", PATIENCE.as_secs()),
        () if error.is_connect() => "no connection".to_owned(),
        () => "the address cannot be asked".to_owned(),
    };
    Finding::fail(what, REACH)
}

async fn received(mut answer: Response, redirects: usize, began: Instant) -> Result<Fetched, Finding> {
    // A part (206) or nothing (204) is no recording either.
    if answer.status().as_u16() != 200 {
        return Err(Finding::fail(format!("HTTP {}", answer.status().as_u16()), FILE));
    }
    let content_type = word(answer.headers(), &CONTENT_TYPE);
    let cache_control = word(answer.headers(), &CACHE_CONTROL);
    let mut file = Vec::new();
    // One byte too many is enough to know.
    while file.len() <= FAIL_BYTES
        && let Some(part) = answer.chunk().await.map_err(|_| Finding::fail("the answer broke off", REACH))?
    {
        file.extend_from_slice(&part);
    }
    let took = began.elapsed();
    let mut findings = Vec::from_iter(of_type(content_type.as_deref()));
    findings.extend(of_caching(cache_control.as_deref()));
    if redirects > 0 {
        findings.push(Finding::warn(
            "it is fetched by way of a redirect: callers wait, Telnyx may refuse",
            DIRECT,
        ));
    }
    if took > SLOW {
        findings.push(Finding::warn(format!("it took {:.1} s to come", took.as_secs_f64()), REACH));
    }
    Ok(Fetched { content_type, cache_control, redirects, took, file, findings })
}

fn word(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn of_type(content_type: Option<&str>) -> Option<Finding> {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let wav = ["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"]
        .iter()
        .any(|w| kind.eq_ignore_ascii_case(w));
    let what =
        if kind.is_empty() { "it comes without a content type" } else { "its content type is not audio/wav" };
    (!wav).then(|| Finding::warn(what, HEADERS))
}

fn of_caching(cache_control: Option<&str>) -> Option<Finding> {
    let directives = || cache_control.unwrap_or_default().split(',').map(str::trim);
    if directives().any(|d| d == "no-store" || d == "no-cache") {
        return None;
    }
    let age_s = directives().find_map(|d| d.strip_prefix("max-age=")?.parse::<u64>().ok());
    match age_s {
        None => Some(Finding::warn("nothing says how long caches may keep it", HEADERS)),
        Some(age_s) if age_s > LONGEST_AGE_S => Some(Finding::warn(
            "caches may keep it for longer than a day: a new recording is heard late",
            HEADERS,
        )),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(head: &'static str) -> String {
        // A server of one answer, for as long as the test lasts.
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base = format!("http://{}/menu.wav", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                use std::io::{Read, Write};
                let mut stream = stream;
                let _request = stream.read(&mut [0; 2048]);
                let _sent = stream.write_all(head.as_bytes());
            }
        });
        base
    }

    async fn finding(head: &'static str, reach: Reach) -> String {
        match fetch(&client().unwrap(), &answer(head), reach).await {
            Ok(fetched) => fetched.findings.iter().map(|f| format!("{}. ", f.what)).collect(),
            Err(finding) => format!("fail: {}", finding.what),
        }
    }

    #[tokio::test]
    async fn what_telnyx_could_not_fetch_fails() {
        for (head, expected) in [
            ("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "fail: HTTP 403"),
            ("HTTP/1.1 206 Partial Content\r\ncontent-length: 1\r\n\r\nx", "fail: HTTP 206"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx", "fail: the answer broke off"),
            ("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", "fail: it redirects to nowhere"),
            (
                "HTTP/1.1 302 Found\r\nlocation: http://10.1.2.3/x.wav\r\ncontent-length: 0\r\n\r\n",
                "fail: it redirects to an address that is not public",
            ),
            (
                "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/x\r\ncontent-length: 0\r\n\r\n",
                "fail: it redirects to an address that is not public",
            ),
            (
                "HTTP/1.1 302 Found\r\nlocation: ftp://127.0.0.1/x\r\ncontent-length: 0\r\n\r\n",
                "fail: it redirects to an address without https",
            ),
            (
                "HTTP/1.1 302 Found\r\nlocation: /menu.wav\r\ncontent-length: 0\r\n\r\n",
                "fail: it redirects more than 3 times",
            ),
        ] {
            assert_eq!(finding(head, Reach::Anywhere).await, expected);
        }
        let well = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        assert!(finding(well, Reach::PublicOnly).await.contains("not a public one"));
    }

    #[tokio::test]
    async fn what_an_answer_says_of_itself_is_judged() {
        let said = finding("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx", Reach::Anywhere).await;
        assert_eq!(said, "it comes without a content type. nothing says how long caches may keep it. ");
        assert_eq!(of_type(Some("audio/x-wav; charset=binary")), None);
        assert!(of_type(Some("text/html")).is_some());
        assert_eq!(of_caching(Some("public, max-age=86400")), None);
        assert_eq!(of_caching(Some("no-cache")), None);
        assert!(of_caching(Some("max-age=31536000")).is_some());
    }
}
