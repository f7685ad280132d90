//! The commands as a shell runs them: the real binary, its exit codes, what it prints and what it leaves.

use std::io::Write as _;
use std::process::{Command, Stdio};

use fusion_comms::store::{Db, Reader, faxes, ingest};
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{EventId, FaxId, TenantId};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::scope::Scope;
use fusion_comms_core::time::Timestamp;
use serde_json::{Value, json};

use super::support::app::On;
use super::support::{pooler, postgres};

const PERSON: &str = "+12025550147";
const NUMBER: &str = "+12025550110";

/// A database of its own and a folder for files, used by command lines.
pub(super) struct Shell {
    dir: tempfile::TempDir,
    database: String,
}

/// What a command said and how it ended.
pub(super) struct Outcome {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Outcome {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("no JSON ({e}): {}{}", self.out, self.err))
    }
}

impl Shell {
    pub(super) async fn bare(on: On) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = match on {
            On::Sqlite => format!("sqlite://{}", dir.path().join("data/test.db").display()),
            On::Postgres => postgres::shared().await.fresh_database().await,
        };
        Self { dir, database }
    }

    /// Migrated, with the agency `ridgeline`.
    pub(super) async fn with_agency(on: On) -> Self {
        let shell = Self::bare(on).await;
        shell.well("migrate");
        shell.well("tenant add --id ridgeline --name Ridgeline --billing-phone +12025550119");
        shell
    }

    pub(super) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fusion-comms"));
        command.args(line.split_whitespace()).current_dir(self.dir.path()).env_clear();
        let migrates = line.starts_with("migrate");
        let database = if migrates { pooler::past(&self.database) } else { self.database.clone() };
        command.env("DATABASE_URL", database).env("USER", "operator").stdin(Stdio::null());
        command
    }

    pub(super) fn run(&self, line: &str) -> Outcome {
        ended(self.command(line))
    }

    /// Runs what must succeed; its standard output.
    pub(super) fn well(&self, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!(outcome.code, 0, "{line}: {}", outcome.err);
        outcome.out
    }

    pub(super) fn json(&self, line: &str) -> Value {
        let outcome = self.run(&format!("{line} --json"));
        assert_eq!(outcome.code, 0, "{line}: {}", outcome.err);
        outcome.json()
    }

    /// Runs what must fail with this code; its standard error.
    pub(super) fn fails(&self, code: i32, line: &str) -> String {
        let outcome = self.run(line);
        assert_eq!(outcome.code, code, "{line}: {}{}", outcome.out, outcome.err);
        assert_eq!(outcome.out, "", "{line}");
        outcome.err
    }

    pub(super) fn file(&self, name: &str, content: &str) {
        std::fs::write(self.dir.path().join(name), content).unwrap();
    }

    pub(super) async fn db(&self) -> Db {
        Db::open(&self.database).await.unwrap()
    }

    /// Puts an event into the inbox as the webhooks would.
    pub(super) async fn receive(&self, channel: Channel, event_type: &str, id: &str, payload: Value) {
        let event = ingest::NewEvent {
            id: EventId::from(id),
            event_type: event_type.to_owned(),
            channel,
            order_key: payload["fax_id"].as_str().map(str::to_owned),
            occurred_at: None,
            received_at: Timestamp::parse("2026-03-03T12:00:00Z").unwrap(),
            raw: json!({"data": {"id": id, "event_type": event_type, "payload": payload}}),
            verified_by: "test".to_owned(),
            stop: None,
            settled: false,
        };
        let default_number = E164::parse(NUMBER).unwrap();
        let reach = ingest::Reach { default_number, scope: Scope::default() };
        ingest::store_one(&self.db().await, &event, &reach).await.unwrap();
    }

    pub(super) async fn execute(&self, statement: &'static str) {
        let mut tx = self.db().await.begin().await.unwrap();
        let q = tx.sql(statement);
        tx.exec(q).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The first column, named `x`, of every row.
    pub(super) async fn column(&self, query: &'static str) -> Vec<String> {
        let db = &self.db().await;
        let q = db.sql(query);
        db.rows(q).await.unwrap().iter().map(|r| r.text("x").unwrap()).collect()
    }
}

fn ended(mut command: Command) -> Outcome {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

async fn an_agency_is_set_up_by_flags(on: On) {
    let shell = Shell::bare(on).await;
    shell.well("migrate");
    shell.well(
        "tenant add --id abc123 --name ABC --billing-phone +12025550119 --stripe-account acct_1Abc \
         --timezone America/Chicago --messaging-profile 40017A5B-0000-4000-8000-0123456789AB",
    );
    shell.well("number add +12025550110 --tenant abc123 --purpose billing_voice,billing_sms --forward-to +12025550118");
    shell.file(
        "s.csv",
        "status,currency,amount_cents,statement_id,case_id\n,usd,12500,1001,c1\npaid,USD,5,1002,\n",
    );
    shell.well("statement import s.csv --tenant abc123");
    shell.file(
        "c.csv",
        "tenant_id,case_id,patient_dob,payer\nabc123,c1,1950-02-28,Medicare\nother,c2,never,\n",
    );
    let said = shell.well("case import c.csv --tenant abc123");
    assert!(said.contains("1 case ") && said.contains("1 line of other"), "{said}");

    let agency = &shell.json("tenant list")[0];
    assert_eq!(agency["timezone"], "America/Chicago");
    assert_eq!(agency["messaging_profile"], "40017a5b-0000-4000-8000-0123456789ab");
    let numbers = shell.json("number list --tenant abc123");
    assert_eq!(
        numbers[0],
        json!({"phone": NUMBER, "purpose": "billing_sms", "tenant": "abc123", "forward_to": null})
    );
    assert_eq!(numbers[1]["forward_to"], "+12025550118");
    let statements = shell.json("statement list --tenant abc123");
    let first = json!({"statement_id": "1001", "amount_cents": 12500, "currency": "usd", "case_id": "c1", "status": "open"});
    assert_eq!(statements[0], first);
    assert_eq!(statements[1]["status"], "paid");
    assert_eq!(shell.json("case list --tenant abc123")[0]["payer"], "Medicare");

    shell.well("tenant set --id abc123 --name Abc --no-stripe-account");
    let agency = &shell.json("tenant list")[0];
    assert_eq!((&agency["name"], &agency["stripe_account"]), (&json!("Abc"), &Value::Null));
    let actions = shell.column("SELECT actor || ' ' || action AS x FROM audit_log ORDER BY seq").await;
    assert_eq!(actions[0], "operator tenant.add");
    assert_eq!(actions.last().unwrap(), "operator tenant.set");
}

async fn the_phone_menu_is_set_a_piece_at_a_time(on: On) {
    let shell = Shell::with_agency(on).await;
    let menu = |shell: &Shell| {
        let agency = shell.json("tenant list")[0].clone();
        [
            "office_hours",
            "statement_digits",
            "offer_caller_number",
            "read_back",
            "spanish_menu",
            "opt_out_key",
            "lift_by_two",
        ]
        .map(|name| agency[name].clone())
    };
    let off = json!(false);
    assert_eq!(
        menu(&shell),
        [Value::Null, json!("1-12"), off.clone(), off.clone(), off.clone(), off.clone(), off]
    );
    shell.well("tenant set --id ridgeline --statement-digits 6-10 --read-back on");
    shell.well("tenant set --id ridgeline --spanish-menu on --offer-caller-number on --opt-out-key on --lift-by-two on");
    shell.well("tenant set --id ridgeline --name Ridge");
    let on = json!(true);
    let all_on = [on.clone(), on.clone(), on.clone(), on.clone(), on];
    assert_eq!((&menu(&shell)[..2], &menu(&shell)[2..]), (&[Value::Null, json!("6-10")][..], &all_on[..]));
    shell.well("tenant set --id ridgeline --read-back off");
    assert_eq!(menu(&shell)[3], json!(false));
    assert!(shell.well("tenant list").contains("6-10"));
    let changes = "SELECT action AS x FROM audit_log WHERE action = 'tenant.set'";
    assert_eq!(shell.column(changes).await.len(), 4);
}

async fn wrong_use_ends_with_two_and_no_value_is_repeated(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file("no-columns.csv", "a,b\n1,2\n");
    for line in [
        "bogus",
        "tenant",
        "tenant add --id x --name X --billing-phone 7035550147",
        "tenant add --id unassigned --name X --billing-phone +12025550119",
        "tenant add --id x/7035550147 --name X --billing-phone +12025550119",
        "tenant add --id x --name X --billing-phone +12025550119 --stripe-account 7035550147",
        "tenant add --id x --name X --billing-phone +12025550119 --timezone 7035550147",
        "tenant add --id x --name X --billing-phone +12025550119 --messaging-profile 7035550147",
        "tenant set --id ridgeline",
        "tenant set --id ridgeline --timezone America/New_Yorck7035550147",
        "tenant set --id ridgeline --office-hours 7035550147",
        "tenant set --id ridgeline --statement-digits 7035550147",
        "tenant set --id ridgeline --read-back 7035550147",
        "number add 703 555 0147 --tenant ridgeline --purpose billing_sms",
        "number add +7035550147x --tenant ridgeline --purpose billing_sms",
        "number add +12025550110 --tenant ridgeline --purpose voice",
        "number add +12025550110 --tenant ridgeline",
        "number add +12025550110 --tenant ridgeline --purpose billing_sms --forward-to +12025550118",
        "number add +12025550110 --tenant ridgeline --purpose billing_voice --forward-to +12025550110",
        "statement import missing-7035550147.csv --tenant ridgeline",
        "statement set 7035550147x --tenant ridgeline --status paid",
        "statement set 1 --tenant ridgeline --status refunded",
        "opt-out add 7035550147 --tenant ridgeline",
        "opt-out check +12025550147",
        "opt-out read STOP --tsv x.tsv",
        "events list --state lost",
        "events list --since 7035550147",
        "events list --limit 0",
        "fax list --status lost",
        "fax reprocess",
        "completions klingon",
    ] {
        let err = shell.fails(2, line);
        assert!(!err.contains("7035550147") && !err.contains("703 "), "{line}: {err}");
        assert!(!line.ends_with("lost") || err.contains("invalid value 'lost' for"), "{line}: {err}");
    }
    assert_eq!(shell.fails(1, "statement import no-columns.csv --tenant ridgeline").lines().count(), 2);
}

async fn what_is_not_well_ends_with_one_and_a_hint(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file("s.csv", "statement_id,amount_cents,currency\n1,1,usd\n");
    shell.file("c.csv", "tenant_id,case_id\nnobody,1\n");
    for line in [
        "tenant add --id ridgeline --name R --billing-phone +12025550119",
        "tenant set --id nobody --name N",
        "number add +12025550110 --tenant nobody --purpose billing_sms",
        "statement import s.csv --tenant nobody",
        "statement set 1 --tenant ridgeline --status paid",
        "statement list --tenant nobody",
        "case import c.csv --tenant nobody",
        "opt-out add +12025550147 --tenant nobody",
        "opt-out remove +12025550147 --tenant ridgeline",
        "events show gone",
        "events delete gone --yes",
        "fax show gone",
        "fax fetch gone",
        "fax reprocess gone",
    ] {
        let err = shell.fails(1, line);
        assert!(err.starts_with("error: ") && err.contains("\nhint: "), "{line}: {err}");
        assert!(!err.contains("5550147"), "{line}: {err}");
    }
    assert_eq!(shell.json("number list"), json!([]));
}

async fn a_voice_or_fax_number_is_of_one_agency_and_a_text_number_may_be_of_two(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.well("tenant add --id lakeshore --name Lakeshore --billing-phone +12025550129");
    let all = "--purpose billing_voice,billing_sms,billing_fax";
    shell.well(&format!("number add +12025550110 --tenant ridgeline {all}"));
    shell.well(&format!("number add +12025550110 --tenant ridgeline {all}"));
    shell.fails(1, "number add +12025550110 --tenant lakeshore --purpose billing_sms,billing_voice");
    shell.fails(1, "number add +12025550110 --tenant lakeshore --purpose billing_fax");
    assert_eq!(shell.json("number list --tenant lakeshore"), json!([]));
    shell.well("number add +12025550110 --tenant lakeshore --purpose billing_sms");
    assert_eq!(shell.json("number list").as_array().unwrap().len(), 4);
}

async fn a_file_with_a_bad_line_imports_nothing_unless_told(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file(
        "s.csv",
        "statement_id,amount_cents,currency,status\n1,10,usd,open\n7035550147000,1,usd,open\n2,1.50,usd,open\n\
         3,1,dollars,open\n4,1,usd,settled\n1,20,usd,open\n5,1\n6,0,usd,on_hold\n",
    );
    let err = shell.fails(1, "statement import s.csv --tenant ridgeline");
    let lines: Vec<&str> = err.lines().take(6).map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["line 3", "line 4", "line 5", "line 6", "line 7", "line 8"]);
    assert!(!err.contains("7035550147000") && !err.contains("settled"), "{err}");
    assert_eq!(shell.json("statement list --tenant ridgeline"), json!([]));
    shell.well("statement import s.csv --tenant ridgeline --skip-invalid");
    let kept = shell.json("statement list --tenant ridgeline");
    assert_eq!(kept.as_array().unwrap().iter().map(|s| &s["statement_id"]).collect::<Vec<_>>(), ["1", "6"]);

    shell.file(
        "c.csv",
        "tenant_id,case_id,date_of_service\nridgeline,c1,2026-02-30\nridgeline,,\nridgeline,c2,\n",
    );
    let err = shell.fails(1, "case import c.csv --tenant ridgeline");
    assert!(err.contains("line 2: date_of_service") && err.contains("line 3: case_id is empty"), "{err}");
    assert_eq!(shell.json("case list --tenant ridgeline"), json!([]));
    shell.well("case import c.csv --tenant ridgeline --skip-invalid");
    assert_eq!(shell.json("case list --tenant ridgeline")[0]["case_id"], "c2");
}

async fn a_bill_that_was_paid_is_not_opened_by_a_file_that_names_no_status(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.file("s.csv", "statement_id,amount_cents,currency\n1001,12500,usd\n");
    shell.well("statement import s.csv --tenant ridgeline");
    assert_eq!(shell.json("statement list --tenant ridgeline")[0]["status"], "open");
    shell.well("statement set 1001 --tenant ridgeline --status paid");
    shell.well("statement import s.csv --tenant ridgeline");
    assert_eq!(shell.json("statement list --tenant ridgeline")[0]["status"], "paid");
}

async fn an_opt_out_is_kept_with_actor_and_reason_and_lifted_with_a_warning(on: On) {
    let shell = Shell::with_agency(on).await;
    assert_eq!(shell.json("opt-out check +12025550147 --tenant ridgeline")["opted_out"], false);
    shell.well("opt-out add +12025550147 --tenant ridgeline --actor jo --reason by-phone");
    let check = shell.json("opt-out check +12025550147 --tenant ridgeline");
    assert_eq!((&check["opted_out"], &check["opt_out"]["source"]), (&json!(true), &json!("manual_admin")));
    let first = &check["history"][0];
    assert_eq!((&first["actor"], &first["reason"]), (&json!("jo"), &json!("by-phone")));
    let listed = shell.json("opt-out list --tenant ridgeline");
    assert_eq!(listed[0]["phone_e164"], PERSON);
    let unknown = shell.fails(1, "opt-out list --tenant lakeshore");
    assert!(unknown.contains("there is no agency of this id"), "{unknown}");

    let said = shell.well("opt-out remove +12025550147 --tenant ridgeline");
    assert!(said.contains("until the person texts START") && !said.contains(PERSON), "{said}");
    let check = shell.json("opt-out check +12025550147 --tenant ridgeline");
    assert_eq!((&check["opted_out"], &check["history"][1]["actor"]), (&json!(false), &json!("operator")));
    let actions = shell.column("SELECT actor || ' ' || action AS x FROM audit_log ORDER BY seq").await;
    assert_eq!(actions[1..], ["jo opt_out.add", "operator opt_out.remove"]);
}

async fn what_else_stands_against_a_text_is_named(on: On) {
    let shell = Shell::with_agency(on).await;
    shell.well("opt-out add +12025550147 --tenant unassigned");
    shell.well("opt-out add +12025550147 --tenant ridgeline");
    let said = shell.well("opt-out remove +12025550147 --tenant ridgeline");
    assert!(said.contains("still not texted") && said.contains("`unassigned`"), "{said}");
    let said = shell.well("opt-out check +12025550147 --tenant ridgeline");
    assert!(said.starts_with("opted out since ") && said.contains("under `unassigned`"), "{said}");
}

async fn a_stored_fax_is_read_anew_each_time_it_is_asked_for(on: On) {
    let shell = Shell::with_agency(on).await;
    seen(&shell, "f1", Some("tenant/ridgeline/fax/2026/03/03/f1/original.pdf")).await;
    shell.execute("UPDATE fax_documents SET status = 'needs_review', doc_type = 'eob', case_id = 'c1'").await;
    assert_eq!(shell.json("fax list --status needs_review --tenant ridgeline")[0]["fax_id"], "f1");
    for _ in 0..2 {
        shell.well("fax reprocess f1");
    }
    let shown = shell.json("fax show f1");
    assert_eq!(
        (&shown["status"], &shown["doc_type"], &shown["case_id"]),
        (&json!("received"), &Value::Null, &Value::Null)
    );
    assert_eq!(shell.column("SELECT kind AS x FROM outbox").await, ["fax_enqueue", "fax_enqueue"]);
    let err = shell.fails(1, "fax fetch f1");
    assert!(err.contains("reprocess"), "{err}");
}

async fn a_fax_that_did_not_come_is_fetched_again_from_its_events_link(on: On) {
    let shell = Shell::with_agency(on).await;
    seen(&shell, "f1", None).await;
    shell.execute("UPDATE fax_documents SET status = 'failed', last_error = 'gone'").await;
    let payload =
        json!({"fax_id": "f1", "direction": "inbound", "media_url": "https://example.org/faxes/f1"});
    shell.receive(Channel::Fax, "fax.received", "e1", payload).await;
    let err = shell.fails(1, "fax reprocess f1");
    assert!(err.contains("fax fetch"), "{err}");
    let said = shell.well("fax fetch f1");
    assert!(said.contains("from the link in the inbox") && !said.contains("example.org"), "{said}");
    let said = shell.well("fax fetch f1");
    assert!(said.contains("owed already"), "{said}");
    let owed = shell.column("SELECT kind || ' ' || CAST(payload AS TEXT) AS x FROM outbox").await;
    assert_eq!(owed.len(), 1);
    assert!(
        owed[0].starts_with("fax_fetch ") && owed[0].contains("https://example.org/faxes/f1"),
        "{owed:?}"
    );
}

async fn faxes_of_no_agency_are_listed_by_themselves(on: On) {
    let shell = Shell::with_agency(on).await;
    seen(&shell, "f1", None).await;
    seen_for(&shell, None, "f2", None).await;
    let ids = |line: &str| -> Vec<String> {
        let listed = shell.json(&format!("fax list {line}"));
        listed.as_array().unwrap().iter().map(|f| f["fax_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("--tenant unassigned"), ["f2"]);
    assert_eq!(ids("--tenant unassigned --status receiving"), ["f2"]);
    assert_eq!(ids("--tenant unassigned --status failed"), [""; 0]);
    assert_eq!(ids("--tenant ridgeline"), ["f1"]);
    assert_eq!(ids("").len(), 2);
}

async fn seen(shell: &Shell, id: &str, key: Option<&str>) {
    seen_for(shell, Some("ridgeline".into()), id, key).await;
}

async fn seen_for(shell: &Shell, tenant: Option<TenantId>, id: &str, key: Option<&str>) {
    let now = Timestamp::parse("2026-03-03T12:00:00Z").unwrap();
    let id = FaxId::from(id);
    let seen = faxes::Seen {
        id: &id,
        tenant: tenant.as_ref(),
        from_phone: Some("+12025550161"),
        to_phone: Some(NUMBER),
        page_count: Some(2),
        partial: false,
        received_at: Some(now),
    };
    let mut tx = shell.db().await.begin().await.unwrap();
    faxes::seen(&mut tx, &seen, now).await.unwrap();
    if let Some(key) = key {
        let file = faxes::Stored { key, sha256: "00", size: 1, as_sent: None };
        assert!(faxes::stored(&mut tx, &id, &file, now).await.unwrap());
    }
    tx.commit().await.unwrap();
}

super::served_on_both!(
    an_agency_is_set_up_by_flags,
    the_phone_menu_is_set_a_piece_at_a_time,
    wrong_use_ends_with_two_and_no_value_is_repeated,
    what_is_not_well_ends_with_one_and_a_hint,
    a_voice_or_fax_number_is_of_one_agency_and_a_text_number_may_be_of_two,
    a_file_with_a_bad_line_imports_nothing_unless_told,
    a_bill_that_was_paid_is_not_opened_by_a_file_that_names_no_status,
    an_opt_out_is_kept_with_actor_and_reason_and_lifted_with_a_warning,
    what_else_stands_against_a_text_is_named,
    a_stored_fax_is_read_anew_each_time_it_is_asked_for,
    a_fax_that_did_not_come_is_fetched_again_from_its_events_link,
    faxes_of_no_agency_are_listed_by_themselves,
);

#[tokio::test]
async fn postgresql_is_migrated_on_demand_and_sqlite_by_itself() {
    let postgres = Shell::bare(On::Postgres).await;
    let err = postgres.fails(1, "tenant list");
    assert!(err.contains("older") && err.contains("fusion-comms migrate"), "{err}");
    postgres.fails(1, "migrate --check");
    postgres.well("migrate");
    postgres.well("migrate --check");
    postgres.well("tenant list");

    let sqlite = Shell::bare(On::Sqlite).await;
    sqlite.fails(1, "migrate --check");
    sqlite.well("tenant list");
    sqlite.well("migrate --check");
}

#[tokio::test]
async fn the_database_is_found_without_or_with_any_one_variable() {
    let shell = Shell::with_agency(On::Sqlite).await;
    let mut nothing_set = shell.command("tenant list --json");
    nothing_set.env_remove("DATABASE_URL");
    let made = ended(nothing_set);
    assert_eq!(made.json(), json!([]));
    assert!(made.err.starts_with("note: there was no database at `sqlite://"), "{}", made.err);
    assert!(shell.dir.path().join("data/fusion-comms.db").exists());
    let mut in_secrets = shell.command("tenant list --json");
    in_secrets
        .env_remove("DATABASE_URL")
        .env("APP_SECRETS_JSON", json!({"DATABASE_URL": shell.database}).to_string());
    assert_eq!(ended(in_secrets).json()[0]["id"], "ridgeline");
    let mut unreachable = shell.command("tenant list");
    unreachable.env("DATABASE_URL", "postgres://app:hunter2@127.0.0.1:1/fusion");
    let outcome = ended(unreachable);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("caused by: ") && !outcome.err.contains("hunter2"), "{}", outcome.err);
}

#[tokio::test]
async fn what_keeps_a_command_from_postgresql_is_told_by_its_name() {
    let shell = Shell::bare(On::Postgres).await;
    let url = url::Url::parse(&pooler::past(&shell.database)).unwrap();
    let changed = |change: fn(&mut url::Url)| {
        let mut url = url.clone();
        change(&mut url);
        let mut command = shell.command("tenant list");
        command.env("DATABASE_URL", url.as_str());
        let outcome = ended(command);
        assert_eq!(outcome.code, 1);
        assert!(outcome.err.contains("hint: check `DATABASE_URL`"), "{}", outcome.err);
        outcome.err
    };
    let nobody_there = changed(|url| url.set_port(Some(1)).unwrap());
    assert!(nobody_there.contains("Connection refused"), "{nobody_there}");
    let no_user = changed(|url| url.set_username("no_such_user").unwrap());
    assert!(no_user.contains("refused the connection: there is no such user"), "{no_user}");
    assert!(no_user.contains("(pg_hba.conf), or the server wants TLS"), "{no_user}");
    let no_database = changed(|url| url.set_path("/no_such_database"));
    assert!(no_database.contains("refused the connection: it has no database of that name"), "{no_database}");
}

#[tokio::test]
async fn a_text_is_read_from_the_line_from_standard_input_and_from_a_file() {
    let shell = Shell::bare(On::Sqlite).await;
    assert_eq!(shell.json("opt-out read UNSUBSCRIBE")["label"], "STOP");
    let mut piped = shell.command("opt-out read --json");
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"start\n").unwrap();
    let answer: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(answer["label"], "START");

    shell.file(
        "t.tsv",
        "# texts\nid\tlabel\tlang\ttier\ttext\tnote\nS1\tSTOP\ten\texact\tSTOP\t\nN1\tNONE\ten\tnegative\tthanks\\nJo\t\n",
    );
    let outcome = shell.run("opt-out read --tsv t.tsv");
    assert_eq!(outcome.code, 0);
    let lines: Vec<Value> = outcome.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["id"], &lines[0]["label"]), (&json!("S1"), &json!("STOP")));
    assert_eq!((&lines[1]["id"], &lines[1]["label"]), (&json!("N1"), &json!("NONE")));
    assert!(outcome.err.contains("STOP recall") && outcome.err.contains("1/1 100.0%"), "{}", outcome.err);
    assert!(!shell.dir.path().join("data").exists(), "no database was needed");
}

#[tokio::test]
async fn help_completions_and_manual_need_no_database() {
    let shell = Shell::bare(On::Sqlite).await;
    assert!(shell.well("--help").contains("opt-out"));
    assert!(shell.well("completions bash").contains("fusion-comms"));
    assert!(shell.well("man").contains(".TH fusion-comms"));
    shell.well("man --dir pages");
    assert!(shell.dir.path().join("pages/fusion-comms-opt-out-check.1").exists());
    assert!(shell.well("config example").contains("#DATABASE_URL="));
    assert!(!shell.dir.path().join("data").exists());
}
