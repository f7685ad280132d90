//! Load on the real release binary, served as a process of its own against simulators in this one. Started by
//! `scripts/bench`; what is measured and how to read it: `docs/BENCHMARKS.md`. Measures, never judges.

mod ack;
mod arguments;
mod calls;
mod events;
mod events_table;
mod fax;
mod fax_memory;
mod fax_pages;
mod figures;
mod host;
mod ingest;
mod ledger;
mod ledger_fill;
mod paired;
mod presses;
mod reader;
mod report;
mod sender;

#[path = "../../tests/it/support/pooler.rs"]
mod pooler;
#[path = "../../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../../tests/it/support/served.rs"]
mod served;

use std::path::Path;

use anyhow::bail;
use clap::Parser;

use arguments::{Arguments, Kind};
use report::Report;
use served::On;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo adds a word of its own.
    let arguments = Arguments::parse_from(std::env::args_os().filter(|word| word != "--bench"));
    host::describe(&arguments)?;
    for on in arguments.on.engines() {
        for kind in arguments.kind.each() {
            match &arguments.against {
                // The same on both databases.
                _ if *kind == Kind::Reader && on != &arguments.on.engines()[0] => {}
                Some(_) if kind.is_function() => {
                    bail!("{kind:?} runs in this process: there is no binary to compare")
                }
                Some(against) => paired::run(&arguments, *kind, *on, against).await?,
                None => measure(&arguments, *kind, *on, &arguments.program()).await?.print(*kind, *on),
            }
        }
    }
    Ok(())
}

/// One run of one kind, on a database and a service of its own.
async fn measure(arguments: &Arguments, kind: Kind, on: On, program: &Path) -> anyhow::Result<Report> {
    match kind {
        Kind::Ack => ack::run(arguments, on, program).await,
        Kind::Ingest => ingest::run(arguments, on, program).await,
        Kind::Reader => Ok(reader::run()),
        Kind::Fax => fax::run(arguments, on, program).await,
        Kind::Ledger => ledger::run(arguments, on, program).await,
        Kind::Events => events_table::run(arguments, on, program).await,
        Kind::Calls | Kind::All => calls::run(arguments, on, program).await,
    }
}
