//! The account at Telnyx: whether it takes our key, has credit, and has our profile and number; and its clock.

use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use futures::{StreamExt, stream};
use url::Url;

use super::place::Place;
use super::report::{Level, Line};
use super::{clock_line, now};
use crate::store::{Db, tenants};
use crate::telnyx::{Balance, OwnNumber, Profile, Telnyx, TelnyxError};

/// Of the agencies' profiles and numbers, so many are asked for, and so many at once.
const MOST_ASKED: usize = 40;
const AT_ONCE: usize = 5;
/// Dollars below which texts will soon be refused.
const LITTLE_CREDIT: f64 = 10.0;

pub(super) async fn check(place: &Place) -> Vec<Line> {
    let Some(config) = &place.config.telnyx else { return vec![] };
    let tried = format!("GET {}/balance with TELNYX_API_KEY", config.api_base);
    let client = Url::parse(&config.api_base).map_err(|e| e.to_string());
    let client = client.and_then(|base| Telnyx::new(base, &config.api_key).map_err(|e| e.to_string()));
    let telnyx = match client {
        Ok(telnyx) => telnyx,
        Err(why) => {
            return vec![Line::fail("telnyx.key", tried, why).then(LOST, "mend TELNYX_API_BASE", "§2")];
        }
    };
    let told = telnyx.balance().await;
    let mut lines = vec![judged_key(tried, &told.answer)];
    if let Ok(balance) = &told.answer {
        lines.extend(judged_credit(balance));
        let profile = telnyx.messaging_profile(&config.messaging_profile_id).await;
        let hooks = place.public_url.as_ref().map(|url| format!("{}/webhooks/telnyx/sms", base(url)));
        lines.push(judged_profile(&profile, hooks.as_deref()));
        if let Some(server) = &place.config.server {
            let number = telnyx.own_number(&server.from_number).await;
            lines.push(judged_number(&server.from_number, &number, &config.messaging_profile_id));
        }
        if let Some(db) = place.db() {
            lines.extend(of_agencies(&telnyx, db).await);
        }
    }
    if let Some(date) = told.date {
        // It has whole seconds, and was written a moment ago.
        let offset_ms = date.ms_since(now());
        let offset_ms = if offset_ms.abs() < 2_000 { 0 } else { offset_ms };
        lines.push(clock_line("clock.telnyx", "Telnyx's clock", offset_ms, place));
    }
    lines
}

/// The agencies' own profiles and numbers, some at a time and not without end.
async fn of_agencies(telnyx: &Telnyx, db: &Db) -> Option<Line> {
    let profiles =
        tenants::list(db).await.ok()?.into_iter().filter_map(|t| Some((t.id, t.messaging_profile?)));
    let numbers = tenants::numbers(db).await.ok()?;
    let mut wanted: Vec<Asked> = profiles.map(|(agency, id)| Asked::Profile(agency, id)).collect();
    for number in numbers {
        if !wanted.iter().any(|w| matches!(w, Asked::Number(_, known) if *known == number.phone)) {
            wanted.push(Asked::Number(number.tenant, number.phone));
        }
    }
    let total = wanted.len();
    let answers = stream::iter(wanted.into_iter().take(MOST_ASKED)).map(|asked| async move {
        let wrong = match &asked {
            Asked::Profile(_, id) => telnyx.messaging_profile(id).await.map(|p| p.is_none_or(|p| !p.enabled)),
            Asked::Number(_, phone) => {
                telnyx.own_number(phone).await.map(|n| n.is_none_or(|n| n.status != "active"))
            }
        };
        (asked, wrong)
    });
    let answers: Vec<_> = answers.buffered(AT_ONCE).collect().await;
    (total > 0).then(|| judged_agencies(&answers, total))
}

/// What of an agency's is asked for.
enum Asked {
    Profile(TenantId, String),
    Number(TenantId, E164),
}

impl Asked {
    fn words(&self) -> String {
        match self {
            Asked::Profile(agency, id) => format!("{agency}: messaging profile {id}"),
            Asked::Number(agency, phone) => format!("{agency}: number {}", phone.masked()),
        }
    }
}

fn judged_agencies(answers: &[(Asked, Result<bool, TelnyxError>)], total: usize) -> Line {
    let (name, tried) = ("telnyx.agencies", "asked Telnyx for each agency's own profile and numbers");
    let wrong: Vec<String> =
        answers.iter().filter(|(_, a)| *a == Ok(true)).map(|(asked, _)| asked.words()).collect();
    let unknown = answers.iter().filter(|(_, answer)| answer.is_err()).count() + total - answers.len();
    if !wrong.is_empty() {
        return Line::fail(name, tried, format!("not there or not active: {}", wrong.join(", "))).then(
            "nobody reaches that number, or no text leaves by it",
            "mend it in the portal, or here: `fusion-comms number`, `fusion-comms tenant set`",
            "§2",
        );
    }
    let level = if unknown > 0 { Level::Warn } else { Level::Ok };
    let more = if unknown > 0 { format!("; {unknown} could not be asked for") } else { String::new() };
    Line::judged(level, name, tried, format!("{} of {total} are there{more}", total - unknown)).then(
        "of the others nothing is known",
        "run `fusion-comms doctor` again; only the first forty are asked for",
        "§2",
    )
}

fn base(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

const LOST: &str =
    "no call is answered, no text leaves, no fax is fetched by a new link; webhooks still come";

fn judged_key(tried: String, answer: &Result<Balance, TelnyxError>) -> Line {
    let name = "telnyx.key";
    match answer {
        Ok(_) => Line::ok(name, tried, "Telnyx takes our key"),
        Err(e @ TelnyxError::Rejected { http: 401, .. }) => {
            Line::fail(name, tried, format!("Telnyx refuses our key: {e}")).then(
                LOST,
                "set a key that there is as TELNYX_API_KEY (portal, API Keys), then redeploy",
                "§3",
            )
        }
        Err(e @ TelnyxError::Rejected { http: 403, .. }) => {
            Line::warn(name, tried, format!("the key may not ask this: {e}")).then(
                "the key is known; whether it may call and text is not",
                "see the key's rights in the portal",
                "§3",
            )
        }
        Err(e @ TelnyxError::RateLimited { .. }) => Line::warn(name, tried, e.to_string()).then(
            "Telnyx slows this account down; work is late",
            "wait, and look at what sends so much",
            "§13",
        ),
        Err(e) => Line::fail(name, tried, e.to_string()).then(
            LOST,
            "see status.telnyx.com, this machine's way out (DNS, proxy, firewall) and TELNYX_API_BASE",
            "§13",
        ),
    }
}

fn judged_credit(balance: &Balance) -> Option<Line> {
    let credit: f64 = balance.available_credit.parse().ok()?;
    let level = if credit <= 0.0 {
        Level::Fail
    } else if credit < LITTLE_CREDIT {
        Level::Warn
    } else {
        Level::Ok
    };
    let found = format!("{} {} of credit left", balance.available_credit, balance.currency);
    Some(Line::judged(level, "telnyx.credit", "read the balance", found).then(
        "without credit Telnyx refuses texts and calls",
        "top the account up, or set up auto-recharge in the portal",
        "§13",
    ))
}

fn judged_profile(answer: &Result<Option<Profile>, TelnyxError>, hooks: Option<&str>) -> Line {
    let (name, tried) = ("telnyx.profile", "GET /messaging_profiles/TELNYX_MESSAGING_PROFILE_ID");
    let next = "mend TELNYX_MESSAGING_PROFILE_ID, or the profile in the portal (Messaging)";
    let profile = match answer {
        Ok(Some(profile)) => profile,
        Ok(None) => {
            return Line::fail(name, tried, "the account has no messaging profile of this id").then(
                "no text leaves",
                next,
                "§2",
            );
        }
        Err(e) => {
            return Line::warn(name, tried, e.to_string()).then(
                "the profile is not known to be there",
                next,
                "§2",
            );
        }
    };
    let url = profile.webhook_url.as_deref().unwrap_or("nowhere");
    if !profile.enabled {
        return Line::fail(name, tried, "the messaging profile is off").then("no text leaves", next, "§2");
    }
    if profile.webhook_url.is_none() || hooks.is_some_and(|hooks| hooks != url.trim_end_matches('/')) {
        return Line::warn(name, tried, format!("its webhooks go to {url}")).then(
            "texts from people, STOP among them, may not reach this service",
            format!(
                "set its webhook URL to {}",
                hooks.unwrap_or("https://<this service>/webhooks/telnyx/sms")
            ),
            "§4",
        );
    }
    Line::ok(name, tried, format!("on, its webhooks go to {url}"))
}

fn judged_number(number: &E164, answer: &Result<Option<OwnNumber>, TelnyxError>, profile: &str) -> Line {
    let (name, tried) = ("telnyx.number", "GET /phone_numbers of TELNYX_FROM_NUMBER");
    let who = number.masked();
    let next = "mend TELNYX_FROM_NUMBER, or the number in the portal (Numbers)";
    match answer {
        Ok(None) => Line::fail(name, tried, format!("the account has no number {who}")).then(
            "texts of agencies without a number of their own are refused",
            next,
            "§2",
        ),
        Ok(Some(own)) if own.status != "active" => Line::fail(
            name,
            tried,
            format!("{who} is `{}`, not active", own.status),
        )
        .then("texts from it are refused, and nobody reaches it", next, "§2"),
        Ok(Some(own)) if own.messaging_profile_id.as_deref().is_some_and(|p| p != profile) => {
            Line::warn(name, tried, format!("{who} is on another messaging profile")).then(
                "texts from it by our profile are refused (40305)",
                "assign it to the profile in the portal",
                "§2",
            )
        }
        Ok(Some(_)) => Line::ok(name, tried, format!("{who} is active")),
        Err(e) => {
            Line::warn(name, tried, e.to_string()).then("the number is not known to be there", next, "§2")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(http: u16) -> TelnyxError {
        TelnyxError::Rejected { http, code: Some("10009".to_owned()), title: None }
    }

    #[test]
    fn a_refused_key_fails_and_one_without_the_right_to_ask_warns() {
        let level = |e| judged_key(String::new(), &Err(e)).result;
        assert_eq!(level(rejected(401)), Level::Fail);
        assert_eq!(level(rejected(403)), Level::Warn);
        assert_eq!(level(TelnyxError::RateLimited { retry_after_s: 1 }), Level::Warn);
        assert_eq!(level(TelnyxError::Unanswered { sent: false }), Level::Fail);
    }

    #[test]
    fn credit_runs_out_before_it_fails() {
        let level = |credit: &str| {
            let balance = Balance { available_credit: credit.to_owned(), currency: "USD".to_owned() };
            judged_credit(&balance).map(|l| l.result)
        };
        assert_eq!(level("400.00"), Some(Level::Ok));
        assert_eq!(level("9.99"), Some(Level::Warn));
        assert_eq!(level("0.00"), Some(Level::Fail));
        assert_eq!(level(""), None);
    }

    #[test]
    fn a_profile_must_be_on_and_send_its_webhooks_here() {
        let profile =
            |enabled, url: Option<&str>| Ok(Some(Profile { enabled, webhook_url: url.map(str::to_owned) }));
        let ours = Some("https://a.example/webhooks/telnyx/sms");
        let level = |answer, hooks| judged_profile(&answer, hooks).result;
        assert_eq!(level(profile(true, ours), ours), Level::Ok);
        assert_eq!(level(profile(true, ours), None), Level::Ok);
        assert_eq!(level(profile(true, Some("https://b.example/x")), ours), Level::Warn);
        assert_eq!(level(profile(true, None), None), Level::Warn);
        assert_eq!(level(profile(false, ours), ours), Level::Fail);
        assert_eq!(level(Ok(None), ours), Level::Fail);
        assert_eq!(level(Err(rejected(403)), ours), Level::Warn);
    }

    #[test]
    fn an_agencys_number_that_is_gone_is_named_and_what_was_not_asked_is_counted() {
        let number = || Asked::Number(TenantId::new("red"), E164::parse("+12025550110").unwrap());
        let gone = judged_agencies(&[(number(), Ok(true))], 1);
        assert_eq!(
            (gone.result, gone.found.as_str()),
            (Level::Fail, "not there or not active: red: number ***0110")
        );
        assert_eq!(judged_agencies(&[(number(), Ok(false))], 1).result, Level::Ok);
        let some = judged_agencies(&[(number(), Ok(false)), (number(), Err(rejected(500)))], 3);
        assert_eq!(
            (some.result, some.found.as_str()),
            (Level::Warn, "1 of 3 are there; 2 could not be asked for")
        );
    }

    #[test]
    fn the_sender_must_be_an_active_number_of_ours() {
        let number = E164::parse("+12025550100").unwrap();
        let own = |status: &str, profile: &str| {
            Ok(Some(OwnNumber { status: status.to_owned(), messaging_profile_id: Some(profile.to_owned()) }))
        };
        let level = |answer| judged_number(&number, &answer, "p").result;
        assert_eq!(level(own("active", "p")), Level::Ok);
        assert_eq!(level(own("active", "q")), Level::Warn);
        assert_eq!(level(own("port-pending", "p")), Level::Fail);
        assert_eq!(level(Ok(None)), Level::Fail);
    }
}
