//! The public routes, seen from outside: an unsigned webhook must be answered 400 by us, and by nobody before us.

use std::time::Duration;

use futures::future::join_all;
use reqwest::{Client, Method};
use url::Url;

use super::place::Place;
use super::report::Line;

const PATIENCE: Duration = Duration::from_secs(8);

/// Route, name of the check, who comes there, how often it comes again by the provider's documents.
type Hook = (&'static str, &'static str, &'static str, &'static str);

const HOOKS: [Hook; 4] = [
    (
        "/webhooks/telnyx/voice",
        "public.voice",
        "Telnyx's calls",
        "an event is sent again for a minute at most, and after a 4xx other than 408 and 429 not at all",
    ),
    (
        "/webhooks/telnyx/sms",
        "public.sms",
        "texts, STOP among them,",
        "Telnyx tries three times, and as often at the failover address where one is set",
    ),
    (
        "/webhooks/telnyx/fax",
        "public.fax",
        "faxes",
        "Telnyx tries a few times, it does not say how often, and then at the failover address where one is set",
    ),
    (
        "/webhooks/stripe",
        "public.stripe",
        "Stripe's payments",
        "Stripe sends them again for up to three days",
    ),
];

/// What came, without a word of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Came {
    Status(u16),
    /// No connection, a bad certificate, no answer.
    Nothing(String),
}

pub(super) async fn check(place: &Place) -> Vec<Line> {
    let Some(url) = &place.public_url else { return vec![] };
    let client = Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
    let http = match client {
        Ok(http) => http,
        Err(e) => return vec![Line::fail("public.healthz", "made an HTTP client", e.to_string())],
    };
    let base = url.as_str().trim_end_matches('/');
    let health = ask(&http, Method::GET, base, "/healthz");
    let hooks = join_all(HOOKS.map(|(path, ..)| ask(&http, Method::POST, base, path)));
    let (health, hooks) = tokio::join!(health, hooks);
    let mut lines = vec![judged_health(base, &health)];
    lines.extend(HOOKS.iter().zip(&hooks).map(|(hook, came)| judged_hook(base, *hook, came)));
    lines
}

async fn ask(http: &Client, method: Method, base: &str, path: &str) -> Came {
    let Ok(url) = Url::parse(&format!("{base}{path}")) else { return Came::Nothing("no address".to_owned()) };
    let body = r#"{"data":{"event_type":"doctor.unsigned","id":"doctor","payload":{}}}"#;
    let mut request = http.request(method.clone(), url);
    if method == Method::POST {
        request = request.header("content-type", "application/json").body(body);
    }
    match request.send().await {
        Ok(answer) => Came::Status(answer.status().as_u16()),
        Err(error) => Came::Nothing(why(&error)),
    }
}

/// The innermost cause has the word: certificate expired, connection refused, no such host.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", PATIENCE.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    let mut certificate = None;
    while let Some(e) = cause.source() {
        cause = e;
        let words = e.to_string();
        if words.to_ascii_lowercase().contains("certificate") {
            certificate = Some(words);
        }
    }
    match certificate {
        Some(words) => format!("its certificate is not taken: {words}"),
        None => cause.to_string(),
    }
}

fn judged_health(base: &str, came: &Came) -> Line {
    let tried = format!("GET {base}/healthz");
    match came {
        Came::Status(200) => Line::ok("public.healthz", tried, "200"),
        other => Line::fail("public.healthz", tried, words(other)).then(
            "the world does not reach this service",
            next(other),
            "§4",
        ),
    }
}

fn judged_hook(base: &str, (path, name, who, again): Hook, came: &Came) -> Line {
    let tried = format!("POST {base}{path} without a signature; 400 is well");
    if *came == Came::Status(400) {
        return Line::ok(name, tried, "400: it reaches us, and nothing unsigned is taken");
    }
    let found = format!("{path}: {}", words(came));
    if *came == Came::Status(200) {
        return Line::fail(name, tried, found).then(
            "somebody takes unsigned webhooks there: anybody may forge a STOP or a payment",
            "see what answers at this address; it is not this service",
            "§4",
        );
    }
    Line::fail(name, tried, found).then(
        format!("{who} do not reach us: {again}; `fusion-comms backfill` asks for what was missed"),
        next(came),
        "§4",
    )
}

fn words(came: &Came) -> String {
    match came {
        Came::Status(status) => format!("HTTP {status}"),
        Came::Nothing(why) => why.clone(),
    }
}

fn next(came: &Came) -> &'static str {
    match came {
        Came::Status(404 | 405) => {
            "the listener rule TelnyxWebhookListenerRule (priority 7, /webhooks/telnyx/*) or the one of this route \
             is missing or leads elsewhere: aws elbv2 describe-rules"
        }
        Came::Status(502..=504) => {
            "the rule leads to no healthy task: see the target group's health and the backend's tasks \
             (aws ecs list-tasks), then its log; the rule is TelnyxWebhookListenerRule, priority 7"
        }
        Came::Status(401 | 403) => {
            "something before us (WAF, login page, proxy) refuses it: let these routes through"
        }
        Came::Status(301..=308) => "let Telnyx and Stripe be given the final address, https",
        Came::Status(_) => {
            "see the backend's log and the listener rules (TelnyxWebhookListenerRule, priority 7)"
        }
        Came::Nothing(why) if why.contains("certificate") => {
            "renew or complete the certificate of the listener (aws acm describe-certificate)"
        }
        Came::Nothing(_) => {
            "see DNS, the load balancer and its security group; then the listener rule, priority 7"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::Level;
    use super::*;

    #[test]
    fn only_400_is_well_for_an_unsigned_webhook() {
        let line = |came| judged_hook("https://a.example", HOOKS[1], &came);
        assert_eq!(line(Came::Status(400)).result, Level::Ok);
        for status in [200, 301, 403, 404, 500, 502, 503] {
            let line = line(Came::Status(status));
            assert_eq!((line.result, line.runbook), (Level::Fail, "§4"));
            assert_eq!(line.found, format!("/webhooks/telnyx/sms: HTTP {status}"));
        }
        assert!(line(Came::Status(404)).next.contains("priority 7"));
        assert!(line(Came::Status(502)).next.contains("no healthy task"));
        assert!(line(Came::Status(200)).means.contains("forge"));
        assert!(line(Came::Status(503)).means.contains("three times"));
        let expired = Came::Nothing("its certificate is not taken: expired".to_owned());
        assert!(line(expired).next.contains("certificate"));
    }
}
