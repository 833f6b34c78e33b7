//! Runs a module in node and says what expressions over its exports give.

use std::path::Path;
use std::process::Command;

use crate::cases::Case;
use crate::inputs;

/// Arguments: the module, the number of imports, the imports (`env.f = (a) => a + 1`), the expressions.
/// Prints one line per expression.
const SCRIPT: &str = r#"
const [file, hosts, ...rest] = process.argv.slice(1);
const module = new WebAssembly.Module(require('fs').readFileSync(file));
const imports = {};
let e = {}, memory;
for (const { module: m, name, kind } of WebAssembly.Module.imports(module)) {
  imports[m] ??= {};
  if (kind === 'function') imports[m][name] = () => 0;
}
for (const line of rest.slice(0, hosts)) {
  const [, m, name, value] = line.match(/^([^.]*)\.(\S*) = (.*)$/);
  (imports[m] ??= {})[name] = eval(value);
}
e = new WebAssembly.Instance(module, imports).exports;
memory = e.memory ?? imports.env?.memory;
const scope = {
  e, imports,
  u8: (p) => new Uint8Array(memory.buffer)[Number(p)],
  u32: (p) => new DataView(memory.buffer).getUint32(Number(p), true),
  str: (p) => { let s = ''; for (let i = Number(p), b = new Uint8Array(memory.buffer); b[i]; i++) s += String.fromCharCode(b[i]); return s; },
};
const show = (v) => Array.isArray(v) ? '[' + v.map(show).join(', ') + ']' : typeof v === 'bigint' ? v + 'n' : String(v);
for (const expression of rest.slice(hosts)) {
  try {
    console.log(show(new Function('scope', 'e', `with (scope) with (e) { return (${expression}); }`)(scope, e)));
  } catch (error) {
    console.log(error instanceof WebAssembly.RuntimeError ? 'traps' : String(error));
  }
}
"#;

/// Evaluates the `run` directives of `case` over the module in `file`.
///
/// # Errors
/// A text for people: which expression gave what, or what node said.
pub fn run(case: &Case, file: &Path) -> Result<(), String> {
    if inputs::tools().node.is_none() || !case.has("run") {
        return Ok(());
    }
    let hosts: Vec<&str> = case.all("host").map(|host| host.value.as_str()).collect();
    let runs: Vec<(&str, &str)> = case.all("run").map(|run| expectation(&run.value)).collect();
    expect(file, &hosts, &runs)
}

/// Evaluates expressions over the module in `file`, and compares what they give with what is beside them. `hosts` are
/// its imports, as in `env.f = (a) => a + 1`.
///
/// # Errors
/// A text for people: which expression gave what, or what node said.
pub fn expect(file: &Path, hosts: &[&str], runs: &[(&str, &str)]) -> Result<(), String> {
    let node = inputs::tools().node.as_ref().ok_or("node is not installed")?;
    let mut command = Command::new(node);
    command.args(["--experimental-wasm-memory64", "-e", SCRIPT]).arg(file).arg(hosts.len().to_string());
    command.args(hosts).args(runs.iter().map(|run| run.0));
    let output = command.output().map_err(|error| format!("node: {error}"))?;
    if !output.status.success() {
        return Err(format!("node: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut lines = stdout.lines();
    for (expression, expected) in runs {
        let found = lines.next().unwrap_or("(nothing)");
        if found != *expected {
            return Err(format!("run: {expression} gives {found}, expected {expected}"));
        }
    }
    Ok(())
}

/// `f() = 3` is (`f()`, `3`), `f() traps` is (`f()`, `traps`).
fn expectation(text: &str) -> (&str, &str) {
    match text.strip_suffix(" traps") {
        Some(expression) => (expression, "traps"),
        None => text.rsplit_once(" = ").unwrap_or((text, "undefined")),
    }
}
