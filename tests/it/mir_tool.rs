//! Objects to MIR and back: with compiled code of every kind, with damaged files, and through the program `wold-mir`.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::{Failed, Trial};
use rayon::prelude::*;
use wold::leb;
use wold::mir::file::SECTION;
use wold::mir::round_trip::round_trip;
use wold::mir::{dump, lift, lower_object};
use xxhash_rust::xxh3::Xxh3;

use crate::cases::Input;
use crate::inputs;
use crate::robust::damages;

/// Code that needs most kinds of relocations, as name, options and text.
const SOURCES: &[(&str, &str, &str)] = &[
    ("plain.c", "-O2", PLAIN),
    ("plain.c", "-O0 -g", PLAIN),
    ("plain.c", "-O2 -fPIC", PLAIN),
    ("plain.c", "-O2 -fPIC wasm64", PLAIN),
    ("plain.c", "-O2 -mmultivalue -Xclang -target-abi -Xclang experimental-mv", PLAIN),
    ("tail.c", "-mtail-call -O2", TAIL),
    ("vector.c", "-O2 -msimd128", VECTOR),
    ("threads.c", "-O2 -matomics -mbulk-memory", THREADS),
    ("threads.c", "-O2 -matomics -mbulk-memory -fPIC wasm64", THREADS),
    ("tables.c", "-O2 -mreference-types", TABLES),
    ("throw.cpp", "-O1 -fwasm-exceptions -mllvm -wasm-use-legacy-eh=true", THROW),
    ("throw.cpp", "-O1 -fwasm-exceptions -mllvm -wasm-use-legacy-eh=false", THROW),
];

const PLAIN: &str = "
extern int ext; int def = 4; static int stat[10]; extern int far(int);
static int own(int x) { return x + stat[2]; }
int near(int x) { return x * def; }
typedef int (*fp)(int);
fp get(int i) { return i == 0 ? far : i == 1 ? own : near; }
int *place(int i) { return i == 0 ? &ext : i == 1 ? &stat[3] : &def; }
int call(fp f, int x) {
  switch (x) {
  case 1: return f(3);
  case 2: return far(9);
  case 3: return near(x) + 3;
  case 4: return ext;
  case 5: return stat[x];
  case 9: return 12345678;
  }
  return f(x);
}
double real(double x) { return x * 3.5 + (float)x * 1.25f; }
long long wide(long long x) { return x * 123456789012345LL ^ (long long)0x8000000000000000ULL; }
typedef struct { int a, b; } pair;
pair both(int x) { pair s = {x, def}; return s; }
";

const TAIL: &str = "
typedef int (*fp)(int);
extern int q(int); fp gp;
int a(int x) { __attribute__((musttail)) return q(x + 1); }
int b(int x) { __attribute__((musttail)) return gp(x); }
";

const VECTOR: &str = "
typedef float v4 __attribute__((vector_size(16)));
typedef unsigned char b16 __attribute__((vector_size(16)));
v4 table[4]; extern v4 far[];
v4 sum(v4 a, int i) { far[1] = table[i]; return a + table[i] * 2.5f; }
b16 mix(b16 a, b16 b) { return __builtin_shufflevector(a, b, 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31); }
";

const THREADS: &str = "
static int c; extern int e; _Thread_local int tv = 4; extern _Thread_local int te;
int f(int x) {
  __atomic_fetch_add(&c, x, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&c, 1);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return __atomic_load_n(&e, __ATOMIC_SEQ_CST) + tv + te;
}
void copy(char *a, char *b, unsigned long n) { __builtin_memcpy(a, b, n); __builtin_memset(a, 0, n); }
";

const TABLES: &str = "
typedef __externref_t er;
extern void ext(er); static er table[0];
void move(int i, er x) { __builtin_wasm_table_set(table, i, x); ext(__builtin_wasm_table_get(table, i)); }
int grow(er x) { return __builtin_wasm_table_grow(table, x, __builtin_wasm_table_size(table)); }
void fill(er x) { __builtin_wasm_table_fill(table, 0, x, 3); __builtin_wasm_table_copy(table, table, 0, 1, 2); }
";

const THROW: &str = "
struct E { int v; ~E(); };
int g(int);
extern \"C\" int f(int x) {
  try { if (g(x)) throw E{x}; } catch (E &e) { return e.v; } catch (...) { return 7; }
  return g(x + 1);
}
";

/// Every test of this module.
pub fn trials() -> Vec<Trial> {
    let tools = inputs::tools();
    let skip = tools.clang.is_none() || tools.clangxx.is_none();
    let trial = |name: &str, test: fn() -> Result<(), String>| {
        Trial::test(format!("mir/{name}"), move || test().map_err(Failed::from)).with_ignored_flag(skip)
    };
    vec![
        trial("round-trip", every_source),
        trial("damaged", every_damage),
        trial("damaged-links", every_damaged_link),
        trial("tool", the_program),
    ]
}

fn built(&(name, options, text): &(&str, &str, &str)) -> Result<Vec<u8>, String> {
    let flags = options.split_whitespace().map(str::to_owned).collect();
    inputs::built(&Input { name: name.into(), flags, body: text.as_bytes().to_vec() })
}

fn every_source() -> Result<(), String> {
    for source in SOURCES {
        let (name, options, _) = source;
        let trip = round_trip(name, &built(source)?).map_err(|error| format!("{name} {options}: {error}"))?;
        if !trip.differences.is_empty() || (!options.contains("-g") && !trip.is_same_file) {
            return Err(format!("{name} {options}: not the same: {:?}", trip.differences));
        }
        if trip.counts.raw > 0 || trip.counts.exceptions > 0 || trip.counts.relocations == 0 {
            return Err(format!("{name} {options}: not all of it is MIR: {:?}", trip.counts));
        }
    }
    Ok(())
}

/// Damaged files of MIR are refused or lowered, with their checksum as it was and with one that fits.
/// How many damaged objects are linked.
const DAMAGED_LINKS: u64 = 10_000;

/// A generator of numbers: splitmix64.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ mixed >> 31) as usize >> 1
}

/// Cuts `bytes` off, or changes one to four of them.
fn damage_at_random(bytes: &[u8], state: &mut u64) -> Vec<u8> {
    let mut out = bytes.to_vec();
    if random(state).is_multiple_of(4) {
        out.truncate(random(state) % bytes.len());
        return out;
    }
    while out == bytes {
        for _ in 0..=random(state) % 4 {
            let at = random(state) % out.len();
            out[at] ^= (1 + random(state) % 255) as u8;
        }
    }
    out
}

/// Each damaged object is refused, with the reason, and none makes the linker panic.
fn every_damaged_link() -> Result<(), String> {
    let sources: Result<Vec<Vec<u8>>, String> = SOURCES[..4]
        .iter()
        .chain(&SOURCES[SOURCES.len() - 1..])
        .map(|source| Ok(lift("a.o", &built(source)?).map_err(|error| error.to_string())?.bytes))
        .collect();
    let sources = sources?;
    (0..DAMAGED_LINKS).into_par_iter().try_for_each(|seed| {
        let mut state = seed;
        let bytes = damage_at_random(&sources[seed as usize % sources.len()], &mut state);
        let link = || {
            let mut linker = wold::Linker::new();
            linker.options.entry = None;
            linker.options.is_64 = (seed as usize % sources.len() == 3).then_some(true);
            linker.options.import_undefined = true;
            linker.input("a.wmir", bytes).link()
        };
        match catch_unwind(AssertUnwindSafe(link)) {
            Err(_) => Err(format!("seed {seed}: panics")),
            Ok(Ok(_)) => Err(format!("seed {seed}: is linked")),
            Ok(Err(errors)) if errors.iter().all(|error| error.to_string().trim().is_empty()) => {
                Err(format!("seed {seed}: no reason"))
            }
            Ok(Err(_)) => Ok(()),
        }
    })
}

fn every_damage() -> Result<(), String> {
    for source in &SOURCES[SOURCES.len() - 4..] {
        let lifted = lift("a.o", &built(source)?).map_err(|error| error.to_string())?.bytes;
        if sealed(lifted.clone()) != lifted {
            return Err("the test's own checksum is wrong".into());
        }
        let all: Vec<_> = damages(&lifted).collect();
        all.into_par_iter().try_for_each(|damage| {
            for bytes in [damage.apply(&lifted), sealed(damage.apply(&lifted))] {
                let work = || (lower_object("a.wmir", &bytes).is_ok(), dump::dump("a.wmir", &bytes).is_ok());
                catch_unwind(AssertUnwindSafe(work)).map_err(|_| format!("panics: {source:?}, {damage:?}"))?;
            }
            Ok::<_, String>(())
        })?;
    }
    Ok(())
}

/// Gives an object with MIR the checksum that fits it, as far as its sections can be found.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut hash = Xxh3::new();
    let mut add = |id: u8, part: &[u8]| {
        hash.update(&[id]);
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    let mut at = 8;
    let payload = loop {
        let Some(&id) = bytes.get(at) else { return bytes };
        at += 1;
        let Ok(size) = leb::read_u32(&bytes, &mut at) else { return bytes };
        let end = at + size as usize;
        let name_size = if id == 0 { leb::read_u32(&bytes, &mut at).unwrap_or(0) as usize } else { 0 };
        let (Some(name), Some(rest)) = (bytes.get(at..at + name_size), bytes.get(at + name_size..end)) else {
            return bytes;
        };
        if name == SECTION.as_bytes() {
            break at + name_size..end;
        }
        add(id, name);
        add(id, rest);
        at = end;
    };
    let payload = &mut bytes[payload];
    if payload.len() >= 16 {
        hash.update(&payload[..8]);
        hash.update(&payload[16..]);
        payload[8..16].copy_from_slice(&hash.digest().to_le_bytes());
    }
    bytes
}

fn the_program() -> Result<(), String> {
    let folder = inputs::out().join("mir-tool");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let objects = [("a.o", built(&SOURCES[0])?), ("b.o", built(&SOURCES[7])?)];
    for (name, bytes) in &objects {
        fs::write(folder.join(name), bytes).map_err(|error| error.to_string())?;
    }
    let program = Program { folder };
    program.expect("--help", 0, "Usage: wold-mir")?;
    program.expect("lift a.o b.o -o lifted/", 0, "")?;
    program.expect("lower lifted/a.wmir lifted/b.wmir -o lowered/", 0, "")?;
    for (name, bytes) in &objects {
        let back = fs::read(program.folder.join("lowered").join(name)).map_err(|error| error.to_string())?;
        if back != *bytes {
            return Err(format!("{name} does not come back"));
        }
    }
    program.expect("check --round-trip a.o lifted/b.wmir", 0, "2 of 2 round trips give the same")?;
    program.expect("dump a.o", 0, "call far")?;
    program.expect("dump lifted/a.wmir", 0, "nav_ref_off stat+12")?;
    program.expect("", 2, "expected a command")?;
    program.expect("lift a.o", 2, "expected -o")?;
    program.expect("lift a.o b.o -o one", 2, "expected a folder behind -o")?;
    program.expect("lift ./a.o a.o -o lifted/", 2, "two files would become lifted/a.wmir")?;
    program.expect("lower a.o -o c.o", 1, "a.o: has no MIR")?;
    program.expect("lift lifted/a.wmir missing.o -o lifted2/", 1, "its functions are MIR already")?;
    match program.folder.join("c.o").exists() {
        false => Ok(()),
        true => Err("an output is left behind".into()),
    }
}

/// `wold-mir` in a folder.
struct Program {
    folder: PathBuf,
}

impl Program {
    /// Runs it; the exit code must be `code`, and what it prints contain `text`.
    fn expect(&self, words: &str, code: i32, text: &str) -> Result<(), String> {
        let program = Path::new(env!("CARGO_BIN_EXE_wold-mir"));
        let output = Command::new(program).current_dir(&self.folder).args(words.split_whitespace()).output();
        let Output { status, stdout, stderr } = output.map_err(|error| error.to_string())?;
        let printed = [stdout, stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        match status.code() == Some(code) && printed.contains(text) {
            true => Ok(()),
            false => Err(format!("wold-mir {words}: expected {code} and `{text}`, found {status}:\n{printed}")),
        }
    }
}
