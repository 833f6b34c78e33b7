//! A small compiler, as an example of what Wold offers to compilers: source text in, a WASI program out, without an
//! object file, an assembler or another process in between.
//!
//! The language has 32-bit integers, functions, function pointers, arrays on the heap, constant data, strings,
//! enumerations that know the names of their values, and the functions of the C library:
//!
//! ```text
//! extern puts(text);                         # a C function of integers and pointers
//! data primes = [2, 3, 5, "text", &square];  # words: numbers, addresses of strings, of data and of functions
//! enum Color { Red, Green = 5, Blue }
//! fn square(x) { return x * x; }
//! fn main() {
//!   let a = array(10);                       # 10 words from malloc
//!   let i = 0;
//!   while i < 10 { a[i] = square(i); i = i + 1; }
//!   let f = primes[4];
//!   print "f(7) = ", f(7), ", a color: ", Color(5), "\n";
//!   puts(primes[3]);
//!   return 0;
//! }
//! ```
//!
//! How it uses the linker:
//!
//! | language | linker |
//! |---|---|
//! | a source file | a [`Module`](wold::mir::Module) of the [`Session`] |
//! | a function | [`declare_func`](wold::mir::Module::declare_func), with its place in the file as ordinal; then [`Worker::func`](wold::mir::Worker::func) from whatever thread compiles it |
//! | a call of another file's, or of C's, function | [`import_func`](wold::mir::Module::import_func), when it is met first |
//! | a string | [`unnamed`](wold::mir::FunctionBuilder::unnamed): equal ones of the program become one |
//! | `data` | [`declare_data`](wold::mir::Module::declare_data), with a [`Fixup`](wold::mir::Fixup) for each address |
//! | `f(7)` where `f` is a variable | `call_indirect` through [`indirect_table`](wold::mir::Module::indirect_table) |
//! | `Color(x)` | [`tag_name_func`](wold::mir::Module::tag_name_func), which stores into the caller's stack frame |
//! | editing functions | a [`replacing_worker`](wold::mir::Module::replacing_worker), then [`Session::flush`] again |
//!
//! Threads share nothing but declarations: each has a worker for every file, takes the next function that nobody has
//! taken, and hands its buffers over at the end. Who compiled what has no influence on the program.

mod codegen;
mod lexer;
mod parser;
mod syntax;
mod unit;

use codegen::Compiler;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use syntax::{Function, Source};
use unit::Program;
use wold::Session;
use wold::mir::Worker;
use wold::options::Options;

/// What every program can use: it is a source file like any other.
const PRELUDE: &str = include_str!("prelude.toy");

/// A program that has been compiled, and can be edited.
pub struct Compiled {
    session: Session,
    program: Program,
}

impl Compiled {
    /// Compiles `files` (names and texts) on `threads` threads. `options` are the linker's.
    ///
    /// # Errors
    /// The first mistake in the order of the files: file, line, what is wrong.
    pub fn new(options: Options, files: &[(&str, &str)], threads: usize) -> Result<Self, String> {
        let mut files = files.to_vec();
        files.push(("prelude", PRELUDE));
        let parsed = in_parallel(threads, files.len(), |index| {
            let (name, text) = files[index];
            parser::parse(text).map_err(|error| format!("{name}: {error}"))
        });
        let sources = parsed.into_iter().collect::<Result<Vec<_>, _>>()?;
        let session = Session::new(options);
        let program = Program::declare(&session, &files, &sources)?;
        program.define_data(&sources)?;
        compile(&program, &sources, threads)?;
        Ok(Self { session, program })
    }
    /// What else is to be linked is added here; [`Session::flush`] links.
    pub fn session(&self) -> &Session {
        &self.session
    }
    /// Compiles the functions in `text` anew; they are functions of `file`.
    ///
    /// # Errors
    /// What is wrong with them; the program is as it was.
    pub fn edit(&self, file: &str, text: &str) -> Result<(), String> {
        let source = parser::parse(text).map_err(|error| format!("{file}: {error}"))?;
        let unit =
            self.program.units.iter().find(|unit| unit.name == file).ok_or(format!("there is no file {file}"))?;
        for function in &source.functions {
            // One worker for each function: what went before a mistake is not taken back.
            let mut worker = unit.module.replacing_worker();
            Compiler::new(&self.program, unit).function(function, &mut worker)?;
        }
        Ok(())
    }
}

/// Compiles all functions. They are taken one by one, so that all threads are busy until the end.
fn compile(program: &Program, sources: &[Source], threads: usize) -> Result<(), String> {
    let all: Vec<(usize, &Function)> =
        sources.iter().enumerate().flat_map(|(unit, source)| source.functions.iter().map(move |f| (unit, f))).collect();
    let next = AtomicUsize::new(0);
    let errors = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut workers: Vec<Worker> = program.units.iter().map(|unit| unit.module.worker()).collect();
                while let Some(&(unit, function)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let compiler = Compiler::new(program, &program.units[unit]);
                    if let Err(error) = compiler.function(function, &mut workers[unit]) {
                        errors.lock().expect("no thread panics").push(((unit, function.line), error));
                    }
                }
            });
        }
    });
    let errors = errors.into_inner().expect("no thread panics");
    errors.into_iter().min().map_or(Ok(()), |(_, error)| Err(error))
}

/// What `make` gives for 0, 1, ... `count - 1`, in that order.
fn in_parallel<T: Send>(threads: usize, count: usize, make: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let made = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        break;
                    }
                    let item = make(index);
                    made.lock().expect("no thread panics").push((index, item));
                }
            });
        }
    });
    let mut made = made.into_inner().expect("no thread panics");
    made.sort_unstable_by_key(|&(index, _)| index);
    made.into_iter().map(|(_, item)| item).collect()
}
