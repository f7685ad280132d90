//! The two inboxes: events kept, worked, parked, replayed, pruned.

use fusion_comms::store::{Db, events, inbox, ingest, pruning};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::EventId;
use serde_json::json;

use super::Answers;
use crate::committed;
use crate::support::given::*;

pub(super) async fn events_in(db: &Db, said: &mut Answers) {
    // Neither the order of ids nor that of times is the order of arrival, which is the order of work.
    let group = [event("z", "call-1"), event("a", "call-1"), event("m", "call-2"), event("z", "call-1")];
    said.note("a group with one twice", store_group(db, &group).await.unwrap());
    said.note("known", store_one(db, &group[1]).await.unwrap());
    said.note("known ids", ingest::known(db, pruning::Inbox::Telnyx, &["a", "b", "z"]).await.unwrap());
    let since = async |key, s| events::came_since(db, key, "call.answered", at(s)).await.unwrap();
    said.note("of a call", [since("call-1", 0).await, since("call-1", 1).await, since("call-9", 0).await]);
    let lane = inbox::Lane::Telnyx(Channel::Voice);
    said.note("depth", inbox::depth(db, lane).await.unwrap());
    let everything = events::Filter { limit: 10, ..events::Filter::default() };
    said.note("all events", events::list(db, &everything).await.unwrap());
    for state in ["waiting", "processed", "parked"] {
        let some = events::Filter {
            state: Some(state.to_owned()),
            event_type: Some("call".to_owned()),
            since: Some(at(-60)),
            until: Some(at(60)),
            ..everything.clone()
        };
        said.note("some events", events::list(db, &some).await.unwrap());
    }
    let of_red = events::Filter { tenant: Some(agency("red")), ..everything };
    said.note("events of red", events::list(db, &of_red).await.unwrap());
}

pub(super) async fn events_worked(db: &Db, said: &mut Answers) {
    let lane = inbox::Lane::Telnyx(Channel::Voice);
    let first = inbox::claim(db, lane, "me", 1, at(1), at(11)).await.unwrap();
    said.note("the oldest", &first);
    let rest = inbox::claim(db, lane, "me", 9, at(1), at(11)).await.unwrap();
    said.note("of the other call", &rest);
    let (z, a, m) = (EventId::new("z"), EventId::new("a"), EventId::new("m"));
    committed!(db, |tx| inbox::put_off(tx, lane, &z, "no luck", at(60)));
    said.note("passed by the next", inbox::claim(db, lane, "me", 9, at(2), at(12)).await.unwrap());
    said.note("done", committed!(db, |tx| inbox::mark_done(tx, lane, &a, "me", Some(&agency("red")), at(3))));
    said.note("done once", committed!(db, |tx| inbox::mark_done(tx, lane, &a, "me", None, at(3))));
    committed!(db, |tx| inbox::park(tx, lane, &m, "poison", at(4)));
    said.note("nothing due", inbox::claim(db, lane, "me", 9, at(5), at(15)).await.unwrap());
    said.note("depth after", inbox::depth(db, lane).await.unwrap());
    said.note("one event", events::get(db, &a).await.unwrap());
    said.note("no event", events::get(db, &EventId::new("nobody")).await.unwrap());
    said.note("replayed", committed!(db, |tx| events::replay(tx, &m, at(6))));
    inbox::claim(db, lane, "gone", 9, at(7), at(700)).await.unwrap();
    said.note("taken back", inbox::take_back(db, "gone").await.unwrap());

    // A failed event that is due again, and the lease of the one that passed it has run out.
    store_group(db, &[event("p", "call-4"), event("q", "call-4")]).await.unwrap();
    inbox::claim(db, lane, "me", 9, at(7), at(17)).await.unwrap();
    committed!(db, |tx| inbox::put_off(tx, lane, &EventId::new("p"), "no luck", at(9)));
    inbox::claim(db, lane, "gone", 9, at(8), at(18)).await.unwrap();
    said.note("the older of the two", inbox::claim(db, lane, "me", 9, at(19), at(29)).await.unwrap());

    let gather = ingest::NewEvent { event_type: "call.gather.ended".to_owned(), ..event("g", "call-3") };
    store_one(db, &gather).await.unwrap();
    committed!(db, |tx| inbox::park(tx, lane, &gather.id, "poison", at(8)));
    said.note("parked gathers", committed!(db, |tx| inbox::parked_gathers(tx, "call-3")));
    committed!(db, |tx| inbox::clear_digits(tx, &gather.id, &json!({"digits": ""})));
    said.note("cleared", committed!(db, |tx| inbox::parked_gathers(tx, "call-3")));
    said.note("not replayed without digits", committed!(db, |tx| events::replay(tx, &gather.id, at(9))));
    said.note("deleted", committed!(db, |tx| events::delete(tx, &gather.id)));
    said.note("deleted once", committed!(db, |tx| events::delete(tx, &gather.id)));
}

pub(super) async fn old_events(db: &Db, said: &mut Answers) {
    let late = at(1000);
    for inbox in pruning::Inbox::ALL {
        said.note("bodies", pruning::with_body(db, inbox, late).await.unwrap());
        said.note("emptied", pruning::empty_some(db, inbox, late, at(2000)).await.unwrap());
        said.note("emptied once", pruning::empty_some(db, inbox, late, at(2000)).await.unwrap());
        said.note("keys", pruning::without_body(db, inbox, late).await.unwrap());
    }
    let emptied = EventId::new("a");
    said.note("an emptied event", events::get(db, &emptied).await.unwrap());
    said.note("not replayed without a body", committed!(db, |tx| events::replay(tx, &emptied, at(2001))));
    for inbox in pruning::Inbox::ALL {
        said.note("forgotten", pruning::forget_some(db, inbox, late).await.unwrap());
        said.note("forgotten once", pruning::forget_some(db, inbox, late).await.unwrap());
    }
}

pub(super) async fn stripe_events(db: &Db, said: &mut Answers) {
    let new = ingest::NewStripeEvent {
        id: EventId::new("evt_1"),
        event_type: "checkout.session.completed".to_owned(),
        account: Some("acct_red".to_owned()),
        order_key: Some("cs_1".to_owned()),
        occurred_at: Some(at(0)),
        received_at: at(0),
        raw: json!({"id": "evt_1"}),
        verified_by: Some(inbox::BY_BACKFILL.to_owned()),
    };
    said.note("stored", ingest::store_stripe(db, &new).await.unwrap());
    said.note("stored once", ingest::store_stripe(db, &new).await.unwrap());
    said.note("known", ingest::known(db, pruning::Inbox::Stripe, &["evt_0", "evt_1"]).await.unwrap());
    said.note("waits", inbox::depth(db, inbox::Lane::Stripe).await.unwrap());
    let claimed = inbox::claim(db, inbox::Lane::Stripe, "me", 5, at(1), at(11)).await.unwrap();
    said.note("claimed", &claimed);
    committed!(db, |tx| inbox::put_off(tx, inbox::Lane::Stripe, &new.id, "no luck", at(3)));
    said.note("not due", inbox::claim(db, inbox::Lane::Stripe, "me", 5, at(2), at(12)).await.unwrap().len());
    said.note("due", inbox::claim(db, inbox::Lane::Stripe, "me", 5, at(4), at(14)).await.unwrap());
    let done = committed!(db, |tx| inbox::mark_done(
        tx,
        inbox::Lane::Stripe,
        &new.id,
        "me",
        Some(&agency("red")),
        at(5)
    ));
    said.note("done", done);
    let another = ingest::NewStripeEvent { id: EventId::new("evt_2"), received_at: at(7), ..new };
    ingest::store_stripe(db, &another).await.unwrap();
    committed!(db, |tx| inbox::park(tx, inbox::Lane::Stripe, &another.id, "another account", at(8)));
    let all = events::Filter { limit: 9, channel: Some("stripe".to_owned()), ..events::Filter::default() };
    for filter in [
        events::Filter { oldest_first: true, ..all.clone() },
        events::Filter { event_type: Some("checkout.session".to_owned()), ..all.clone() },
        events::Filter { state: Some("parked".to_owned()), ..all.clone() },
        events::Filter { error: Some("ANOTHER".to_owned()), ..all.clone() },
        events::Filter { key: Some("cs_1".to_owned()), ..all.clone() },
        events::Filter { tenant: Some(agency("red")), limit: 1, ..events::Filter::default() },
    ] {
        said.note("events of Stripe", events::list(db, &filter).await.unwrap());
    }
    said.note("one of Stripe", events::get(db, &another.id).await.unwrap());
    said.note("replayed", committed!(db, |tx| events::replay(tx, &another.id, at(9))));
    said.note("waits again", events::get(db, &another.id).await.unwrap());
    said.note("deleted", committed!(db, |tx| events::delete(tx, &another.id)));
    said.note("deleted once", committed!(db, |tx| events::delete(tx, &another.id)));
}
