//! Threads: a module with shared memory and thread-local data, run by two workers of node on one memory.

use std::process::Command;

use libtest_mimic::Trial;

use crate::cases::{self, Case};
use crate::{check, inputs};

/// Each thread counts in its own and in shared data; it starts counting when both are there.
const SOURCE: &str = r#"
_Alignas(32) _Thread_local int counter = 40;
_Thread_local int zero;
static int total = 5;
static int arrived;

int *where(void) { return &counter; }

void work(int times) {
  if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == 2)
    __builtin_wasm_memory_atomic_notify(&arrived, 1);
  else
    __builtin_wasm_memory_atomic_wait32(&arrived, 1, 10000000000ll);
  for (int i = 0; i < times; i++) {
    counter++;
    zero += 2;
    __atomic_fetch_add(&total, 1, __ATOMIC_SEQ_CST);
  }
}

int own(void) { return counter; }
int own_zero(void) { return zero; }
int threads(void) { return __atomic_load_n(&arrived, __ATOMIC_SEQ_CST); }
int sum(void) { return __atomic_load_n(&total, __ATOMIC_SEQ_CST); }
"#;

const ARGUMENTS: &str = "a.o -o out.wasm --no-entry --shared-memory --import-memory --max-memory=1048576 -z \
    stack-size=8192 --export=where --export=work --export=own --export=own_zero --export=threads --export=sum \
    --export=__wasm_init_tls --export=__tls_size --export=__tls_align --export=__heap_base --export=__stack_pointer";

/// Prints what each worker found in its own data, then what the shared data came to. Whoever fills memory has its
/// thread-local data from the start. The main thread makes its instance last: memory must not be filled again.
const SCRIPT: &str = r#"
const { Worker } = require('worker_threads');
const module = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));
const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
const body = `
  const { parentPort, workerData: { module, memory, number } } = require('worker_threads');
  const e = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const first = e.own();
  const block = e.__heap_base.value + number * 8192, align = e.__tls_align.value;
  const tls = Math.ceil(block / align) * align;
  e.__stack_pointer.value = block + 8192;
  e.__wasm_init_tls(tls);
  e.work(100000);
  const place = e.where() - tls;
  const inside = place >= 0 && place < e.__tls_size.value && e.where() % 32 === 0;
  parentPort.postMessage([first, [number, e.own(), e.own_zero(), inside].join(' ')]);
`;
const run = (number) => new Promise((done, failed) => {
  const worker = new Worker(body, { eval: true, workerData: { module, memory, number } });
  worker.on('message', done);
  worker.on('error', failed);
});
Promise.all([run(0), run(1)]).then((found) => {
  const e = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const first = found.map(([first]) => first).sort();
  console.log([...found.map(([, line]) => line), `threads ${e.threads()} sum ${e.sum()} first ${first}`].join('\n'));
});
"#;

const EXPECTED: &str = "0 100040 200000 true\n1 100040 200000 true\nthreads 2 sum 200005 first 0,40\n";

/// The test; skipped where a tool is missing, unless in CI.
pub fn trial() -> Trial {
    inputs::trial("threads/two-workers", missing_tool(), two_workers)
}

fn case() -> Case {
    let source = vec![("a.c -matomics -mbulk-memory -O2", SOURCE.as_bytes().to_vec())];
    Case::made("threads/two-workers", "Threads have their own data and share the rest.", "", source)
}

fn missing_tool() -> Option<&'static str> {
    inputs::missing_tool(&case()).or(inputs::tools().node.is_none().then_some("node"))
}

fn two_workers() -> Result<(), String> {
    let folder = inputs::out().join("threads");
    inputs::make(&case(), &folder)?;
    let mut linker = Command::new(check::linker());
    let linked = output(linker.current_dir(&folder).args(cases::words(ARGUMENTS)))?;
    if !linked.is_empty() {
        return Err(format!("the linker says: {linked}"));
    }
    let node = inputs::tools().node.as_ref().ok_or("node is not installed")?;
    let found = output(Command::new(node).args(["-e", SCRIPT]).arg(folder.join("out.wasm")))?;
    if found != EXPECTED {
        return Err(format!("found:\n{found}expected:\n{EXPECTED}"));
    }
    Ok(())
}

/// Standard output of a program that must succeed.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
