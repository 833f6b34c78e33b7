//! The example compiler (`tests/toy`): programs that it compiles on several threads, links with the C library, and edits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::{Failed, Trial};
use wold::Session;
use wold::options::Options;

use crate::inputs;
use crate::toy::Compiled;

/// Debian's C library for WASI.
const LIBRARIES: &str = "/usr/lib/wasm32-wasi";
const BUILTINS: &str = "/usr/lib/llvm-22/lib/clang/22/lib/wasi/libclang_rt.builtins-wasm32.a";

const MAIN: &str = r#"
extern puts(text);
extern strlen(text);
extern abs(n);

data primes = [2, 3, 5, -7, "seven", &square, names];

fn square(x) { return x * x; }

fn collatz(n) {
  let steps = 0;
  while n != 1 {
    if n % 2 == 0 { n = n / 2; } else { n = 3 * n + 1; }
    steps = steps + 1;
  }
  return steps;
}

fn main() {
  let a = array(10);
  let i = 0;
  while 1 {
    if i >= 10 { break; }
    a[i] = square(i);
    i = i + 1;
  }
  print "a[9] = ", a[9], ", sum = ", sum(a, 10), "\n";
  let f = primes[5];
  let names = primes[6];
  print "f(7) = ", f(7), ", primes: ", primes[0], " ", abs(primes[3]), " ", strlen(primes[4]), "\n";
  puts(names[1]);
  puts("shared");
  sort(a, 10, &descending);
  print a[0], " ", a[1], " ", a[9], "\n";
  print "colors: ", Color(0), " ", Color(5), " ", Color(6), "\n";
  print "collatz(27) = ", collatz(27), " ", -2147483647 - 1, " ", !0 && !i || 0, "\n";
  return 3;
}
"#;

const LIST: &str = r#"
enum Color { Red, Green = 5, Blue }
data names = ["zero", "one"];
extern puts(text);

fn sum(a, n) {
  let total = 0;
  let i = 0;
  while i < n { total = total + a[i]; i = i + 1; }
  return total;
}
fn descending(a, b) { return a > b; }
fn sort(a, n, before) {
  let i = 1;
  while i < n {
    let j = i;
    while j > 0 && before(a[j], a[j - 1]) {
      let x = a[j];
      a[j] = a[j - 1];
      a[j - 1] = x;
      j = j - 1;
    }
    i = i + 1;
  }
  print "sorted ", Color(5), "\n";
  puts("shared");
  return 0;
}
"#;

const EXPECTED: &str = "a[9] = 81, sum = 285\nf(7) = 49, primes: 2 7 5\none\nshared\nsorted Green\nshared\n81 64 0\n\
    colors: Red Green Blue\ncollatz(27) = 111 -2147483648 0\n";

/// The functions that are edited, and the part of the output that changes with them.
const SQUARE: (&str, &str, &str) = ("main", "fn square(x) { return x * x; }", "fn square(x) { return x * x * x; }");
const EDITED: &str = "a[9] = 729, sum = 2025\nf(7) = 343, primes: 2 7 5\none\nshared\nsorted Green\nshared\n729 512 0\n\
    colors: Red Green Blue\ncollatz(27) = 111 -2147483648 0\n";

/// The tests; skipped where the C library or node is missing, unless in CI.
pub fn trials() -> Vec<Trial> {
    let missing = inputs::tools().node.is_none() || startup().iter().any(|file| !file.is_file());
    let skip = missing && std::env::var_os("CI").is_none();
    let trial = |name: &str, test: fn() -> Result<(), String>| {
        Trial::test(format!("toy/{name}"), move || match missing {
            true => Err(Failed::from("node, wasi-libc or libclang-rt-22-dev-wasm32 is not installed")),
            false => test().map_err(Failed::from),
        })
        .with_ignored_flag(skip)
    };
    let mistakes = Trial::test("toy/mistakes", || mistakes().map_err(Failed::from));
    vec![trial("program", program), trial("edits", edits), trial("names-everything-it-lacks", lacks), mistakes]
}

fn startup() -> [PathBuf; 3] {
    let library = Path::new(LIBRARIES);
    [library.join("crt1-command.o"), library.join("libc.a"), PathBuf::from(BUILTINS)]
}

fn compile(main: &str, list: &str, threads: usize) -> Result<Compiled, String> {
    let options = Options { output: "toy.wasm".into(), ..Options::default() };
    let compiled = Compiled::new(options, &[("main", main), ("list", list)], threads)?;
    add_library(compiled.session());
    Ok(compiled)
}

fn add_library(session: &Session) {
    for file in startup() {
        session.add_input(file.to_string_lossy());
    }
}

fn flush(compiled: &Compiled) -> Result<Vec<u8>, String> {
    let text = |list: Vec<wold::diagnostic::Diagnostic>| -> String {
        list.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
    };
    let linked = compiled.session().flush().map_err(text)?;
    match linked.warnings.is_empty() {
        true => Ok(linked.module),
        false => Err(text(linked.warnings)),
    }
}

/// Runs a module; it must be valid, print `expected` and return 3.
fn expect(name: &str, module: &[u8], expected: &str) -> Result<(), String> {
    wasmparser::validate(module).map_err(|error| format!("{name}: {error}"))?;
    let folder = inputs::out().join("toy");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let file = folder.join(format!("{name}.wasm"));
    fs::write(&file, module).map_err(|error| error.to_string())?;
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/run-wasi.cjs");
    let node = inputs::tools().node.as_ref().ok_or("node is not installed")?;
    let output = Command::new(node).arg(runner).arg(&file).output().map_err(|error| error.to_string())?;
    let found = String::from_utf8_lossy(&output.stdout);
    if found != expected || output.status.code() != Some(3) {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} printed ({}):\n{found}{errors}\nexpected:\n{expected}", output.status));
    }
    Ok(())
}

/// One, two and seven threads give the same bytes, and they do what the source says.
fn program() -> Result<(), String> {
    let first = flush(&compile(MAIN, LIST, 1)?)?;
    expect("program", &first, EXPECTED)?;
    for threads in [2, 7] {
        if flush(&compile(MAIN, LIST, threads)?)? != first {
            return Err(format!("{threads} threads give another module than one"));
        }
    }
    // A string that both files have is there once.
    let count = first.windows(7).filter(|window| window == b"shared\0").count();
    if count == 1 { Ok(()) } else { Err(format!("`shared` is there {count} times")) }
}

/// After each edit the module is that of a compilation from scratch.
fn edits() -> Result<(), String> {
    let (file, before, after) = SQUARE;
    let compiled = compile(MAIN, LIST, 2)?;
    let original = flush(&compiled)?;
    compiled.edit(file, after)?;
    let edited = flush(&compiled)?;
    expect("edited", &edited, EDITED)?;
    if edited != flush(&compile(&MAIN.replace(before, after), LIST, 1)?)? {
        return Err("an edit gives another module than compiling the edited text".into());
    }
    let error = compiled.edit(file, "fn square(x) { return x * y; }").expect_err("there is no y");
    if error != "main: line 1: there is no y" || flush(&compiled)? != edited {
        return Err(format!("a mistake changes the program, or is not told: {error}"));
    }
    compiled.edit(file, before)?;
    if flush(&compiled)? != original {
        return Err("taking an edit back does not give the first module".into());
    }
    Ok(())
}

/// What the linker says about a function that is nowhere.
fn lacks() -> Result<(), String> {
    let compiled = compile(&MAIN.replace("extern abs(n)", "extern absent(n)").replace("abs(", "absent("), LIST, 2)?;
    let error = flush(&compiled).expect_err("nothing defines it");
    match error.contains("main: undefined symbol: absent") {
        true => Ok(()),
        false => Err(error),
    }
}

/// What the compiler says.
fn mistakes() -> Result<(), String> {
    let says = |text: &str| Compiled::new(Options::default(), &[("a", text)], 2).map(drop).unwrap_err();
    let found = [
        says("fn f() {\n return 1 +; }"),
        says("fn f() { break; }\nfn g() {\n return h(); }"),
        says("fn f() {}\nfn f() {}"),
        says("fn f(x) { print Missing(x); }"),
        says("data d = [&f];"),
    ];
    let expected = [
        "a: line 2: expected an expression",
        "a: line 1: break outside of a loop",
        "a: f is defined twice",
        "a: line 1: there is no enum Missing",
        "a: line 1: there is no function f",
    ];
    if found == expected { Ok(()) } else { Err(format!("{found:#?}")) }
}
