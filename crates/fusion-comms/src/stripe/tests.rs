//! The Stripe client against a scripted server: what is sent, and what each answer means.

use serde_json::json;

use super::*;

fn params() -> SessionParams<'static> {
    SessionParams {
        amount_cents: 12_500,
        currency: "USD",
        reference: "2a7b-opaque",
        success_url: "https://pay.example.com/paid?s={CHECKOUT_SESSION_ID}",
        cancel_url: "https://pay.example.com/later",
        expires_at_s: 1_772_550_300,
    }
}

#[test]
fn stripe_is_told_these_fields_and_no_other() {
    let form = session_form(&params());
    let pairs: Vec<_> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let expected = [
        ("mode", "payment"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "usd"),
        ("line_items[0][price_data][unit_amount]", "12500"),
        ("line_items[0][price_data][product_data][name]", "Account balance"),
        ("success_url", "https://pay.example.com/paid?s={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "https://pay.example.com/later"),
        ("client_reference_id", "2a7b-opaque"),
        ("payment_intent_data[metadata][ref]", "2a7b-opaque"),
        ("expires_at", "1772550300"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn the_same_params_give_the_same_bytes() {
    assert_eq!(session_form(&params()), session_form(&params()));
}

#[test]
fn a_session_is_read_leniently_and_its_link_hidden() {
    let object = json!({
        "id": "cs_test_1", "object": "checkout.session", "url": "https://checkout.example/c/x#frag", "status": "open",
        "payment_status": "unpaid", "amount_total": 12500, "currency": "usd", "expires_at": 1_772_550_300,
        "livemode": false, "client_reference_id": "r", "payment_intent": null, "a_new_field": {}
    });
    let session = Session::read(&object).unwrap();
    assert_eq!(session.url.as_deref(), Some("https://checkout.example/c/x#frag"));
    assert_eq!((session.status, session.payment_status), (SessionStatus::Open, PaymentStatus::Unpaid));
    assert_eq!(session.expires_at, Some(Timestamp::from_unix_s(1_772_550_300)));
    assert!(!format!("{session:?}").contains("checkout.example"));

    let odd = Session::read(&json!({"id": "cs_1", "status": "new_word", "payment_intent": {"id": "pi_1"}}))
        .unwrap();
    assert_eq!((odd.status, odd.payment_status), (SessionStatus::Unknown, PaymentStatus::Unknown));
    assert_eq!(odd.payment_intent.as_deref(), Some("pi_1"));
    for none in [json!({}), json!([]), json!({"id": ""}), json!({"id": "ch_1", "object": "charge"})] {
        assert!(Session::read(&none).is_none(), "{none}");
    }
}

#[test]
fn only_what_was_never_sent_is_free_of_doubt() {
    assert!(StripeError::Unanswered { sent: true }.maybe_done());
    assert!(!StripeError::Unanswered { sent: false }.maybe_done());
    assert!(StripeError::BadAnswer { request_id: None }.maybe_done());
    assert_eq!(StripeError::NotBuilt.class(), Class::GiveUp);
}
