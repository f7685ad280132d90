//! The page behind a session's link: plain, readable by screen readers, no script.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::SimStripe;
use super::payer::is_over;
use super::world::{PaymentStatus, SimSession};

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ title }} (Stripe simulator)</title>
<style>
body { font: 1.125rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 0; }
main { max-width: 28rem; margin: 2rem auto; padding: 0 1rem; }
.amount { font-size: 2rem; font-weight: 600; margin: 0; }
button { display: block; width: 100%; min-height: 3rem; margin: .75rem 0; font: inherit; border: 2px solid #1d4ed8;
  border-radius: .5rem; background: #fff; color: #1d4ed8; cursor: pointer; }
button.first { background: #1d4ed8; color: #fff; }
button:focus-visible { outline: 3px solid #1a1a1a; outline-offset: 2px; }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
{% if !amount.is_empty() %}<p class="amount">{{ amount }}</p>{% endif %}
<p>{{ note }}</p>
{% if open %}<form method="post">
<button class="first" name="action" value="pay">Pay {{ amount }}</button>
<button name="action" value="bank">Pay with bank, settles later</button>
<button name="action" value="cancel">Cancel</button>
</form>{% endif %}
</main>
</body>
</html>
"#
)]
struct Page<'a> {
    title: &'a str,
    amount: String,
    note: &'a str,
    open: bool,
}

/// `GET /pay/{id}`
pub(super) async fn show(State(sim): State<SimStripe>, Path(id): Path<String>) -> Response {
    match sim.session(&id) {
        None => notice(StatusCode::NOT_FOUND, "No such payment", "This link is not known here."),
        Some(s) if s.is_complete() => notice(StatusCode::OK, "Already paid", "There is nothing more to do."),
        Some(s) if is_over(&s) => notice(StatusCode::GONE, "Link expired", "Please ask for a new link."),
        Some(s) => {
            let note = "This is a simulator: no money moves.";
            let page = Page { title: &s.product_name, amount: amount_text(&s), note, open: true };
            render(StatusCode::OK, &page)
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Choice {
    action: String,
}

/// `POST /pay/{id}`: the webhook is on its way when the payer is sent back, as at the real one.
pub(super) async fn submit(
    State(sim): State<SimStripe>,
    Path(id): Path<String>,
    Form(choice): Form<Choice>,
) -> Response {
    let Some(session) = sim.session(&id) else {
        return notice(StatusCode::NOT_FOUND, "No such payment", "This link is not known here.");
    };
    if session.is_open() && is_over(&session) {
        return notice(StatusCode::GONE, "Link expired", "Please ask for a new link.");
    }
    let payment = match choice.action.as_str() {
        "pay" => PaymentStatus::Paid,
        "bank" => PaymentStatus::Unpaid,
        "cancel" => return back(session.cancel_url.as_deref(), &id),
        _ => return notice(StatusCode::BAD_REQUEST, "Not possible", "Please use one of the buttons."),
    };
    match sim.complete(&id, payment) {
        Ok(event) => {
            sim.send_soon(event);
            if payment == PaymentStatus::Unpaid {
                sim.settle_bank_later(&id);
            }
            back(Some(&session.success_url), &id)
        }
        // A second click: the payer sees the same as after the first.
        Err(_) if sim.session(&id).is_some_and(|s| s.is_complete()) => back(Some(&session.success_url), &id),
        Err(_) => notice(StatusCode::GONE, "Link expired", "Please ask for a new link."),
    }
}

/// Back to the merchant, with the id filled in where asked for; without an address, to the page itself.
fn back(to: Option<&str>, id: &str) -> Response {
    let to = to.map(|url| url.replace("{CHECKOUT_SESSION_ID}", id));
    Redirect::to(&to.unwrap_or_else(|| format!("/pay/{id}"))).into_response()
}

fn notice(status: StatusCode, title: &str, note: &str) -> Response {
    render(status, &Page { title, amount: String::new(), note, open: false })
}

fn render(status: StatusCode, page: &Page<'_>) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    match page.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `$125.00`, or `125.00 CAD`.
fn amount_text(session: &SimSession) -> String {
    let (whole, rest) = (session.amount / 100, session.amount % 100);
    match session.currency.as_str() {
        "usd" => format!("${whole}.{rest:02}"),
        other => format!("{whole}.{rest:02} {}", other.to_uppercase()),
    }
}
