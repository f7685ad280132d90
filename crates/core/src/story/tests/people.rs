//! Texts, the law, calls.

use super::*;

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
fn a_refusal_for_want_of_consent_is_past_once_it_is_given_and_a_later_text_is_the_cause() {
    let gate = Some("no consent to texts is on record for this number".to_owned());
    let refused = Text { gate: gate.clone(), error: gate, ..text("refused", "bill_ready") };
    let consent = Consent { phone: number(), source: "written".to_owned(), actor: "ana".to_owned() };
    let held = Effect {
        held_until: Some(at(4000)),
        id: "text-2".to_owned(),
        ..effect("text", State::Waiting, None)
    };
    let later = Text {
        id: "text-2".to_owned(),
        gate: Some("held until 08:00".to_owned()),
        ..text("queued", "bill_ready")
    };
    let mut facts = vec![of(0, What::Text(refused))];
    assert!(first(PHONE, facts.clone()).1.contains("no consent"));
    assert!(tell(PHONE, facts.clone(), at(600)).unwrap().findings[0].next.contains("record fresh consent"));
    // It may have been given before the text, and recorded after it.
    facts.push(of(-90, What::Consent(consent)));
    let told = tell(PHONE, facts.clone(), at(600)).unwrap();
    assert!(told.findings[0].cause.ends_with("is on record"), "{:?}", told.findings);
    assert!(told.findings[0].next.starts_with("`fusion-comms text send`"), "{}", told.findings[0].next);
    facts.extend([of(30, What::Text(later)), of(30, What::Effect(held))]);
    let told = tell(PHONE, facts, at(600)).unwrap();
    let codes: Vec<&str> = told.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, ["text_queued", "text_refused"]);
    assert!(told.is_well(), "{:?}", told.findings);
}

#[test]
fn after_a_restore_a_text_waits_for_the_backfill_whatever_else_it_waits_for() {
    let held = Effect {
        held_until: Some(at(4000)),
        id: "text-1".to_owned(),
        ..effect("text", State::Waiting, None)
    };
    let queued = Text { gate: Some("held until 08:00".to_owned()), ..text("queued", "bill_ready") };
    let facts = vec![
        of(0, What::Text(queued)),
        of(0, What::Effect(held)),
        of(2, What::Restore(Restore { backup_at: at(-60) })),
        of(0, statement("open", 12_500, true)),
    ];
    for subject in [PHONE, STATEMENT] {
        let told = tell(subject, facts.clone(), at(600)).unwrap();
        let first = &told.findings[0];
        assert_eq!(first.code, "text_held_by_restore");
        assert!(first.cause.contains("restored from a backup of 2026-11-03 14:01 UTC"), "{}", first.cause);
        assert!(first.next.starts_with("`fusion-comms backfill --since 2026-11-03T14:01"), "{}", first.next);
        assert!(told.findings.iter().all(|f| f.code != "text_queued"), "{:?}", told.findings);
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
    // A START does not lift what an administrator set.
    let mut manual = vec![of(0, change("granted", "ana")), of(41, What::Text(incoming("START")))];
    if let What::LedgerChange(c) = &mut manual[0].what {
        c.source = "manual_admin".to_owned();
    }
    manual.push(of(49, What::Text(after.clone())));
    assert_eq!(first(PHONE, manual).0, "text_after_stop");
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
        (Why::StoppedTexts { phone: "***0147".to_owned() }, "none"),
    ] {
        let facts = vec![of(0, What::Call(call())), of(5, step("MENU", "TRANSFER", &[why]))];
        assert_eq!(first(CALL, facts).0, code);
    }
    let heard_out = vec![of(0, What::Call(call())), of(5, step("LINK_SENT", "DONE", &[Why::HungUp]))];
    assert_eq!(first(CALL, heard_out).0, "none");
}

#[test]
fn a_call_that_nobody_picked_up_comes_before_the_callers_hanging_up_of_a_number_too() {
    let answer = Effect {
        action: Some("answer".to_owned()),
        ..effect("command", State::Parked, Some("Telnyx refused it (HTTP 422)"))
    };
    let facts = vec![
        of(0, What::Call(call())),
        of(0, What::Effect(answer)),
        of(30, step("MENU", "DONE", &[Why::HungUp])),
    ];
    for subject in [CALL, PHONE] {
        let told = tell(subject, facts.clone(), at(600)).unwrap();
        assert_eq!(told.findings[0].code, "answer_failed");
        assert!(told.findings[0].cause.contains("the caller heard nothing"), "{}", told.findings[0].cause);
    }
}
