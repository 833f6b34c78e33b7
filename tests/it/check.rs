//! Links a case in all its variants and compares what comes out with what the case says and with `wasm-ld`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wasmparser::{Validator, WasmFeatures};

use crate::cases::{self, Case, Directive};
use crate::{diff, dump, inputs, node};

/// No link of a case takes longer.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What lies at `-o` before some of the links: longer than any output of a case.
const OLDER_FILE_BYTES: usize = 1 << 20;

/// The linker under test.
pub fn linker() -> PathBuf {
    std::env::var_os("WOLD_TEST_LINKER").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_wold")), PathBuf::from)
}

/// Where cases are linked: a folder of its own for each linker, so that two can be tested at once.
fn folder() -> PathBuf {
    let linker = linker();
    let name = linker.file_name().unwrap_or_default().to_string_lossy();
    let number = xxhash_rust::xxh3::xxh3_64(linker.as_os_str().as_encoded_bytes()) as u16;
    inputs::out().join("cases").join(format!("{name}-{number:04x}"))
}

/// What one link did.
#[derive(PartialEq)]
struct Outcome {
    /// Exit code; `None` when a signal ended it.
    code: Option<i32>,
    /// Standard error: `$LD` for the linker's name, and without the places inside files that only Wold names.
    stderr: String,
    /// Standard output; empty if the module went there.
    stdout: String,
    /// The module.
    module: Option<Vec<u8>>,
    /// Files of `file:` directives.
    files: Vec<Option<String>>,
}

/// One link: arguments and how often to do what.
struct Link<'a> {
    case: &'a Case,
    folder: &'a Path,
    /// Words of the directive.
    args: &'a [String],
}

/// Runs the whole case.
///
/// # Errors
/// A text for people: command, standard error, first difference.
pub fn check(case: &Case) -> Result<(), String> {
    let folder = folder().join(&case.name);
    inputs::make(case, &folder)?;
    let told = |line: &str, error| {
        format!("{}\ncd {} && {} -o out.wasm {line}\n{error}", case.fact, folder.display(), linker().display())
    };
    let mut first: Option<Vec<u8>> = None;
    for directive in case.all("link").chain(case.all("link-same")) {
        let args = cases::words(&directive.value);
        let link = Link { case, folder: &folder, args: &args };
        let module = link.check().map_err(|error| told(&directive.value, error))?;
        match &first {
            Some(first) if directive.key == "link-same" => {
                if let Some(difference) = diff::first_difference(module.as_deref().unwrap_or_default(), first) {
                    return Err(told(&directive.value, format!("other bytes than the first link: {difference}")));
                }
            }
            Some(_) => {}
            None => first = Some(module.unwrap_or_default()),
        }
    }
    Ok(())
}

impl Link<'_> {
    /// Links with 1, 2 and 7 threads and checks everything that the case says.
    fn check(&self) -> Result<Option<Vec<u8>>, String> {
        let linker = linker();
        let outcome = self.run(&linker, 1, false, false)?;
        self.expectations(&outcome).map_err(|error| format!("{error}\n{}", said(&outcome)))?;
        for (threads, older) in [(2, true), (7, false)] {
            let other = self.run(&linker, threads, older, false)?;
            let what = format!("--threads={threads} differs from --threads=1");
            same(&other, &outcome).map_err(|error| format!("{what}: {error}\n{}", said(&other)))?;
        }
        if let Some(lld) = inputs::tools().lld.as_ref().filter(|lld| **lld != linker)
            && !self.case.has("differs-from-lld")
        {
            let theirs = self.run(lld, 1, false, false)?;
            same(&outcome, &theirs).map_err(|error| format!("differs from wasm-ld: {error}"))?;
        }
        self.hints(&linker, &outcome)?;
        Ok(outcome.module)
    }

    /// With hints the messages are those of the case, if it gives any; all else is the same.
    fn hints(&self, linker: &Path, without: &Outcome) -> Result<(), String> {
        if !self.case.has("hints") {
            return Ok(());
        }
        for threads in [1, 7] {
            let with = self.run(linker, threads, false, true)?;
            self.text("hints", 0, &with.stderr, self.case.lines("hints").unwrap_or_default())?;
            same(&Outcome { stderr: without.stderr.clone(), ..with }, without)?;
        }
        Ok(())
    }

    fn run(&self, linker: &Path, threads: usize, older: bool, hints: bool) -> Result<Outcome, String> {
        let output = self.folder.join(self.output_name());
        let _ = fs::remove_file(&output);
        // Where no file can be written there is no older one either.
        let older = older && fs::write(&output, vec![0; OLDER_FILE_BYTES]).is_ok();
        let mut command = Command::new(linker);
        if !hints {
            command.env("WOLD_LLD_MESSAGES", "1");
        }
        command.current_dir(self.folder).arg(format!("--threads={threads}"));
        command.args(["-o", "out.wasm"]).args(self.args);
        let Ended { code, stdout, stderr } = run_limited(&mut command, self.folder)?;
        let mut module = fs::read(&output).ok();
        if older && module.as_ref().is_some_and(|bytes| bytes.len() == OLDER_FILE_BYTES) {
            module = None;
        } else if older && module.is_none() {
            return Err("the older file at -o is gone".into());
        }
        let to_stdout = stdout.starts_with(b"\0asm");
        let module = if to_stdout { Some(stdout.clone()) } else { module };
        let stdout = if to_stdout { String::new() } else { String::from_utf8_lossy(&stdout).into_owned() };
        let stderr = without_name(&String::from_utf8_lossy(&stderr), linker);
        let file = |file: &Directive| fs::read_to_string(self.folder.join(&file.value)).ok();
        let files = self.case.all("file").map(file).collect();
        Ok(Outcome { code, stderr, stdout, module, files })
    }

    /// The last `-o`.
    fn output_name(&self) -> &str {
        let place = self.args.iter().rposition(|arg| arg == "-o");
        place.and_then(|place| self.args.get(place + 1)).map_or("out.wasm", String::as_str)
    }

    fn expectations(&self, outcome: &Outcome) -> Result<(), String> {
        let case = self.case;
        let fails = case.has("fails");
        let messages = if fails { "fails" } else { "warns" };
        self.text(messages, 0, &outcome.stderr, case.lines(messages).unwrap_or_default())?;
        let code = i32::from(fails);
        if outcome.code != Some(code) {
            return Err(format!("exit code {:?}, expected {code}", outcome.code));
        }
        self.text("stdout", 0, &outcome.stdout, case.lines("stdout").unwrap_or_default())?;
        for (nth, (file, found)) in case.all("file").zip(&outcome.files).enumerate() {
            let found = found.as_deref().unwrap_or("(no such file)");
            self.more(nth, file, &found.lines().map(String::from).collect::<Vec<_>>())?;
        }
        match &outcome.module {
            Some(_) if fails => Err("a failed link left an output".into()),
            None if !fails && !case.has("no-output") => Err("no output".into()),
            Some(module) => self.module(module),
            None => Ok(()),
        }
    }

    fn module(&self, module: &[u8]) -> Result<(), String> {
        if !self.case.has("invalid") {
            let mut validator = Validator::new_with_features(WasmFeatures::all());
            validator.validate_all(module).map_err(|error| format!("invalid module: {error}"))?;
        }
        for (key, section) in [("exports", "export"), ("imports", "import")] {
            if let Some(expected) = self.case.lines(key) {
                let lines = dump::lines(module, section, None)?;
                let names: Vec<_> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
                self.text(key, 0, &names.join(" "), expected)?;
            }
        }
        for (nth, dump) in self.case.all("dump").enumerate() {
            let (section, only) = match dump.value.split_once(' ') {
                Some((section, only)) => (section, Some(only)),
                None => (dump.value.as_str(), None),
            };
            self.more(nth, dump, &dump::lines(module, section, only)?)?;
        }
        for bytes in self.case.all("bytes") {
            let (offset, expected) = bytes.value.split_once(' ').ok_or("bytes: OFFSET \"...\"")?;
            let offset: usize = offset.parse().map_err(|_| format!("bytes: {offset} is not a number"))?;
            let found = dump::escaped(module.get(offset..).unwrap_or_default());
            if !found.starts_with(expected.trim_end_matches('"')) {
                return Err(format!("bytes at {offset}: {found:.80}, expected {expected}"));
            }
        }
        let file = self.folder.join("run.wasm");
        fs::write(&file, module).map_err(|error| error.to_string())?;
        node::run(self.case, &file)
    }

    /// Compares all lines of the directives called `key` with what was found.
    fn text(&self, key: &str, nth: usize, found: &str, expected: String) -> Result<(), String> {
        let found = found.trim_end_matches('\n');
        if found == expected {
            return Ok(());
        }
        if blessing() && self.case.all(key).count() == 1 {
            let (first, rest) = found.split_once('\n').unwrap_or((found, ""));
            return cases::bless(self.case, key, nth, first, &rest.lines().collect::<Vec<_>>());
        }
        Err(format!("{key}: found\n{found}\nexpected\n{expected}"))
    }

    /// Compares the lines below `directive` with what was found.
    fn more(&self, nth: usize, directive: &Directive, found: &[String]) -> Result<(), String> {
        if directive.more == found {
            return Ok(());
        }
        if blessing() {
            let found: Vec<&str> = found.iter().map(String::as_str).collect();
            return cases::bless(self.case, &directive.key, nth, &directive.value, &found);
        }
        let (name, expected) = (format!("{}: {}", directive.key, directive.value), directive.more.join("\n"));
        Err(format!("{name}: found\n{}\nexpected\n{expected}", found.join("\n")))
    }
}

fn blessing() -> bool {
    std::env::var_os("WOLD_BLESS").is_some()
}

fn said(outcome: &Outcome) -> String {
    format!("exit code {:?}, standard error:\n{}", outcome.code, outcome.stderr)
}

fn same(a: &Outcome, b: &Outcome) -> Result<(), String> {
    if a == b {
        return Ok(());
    }
    let empty: &[u8] = &[];
    let module = |outcome: &Outcome| outcome.module.clone().unwrap_or(empty.to_vec());
    if let Some(difference) = diff::first_difference(&module(a), &module(b))
        && a.module.is_some()
        && b.module.is_some()
    {
        return Err(difference);
    }
    let text = |outcome: &Outcome| {
        let output = if outcome.module.is_some() { "an output" } else { "no output" };
        format!("{:?}, {output}\n{}{}{:?}", outcome.code, outcome.stderr, outcome.stdout, outcome.files)
    };
    Err(format!("{}\n-- vs --\n{}", text(a), text(b)))
}

/// `$LD: error: a.o:(linking+0x3c): text` as `$LD: error: a.o: text`: the reference does not name places.
fn without_site(line: &str) -> String {
    let site = line.find(":(").and_then(|start| Some((start, start + line[start..].find("): ")?)));
    match site {
        Some((start, end)) if line[start..end].contains("0x") => format!("{}{}", &line[..start], &line[end + 1..]),
        _ => line.to_string(),
    }
}

/// Lines that begin with the linker's own name get `$LD` instead.
fn without_name(stderr: &str, linker: &Path) -> String {
    let name = linker.file_name().unwrap_or_default().to_string_lossy().into_owned() + ":";
    let line = |line: &str| match line.strip_prefix(&name).or_else(|| line.strip_prefix("wold:")) {
        Some(rest) => format!("$LD:{}\n", without_site(rest)),
        None => format!("{line}\n"),
    };
    stderr.lines().map(line).collect()
}

/// What a process left.
struct Ended {
    /// Exit code; `None` when a signal ended it.
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Runs `command`, with the files for its two outputs in `folder`.
///
/// # Errors
/// It cannot be started, or it takes too long (then it is ended).
fn run_limited(command: &mut Command, folder: &Path) -> Result<Ended, String> {
    let (out, err) = (folder.join(".stdout"), folder.join(".stderr"));
    let text = |error: std::io::Error| format!("{command:?}: {error}");
    let (out_file, err_file) = (File::create(&out).map_err(text)?, File::create(&err).map_err(text)?);
    command.stdin(Stdio::null()).stdout(out_file).stderr(err_file);
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if start.elapsed() > TIME_LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{command:?}: takes longer than {TIME_LIMIT:?}"));
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    let read = |path| fs::read(path).unwrap_or_default();
    Ok(Ended { code: status.code(), stdout: read(out), stderr: read(err) })
}
