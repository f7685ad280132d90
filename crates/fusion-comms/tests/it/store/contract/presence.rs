//! What the processes tell about themselves.

use fusion_comms::store::instances::{self, Instance, Minute};
use fusion_comms::store::{Db, inbox};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::EventId;

use super::Answers;
use crate::committed;
use crate::support::given::*;

pub(super) async fn instances_and_minutes(db: &Db, said: &mut Answers) {
    let mut one = Instance {
        name: "host:8080".to_owned(),
        role: "all".to_owned(),
        version: "0.1.0".to_owned(),
        telnyx_keys: "0123456789abcdef".to_owned(),
        stripe_secrets: Some("fedcba9876543210".to_owned()),
        workers_run: true,
        started_at: at(0),
        seen_at: at(1),
        stopped_at: None,
    };
    let minute = |outcome, n, oldest_s| Minute { minute: at(0), channel: "sms", outcome, n, oldest_s };
    instances::tell(db, &one, &[minute("known", 3, 60), minute("stored", 1, 2)]).await.unwrap();
    let all = ["known", "unsigned", "stale", "wrong_signature", "unreadable", "failed"];
    (one.seen_at, one.stopped_at) = (at(20), Some(at(20)));
    instances::tell(db, &one, &all.map(|outcome| minute(outcome, 2, 5))).await.unwrap();
    said.note("one instance", instances::list(db).await.unwrap());
    said.note("its minutes together", instances::traffic(db, at(0)).await.unwrap());
    let of_stripe = |outcome, n| Minute { minute: at(120), channel: "stripe", outcome, n, oldest_s: 0 };
    let minutes = [
        of_stripe("stale", 1),
        of_stripe("wrong_signature", 4),
        of_stripe("known", 2),
        of_stripe("unsigned", 9),
    ];
    instances::tell(db, &one, &minutes).await.unwrap();
    said.note("refused since", instances::signatures(db, "stripe", at(179)).await.unwrap());
    said.note("not refused since", instances::signatures(db, "stripe", at(180)).await.unwrap());
    said.note("nothing later", instances::traffic(db, at(180)).await.unwrap());
    let lane = inbox::Lane::Telnyx(Channel::Voice);
    inbox::claim(db, lane, "me", 1, at(1), at(2)).await.unwrap();
    committed!(db, |tx| inbox::put_off(tx, lane, &EventId::new("z"), "no luck", at(1)));
    said.note("what fails", instances::troubles(db, at(-60)).await.unwrap());
    instances::forget(db, at(130)).await.unwrap();
    instances::tell(db, &one, &[]).await.unwrap();
    said.note("forgotten minutes", instances::traffic(db, at(0)).await.unwrap());
    instances::forget(db, at(21)).await.unwrap();
    said.note("forgotten instances", instances::list(db).await.unwrap());
}
