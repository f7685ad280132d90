//! The configuration, and the form of the keys in it. No value is shown.

use super::Place;
use super::report::Line;
use crate::config::{self, AppEnv};
use crate::service;

const READ: &str = "read every variable that a role of the service uses";

pub(super) fn check(place: &Place) -> Vec<Line> {
    let mut lines = vec![secret(place), variables(place)];
    lines.extend(keys(place));
    lines
}

fn secret(place: &Place) -> Line {
    let tried = "read the secret that APP_SECRETS_ARN names";
    match &place.secret_problem {
        Some((why, next)) => Line::fail("config.secret", tried, why.as_str()).then(
            "the service cannot start anew, and a rotated key is not picked up; what follows was found without the secret",
            *next,
            "§2",
        ),
        None if place.has_secret => Line::ok("config.secret", tried, "the secret of APP_SECRETS_ARN can be read"),
        None => Line::ok("config.secret", tried, "no secret is named"),
    }
}

fn variables(place: &Place) -> Line {
    let config::Checkup { problems, notes, app_env, .. } = &place.config;
    let env = app_env.as_str();
    if !problems.is_empty() {
        let problems = problems.iter().map(|p| format!("{} {}", p.name, p.what));
        let words: Vec<String> = problems.chain(notes.iter().cloned()).collect();
        return Line::fail("config", READ, words.join("; ")).then(
            "the service does not start with this configuration",
            "mend these variables; `fusion-comms config example` explains each",
            "§2",
        );
    }
    if !notes.is_empty() {
        return Line::warn("config", READ, notes.join("; ")).then(
            "nothing is broken, but it may not be what was meant",
            "see `fusion-comms config check`",
            "§2",
        );
    }
    Line::ok("config", READ, format!("every variable is well (APP_ENV {env})"))
}

fn keys(place: &Place) -> Vec<Line> {
    let mut lines = Vec::new();
    let tried = "read TELNYX_PUBLIC_KEY and TELNYX_PUBLIC_KEY_PENDING: base64 or PEM, no weak point";
    if let Some(web) = &place.config.web {
        let prints: Vec<String> = web.telnyx_keys.fingerprints().map(ToString::to_string).collect();
        let found = if place.simulator_key_missing {
            "the simulators' key, which the first start makes".to_owned()
        } else {
            format!("well formed, fingerprint {}", prints.join(" and, pending, "))
        };
        lines.push(Line::ok("keys.telnyx", tried, found));
        let tolerance = web.tolerance_s;
        lines.push(if tolerance > 600 {
            Line::warn("keys.tolerance", "read the tolerance", format!("a webhook may be signed {tolerance} s from our time")).then(
                "a captured webhook can be sent again for longer; a wider tolerance is no help in changing keys",
                "set TELNYX_WEBHOOK_TOLERANCE_SECONDS back to 300",
                "§3",
            )
        } else {
            Line::ok("keys.tolerance", "read the tolerance", format!("{tolerance} s"))
        });
    }
    if let Some(stripe) = &place.config.stripe {
        let live = service::is_live(&stripe.secret_key);
        let tried = "compared the mode of STRIPE_SECRET_KEY with APP_ENV";
        let mode = if live { "live" } else { "test" };
        lines.push(match (place.config.app_env, live) {
            (AppEnv::Prod, false) => Line::warn("keys.stripe", tried, "a test key in prod").then(
                "no payer's money moves, and live events have no effect",
                "set the live key as STRIPE_SECRET_KEY",
                "§11",
            ),
            (AppEnv::Dev, true) => Line::warn("keys.stripe", tried, "a live key in dev").then(
                "a try-out moves real money",
                "set a test key as STRIPE_SECRET_KEY",
                "§11",
            ),
            _ => Line::ok("keys.stripe", tried, format!("a {mode} key")),
        });
    }
    lines
}
