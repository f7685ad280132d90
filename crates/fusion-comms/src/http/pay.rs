//! What a payer sees of us: the short link that leads to Stripe's page, and the two pages that lead back.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use fusion_comms_core::phone::E164;

use super::Web;
use super::visitors::visitor;
use crate::store::billing::Session;
use crate::store::{billing, tenants};

/// Bytes of a link's token at most.
const MAX_TOKEN: usize = 64;

/// `GET /p/{token}`: to the session while it is open, else an explanation and the agency's number.
pub async fn short_link(
    State(web): State<Web>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    if let Err(seconds) = web.link_visitors.admit(visitor(peer, &headers)) {
        return too_often(seconds);
    }
    if token.len() > MAX_TOKEN {
        return unknown();
    }
    let session = match billing::session_by_token(&web.db, &token).await {
        Ok(session) => session,
        Err(e) => {
            tracing::warn!(error = %e, "a payment link could not be looked up");
            let text = "We cannot open your payment page just now. Please try again in a minute.";
            return page(StatusCode::SERVICE_UNAVAILABLE, "One moment, please", text, None);
        }
    };
    let Some(session) = session else { return unknown() };
    if let Some(url) = open_page(&session, web.clock.now()) {
        let never_kept =
            [(header::LOCATION, url), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        return (StatusCode::SEE_OTHER, never_kept).into_response();
    }
    let phone = tenants::get(&web.db, &session.tenant).await.ok().flatten().map(|t| t.billing_phone);
    closed(&session, phone.as_ref())
}

/// Stripe's page, where a payment can still be made there.
fn open_page(session: &Session, now: fusion_comms_core::time::Timestamp) -> Option<HeaderValue> {
    let open = session.status == "open"
        && session.debit_pending_since.is_none()
        && session.expires_at.is_none_or(|t| t > now);
    let url = session.checkout_url.as_deref().filter(|_| open)?;
    HeaderValue::from_str(url).ok()
}

/// What became of a session that takes no payment any more.
fn closed(session: &Session, phone: Option<&E164>) -> Response {
    let (status, title, text) = match session.status.as_str() {
        "complete" => (StatusCode::OK, "Paid", "This bill has been paid. Thank you."),
        "open" if session.debit_pending_since.is_some() => (
            StatusCode::OK,
            "Payment on its way",
            "Your bank is sending the payment. This takes a few days; there is nothing more to do.",
        ),
        "refunded" => (StatusCode::OK, "Refunded", "This payment was given back to you."),
        "disputed" => {
            (StatusCode::OK, "Payment in question", "Your bank is looking into this payment at your request.")
        }
        "mismatch" => (
            StatusCode::OK,
            "We are checking your payment",
            "We received a payment for this bill, and a person is looking at it. Please do not pay again.",
        ),
        _ => (
            StatusCode::GONE,
            "This link has expired",
            "If we sent you a newer text, please use the link in it.",
        ),
    };
    page(status, title, text, Some(phone))
}

fn unknown() -> Response {
    page(StatusCode::GONE, "This link does not work", "This link is not valid.", Some(None))
}

fn too_often(seconds: u64) -> Response {
    let text = "Too many links were opened from your network. Please try again in a minute.";
    let mut response = page(StatusCode::TOO_MANY_REQUESTS, "One moment, please", text, None);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// `GET /pay/success`.
pub async fn success() -> Response {
    page(StatusCode::OK, "Thank you", "Your payment was received. You may close this page.", None)
}

/// `GET /pay/cancel`.
pub async fn cancel() -> Response {
    let text =
        "Nothing was charged. You can open the link in your text message again, or call the billing office.";
    page(StatusCode::OK, "Payment not made", text, None)
}

/// A plain page. `call` adds whom to call: the number, or the office that sent the link where it is not known.
fn page(status: StatusCode, title: &str, text: &str, call: Option<Option<&E164>>) -> Response {
    let call = match call {
        None => String::new(),
        Some(None) => "<p>Questions? Please call the billing office that sent it.</p>".to_owned(),
        Some(Some(phone)) => {
            let phone = phone.expose();
            format!(
                "<p>Questions? Please call the billing office at <a href=\"tel:{phone}\">{phone}</a>.</p>"
            )
        }
    };
    // Titles and texts are ours, and a phone number holds nothing to escape.
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1><p>{text}</p>{call}</main></body></html>\n"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, Html(html)).into_response()
}
