//! Small makers of what the tests put into the store.

use fusion_comms::gate;
use fusion_comms::store::db::Result;
use fusion_comms::store::ingest::{self, NewEvent, Reach, Stop, Stored};
use fusion_comms::store::menu::Menu;
use fusion_comms::store::messages::{Class, Outbound};
use fusion_comms::store::tenants::{Number, Purpose, Tenant};
use fusion_comms::store::{Db, Tx, ledger, outbox, tenants};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{EventId, MessageId, TenantId, derived_id};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::scope::Scope;
use fusion_comms_core::time::Timestamp;
use serde_json::json;

/// The moment of the tests plus that many seconds.
pub fn at(s: i64) -> Timestamp {
    Timestamp::parse("2026-03-03T15:00:00Z").unwrap().plus_s(s)
}

/// `+1 202 555 01xx`.
pub fn phone(xx: u8) -> E164 {
    E164::parse(&format!("+120255501{xx:02}")).unwrap()
}

/// The number that texts leave from where an agency has none.
/// A STOP binds the agencies of its number.
pub fn reach() -> Reach {
    Reach { default_number: default_number(), scope: Scope::default() }
}

pub fn default_number() -> E164 {
    phone(99)
}

pub fn agency(id: &str) -> TenantId {
    TenantId::new(id)
}

/// An event of a call, all of whose events have the order key `key`.
pub fn event(id: &str, key: &str) -> NewEvent {
    NewEvent {
        id: EventId::new(id),
        event_type: "call.answered".to_owned(),
        channel: Channel::Voice,
        order_key: Some(key.to_owned()),
        occurred_at: Some(at(0)),
        received_at: at(0),
        raw: json!({"data": {"id": id}}),
        verified_by: "key".to_owned(),
        stop: None,
        settled: false,
    }
}

/// A STOP from a person to a number of ours.
pub fn stop(id: &str, person: &E164, number: &E164, received: Timestamp) -> NewEvent {
    NewEvent {
        event_type: "message.received".to_owned(),
        channel: Channel::Sms,
        received_at: received,
        stop: Some(Stop { phone: person.clone(), number: Some(number.clone()), at: received }),
        ..event(id, id)
    }
}

pub async fn store_one(db: &Db, event: &NewEvent) -> Result<Stored> {
    ingest::store_one(db, event, &reach()).await
}

pub async fn store_group(db: &Db, group: &[NewEvent]) -> Result<Vec<Stored>> {
    ingest::store_group(db, group, &reach()).await
}

/// Writes in one unit of work and commits it.
#[macro_export]
macro_rules! committed {
    ($db:expr, |$tx:ident| $body:expr) => {{
        let mut unit = $db.begin().await.unwrap();
        let result = {
            let $tx = &mut unit;
            $body.await.unwrap()
        };
        unit.commit().await.unwrap();
        result
    }};
}

/// An agency that texts from `sms_number`, or from the default number.
pub async fn add_agency(db: &Db, id: &str, sms_number: Option<&E164>) -> TenantId {
    let tenant = Tenant {
        id: agency(id),
        name: format!("Agency {id}"),
        billing_phone: phone(90),
        stripe_account: Some(format!("acct_{id}")),
        timezone: "America/New_York".to_owned(),
        messaging_profile: None,
        menu: Menu::default(),
        lift_by_two: false,
    };
    committed!(db, |tx| tenants::add(tx, &tenant, at(0)));
    if let Some(number) = sms_number {
        let number = Number {
            phone: number.clone(),
            purpose: Purpose::Sms,
            tenant: tenant.id.clone(),
            forward_to: None,
        };
        committed!(db, |tx| tenants::put_number(tx, &number));
    }
    tenant.id
}

/// A payment link's text.
pub fn link_text(name: &str, tenant: &TenantId, from: &E164, to: &E164) -> Outbound {
    Outbound {
        id: MessageId::new(derived_id(name, "text").to_string()),
        tenant: Some(tenant.clone()),
        from: from.clone(),
        to: to.clone(),
        body: "Pay here".to_owned(),
        class: Class::PaymentLink,
        statement_id: Some("1042".to_owned()),
        call: None,
        cause_id: name.to_owned(),
        asked_at: None,
        request: format!("{{\"text\":\"{name}\"}}"),
    }
}

/// Passes a text through the gate into the queue.
pub async fn queue_text(db: &Db, text: &Outbound) -> gate::Decision {
    committed!(db, |tx| gate::queue(tx, text, outbox::Lane::Link, at(3600), at(1)))
}

/// What forbids a text, as the gate asks for it.
pub async fn standing(db: &Db, tenant: Option<&TenantId>, person: &E164) -> Option<ledger::OptOut> {
    committed!(db, |tx| ledger::standing(tx, tenant, person))
}

/// Records an opt-out as an administrator at the command line does.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    person: &E164,
    source: ledger::Source,
    since: Timestamp,
) -> Result<bool> {
    ledger::put(tx, tenant, person, source, since).await
}
