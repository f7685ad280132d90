//! What to measure, on which database, and how much of it.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::served::On;

/// Puts load on the release binary and prints what it measured.
#[derive(Parser)]
#[command(name = "bench")]
pub struct Arguments {
    #[arg(value_enum, default_value_t = Kind::All)]
    pub kind: Kind,
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    pub on: Engines,
    /// calls: how many calls in all.
    #[arg(long, default_value_t = 800)]
    pub calls: u32,
    /// calls: how many of them are on the line at a time, by the rate of their arrival.
    #[arg(long, default_value_t = 50)]
    pub at_once: u32,
    /// calls: how much faster than life callers and prompts are.
    #[arg(long, default_value_t = 2.0)]
    pub pace: f64,
    /// ack: events a second.
    #[arg(long, default_value_t = 200)]
    pub rate: u32,
    /// ack, ingest: how long.
    #[arg(long, default_value_t = 20)]
    pub seconds: u32,
    /// ingest: senders, each with the next event once the last one is answered.
    #[arg(long, default_value_t = 64)]
    pub senders: u32,
    /// ledger: opt-outs in the large ledger, and a tenth as many events; events: rows in the full table. Ten million need some 3 GB under TMPDIR.
    #[arg(long, default_value_t = 10_000_000)]
    pub rows: i64,
    /// fax: how many faxes of two pages, one after the other.
    #[arg(long, default_value_t = 30)]
    pub faxes: u32,
    /// The binary to be measured, instead of this build's.
    #[arg(long)]
    pub binary: Option<PathBuf>,
    /// A second binary: rounds of the one and the other by turns, and the difference of each pair.
    #[arg(long)]
    pub against: Option<PathBuf>,
    /// With --against: pairs of rounds.
    #[arg(long, default_value_t = 4)]
    pub rounds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// From key press to the next command, under calls.
    Calls,
    /// From an event's due time to its 200, at a fixed rate.
    Ack,
    /// Events a second that are taken at most.
    Ingest,
    /// What reading a text costs, over the labelled texts.
    Reader,
    /// Pages a second of scanned faxes against tesseract alone, memory, and from received to classified.
    Fax,
    /// What asking the ledger costs, with many opt-outs against few. Not part of `all`: it fills gigabytes.
    Ledger,
    /// What keeping an event costs where millions lie, against none, and while the schema changes. Not part of `all`.
    Events,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engines {
    Sqlite,
    Postgres,
    Both,
}

impl Arguments {
    pub fn program(&self) -> PathBuf {
        self.binary.clone().unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_fusion-comms")))
    }
}

impl Kind {
    pub fn each(&self) -> &[Kind] {
        match self {
            Kind::All => &[Kind::Calls, Kind::Ack, Kind::Ingest, Kind::Reader, Kind::Fax],
            one => std::slice::from_ref(one),
        }
    }
}

impl Kind {
    /// Measured in this process, on no binary.
    pub fn is_function(self) -> bool {
        matches!(self, Kind::Reader | Kind::Ledger | Kind::Events)
    }
}

impl Engines {
    pub fn engines(self) -> &'static [On] {
        match self {
            Engines::Sqlite => &[On::Sqlite],
            Engines::Postgres => &[On::Postgres],
            Engines::Both => &[On::Sqlite, On::Postgres],
        }
    }
}
