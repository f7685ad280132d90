//! The rows that a story is told from: each question by each of its keys, of all agencies and of one.

use fusion_comms::store::story::{self, Window};
use fusion_comms::store::{Db, calls, events, outbox, queue};
use fusion_comms_core::ids::{CallControlId, TenantId};
use fusion_comms_core::story::{Fact, Why};
use serde_json::json;

use super::Answers;
use crate::committed;
use crate::support::given::*;

/// Facts without what each engine says in its own way: its clock, and who typed at its prompt.
fn told(facts: &[Fact]) -> Vec<String> {
    let words = |f: &Fact| f.words().split(", by ").next().unwrap_or_default().to_owned();
    let mut told: Vec<String> =
        facts.iter().map(|f| format!("{:?} {} {}", f.tenant, f.table(), words(f))).collect();
    // The history's clock is the database's own, so that rows of the same moment may come in either order.
    told.sort();
    told
}

pub(super) async fn of_everything(db: &Db, said: &mut Answers) {
    let (red, nobody) = (agency("red"), agency("nobody"));
    let ids = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let reasons = [Why::HungUp, Why::TransferFailed { cause: "user_busy".to_owned() }];
    committed!(db, |tx| calls::explain_step(tx, &CallControlId::new("v3:one"), "cause", &reasons));
    committed!(db, |tx| calls::explain_step(tx, &CallControlId::new("v3:one"), "cause", &[]));
    let order = json!({"fax_id": "fax-1", "tenant_id": "red", "s3_key": "k"}).to_string();
    queue::send(db, "of the story", &order, at(9)).await.unwrap();
    let mut all = 0;
    for of in [None, Some(&red), Some(&nobody)] {
        let found = each(db, of, &ids).await;
        all += if of.is_none() { found.len() } else { 0 };
        if of == Some(&nobody) {
            assert!(
                found.iter().all(|f| f.tenant.as_ref() != Some(&red)),
                "another agency's: {:?}",
                told(&found)
            );
        }
        said.note("the rows of a story", told(&found));
    }
    assert!(all > 20, "only {all} rows were found: the questions ask for nothing");
    said.note("a body", story::body(db, "evt_1").await.unwrap());
    said.note("no body", story::body(db, "nobody").await.unwrap());
}

async fn each(db: &Db, of: Option<&TenantId>, ids: &impl Fn(&[&str]) -> Vec<String>) -> Vec<Fact> {
    let people: Vec<String> = (0..100).map(|xx| phone(xx).expose().to_owned()).collect();
    let (bills, calls) = (ids(&["1042", "1043"]), ids(&["v3:one", "session-1"]));
    let keys = ids(&["call-1", "call-2", "cs_1"]);
    let mut found = Vec::new();
    found
        .extend(story::events(db, story::EVENTS_BY_ID, &ids(&["a", "z"]), Window::ever(), of).await.unwrap());
    let hour = Window { from: at(-60), until: at(3600) };
    found.extend(story::events(db, story::EVENTS_BY_KEY, &keys, hour, of).await.unwrap());
    found.extend(story::open_events(db, "voice", of).await.unwrap().into_iter().map(|(f, _)| f));
    found.extend(story::stripe_events(db, story::STRIPE_BY_ID, &ids(&["evt_1"]), of).await.unwrap());
    found.extend(story::stripe_events(db, story::STRIPE_BY_KEY, &keys, of).await.unwrap());
    for (by, list) in
        [(story::CALLS_BY_ID, &calls), (story::CALLS_BY_PHONE, &people), (story::CALLS_BY_STATEMENT, &bills)]
    {
        found.extend(story::calls(db, by, list, of).await.unwrap());
    }
    found.extend(story::steps(db, &calls, of).await.unwrap());
    found.extend(story::effects(db, story::EFFECTS_BY_CAUSE, &ids(&["cause", "a"]), of).await.unwrap());
    let effects: Vec<String> = found.iter().filter_map(|f| f.id().map(str::to_owned)).collect();
    found.extend(story::effects(db, story::EFFECTS_BY_ID, &effects, of).await.unwrap());
    for (by, list) in [
        (story::TEXTS_BY_ID, &effects),
        (story::TEXTS_BY_STATEMENT, &bills),
        (story::TEXTS_BY_PHONE, &people),
    ] {
        found.extend(story::texts(db, by, list, of).await.unwrap());
    }
    found.extend(story::opt_outs(db, &people, of).await.unwrap());
    found.extend(story::ledger_changes(db, &people, of).await.unwrap());
    found.extend(story::consents(db, &people, of).await.unwrap());
    found.extend(story::wrong_numbers(db, &people, of).await.unwrap());
    found.extend(story::statements(db, &bills, of).await.unwrap());
    for (by, list) in [
        (story::SESSIONS_BY_ID, &ids(&["cs_1", "cs_2"])),
        (story::SESSIONS_BY_CALL, &calls),
        (story::SESSIONS_BY_STATEMENT, &bills),
        (story::SESSIONS_BY_PAYMENT, &ids(&["pi_1"])),
    ] {
        found.extend(story::sessions(db, by, list, of).await.unwrap());
    }
    let faxes = ids(&["fax-1", "fax-2", "f1", "f2"]);
    found.extend(story::faxes(db, story::FAXES_BY_ID, &faxes, of).await.unwrap());
    found.extend(story::faxes(db, story::FAXES_BY_PHONE, &people, of).await.unwrap());
    found.extend(story::queued(db, "fax-1", of).await.unwrap());
    let subjects: Vec<String> = people.iter().chain(&faxes).chain(&calls).cloned().collect();
    found.extend(story::tasks(db, &subjects, of).await.unwrap());
    found.extend(story::incidents(db, &subjects, of).await.unwrap());
    found.extend(story::audit(db, &subjects, of).await.unwrap());
    found
}

pub(super) async fn events_chosen(db: &Db, said: &mut Answers) {
    let all = events::Filter { limit: 20, ..events::Filter::default() };
    for filter in [
        events::Filter { oldest_first: true, ..all.clone() },
        events::Filter { channel: Some("voice".to_owned()), ..all.clone() },
        events::Filter { channel: Some("fax".to_owned()), ..all.clone() },
        events::Filter { error: Some("POIS".to_owned()), ..all.clone() },
        events::Filter { error: Some("po%n".to_owned()), ..all.clone() },
        events::Filter { key: Some("call-2".to_owned()), ..all.clone() },
        events::Filter { key: Some("v3:one".to_owned()), ..all },
    ] {
        said.note("events chosen", events::list(db, &filter).await.unwrap());
    }
}

pub(super) async fn done_once_more(db: &Db, said: &mut Answers) {
    let effect = outbox::NewEffect {
        id: fusion_comms_core::ids::derived_id("again", "fetch"),
        lane: outbox::Lane::Fax,
        kind: "fax_fetch",
        order_key: "fax:again".to_owned(),
        cause_id: "again".to_owned(),
        tenant: Some(agency("red")),
        payload: json!({"fax_id": "again"}),
        expires_at: Some(at(10)),
        held_until: None,
    };
    let id = effect.id.to_string();
    committed!(db, |tx| outbox::push(tx, &effect, at(0)));
    said.note("an effect", outbox::find(db, &id).await.unwrap());
    said.note("no effect", outbox::find(db, "nobody").await.unwrap());
    said.note("it waits already", committed!(db, |tx| outbox::again(tx, &id, at(99), at(1))));
    committed!(db, |tx| outbox::mark_done(tx, &id, at(2)));
    said.note("done", outbox::find(db, &id).await.unwrap());
    said.note("once more", committed!(db, |tx| outbox::again(tx, &id, at(99), at(3))));
    let claimed = outbox::claim(db, outbox::Lane::Fax, "me", 9, at(20), at(30)).await.unwrap();
    said.note("claimed after its first time was over", claimed.iter().any(|c| c.id == id));
    committed!(db, |tx| outbox::mark_done(tx, &id, at(21)));
    said.note("what it caused", events::effects(db, "again").await.unwrap());
}
