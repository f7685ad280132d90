//! Every function of the store, asked once or more on whichever engine; the answers are compared by the caller.

mod checkups;
mod inboxes;
mod presence;
mod restored;
mod stories;

use std::fmt::Debug;

use fusion_comms::store::{
    Db, audit, billing, calls, consents, events, evidence, faxes, incidents, ingest, ledger, lift_requests,
    messages, migrations, outbox, outgoing, queue, reviews, seals, settings, status, tasks, templates,
    tenants,
};
use fusion_comms_core::envelope::DeliveryStatus;
use fusion_comms_core::fax::Case;
use fusion_comms_core::ids::{
    CallControlId, CaseId, Cents, FaxId, MessageId, SessionId, StatementId, TenantId, derived_id,
};
use fusion_comms_core::ivr::{Call, Language, MenuSettings, Phase, State};
use fusion_comms_core::lifting::Request;
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::templates::Kind;
use serde_json::json;

use crate::committed;
use crate::support::db::TestDb;
use crate::support::given::*;

/// Question and answer, in the order asked.
#[derive(Default)]
struct Answers(Vec<(&'static str, String)>);

impl Answers {
    fn note(&mut self, question: &'static str, answer: impl Debug) {
        self.0.push((question, format!("{answer:#?}")));
    }
}

pub async fn ask_everything(test: &TestDb) -> Vec<(&'static str, String)> {
    let (db, mut said) = (&test.db, Answers::default());
    schema(db, &mut said).await;
    agencies(db, &mut said).await;
    bills(db, &mut said).await;
    sessions(db, &mut said).await;
    inboxes::events_in(db, &mut said).await;
    presence::instances_and_minutes(db, &mut said).await;
    inboxes::events_worked(db, &mut said).await;
    inboxes::stripe_events(db, &mut said).await;
    opt_outs(db, &mut said).await;
    pending_opt_outs(db, &mut said).await;
    calls_in_progress(db, &mut said).await;
    effects(db, &mut said).await;
    texts(db, &mut said).await;
    bills_texted(db, &mut said).await;
    wordings(db, &mut said).await;
    fax_documents(db, &mut said).await;
    looked_into(db, &mut said).await;
    queued(db, &mut said).await;
    stories::events_chosen(db, &mut said).await;
    stories::done_once_more(db, &mut said).await;
    stories::of_everything(db, &mut said).await;
    people(db, &mut said).await;
    checkups::about_the_engine(db).await;
    checkups::waiting_work(db, &mut said).await;
    checkups::freezing(db, &mut said).await;
    disconnected(db, &mut said).await;
    restored::late_stop(db, &mut said).await;
    restored::found(db, &mut said).await;
    restored::settled(db, &mut said).await;
    inboxes::old_events(db, &mut said).await;
    said.0
}

async fn schema(db: &Db, said: &mut Answers) {
    said.note("the schema is current", migrations::check(db).await.unwrap());
    said.note("no commit is lost", settings::commits_are_lost(db).await.unwrap());
    // `check` asks for the minimum only where the schema is newer than the program.
    let newer = if db.postgres().is_some() { TestDb::postgres().await } else { TestDb::sqlite().await };
    super::migrations::add_a_newer_migration(&newer).await;
    said.note("a newer schema", migrations::check(&newer).await.unwrap());
}

/// One person has asked for an opt-out to be lifted, and asks in other words.
async fn two_people(db: &Db, said: &mut Answers, red: &TenantId, person: &E164) {
    for tenant in [red, &agency("blue"), &TenantId::unassigned()] {
        said.note("two are wanted", lift_requests::are_wanted(db, tenant).await.unwrap());
    }
    let first = Request { actor: "ann".to_owned(), reason: "form 7".to_owned(), at: at(1) };
    committed!(db, |tx| lift_requests::put(tx, red, person, &first));
    let second = Request { reason: "form 8".to_owned(), at: at(2), ..first };
    committed!(db, |tx| lift_requests::put(tx, red, person, &second));
    assert_eq!(lift_requests::find(db, red, person).await.unwrap(), Some(second));
    committed!(db, |tx| lift_requests::remove(tx, red, person));
    said.note("asked for", lift_requests::find(db, red, person).await.unwrap());
}

async fn agencies(db: &Db, said: &mut Answers) {
    let red = add_agency(db, "red", Some(&phone(10))).await;
    let blue = add_agency(db, "blue", None).await;
    let mut changed = tenants::get(db, &red).await.unwrap().unwrap();
    said.note("the agency as added", &changed);
    said.note("an id twice", committed!(db, |tx| tenants::add(tx, &changed, at(0))));
    changed.messaging_profile = Some("profile".to_owned());
    changed.lift_by_two = true;
    changed.menu.office_hours = "mon-fri 08:00-17:00; sat 09:00-12:00".parse().ok();
    changed.menu.settings = MenuSettings {
        statement_digits: "6-10".parse().unwrap(),
        offer_caller_number: true,
        read_back: true,
        spanish: true,
        opt_out_key: true,
    };
    said.note("changed", committed!(db, |tx| tenants::set(tx, &changed, at(1))));
    assert_eq!(tenants::get(db, &red).await.unwrap().as_ref(), Some(&changed));
    let mut second = tenants::get(db, &blue).await.unwrap().unwrap();
    second.messaging_profile = Some("profile".to_owned());
    committed!(db, |tx| tenants::set(tx, &second, at(1)));
    let on_profile = async |profile, is_default| tenants::on_profile(db, profile, is_default).await.unwrap();
    said.note("on a profile", on_profile("profile", false).await);
    said.note("on the default one", on_profile("other", true).await);
    said.note("a number for texts", tenants::is_sms_number(db, &phone(10)).await.unwrap());
    said.note("profiles of two", tenants::shared_profiles(db).await.unwrap());
    said.note("all", tenants::list(db).await.unwrap());
    said.note("by account", tenants::by_account(db, "acct_blue").await.unwrap());
    said.note("by no account", tenants::by_account(db, "acct_nobody").await.unwrap());
    said.note("numbers", tenants::numbers(db).await.unwrap());
    said.note("texts leave from", tenants::sms_number(db, &red).await.unwrap());
    said.note("or from the default", tenants::sms_number(db, &blue).await.unwrap());
    said.note("owners", tenants::of_number(db, &phone(10), tenants::Purpose::Sms).await.unwrap());
    said.note("no owners", tenants::of_number(db, &phone(10), tenants::Purpose::Voice).await.unwrap());
}

async fn disconnected(db: &Db, said: &mut Answers) {
    said.note("told before it was set", committed!(db, |tx| tenants::clear_account(tx, "acct_blue", at(0))));
    said.note("cleared", committed!(db, |tx| tenants::clear_account(tx, "acct_blue", at(2))));
    said.note("cleared once", committed!(db, |tx| tenants::clear_account(tx, "acct_blue", at(2))));
    said.note("by a cleared account", tenants::by_account(db, "acct_blue").await.unwrap());
}

async fn bills(db: &Db, said: &mut Answers) {
    let (red, blue, number) = (agency("red"), agency("blue"), StatementId::parse("1042").unwrap());
    let bill = billing::Statement {
        id: "1042".to_owned(),
        case: Some(CaseId::new("case-1")),
        amount: Cents(12_345_678_901),
        currency: "usd".to_owned(),
        status: "open".to_owned(),
    };
    committed!(db, |tx| billing::put_statement(tx, &red, &bill, at(0)));
    committed!(db, |tx| billing::put_statement(tx, &red, &bill, at(1)));
    said.note("the bill", billing::find_statement(db, &red, &number).await.unwrap());
    said.note("another agency's", billing::find_statement(db, &blue, &number).await.unwrap());
    said.note("parted", committed!(db, |tx| billing::detach_number(tx, &red, &phone(20), at(1))));
    said.note("wrong", committed!(db, |tx| billing::is_wrong_number(tx, &red, "1042", &phone(20))));
    let keyed = async |id: &str| {
        let found = billing::find_keyed(db, &red, &StatementId::parse(id).unwrap()).await.unwrap();
        found.map(|s| s.id)
    };
    assert_eq!(keyed("0001042").await.as_deref(), Some("1042"));
    assert_eq!(keyed("10420").await, None);
    let padded = billing::Statement { id: "001042".to_owned(), ..bill.clone() };
    committed!(db, |tx| billing::put_statement(tx, &red, &padded, at(1)));
    said.note("of two, the very number", (keyed("1042").await, keyed("001042").await));
    said.note("of two, neither", keyed("01042").await);
    said.note("held", committed!(db, |tx| billing::set_statement_status(tx, &red, "1042", "on_hold", at(2))));
    said.note(
        "held elsewhere",
        committed!(db, |tx| billing::set_statement_status(tx, &blue, "1042", "paid", at(2))),
    );
    said.note("bills", billing::statements(db, &red).await.unwrap());
    let case: Case = serde_json::from_value(json!({
        "case_id": "case-1", "tenant_id": "red", "case_number": "C1", "patient_last": "O'Neill", "zip": "02134",
    }))
    .unwrap();
    committed!(db, |tx| billing::put_case(tx, &red, &case));
    committed!(db, |tx| billing::put_case(tx, &red, &case));
    said.note("roster", billing::cases(db, &red).await.unwrap());
    said.note("a case", billing::has_case(db, &red, &CaseId::new("case-1")).await.unwrap());
    let of_number = |number: &'static str| billing::case_of_number(db, &red, number);
    said.note("by number", (of_number("C1").await.unwrap(), of_number("none").await.unwrap()));
    said.note("its cases", billing::case_ids(db, &red).await.unwrap());
    said.note("roster of the other", billing::cases(db, &blue).await.unwrap());
}

async fn sessions(db: &Db, said: &mut Answers) {
    let id = SessionId::new("cs_1");
    let new = billing::NewSession {
        id: id.clone(),
        tenant: agency("red"),
        statement_id: "1042".to_owned(),
        call: Some(CallControlId::new("v3:call")),
        amount: Cents(12_000),
        currency: "usd".to_owned(),
        checkout_url: "https://pay.example/1".to_owned(),
        account: "acct_red".to_owned(),
        reference: "ref-1".to_owned(),
        expires_at: at(1800),
        token: "tok-1".to_owned(),
    };
    said.note("kept", committed!(db, |tx| billing::insert_session(tx, &new, at(0))));
    said.note("kept once", committed!(db, |tx| billing::insert_session(tx, &new, at(1))));
    said.note("by token", billing::session_by_token(db, "tok-1").await.unwrap());
    let set = async |status: &str, paid: Option<&str>| {
        committed!(db, |tx| billing::set_session_status(tx, &id, status, paid, paid.map(|_| at(9))))
    };
    said.note("expired", set("expired", None).await);
    said.note("expired again", set("expired", None).await);
    said.note("paid after all", set("complete", Some("pi_1")).await);
    said.note("a late expiry undoes nothing", set("expired", None).await);
    said.note("by id", billing::session_by_id(db, &id).await.unwrap());
    payments(db, said, &new).await;
}

/// What follows a payment: `cs_1` is complete.
async fn payments(db: &Db, said: &mut Answers, first: &billing::NewSession) {
    let (red, id) = (agency("red"), &first.id);
    let second = billing::NewSession {
        id: SessionId::new("cs_2"),
        reference: "ref-2".to_owned(),
        token: "tok-2".to_owned(),
        ..first.clone()
    };
    committed!(db, |tx| billing::insert_session(tx, &second, at(10)));
    said.note("the bill, locked", committed!(db, |tx| billing::lock_statement(tx, &red, "1042")));
    said.note("no debit", billing::is_debit_pending(db, &red, "1042").await.unwrap());
    said.note("debit", committed!(db, |tx| billing::debit_begun(tx, &second.id, Some("pi_2"), at(11))));
    said.note("debit once", committed!(db, |tx| billing::debit_begun(tx, &second.id, None, at(12))));
    said.note("debit pending", billing::is_debit_pending(db, &red, "1042").await.unwrap());
    said.note("others", billing::other_open_sessions(db, &red, "1042", id).await.unwrap());
    said.note("no others", billing::other_open_sessions(db, &red, "1042", &second.id).await.unwrap());
    said.note("paid by another", billing::paid_by_another(db, &red, "1042", &second.id).await.unwrap());
    said.note("not by itself", billing::paid_by_another(db, &red, "1042", id).await.unwrap());
    said.note("paid by a link", billing::is_paid_by_link(db, &red, "1042").await.unwrap());
    said.note("none is paid so", billing::is_paid_by_link(db, &agency("blue"), "1042").await.unwrap());
    said.note("by payment", billing::session_by_payment(db, Some("pi_2"), Some("ref-1")).await.unwrap());
    said.note("by reference", billing::session_by_payment(db, None, Some("ref-1")).await.unwrap());
    said.note("by nothing", billing::session_by_payment(db, None, None).await.unwrap());
    let check = async |s: i64| committed!(db, |tx| billing::claim_to_check(tx, 5, at(s), at(s + 600)));
    said.note("not to check yet", check(1799).await);
    said.note("to check at its end", check(1800).await);
    said.note("taken", check(1801).await);
    committed!(db, |tx| billing::check_again(tx, &second.id, at(1810)));
    said.note("to check again", check(1810).await.len());
    for total in [500, 300] {
        committed!(db, |tx| billing::note_refund(tx, id, Cents(total), Some("pi_other")));
    }
    said.note("given back", billing::session_by_id(db, id).await.unwrap());
    for status in ["refunded", "refunded", "disputed", "refunded"] {
        let moved = committed!(db, |tx| billing::take_back_payment(tx, id, status, None));
        said.note("taken back", (status, moved));
    }
    said.note("closed", committed!(db, |tx| billing::close_account_sessions(tx, "acct_red", at(1_000_000))));
    said.note("closed session", billing::session_by_id(db, &second.id).await.unwrap());
}

async fn opt_outs(db: &Db, said: &mut Answers) {
    let (red, person) = (agency("red"), phone(20));
    committed!(db, |tx| ledger::lock_number(tx, &person));
    committed!(db, |tx| ledger::set_context(tx, "tester", Some("asked by phone")));
    let put = committed!(db, |tx| ledger::put(tx, &red, &person, ledger::Source::Import, at(0)));
    said.note("put", put);
    committed!(db, |tx| ledger::clear_context(tx));
    said.note("standing", standing(db, Some(&red), &person).await);
    said.note("list", ledger::list(db, None).await.unwrap());
    said.note("list of one", ledger::list(db, Some(&agency("blue"))).await.unwrap());
    said.note(
        "a START lifts no import",
        committed!(db, |tx| ledger::lift_by_start(tx, &red, &person, at(9))),
    );
    two_people(db, said, &red, &person).await;
    said.note("removed", committed!(db, |tx| ledger::remove(tx, &red, &person)));
    said.note("removed once", committed!(db, |tx| ledger::remove(tx, &red, &person)));
    said.note("last lift", committed!(db, |tx| ledger::last_lift(tx, &red, &person)).map(|l| l.by_text));
    said.note("opt-outs", ledger::count(db).await.unwrap());
    said.note("evidence", evidence::of(db, &red, &person).await.unwrap().len());
    let history = ledger::history(db, &red, &person).await.unwrap();
    said.note("history", history.iter().map(|c| (c.change.clone(), c.source.clone())).collect::<Vec<_>>());
    let stopped = store_one(db, &stop("stop-1", &person, &phone(10), at(10))).await.unwrap();
    said.note("a STOP", stopped);
}

async fn pending_opt_outs(db: &Db, said: &mut Answers) {
    let event = stop("stop-2", &phone(21), &phone(10), at(20));
    // What `locked_rows` brings about with a held row, which SQLite cannot have.
    said.note("kept as pending", ingest::store_pending(db, &event, &reach()).await.unwrap());
    said.note("pending", committed!(db, |tx| ledger::pending_of(tx, &event.id)));
    said.note("stands", standing(db, Some(&agency("red")), &phone(21)).await);
    said.note("not for the other", standing(db, Some(&agency("blue")), &phone(21)).await);
    committed!(db, |tx| ledger::set_pending(tx, &event.id, &[]));
    said.note("no more", committed!(db, |tx| ledger::pending_of(tx, &event.id)));
    said.note("first unsealed", seals::oldest_unsealed(db).await.unwrap().is_some());
    said.note("sealed", seals::seal(db, at(30)).await.unwrap());
    said.note("none unsealed", seals::oldest_unsealed(db).await.unwrap().is_none());
    said.note("sealed once", seals::seal(db, at(31)).await.unwrap());
    said.note("sound", seals::verify(db).await.unwrap());
    said.note("own row", ledger::find(db, &agency("red"), &phone(21)).await.unwrap());
}

async fn calls_in_progress(db: &Db, said: &mut Answers) {
    let (id, red) = (CallControlId::new("v3:one"), agency("red"));
    let mut call = Call {
        state: State::Menu,
        phase: Phase::Answering { again: false },
        step: 0,
        misses: 0,
        prompts: 0,
        statement: None,
        phone: None,
        known: true,
        language: Language::English,
    };
    let new = calls::NewCall {
        id: &id,
        tenant: Some(&red),
        from_phone: Some("anonymous"),
        to_phone: Some("+12025550111"),
        session: Some("session-1"),
        call: &call,
        deadline_at: Some(at(10)),
    };
    said.note("rings", committed!(db, |tx| calls::insert(tx, &new, at(0))));
    said.note("rings once", committed!(db, |tx| calls::insert(tx, &new, at(0))));
    said.note("locked", committed!(db, |tx| calls::lock(tx, &id)));
    call = Call { state: State::CollectSmsPhone, step: 3, misses: 1, prompts: 2, ..call };
    call.statement = StatementId::parse("1042");
    call.phone = Some(phone(20));
    call.language = Language::Spanish;
    committed!(db, |tx| calls::save(tx, &id, &call, Some(at(30)), at(5)));
    said.note("saved", committed!(db, |tx| calls::lock(tx, &id)));
    said.note("of the session", calls::of_session(db, "session-1").await.unwrap());
    said.note("present", calls::present(db, &id).await.unwrap());
    let step = async || {
        committed!(db, |tx| calls::record_step(tx, &id, "cause", Some(State::Menu), State::Transfer, at(6)))
    };
    said.note("a step", step().await);
    said.note("a step once", step().await);
    said.note("not overdue", calls::overdue(db, at(29), 10_000, 5).await.unwrap());
    said.note("overdue", calls::overdue(db, at(30), 10_000, 5).await.unwrap());
    committed!(db, |tx| calls::put_off_deadline(tx, &id, at(40), at(35)));
    committed!(db, |tx| calls::record_miss(tx, "cause", &red, "+12025550147", at(7)));
    said.note("misses", committed!(db, |tx| calls::misses_of(tx, "+12025550147", at(1))));
    said.note("put off", calls::overdue(db, at(35), 10_000, 5).await.unwrap());
    said.note("on the page", status::calls(db, 5).await.unwrap());
}

async fn effects(db: &Db, said: &mut Answers) {
    let effect = |name: &str, key: &str| outbox::NewEffect {
        id: derived_id(name, "0"),
        lane: outbox::Lane::Voice,
        kind: "command",
        order_key: key.to_owned(),
        cause_id: "z".to_owned(),
        tenant: Some(agency("red")),
        payload: json!({"n": name}),
        expires_at: Some(at(900)),
        held_until: None,
    };
    let (one, two) = (effect("one", "call:1"), effect("two", "call:1"));
    said.note("owed", committed!(db, |tx| outbox::push(tx, &one, at(0))));
    said.note("owed once", committed!(db, |tx| outbox::push(tx, &one, at(1))));
    committed!(db, |tx| outbox::push(tx, &two, at(1)));
    let claim = async |owner: &str, now: i64| {
        outbox::claim(db, outbox::Lane::Voice, owner, 5, at(now), at(now + 20)).await.unwrap()
    };
    said.note("the first", claim("me", 2).await);
    let id = one.id.to_string();
    committed!(db, |tx| outbox::hold(tx, &id, at(4)));
    committed!(db, |tx| outbox::put_off(tx, &id, "no luck", at(5)));
    said.note("again", claim("gone", 6).await.len());
    said.note("taken back", outbox::take_back(db, "gone").await.unwrap());
    said.note("done", committed!(db, |tx| outbox::mark_done(tx, &id, at(7))));
    said.note("done once", committed!(db, |tx| outbox::mark_done(tx, &id, at(7))));
    said.note("parked", committed!(db, |tx| outbox::park(tx, &two.id.to_string(), "refused", at(8))));
    said.note("depth", outbox::depth(db, outbox::Lane::Voice, at(99)).await.unwrap());
    for standing in [outbox::Standing::Either, outbox::Standing::Waiting, outbox::Standing::Parked] {
        let open = outbox::list_open(db, Some(&agency("red")), standing, 5).await.unwrap();
        said.note("not done", open);
    }
    said.note("of all", outbox::list_open(db, None, outbox::Standing::Either, 5).await.unwrap().len());
    said.note("again", committed!(db, |tx| outbox::push_again(tx, &two, at(9))));
    said.note("again once", committed!(db, |tx| outbox::push_again(tx, &two, at(9))));
    said.note("hurried", committed!(db, |tx| outbox::hurry(tx, "call:1", "command", at(9))));
    said.note("of the cause", events::effects(db, "z").await.unwrap());
}

async fn texts(db: &Db, said: &mut Answers) {
    let (red, ours, person) = (agency("red"), phone(10), phone(30));
    let inbound = messages::Inbound {
        id: &MessageId::new("in-1"),
        tenant: Some(&red),
        from: person.expose(),
        to: ours.expose(),
        body: "hello",
        label: "NONE",
        rule: "no_keyword",
        review: true,
        cause_id: "event-1",
        received_at: at(-5),
    };
    said.note("came in", committed!(db, |tx| messages::insert_inbound(tx, &inbound, at(0))));
    said.note("came in once", committed!(db, |tx| messages::insert_inbound(tx, &inbound, at(0))));
    let text = link_text("link", &red, &ours, &person);
    said.note("queued", queue_text(db, &text).await);
    said.note(
        "written once",
        committed!(db, |tx| messages::insert_outbound(tx, &text, messages::Said::Allowed, at(1))),
    );
    said.note("to send", messages::to_send(db, &text.id).await.unwrap());
    said.note("sending", committed!(db, |tx| messages::set_sending(tx, &text.id, at(2))));
    committed!(db, |tx| messages::set_status(tx, &text.id, "queued", Some("no answer"), true, at(3)));
    committed!(db, |tx| messages::set_sending(tx, &text.id, at(4)));
    committed!(db, |tx| messages::accepted(tx, &text.id, "telnyx-1", at(5)));
    said.note("handed over at the first", messages::to_send(db, &text.id).await.unwrap());
    let delivered =
        committed!(db, |tx| messages::apply_status(tx, "telnyx-1", DeliveryStatus::Delivered, None, at(6)));
    said.note("delivered", delivered);
    said.note("takes texts", committed!(db, |tx| messages::takes_no_texts(tx, &person)));
    said.note("last agency", committed!(db, |tx| messages::last_agency(tx, &person, &ours)));
    let link = messages::Class::PaymentLink;
    said.note("count", committed!(db, |tx| messages::count_since(tx, &person, &ours, link, at(0))));
    let mut counts = messages::count_by_status(db).await.unwrap();
    counts.sort();
    said.note("by status", counts);
    said.note("on the page", status::texts(db, 5).await.unwrap());
    said.note(
        "agencies",
        committed!(db, |tx| ledger::agencies_of(tx, &person, Some(&ours), &default_number())),
    );
}

async fn bills_texted(db: &Db, said: &mut Answers) {
    let (red, person) = (agency("red"), phone(31));
    let consent = consents::New {
        id: "c-1",
        tenant: &red,
        phone: &person,
        given_at: at(-9),
        source: consents::Source::Written,
        evidence: "form 7",
        actor: "ana",
    };
    said.note("consent", committed!(db, |tx| consents::add(tx, &consent, at(0))));
    said.note("consent once", committed!(db, |tx| consents::add(tx, &consent, at(1))));
    said.note("consents", consents::list(db, &red, &person).await.unwrap());
    committed!(db, |tx| ledger::put(tx, &red, &person, ledger::Source::Import, at(-20)));
    committed!(db, |tx| ledger::remove(tx, &red, &person));
    said.note("recipient", committed!(db, |tx| consents::recipient(tx, &red, &person, Some("1042"))));
    said.note("numbers of its cases", committed!(db, |tx| billing::case_phones(tx, &red, "1042")));
    let text = messages::Outbound {
        class: messages::Class::BillReady,
        ..link_text("bill", &red, &phone(10), &person)
    };
    let waits = async || committed!(db, |tx| outgoing::bill_waits(tx, &red, "1042", &person));
    said.note("no bill waits", waits().await);
    // It is 10 h in the East.
    said.note("allowed", queue_text(db, &text).await);
    said.note("a bill waits", waits().await);
    committed!(db, |tx| messages::hold(tx, &text.id, "held until tomorrow", at(2)));
    said.note("ours", outgoing::latest(db, Some(&red), 1).await.unwrap());
}

async fn wordings(db: &Db, said: &mut Answers) {
    let (red, blue) = (agency("red"), agency("blue"));
    let (kind, language) = (Kind::Help, Language::Spanish);
    for body in ["first", "second"] {
        committed!(db, |tx| templates::put(tx, &red, kind, language, body, at(1)));
    }
    committed!(db, |tx| templates::put(tx, &blue, Kind::PaymentLink, Language::English, "pay", at(2)));
    said.note("the wording", templates::get(db, &red, kind, language).await.unwrap());
    said.note("of another language", templates::get(db, &red, kind, Language::English).await.unwrap());
    said.note("of another agency", templates::get(db, &blue, kind, language).await.unwrap());
    said.note("of red", templates::list(db, Some(&red)).await.unwrap());
    said.note("of all", templates::list(db, None).await.unwrap());
    said.note("taken back", committed!(db, |tx| templates::reset(tx, &red, kind, language)));
    said.note("taken back once", committed!(db, |tx| templates::reset(tx, &red, kind, language)));
    said.note("what is left", templates::list(db, None).await.unwrap());
}

async fn fax_documents(db: &Db, said: &mut Answers) {
    let (red, id) = (agency("red"), FaxId::new("fax-1"));
    let seen = |received_at| faxes::Seen {
        id: &id,
        tenant: Some(&red),
        from_phone: Some("+12025550140"),
        to_phone: Some("+12025550141"),
        page_count: Some(3),
        partial: false,
        received_at,
    };
    committed!(db, |tx| faxes::seen(tx, &seen(None), at(0)));
    committed!(db, |tx| faxes::seen(tx, &seen(Some(at(1))), at(1)));
    committed!(db, |tx| faxes::trouble(tx, &id, "the media host is slow", at(2)));
    said.note("seen", faxes::get(db, &id).await.unwrap());
    said.note("failed", committed!(db, |tx| faxes::failed(tx, &id, "gone", at(3))));
    said.note("how many failed", faxes::count_failed(db).await.unwrap());
    let received = ingest::NewEvent { event_type: "fax.received".to_owned(), ..event("fx", id.as_str()) };
    store_one(db, &received).await.unwrap();
    said.note("its event", events::fax_received(db, &id).await.unwrap());
    let as_sent = faxes::AsSent { key: "tenant/red/tiff".to_owned(), sha256: "def".to_owned() };
    let file = faxes::Stored { key: "tenant/red/fax", sha256: "abc", size: 1234, as_sent: Some(&as_sent) };
    said.note("stored after all", committed!(db, |tx| faxes::stored(tx, &id, &file, at(4))));
    let outcome = faxes::Outcome {
        doc_type: Some("remittance"),
        case: Some(&CaseId::new("case-1")),
        status: "classified",
        page_count: Some(4),
        last_error: None,
        suggestions: Some(json!(["case-1"])),
        reasons: Some(json!({"rule": "title"})),
        pages_key: Some("tenant/red/pages"),
        segments: Some(json!([{"pages": "1-4"}])),
        pcs_checklist: Some(json!({"signer": true})),
    };
    said.note("filed", committed!(db, |tx| faxes::file(tx, &id, &outcome, at(5))));
    said.note("locked", committed!(db, |tx| faxes::lock(tx, &id)));
    said.note("of red", faxes::list(db, Some(&red), Some("classified"), 5).await.unwrap());
    let wrong = [CaseId::new("case-1")];
    committed!(db, |tx| faxes::detach(tx, &id, &wrong, "ann", at(5)));
    said.note("detached", faxes::get(db, &id).await.unwrap());
    committed!(db, |tx| faxes::attach(tx, &id, &CaseId::new("case-2"), Some("pcs"), "bob", at(5)));
    said.note("attached", faxes::get(db, &id).await.unwrap());
    said.note("an agency's", committed!(db, |tx| faxes::assign(tx, &id, &agency("blue"), at(5))));
    said.note("reset", committed!(db, |tx| faxes::reset(tx, &id, at(6))));
    said.note("all", faxes::list(db, None, None, 5).await.unwrap());
    said.note("of nobody", faxes::list(db, Some(&agency("unassigned")), None, 5).await.unwrap());
    said.note("on the page", status::faxes(db, 5).await.unwrap());
}

async fn looked_into(db: &Db, said: &mut Answers) {
    let red = agency("red");
    let new = incidents::New {
        kind: incidents::Kind::FaxWrongPatient,
        tenant: Some(&red),
        subject: "fax-1",
        detail: json!({"case_id": "case-1"}),
        by: "ann",
        reason: "another Jane Doe",
    };
    let id = committed!(db, |tx| incidents::open(tx, &new, at(0)));
    said.note("open", incidents::list(db, Some(&red), false, 5).await.unwrap());
    said.note(
        "closed",
        committed!(db, |tx| incidents::close(tx, &id, "bob", "told the privacy officer", at(1))),
    );
    said.note("closed again", committed!(db, |tx| incidents::close(tx, &id, "bob", "x", at(2))));
    said.note("shown", incidents::get(db, &id).await.unwrap());
    said.note("none open", incidents::list(db, None, false, 5).await.unwrap());
    said.note("all", incidents::list(db, None, true, 5).await.unwrap());
}

async fn queued(db: &Db, said: &mut Answers) {
    queue::send(db, "fax-1", "{}", at(0)).await.unwrap();
    queue::send(db, "fax-1", "{\"again\":1}", at(1)).await.unwrap();
    said.note("depth", queue::depth(db).await.unwrap());
    said.note("received", queue::receive(db, at(2), at(122)).await.unwrap());
    said.note("invisible", queue::receive(db, at(3), at(123)).await.unwrap());
    queue::extend(db, "fax-1", at(200)).await.unwrap();
    said.note("still invisible", queue::receive(db, at(150), at(300)).await.unwrap());
    queue::delete(db, "fax-1").await.unwrap();
    said.note("empty", queue::depth(db).await.unwrap());
}

async fn people(db: &Db, said: &mut Answers) {
    for s in [1, 2] {
        committed!(db, |tx| tasks::open(tx, Some(&agency("red")), tasks::Kind::CallBack, "v3:one", at(s)));
    }
    said.note("one task", tasks::list_open(db, 5).await.unwrap());
    said.note("how many", tasks::count_open(db).await.unwrap());
    texts_read(db, said).await;
    let red = agency("red");
    let of = async |tenant, kind| tasks::list_open_of(db, Some(tenant), Some(kind), 5).await.unwrap();
    let one = of(&red, "call_back").await;
    said.note("of red", &one);
    said.note("of nobody", of(&agency("unassigned"), "call_back").await);
    said.note("closed", committed!(db, |tx| tasks::close(tx, &one[0].id, at(5))));
    said.note("closed once", committed!(db, |tx| tasks::close(tx, &one[0].id, at(6))));
    said.note("when", tasks::find(db, &one[0].id).await.unwrap());
    said.note("no task", tasks::find(db, "nobody").await.unwrap());
    let entry = audit::Entry {
        actor: "tester",
        action: "statement.set",
        subject: "1042",
        tenant: Some(&agency("red")),
        before: Some(json!({"status": "open"})),
        after: None,
    };
    committed!(db, |tx| audit::append(tx, &entry, at(0)));
}

/// Of the text that [`texts`] keeps.
async fn texts_read(db: &Db, said: &mut Answers) {
    let (red, person, id) = (agency("red"), phone(30), MessageId::new("in-1"));
    let short = |t: &reviews::Text| {
        let zone = t.timezone.clone();
        (t.id.clone(), t.received_at, t.label.clone(), t.rule.clone(), t.review, t.waits, zone)
    };
    let list = async |tenant, wait: bool| {
        let texts = if wait {
            reviews::waiting(db, tenant, 5).await.unwrap()
        } else {
            reviews::latest(db, tenant, 5).await.unwrap()
        };
        texts.iter().map(short).collect::<Vec<_>>()
    };
    said.note("none waits", list(None, true).await);
    committed!(db, |tx| tasks::open(tx, Some(&red), tasks::Kind::TextToRead, id.as_str(), at(3)));
    said.note("waits", list(Some(&red), true).await);
    committed!(db, |tx| tasks::open(tx, Some(&red), tasks::Kind::Emergency, id.as_str(), at(4)));
    said.note("is urgent", list(None, true).await);
    let blue = agency("blue");
    said.note("not the other's", list(Some(&blue), true).await);
    said.note("latest", list(Some(&red), false).await);
    said.note("one", reviews::find(db, &id).await.unwrap().as_ref().map(short));
    said.note("none", reviews::find(db, &MessageId::new("nobody")).await.unwrap().as_ref().map(short));
    said.note("receipts", reviews::receipts(db).await.unwrap());
    let thread = committed!(db, |tx| reviews::thread(tx, &red, &person));
    let thread: Vec<_> = thread.iter().map(|s| (s.at, s.direction.clone(), s.body.clone())).collect();
    said.note("thread", thread);
    said.note("no START", committed!(db, |tx| reviews::starts_after(tx, &person, at(-60))));
    let (second, ours) = (MessageId::new("in-2"), phone(10));
    let start = messages::Inbound {
        id: &second,
        tenant: Some(&red),
        from: person.expose(),
        to: ours.expose(),
        body: "START",
        label: "START",
        rule: "keyword",
        review: false,
        cause_id: "event-2",
        received_at: at(7),
    };
    committed!(db, |tx| messages::insert_inbound(tx, &start, at(9)));
    said.note("a START", committed!(db, |tx| reviews::starts_after(tx, &person, at(6))));
    said.note("not before", committed!(db, |tx| reviews::starts_after(tx, &person, at(7))));
    let lifted = committed!(db, |tx| reviews::lifted_by_hand_after(tx, &red, &phone(20), at(0)));
    said.note("lifted by hand", lifted.is_some());
    let lifted = committed!(db, |tx| reviews::lifted_by_hand_after(tx, &red, &person, at(0)));
    said.note("not lifted", lifted);
    said.note("read", committed!(db, |tx| tasks::close_of_text(tx, &id, at(8))));
    said.note("read once", committed!(db, |tx| tasks::close_of_text(tx, &id, at(8))));
}
