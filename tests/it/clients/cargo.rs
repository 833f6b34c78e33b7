//! cargo and rustc, with Wold as the `linker` of a target.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Client, Ground, NODE, Need, Same};

const UNKNOWN: Need =
    Need { name: "Rust's wasm32-unknown-unknown", ours: false, there: || has("wasm32-unknown-unknown") };
const WASIP1: Need = Need { name: "Rust's wasm32-wasip1", ours: false, there: || has("wasm32-wasip1") };

pub const CLIENTS: &[Client] = &[
    Client { name: "cargo/unknown-unknown", needs: &[UNKNOWN, NODE], run: unknown_unknown },
    Client { name: "cargo/wasip1", needs: &[WASIP1, NODE], run: wasip1 },
    Client { name: "cargo/environment", needs: &[UNKNOWN, NODE], run: environment },
    Client { name: "cargo/custom-sections", needs: &[UNKNOWN, NODE], run: custom_sections },
];

/// The compiler that cargo is to use: `WOLD_TEST_RUSTC`, so that one with more targets can be tried.
fn rustc() -> OsString {
    std::env::var_os("WOLD_TEST_RUSTC").unwrap_or_else(|| "rustc".into())
}

/// Whether the standard library for `target` is installed.
fn has(target: &str) -> bool {
    let output = Command::new(rustc()).args(["--print", "target-libdir", "--target", target]).output();
    let folder = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()).unwrap_or_default();
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| file.file_name()).any(|name| name.to_string_lossy().starts_with("libstd-"))
}

const LIBRARY: &str = r#"
use std::collections::BTreeMap;
#[no_mangle]
pub extern "C" fn words(n: u32) -> usize {
    let mut map = BTreeMap::new();
    for i in 0..n {
        *map.entry(format!("{:x}", i % 17)).or_insert(0) += 1;
    }
    map.len()
}
#[no_mangle]
pub extern "C" fn checked(n: i32) -> i32 {
    n.checked_add(1).expect("no overflow")
}
"#;

const PROGRAM: &str = r#"
use std::collections::HashMap;
thread_local!(static COUNT: std::cell::Cell<u32> = std::cell::Cell::new(40));
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let lengths: HashMap<&str, usize> = args.iter().map(|arg| (arg.as_str(), arg.len())).collect();
    COUNT.with(|count| count.set(count.get() + lengths.len() as u32));
    println!("{} {:?}", COUNT.with(|count| count.get()), lengths.get("wold"));
    std::process::exit(args.len() as i32);
}
"#;

/// A package `app`; `library` makes it a module without a start function.
fn package(ground: &Ground, library: bool, source: &str) -> Result<(), String> {
    let (kind, file) = if library { ("[lib]\ncrate-type = [\"cdylib\"]\n", "src/lib.rs") } else { ("", "src/main.rs") };
    let manifest = format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n{kind}");
    ground.write("Cargo.toml", &manifest)?;
    ground.write(file, source)
}

/// Builds the package and copies the module to `app.wasm`.
fn build(ground: &Ground, target: &str, profile: &str, prepare: impl Fn(&mut Command)) -> Result<(), String> {
    let _ = fs::remove_dir_all(ground.path("target"));
    let mut command = ground.command("cargo");
    command.env("RUSTC", rustc()).args(["build", "--quiet", "--offline", "--target", target, "--target-dir", "target"]);
    command.args((profile == "release").then_some("--release"));
    prepare(&mut command);
    ground.run(&mut command)?;
    let built = ground.path(&format!("target/{target}/{profile}/app.wasm"));
    fs::rename(&built, ground.path("app.wasm")).map_err(|error| format!("{}: {error}", built.display()))
}

/// Both profiles, with the linker in `.cargo/config.toml`.
fn profiles(ground: &Ground, target: &str, run: impl Fn(&str, Same) -> Result<(), String>) -> Result<(), String> {
    for profile in ["debug", "release"] {
        let same = ground.build_both("app.wasm", |linker| {
            let linker = ground.logging(linker)?;
            let config = format!("[target.{target}]\nlinker = \"{}\"\n", linker.display());
            ground.write(".cargo/config.toml", &config)?;
            build(ground, target, profile, |_| ())?;
            log(ground)
        })?;
        let release = if profile == "release" { " --release" } else { "" };
        run(&format!("cargo build --target {target}{release} (.cargo/config.toml)"), same)?;
    }
    Ok(())
}

/// Whether the logging linker was called as rustc calls one.
fn log(ground: &Ground) -> Result<(), String> {
    let log = String::from_utf8_lossy(&ground.read(super::LOG)?).into_owned();
    if log.starts_with("-flavor wasm") { Ok(()) } else { Err(format!("calls of the linker: {log}")) }
}

fn unknown_unknown(ground: &Ground) -> Result<(), String> {
    package(ground, true, LIBRARY)?;
    profiles(ground, "wasm32-unknown-unknown", |command, same| {
        let script = "let trap = 'none'; try { e.checked(2147483647) } catch (error) { trap = error.constructor.name }\n\
            console.log(e.words(100), e.checked(4), trap)";
        ground.expect(command, &ground.node("app.wasm", script)?, "17 5 RuntimeError", same)
    })
}

fn wasip1(ground: &Ground) -> Result<(), String> {
    package(ground, false, PROGRAM)?;
    profiles(ground, "wasm32-wasip1", |command, same| {
        let ran = ground.wasi("app.wasm", &["wold", "b"])?;
        ground.expect(command, &ran, "42 Some(4) (exit 2)", same)
    })
}

/// The linker named by an environment variable, and by an option for rustc.
fn environment(ground: &Ground) -> Result<(), String> {
    package(ground, true, LIBRARY)?;
    let target = "wasm32-unknown-unknown";
    for way in ["CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=/path/to/wold", "RUSTFLAGS=-Clinker=/path/to/wold"] {
        let name = way.split('=').next().unwrap_or_default();
        let same = ground.build_both("app.wasm", |linker: &Path| {
            let value = ground.logging(linker)?.display().to_string();
            let value = if name == "RUSTFLAGS" { format!("-Clinker={value}") } else { value };
            build(ground, target, "debug", |command| {
                command.env(name, &value);
            })?;
            log(ground)
        })?;
        let ran = ground.node("app.wasm", "console.log(e.words(100))")?;
        ground.expect(&format!("{way} cargo build --target {target}"), &ran, "17", same)?;
    }
    Ok(())
}

/// Custom sections that tools such as wasm-bindgen leave for themselves are joined and survive.
fn custom_sections(ground: &Ground) -> Result<(), String> {
    let part = |name: &str, text: &str| {
        let length = text.len();
        format!("#[link_section = \"__wasm_bindgen_unstable\"]\npub static {name}: [u8; {length}] = *b\"{text}\";\n")
    };
    let inner = format!("#[no_mangle]\npub extern \"C\" fn inner() -> i32 {{ 5 }}\n{}", part("INNER", "inner;"));
    let outer = part("FIRST", "first;") + &part("SECOND", "second;");
    package(ground, true, &format!("{outer}pub mod inner {{\n{inner}}}\n"))?;
    let target = "wasm32-unknown-unknown";
    profiles(ground, target, |command, same| {
        let script = "const s = WebAssembly.Module.customSections(m, '__wasm_bindgen_unstable');\n\
            const parts = Buffer.concat(s.map((part) => Buffer.from(part))).toString().split(';').sort();\n\
            console.log(s.length, parts.join(' ').trim(), e.inner());";
        let ran = ground.node("app.wasm", script)?;
        ground.expect(&format!("{command}, #[link_section]"), &ran, "1 first inner second 5", same)
    })
}
