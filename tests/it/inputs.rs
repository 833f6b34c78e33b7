//! Makes the inputs of a case: assembles, compiles, archives; what was built once is kept in `tests/out`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::{Failed, Trial};
use xxhash_rust::xxh3::xxh3_64;

use crate::cases::{Case, Input};

/// Where everything that tests make lies; git ignores it.
pub fn out() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/out")
}

/// The programs that cases need.
pub struct Tools {
    /// `llvm-mc`.
    pub assembler: Option<PathBuf>,
    /// `clang`.
    pub clang: Option<PathBuf>,
    /// `clang++`.
    pub clangxx: Option<PathBuf>,
    /// `llvm-ar`.
    pub archiver: Option<PathBuf>,
    /// `node`.
    pub node: Option<PathBuf>,
    /// `wasm-ld` of LLVM 22, the reference.
    pub lld: Option<PathBuf>,
}

/// The programs, looked up once on PATH.
pub fn tools() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| Tools {
        assembler: find("llvm-mc-22"),
        clang: find("clang-22"),
        clangxx: find("clang++-22"),
        archiver: find("llvm-ar-22"),
        node: find("node"),
        lld: find("wasm-ld-22"),
    })
}

/// The path of the program `name`, if it is on PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The name of the first program that `case` needs and that is not there.
pub fn missing_tool(case: &Case) -> Option<&'static str> {
    let tools = tools();
    for input in &case.inputs {
        let (tool, name) = match extension(&input.name) {
            "s" => (&tools.assembler, "llvm-mc-22"),
            "c" => (&tools.clang, "clang-22"),
            "cpp" => (&tools.clangxx, "clang++-22"),
            "a" if input.body.is_empty() => (&tools.archiver, "llvm-ar-22"),
            _ => continue,
        };
        if tool.is_none() {
            return Some(name);
        }
    }
    if case.has("run") && tools.node.is_none() {
        return Some("node");
    }
    // Elsewhere a case is worth running without the reference.
    let reference = std::env::var_os("CI").is_some() && !case.has("differs-from-lld");
    (reference && tools.lld.is_none()).then_some("wasm-ld-22")
}

/// A test that needs what `missing` names, if that is not there: then it is skipped; in CI it fails.
pub fn trial(
    name: impl Into<String>,
    missing: Option<&'static str>,
    test: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> Trial {
    let skip = missing.is_some() && std::env::var_os("CI").is_none();
    let run = move || match missing {
        Some(tool) => Err(Failed::from(format!("{tool} is not installed"))),
        None => test().map_err(Failed::from),
    };
    Trial::test(name, run).with_ignored_flag(skip)
}

/// Writes all inputs of `case` into `folder`, which is made empty first.
///
/// # Errors
/// A text for people: a tool failed, or the folder cannot be written.
pub fn make(case: &Case, folder: &Path) -> Result<(), String> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for input in &case.inputs {
        input_file(input, folder).map_err(|error| format!("input {}: {error}", input.name))?;
    }
    Ok(())
}

fn input_file(input: &Input, folder: &Path) -> Result<(), String> {
    let path = folder.join(&input.name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    }
    let (target, body) = match extension(&input.name) {
        "s" | "c" | "cpp" => (path.with_extension("o"), built(input)?),
        "a" if !input.flags.is_empty() => return archive(input, folder),
        _ if input.flags.first().is_some_and(|flag| flag == "hex") => (path, hex(&input.body)?),
        _ => (path, input.body.clone()),
    };
    fs::write(target, body).map_err(|error| error.to_string())
}

/// Whether `input` is to be a 64-bit object.
pub fn wasm64(input: &Input) -> bool {
    input.flags.iter().any(|flag| flag == "wasm64")
}

/// The object of a source, from the cache or freshly built.
///
/// # Errors
/// What the tool said.
pub fn built(input: &Input) -> Result<Vec<u8>, String> {
    let tools = tools();
    let wasm64 = wasm64(input);
    let arch = if wasm64 { "wasm64" } else { "wasm32" };
    let (tool, mut args) = match extension(&input.name) {
        "s" => (&tools.assembler, vec![format!("-triple={arch}-unknown-unknown"), "-filetype=obj".into()]),
        "c" => (&tools.clang, vec![format!("--target={arch}-unknown-unknown"), "-O1".into(), "-c".into()]),
        _ => (&tools.clangxx, vec![format!("--target={arch}-unknown-unknown"), "-O1".into(), "-c".into()]),
    };
    let tool = tool.as_ref().ok_or("the tool is not installed")?;
    args.extend(input.flags.iter().filter(|flag| *flag != "wasm64").cloned());
    let text = format!("{}\n{}\n{}\n", version(tool), args.join(" "), input.name);
    let key = xxh3_64(&[text.as_bytes(), &input.body].concat());
    // One folder per key: the compiler sees the plain file name, which ends up in debug information.
    let folder = out().join("inputs").join(format!("{key:016x}"));
    let object = folder.join(&input.name).with_extension("o");
    if let Ok(bytes) = fs::read(&object) {
        return Ok(bytes);
    }
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    fs::write(folder.join(&input.name), &input.body).map_err(|error| error.to_string())?;
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let fresh = folder.join(format!("{}-{number}.tmp", std::process::id()));
    let mut command = Command::new(tool);
    command.current_dir(&folder).args(&args).arg(&input.name).arg("-o").arg(&fresh);
    run_tool(&mut command)?;
    fs::rename(&fresh, &object).map_err(|error| error.to_string())?;
    fs::read(&object).map_err(|error| error.to_string())
}

fn run_tool(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}:\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// What `tool --version` says; part of the key of what it built.
fn version(tool: &Path) -> String {
    static VERSIONS: OnceLock<parking_lot::Mutex<Vec<(PathBuf, String)>>> = OnceLock::new();
    let mut versions = VERSIONS.get_or_init(Default::default).lock();
    if let Some((_, version)) = versions.iter().find(|(path, _)| path == tool) {
        return version.clone();
    }
    let output = Command::new(tool).arg("--version").output();
    let version = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    versions.push((tool.to_path_buf(), version.clone()));
    version
}

fn archive(input: &Input, folder: &Path) -> Result<(), String> {
    let tool = tools().archiver.as_ref().ok_or("llvm-ar-22 is not installed")?;
    let (options, members): (Vec<_>, Vec<_>) = input.flags.iter().partition(|flag| flag.starts_with("--"));
    let mut command = Command::new(tool);
    command.current_dir(folder).arg("rcD").args(options).arg(&input.name).args(members);
    run_tool(&mut command)
}

fn hex(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let byte = |word| u8::from_str_radix(word, 16).map_err(|_| format!("`{word}` is not a byte"));
    text.split_whitespace().map(byte).collect()
}
