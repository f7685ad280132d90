//! The one binary: builds the runtime and hands over to the command line.

use std::process::ExitCode;

use fusion_comms::cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(code) => return code,
    };
    // What limits its own process does so before there are threads.
    if let Some(code) = command.run_alone() {
        return code;
    }
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli::run(command)),
        Err(error) => cli::report(&anyhow::Error::new(error).context("the program cannot start its threads")),
    }
}
