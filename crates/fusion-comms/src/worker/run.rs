//! Starts the workers, each lane with its own, and stops them without losing what they hold.

use std::sync::Arc;
use std::time::Duration;

use fusion_comms_core::envelope::Channel;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::seldom::Seldom;
use super::watch::{self, Watch};
use super::{deadlines, fax_queue, gauges, inbox, listen, lost_messages, outbox, reconcile};
use crate::app::App;
use crate::blocks::{self, Account};
use crate::metrics;
use crate::store::inbox::Lane as In;
use crate::store::outbox::Lane as Out;
use crate::store::{StoreError, seals};

/// Workers of each lane. Voice has the most: a caller waits for each of its pieces of work.
const INBOX: [(In, usize, Duration); 4] = [
    (In::Telnyx(Channel::Voice), 4, POLL_VOICE),
    (In::Telnyx(Channel::Sms), 2, POLL),
    (In::Telnyx(Channel::Fax), 1, POLL),
    (In::Stripe, 1, POLL),
];
const OUTBOX: [(Out, usize, Duration); 4] =
    [(Out::Voice, 8, POLL_VOICE), (Out::Link, 4, POLL_VOICE), (Out::Sms, 3, POLL), (Out::Fax, 2, POLL)];

/// How long a worker sleeps at most where no bell rings.
const POLL_VOICE: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_secs(1);
const POLL_DEADLINES: Duration = Duration::from_millis(250);
const RECONCILE: Duration = Duration::from_secs(60);
/// How often our opt-outs and Telnyx's blocks are compared.
const COMPARE_BLOCKS: Duration = Duration::from_secs(6 * 3600);
const FIND_LOST_MESSAGES: Duration = Duration::from_secs(5 * 60);
const READ_GAUGES: Duration = Duration::from_secs(5);
/// How often texts are compared with the opt-outs that stood when they left.
const WATCH_CONSENT: Duration = Duration::from_secs(5 * 60);
/// How long a row of the opt-out history stays unsealed at most, while the service runs.
const SEAL: Duration = Duration::from_secs(2);
/// How long a stopping service waits for work in hand; leases bring back what is left.
const DRAIN: Duration = Duration::from_secs(8);

/// The running workers.
pub struct Workers {
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Workers {
    /// Takes back what a process of this name left leased, then starts all lanes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn start(app: &App) -> Result<Self, StoreError> {
        let owner = &app.settings.owner;
        let back = crate::store::inbox::take_back(&app.db, owner).await?
            + crate::store::outbox::take_back(&app.db, owner).await?;
        if back > 0 {
            tracing::info!(taken_back = back, "work that a stopped process had leased is taken back");
        }
        let mut workers = Self { tasks: JoinSet::new(), stop: CancellationToken::new() };
        for (lane, n, poll) in INBOX {
            (0..n).for_each(|_| workers.inbox(app, lane, poll));
        }
        for (lane, n, poll) in OUTBOX {
            (0..n).for_each(|_| workers.outbox(app, lane, poll));
        }
        let trouble = Arc::new(Seldom::default());
        (0..app.filing.examiner.reader.ocr.faxes_at_once()).for_each(|_| workers.fax_reader(app, &trouble));
        workers.every(app, POLL_DEADLINES, |app| async move {
            deadlines::work(&app).await;
        });
        workers.every(app, SEAL, |app| async move {
            if let Err(e) = seals::seal(&app.db, app.clock.now()).await {
                tracing::warn!(error = %e, "the opt-out history could not be sealed: tried again in seconds");
            }
        });
        workers.every(app, READ_GAUGES, |app| async move { gauges::read(&app).await });
        workers.every(app, RECONCILE, |app| async move { reconcile::work(&app).await });
        workers.every(app, FIND_LOST_MESSAGES, |app| async move { lost_messages::work(&app).await });
        workers.every(app, COMPARE_BLOCKS, |app| async move { compare_blocks(&app).await });
        let watch = Arc::new(Watch::default());
        workers.every(app, WATCH_CONSENT, move |app| {
            let watch = Arc::clone(&watch);
            async move { watch::work(&app, &watch).await }
        });
        let (app, stop) = (app.clone(), workers.stop.clone());
        workers.tasks.spawn(async move {
            tokio::select! { () = listen::run(app) => {}, () = stop.cancelled() => {} }
        });
        metrics::workers_running(true);
        Ok(workers)
    }

    fn inbox(&mut self, app: &App, lane: In, poll: Duration) {
        let (app, stop) = (app.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                if !inbox::work_one(&app, lane).await {
                    let bell = app.wake.inbox(lane).notified();
                    tokio::select! { () = bell => {}, () = tokio::time::sleep(poll) => {}, () = stop.cancelled() => {} }
                }
            }
        });
    }

    fn outbox(&mut self, app: &App, lane: Out, poll: Duration) {
        let (app, stop) = (app.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                if !outbox::work_one(&app, lane).await {
                    let bell = app.wake.outbox(lane).notified();
                    tokio::select! { () = bell => {}, () = tokio::time::sleep(poll) => {}, () = stop.cancelled() => {} }
                }
            }
        });
    }

    fn fax_reader(&mut self, app: &App, trouble: &Arc<Seldom>) {
        let (app, stop, trouble) = (app.clone(), self.stop.clone(), Arc::clone(trouble));
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                // SQS may hold the request open for long: a stopping service does not wait for it.
                let received =
                    tokio::select! { m = fax_queue::receive(&app, &trouble) => m, () = stop.cancelled() => break };
                if let Some(message) = received {
                    fax_queue::work(&app, &message).await;
                } else {
                    let bell = app.wake.queue.notified();
                    tokio::select! { () = bell => {}, () = tokio::time::sleep(POLL) => {}, () = stop.cancelled() => {} }
                }
            }
        });
    }

    fn every<F>(&mut self, app: &App, period: Duration, work: impl Fn(App) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let (app, stop) = (app.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            while !stop.is_cancelled() {
                work(app.clone()).await;
                tokio::select! { () = tokio::time::sleep(period) => {}, () = stop.cancelled() => {} }
            }
        });
    }

    /// Starts nothing new and waits for the work in hand.
    pub async fn stop(mut self) {
        self.stop.cancel();
        metrics::workers_running(false);
        let finish = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, finish).await.is_err() {
            tracing::warn!("work in hand did not finish in time: its leases bring it back");
        }
    }
}

async fn compare_blocks(app: &App) {
    let settings = &app.settings;
    let account =
        Account { default_number: &settings.default_number, default_profile: &settings.default_profile };
    match blocks::compare(&app.db, &app.telnyx, &account, false, app.clock.now()).await {
        Ok(report) if report.added > 0 => {
            tracing::warn!(
                added = report.added,
                "Telnyx blocks numbers that were not opted out here: they are now"
            );
        }
        Ok(_) => {}
        Err(e) => tracing::warn!(error = %e, "our opt-outs could not be compared with Telnyx's blocks"),
    }
}

/// Works until nothing is due; for tests, in the test's own task. Returns how many pieces were worked.
pub async fn drain(app: &App) -> usize {
    let mut total = 0;
    loop {
        let mut worked = deadlines::work(app).await;
        for lane in In::ALL {
            worked += usize::from(inbox::work_one(app, lane).await);
        }
        for lane in Out::ALL {
            worked += usize::from(outbox::work_one(app, lane).await);
        }
        worked += usize::from(fax_queue::work_one(app).await);
        if worked == 0 {
            return total;
        }
        total += worked;
    }
}
