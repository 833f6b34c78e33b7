//! What a compiler does with a session, each thing for real: the module is validated, run, and taken apart.

mod code;
mod data;
mod errors;
mod linking;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use wold::Session;
use wold::mir::{Func, FunctionBuilder, Linkage, Module};
use wold::options::Options;

use crate::cases::{Case, Input};
use crate::{inputs, node};

const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const F32: u8 = 0x7d;
const F64: u8 = 0x7c;

type Check = Result<(), String>;
/// Its name, and what it does.
type Test = (&'static str, fn() -> Check);

/// All tests; those that compile C or run something are skipped where clang or node is missing, unless in CI.
pub fn trials() -> Vec<Trial> {
    let tools = inputs::tools();
    let missing = tools.node.is_none() || tools.clang.is_none() || tools.archiver.is_none();
    let skip = missing && std::env::var_os("CI").is_none();
    let trial = |name: &'static str, test: fn() -> Check, needs_tools: bool| {
        let test = move || match missing && needs_tools {
            true => Err(Failed::from("clang-22, llvm-ar-22 or node is not installed")),
            false => test().map_err(Failed::from),
        };
        Trial::test(format!("mir/{name}"), test).with_ignored_flag(skip && needs_tools)
    };
    let run = [code::TESTS, data::TESTS, linking::TESTS].concat();
    let run = run.into_iter().map(|(name, test)| trial(name, test, true));
    run.chain(errors::TESTS.iter().map(|&(name, test)| trial(name, test, false))).collect()
}

/// Options for a module without an entry function.
fn options() -> Options {
    Options { output: "out.wasm".into(), entry: None, ..Options::default() }
}

fn wasm64() -> Options {
    Options { is_64: Some(true), ..options() }
}

/// What the linker says, one message a line.
fn flush(session: &Session) -> Result<Vec<u8>, String> {
    let text =
        |list: &[wold::diagnostic::Diagnostic]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let linked = session.flush().map_err(|list| text(&list))?;
    if linked.warnings.is_empty() { Ok(linked.module) } else { Err(text(&linked.warnings)) }
}

/// Links, validates, and compares what expressions over the exports give. `hosts` are imports.
fn expect_with(name: &str, session: &Session, hosts: &[&str], runs: &[(&str, &str)]) -> Result<Vec<u8>, String> {
    let module = flush(session)?;
    validate(&module)?;
    node::expect(&save(name, &module)?, hosts, runs)?;
    Ok(module)
}

fn expect(name: &str, session: &Session, runs: &[(&str, &str)]) -> Result<Vec<u8>, String> {
    expect_with(name, session, &[], runs)
}

fn validate(module: &[u8]) -> Check {
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    validator.validate_all(module).map(drop).map_err(|error| format!("invalid: {error}"))
}

/// Writes a module where it can be looked at.
fn save(name: &str, module: &[u8]) -> Result<PathBuf, String> {
    let folder = inputs::out().join("mir");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let file = folder.join(format!("{name}.wasm"));
    fs::write(&file, module).map_err(|error| error.to_string())?;
    Ok(file)
}

/// Adds what clang makes of `source`.
fn add_c(session: &Session, name: &str, source: &str) -> Check {
    let (name, flags) = name.split_once(' ').unwrap_or((name, ""));
    let flags = flags.split_whitespace().map(str::to_string).collect();
    let input = Input { name: name.to_string(), flags, body: source.as_bytes().to_vec() };
    session.add_bytes(name.replace(".c", ".o"), inputs::built(&input)?);
    Ok(())
}

/// Adds an archive of objects that clang makes.
fn add_archive(session: &Session, test: &str, sources: Vec<(&str, &str)>) -> Check {
    let members: Vec<_> = sources.iter().map(|(name, _)| name.replace(".c", ".o")).collect();
    let archive = format!("lib.a {}", members.join(" "));
    let mut all: Vec<(&str, Vec<u8>)> = sources.iter().map(|&(name, text)| (name, text.as_bytes().to_vec())).collect();
    all.push((&archive, Vec::new()));
    let case = Case::made("mir", "", "", all);
    let folder = inputs::out().join("mir").join(test);
    inputs::make(&case, &folder)?;
    session.add_input(folder.join("lib.a").to_string_lossy());
    Ok(())
}

/// Declares and defines an exported function.
fn function(
    module: &Module,
    name: &str,
    (parameters, results): (&[u8], &[u8]),
    build: impl FnOnce(&mut FunctionBuilder<'_>),
) -> Func {
    linked_function(module, name, Linkage::Export, (parameters, results), build)
}

fn linked_function(
    module: &Module,
    name: &str,
    linkage: Linkage,
    (parameters, results): (&[u8], &[u8]),
    build: impl FnOnce(&mut FunctionBuilder<'_>),
) -> Func {
    let ty = module.func_type(parameters, results);
    let func = module.declare_func(name, ty, linkage, None);
    module.worker().func(func, build).unwrap_or_else(|error| panic!("{name}: {error}"));
    func
}

/// A session with one module.
fn one(options: Options) -> (Session, Arc<Module>) {
    let session = Session::new(options);
    let module = session.module("unit");
    (session, module)
}

fn count(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).filter(|window| *window == needle).count()
}

fn check(holds: bool, problem: impl Into<String>) -> Check {
    if holds { Ok(()) } else { Err(problem.into()) }
}

fn same(found: &str, expected: &str) -> Check {
    check(found == expected, format!("found:\n{found}\nexpected:\n{expected}"))
}
