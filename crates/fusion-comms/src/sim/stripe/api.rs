//! The API: authorisation, idempotency, planned faults, and the calls.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::answer::{Answer, Refusal};
use super::form::Form;
use super::world::{Admission, Fault, RecordedRequest, SimSession};
use super::{SimStripe, list, now_s, params};

const BODY_BYTES: usize = 256 * 1024;

/// One request, read.
struct Call {
    method: Method,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn platform_question(&self) -> Option<Question<'_>> {
        match self.path.strip_prefix("/v1/accounts/") {
            Some(id) => Some(Question::Account(id)),
            None => (self.path == "/v1/balance").then_some(Question::Balance),
        }
    }

    fn recorded(&self) -> RecordedRequest {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let others = self.headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
        let query = self.query.as_ref().map(|q| format!("?{q}")).unwrap_or_default();
        RecordedRequest {
            method: self.method.to_string(),
            path: format!("{}{query}", self.path),
            headers: others.map(|(name, value)| (name.to_string(), text(value))).collect::<BTreeMap<_, _>>(),
            body: String::from_utf8_lossy(&self.body).into_owned(),
        }
    }
}

/// What the platform asks of Stripe on its own account.
enum Question<'a> {
    Balance,
    Account(&'a str),
}

/// Every API route: which call it is, `act` reads from the path.
pub(super) async fn handle(State(sim): State<SimStripe>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES).await else {
        return Answer::from(Refusal::request(400, None, "The request body is too long or was cut off."))
            .into_response();
    };
    let call = Call {
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        method: head.method,
        headers: head.headers,
        body: body.into(),
    };
    let fault = match record(&sim, &call) {
        Recorded::Down => return Answer::from(Refusal::planned(503)).into_response(),
        Recorded::Up(Some(Fault::Hang)) => std::future::pending().await,
        Recorded::Up(fault) => fault,
    };
    // A task of its own: a server goes on with what it has begun when the client hangs up.
    let answer = tokio::spawn(async move { answer(&sim, &call, fault).await }).await;
    if fault == Some(Fault::ActThenHang) {
        std::future::pending::<()>().await;
    }
    answer.unwrap_or_else(|_| Refusal::planned(500).into()).into_response()
}

enum Recorded {
    Down,
    Up(Option<Fault>),
}

fn record(sim: &SimStripe, call: &Call) -> Recorded {
    let mut world = sim.world();
    world.remember_request(call.recorded());
    if world.down { Recorded::Down } else { Recorded::Up(world.faults.pop_front()) }
}

async fn answer(sim: &SimStripe, call: &Call, fault: Option<Fault>) -> Answer {
    let wait = match fault {
        Some(Fault::Slow(wait)) => wait,
        _ => Duration::ZERO,
    };
    let planned = match fault {
        Some(Fault::Fail(http)) => Some(http),
        _ => None,
    };
    let checked = caller(sim, call).and_then(|caller| Ok((caller, Form::parse(&call.body)?, key(call)?)));
    let (caller, form, key) = match checked {
        Ok(checked) => checked,
        Err(refusal) => return refusal.into(),
    };
    let Some(key) = key else {
        tokio::time::sleep(wait).await;
        return run(sim, call, &caller, &form, planned).unwrap_or_else(Answer::from);
    };
    let mut fingerprint = form.fingerprint();
    fingerprint.push((call.method.to_string(), call.path.clone()));
    let admission = sim.world().admit(&caller.account, key, &fingerprint);
    match admission {
        Admission::Replay(answer) => return answer,
        Admission::Refuse(refusal) => return refusal.into(),
        Admission::Run => {}
    }
    tokio::time::sleep(wait).await;
    let result = run(sim, call, &caller, &form, planned);
    let stored = match &result {
        Ok(answer) => Some(answer.clone()),
        // What is refused before it begins is not stored; a 500 is.
        Err(refusal) => (refusal.status >= 500).then(|| refusal.clone().into()),
    };
    sim.world().settle(&caller.account, key, stored);
    result.unwrap_or_else(Answer::from)
}

fn run(
    sim: &SimStripe,
    call: &Call,
    caller: &Caller,
    form: &Form,
    planned: Option<u16>,
) -> Result<Answer, Refusal> {
    match planned {
        Some(http) => Err(Refusal::planned(http)),
        None => act(sim, call, caller, form),
    }
}

/// Who asks, and for which connected account.
struct Caller {
    account: String,
    livemode: bool,
}

fn caller(sim: &SimStripe, call: &Call) -> Result<Caller, Refusal> {
    let key = call.header("authorization").and_then(secret_key);
    let key = key.ok_or(Refusal::request(401, None, "The API key is missing or not one."))?;
    let version = call.header("stripe-version");
    if version.is_some_and(|v| !is_version(v)) {
        return Err(Refusal::request(400, None, "The Stripe-Version is not one."));
    }
    let account = call.header("stripe-account").unwrap_or_default();
    // The platform asks for itself; everything else is on an agency's account.
    if account.is_empty() && call.platform_question().is_some() {
        return Ok(Caller { account: String::new(), livemode: key.contains("_live_") });
    }
    if !sim.world().allows(account) {
        let message = "The key has no access to this account, or the account does not exist.";
        return Err(Refusal::request(403, Some("account_invalid"), message));
    }
    Ok(Caller { account: account.to_owned(), livemode: key.contains("_live_") })
}

/// The key of `Bearer KEY` or of `Basic base64(KEY:)`.
fn secret_key(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    let key = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => value.to_owned(),
        "basic" => String::from_utf8(BASE64_STANDARD.decode(value).ok()?).ok()?.strip_suffix(':')?.to_owned(),
        _ => return None,
    };
    let tail = key.strip_prefix("sk_").or_else(|| key.strip_prefix("rk_"))?;
    (!tail.is_empty()).then_some(key)
}

/// `2026-10-28` or `2026-10-28.endive`.
fn is_version(text: &str) -> bool {
    let (day, name) = text.split_once('.').unwrap_or((text, "name"));
    let shape = |(at, b): (usize, u8)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() };
    day.len() == 10
        && day.bytes().enumerate().all(shape)
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase())
}

fn key(call: &Call) -> Result<Option<&str>, Refusal> {
    let key = if call.method == Method::POST { call.header("idempotency-key") } else { None };
    match key {
        Some(key) if key.is_empty() || key.len() > 255 => {
            Err(Refusal::request(400, None, "An idempotency key has 1 to 255 characters."))
        }
        key => Ok(key),
    }
}

fn act(sim: &SimStripe, call: &Call, caller: &Caller, form: &Form) -> Result<Answer, Refusal> {
    if call.path == "/v1/events" {
        let query = call.query.as_deref().unwrap_or_default();
        return list::events(&sim.world(), &caller.account, caller.livemode, query);
    }
    if let Some(query) = &call.query {
        return Err(Refusal::parameter("parameter_unknown", query, "The query takes no parameters here."));
    }
    match call.platform_question() {
        Some(Question::Balance) => return Ok(Answer::balance(caller.livemode)),
        Some(Question::Account(id)) => return account(sim, id),
        None => {}
    }
    match call.path.trim_start_matches("/v1/checkout/sessions").trim_start_matches('/').split_once('/') {
        Some((id, "expire")) => expire(sim, caller, id, form),
        _ if call.method == Method::POST => create(sim, caller, form),
        _ => {
            let id = call.path.rsplit('/').next().unwrap_or_default();
            known(sim, caller, id).map(|session| Answer::session(&session))
        }
    }
}

fn account(sim: &SimStripe, id: &str) -> Result<Answer, Refusal> {
    let enabled = sim.world().charges(id);
    let unknown = || Refusal::request(403, Some("account_invalid"), "The key has no access to this account.");
    enabled.map(|enabled| Answer::account(id, enabled)).ok_or_else(unknown)
}

fn create(sim: &SimStripe, caller: &Caller, form: &Form) -> Result<Answer, Refusal> {
    let now = now_s();
    let params = params::read(form, caller.livemode, now)?;
    let session = SimSession::new(params, &caller.account, caller.livemode, &sim.inner.public_base, now);
    sim.expire_later(&session.id, session.expires_at - now);
    let answer = Answer::session(&session);
    sim.world().sessions.push(session);
    Ok(answer)
}

fn known(sim: &SimStripe, caller: &Caller, id: &str) -> Result<SimSession, Refusal> {
    let found = sim.session(id).filter(|s| s.account == caller.account && s.livemode == caller.livemode);
    let missing =
        || Refusal { status: 404, ..Refusal::parameter("resource_missing", "session", "No such session.") };
    found.ok_or_else(missing)
}

fn expire(sim: &SimStripe, caller: &Caller, id: &str, form: &Form) -> Result<Answer, Refusal> {
    let session = known(sim, caller, id)?;
    if let Some(field) = form.fields().first() {
        return Err(Refusal::parameter("parameter_unknown", &field.name, "Received an unknown parameter."));
    }
    let closed = |_| Refusal::request(400, None, "Only an open session can be expired.");
    let (session, event) = sim.close(&session.id).map_err(closed)?;
    sim.send_soon(event);
    Ok(Answer::session(&session))
}
