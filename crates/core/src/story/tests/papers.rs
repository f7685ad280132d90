//! Statements, faxes, events, and what nobody knows.

use super::*;

#[test]
fn a_statement_says_what_stands_between_it_and_a_payment() {
    for (facts, code) in [
        (vec![statement("on_hold", 900, true)], "statement_on_hold"),
        (vec![statement("open", 0, true)], "nothing_due"),
        (vec![statement("open", 900, false)], "no_account"),
        (vec![statement("open", 900, true), What::Session(session("cs_1", "expired"))], "link_expired"),
        (vec![statement("open", 900, true), What::Session(session("cs_1", "open"))], "link_open"),
        (vec![statement("paid", 900, true), What::Session(session("cs_1", "mismatch"))], "payment_mismatch"),
        (
            vec![
                statement("paid", 900, true),
                What::Session(session("cs_1", "complete")),
                What::Session(session("cs_2", "complete")),
            ],
            "paid_twice",
        ),
        (vec![statement("paid", 900, true), What::Session(session("cs_1", "complete"))], "none"),
    ] {
        assert_eq!(first(STATEMENT, facts.into_iter().map(|w| of(0, w)).collect()).0, code);
    }
}

#[test]
fn an_open_link_may_be_paid_where_stripes_webhooks_were_refused_as_a_rule() {
    let facts = |refused, taken, status| {
        let refusals = Refusals { channel: "stripe".to_owned(), since: at(0), refused, taken };
        vec![
            of(0, statement("open", 900, true)),
            of(0, What::Session(session("cs_1", status))),
            of(60, What::Refusals(refusals)),
        ]
    };
    let (code, cause) = first(STATEMENT, facts(4, 1, "open"));
    assert_eq!(code, "stripe_refused");
    assert!(cause.starts_with("of Stripe's webhooks 4 were refused"), "{cause}");
    // A stranger's, or few among many.
    for (refused, taken) in [(2, 0), (4, 5)] {
        let told = tell(STATEMENT, facts(refused, taken, "open"), at(600)).unwrap();
        assert!(
            told.is_well() && told.findings.iter().any(|f| f.code == "stripe_refused"),
            "{:?}",
            told.findings
        );
    }
    assert_eq!(first(STATEMENT, facts(4, 1, "complete")).0, "none");
}

#[test]
fn what_hindered_a_statement_before_it_was_paid_is_a_note() {
    let failed = Text { error: Some("40008 x".to_owned()), ..text("failed", "payment_link") };
    let facts = vec![
        of(0, statement("paid", 900, true)),
        of(1, What::Text(failed)),
        of(30, What::Session(session("cs_1", "complete"))),
    ];
    let told = tell(STATEMENT, facts, at(600)).unwrap();
    assert!(told.is_well(), "{:?}", told.findings);
    assert!(told.findings[0].cause.starts_with("before it was paid: the text"));
}

#[test]
fn a_fax_says_at_which_stage_it_stays_and_why() {
    let fetch = |error| What::Effect(effect("fax_fetch", State::Waiting, error));
    let given_up = What::Effect(effect("fax_fetch", State::Parked, Some("the media is larger than allowed")));
    let expired = Some("the media link has expired");
    let bucket = Some("the bucket cannot be reached, or has a fault");
    for (facts, code, words) in [
        (
            vec![What::Fax(fax("failed", Some("sender_call_dropped")))],
            "fax_broke_off",
            "at the sender: the sender's machine hung up",
        ),
        (
            vec![What::Fax(fax("failed", Some("the media is larger than allowed"))), given_up],
            "fax_fetch_failed",
            "could not be downloaded",
        ),
        (
            vec![What::Fax(fax("receiving", expired)), fetch(expired)],
            "fax_download_fails",
            "has expired; tried 3 times",
        ),
        (
            vec![What::Fax(fax("receiving", bucket)), fetch(bucket)],
            "fax_storing_fails",
            "downloaded and cannot be stored",
        ),
        (vec![What::Fax(fax("receiving", None)), fetch(None)], "fax_not_fetched", "nobody has fetched it"),
        (vec![What::Fax(fax("receiving", None))], "fax_receiving", "has not told us"),
        (
            vec![What::Fax(fax("received", None))],
            "fax_waiting",
            "waits for a worker since 2026-11-03 14:02 UTC (10 minutes)",
        ),
        (
            vec![What::Fax(fax("unreadable", Some("encrypted")))],
            "fax_unreadable",
            "cannot be read: encrypted",
        ),
        (
            vec![What::Fax(Fax {
                reasons: vec!["no patient found".to_owned()],
                ..fax("needs_review", None)
            })],
            "fax_needs_review",
            "no patient found",
        ),
        (vec![What::Fax(fax("classified", None))], "none", ""),
    ] {
        let (said, cause) = first(FAX, facts.into_iter().map(|w| of(0, w)).collect());
        assert_eq!(said, code, "{cause}");
        assert!(cause.contains(words), "`{words}` is not in `{cause}`");
    }
    let waits = Queued { receives: 2, visible_at: at(1) };
    assert_eq!(
        first(FAX, vec![of(0, What::Fax(fax("received", None))), of(0, What::Queued(waits))]).0,
        "fax_reading"
    );
    let incident = Incident { id: "i".to_owned(), kind: "fax_wrong_patient".to_owned(), closed_at: None };
    assert_eq!(
        first(FAX, vec![of(0, What::Fax(fax("unreadable", None))), of(9, What::Incident(incident))]).0,
        "fax_wrong_case"
    );
}

#[test]
fn an_event_says_whether_it_was_tried_given_up_or_worked() {
    for (event, code) in [
        (event(State::Parked, 8, Some("poison")), "event_parked"),
        (event(State::Waiting, 2, Some("no call of this id yet")), "event_failing"),
        (event(State::Waiting, 0, None), "event_untried"),
        (Event { stop_pending: true, ..event(State::Waiting, 0, None) }, "stop_pending"),
        (Event { digits_cleared: true, ..event(State::Done, 1, None) }, "digits_cleared"),
        (event(State::Done, 1, None), "none"),
    ] {
        assert_eq!(first(EVENT, vec![of(0, What::Event(event))]).0, code);
    }
    let left = tell(
        EVENT,
        vec![of(
            0,
            What::Effect(Effect { cause: "event-1".to_owned(), ..effect("text", State::Done, None) }),
        )],
        at(1),
    );
    assert!(left.unwrap().ended.contains("the event's own row is gone"));
}

#[test]
fn what_nobody_knows_is_no_story_and_says_what_that_means() {
    for subject in [CALL, PHONE, STATEMENT, FAX, EVENT] {
        assert!(tell(subject, vec![], at(0)).is_none());
        let (cause, next) = unknown(subject);
        assert!(!cause.is_empty() && !next.is_empty());
    }
    assert!(unknown(FAX).0.contains("Telnyx never reached us") && unknown(FAX).1.contains("priority 7"));
}

#[test]
fn facts_of_one_moment_are_told_in_the_order_of_cause_and_no_debug_shows_a_number() {
    let facts = vec![
        of(0, step("MENU", "DONE", &[])),
        of(0, What::Call(call())),
        of(0, What::Event(event(State::Done, 1, None))),
    ];
    let told = tell(CALL, facts, at(1)).unwrap();
    let tables: Vec<&str> = told.facts.iter().map(Fact::table).collect();
    assert_eq!(tables, ["telnyx_events", "telnyx_calls", "telnyx_call_steps"]);
    let refused = of(0, What::Text(text("failed", "payment_link")));
    let told = tell(PHONE, vec![refused], at(1)).unwrap();
    assert!(!format!("{:?}{:?}", told.facts, told.findings).contains("2025550147"));
}

#[test]
fn a_link_that_is_open_beside_a_paid_one_says_that_it_could_be_paid_too() {
    let open = of(0, What::Session(session("cs_1", "open")));
    let paid = of(60, What::Session(session("cs_2", "complete")));
    let (code, cause) = first(STATEMENT, vec![open.clone(), paid]);
    assert_eq!((code, cause.contains("a second time")), ("link_open", true), "{cause}");
    assert!(first(STATEMENT, vec![open]).1.contains("is not paid yet"));
}
