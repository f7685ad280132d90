//! The tree of commands: its leaves, and the help of each.

use std::collections::BTreeMap;
use std::process::Command;

fn walk(command: &clap::Command, path: &[String], see: &mut impl FnMut(&clap::Command, &[String])) {
    see(command, path);
    for inner in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        walk(inner, &[path, &[inner.get_name().to_owned()]].concat(), see);
    }
}

fn leaves_that(fit: impl Fn(&clap::Command) -> bool) -> Vec<String> {
    let mut leaves = Vec::new();
    walk(&fusion_comms::cli::command(), &[], &mut |command, path| {
        if command.get_subcommands().next().is_none() && fit(command) {
            leaves.push(path.join(" "));
        }
    });
    leaves
}

/// Every command that does something itself, hidden ones aside.
pub fn leaves() -> Vec<String> {
    leaves_that(|_| true)
}

pub fn leaves_with_json() -> Vec<String> {
    leaves_that(|command| command.get_arguments().any(|a| a.get_id() == "json"))
}

pub fn leaves_with_agency() -> Vec<String> {
    leaves_that(|command| command.get_arguments().any(|a| a.get_long() == Some("tenant")))
}

/// The help of all commands, by family, as the binary prints it where it is no terminal.
pub fn helps() -> BTreeMap<String, String> {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    walk(&fusion_comms::cli::command(), &[], &mut |_, path| {
        let family = path.first().map_or("fusion-comms", String::as_str).to_owned();
        let out =
            Command::new(env!("CARGO_BIN_EXE_fusion-comms")).args(path).arg("--help").env_clear().output();
        let text = String::from_utf8(out.expect("the binary runs").stdout).expect("text");
        let typed = [&["fusion-comms".to_owned()], path].concat().join(" ");
        *pages.entry(family).or_default() += &format!("$ {typed} --help\n{}\n\n", text.trim_end());
    });
    pages
}

/// Why a command line that is written somewhere cannot be typed: no such command, or no such flag.
pub fn fault(line: &str) -> Option<String> {
    let root = fusion_comms::cli::command();
    let (mut command, mut words) = (&root, line.split_whitespace().peekable());
    while command.has_subcommands() {
        let Some(word) = words.peek().filter(|w| w.starts_with(|c: char| c.is_ascii_lowercase())) else {
            break;
        };
        // `a|b` stands for either.
        let Some(inner) = command.find_subcommand(word.split('|').next().unwrap_or(word)) else {
            return Some(format!("no command `{word}`"));
        };
        command = inner;
        words.next();
    }
    let takes_value = |flag: &str| {
        let named = command.get_arguments().find(|a| a.get_long() == Some(flag));
        named.is_some_and(|a| a.get_action().takes_values())
    };
    let (mut loose, mut of_flag) = (0, false);
    for word in words.clone() {
        match word.strip_prefix("--") {
            Some(flag) => of_flag = takes_value(flag),
            None if of_flag => of_flag = false,
            None => loose += 1,
        }
    }
    let places: Vec<&clap::Arg> = command.get_positionals().collect();
    let many = places.iter().any(|a| a.get_num_args().is_some_and(|n| n.max_values() > 1));
    if loose > places.len() && !many && !line.contains(['"', '#', '{']) {
        return Some(format!("{loose} words where it takes {}", places.len()));
    }
    let known = |flag: &str| {
        ["help", "version"].contains(&flag) || command.get_arguments().any(|a| a.get_long() == Some(flag))
    };
    let flags = words.filter_map(|w| w.trim_end_matches([',', '.', ';', ')']).strip_prefix("--"));
    flags.map(|f| f.split('=').next().unwrap_or(f)).find(|f| !known(f)).map(|f| format!("no flag --{f}"))
}
