//! What a payer sees of us: the short link that leads to Stripe's page, and the two pages that lead back.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::Web;
use crate::store::{billing, tenants};

/// Bytes of a link's token at most.
const MAX_TOKEN: usize = 64;

/// `GET /p/{token}`: to the session while it is open, else an explanation and the agency's number.
pub async fn short_link(State(web): State<Web>, Path(token): Path<String>) -> Response {
    if token.len() > MAX_TOKEN {
        return gone("This link is not valid.", None);
    }
    let session = match billing::session_by_token(&web.db, &token).await {
        Ok(session) => session,
        Err(e) => {
            tracing::warn!(error = %e, "a payment link could not be looked up");
            let text = "We cannot open your payment page just now. Please try again in a minute.";
            return page(StatusCode::SERVICE_UNAVAILABLE, "One moment, please", text);
        }
    };
    let Some(session) = session else { return gone("This link is not valid.", None) };
    let now = web.clock.now();
    if session.status == "open"
        && session.expires_at.is_none_or(|t| t > now)
        && let Some(url) = session.checkout_url.as_deref().and_then(|u| HeaderValue::from_str(u).ok())
    {
        let never_kept =
            [(header::LOCATION, url), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        return (StatusCode::SEE_OTHER, never_kept).into_response();
    }
    let phone = tenants::get(&web.db, &session.tenant).await.ok().flatten().map(|t| t.billing_phone);
    match session.status.as_str() {
        "complete" => page(StatusCode::OK, "Paid", "This bill has been paid. Thank you."),
        _ => gone("This link has expired.", phone.as_ref().map(fusion_comms_core::phone::E164::expose)),
    }
}

fn gone(what: &str, phone: Option<&str>) -> Response {
    let whom = phone.map_or_else(
        || "the billing office that sent it".to_owned(),
        |p| format!("the billing office at {p}"),
    );
    page(StatusCode::GONE, "This link does not work any more", &format!("{what} Please call {whom}."))
}

/// `GET /pay/success`.
pub async fn success() -> Response {
    page(StatusCode::OK, "Thank you", "Your payment was received. You may close this page.")
}

/// `GET /pay/cancel`.
pub async fn cancel() -> Response {
    let text =
        "Nothing was charged. You can open the link in your text message again, or call the billing office.";
    page(StatusCode::OK, "Payment not made", text)
}

/// A plain page. `title` and `text` are ours, with at most a phone number in them: nothing to escape.
fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title></head>\
         <body><main><h1>{title}</h1><p>{text}</p></main></body></html>\n"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, Html(html)).into_response()
}
