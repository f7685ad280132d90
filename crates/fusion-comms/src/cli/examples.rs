//! Examples for the help and the manual pages, by the path of their command.

use clap::Command;

/// Lines to type, each with what it is for.
type Examples = &'static [(&'static str, &'static str)];

const EXAMPLES: &[(&[&str], Examples)] = &[
    (
        &["demo"],
        &[
            ("what to try is printed; until Ctrl-C", "fusion-comms demo"),
            (
                "the three stories, checked; exit code 0 if they came out right",
                "fusion-comms demo --script all",
            ),
        ],
    ),
    (
        &["serve"],
        &[
            ("one process for everything", "fusion-comms serve"),
            ("webhooks and pages here, background work in another process", "fusion-comms serve --role web"),
        ],
    ),
    (
        &["simulate", "call"],
        &[(
            "pay statement 30458003 by phone, link and all, against a service on this machine, with the keys of its DATA_DIR",
            "fusion-comms simulate call --to http://127.0.0.1:8080 --from +12025550147 --did +12025550110 --press menu=1 \
         --press collect_statement=30458003# --press collect_phone=2025550147# --pay",
        )],
    ),
    (
        &["simulate", "sms"],
        &[(
            "what does the service reply to a STOP?",
            "fusion-comms simulate sms --to http://127.0.0.1:8080 --from +12025550147 --did +12025550110 --text STOP",
        )],
    ),
    (
        &["simulate", "storm"],
        &[
            (
                "repeats, bad signatures and slow clients for ten seconds",
                "fusion-comms simulate storm --to http://127.0.0.1:8080",
            ),
            (
                "a minute of Telnyx's repeats alone",
                "fusion-comms simulate storm --to http://127.0.0.1:8080 --seconds 60 --rate 200 --bad-signatures 0",
            ),
        ],
    ),
    (
        &["simulate", "fax"],
        &[(
            "fax a file",
            "fusion-comms simulate fax --to http://127.0.0.1:8080 --from +12025550161 --did +12025550112 face-sheet.pdf",
        )],
    ),
    (
        &["events", "list"],
        &[
            ("what was given up, and why", "fusion-comms events list --state parked"),
            ("the faxes' events of the last day", "fusion-comms events list --type fax --since 24h"),
            ("of one agency, for a program", "fusion-comms events list --tenant ridgeline --json"),
        ],
    ),
    (
        &["events", "effects"],
        &[("what of our work was given up, and why", "fusion-comms events effects --state parked")],
    ),
    (
        &["events", "storm"],
        &[("the last hour: a storm, harmless or not, and why", "fusion-comms events storm --since 1h")],
    ),
    (
        &["events", "replay"],
        &[
            (
                "look first, then do it",
                "fusion-comms events replay 0ccc7b54-4df3-4bca-a65a-3da1ecc777f0 --dry-run",
            ),
            (
                "effects that were done are not repeated",
                "fusion-comms events replay 0ccc7b54-4df3-4bca-a65a-3da1ecc777f0",
            ),
        ],
    ),
    (
        &["events", "prune"],
        &[(
            "daily, beside the service: bodies after 90 days, keys after 400",
            "fusion-comms events prune --older-than 90d --keys-older-than 400d",
        )],
    ),
    (
        &["opt-out", "check"],
        &[("may ridgeline text this person?", "fusion-comms opt-out check +12025550147 --tenant ridgeline")],
    ),
    (
        &["opt-out", "add"],
        &[(
            "asked for by a letter that came three days ago",
            "fusion-comms opt-out add +12025550147 --tenant ridgeline --reason letter --received-at 3d",
        )],
    ),
    (
        &["opt-out", "import"],
        &[(
            "the list of a former system; nothing is imported if a line is bad",
            "fusion-comms opt-out import old.csv --tenant ridgeline --reason former-system",
        )],
    ),
    (
        &["opt-out", "evidence"],
        &[(
            "all that is kept of one number; `audit verify --file` checks the file",
            "fusion-comms opt-out evidence +12025550147 --tenant ridgeline --out evidence.jsonl",
        )],
    ),
    (
        &["opt-out", "read"],
        &[("is this a wish to stop?", "fusion-comms opt-out read please-stop-texting-me")],
    ),
    (
        &["text", "list"],
        &[
            ("what waits to be read", "fusion-comms text list --review"),
            (
                "ours: sent, held until when, or refused why",
                "fusion-comms text list --outgoing --tenant ridgeline",
            ),
        ],
    ),
    (
        &["text", "review"],
        &[(
            "the person wants no more texts: opted out from the text's receipt",
            "fusion-comms text review a3c8d042-a2cf-4aa4-970b-de429670d070 --as stop --reason wants-none",
        )],
    ),
    (
        &["text", "send"],
        &[(
            "a bill; outside 8 to 20 h where the person is it waits",
            "fusion-comms text send --tenant ridgeline --statement 30458003 --reason first-bill",
        )],
    ),
    (
        &["text", "consent"],
        &[(
            "a form signed thirty days ago",
            "fusion-comms text consent +12025550147 --tenant ridgeline --how written --evidence form-7 --given-at 30d",
        )],
    ),
    (
        &["fax", "list"],
        &[
            ("what waits for a person", "fusion-comms fax list --status needs_review"),
            ("what never came into the store", "fusion-comms fax list --status failed"),
        ],
    ),
    (
        &["fax", "attach"],
        &[(
            "file it under a case of its agency",
            "fusion-comms fax attach 1b2f5d2e-0d3e-4a8e-9f57-6c1f0e9a7c11 --case case-1 --reason read-on-the-page",
        )],
    ),
    (
        &["fax", "detach"],
        &[(
            "it was another patient's: opens an incident",
            "fusion-comms fax detach 1b2f5d2e-0d3e-4a8e-9f57-6c1f0e9a7c11 --wrong patient --reason another-name-on-page-2",
        )],
    ),
    (
        &["prompts", "check"],
        &[
            ("as Telnyx gets them now", "fusion-comms prompts check"),
            (
                "before the address is changed",
                "fusion-comms prompts check --base https://audio.example.org/ivr",
            ),
        ],
    ),
    (
        &["prompts", "upload"],
        &[
            ("the program's own recordings into a fresh bucket", "fusion-comms prompts upload"),
            ("look first at new ones", "fusion-comms prompts upload new --dry-run"),
        ],
    ),
    (&["config", "check"], &[("in the environment of the service", "fusion-comms config check")]),
    (
        &["man"],
        &[(
            "for `man fusion-comms` and `man fusion-comms-events`",
            "fusion-comms man --dir /usr/local/share/man/man1",
        )],
    ),
    (
        &["completions"],
        &[(
            "for every bash of this machine",
            "fusion-comms completions bash > /usr/share/bash-completion/completions/fusion-comms",
        )],
    ),
];

/// The examples of a command.
pub(super) fn of(path: &[&str]) -> Option<Examples> {
    EXAMPLES.iter().find(|(of, _)| *of == path).map(|(_, examples)| *examples)
}

/// The tree of commands with the examples after their help.
pub(super) fn added(root: Command) -> Command {
    EXAMPLES.iter().fold(root, |root, (path, examples)| at(root, path, &text(examples)))
}

fn at(command: Command, path: &[&'static str], text: &str) -> Command {
    match path {
        [] => command.after_help(text.to_owned()),
        [first, rest @ ..] => command.mut_subcommand(first, |inner| at(inner, rest, text)),
    }
}

fn text(examples: Examples) -> String {
    let one = |(why, line): &(&str, &str)| format!("  # {why}\n  {line}");
    format!("Examples:\n{}", examples.iter().map(one).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn every_example_can_be_typed_as_it_stands() {
        for (path, examples) in EXAMPLES {
            for (_, line) in *examples {
                let typed = line.split(" > ").next().unwrap();
                let words = || typed.split_whitespace();
                assert!(words().skip(1).take(path.len()).eq(path.iter().copied()), "{line}");
                assert!(crate::cli::parse(words().map(OsString::from)).is_ok(), "{line}");
            }
        }
    }
}
