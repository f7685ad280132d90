//! Our client against the simulator.

use std::time::Duration;

use fusion_comms_core::ids::SessionId;
use fusion_comms_core::time::Timestamp;

use super::*;
use crate::stripe::{API_VERSION, Class, PaymentStatus, SessionStatus, StripeError};

/// (HTTP status, code) of a refusal.
fn refused(error: &StripeError) -> (u16, &str) {
    match error {
        StripeError::Refused { http, code, .. } => (*http, code.as_deref().unwrap_or("none")),
        other => panic!("not a refusal: {other:?}"),
    }
}

#[tokio::test]
async fn a_session_is_made_read_and_expired() {
    let bench = bench().await;
    let stripe = bench.client();
    let until = now_s() + 3600;
    let made = stripe.create_session(ACCOUNT, "k1", &form_until(12_500, until)).await.unwrap();
    assert!(made.id.as_str().starts_with("cs_test_"));
    assert_eq!((made.status, made.payment_status), (SessionStatus::Open, PaymentStatus::Unpaid));
    assert_eq!((made.amount_total, made.currency.as_deref()), (Some(12_500), Some("usd")));
    assert_eq!(made.client_reference_id.as_deref(), Some("3d0c-opaque"));
    assert_eq!(made.expires_at, Some(Timestamp::from_unix_s(until)));
    assert_eq!(made.payment_intent, None);
    assert!(made.url.as_ref().unwrap().starts_with(&format!("{}/pay/cs_test_", bench.base)));
    assert!(made.url.as_ref().unwrap().contains('#'));
    assert!(made.request_id.as_ref().unwrap().starts_with("req_"));

    let read = stripe.retrieve(ACCOUNT, &made.id).await.unwrap();
    assert_eq!((read.id, read.url), (made.id.clone(), made.url));

    let expired = stripe.expire(ACCOUNT, &made.id).await.unwrap();
    assert_eq!((expired.status, expired.url), (SessionStatus::Expired, None));
    let again = stripe.expire(ACCOUNT, &made.id).await.unwrap_err();
    assert_eq!((refused(&again).0, again.class()), (400, Class::GiveUp));
}

#[tokio::test]
async fn a_request_carries_version_account_and_key_and_nothing_private() {
    let bench = bench().await;
    bench.session().await;
    let request = &bench.sim.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/checkout/sessions"));
    assert_eq!(request.headers["stripe-version"], API_VERSION);
    assert_eq!(request.headers["stripe-account"], ACCOUNT);
    assert!(request.headers.contains_key("idempotency-key"));
    assert!(request.body.contains("Account+balance"));
    assert!(!format!("{request:?}").contains("sk_test"));
}

#[tokio::test]
async fn a_paid_session_names_its_payment_intent() {
    let bench = bench().await;
    let id = bench.session().await;
    bench.sim.pay(&id).await.unwrap();
    let session = bench.client().retrieve(ACCOUNT, &SessionId::new(id)).await.unwrap();
    assert_eq!((session.status, session.payment_status), (SessionStatus::Complete, PaymentStatus::Paid));
    assert!(session.payment_intent.unwrap().starts_with("pi_"));
    assert_eq!(session.url, None);
}

#[tokio::test]
async fn a_time_out_in_doubt_and_a_retry_give_one_session() {
    let bench = bench().await;
    let stripe = bench.client().with_budget(Duration::from_millis(200));
    bench.sim.act_then_hang(1);
    let body = form(12_500);
    let error = stripe.create_session(ACCOUNT, "k1", &body).await.unwrap_err();
    assert_eq!(error, StripeError::Unanswered { sent: true });
    assert!(error.maybe_done());
    assert_eq!(error.class(), Class::Retry);
    let made = bench.client().create_session(ACCOUNT, "k1", &body).await.unwrap();
    let sessions = bench.sim.sessions();
    assert_eq!(sessions.len(), 1);
    assert_eq!(made.id.as_str(), sessions[0].id);
}

#[tokio::test]
async fn a_request_that_never_got_through_makes_its_session_on_the_retry() {
    let bench = bench().await;
    let stripe = bench.client().with_budget(Duration::from_millis(200));
    bench.sim.hang_next(1);
    let body = form(12_500);
    assert!(stripe.create_session(ACCOUNT, "k1", &body).await.unwrap_err().maybe_done());
    assert!(bench.sim.sessions().is_empty());
    stripe.create_session(ACCOUNT, "k1", &body).await.unwrap();
    assert_eq!(bench.sim.sessions().len(), 1);
}

#[tokio::test]
async fn a_retry_while_the_first_still_runs_is_told_to_come_again() {
    let bench = bench().await;
    let hasty = bench.client().with_budget(Duration::from_millis(100));
    bench.sim.slow_next(1, Duration::from_millis(600));
    let body = form(12_500);
    assert_eq!(
        hasty.create_session(ACCOUNT, "k1", &body).await.unwrap_err(),
        StripeError::Unanswered { sent: true }
    );
    let error = bench.client().create_session(ACCOUNT, "k1", &body).await.unwrap_err();
    assert_eq!(refused(&error), (409, "idempotency_key_in_use"));
    assert_eq!(error.class(), Class::Retry);
    tokio::time::sleep(Duration::from_millis(900)).await;
    bench.client().create_session(ACCOUNT, "k1", &body).await.unwrap();
    assert_eq!(bench.sim.sessions().len(), 1);
}

#[tokio::test]
async fn a_stored_500_comes_back_for_its_key_and_not_for_another() {
    let bench = bench().await;
    let stripe = bench.client();
    bench.sim.fail_next(1, 500);
    let body = form(12_500);
    for _ in 0..2 {
        let error = stripe.create_session(ACCOUNT, "k1", &body).await.unwrap_err();
        assert_eq!(refused(&error).0, 500);
        assert_eq!((error.class(), error.maybe_done()), (Class::Retry, true));
    }
    stripe.create_session(ACCOUNT, "k2", &body).await.unwrap();
    assert_eq!(bench.sim.sessions().len(), 1);
}

#[tokio::test]
async fn too_many_requests_and_an_outage_are_retried_and_not_stored() {
    let bench = bench().await;
    let stripe = bench.client();
    let body = form(12_500);
    bench.sim.fail_next(1, 429);
    let error = stripe.create_session(ACCOUNT, "k1", &body).await.unwrap_err();
    assert_eq!(refused(&error), (429, "rate_limit"));
    assert_eq!(error.class(), Class::Retry);
    bench.sim.down(true);
    let error = stripe.create_session(ACCOUNT, "k1", &body).await.unwrap_err();
    assert_eq!((refused(&error).0, error.class()), (503, Class::Retry));
    bench.sim.down(false);
    stripe.create_session(ACCOUNT, "k1", &body).await.unwrap();
}

#[tokio::test]
async fn refusals_are_final_and_say_why_without_repeating_what_was_sent() {
    let bench = bench().await;
    bench.sim.add_account("acct_off", false);
    let stripe = bench.client();
    let body = form(12_500);
    let no_account = stripe.create_session("acct_stranger", "k", &body).await.unwrap_err();
    assert_eq!(refused(&no_account), (403, "account_invalid"));
    let off = stripe.create_session("acct_off", "k", &body).await.unwrap_err();
    assert_eq!(refused(&off), (403, "account_invalid"));
    let small = stripe.create_session(ACCOUNT, "k", &form(49)).await.unwrap_err();
    assert_eq!(refused(&small), (400, "amount_too_small"));
    let none = stripe.retrieve(ACCOUNT, &SessionId::from("cs_test_none")).await.unwrap_err();
    assert_eq!(refused(&none), (404, "resource_missing"));
    stripe.create_session(ACCOUNT, "k", &body).await.unwrap();
    let changed = stripe.create_session(ACCOUNT, "k", &form(12_600)).await.unwrap_err();
    assert!(matches!(&changed, StripeError::Refused { kind: Some(kind), .. } if kind == "idempotency_error"));
    for error in [no_account, off, small, none, changed] {
        assert_eq!((error.class(), error.maybe_done()), (Class::GiveUp, false), "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("pay.example.com") && !shown.contains("stranger"), "{shown}");
        assert!(shown.contains("req_"), "{shown}");
    }
}

#[tokio::test]
async fn a_key_that_stripe_does_not_know_is_refused() {
    let bench = bench().await;
    let stripe = Stripe::new(Url::parse(&bench.base).unwrap(), &SecretString::from("not-a-key")).unwrap();
    let error = stripe.create_session(ACCOUNT, "k", &form(12_500)).await.unwrap_err();
    assert_eq!((refused(&error).0, error.class()), (401, Class::Retry));
}

#[tokio::test]
async fn nobody_listening_is_known_not_to_have_arrived() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let stripe = Stripe::new(base, &SecretString::from("sk_test_x")).unwrap();
    let error = stripe.create_session(ACCOUNT, "k", "").await.unwrap_err();
    assert_eq!((error.class(), error.maybe_done()), (Class::Retry, false));
}

/// What Stripe says in `Stripe-Should-Retry` goes over the status, both ways.
#[tokio::test]
async fn stripes_word_on_retrying_is_obeyed() {
    for (status, word, class) in [
        (400, "true", Class::Retry),
        (500, "false", Class::GiveUp),
        (500, "perhaps", Class::Retry),
        (402, "", Class::GiveUp),
    ] {
        let answer = move || async move {
            (StatusCode::from_u16(status).unwrap(), [("stripe-should-retry", word)], "<html>")
        };
        let base = listen(|_| Router::new().fallback(answer)).await;
        let stripe = Stripe::new(Url::parse(&base).unwrap(), &SecretString::from("sk_test_x")).unwrap();
        let error = stripe.create_session(ACCOUNT, "k", "").await.unwrap_err();
        assert_eq!(error.class(), class, "{status} {word}");
    }
}

#[tokio::test]
async fn success_without_a_session_is_a_bad_answer() {
    let base = listen(|_| Router::new().fallback(|| async { "{}" })).await;
    let stripe = Stripe::new(Url::parse(&base).unwrap(), &SecretString::from("sk_test_x")).unwrap();
    let error = stripe.create_session(ACCOUNT, "k", "").await.unwrap_err();
    assert_eq!(error, StripeError::BadAnswer { request_id: None });
    assert!(error.maybe_done());
}
