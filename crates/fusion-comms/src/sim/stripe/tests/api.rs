//! What the simulator refuses, and the page.

use super::*;

struct Raw {
    http: reqwest::Client,
    url: String,
    key: Option<&'static str>,
    account: Option<&'static str>,
    version: Option<&'static str>,
}

fn raw(bench: &Bench) -> Raw {
    Raw {
        http: reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap(),
        url: format!("{}/v1/checkout/sessions", bench.base),
        key: Some("Bearer sk_test_bench"),
        account: Some(ACCOUNT),
        version: Some(crate::stripe::API_VERSION),
    }
}

impl Raw {
    async fn post(&self, body: &str) -> (u16, Value) {
        let headers =
            [("authorization", self.key), ("stripe-account", self.account), ("stripe-version", self.version)];
        let mut request = self.http.post(&self.url).body(body.to_owned());
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}

/// A good body, its pair `name` set to `value`; added where it is not there, taken out for `None`.
fn with(name: &str, value: Option<&str>) -> String {
    let body = form(12_500);
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    pairs.retain(|pair| pair.0 != name);
    pairs.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn each_bad_parameter_is_refused_by_code_and_name() {
    let bench = bench().await;
    let stripe = raw(&bench);
    let (now, price) = (now_s(), "line_items[0][price_data]");
    let soon = (now + 29 * 60).to_string();
    let late = (now + 86_400 + 60).to_string();
    let (currency, unit) = (format!("{price}[currency]"), format!("{price}[unit_amount]"));
    let name = format!("{price}[product_data][name]");
    let long = "x".repeat(201);
    let cases: &[(&str, Option<&str>, &str, Option<&str>)] = &[
        ("mode", None, "parameter_missing", Some("mode")),
        ("mode", Some("rent"), "parameter_invalid_string_enum", Some("mode")),
        ("success_url", None, "parameter_missing", Some("success_url")),
        ("success_url", Some("pay.example.com"), "url_invalid", Some("success_url")),
        ("success_url", Some("javascript:alert(1)"), "url_invalid", Some("success_url")),
        ("cancel_url", Some("ftp://x.example/"), "url_invalid", Some("cancel_url")),
        ("expires_at", Some(&soon), "parameter_invalid_integer", Some("expires_at")),
        ("expires_at", Some(&late), "parameter_invalid_integer", Some("expires_at")),
        ("expires_at", Some("tomorrow"), "parameter_invalid_integer", Some("expires_at")),
        (&unit, Some("-100"), "parameter_invalid_integer", Some(&unit)),
        (&unit, Some("12.50"), "parameter_invalid_integer", Some(&unit)),
        (&unit, Some(""), "parameter_invalid_empty", Some(&unit)),
        (&unit, Some("49"), "amount_too_small", None),
        (&unit, Some("100000000"), "amount_too_large", None),
        (&unit, Some("9223372036854775807"), "amount_too_large", None),
        (&currency, Some("USD"), "parameter_invalid_string_enum", Some(&currency)),
        (&currency, None, "parameter_missing", Some(&currency)),
        (&name, None, "parameter_missing", Some(&name)),
        ("line_items[0][quantity]", Some("0"), "parameter_invalid_integer", Some("line_items[0][quantity]")),
        ("line_items[0][quantity]", None, "parameter_missing", Some("line_items[0][quantity]")),
        ("line_items[2][quantity]", Some("1"), "parameter_invalid_integer", Some("line_items")),
        ("line_items[00][quantity]", Some("1"), "parameter_unknown", Some("line_items[00][quantity]")),
        ("client_reference_id", Some(&long), "parameter_invalid_string_blank", Some("client_reference_id")),
        ("payment_method_types[0]", Some("card"), "parameter_unknown", Some("payment_method_types")),
        ("ui_mode", Some("hosted"), "parameter_invalid_string_enum", Some("ui_mode")),
        ("statement", Some("1"), "parameter_unknown", Some("statement")),
        ("payment_intent_data[note]", Some("1"), "parameter_unknown", Some("payment_intent_data[note]")),
        ("metadata", Some("1"), "parameter_unknown", Some("metadata")),
        (
            "payment_intent_data[application_fee_amount]",
            Some("12501"),
            "parameter_invalid_integer",
            Some("payment_intent_data[application_fee_amount]"),
        ),
    ];
    for (name, value, code, param) in cases {
        let (status, body) = stripe.post(&with(name, *value)).await;
        assert_eq!(status, 400, "{name} {value:?}: {body}");
        assert_eq!(body["error"]["code"].as_str(), Some(*code), "{name} {value:?}: {body}");
        assert_eq!(body["error"]["param"].as_str(), *param, "{name} {value:?}: {body}");
    }
    assert!(bench.sim.sessions().is_empty());
}

#[tokio::test]
async fn the_edges_of_what_is_allowed_are_accepted() {
    let bench = bench().await;
    let stripe = raw(&bench);
    let latest = (now_s() + 86_400 - 5).to_string();
    let edges = [
        ("line_items[0][price_data][unit_amount]", Some("50")),
        ("expires_at", Some(latest.as_str())),
        ("expires_at", None),
        ("success_url", Some("http://127.0.0.1:8080/paid")),
        ("cancel_url", None),
        ("ui_mode", Some("hosted_page")),
        ("metadata[note]", Some("x")),
    ];
    for (name, value) in edges {
        let (status, body) = stripe.post(&with(name, value)).await;
        assert_eq!(status, 200, "{name} {value:?}: {body}");
    }
}

#[tokio::test]
async fn who_asks_is_checked_before_what_is_asked() {
    let bench = bench().await;
    let good = form(12_500);
    let cases: [(Raw, u16, Option<&str>); 7] = [
        (Raw { key: None, ..raw(&bench) }, 401, None),
        (Raw { key: Some("Bearer "), ..raw(&bench) }, 401, None),
        (Raw { key: Some("Bearer sk_"), ..raw(&bench) }, 401, None),
        (Raw { key: Some("Basic !"), ..raw(&bench) }, 401, None),
        (Raw { account: None, ..raw(&bench) }, 403, Some("account_invalid")),
        (Raw { account: Some("acct_other"), ..raw(&bench) }, 403, Some("account_invalid")),
        (Raw { version: Some("latest"), ..raw(&bench) }, 400, None),
    ];
    for (stripe, status, code) in cases {
        let (got, body) = stripe.post(&good).await;
        assert_eq!((got, body["error"]["code"].as_str()), (status, code));
    }
    // base64 of `sk_test_bench:`
    let basic = Raw { key: Some("Basic c2tfdGVzdF9iZW5jaDo="), version: None, ..raw(&bench) };
    assert_eq!(basic.post(&good).await.0, 200);
    bench.sim.accept_any_account();
    assert_eq!(Raw { account: Some("acct_other"), ..raw(&bench) }.post(&good).await.0, 200);
    assert_eq!(Raw { account: Some("cus_other"), ..raw(&bench) }.post(&good).await.0, 403);
}

#[tokio::test]
async fn live_mode_wants_https_and_does_not_see_test_sessions() {
    let bench = bench().await;
    let live = Raw { key: Some("Bearer sk_live_bench"), ..raw(&bench) };
    let (status, body) = live.post(&with("success_url", Some("http://pay.example.com/"))).await;
    assert_eq!((status, body["error"]["code"].as_str()), (400, Some("url_invalid")));
    let (_, made) = live.post(&form(12_500)).await;
    assert_eq!(made["livemode"], true);
    assert!(made["id"].as_str().unwrap().starts_with("cs_live_"));
    let id = bench.session().await;
    let expire = Raw { url: format!("{}/{id}/expire", live.url), ..live };
    assert_eq!(expire.post("").await.0, 404);
}

#[tokio::test]
async fn keys_are_per_account_and_refused_requests_do_not_use_them_up() {
    let bench = bench().await;
    bench.sim.add_account("acct_2", true);
    let stripe = bench.client();
    assert!(stripe.create_session(ACCOUNT, "k", &form(1)).await.is_err());
    let first = stripe.create_session(ACCOUNT, "k", &form(12_500)).await.unwrap();
    let other = stripe.create_session("acct_2", "k", &form(12_500)).await.unwrap();
    assert_ne!(first.id, other.id);
    assert!(stripe.retrieve("acct_2", &first.id).await.is_err());
}

#[tokio::test]
async fn expire_takes_no_parameters() {
    let bench = bench().await;
    let id = bench.session().await;
    let stripe = Raw { url: format!("{}/v1/checkout/sessions/{id}/expire", bench.base), ..raw(&bench) };
    assert_eq!(stripe.post("reason=paid").await.0, 400);
    assert!(bench.sim.session(&id).unwrap().is_open());
}

async fn click(bench: &Bench, id: &str, action: &str) -> (u16, String) {
    let request = raw(bench).http.post(format!("{}/pay/{id}", bench.base)).form(&[("action", action)]);
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (answer.status().as_u16(), location.unwrap_or_default())
}

#[tokio::test]
async fn a_payer_pays_on_the_page_and_a_second_click_changes_nothing() {
    let bench = bench().await;
    let id = bench.session().await;
    let url = bench.sim.session(&id).unwrap().url;
    let page = raw(&bench).http.get(&url).send().await.unwrap().text().await.unwrap();
    for part in ["<html lang=\"en\">", "<h1>Account balance</h1>", "Pay $125.00", "settles later", "Cancel"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(click(&bench, &id, "cancel").await, (303, "https://pay.example.com/later".to_owned()));
    assert!(bench.sim.session(&id).unwrap().is_open());
    for _ in 0..2 {
        assert_eq!(click(&bench, &id, "pay").await, (303, format!("https://pay.example.com/paid?s={id}")));
    }
    webhooks::wait_for(&bench, 1).await;
    assert_eq!(bench.sim.deliveries().len(), 1);
    let page = raw(&bench).http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Already paid") && !page.contains("<form"), "{page}");
}

#[tokio::test]
async fn a_bank_debit_chosen_on_the_page_settles_later() {
    let bench = bench().await;
    bench.sim.bank_settles_after(std::time::Duration::from_millis(50));
    let id = bench.session().await;
    assert_eq!(click(&bench, &id, "bank").await.0, 303);
    webhooks::wait_for(&bench, 2).await;
    let kinds: Vec<_> =
        bench.service.events().iter().map(|e| e["type"].as_str().unwrap().to_owned()).collect();
    assert!(kinds.contains(&"checkout.session.async_payment_succeeded".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn the_page_of_an_expired_or_unknown_session_offers_nothing() {
    let bench = bench().await;
    let id = bench.session().await;
    bench.sim.expire(&id).await.unwrap();
    assert_eq!(click(&bench, &id, "pay").await.0, 410);
    assert_eq!(click(&bench, "cs_test_none", "pay").await.0, 404);
    let page = raw(&bench).http.get(format!("{}/pay/{id}", bench.base)).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 410);
}
