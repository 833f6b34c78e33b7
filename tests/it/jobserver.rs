//! Under a jobserver a link has as many threads as it gets tokens for, and gives the tokens back.

use std::process::Command;

use jobserver::Client;
use libtest_mimic::{Failed, Trial};

use crate::cases::Case;
use crate::{check, inputs};

/// The test; skipped where a tool is missing, unless in CI.
pub fn trial() -> Trial {
    let case = || {
        let source = vec![("a.c", b"int main(void) { return 0; }".to_vec())];
        Case::made("threads/jobserver", "A link takes as many threads as it gets tokens for.", "", source)
    };
    let missing = inputs::missing_tool(&case());
    let skip = !cfg!(target_os = "linux") || missing.is_some() && std::env::var_os("CI").is_none();
    Trial::test("threads/jobserver", move || match missing {
        Some(tool) => Err(Failed::from(format!("{tool} is not installed"))),
        None => tokens(&case()).map_err(Failed::from),
    })
    .with_ignored_flag(skip)
}

fn tokens(case: &Case) -> Result<(), String> {
    let folder = inputs::out().join("jobserver");
    inputs::make(case, &folder)?;
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    for free in [0, 1, available + 2] {
        let client = Client::new(free).map_err(|error| error.to_string())?;
        for (arguments, expected) in [("", available.min(1 + free)), ("--threads=3", 3)] {
            let mut linker = Command::new(check::linker());
            let words = ["a.o", "--no-entry", "-o", "out.wasm", "--time"];
            linker.current_dir(&folder).args(words).args(arguments.split_whitespace());
            client.configure_make(&mut linker);
            let output = linker.output().map_err(|error| error.to_string())?;
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let row = printed.lines().find_map(|line| line.strip_prefix("threads")).map(str::trim);
            if !output.status.success() || row != Some(&expected.to_string()) {
                let errors = String::from_utf8_lossy(&output.stderr);
                return Err(format!("{free} tokens, {arguments:?}: expected {expected} threads:\n{printed}{errors}"));
            }
            let left = client.available().map_err(|error| error.to_string())?;
            if left != free {
                return Err(format!("{free} tokens before the link, {left} after it"));
            }
        }
    }
    Ok(())
}
