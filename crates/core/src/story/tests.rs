//! From facts to causes: each cause by its own row, and the true one first.

use super::*;
use crate::ids::TenantId;

fn at(s: i64) -> Timestamp {
    Timestamp::parse("2026-11-03T14:02:00Z").unwrap().plus_s(s)
}

fn of(s: i64, what: What) -> Fact {
    Fact { at: at(s), tenant: Some(TenantId::new("ridgeline")), what }
}

fn number() -> Number {
    Number::new("+12025550147")
}

fn text(status: &str, class: &str) -> Text {
    Text {
        id: "text-1".to_owned(),
        telnyx_id: None,
        outgoing: true,
        from: Number::new("+12025550110"),
        to: number(),
        status: status.to_owned(),
        class: class.to_owned(),
        statement: Some("30458003".to_owned()),
        call: None,
        error: None,
        gate: None,
        label: None,
        review: false,
        received_at: None,
        asked_at: None,
        handed_over_at: None,
        updated_at: at(1),
        cause: None,
    }
}

fn incoming(label: &str) -> Text {
    Text {
        outgoing: false,
        from: number(),
        to: Number::new("+12025550110"),
        label: Some(label.to_owned()),
        ..text("received", "inbound")
    }
}

fn effect(kind: &str, state: State, error: Option<&str>) -> Effect {
    Effect {
        id: "effect-1".to_owned(),
        kind: kind.to_owned(),
        action: None,
        cause: "cause".to_owned(),
        state,
        settled_at: (state != State::Waiting).then(|| at(9)),
        attempts: if error.is_some() { 3 } else { 0 },
        last_error: error.map(str::to_owned),
        due_at: at(20),
        held_until: None,
        expires_at: None,
    }
}

fn event(state: State, attempts: i64, error: Option<&str>) -> Event {
    Event {
        id: "event-1".to_owned(),
        kind: "message.received".to_owned(),
        channel: "sms".to_owned(),
        occurred_at: None,
        state,
        settled_at: None,
        attempts,
        last_error: error.map(str::to_owned),
        digits_cleared: false,
        pruned: false,
        stop_pending: false,
        says: None,
    }
}

fn call() -> Call {
    Call {
        id: "v3:one".to_owned(),
        session: None,
        from: Some(number()),
        to: Some(Number::new("+12025550110")),
        state: "DONE".to_owned(),
        statement: None,
        sms_phone: None,
        deadline_at: None,
        updated_at: at(2),
    }
}

fn step(from: &str, to: &str, why: &[Why]) -> What {
    What::Step(Step {
        call: "v3:one".to_owned(),
        cause: format!("{from}{to}"),
        from: Some(from.to_owned()),
        to: to.to_owned(),
        why: why.to_vec(),
    })
}

fn fax(status: &str, error: Option<&str>) -> Fax {
    Fax {
        id: "fax-1".to_owned(),
        from: Some(number()),
        to: Some(Number::new("+12025550112")),
        status: status.to_owned(),
        doc_type: None,
        case: None,
        pages: Some(2),
        partial: false,
        stored: false,
        last_error: error.map(str::to_owned),
        reasons: vec![],
        filed_by: None,
        updated_at: at(0),
    }
}

fn session(id: &str, status: &str) -> Session {
    Session {
        id: id.to_owned(),
        account: "acct_1".to_owned(),
        statement: "30458003".to_owned(),
        call: None,
        status: status.to_owned(),
        amount_cents: 12_500,
        currency: "usd".to_owned(),
        expires_at: Some(at(86_400)),
        completed_at: (status == "complete").then(|| at(60)),
        refunded_cents: 0,
        debit_pending_since: None,
    }
}

fn statement(status: &str, amount_cents: i64, has_account: bool) -> What {
    What::Statement(Statement {
        id: "30458003".to_owned(),
        status: status.to_owned(),
        amount_cents,
        currency: "usd".to_owned(),
        has_account,
    })
}

fn change(change: &str, actor: &str) -> What {
    What::LedgerChange(LedgerChange {
        phone: number(),
        change: change.to_owned(),
        opted_out_at: at(0),
        source: "sms_stop".to_owned(),
        actor: actor.to_owned(),
        reason: None,
    })
}

/// Code and cause of the first finding, ten minutes after the facts.
fn first(subject: Subject<'_>, facts: Vec<Fact>) -> (&'static str, String) {
    let told = tell(subject, facts, at(600)).expect("it is known");
    told.findings.first().map_or(("none", String::new()), |f| (f.code, f.cause.clone()))
}

const CALL: Subject<'static> = Subject::Call("v3:one");
const PHONE: Subject<'static> = Subject::Phone("+12025550147");
const STATEMENT: Subject<'static> = Subject::Statement("30458003");
const FAX: Subject<'static> = Subject::Fax("fax-1");
const EVENT: Subject<'static> = Subject::Event("event-1");

#[test]
fn a_refused_text_names_number_agency_date_and_source() {
    let gate = Some("opted out on 2026-11-03T14:02:00.000000Z, source sms_stop".to_owned());
    let refused = Text { gate: gate.clone(), error: gate, ..text("refused", "payment_link") };
    assert_eq!(
        first(PHONE, vec![of(0, What::Text(refused))]),
        (
            "text_refused",
            "the text was refused: ***0147 opted out at ridgeline on 2026-11-03 14:02 UTC, source sms_stop"
                .to_owned()
        )
    );
    let why = Why::TextRefused {
        phone: "***0147".to_owned(),
        reason: "opted out on 2026-11-03T14:02:00.000000Z, source call".to_owned(),
    };
    let facts = vec![of(0, What::Call(call())), of(1, step("COLLECT_SMS_PHONE", "TRANSFER", &[why]))];
    let (code, cause) = first(CALL, facts);
    assert_eq!(code, "text_refused");
    assert!(
        cause.ends_with("***0147 opted out at ridgeline on 2026-11-03 14:02 UTC, source call"),
        "{cause}"
    );
}

#[test]
fn each_state_of_a_text_says_what_it_waits_for_or_why_it_failed() {
    let failed = |error: &str| Text { error: Some(error.to_owned()), ..text("failed", "payment_link") };
    let held = Effect {
        held_until: Some(at(4000)),
        id: "text-1".to_owned(),
        ..effect("text", State::Waiting, None)
    };
    let trying = Effect {
        id: "text-1".to_owned(),
        ..effect("text", State::Waiting, Some("Telnyx has trouble of its own (HTTP 503)"))
    };
    let gate = |words: &str| Text { gate: Some(words.to_owned()), ..text("queued", "bill_ready") };
    for (facts, code, words) in [
        (
            vec![What::Text(failed("40001 Not routable"))],
            "text_failed",
            "40001 Not routable: the number is a landline",
        ),
        (vec![What::Text(failed("40008 Undeliverable"))], "text_failed", "could not or would not deliver"),
        (vec![What::Text(failed("its time is over"))], "text_failed", "was given up: its time is over"),
        (vec![What::Text(text("unknown", "payment_link"))], "text_unknown", "never answered"),
        (
            vec![What::Text(gate("held until 08:00")), What::Effect(held)],
            "text_queued",
            "waits for the person's day",
        ),
        (
            vec![What::Text(text("queued", "payment_link")), What::Effect(trying)],
            "text_queued",
            "HTTP 503); tried 3 times",
        ),
        (vec![What::Text(text("queued", "payment_link"))], "text_queued", "lies queued since"),
        (vec![What::Text(gate("frozen since a text after a STOP"))], "text_queued", "is held: frozen"),
        (vec![What::Text(text("sending", "payment_link"))], "text_sending", "is being handed over since"),
        (vec![What::Text(text("delivered", "payment_link"))], "none", ""),
    ] {
        let (said, cause) = first(PHONE, facts.into_iter().map(|w| of(0, w)).collect());
        assert_eq!(said, code, "{cause}");
        assert!(cause.contains(words), "`{words}` is not in `{cause}`");
    }
}

#[test]
fn what_the_law_minds_goes_before_everything_else() {
    let stop = of(0, What::Text(incoming("STOP")));
    let after = Text { handed_over_at: Some(at(50)), ..text("delivered", "payment_link") };
    let out = Text { error: Some("40008 x".to_owned()), ..text("failed", "payment_link") };
    let missing = vec![stop.clone(), of(300, What::Text(out.clone()))];
    assert_eq!(first(PHONE, missing).0, "stop_missed");
    let removed = vec![
        stop.clone(),
        of(0, change("granted", "text")),
        of(40, change("lifted", "psql")),
        of(300, What::Text(out)),
    ];
    let (code, cause) = first(PHONE, removed.clone());
    assert_eq!(code, "stop_not_in_ledger");
    assert!(cause.contains("removed by hand on 2026-11-03 14:02 UTC by psql"), "{cause}");
    let mut sent = removed;
    sent.push(of(49, What::Text(after.clone())));
    let (code, cause) = first(PHONE, sent.clone());
    assert_eq!(code, "text_after_stop");
    assert!(cause.contains("removed by hand") && cause.ends_with("TCPA"), "{cause}");
    // The person's own START between the two makes the text one that they wished.
    sent.push(of(41, What::Text(incoming("START"))));
    let told = tell(PHONE, sent, at(600)).unwrap();
    assert!(told.findings.iter().all(|f| f.code != "text_after_stop"), "{:?}", told.findings);
    // Before the STOP nothing forbade it.
    let What::LedgerChange(granted) = change("granted", "text") else { panic!("a change") };
    let granted = What::LedgerChange(LedgerChange { opted_out_at: at(60), ..granted });
    let early = vec![of(60, What::Text(incoming("STOP"))), of(60, granted), of(49, What::Text(after))];
    assert_eq!(first(PHONE, early).0, "none");
}

#[test]
fn a_lift_by_start_or_by_command_is_no_wrong() {
    let stop = || vec![of(0, What::Text(incoming("STOP"))), of(0, change("granted", "text"))];
    let mut by_start = stop();
    by_start.push(of(9, change("lifted", "text")));
    assert_eq!(first(PHONE, by_start).0, "lifted_by_start");
    let mut by_command = stop();
    by_command.push(of(9, change("lifted", "ana")));
    let audit = Audit { actor: "ana".to_owned(), action: "opt_out.remove".to_owned(), subject: number() };
    by_command.push(of(9, What::Audit(audit)));
    assert_eq!(first(PHONE, by_command).0, "lifted_by_operator");
}

#[test]
fn of_a_call_the_first_that_went_wrong_is_the_cause_of_the_rest() {
    let stripe = "Stripe refused the request (HTTP 403, code account_invalid, parameter none, request none)";
    let busy = Why::TransferFailed { cause: "user_busy".to_owned() };
    let facts = vec![
        of(0, What::Call(call())),
        of(5, What::Effect(effect("checkout", State::Parked, Some(stripe)))),
        of(6, step("SENDING_LINK", "TRANSFER", &[Why::LinkRefused])),
        of(9, step("TRANSFER", "TRANSFER", std::slice::from_ref(&busy))),
    ];
    let told = tell(CALL, facts, at(600)).unwrap();
    let codes: Vec<&str> = told.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, ["stripe_failing", "transfer_failed"]);
    assert!(
        told.findings[0].cause.contains("disconnected, restricted")
            && told.findings[0].cause.contains("tried 3 times")
    );
    assert!(!told.is_well());
    for (why, code) in [
        (Why::NoAccount, "no_account"),
        (Why::TakesNoTexts { phone: "***0147".to_owned() }, "takes_no_texts"),
        (Why::Missed, "missed"),
        (Why::PromptFailed { prompt: "menu".to_owned() }, "prompt_failed"),
        (Why::StatementNotPayable { status: "paid".to_owned(), nothing_due: false }, "statement_not_payable"),
        (Why::Guessing, "guessing"),
        (Why::OfficeClosed, "office_closed"),
        (Why::LinkLate, "link_late"),
        (busy, "transfer_failed"),
        (Why::HungUp, "hung_up_early"),
        (Why::AskedForPerson, "none"),
    ] {
        let facts = vec![of(0, What::Call(call())), of(5, step("MENU", "TRANSFER", &[why]))];
        assert_eq!(first(CALL, facts).0, code);
    }
    let heard_out = vec![of(0, What::Call(call())), of(5, step("LINK_SENT", "DONE", &[Why::HungUp]))];
    assert_eq!(first(CALL, heard_out).0, "none");
}

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
