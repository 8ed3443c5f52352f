//! Arguments in, exit code out.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    lapse::cli::run(lapse::cli::Arguments::parse())
}
