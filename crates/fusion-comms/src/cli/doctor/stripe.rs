//! Stripe: whether it takes our key, and whether each agency's account may take payments.

use std::collections::BTreeSet;

use url::Url;

use super::place::Place;
use super::report::{Level, Line};
use crate::service::is_live;
use crate::store::tenants;
use crate::stripe::{Connected, Stripe, StripeError};

const LOST: &str = "no payment link can be made: callers are transferred to a person";

pub(super) async fn check(place: &Place) -> Vec<Line> {
    let Some(config) = &place.config.stripe else { return vec![] };
    let tried = format!("GET {}/v1/balance with STRIPE_SECRET_KEY", config.api_base);
    let client = Url::parse(&config.api_base).map_err(|e| e.to_string());
    let client = client.and_then(|base| Stripe::new(base, &config.secret_key).map_err(|e| e.to_string()));
    let stripe = match client {
        Ok(stripe) => stripe,
        Err(why) => {
            return vec![Line::fail("stripe.key", tried, why).then(LOST, "mend STRIPE_API_BASE", "§2")];
        }
    };
    let answer = stripe.balance().await;
    let line = judged_key(tried, &answer, is_live(&config.secret_key));
    let goes_on = line.result != Level::Fail;
    let mut lines = vec![line];
    if let Some(db) = place.db().filter(|_| goes_on)
        && let Ok(agencies) = tenants::list(db).await
    {
        let mut answers = Vec::new();
        let mut asked = BTreeSet::new();
        for agency in agencies.iter().filter(|a| a.stripe_account.is_some()) {
            let account = agency.stripe_account.as_deref().unwrap_or_default();
            if asked.insert(account) {
                answers.push((agency.id.to_string(), stripe.connected(account).await));
            }
        }
        let without = agencies.len() - agencies.iter().filter(|a| a.stripe_account.is_some()).count();
        lines.push(judged_accounts(&answers, without));
    }
    lines
}

fn judged_key(tried: String, answer: &Result<bool, StripeError>, live: bool) -> Line {
    let name = "stripe.key";
    match answer {
        Ok(told) if *told != live => Line::fail(name, tried, "the key's mode is not what its name says").then(
            LOST,
            "copy STRIPE_SECRET_KEY again from the dashboard",
            "§11",
        ),
        Ok(_) => Line::ok(name, tried, "Stripe takes our key"),
        Err(e @ StripeError::Refused { http: 401, .. }) => {
            Line::fail(name, tried, format!("Stripe refuses our key: {e}")).then(
                LOST,
                "set a key that there is as STRIPE_SECRET_KEY (dashboard, Developers, API keys)",
                "§3",
            )
        }
        Err(e @ StripeError::Refused { http: 403, .. }) => {
            Line::warn(name, tried, format!("the key may not ask this: {e}")).then(
                "a restricted key is known; whether it may make sessions is not",
                "give it Checkout Sessions: write, and Accounts: read",
                "§11",
            )
        }
        Err(e) => Line::fail(name, tried, format!("Stripe fails: {e}")).then(
            LOST,
            "see status.stripe.com, this machine's way out, and STRIPE_API_BASE; links are tried again by themselves",
            "§13",
        ),
    }
}

fn judged_accounts(answers: &[(String, Result<Option<Connected>, StripeError>)], without: usize) -> Line {
    let (name, tried) = ("stripe.accounts", "GET /v1/accounts/{id} of each agency's connected account");
    let mut closed = Vec::new();
    let mut unknown = Vec::new();
    for (agency, answer) in answers {
        match answer {
            Ok(Some(account)) if account.charges_enabled => {}
            Ok(Some(account)) => {
                let why = account.disabled_reason.as_deref().unwrap_or("no reason is given");
                closed.push(format!("{agency} (charges are off: {why})"));
            }
            Ok(None) => closed.push(format!("{agency} (our key has no access to its account)")),
            Err(e) => unknown.push(format!("{agency} ({e})")),
        }
    }
    let none = if without == 0 { String::new() } else { format!("; {without} without an account") };
    if !closed.is_empty() {
        return Line::fail(name, tried, format!("cannot take payments: {}", closed.join(", "))).then(
            "callers of these agencies are transferred to a person",
            "the agency mends it in its own Stripe dashboard, or connects again: `fusion-comms tenant set --id ID --stripe-account acct_…`",
            "§11",
        );
    }
    if !unknown.is_empty() {
        return Line::warn(name, tried, format!("not known of: {}", unknown.join(", "))).then(
            "whether these agencies can take payments is not known",
            "run `fusion-comms doctor` again",
            "§11",
        );
    }
    Line::ok(name, tried, format!("{} can take payments{none}", answers.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stripe::Class;

    fn refused(http: u16) -> StripeError {
        StripeError::Refused {
            http,
            kind: None,
            code: None,
            param: None,
            request_id: None,
            class: Class::Retry,
            retry_after_s: None,
        }
    }

    #[test]
    fn a_refused_key_and_an_outage_fail_and_a_restricted_key_warns() {
        let level = |answer| judged_key(String::new(), &answer, false).result;
        assert_eq!(level(Ok(false)), Level::Ok);
        assert_eq!(level(Ok(true)), Level::Fail);
        assert_eq!(level(Err(refused(401))), Level::Fail);
        assert_eq!(level(Err(refused(403))), Level::Warn);
        assert_eq!(level(Err(refused(503))), Level::Fail);
        assert_eq!(level(Err(StripeError::Unanswered { sent: false })), Level::Fail);
    }

    #[test]
    fn an_account_that_may_not_charge_fails_and_is_named() {
        let account = |charges_enabled| {
            Ok(Some(Connected { charges_enabled, disabled_reason: Some("requirements.past_due".to_owned()) }))
        };
        let line = |answer| judged_accounts(&[("red".to_owned(), answer)], 1);
        assert_eq!(line(account(true)).found, "1 can take payments; 1 without an account");
        assert!(line(account(false)).found.contains("red (charges are off: requirements.past_due)"));
        assert_eq!(line(Ok(None)).result, Level::Fail);
        assert_eq!(line(Err(refused(500))).result, Level::Warn);
    }
}
