//! Calls, links and texts that went wrong.

use super::*;

async fn calls_that_went_wrong_name_the_cause(on: On) {
    let app = TestApp::start(on).await;
    app.command(&["opt-out", "add", "+12025550141", "--tenant", TENANT, "--reason", "asked by letter"]);
    app.sim.telnyx.send_text("+12025550142", LINE, "STOP");
    app.sim.telnyx.set_outcome("+12025550143", TextOutcome::DeliveryFailed("40008".to_owned()));
    app.settle().await;
    let by_letter = ended(&app, payer("+12025550141")).await;
    let by_text = ended(&app, payer("+12025550142")).await;
    let undelivered = ended(&app, payer("+12025550143")).await;
    let busy = ended(
        &app,
        CallPlan::new(PATIENT, LINE).press("menu", "2").transfer(TransferOutcome::Busy).pace(Pace::FAST),
    )
    .await;
    let paid = CallPlan::new(PATIENT, LINE)
        .press("menu", "1")
        .press("collect_statement", "30400001#")
        .pace(Pace::FAST);
    let paid = ended(&app, paid).await;
    let silent = ended(&app, CallPlan::new(PATIENT, LINE).pace(Pace::FAST)).await;
    let well = ended(&app, payer(PATIENT)).await;
    app.settle().await;
    let failed = "failed at the carrier: 40008";
    let told = || async { app.try_command(&["trace", "call", &undelivered]).1.contains(failed) };
    assert!(within(LONG, told).await, "{}", app.try_command(&["trace", "call", &undelivered]).1);
    check(
        &app,
        &[
            Row {
                trace: vec!["call", &by_letter],
                code: 1,
                says: &[
                    "cause",
                    "the text was refused: ***0141 opted out at ridgeline on ",
                    "source manual_admin",
                    "DONE",
                ],
            },
            Row {
                trace: vec!["call", &by_text],
                code: 1,
                says: &["***0142 opted out at ridgeline on ", "source sms_stop", "START"],
            },
            Row { trace: vec!["call", &undelivered], code: 1, says: &[failed, "***0143", "call the person"] },
            Row {
                trace: vec!["call", &busy],
                code: 1,
                says: &["the transfer failed: the agency's phone was busy", "call_back"],
            },
            Row { trace: vec!["call", &paid], code: 1, says: &["the keyed statement is paid"] },
            Row {
                trace: vec!["call", &silent],
                code: 1,
                says: &["nothing valid was keyed as often as it may be asked"],
            },
            Row {
                trace: vec!["call", &well],
                code: 0,
                says: &["well", "nothing went wrong", "now DONE, statement 30458003"],
            },
            Row { trace: vec!["phone", "+12025550143"], code: 1, says: &[failed] },
            Row {
                trace: vec!["phone", "+12025550141"],
                code: 1,
                says: &["***0141 opted out at ridgeline", "opted out at ridgeline since"],
            },
            Row { trace: vec!["statement", STATEMENT], code: 1, says: &["***0143", failed] },
        ],
    );
    app.command(&["tenant", "freeze", TENANT, "--reason", "compliance looks into it"]);
    let frozen = ended(&app, payer("+12025550148")).await;
    app.settle().await;
    let says = ["***0148 at ridgeline: the agency's sending is frozen since", "tenant unfreeze ridgeline"];
    check(&app, &[Row { trace: vec!["call", &frozen], code: 1, says: &says }]);
}

async fn stripe_failing_is_named_with_what_it_means(on: On) {
    let app = TestApp::start(on).await;
    app.sim.stripe.add_account("acct_1TESTRIDGELINE", false);
    let restricted = ended(&app, payer("+12025550141")).await;
    app.settle().await;
    app.sim.stripe.add_account("acct_1TESTRIDGELINE", true);
    app.sim.stripe.down(true);
    let down = app.sim.telnyx.start_call(payer("+12025550142"));
    let tried = || async { app.try_command(&["trace", "call", &down]).1.contains("Stripe is failing") };
    assert!(within(LONG, tried).await, "{}\n{}", app.try_command(&["trace", "call", &down]).1, app.logs());
    check(
        &app,
        &[
            Row {
                trace: vec!["call", &restricted],
                code: 1,
                says: &[
                    "Stripe is failing: no payment link was made for ridgeline",
                    "given up",
                    "the agency",
                ],
            },
            Row {
                trace: vec!["call", &down],
                code: 1,
                says: &["Stripe is failing: no payment link was made yet for ridgeline", "HTTP 503", "tried"],
            },
            Row {
                trace: vec!["statement", STATEMENT, "--tenant", TENANT],
                code: 1,
                says: &["Stripe is failing"],
            },
        ],
    );
    app.sim.stripe.down(false);
}

async fn a_prompt_that_cannot_be_played_is_named(on: On) {
    let app = TestApp::start_with(on, |_| {}, &[("IVR_AUDIO_BASE_URL", "http://127.0.0.1:9/ivr")]).await;
    let call =
        ended(&app, CallPlan::new(PATIENT, LINE).press("menu", "2").press("spoken", "2").pace(Pace::FAST))
            .await;
    app.settle().await;
    check(
        &app,
        &[Row {
            trace: vec!["call", &call],
            code: 1,
            says: &["the prompt `menu` could not be played", "spoken", "prompts check"],
        }],
    );
}

async fn a_stop_that_is_missing_and_a_text_after_it_come_first(on: On) {
    let app = TestApp::start(on).await;
    app.sim.telnyx.send_text("+12025550144", LINE, "please stop texting me");
    app.settle().await;
    let opted_out =
        || async { app.try_command(&["trace", "phone", "+12025550144"]).1.contains("source sms_stop") };
    assert!(within(LONG, opted_out).await);
    let mut hand = prompt(&app).await;
    hand.run("DELETE FROM telnyx_opt_outs WHERE phone_e164 = '+12025550144'").await;
    check(
        &app,
        &[Row {
            trace: vec!["phone", "+12025550144"],
            code: 1,
            says: &[
                "***0144 opted out at ridgeline on ",
                "is not in the ledger: the row was removed by hand",
                "opt-out add +12025550144",
                "TCPA",
            ],
        }],
    );
    let call = ended(&app, payer("+12025550144")).await;
    app.settle().await;
    let after = [
        "a text (payment_link) went to ***0144 from ridgeline",
        "although they opted out on",
        "TCPA",
        "compliance",
    ];
    check(
        &app,
        &[
            Row { trace: vec!["phone", "+12025550144"], code: 1, says: &after },
            Row { trace: vec!["call", &call], code: 1, says: &after },
        ],
    );
    // Lifted by command, with a reason: as the person wished.
    app.sim.telnyx.send_text("+12025550145", LINE, "STOP");
    app.settle().await;
    app.command(&["opt-out", "remove", "+12025550145", "--tenant", TENANT, "--reason", "asked by letter"]);
    check(
        &app,
        &[Row {
            trace: vec!["phone", "+12025550145"],
            code: 0,
            says: &["nothing went wrong", "was lifted on"],
        }],
    );
}

crate::served_on_both!(
    calls_that_went_wrong_name_the_cause,
    stripe_failing_is_named_with_what_it_means,
    a_prompt_that_cannot_be_played_is_named,
    a_stop_that_is_missing_and_a_text_after_it_come_first
);
