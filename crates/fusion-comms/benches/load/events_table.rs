//! What keeping an event costs where millions lie already, against an empty table, by turns, by the service's own
//! `ingest::store_group`; and how long an event waits while a migration changes the full table.
//!
//! The rows are worked and pruned ones, as nearly all are after months: random ids and keys, bodies empty.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fusion_comms::clock::Clock;
use fusion_comms::store::ingest::{self, NewEvent, Reach};
use fusion_comms::store::migrations;
use fusion_comms_core::envelope::Channel;
use fusion_comms_core::ids::{EventId, derived_id};
use fusion_comms_core::phone::E164;
use fusion_comms_core::sms::scope::Scope;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

use crate::arguments::Arguments;
use crate::figures::Figures;
use crate::host;
use crate::ledger_fill::{self, Connected};
use crate::postgres;
use crate::report::Report;
use crate::served::{On, TestApp};

const ROUNDS: usize = 10;
/// Commits of a round, each of so many events.
const COMMITS: usize = 300;
const GROUPS: [usize; 2] = [1, 16];
/// Events while the table is changed: one after another, so far apart.
const APART: Duration = Duration::from_millis(5);
/// Changes of the schema that want much: a column on the full table, and an index over it.
const CHANGES: [i64; 2] = [20_261_129_190_000, 20_261_129_190_200];
const BATCH: i64 = 500_000;

pub async fn run(arguments: &Arguments, on: On, program: &Path) -> anyhow::Result<Report> {
    let empty = TestApp::prepare_program(program, on, |_| {}, &[]).await;
    let full = TestApp::prepare_program(program, on, |_| {}, &[]).await;
    let began = Instant::now();
    fill(&full, on, arguments.rows).await.context("the table could not be filled")?;
    let mut lines =
        vec![format!("  {} events written in {:.0} s", arguments.rows, began.elapsed().as_secs_f64())];
    if on == On::Postgres {
        let size = "SELECT pg_size_pretty(pg_relation_size('telnyx_events')) || ' and, with indices, '
                      || pg_size_pretty(pg_total_relation_size('telnyx_events'))";
        let told = Connected::open(&full).await?.ask(size, 0).await?;
        lines.push(format!("  the full table takes {}", told.join("")));
    }
    let mut headline = Vec::new();
    for group in GROUPS {
        let (ratio, told) = by_turns(&empty, &full, group).await?;
        lines.extend(told);
        if group == GROUPS[0] {
            headline.push(("full/empty", ratio));
        }
    }
    if on == On::Postgres {
        lines.extend(changed(&full).await?);
    }
    lines.push(format!("  load {}", host::load()));
    Ok(Report { lines, headline })
}

async fn fill(app: &TestApp, on: On, rows: i64) -> anyhow::Result<()> {
    let mut db = Connected::open(app).await?;
    for from in (0..rows).step_by(usize::try_from(BATCH)?) {
        let to = (from + BATCH).min(rows) - 1;
        let series = ledger_fill::series(on == On::Postgres, from, to);
        let statement = match on {
            On::Postgres => format!(
                "INSERT INTO telnyx_events (event_id, event_type, channel, order_key, raw_json, received_at, due_at,
                   processed_at, pruned_at, verified_by)
                 SELECT gen_random_uuid()::text, 'call.dtmf.received', 'voice', 'v3:' || md5((n / 20)::text), '{{}}', t, t, t, t,
                   '0123456789abcdef' FROM (SELECT n, timestamptz '2026-03-03T15:00:00Z' + n * interval '1 second' AS t FROM {series}) s"
            ),
            On::Sqlite => format!(
                "INSERT INTO telnyx_events (event_id, event_type, channel, order_key, raw_json, received_at, due_at,
                   processed_at, pruned_at, verified_by)
                 SELECT lower(hex(randomblob(16))), 'call.dtmf.received', 'voice', 'v3:' || (n / 20 * 2654435761 % 4294967296), '{{}}', t, t, t,
                   t, '0123456789abcdef'
                 FROM (SELECT n, strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1772550000 + n, 'unixepoch') AS t FROM {series}) s"
            ),
        };
        db.run(&statement).await?;
        eprintln!("    {} of {rows} rows", to + 1);
    }
    if on == On::Postgres {
        // Else autovacuum and the checkpoint that the filling calls for run beside what is measured.
        db.run("VACUUM ANALYZE telnyx_events").await?;
        let mut superuser = PgConnection::connect(&postgres::shared().await.superuser_url()).await?;
        superuser.execute("CHECKPOINT").await?;
        superuser.close().await?;
    }
    Ok(())
}

async fn by_turns(empty: &TestApp, full: &TestApp, group: usize) -> anyhow::Result<(f64, Vec<String>)> {
    let (mut of_empty, mut of_full, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..=ROUNDS {
        let a = commits(empty, round, group).await?;
        let b = commits(full, round, group).await?;
        // The first brings pages and plans into memory.
        if round > 0 {
            ratios.push(Figures::new(b.clone()).ms(50) / Figures::new(a.clone()).ms(50));
            of_empty.extend(a);
            of_full.extend(b);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let ratio = f64::midpoint(ratios[ROUNDS / 2 - 1], ratios[ROUNDS / 2]);
    let lines = vec![
        Figures::head_us(&format!("one commit of {group}, by turns")),
        Figures::new(of_empty).row_us("empty"),
        Figures::new(of_full).row_us("full"),
        format!(
            "  full / empty, p50 of a round: median {ratio:.3} ({:.3} to {:.3})",
            ratios[0],
            ratios[ROUNDS - 1]
        ),
    ];
    Ok((ratio, lines))
}

async fn commits(app: &TestApp, round: usize, group: usize) -> anyhow::Result<Vec<Duration>> {
    let reach = reach()?;
    let mut took = Vec::with_capacity(COMMITS);
    for commit in 0..COMMITS {
        let events: Vec<NewEvent> =
            (0..group).map(|n| event(&format!("{group} {round} {commit} {n}"))).collect();
        let began = Instant::now();
        ingest::store_group(&app.db, &events, &reach).await?;
        took.push(began.elapsed());
    }
    Ok(took)
}

fn reach() -> anyhow::Result<Reach> {
    let default_number = E164::parse("+12025550100").context("a number")?;
    Ok(Reach { default_number, scope: Scope::default() })
}

/// A single key of a call, which is nothing to work on.
fn event(name: &str) -> NewEvent {
    let now = Clock::system().now();
    let id = derived_id("bench", name).to_string();
    NewEvent {
        raw: json!({"data": {"event_type": "call.dtmf.received", "id": id, "payload": {
            "call_control_id": id, "call_leg_id": id, "call_session_id": id, "client_state": null,
            "connection_id": "2811200000000000110", "from": "+12025550147", "to": "+12025550110"}}}),
        order_key: Some(id.clone()),
        id: EventId::new(id),
        event_type: "call.dtmf.received".to_owned(),
        channel: Channel::Voice,
        occurred_at: Some(now),
        received_at: now,
        verified_by: "0123456789abcdef".to_owned(),
        stop: None,
        settled: true,
    }
}

/// Takes these changes back and applies them anew, while events come.
async fn changed(app: &TestApp) -> anyhow::Result<Vec<String>> {
    let mut db = Connected::open(app).await?;
    db.run(
        "ALTER TABLE telnyx_events DROP COLUMN pruned_at; ALTER TABLE stripe_events DROP COLUMN pruned_at",
    )
    .await?;
    let [first, last] = CHANGES;
    db.run(&format!("DELETE FROM _sqlx_migrations WHERE version BETWEEN {first} AND {last}")).await?;
    let began = Instant::now();
    let change = async {
        migrations::apply(&app.db).await?;
        anyhow::Ok(began.elapsed())
    };
    tokio::pin!(change);
    let reach = reach()?;
    let mut waits = Vec::new();
    let took = loop {
        let name = format!("during {}", waits.len());
        let one = async {
            let at = Instant::now();
            ingest::store_group(&app.db, &[event(&name)], &reach).await?;
            let waited = at.elapsed();
            tokio::time::sleep(APART).await;
            anyhow::Ok(waited)
        };
        tokio::pin!(one);
        tokio::select! {
            done = &mut change => { waits.push(one.await?); break done? }
            waited = &mut one => waits.push(waited?),
        }
    };
    ensure!(!waits.is_empty(), "no event came meanwhile");
    Ok(vec![
        format!("  a column and an index on the full table took {:.1} s", took.as_secs_f64()),
        Figures::head("an event kept meanwhile"),
        Figures::new(waits).row("one at a time"),
    ])
}
