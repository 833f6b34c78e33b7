//! The programs that call a linker, each for real: compilers and build systems are given Wold as their linker, what
//! they build is run, and the module is compared with the one that the same command gives with `wasm-ld`.
//!
//! What is not installed is skipped, with the reason in the list of tests; in CI what `scripts/test` installs must be
//! there. Each test leaves lines for the table of `scripts/clients` in `tests/out/clients/rows`.

mod build_systems;
mod cargo;
mod clang;
mod emcc;
mod wabt;
mod zig;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use libtest_mimic::{Failed, Trial};

use crate::{check, inputs};

/// Where the logging linker writes a line for each of its calls.
const LOG: &str = "linker.log";

/// What a test needs to be installed.
#[derive(Clone, Copy)]
struct Need {
    /// What to say where it is missing.
    name: &'static str,
    /// Whether `scripts/test` installs it, so that in CI it has to be there.
    ours: bool,
    there: fn() -> bool,
}

/// `need!(program)`: a program that `scripts/test` installs; `need!(optional program)`: one that it does not.
macro_rules! need {
    (optional $name:literal) => {
        crate::clients::Need { name: $name, ours: false, there: || crate::inputs::find($name).is_some() }
    };
    ($name:literal) => {
        crate::clients::Need { name: $name, ours: true, there: || crate::inputs::find($name).is_some() }
    };
}
use need;

const NODE: Need = need!("node");

/// One test.
struct Client {
    /// As in `clients/clang/hello`.
    name: &'static str,
    needs: &'static [Need],
    run: fn(&Ground) -> Result<(), String>,
}

/// All tests of clients.
pub fn trials() -> Vec<Trial> {
    let all = [clang::CLIENTS, cargo::CLIENTS, build_systems::CLIENTS, emcc::CLIENTS, zig::CLIENTS, wabt::CLIENTS];
    all.into_iter().flatten().map(trial).collect()
}

fn trial(client: &'static Client) -> Trial {
    let missing = client.needs.iter().find(|need| !(need.there)());
    let fails = missing.is_some_and(|need| need.ours && std::env::var_os("CI").is_some());
    let run = move || match missing {
        Some(need) => Err(format!("{} is not installed", need.name).into()),
        None => Ground::new(client.name).and_then(|ground| (client.run)(&ground)).map_err(Failed::from),
    };
    let trial = Trial::test(format!("clients/{}", client.name), run).with_ignored_flag(missing.is_some() && !fails);
    match missing {
        Some(need) => trial.with_kind(format!("no {}", need.name)),
        None => trial,
    }
}

/// Where one client works.
struct Ground {
    name: &'static str,
    /// Its folder, empty at first.
    folder: PathBuf,
}

/// What a program did.
#[derive(Debug, PartialEq)]
struct Ran {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

impl Ran {
    /// Standard output and exit code on one line.
    fn line(&self) -> String {
        let mut line = self.stdout.trim_end().replace('\n', " / ");
        if self.code != Some(0) {
            line += &format!(" (exit {})", self.code.map_or("by signal".into(), |code| code.to_string()));
        }
        line
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code() }
    }
}

impl Ground {
    fn new(name: &'static str) -> Result<Self, String> {
        let folder = inputs::out().join("clients").join(name);
        let _ = fs::remove_dir_all(&folder);
        let rows = rows(name);
        fs::create_dir_all(&folder)
            .and_then(|()| fs::create_dir_all(rows.parent().expect("in a folder")))
            .and_then(|()| fs::write(&rows, ""))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Ground { name, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.path(name);
        let parent = path.parent().expect("in the folder");
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).map_err(|e| format!("{name}: {e}"))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        fs::read(self.path(name)).map_err(|error| format!("{name}: {error}"))
    }

    /// A folder with links to `linker` under the names in `names`.
    fn links(&self, folder: &str, linker: &Path, names: &[&str]) -> Result<PathBuf, String> {
        let folder = self.path(folder);
        let _ = fs::create_dir_all(&folder);
        for name in names {
            let link = folder.join(name);
            let _ = fs::remove_file(&link);
            symlink(linker, &link)?;
        }
        Ok(folder)
    }

    /// A linker that writes a line to [`LOG`] and then is `linker`. For clients that might quietly take another one.
    fn logging(&self, linker: &Path) -> Result<PathBuf, String> {
        let (script, log) = (self.path("logging-linker"), self.path(LOG));
        let text = format!("#!/bin/sh\necho \"$*\" >>'{}'\nexec '{}' \"$@\"\n", log.display(), linker.display());
        self.write("logging-linker", &text)?;
        make_executable(&script)?;
        let _ = fs::remove_file(log);
        Ok(script)
    }

    /// Whether the logging linker was called for `output`.
    fn was_called_for(&self, output: &str) -> Result<(), String> {
        let log = fs::read_to_string(self.path(LOG)).unwrap_or_default();
        match log.lines().any(|line| line.contains(&format!("-o {output}"))) {
            true => Ok(()),
            false => Err(format!("the linker was not called for {output}; its calls:\n{log}")),
        }
    }

    /// A command that runs in the folder, without what cargo sets for its own children.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_") && text != "CARGO_HOME" || text == "RUSTFLAGS" || text == "NODE_OPTIONS" {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs `command`, which must succeed.
    fn run(&self, command: &mut Command) -> Result<Ran, String> {
        let ran = self.try_run(command)?;
        match ran.code {
            Some(0) => Ok(ran),
            code => Err(format!("{command:?}: exit {code:?}\n{}{}", ran.stdout, ran.stderr)),
        }
    }

    fn try_run(&self, command: &mut Command) -> Result<Ran, String> {
        command.output().map(Ran::from).map_err(|error| format!("{command:?}: {error}"))
    }

    /// Runs the WASI program `module` under node.
    fn wasi(&self, module: &str, args: &[&str]) -> Result<Ran, String> {
        let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/run-wasi.cjs");
        let mut node = self.command("node");
        if node_version() < 20 {
            node.arg("--experimental-wasi-unstable-preview1");
        }
        self.try_run(node.arg(runner).arg(module).args(args))
    }

    /// Evaluates `script` under node, in which `e` are the exports of `module`; its imports do nothing.
    fn node(&self, module: &str, script: &str) -> Result<Ran, String> {
        let prologue = "const m = new WebAssembly.Module(require('fs').readFileSync(process.argv[1])), i = {};\n\
            for (const x of WebAssembly.Module.imports(m)) (i[x.module] ??= {})[x.name] = () => 0;\n\
            const e = new WebAssembly.Instance(m, i).exports;\n";
        self.run(self.command("node").args(["-e", &format!("{prologue}{script}"), module]))
    }

    /// Runs `build` with `wasm-ld`, if it is there, and with Wold, both in the same folder because its name may be in
    /// debug information. The module that stays in `module` is Wold's; the other's is in `module.wasm-ld`.
    ///
    /// # Errors
    /// What `build` said, or that the modules differ.
    fn build_both(&self, module: &str, build: impl Fn(&Path) -> Result<(), String>) -> Result<Same, String> {
        let peer = inputs::tools().lld.as_ref();
        let expected = match peer {
            Some(peer) => {
                build(peer).map_err(|error| format!("with {}: {error}", peer.display()))?;
                let bytes = self.read(module)?;
                let saved = self.path(&format!("{module}.wasm-ld"));
                fs::rename(self.path(module), saved).map_err(|error| error.to_string())?;
                Some(bytes)
            }
            None => None,
        };
        build(&check::linker())?;
        let found = self.read(module)?;
        match expected {
            // Another version of LLVM that stands in has other modules.
            _ if !lld_22() => Ok(Same::Unknown),
            None => Ok(Same::Unknown),
            Some(expected) if expected == found => Ok(Same::Yes),
            Some(expected) => Err(format!(
                "{} differs from wasm-ld's: {} and {} bytes; see scripts/compare --modules",
                self.path(module).display(),
                found.len(),
                expected.len()
            )),
        }
    }

    /// Notes a line of the table, after a look at what the program did.
    fn expect(&self, command: &str, ran: &Ran, line: &str, same: Same) -> Result<(), String> {
        if ran.line() != line {
            return Err(format!("the program printed `{}`, expected `{line}`\n{}", ran.line(), ran.stderr));
        }
        self.note(command, line, same)
    }

    fn note(&self, command: &str, printed: &str, same: Same) -> Result<(), String> {
        let same = match same {
            Same::Yes => "yes",
            Same::Unknown => "not compared",
            Same::NoModule => "-",
        };
        let mut file = fs::File::options().append(true).open(rows(self.name)).map_err(|error| error.to_string())?;
        writeln!(file, "{}\t{command}\t{printed}\t{same}", self.name).map_err(|error| error.to_string())
    }
}

/// The file with the lines for the table of `scripts/clients`: client, command, what was printed, whether the module
/// is that of `wasm-ld`.
fn rows(name: &str) -> PathBuf {
    inputs::out().join("clients/rows").join(format!("{}.tsv", name.replace('/', "-")))
}

/// Whether a module is, byte for byte, the one of `wasm-ld`.
#[derive(Clone, Copy)]
enum Same {
    Yes,
    /// `wasm-ld` is not installed.
    Unknown,
    /// There is no module: the link is meant to fail.
    NoModule,
}

/// Whether the `wasm-ld` to compare with is of LLVM 22.
fn lld_22() -> bool {
    static IS: OnceLock<bool> = OnceLock::new();
    *IS.get_or_init(|| {
        let lld = inputs::tools().lld.as_ref();
        let output = lld.and_then(|lld| Command::new(lld).arg("--version").output().ok()).map(Ran::from);
        output.is_some_and(|ran| ran.stdout.contains("LLD 22."))
    })
}

fn node_version() -> u32 {
    static VERSION: OnceLock<u32> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let output = Command::new("node").arg("--version").output().map(Ran::from);
        let text = output.map(|ran| ran.stdout).unwrap_or_default();
        text.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
    })
}

fn symlink(target: &Path, link: &Path) -> Result<(), String> {
    let made = std::os::unix::fs::symlink(target, link);
    made.map_err(|error| format!("{}: {error}", link.display()))
}

fn make_executable(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(|e| format!("{}: {e}", path.display()))
}
