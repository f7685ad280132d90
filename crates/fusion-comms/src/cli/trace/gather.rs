//! Finds the rows that belong to one thing: from its own to those that caused them and those they caused.

use std::collections::HashSet;

use fusion_comms_core::envelope::{self, Channel, TelnyxBody};
use fusion_comms_core::ids::TenantId;
use fusion_comms_core::story::{Call, Effect, Event, Fact, Refusals, Restore, Session, Text, What};
use fusion_comms_core::time::Timestamp;
use serde_json::Value;

use crate::store::story::{self, Window};
use crate::store::{Db, StoreError, instances, restores};

type Result<T> = std::result::Result<T, StoreError>;

/// Calls that are told with all their steps where the story is not of one call.
const WHOLE_CALLS: usize = 10;
/// How far effects are followed: an event's, what that caused, and so on.
const GENERATIONS: usize = 6;
/// Seconds before a row's making, and days after its last change, in which its events lie.
const BEFORE_S: i64 = 3600;
const AFTER_DAYS: i64 = 4;

/// A story's rows, each once.
pub(super) struct Gather<'a> {
    db: &'a Db,
    of: Option<&'a TenantId>,
    pub(super) facts: Vec<Fact>,
    seen: HashSet<(Timestamp, &'static str, String)>,
}

fn around(from: Timestamp, until: Timestamp) -> Window {
    Window { from: from.plus_s(-BEFORE_S), until: until.plus_s(AFTER_DAYS * 86_400) }
}

impl<'a> Gather<'a> {
    pub(super) fn new(db: &'a Db, of: Option<&'a TenantId>) -> Self {
        Self { db, of, facts: Vec::new(), seen: HashSet::new() }
    }

    /// Adds facts; those of them that are new.
    fn add(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            if self.seen.insert((fact.at, fact.table(), fact.words())) {
                self.facts.push(fact);
            }
        }
    }

    fn each<T: Clone>(&self, pick: impl Fn(&What) -> Option<&T>) -> Vec<(Fact, T)> {
        self.facts.iter().filter_map(|f| pick(&f.what).map(|t| (f.clone(), t.clone()))).collect()
    }

    fn texts(&self) -> Vec<(Fact, Text)> {
        self.each(|w| if let What::Text(t) = w { Some(t) } else { None })
    }

    fn sessions(&self) -> Vec<(Fact, Session)> {
        self.each(|w| if let What::Session(s) = w { Some(s) } else { None })
    }

    /// Whether this is another agency's.
    fn is_others(&self, facts: &[Fact]) -> bool {
        let others = |f: &Fact| f.tenant.is_some() && f.tenant.as_ref() != self.of;
        self.of.is_some() && !facts.is_empty() && facts.iter().all(others)
    }

    pub(super) async fn call(&mut self, id: &str) -> Result<()> {
        let ids = [id.to_owned()];
        let calls = story::calls(self.db, story::CALLS_BY_ID, &ids, None).await?;
        if self.is_others(&calls) {
            return Ok(());
        }
        if calls.is_empty() {
            let events = story::events(self.db, story::EVENTS_BY_KEY, &ids, Window::ever(), self.of).await?;
            self.add(events);
            let steps = story::steps(self.db, &ids, self.of).await?;
            self.add(steps);
            return Ok(());
        }
        self.whole_calls(calls).await?;
        self.finish(&[]).await
    }

    pub(super) async fn statement(&mut self, id: &str) -> Result<()> {
        let ids = [id.to_owned()];
        let statements = story::statements(self.db, &ids, self.of).await?;
        let sessions = story::sessions(self.db, story::SESSIONS_BY_STATEMENT, &ids, self.of).await?;
        let texts = story::texts(self.db, story::TEXTS_BY_STATEMENT, &ids, self.of).await?;
        let mut calls = story::calls(self.db, story::CALLS_BY_STATEMENT, &ids, self.of).await?;
        let named = |f: &Fact| match &f.what {
            What::Session(s) => s.call.clone(),
            What::Text(t) => t.call.clone(),
            _ => None,
        };
        let of_links: Vec<String> = sessions.iter().chain(&texts).filter_map(named).collect();
        if !of_links.is_empty() {
            calls.extend(story::calls(self.db, story::CALLS_BY_ID, &of_links, self.of).await?);
        }
        self.add(statements);
        self.add(sessions);
        self.add(texts);
        self.whole_calls(calls).await?;
        self.finish(&[]).await
    }

    pub(super) async fn phone(&mut self, phone: &str) -> Result<()> {
        let (db, of, ids) = (self.db, self.of, [phone.to_owned()]);
        self.add(story::texts(db, story::TEXTS_BY_PHONE, &ids, of).await?);
        self.add(story::consents(db, &ids, of).await?);
        self.add(story::wrong_numbers(db, &ids, of).await?);
        self.add(story::faxes(db, story::FAXES_BY_PHONE, &ids, of).await?);
        self.person(&ids).await?;
        let causes: Vec<String> =
            self.texts().into_iter().filter(|(_, t)| !t.outgoing).filter_map(|(_, t)| t.cause).collect();
        self.add(story::events(db, story::EVENTS_BY_ID, &causes, Window::ever(), of).await?);
        for channel in [Channel::Voice, Channel::Sms, Channel::Fax] {
            for (event, body) in story::open_events(db, channel.as_str(), of).await? {
                if is_from(channel, &body, phone) {
                    self.add(vec![event]);
                }
            }
        }
        let calls = story::calls(db, story::CALLS_BY_PHONE, &ids, of).await?;
        self.whole_calls(calls).await?;
        self.finish(&ids).await
    }

    pub(super) async fn fax(&mut self, id: &str) -> Result<()> {
        let (db, of, ids) = (self.db, self.of, [id.to_owned()]);
        let faxes = story::faxes(db, story::FAXES_BY_ID, &ids, None).await?;
        if self.is_others(&faxes) {
            return Ok(());
        }
        let within = match faxes.first().map(|f| (f.at, &f.what)) {
            Some((at, What::Fax(fax))) => around(at, fax.updated_at),
            _ => Window::ever(),
        };
        let events = story::events(db, story::EVENTS_BY_KEY, &ids, within, of).await?;
        let audit = story::audit(db, &ids, of).await?;
        let mut causes: Vec<String> = events.iter().filter_map(|f| f.id().map(str::to_owned)).collect();
        // The commands that owe a fetch or a message again name their causes so.
        causes.extend(
            audit
                .iter()
                .flat_map(|f| ["fetch", "reprocess", "assign"].map(|verb| format!("{verb}:{id}:{}", f.at))),
        );
        self.add(faxes);
        self.add(events);
        self.add(audit);
        self.effects_of(causes).await?;
        self.add(story::queued(db, id, of).await?);
        self.add(story::incidents(db, &ids, of).await?);
        self.finish(&ids).await
    }

    pub(super) async fn event(&mut self, id: &str) -> Result<()> {
        let (db, of, ids) = (self.db, self.of, [id.to_owned()]);
        self.add(story::events(db, story::EVENTS_BY_ID, &ids, Window::ever(), of).await?);
        self.add(story::stripe_events(db, story::STRIPE_BY_ID, &ids, of).await?);
        let channel = self.facts.iter().find_map(|f| match &f.what {
            What::Event(e) => Some(e.channel.clone()),
            _ => None,
        });
        let body = story::body(db, id).await?;
        if let (Some(channel), Some(body)) = (channel, body) {
            let about = self.about(&channel, &body).await?;
            if self.is_others(&about) {
                self.facts.clear();
                return Ok(());
            }
            self.add(about);
        }
        self.effects_of(ids.to_vec()).await?;
        let calls = self.each(|w| if let What::Call(c) = w { Some(c) } else { None });
        let calls: Vec<String> = calls.into_iter().map(|(_, c): (Fact, Call)| c.id).collect();
        let steps = story::steps(db, &calls, of).await?;
        let is_its = |f: &Fact| matches!(&f.what, What::Step(s) if s.cause == id);
        self.add(steps.into_iter().filter(is_its).collect());
        self.finish(&ids).await
    }

    /// The rows that an event's body names.
    async fn about(&self, channel: &str, body: &Value) -> Result<Vec<Fact>> {
        let db = self.db;
        if channel == "stripe" {
            let text = |path: &str| body.pointer(path).and_then(Value::as_str).map(str::to_owned);
            let Some(id) = text("/data/object/id") else { return Ok(vec![]) };
            let mut found = story::sessions(db, story::SESSIONS_BY_ID, &[id], None).await?;
            if let Some(intent) = text("/data/object/payment_intent").filter(|_| found.is_empty()) {
                found = story::sessions(db, story::SESSIONS_BY_PAYMENT, &[intent], None).await?;
            }
            return Ok(found);
        }
        let route = match channel {
            "voice" => Channel::Voice,
            "fax" => Channel::Fax,
            _ => Channel::Sms,
        };
        match envelope::telnyx(route, body, b"").body {
            TelnyxBody::Voice(v) => {
                let ids = [v.session.unwrap_or_else(|| v.call.as_str().to_owned())];
                story::calls(db, story::CALLS_BY_ID, &ids, None).await
            }
            TelnyxBody::TextReceived(t) => story::texts(db, story::TEXTS_BY_ID, &[t.message_id], None).await,
            TelnyxBody::TextStatus(t) => story::texts(db, story::TEXTS_BY_ID, &[t.message_id], None).await,
            TelnyxBody::Fax(f) => {
                story::faxes(db, story::FAXES_BY_ID, &[f.fax.as_str().to_owned()], None).await
            }
            TelnyxBody::Other => Ok(vec![]),
        }
    }

    /// Calls with their steps, events, effects, texts and links; the latest of them.
    async fn whole_calls(&mut self, mut calls: Vec<Fact>) -> Result<()> {
        let (db, of) = (self.db, self.of);
        calls.sort_by_key(|f| std::cmp::Reverse(f.at));
        calls.truncate(WHOLE_CALLS);
        let mut causes = Vec::new();
        for fact in &calls {
            let What::Call(call) = &fact.what else { continue };
            let key = [call.session.clone().unwrap_or_else(|| call.id.clone())];
            let within = around(fact.at, call.updated_at);
            let events = story::events(db, story::EVENTS_BY_KEY, &key, within, of).await?;
            causes.extend(events.iter().filter_map(|f| f.id().map(str::to_owned)));
            self.add(events);
            let steps = story::steps(db, std::slice::from_ref(&call.id), of).await?;
            causes.extend(steps.iter().filter_map(|f| f.id().map(str::to_owned)));
            self.add(steps);
            if let Some(statement) = &call.statement {
                let statement = [statement.clone()];
                let owner = fact.tenant.as_ref();
                let texts = story::texts(db, story::TEXTS_BY_STATEMENT, &statement, owner).await?;
                let is_its = |f: &Fact| matches!(&f.what, What::Text(t) if t.call.as_ref() == Some(&call.id));
                self.add(texts.into_iter().filter(is_its).collect());
                self.add(story::statements(db, &statement, owner).await?);
            }
        }
        let ids: Vec<String> = calls.iter().filter_map(|f| f.id().map(str::to_owned)).collect();
        self.add(story::sessions(db, story::SESSIONS_BY_CALL, &ids, of).await?);
        self.add(calls);
        self.effects_of(causes).await
    }

    /// What these caused, what that caused, and so on; and the texts among it.
    async fn effects_of(&mut self, mut causes: Vec<String>) -> Result<()> {
        for _ in 0..GENERATIONS {
            let before = self.facts.len();
            let found = story::effects(self.db, story::EFFECTS_BY_CAUSE, &causes, self.of).await?;
            causes = found.iter().filter_map(|f| f.id().map(str::to_owned)).collect();
            self.add(found);
            if self.facts.len() == before || causes.is_empty() {
                break;
            }
        }
        let effects = self.each(|w| if let What::Effect(e) = w { Some(e) } else { None });
        let of_texts: Vec<String> = effects
            .into_iter()
            .filter(|(_, e): &(Fact, Effect)| e.kind == "text")
            .map(|(_, e)| e.id)
            .collect();
        let texts = story::texts(self.db, story::TEXTS_BY_ID, &of_texts, self.of).await?;
        self.add(texts);
        Ok(())
    }

    /// What follows of all kinds: texts' effects and reports, the persons' ledger rows, links' events, tasks, audit.
    async fn finish(&mut self, subjects: &[String]) -> Result<()> {
        let (db, of) = (self.db, self.of);
        let texts = self.texts();
        let ids: Vec<String> = texts.iter().map(|(_, t)| t.id.clone()).collect();
        self.add(story::effects(db, story::EFFECTS_BY_ID, &ids, of).await?);
        self.effects_of(ids).await?;
        for (fact, text) in texts.iter().filter(|(_, t)| t.outgoing) {
            let Some(id) = text.telnyx_id.clone() else { continue };
            let within = around(fact.at, text.updated_at);
            self.add(story::events(db, story::EVENTS_BY_KEY, &[id], within, of).await?);
        }
        let people: Vec<String> = texts
            .iter()
            .map(|(_, t)| if t.outgoing { &t.to } else { &t.from })
            .map(|n| n.expose().to_owned())
            .collect();
        self.person(&people).await?;
        self.refusals().await?;
        self.restores().await?;
        let sessions: Vec<String> = self.sessions().into_iter().map(|(_, s)| s.id).collect();
        self.add(story::stripe_events(db, story::STRIPE_BY_KEY, &sessions, of).await?);
        let mut about: Vec<String> = subjects.to_vec();
        let own = |f: &Fact| match &f.what {
            What::Call(_)
            | What::Text(_)
            | What::Session(_)
            | What::Fax(_)
            | What::Statement(_)
            | What::Event(Event { .. }) => f.id().map(str::to_owned),
            _ => None,
        };
        about.extend(self.facts.iter().filter_map(own));
        self.add(story::tasks(db, &about, of).await?);
        self.add(story::audit(db, &about, of).await?);
        Ok(())
    }

    /// Whether Stripe's webhooks were refused since the first link was made that is not known to be paid.
    async fn refusals(&mut self) -> Result<()> {
        let open = self.sessions().into_iter().filter(|(_, s)| s.status == "open");
        let Some(since) = open.map(|(f, _)| f.at).min() else { return Ok(()) };
        let signed = instances::signatures(self.db, "stripe", since).await?;
        if let Some(at) = signed.last_refused {
            let (refused, taken) = (signed.refused, signed.taken);
            let what = What::Refusals(Refusals { channel: "stripe".to_owned(), since, refused, taken });
            self.add(vec![Fact { at, tenant: None, what }]);
        }
        Ok(())
    }

    /// Restores that hold the texts that wait.
    async fn restores(&mut self) -> Result<()> {
        if !self.texts().iter().any(|(_, t)| t.outgoing && t.status == "queued") {
            return Ok(());
        }
        let of = |r: restores::Open| Fact {
            at: r.restored_at,
            tenant: None,
            what: What::Restore(Restore { backup_at: r.backup_at }),
        };
        self.add(restores::open(self.db).await?.into_iter().map(of).collect());
        Ok(())
    }

    /// The ledger's rows and history of these numbers, and who changed them by command.
    async fn person(&mut self, phones: &[String]) -> Result<()> {
        if phones.is_empty() {
            return Ok(());
        }
        self.add(story::opt_outs(self.db, phones, self.of).await?);
        self.add(story::ledger_changes(self.db, phones, self.of).await?);
        self.add(story::audit(self.db, phones, self.of).await?);
        Ok(())
    }
}

/// Whether a text's event is from or to this person.
fn is_from(channel: Channel, body: &Value, phone: &str) -> bool {
    match envelope::telnyx(channel, body, b"").body {
        TelnyxBody::Voice(v) => v.from.expose() == Some(phone),
        TelnyxBody::TextReceived(t) => t.from.expose() == Some(phone),
        TelnyxBody::Fax(f) => f.inbound && f.from.expose() == Some(phone),
        _ => false,
    }
}
