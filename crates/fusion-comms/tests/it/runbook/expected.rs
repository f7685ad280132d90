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
    ("piper-install", "fetches somebody else's program and voice anew each time"),
    (
        "prompts-generate",
        "needs Piper; tests/it/prompts.rs runs the command with a program of Piper's command line",
    ),
    ("prompt-speak", "is Piper alone, nothing of ours"),
    ("restore-check", "needs a login with CREATEDB; tests/it/backup.rs runs it"),
    ("restore", "needs an empty database; tests/it/backup.rs runs it"),
];

pub const EXPECTED: &[Expected] = &[
    ok(
        "config",
        &["TELNYX_API_KEY +secret of ARN +[*]{4}", "the configuration is well", "(?m)^#TELNYX_API_KEY=$"],
    ),
    ok("api-key", &["AWSCURRENT"]),
    ok(
        "redeploy",
        &["\"serviceName\": \"fusionems-staging-backend\"", "\"serviceName\": \"fusionems-staging-worker\""],
    ),
    ok("pending-key", &["AWSCURRENT"]),
    ok("promote-key", &["AWSCURRENT"]),
    ok("stripe-secret-both", &["AWSCURRENT"]),
    ok("stripe-secret-new", &["AWSCURRENT"]),
    ok(
        "prompts.1",
        &["(?m)^menu .*/ivr/menu.wav +Press 1 to pay your bill", "(?m)^goodbye .* Thank you. Goodbye.$"],
    ),
    ok("prompts-upload.3", &["(?m)^menu +ok ", "(?m)^transfer +ok ", "(?m)^goodbye +ok "]),
    ok("prompt-put", &["upload: .*menu.wav to s3://example-audio/ivr/menu.wav"]),
    ok("prompt-invalidate", &["\"/ivr/menu.wav\"", "\"Id\": \"[A-Z0-9]+\""]),
    ok("events-prune", &["(?m)^telnyx_events: emptied 0 bodies, forgot 0 keys$", "(?m)^stripe_events: "]),
    ok(
        "events-prune",
        &[
            "(?m)^telnyx_events: emptied 0 bodies, forgot 0 keys$",
            "(?m)^stripe_events: emptied 0 bodies, forgot 0 keys$",
        ],
    ),
    ok(
        "events",
        &[
            "^none\n",
            "(?m)^state +processed$",
            "would put event runbook-event .* back: it has been processed",
            "(?m)^put event runbook-event",
        ],
    ),
    ok("event-delete", &["^DELETE 1\n"]),
    ok(
        "backfill",
        &["(?m)^source +found +known +new$", "(?m)^calls +[0-9]", "(?m)^fax list ", "(?m)^payments "],
    ),
    ok(
        "backup",
        &[
            "(?m)^engine +postgres$",
            "telnyx_events: [0-9]+ rows",
            "not included: the objects of the bucket example-docs",
        ],
    ),
    ok(
        "opt-outs",
        &[
            "^not opted out\n",
            r"\*\*\*0147 is opted out at ridgeline: nothing is texted",
            r"to be honoured by 2026-03-16 \(10 business days\)",
            r"\*\*\*0147 is no longer opted out at ridgeline in our ledger",
            "Telnyx keeps a block of its own",
            "STOP +rule ",
        ],
    ),
    ok("opt-out-check", &[r"\(0 rows\)"]),
    ok("opt-out-add", &["^INSERT 0 1\n"]),
    ok("opt-out-audit", &[r"\+12025550100 \| .* \| manual_admin", r"\(1 row\)"]),
    ok("opt-out-remove", &["^DELETE 1\n"]),
    ok("audit", &["are sealed and sound"]),
    // Whether it is held depends on the hour.
    ok(
        "bill.3",
        &[r"^text [0-9a-f-]{36} to \*\*\*0147 (leaves now|is held until .*: 08:00 in Pacific/Guam)\n"],
    ),
    ok("bill.4", &[r"\+16715550147 +bill_ready +refused"]),
    ok("bill.5", &["written +form 7 "]),
    ok(
        "templates",
        &[
            "bill_ready +es +default",
            r"as sent +Ridgeline EMS: call \(202\) 555-0119. Emergency: 911.",
            "11 templates checked: all are used",
            "our default serves help/en of ridgeline again",
        ],
    ),
    ok(
        "fax-look",
        &["[0-9a-f-]{36} +ridgeline .* needs_review", "(?m)^s3_key_original +tenant/ridgeline/fax/"],
    ),
    ok("fax-check", &["ridgeline .* needs_review", r"\(1 row\)"]),
    ok(
        "fax-file",
        &["is attached to case case-2", "is off case case-2 and waits for a person", "incident .* is open"],
    ),
    ok("fax-fetch", &["its fetch is owed anew, from a link that Telnyx is asked for"]),
    ok("fax-assign", &["is ridgeline's now, and is read by its roster"]),
    ok(
        "incidents",
        &["fax_wrong_trip", "(?m)^reason +the ride of March$", "(?m)^closed: fax_wrong_trip about fax"],
    ),
    ok("fax-score", &["1 fax with 1 page in .*; predictions in predictions.jsonl"]),
    ok("fax-retrieve", &["download: s3://example-docs/tenant/ridgeline/fax/.*/original.pdf to "]),
    ok("queue-depth", &["\"ApproximateNumberOfMessages\": \"0\""]),
    ok("fax-queue", &["\"MessageId\": "]),
    ok("worker-tasks", &["\"arn:aws:ecs:us-east-1:[0-9]+:task/fusionems-staging/[0-9a-f-]+\""]),
    ok("fax-reprocess", &["is received again and on its way to the queue"]),
    ok("fax-reset", &["^UPDATE 1\n"]),
    ok("fax-queue-again", &["\"MessageId\": "]),
    // The last of them: a newer link of the same statement has ended this one.
    Expected {
        of: "traces",
        exit: 1,
        says: &[
            "(?m)^ended +fax from .* of ridgeline$",
            "(?m)^ended +call.dtmf.received.*: worked",
            "(?m)^cause +the payment link of .* expired unpaid$",
            r"(?m)^ended +\+12025550149: opted out nowhere",
        ],
    },
    ok(
        "doctor",
        &[
            "(?m)^ok +database.schema +the schema is current$",
            "(?m)^ok +buckets.docs +the bucket example-docs: an object could be written, read and deleted$",
            "(?m)^ok +public.sms +400: it reaches us",
            "(?m)^ok +telnyx.key +Telnyx takes our key$",
        ],
    ),
    ok("prompt-reachable", &["(?m)^HTTP/1.1 200 OK", "(?m)^content-type: audio/wav"]),
    ok("commands-given-up", &[r"\(0 rows\)"]),
    ok("payment-texts", &[r"\| delivered +\| allowed ", r"\(3 rows\)"]),
    ok("payment-sessions", &["cs_test_[A-Za-z0-9]+ .* 12500 "]),
    ok("fax-events", &["fax.received +ridgeline +processed"]),
    ok("texts-handed-over", &[r"\| ridgeline +\| delivered +\| allowed", r"\(1 row\)"]),
    ok("fax-event", &[r"\| fax.received \|", r"\(1 row\)"]),
];
