//! Each of the runbook's incidents brought about by `drill`, its cause named by the commands that the drill runs.

use std::process::{Command, Stdio};

fn drilled(scenario: &str) {
    let dir = tempfile::tempdir().unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_fusion-comms"))
        .args(["drill", scenario, "--script"])
        .env("TMPDIR", dir.path())
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, noted) = (text(&out.stdout), text(&out.stderr));
    assert!(out.status.success(), "{said}\n{noted}");
    assert!(said.contains("-> names the cause") && said.contains("To mend it: "), "{said}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the drill leaves nothing behind");
}

macro_rules! drills {
    ($($name:ident: $scenario:literal),* $(,)?) => {$(
        #[test]
        fn $name() {
            drilled($scenario);
        }
    )*};
}

drills! {
    a_key_changed_in_the_portal_only: "keys",
    recordings_that_are_elsewhere: "silence",
    a_link_for_a_number_that_opted_out: "link",
    a_fax_that_cannot_be_stored: "fax",
    a_stop_sent_to_the_wrong_address: "stop",
}
