//! What is typed, by file, in this order. A word `<name>` is filled in by [`LOOKUPS`].

type Cases = &'static [(&'static str, &'static [&'static str])];

/// What a placeholder stands for: the field of the first entry that this command lists.
pub const LOOKUPS: &[(&str, &str, &str)] = &[
    ("event", "events list --type message.received --json", "event_id"),
    ("parked-event", "events list --state parked --json", "event_id"),
    ("filed-fax", "fax list --status classified --json", "fax_id"),
    ("unsure-fax", "fax list --status needs_review --tenant ridgeline --json", "fax_id"),
    ("stray-fax", "fax list --status needs_review --json", "fax_id"),
    ("broken-fax", "fax list --status failed --json", "fax_id"),
    ("text", "text list --review --json", "message_id"),
    ("task", "task list --kind fax_unassigned --json", "task_id"),
    ("incident", "incident list --json", "incident_id"),
];

/// Files that commands read, in the folder where they are typed.
pub const FILES: &[(&str, &str)] = &[
    ("more.csv", "statement_id,amount_cents,currency,case_id,status\n30450001,7000,usd,,open\n"),
    ("bad.csv", "statement_id,amount_cents,currency,case_id,status\n30450002,many,usd,,open\n"),
    ("old.csv", "phone_e164\n+12025550153\n2025550154\n"),
];

/// What needs the service on the other side.
pub const WHILE_IT_SERVES: Cases = &[
    (
        "prompts",
        &[
            "prompts list",
            "prompts list --json",
            "prompts check",
            "prompts check --json",
            "prompts upload --dry-run",
            "prompts upload --dry-run --json",
            "prompts upload",
        ],
    ),
    ("opt-out-reconcile", &["opt-out reconcile --dry-run", "opt-out reconcile --json"]),
    ("doctor", &["doctor", "doctor --json"]),
    (
        "backfill",
        &["backfill --dry-run", "backfill --dry-run --json", "backfill", "backfill --since yesterday"],
    ),
];

/// Files in which figures hang on the machine, the hour and the simulators' pace: no number of them is compared.
pub const WITHOUT_NUMBERS: &[&str] = &["doctor", "backfill", "backup"];

/// What is typed once the service has ended: first what only looks, then what changes.
pub const AFTERWARDS: Cases = &[
    ("config", &["config check", "config example"]),
    ("migrate", &["migrate --check", "migrate"]),
    // Of a call the rows' order in time differs from run to run: tests/it/trace reads such stories.
    (
        "trace",
        &[
            "trace event <parked-event>",
            "trace event <parked-event> --json",
            "trace fax <broken-fax>",
            "trace fax nobody --json",
            "trace call nobody",
            "trace call nobody --json",
            "trace statement 99999999 --tenant ridgeline",
            "trace statement 99999999 --json",
            "trace phone +12025550199",
            "trace phone +12025550199 --json",
        ],
    ),
    (
        "agency",
        &[
            "tenant list",
            "tenant list --json",
            "number list",
            "number list --tenant ridgeline --json",
            "statement list --tenant ridgeline",
            "statement list --tenant ridgeline --json",
            "statement list --tenant nobody",
            "case list --tenant ridgeline",
            "case list --tenant ridgeline --json",
        ],
    ),
    (
        "events",
        &[
            "events list --type message.received",
            "events list --type message.received --json",
            "events list --type fax.received",
            "events list --state parked",
            "events list --state parked --json",
            "events list --since tomorrow",
            "events effects --state parked",
            "events effects --state parked --json",
            "events storm",
            "events storm --json",
            "events show <event>",
            "events show <event> --json",
            "events show none-such",
        ],
    ),
    (
        "opt-outs",
        &[
            "opt-out check +12025550148 --tenant ridgeline",
            "opt-out check +12025550148 --tenant ridgeline --json",
            "opt-out check +12025550147 --tenant ridgeline",
            "opt-out check 2025550147 --tenant ridgeline",
            "opt-out list",
            "opt-out list --json",
            "opt-out export",
            "opt-out evidence +12025550148 --tenant ridgeline",
            "opt-out read STOP",
            "opt-out read \"please stop texting me\" --json",
            "audit verify",
            "audit verify --json",
        ],
    ),
    (
        "texts",
        &[
            "text list",
            "text list --json",
            "text list --review",
            "text list --outgoing",
            "text list --outgoing --json",
            "text thread +12025550149 --tenant ridgeline",
            "text thread +12025550149 --tenant ridgeline --json",
            "text consents +12025550147 --tenant ridgeline",
            "text consents +12025550147 --tenant ridgeline --json",
            "task list",
            "task list --json",
        ],
    ),
    (
        "templates",
        &[
            "template list --tenant ridgeline",
            "template list --tenant ridgeline --json",
            "template show --tenant ridgeline --kind help --language en",
            "template show --tenant ridgeline --kind payment_link --language es --json",
            "template check",
            "template check --json",
        ],
    ),
    (
        "faxes",
        &[
            "fax list",
            "fax list --json",
            "fax show <filed-fax>",
            "fax show <filed-fax> --json",
            "fax show <unsure-fax>",
            "fax show none-such",
            "incident list",
            "incident list --json",
        ],
    ),
    (
        "backup",
        &[
            "backup day.backup",
            "backup day.backup",
            "backup again.backup --json",
            "restore day.backup --check",
            "restore day.backup --check --json",
            "restore day.backup",
            "restore bad.csv --check",
            "DATABASE_URL=sqlite://restored/fusion-comms.db DATA_DIR=restored restore day.backup",
            "DATABASE_URL=sqlite://other/fusion-comms.db DATA_DIR=other restore day.backup --json",
        ],
    ),
    (
        "change-agency",
        &[
            "tenant add --id harbor --name \"Harbor EMS\" --billing-phone +12025550118 --timezone America/Chicago",
            "tenant add --id harbor --name \"Harbor EMS\" --billing-phone +12025550118",
            "tenant set --id harbor --office-hours \"mon-fri 08:00-17:00\" --read-back on",
            "tenant set --id harbor --stripe-account acct_1TESTHARBOR",
            "tenant set --id nobody --name Nobody",
            "number add +12025550115 --tenant harbor --purpose billing_voice",
            "number add +12025550110 --tenant harbor --purpose billing_voice",
            "statement import more.csv --tenant harbor",
            "statement import more.csv --tenant harbor --json",
            "statement import bad.csv --tenant harbor",
            "statement set 30410734 --tenant ridgeline --status on_hold",
            "statement set 1 --tenant ridgeline --status on_hold",
            "case import cases.csv --tenant ridgeline",
        ],
    ),
    (
        "change-opt-outs",
        &[
            "opt-out add +12025550152 --tenant ridgeline --reason letter --received-at 2026-03-03",
            "opt-out add +12025550152 --tenant ridgeline --received-at 2099-01-01",
            "opt-out remove +12025550152 --tenant ridgeline --reason \"asked on the phone\"",
            "opt-out remove +12025550152 --tenant ridgeline",
            "opt-out import old.csv --tenant ridgeline --reason \"former system\"",
            "opt-out import old.csv --tenant ridgeline --reason \"former system\" --skip-invalid",
        ],
    ),
    (
        "freeze",
        &[
            "tenant freeze ridgeline --reason \"compliance looks into it\"",
            "tenant list --json",
            "tenant unfreeze ridgeline --reason \"looked into\"",
            "tenant unfreeze ridgeline --reason \"looked into\"",
        ],
    ),
    (
        "change-texts",
        &[
            "text send --tenant harbor --statement 30450001 --to +12025550150 --reason bill",
            "text send --tenant harbor --statement 30450001 --to +12025550150 --reason bill --json",
            "text consent +12025550150 --tenant ridgeline --how written --evidence \"form 7\" --given-at 2026-03-03",
            "text review <text> --as none --reason read",
            "text review none-such --as none",
            "template set --tenant ridgeline --kind help --language en \"call us\"",
            "template set --tenant ridgeline --kind help --language en --json \"{agency_name}: call {phone}. Emergency: 911. Reply STOP to stop.\"",
            "template reset --tenant ridgeline --kind help --language en",
            "task done <task> --reason \"seen to\"",
            "task done <task>",
        ],
    ),
    (
        "change-faxes",
        &[
            "fax attach <unsure-fax> --case case-2 --reason \"read on the page\"",
            "fax attach <unsure-fax> --case none-such --reason \"read on the page\"",
            "fax detach <filed-fax> --wrong patient --reason \"another name on page 2\"",
            "fax assign <stray-fax> --tenant ridgeline --reason \"meant for us\"",
            "fax fetch <broken-fax>",
            "fax reprocess <filed-fax>",
            "incident list --json",
            "incident show <incident>",
            "incident show <incident> --json",
            "incident close <incident> --outcome \"nobody had seen it\"",
            "incident close <incident> --outcome \"nobody had seen it\"",
        ],
    ),
    (
        "change-events",
        &[
            "events replay <parked-event>",
            "events replay <event> --dry-run",
            "events replay <event>",
            "events delete <event>",
            "events delete <event> --yes",
            "events delete <event> --yes",
            "events prune --older-than 90d --dry-run",
            "events prune --older-than 1h",
        ],
    ),
];

/// Commands without a case, and why.
pub const WITHOUT: &[(&str, &str)] = &[
    ("drill", "runs commands on a demo of its own and checks what they say; drill.rs"),
    ("demo", "runs until it is stopped; its stories are in stories.rs"),
    ("serve", "runs until it is stopped; all tests with a TestApp are about it"),
    ("worker", "runs until it is stopped; fax_sqs.rs"),
    ("lambda", "wants AWS Lambda; fax_lambda.rs"),
    ("simulate call", "wants the service to ask it, not the test's simulators; stories.rs"),
    ("simulate sms", "the same"),
    ("simulate fax", "the same"),
    ("simulate storm", "says how long answers took; storm.rs"),
    ("simulate serve", "runs until it is stopped; stories.rs"),
    ("config doc", "is docs/CONFIG.md; config_doc.rs"),
    ("fax score", "writes a file with figures of its own; fax_types.rs of the core and the runbook"),
    ("prompts generate", "wants Piper"),
    ("completions", "thousands of lines that clap makes"),
    ("man", "what clap makes, and sections that are tried in manual.rs"),
];
