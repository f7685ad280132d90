//! `GET /v1/events` of one account: the latest first, at most 100 a page, as far back as 30 days. An event that an account
//! lists for itself does not name the account.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::now_s;
use super::world::World;

const KEPT_S: i64 = 30 * 24 * 3600;

pub(super) fn events(world: &World, account: &str, livemode: bool, query: &str) -> Result<Answer, Refusal> {
    let (mut types, mut since, mut after, mut limit) = (Vec::new(), now_s() - KEPT_S, None, 10);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let number = || {
            let wrong = |_| {
                Refusal::parameter("parameter_invalid_integer", name.as_ref(), "This must be an integer.")
            };
            value.parse::<i64>().map_err(wrong)
        };
        match name.as_ref() {
            "types[]" => types.push(value.into_owned()),
            "created[gte]" => since = since.max(number()?),
            "starting_after" => after = Some(value.into_owned()),
            "limit" => limit = number()?,
            _ => {
                return Err(Refusal::parameter(
                    "parameter_unknown",
                    name.as_ref(),
                    "Received an unknown parameter.",
                ));
            }
        }
    }
    if !(1..=100).contains(&limit) {
        return Err(Refusal::parameter("parameter_invalid_integer", "limit", "This must be 1 to 100."));
    }
    let is_asked_for = |e: &&Value| {
        e["account"] == account
            && e["livemode"] == livemode
            && e["created"].as_i64().is_some_and(|at| at >= since)
            && (types.is_empty() || types.iter().any(|t| e["type"] == t.as_str()))
    };
    let all: Vec<&Value> = world.events.iter().rev().filter(is_asked_for).collect();
    let start = match &after {
        None => 0,
        Some(id) => match all.iter().position(|e| e["id"] == id.as_str()) {
            Some(place) => place + 1,
            None => {
                return Err(Refusal::parameter("resource_missing", "starting_after", "No such event."));
            }
        },
    };
    let size = usize::try_from(limit).unwrap_or(1);
    let page: Vec<Value> = all.iter().skip(start).take(size).map(|e| without_account(e)).collect();
    let more = all.len() > start + page.len();
    let body = json!({"object": "list", "url": "/v1/events", "has_more": more, "data": page});
    Ok(Answer { status: 200, body, replayed: false })
}

fn without_account(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(fields) = event.as_object_mut() {
        fields.remove("account");
    }
    event
}
