//! What comes out of the runbook's blocks where the runbook itself does not show it, and which blocks cannot run here.

/// Of one block, or of one step of a console block (`name.1`, `name.2`, …), for which it takes the place of the answer
/// in the runbook.
pub struct Expected {
    pub of: &'static str,
    pub exit: i32,
    /// Patterns, each to be found in what is said.
    pub says: &'static [&'static str],
}

const fn ok(of: &'static str, says: &'static [&'static str]) -> Expected {
    Expected { of, exit: 0, says }
}

/// Blocks that are not run, and why.
pub const NOT_RUN: &[(&str, &str)] = &[
    (
        "prompts-generate",
        "Piper with a voice is 100 MB and more of other people's program; tests/it/prompts.rs has the command",
    ),
    ("prompt-speak", "the same"),
];

pub const EXPECTED: &[Expected] = &[
    ok("config", &["TELNYX_API_KEY .*secret of", "(?m)^TELNYX_WEBHOOK_TOLERANCE_SECONDS"]),
    ok("api-key", &[r#""VersionId": "[0-9a-f-]{36}""#]),
    ok(
        "redeploy",
        &[r#""serviceName": "fusionems-staging-backend""#, r#""serviceName": "fusionems-staging-worker""#],
    ),
    ok("pending-key", &[r#""VersionId""#]),
    ok("promote-key", &[r#""VersionId""#]),
    ok("prompts.1", &["menu", "Press 1 to pay your bill", "goodbye", "/ivr/goodbye.wav"]),
    ok("prompts-upload.3", &[r"(?m)^menu +ok", r"(?m)^goodbye +ok"]),
    ok("prompt-put", &["upload: .*menu.wav to s3://example-audio/ivr/menu.wav"]),
    ok("prompt-invalidate", &[r#""/ivr/menu.wav""#, r#""Status": ""#]),
    ok(
        "events",
        &[
            "none",
            "body, as kept",
            "would put event runbook-event .* back: it has been processed",
            "(?m)^put event runbook-event",
        ],
    ),
    ok("event-delete", &["DELETE 1"]),
    ok("opt-outs", &[r"\*\*\*0147", "STOP"]),
    ok("opt-out-check", &["0 rows"]),
    ok("opt-out-add", &["INSERT 0 1"]),
    ok("opt-out-audit", &[r"\+12025550100 \| .* \| manual_admin", "1 row"]),
    ok("opt-out-remove", &["DELETE 1"]),
    ok("audit", &["sound"]),
    // Whether it is held depends on the hour.
    ok("bill.3", &[r"^text [0-9a-f-]{36} to \*\*\*0147 "]),
    ok("bill.4", &["bill_ready"]),
    ok("bill.5", &["form 7"]),
    ok("templates", &["payment_link", "Emergency: 911"]),
    ok("fax-look", &["needs_review", "s3_key_original"]),
    ok("fax-check", &[r"needs_review", "1 row"]),
    ok("fax-file", &["case-2"]),
    ok("fax-fetch", &["fax"]),
    ok("fax-assign", &["ridgeline"]),
    ok("incidents", &["fax_wrong_trip", "the ride of March"]),
    ok("fax-score", &["1 fax with 1 page .* predictions in predictions.jsonl"]),
    ok("fax-retrieve", &["download: s3://example-docs/tenant/ridgeline/fax/.*original.pdf"]),
    ok("queue-depth", &[r#""ApproximateNumberOfMessages": "0""#]),
    ok("fax-queue", &[r#""MessageId""#]),
    ok("worker-tasks", &["arn:aws:ecs:us-east-1:123456789012:task/fusionems-staging/"]),
    ok("fax-reprocess", &["received again and on its way to the queue"]),
    ok("fax-reset", &["UPDATE 1"]),
    ok("fax-queue-again", &[r#""MessageId""#]),
    ok("prompt-reachable", &["HTTP/1.1 200 OK", "content-type: audio/wav"]),
    ok("commands-given-up", &["0 rows"]),
    ok("payment-texts", &[r"\| delivered +\|"]),
    ok("payment-sessions", &["cs_test_.*open.*12500"]),
    ok("fax-events", &["fax.received"]),
    ok("fax-event", &["fax.received"]),
    ok("texts-to-read.2", &["my daughter handles these things for me", "payment_link"]),
];
