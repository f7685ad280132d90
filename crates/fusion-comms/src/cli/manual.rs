//! `completions` and `man`, both made from the tree of commands; the manual page has sections of its own beside.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Command;
use clap_complete::Shell;

use super::examples;
use super::output::put;
use crate::config::{StandIn, VARIABLES};

const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "Done; the thing asked about is well."),
    (
        "1",
        "Not done, or the thing asked about is not well. Standard error says what failed, why, and what to do.",
    ),
    ("2", "Wrong use: an argument, or a configuration that cannot work."),
];

/// Below `DATA_DIR`.
const FILES: &[(&str, &str)] = &[
    ("DATA_DIR/fusion-comms.db", "The embedded database, where DATABASE_URL is not set (dev only)."),
    ("DATA_DIR/blobs/docs, DATA_DIR/blobs/audio", "Fax originals and recordings, where no bucket is set."),
    ("DATA_DIR/simulator.key", "What the simulators sign with (dev only)."),
    ("DATA_DIR/lock", "Keeps a second process off the embedded database."),
];

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// For which shell.
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// Write a page for every command to this folder.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "fusion-comms", &mut script);
    put(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let root = built();
    match &args.dir {
        Some(dir) => std::fs::create_dir_all(dir)
            .and_then(|()| write_pages(&root, &[], dir))
            .context("the manual pages cannot be written to that folder")?,
        None => put(&page(&root, &[])?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The tree without the examples, which have a section of their own, and without `help`, which has no page.
fn built() -> Command {
    let mut root = super::plain_command().disable_help_subcommand(true);
    root.build();
    root
}

/// The page of a command and those of all below it, hidden ones aside.
fn write_pages(command: &Command, path: &[&str], dir: &Path) -> std::io::Result<()> {
    std::fs::write(dir.join(format!("{}.1", name_of(path))), page(command, path)?)?;
    for inner in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        write_pages(inner, &[path, &[inner.get_name()]].concat(), dir)?;
    }
    Ok(())
}

fn name_of(path: &[&str]) -> String {
    [&["fusion-comms"], path].concat().join("-")
}

/// What clap tells of a command, and after it what clap does not know.
fn page(command: &Command, path: &[&str]) -> std::io::Result<String> {
    let mut made = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut made)?;
    let mut page = String::from_utf8_lossy(&made).into_owned();
    page.push_str(&example_lines(path));
    page.push_str(&section("EXIT STATUS", EXIT_STATUS.iter().copied()));
    if path.is_empty() {
        page.push_str(&environment());
        page.push_str(&section("FILES", FILES.iter().copied()));
    }
    page.push_str(&see_also(path));
    Ok(page)
}

fn example_lines(path: &[&str]) -> String {
    let Some(examples) = examples::of(path) else { return String::new() };
    let mut text = ".SH EXAMPLES\n".to_owned();
    for (why, line) in examples {
        let _infallible = write!(text, ".TP\n{}:\n.nf\n{}\n.fi\n", escaped(why), escaped(line));
    }
    text
}

fn environment() -> String {
    let entries: Vec<(String, String)> = VARIABLES
        .iter()
        .map(|v| {
            let mut words = format!("{}.", v.meaning);
            match v.live {
                StandIn::Value(value) => words += &format!(" Default: {value}."),
                StandIn::Made(how) => words += &format!(" Default: {how}."),
                StandIn::Nothing if v.required => words += " Required in staging and prod.",
                StandIn::Nothing => {}
            }
            if v.secret {
                words += " Secret.";
            }
            (v.name.to_owned(), words)
        })
        .collect();
    section("ENVIRONMENT", entries.iter().map(|(name, words)| (name.as_str(), words.as_str())))
}

fn see_also(path: &[&str]) -> String {
    let parent = path.split_last().map(|(_, above)| format!(".BR {} (1)\n", escaped(&name_of(above))));
    format!(
        ".SH \"SEE ALSO\"\n{}docs/RUNBOOK.md, docs/CONFIG.md and docs/LOGGING.md of the program's source\n",
        parent.unwrap_or_default()
    )
}

fn section<'a>(title: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = format!(".SH \"{title}\"\n");
    for (name, words) in entries {
        let _infallible = write!(text, ".TP\n\\fB{}\\fR\n{}\n", escaped(name), escaped(words));
    }
    text
}

/// As troff takes it for plain text.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_page_has_what_clap_does_not_know() {
        let page = page(&built(), &[]).unwrap();
        for part in [".SH \"EXIT STATUS\"", ".SH \"ENVIRONMENT\"", ".SH \"FILES\"", ".SH \"SEE ALSO\""] {
            assert!(page.contains(part), "{part}");
        }
        assert!(VARIABLES.iter().all(|v| page.contains(&format!("\\fB{}\\fR", v.name))));
    }
}
