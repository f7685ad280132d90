//! Consent kept: no text after a STOP, no STOP missed. An agency that texted after an opt-out is frozen at once.

use fusion_comms_core::envelope::{self, AutoResponse, Channel, TelnyxBody};
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::{self, Label};
use fusion_comms_core::time::Timestamp;

use super::now;
use super::place::Place;
use super::report::Line;
use crate::breaches::{self, Found};
use crate::cli::output::count;
use crate::store::checkup_texts::{self as texts, Unanswered};
use crate::store::{Db, StoreError, freezes, restores};

/// How far back is looked, as the workers do every day.
const SINCE_S: i64 = 30 * 24 * 3600;
const AT_MOST: i64 = 20_000;
/// The actor of a freeze.
const DOCTOR: &str = "doctor";

pub(super) async fn violations(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let now = now();
    let Found { open, looked_into, late, .. } = breaches::find(db, now.plus_s(-SINCE_S), now).await?;
    let tried = "compared the texts handed over in the last 30 days with the opt-outs that stood then";
    let name = "consent.violations";
    let line = if open.is_empty() {
        let found = match looked_into {
            0 => "no text was handed over after an opt-out".to_owned(),
            n => format!("none that has not been looked into ({n} from before the last unfreeze)"),
        };
        Line::ok(name, tried, found)
    } else {
        let frozen = breaches::freeze(db, &open, DOCTOR, now).await?;
        let first = &open[0];
        let agencies = names(&frozen);
        let found = format!(
            "{} handed over after an opt-out (text {} on {}); sending of {agencies} is FROZEN",
            count(open.len(), "text"),
            first.text,
            first.at
        );
        Line::fail(name, tried, found).then(
            "the law is broken: from now on these agencies send only STOP confirmations and answers to HELP",
            format!(
                "tell compliance at once; `fusion-comms opt-out evidence` of the number; when the cause is gone: \
                 fusion-comms tenant unfreeze {} --reason WHY",
                first.tenant.as_ref().map_or("ID", TenantId::as_str)
            ),
            "§10",
        )
    };
    let mut lines = vec![line];
    if let Some(first) = late.first() {
        let tried = "looked for texts between a revocation's receipt and its record";
        let found = format!(
            "{} in the last 30 days (first: text {} to {} on {})",
            count(late.len(), "text"),
            first.text,
            first.to.masked(),
            first.at
        );
        lines.push(Line::warn("consent.late", tried, found).then(
            "the revocation reached the ledger after the text had left: a late webhook, or a person who read it later",
            "see how long webhooks were kept waiting (`fusion-comms events list`), and texts to read (§12)",
            "§10",
        ));
    }
    Ok(lines)
}

fn names(frozen: &[TenantId]) -> String {
    let names: Vec<&str> = frozen.iter().map(TenantId::as_str).collect();
    if names.is_empty() { "no agency (the text was in nobody's name)".to_owned() } else { names.join(", ") }
}

pub(super) async fn missed_stops(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let since = now().plus_s(-SINCE_S);
    let tried = "read the texts of the last 30 days again, and looked for the opt-out of each that says STOP";
    let name = "consent.missed_stops";
    let kept = texts::texts_without_opt_out(db, since, AT_MOST).await?;
    let missed: Vec<&Unanswered> = kept.iter().filter(|t| is_stop(t)).collect();
    let lost = lost_events(db, since).await?;
    let n = missed.len() + lost.len();
    let Some((what, command)) = next(&missed, &lost) else {
        return Ok(vec![Line::ok(name, tried, "each STOP of the last 30 days has its opt-out")]);
    };
    Ok(vec![Line::fail(name, tried, format!("{} without an opt-out: {what}", count(n, "STOP"))).then(
        "people who asked for no more texts can still be texted",
        format!("opt them out now: {command}; then find out why: the event's route, a rule that has changed, a hand in the ledger"),
        "§7",
    )])
}

/// By our reading or by Telnyx's. A sender that is no phone number gets no opt-out, and goes before a person.
fn is_stop(text: &Unanswered) -> bool {
    let by_telnyx = || {
        let event = text.event.as_ref().map(|raw| envelope::telnyx(Channel::Sms, raw, b"").body);
        matches!(event, Some(TelnyxBody::TextReceived(t)) if t.autoresponse == Some(AutoResponse::Stop))
    };
    E164::parse(&text.from).is_ok() && (sms::read(&text.body).label == Label::Stop || by_telnyx())
}

/// A STOP of which there is an event and no text: by which event, whose, received when.
struct Lost {
    event: String,
    channel: String,
    phone: E164,
    at: Timestamp,
}

async fn lost_events(db: &Db, since: Timestamp) -> Result<Vec<Lost>, StoreError> {
    let mut lost = Vec::new();
    for (id, channel, raw, received_at) in texts::text_events_without_text(db, since, AT_MOST).await? {
        // Whatever route it came by, it is a text.
        let TelnyxBody::TextReceived(text) = envelope::telnyx(Channel::Sms, &raw, b"").body else { continue };
        let stops =
            text.autoresponse == Some(AutoResponse::Stop) || sms::read(&text.text).label == Label::Stop;
        let Some(phone) = text.from.e164().filter(|_| stops) else { continue };
        let at = text.received_at.unwrap_or(received_at).min(received_at);
        if !texts::was_opted_out_since(db, &phone, at).await? {
            lost.push(Lost { event: id.to_string(), channel, phone, at });
        }
    }
    Ok(lost)
}

fn next(missed: &[&Unanswered], lost: &[Lost]) -> Option<(String, String)> {
    if let Some(text) = missed.first() {
        let who = text.tenant.as_ref().map_or("no agency", TenantId::as_str);
        let what = format!("text {} of {} to {who}", text.id, text.received_at);
        let commands: Vec<String> = missed
            .iter()
            .take(5)
            .map(|t| format!("fusion-comms text review {} --as stop --reason \"missed STOP\"", t.id))
            .collect();
        return Some((what, commands.join("; ")));
    }
    let first = lost.first()?;
    let what = format!(
        "event {} of {} came by the {} route and was not read as a text",
        first.event, first.at, first.channel
    );
    let commands: Vec<String> = lost
        .iter()
        .take(5)
        .map(|l| {
            format!("fusion-comms opt-out add {} --tenant ID --reason \"missed STOP\"", l.phone.expose())
        })
        .collect();
    Some((what, commands.join("; ")))
}

/// A restore that waits for `backfill` holds every text.
pub(super) async fn restored(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let tried = "looked for a restore whose gap has not been asked for";
    let name = "consent.restored";
    let open = restores::open(db).await?;
    let Some(oldest) = open.first() else { return Ok(vec![Line::ok(name, tried, "no restore waits")]) };
    let since = oldest.backup_at;
    let found = format!(
        "restored from a backup of {since}; no text leaves until `fusion-comms backfill --since {since}` has run"
    );
    Ok(vec![Line::fail(name, tried, found).then(
        "a STOP that came after the backup may be missing, so that every text is held",
        format!("fusion-comms backfill --since {since}"),
        "§14",
    )])
}

pub(super) async fn frozen(_: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let tried = "looked for agencies whose sending is frozen";
    let standing = freezes::list(db).await?;
    let Some(first) = standing.first() else {
        return Ok(vec![Line::ok("consent.frozen", tried, "no agency is frozen")]);
    };
    let one =
        |f: &freezes::Freeze| format!("{} since {} by {}: {}", f.tenant, f.frozen_at, f.actor, f.reason);
    let words: Vec<String> = standing.iter().map(one).collect();
    Ok(vec![Line::warn("consent.frozen", tried, words.join("; ")).then(
        "only STOP confirmations and answers to HELP leave; callers who ask for a link are transferred",
        format!("when the cause is gone: fusion-comms tenant unfreeze {} --reason WHY", first.tenant),
        "§10",
    )])
}
