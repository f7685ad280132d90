//! `docs/CONFIG.md` is what `config doc` prints; the pages that send readers there do so rightly.

use std::process::Command;

use super::support::golden;

fn printed() -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_fusion-comms")).args(["config", "doc"]).env_clear().output();
    String::from_utf8(out.expect("the binary runs").stdout).expect("text")
}

#[test]
fn the_reference_in_the_repository_is_what_the_program_prints() {
    golden::same("../../docs/CONFIG.md", &printed());
}

#[test]
fn every_variable_has_its_own_section_and_no_secret_an_example_that_works() {
    let page = printed();
    for variable in fusion_comms::config::VARIABLES {
        assert!(page.contains(&format!("\n### `{}`\n", variable.name)), "{}", variable.name);
        if variable.secret {
            let example = variable.example.unwrap_or_default();
            assert!(example.contains("...") || example.starts_with("what "), "{}: {example}", variable.name);
        }
    }
}
