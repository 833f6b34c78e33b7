//! The one integration-test binary: every case is one test.
//!
//! `cargo test NAME` runs the cases whose name contains NAME. Environment:
//! - `WOLD_TEST_LINKER`: the linker under test (default: the binary just built);
//! - `WOLD_BLESS=1`: rewrites what a case expects to what the linker under test says;
//! - `CI`: a missing tool is a failure, not a skipped case;
//! - `WOLD_CORPUS`: a folder with more objects for the robustness test; `WOLD_ROBUST=all` takes all objects, not a few
//!   of each group; `WOLD_ROBUST_TRACE=1` names each damaged object before it is linked;
//! - `WOLD_TEST_RUSTC`: the rustc with which cargo is tried.

mod build;
mod cases;
mod check;
mod clients;
mod diff;
mod dump;
mod inputs;
mod mir;
mod mir_tool;
mod node;
mod objects;
mod resources;
mod robust;
mod threads;
#[path = "../toy/mod.rs"]
mod toy;
mod toy_trials;

use std::process::ExitCode;

use cases::Case;
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let all: Vec<Case> = match cases::all() {
        Ok(mut all) => {
            all.extend(objects::cases());
            all
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut trials = robust::trials(&all);
    trials.push(Trial::test("harness/differences-in-words", || diff::self_test().map_err(Failed::from)));
    trials.push(threads::trial());
    trials.extend(resources::trials());
    trials.extend(toy_trials::trials());
    trials.extend(mir::trials());
    trials.extend(all.into_iter().map(trial));
    trials.extend(mir_tool::trials());
    trials.extend(clients::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// One case as a test; skipped where a tool is missing, unless in CI.
fn trial(case: Case) -> Trial {
    inputs::trial(case.name.clone(), inputs::missing_tool(&case), move || check::check(&case))
}
