//! What a link takes of the machine: threads as the jobserver grants them, and little memory however large the output.

use std::path::Path;
use std::process::Command;

use jobserver::Client;
use libtest_mimic::Trial;

use crate::cases::Case;
use crate::{check, inputs};

/// The size of the large output, and of what the link of it may hold of its own, in MiB.
const OUTPUT_MIB: usize = 48;
const OWN_MIB_MAX: f64 = 12.0;

/// The tests; skipped where a tool is missing, unless in CI.
pub fn trials() -> Vec<Trial> {
    vec![
        trial("resources/jobserver", "int main(void) { return 0; }".to_owned(), tokens),
        trial("resources/large-output", large_data(), streamed),
        trial("resources/large-segment", format!("char data[{OUTPUT_MIB} << 20] = {{1}};\n"), streamed),
    ]
}

/// A variable of 1 MiB for each of [`OUTPUT_MIB`].
fn large_data() -> String {
    (0..OUTPUT_MIB).map(|i| format!("char data{i}[1 << 20] = {{1}};\n")).collect()
}

fn trial(name: &'static str, source: String, test: fn(&Path) -> Result<(), String>) -> Trial {
    let case = Case::made(name, "", "", vec![("a.c", source.into_bytes())]);
    let trial = inputs::trial(name, inputs::missing_tool(&case), move || {
        let folder = inputs::out().join(name);
        inputs::make(&case, &folder)?;
        test(&folder)
    });
    if cfg!(target_os = "linux") { trial } else { trial.with_ignored_flag(true) }
}

/// What `--time` prints of a link of `a.o`, and `arguments`.
fn timed(folder: &Path, arguments: &str, prepare: impl FnOnce(&mut Command)) -> Result<String, String> {
    let mut linker = Command::new(check::linker());
    linker.current_dir(folder).args(["a.o", "--no-entry", "--export-all", "-o", "out.wasm", "--time"]);
    prepare(linker.args(arguments.split_whitespace()));
    let output = linker.output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn tokens(folder: &Path) -> Result<(), String> {
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    for free in [0, 1, available + 2] {
        let client = Client::new(free).map_err(|error| error.to_string())?;
        for (arguments, expected) in [("", available.min(1 + free)), ("--threads=3", 3)] {
            let printed = timed(folder, arguments, |linker| client.configure_make(linker))?;
            let row = printed.lines().find_map(|line| line.strip_prefix("threads")).map(str::trim);
            if row != Some(&expected.to_string()) {
                return Err(format!("{free} tokens, {arguments:?}: expected {expected} threads:\n{printed}"));
            }
            let left = client.available().map_err(|error| error.to_string())?;
            if left != free {
                return Err(format!("{free} tokens before the link, {left} after it"));
            }
        }
    }
    Ok(())
}

/// Neither an output nor what is hashed for an id lies in memory as a whole.
fn streamed(folder: &Path) -> Result<(), String> {
    for arguments in ["", "--build-id", "--threads=1"] {
        let printed = timed(folder, arguments, |_| ())?;
        let own = printed.lines().skip(1).take_while(|line| !line.starts_with("all"));
        let own: Vec<f64> = own.filter_map(|line| line.split_whitespace().last()?.parse().ok()).collect();
        let size = std::fs::metadata(folder.join("out.wasm")).map_err(|error| error.to_string())?.len();
        if (size as usize) < OUTPUT_MIB << 20 || own.is_empty() || own.iter().any(|&mib| mib > OWN_MIB_MAX) {
            return Err(format!("{arguments:?}: {size} bytes; expected at most {OWN_MIB_MAX} MiB:\n{printed}"));
        }
    }
    Ok(())
}
