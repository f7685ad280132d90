//! The calls that the fixtures tell as happy paths, posted through the real binary: in order, twice at once, backwards and
//! shuffled they leave the same rows, commands, session and text; a hang-up that overtakes leaves fewer, never others.
//!
//! Order is free as far as cause allows: an event is posted once Telnyx has taken the command that it answers, since it
//! does not happen before. Event and call ids are the same in each run, each in an app of its own: so are then the names
//! of all effects, and nothing but addresses, times, Stripe's and Telnyx's own ids and the link's token has to be left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use futures::StreamExt;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use super::stripe_allowed::assert_allowed;
use super::support::app::{On, PATIENT, TENANT, TestApp, fixture, within};
use super::support::db::Prompt;

/// Apps that run side by side.
const AT_ONCE: usize = 4;
/// The statement that the fixtures key.
const STATEMENT: &str = "10482231";
/// The commands that the happy path calls for, in order; the fixtures' causes are places in it.
const COMMANDS: [&str; 7] = [
    "answer",
    "gather_using_audio menu",
    "gather_using_audio collect_statement",
    "gather_using_audio collect_phone",
    "gather_using_audio sent_sms",
    "playback_start transfer",
    "transfer",
];
const TRANSFER: usize = 6;
const HANGUP: usize = 16;

/// One fixture of the path.
#[derive(Clone)]
struct Card {
    /// Its place, from 1.
    place: usize,
    body: Value,
}

impl Card {
    /// The command that it answers, or without which it would not have happened.
    fn cause(&self) -> Option<usize> {
        Some(match self.place {
            1 => return None,
            2 => 0,
            3..=6 => 1,
            7 => 2,
            8 => 3,
            9 | 10 => 4,
            // The second leg, the bridge, both hang-ups and the cost.
            _ => TRANSFER,
        })
    }
}

/// The voice paths of `index.json`, by name, each in its order.
fn paths() -> BTreeMap<String, Vec<Card>> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/tests/data/telnyx");
    let index = std::fs::read_to_string(dir.join("index.json")).expect("the index is there");
    let index: Value = serde_json::from_str(&index).expect("it is JSON");
    let mut paths: BTreeMap<String, Vec<Card>> = BTreeMap::new();
    for entry in index["files"].as_array().expect("files") {
        let (Some(place), Some(file)) = (entry["sequence"].as_str(), entry["file"].as_str()) else {
            continue;
        };
        let (name, place) = place.rsplit_once('-').expect("a name and a place");
        if file.starts_with("voice-") {
            let card = Card { place: place.parse().expect("a place"), body: fixture(file) };
            paths.entry(name.to_owned()).or_default().push(card);
        }
    }
    paths.values_mut().for_each(|cards| cards.sort_by_key(|c| c.place));
    paths
}

fn the_path() -> Vec<Card> {
    let mut paths = paths();
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["happy"], "a new path wants its own causes");
    let cards = paths.remove("happy").unwrap_or_default();
    let places: Vec<usize> = cards.iter().map(|c| c.place).collect();
    assert_eq!(places, (1..=17).collect::<Vec<_>>());
    cards
}

#[derive(Clone, Copy, Debug)]
enum Order {
    AsListed,
    /// Each twice at the same time.
    Twice,
    /// Of what can have happened, the last first: the hang-up goes before the whole transfer.
    Backwards,
    /// Up to three at a time, each up to twice, drawn by this seed.
    Shuffled(u64),
}

/// One telling of the path.
struct Run {
    app: TestApp,
    call: String,
    cards: Vec<Card>,
}

impl Run {
    async fn start(on: On) -> Self {
        // Its commands block: on a thread of their own, or the other runs stand still.
        let app = tokio::spawn(Self::app(on)).await.expect("an app");
        let cards = the_path();
        let call = cards[0].body["data"]["payload"]["call_control_id"].as_str().expect("an id").to_owned();
        app.sim.telnyx.take_commands_for(&call);
        Self { app, call, cards }
    }

    async fn app(on: On) -> TestApp {
        let app = TestApp::start(on).await;
        let row = format!("statement_id,amount_cents,currency,case_id,status\n{STATEMENT},12500,usd,,open\n");
        let file = app.file("keyed.csv", &row);
        app.command(&["statement", "import", &file, "--tenant", TENANT]);
        app
    }

    fn commands(&self) -> Vec<(String, Value)> {
        self.app.sim.telnyx.commands(&self.call)
    }

    /// As Telnyx would send it: with the client state of the command it follows on; the second leg was given none.
    fn body(&self, card: &Card) -> String {
        let mut body = card.body.clone();
        let payload = &mut body["data"]["payload"];
        let of_the_caller = payload["call_control_id"] == *self.call;
        payload["client_state"] = match card.cause() {
            Some(at) if of_the_caller => self.commands()[at].1["client_state"].clone(),
            _ => json!(null),
        };
        body.to_string()
    }

    /// Posts these at the same time, `copies` of each.
    async fn post(&self, cards: &[Card], copies: usize) {
        let bodies = cards.iter().flat_map(|c| std::iter::repeat_n(self.body(c), copies));
        let posts: Vec<_> = bodies.collect();
        let answers = futures::future::join_all(posts.iter().map(|b| self.app.post("voice", b))).await;
        for status in answers {
            assert_eq!(status.expect("an answer"), 200);
        }
        self.app.settle().await;
        if cards.iter().any(|c| c.place == HANGUP) {
            self.app.sim.telnyx.end_leg(&self.call);
        }
    }

    fn happened(&self, card: &Card) -> bool {
        let taken = self.commands().len();
        card.cause().is_none_or(|at| at < taken)
    }

    /// Posts all of them.
    async fn tell(&self, order: Order) {
        let mut left = self.cards.clone();
        let mut rng = StdRng::seed_from_u64(if let Order::Shuffled(seed) = order { seed } else { 0 });
        while !left.is_empty() {
            let ready: Vec<usize> = (0..left.len()).filter(|i| self.happened(&left[*i])).collect();
            assert!(!ready.is_empty(), "{order:?}: the call stands still\n{}", self.app.logs());
            match order {
                Order::AsListed | Order::Twice => {
                    assert_eq!(ready[0], 0, "{order:?}: the next has no cause\n{}", self.app.logs());
                    let copies = if matches!(order, Order::Twice) { 2 } else { 1 };
                    self.post(&[left.remove(0)], copies).await;
                }
                Order::Backwards => {
                    let last = ready[ready.len() - 1];
                    self.post(&[left.remove(last)], 1).await;
                }
                Order::Shuffled(_) => {
                    let mut hand = Vec::new();
                    for _ in 0..rng.random_range(1..=3) {
                        let ready: Vec<usize> =
                            (0..left.len()).filter(|i| self.happened(&left[*i])).collect();
                        if !ready.is_empty() {
                            hand.push(left.remove(ready[rng.random_range(0..ready.len())]));
                        }
                    }
                    self.post(&hand, rng.random_range(1..=2)).await;
                }
            }
        }
    }

    async fn rows(&self, columns: &str, rest: &str) -> BTreeSet<String> {
        let url = self.app.env.iter().find(|(name, _)| name == "DATABASE_URL").expect("a database").1.clone();
        let mut prompt = Prompt::open(&url).await;
        let rows = prompt.ask(&format!("SELECT {columns} FROM {rest}")).await;
        let all = rows.len();
        let set: BTreeSet<String> = rows.into_iter().map(|r| without_token(&r.join(" | "))).collect();
        assert_eq!(set.len(), all, "the same row twice in {rest}: {set:?}");
        set
    }

    /// What the path left behind, here and outside.
    async fn traces(&self) -> Traces {
        let delivered = "telnyx_sms_messages WHERE status <> 'delivered'";
        let arrived = || async { self.rows("message_id", delivered).await.is_empty() };
        assert!(within(std::time::Duration::from_secs(60), arrived).await, "{}", self.app.logs());
        self.app.settle().await;
        let moved = "from_state IS NULL OR from_state <> to_state";
        let call =
            "call_control_id, tenant_id, from_phone, to_phone, session_id, state, statement_id, sms_phone,
                    cast(attempts AS text), cast(deadline_at AS text), cast(phase AS text)";
        let text = "message_id, tenant_id, direction, from_phone, to_phone, body, status, statement_id,
                    call_control_id, error";
        let session =
            "tenant_id, statement_id, call_control_id, cast(amount_cents AS text), currency, status, account,
                       reference, cast(completed_at AS text)";
        let event = "event_id, tenant_id, CASE WHEN processed_at IS NULL THEN 'waits' ELSE 'done' END,
                     CASE WHEN parked_at IS NULL THEN '-' ELSE 'parked' END";
        let effect = "effect_id, kind, order_key, cause_id, tenant_id,
                      CASE WHEN done_at IS NULL THEN 'waits' ELSE 'done' END,
                      CASE WHEN parked_at IS NULL THEN '-' ELSE 'parked' END";
        let base = &self.app.base;
        Traces {
            call: self.rows(call, "telnyx_calls").await,
            moves: self
                .rows(
                    "cause_id, coalesce(from_state, '-'), to_state",
                    &format!("telnyx_call_steps WHERE {moved}"),
                )
                .await,
            causes: self.rows("call_control_id, cause_id", "telnyx_call_steps").await,
            texts: without_base(self.rows(text, "telnyx_sms_messages").await, base),
            sessions: self.rows(session, "billing_checkout_sessions").await,
            events: self.rows(event, "telnyx_events WHERE channel = 'voice'").await,
            effects: self.rows(effect, "outbox").await,
            tasks: self.rows("kind", "agency_tasks").await,
            commands: self
                .commands()
                .into_iter()
                .map(|(action, body)| format!("{action} {body}").replace(base, ""))
                .collect(),
        }
    }

    /// One session and one text at most, each command once, and none to a leg that is gone or not ours.
    fn assert_once(&self, what: &str) {
        let sim = &self.app.sim;
        assert!(sim.stripe.sessions().len() <= 1, "{what}: sessions");
        assert!(sim.telnyx.inbox_of(PATIENT).len() <= 1, "{what}: texts");
        let asked = sim.telnyx.requests().into_iter().filter(|r| r.path.starts_with("/v2/calls/")).count();
        assert_eq!(asked, self.commands().len(), "{what}: a command was refused or sent twice");
        for request in sim.stripe.requests() {
            assert_allowed(&request, &self.app.base, what);
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Traces {
    call: BTreeSet<String>,
    /// Steps from state to state, with their causes.
    moves: BTreeSet<String>,
    /// What was applied to the call at all. In which state a late event found the call is a matter of order.
    causes: BTreeSet<String>,
    texts: BTreeSet<String>,
    sessions: BTreeSet<String>,
    events: BTreeSet<String>,
    effects: BTreeSet<String>,
    tasks: BTreeSet<String>,
    commands: Vec<String>,
}

/// A row without the random part of a payment link.
fn without_token(row: &str) -> String {
    let Some((before, after)) = row.split_once("/p/") else { return row.to_owned() };
    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(after.len());
    format!("{before}/p/…{}", &after[end..])
}

fn without_base(rows: BTreeSet<String>, base: &str) -> BTreeSet<String> {
    rows.into_iter().map(|r| r.replace(base, "")).collect()
}

fn heard(commands: &[(String, Value)]) -> Vec<String> {
    let named = |(action, body): &(String, Value)| {
        let file = body["audio_url"].as_str().and_then(|u| u.rsplit('/').next());
        file.map_or(action.clone(), |f| format!("{action} {}", f.trim_end_matches(".wav")))
    };
    commands.iter().map(named).collect()
}

async fn told(on: On, order: Order) -> (Order, Traces) {
    let run = Run::start(on).await;
    run.tell(order).await;
    let traces = run.traces().await;
    run.assert_once(&format!("{order:?}"));
    assert_eq!(heard(&run.commands()), COMMANDS, "{order:?}");
    assert_eq!(run.app.sim.stripe.sessions().len(), 1, "{order:?}: sessions");
    assert_eq!(run.app.sim.telnyx.inbox_of(PATIENT).len(), 1, "{order:?}: texts");
    (order, traces)
}

async fn in_order_twice_backwards_and_shuffled_the_path_leaves_the_same(on: On) {
    let (_, listed) = told(on, Order::AsListed).await;
    assert!(
        listed.call.iter().all(|c| c.contains("| DONE |") && c.contains("| NULL |")),
        "{:?}",
        listed.call
    );
    let orders = [Order::Twice, Order::Backwards];
    let orders = orders.into_iter().chain((1..=4).map(Order::Shuffled));
    let runs = orders.map(|order| told(on, order));
    let all: Vec<_> = futures::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    for (order, traces) in all {
        assert_eq!(traces, listed, "{order:?} against as listed");
    }
}

/// The hang-up comes right after command `k` was taken, and before all else that was still to be told by then.
async fn cut_off(on: On, k: usize, listed: &Traces) {
    let what = format!("hung up after {}", COMMANDS[k]);
    let run = Run::start(on).await;
    let mut left = run.cards.clone();
    while run.commands().len() <= k {
        let next = left.remove(0);
        run.post(&[next], 1).await;
    }
    let hangup = left.iter().position(|c| c.place == HANGUP).expect("the hang-up");
    let hangup = left.remove(hangup);
    // It answers no command, so it carries the state of the last one.
    let mut body = hangup.body.clone();
    body["data"]["payload"]["client_state"] = run.commands()[k].1["client_state"].clone();
    assert_eq!(run.app.post("voice", &body.to_string()).await.expect("an answer"), 200);
    run.app.settle().await;
    run.app.sim.telnyx.end_leg(&run.call);
    let before = run.commands().len();
    for card in left.iter().rev().filter(|c| run.happened(c)) {
        run.post(std::slice::from_ref(card), 1).await;
    }
    let traces = run.traces().await;
    run.assert_once(&what);
    assert_eq!(run.commands().len(), before, "{what}: a command after the hang-up");
    assert_eq!(traces.commands, listed.commands[..before], "{what}: other commands");
    assert!(traces.call.iter().all(|c| c.contains("| DONE |")), "{what}: {:?}", traces.call);
    let fewer = |name: &str, some: &BTreeSet<String>, all: &BTreeSet<String>| {
        let others: Vec<_> = some.difference(all).collect();
        assert!(others.is_empty(), "{what}: other {name}: {others:?}");
    };
    let no_end =
        |moves: &BTreeSet<String>| moves.iter().filter(|m| !m.ends_with("| DONE")).cloned().collect();
    fewer("moves", &no_end(&traces.moves), &listed.moves);
    fewer("causes", &traces.causes, &listed.causes);
    fewer("effects", &traces.effects, &listed.effects);
    fewer("texts", &traces.texts, &listed.texts);
    fewer("sessions", &traces.sessions, &listed.sessions);
    fewer("events", &traces.events, &listed.events);
    fewer("tasks", &traces.tasks, &listed.tasks);
}

async fn an_overtaking_hang_up_leaves_fewer_effects_and_never_others(on: On) {
    let (_, listed) = told(on, Order::AsListed).await;
    let cuts = (0..COMMANDS.len()).map(|k| cut_off(on, k, &listed));
    futures::stream::iter(cuts).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}

super::served_on_both!(
    in_order_twice_backwards_and_shuffled_the_path_leaves_the_same,
    an_overtaking_hang_up_leaves_fewer_effects_and_never_others,
);
