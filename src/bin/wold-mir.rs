//! `wold-mir`: turns objects into objects with MIR and back, shows MIR, checks it. Arguments and messages; the work is
//! done by [`wold::mir`].

use rayon::prelude::*;
use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use wold::diagnostic::{Diagnostic, Kind};
use wold::mir::lift::Counts;
use wold::mir::members::{is_archive, is_object, map, members};
use wold::mir::round_trip::{check_structure, round_trip};
use wold::mir::{dump, lift, lower_object};
use wold::mmap::{FileBytes, os_text};
use wold::output_file::write_file;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HELP: &str = "\
Usage: wold-mir COMMAND [OPTIONS] FILE...

Functions as MIR are instructions whose operands are symbols. An object with MIR (.wmir) is linked by wold alone; its
functions get their final, shortest form once every index and address is known.

Commands:
  lift   FILE... -o OUTPUT   turns objects into objects with MIR
  lower  FILE... -o OUTPUT   turns objects with MIR into objects that any linker takes
  dump   FILE...             shows functions as MIR; of an object without MIR, what it would be lifted to
  check  FILE...             tells whether objects can be lifted, or the MIR in them is sound

A FILE is an object or an archive; of an archive, every object in it is meant. Debug information (.debug_*) is dropped
by lift: it counts bytes of code.

Options:
  -o, --output PATH   where the result goes: a file, or, for several inputs, a folder (with / at its end, or existing).
                      In a folder, objects with MIR end with .wmir, others with .o; archives keep their names
  --round-trip        check: lift and lower each object and compare code, relocations, symbols and data
  --verbose           check: a line for each object
  -h, --help          this text
  -V, --version       the version

Exit code: 0 if all went well, 1 if a file could not be read, lifted, lowered or checked, 2 if the arguments are wrong.
";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Lift,
    Lower,
    Dump,
    Check,
}

/// The command line.
struct Arguments {
    command: Command,
    output: Option<String>,
    round_trip: bool,
    verbose: bool,
    files: Vec<String>,
}

fn main() {
    let code = match parse(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned())) {
        Ok(Some(arguments)) => run(&arguments),
        Ok(None) => 0,
        Err(message) => {
            complain(&message);
            let _ = writeln!(io::stderr(), "Try 'wold-mir --help'.");
            2
        }
    };
    std::process::exit(code);
}

/// Reads the arguments. `None` if they asked for words only, which have been printed.
fn parse(words: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let (mut command, mut output, mut files) = (None, None, Vec::new());
    let (mut round_trip, mut verbose, mut only_files) = (false, false, false);
    let mut words = words.peekable();
    if words.peek().is_none() {
        return Err("expected a command: lift, lower, dump or check".into());
    }
    while let Some(word) = words.next() {
        match word.as_str() {
            _ if only_files => files.push(word),
            "--" => only_files = true,
            "-h" | "--help" => return Ok(say(HELP)),
            "-V" | "--version" => return Ok(say(concat!("wold-mir ", env!("CARGO_PKG_VERSION"), "\n"))),
            "--round-trip" => round_trip = true,
            "--verbose" => verbose = true,
            "-o" | "--output" => output = Some(words.next().ok_or(format!("expected a path behind {word}"))?),
            _ if word.starts_with("--output=") => output = word.split_once('=').map(|(_, path)| path.to_owned()),
            _ if word.starts_with('-') && word.len() > 1 => return Err(format!("unknown option: {word}")),
            _ if command.is_some() => files.push(word),
            "lift" => command = Some(Command::Lift),
            "lower" => command = Some(Command::Lower),
            "dump" => command = Some(Command::Dump),
            "check" => command = Some(Command::Check),
            _ => return Err(format!("unknown command: {word}; expected lift, lower, dump or check")),
        }
    }
    let command = command.ok_or("expected a command: lift, lower, dump or check")?;
    let writes = matches!(command, Command::Lift | Command::Lower);
    match () {
        _ if files.is_empty() => Err("expected a file".into()),
        _ if writes && output.is_none() => Err("expected -o and where the result goes".into()),
        _ if !writes && output.is_some() => Err("-o is for lift and lower".into()),
        _ if (round_trip || verbose) && command != Command::Check => {
            Err("--round-trip and --verbose are for check".into())
        }
        _ => Ok(Some(Arguments { command, output, round_trip, verbose, files })),
    }
}

fn say(text: &str) -> Option<Arguments> {
    print(text);
    None
}

/// Prints to the standard output. A reader that went away is no error.
fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "wold-mir: error: {message}");
}

/// Does what the arguments say; returns the exit code.
fn run(arguments: &Arguments) -> i32 {
    match arguments.command {
        Command::Lift | Command::Lower => match outputs(arguments) {
            Ok(outputs) => convert_all(arguments, &outputs),
            Err((code, message)) => {
                complain(&message);
                code
            }
        },
        Command::Dump => report(each_object(&arguments.files, dump_text), print_all),
        Command::Check => {
            let summary = |checked: Vec<Checked>| summarise(arguments, &checked);
            report(each_object(&arguments.files, |label, bytes| check(arguments, label, bytes)), summary)
        }
    }
}

/// Where the result of each file goes; else an exit code and why.
fn outputs(arguments: &Arguments) -> Result<Vec<PathBuf>, (i32, String)> {
    let output = arguments.output.as_deref().unwrap_or_default();
    let is_folder = output.ends_with('/') || Path::new(output).is_dir();
    if !is_folder {
        return match arguments.files.len() {
            1 => Ok(vec![output.into()]),
            _ => Err((2, format!("expected a folder behind -o for several files, found {output}"))),
        };
    }
    std::fs::create_dir_all(output).map_err(|error| (1, format!("cannot create {output}: {}", os_text(&error))))?;
    let mut taken = HashSet::new();
    let place = |file: &String| {
        let name = Path::new(file).file_name().map(Path::new).unwrap_or(Path::new(file));
        let name = match (arguments.command, name.extension().and_then(|extension| extension.to_str())) {
            (_, Some("a" | "rlib")) => name.to_owned(),
            (Command::Lift, _) => name.with_extension("wmir"),
            _ => name.with_extension("o"),
        };
        let path = Path::new(output).join(name);
        match taken.insert(path.clone()) {
            true => Ok(path),
            false => Err((2, format!("two files would become {}", path.display()))),
        }
    };
    arguments.files.iter().map(place).collect()
}

/// Lifts or lowers all files, each on its own; returns the exit code.
fn convert_all(arguments: &Arguments, outputs: &[PathBuf]) -> i32 {
    let change = |label: &str, bytes: &[u8]| match arguments.command {
        Command::Lift => lift(label, bytes).map(|lifted| lifted.bytes),
        _ => lower_object(label, bytes),
    };
    let convert = |(file, output): (&String, &PathBuf)| {
        let bytes = open(file)?;
        let converted = match is_archive(bytes.as_ref()) {
            true => map(file, bytes.as_ref(), change)?,
            false => change(file, bytes.as_ref())?,
        };
        let failed = |message: String| Diagnostic::error(Kind::Output, message);
        write_file(&output.to_string_lossy(), &converted).map_err(failed)
    };
    report(arguments.files.par_iter().zip(outputs).map(convert).collect(), |_| 0)
}

fn open(file: &str) -> Result<FileBytes, Diagnostic> {
    let failed = |error| Diagnostic::error(Kind::Input, format!("cannot open {file}: {}", os_text(&error)));
    FileBytes::open(Path::new(file)).map_err(failed)
}

/// What `work` gives for each object in `files`, in their order.
fn each_object<T: Send>(
    files: &[String],
    work: impl Fn(&str, &[u8]) -> Result<T, Diagnostic> + Sync,
) -> Vec<Result<T, Diagnostic>> {
    let file = |file: &String| -> Result<Vec<Result<T, Diagnostic>>, Diagnostic> {
        let bytes = open(file)?;
        if !is_archive(bytes.as_ref()) {
            return Ok(vec![work(file, bytes.as_ref())]);
        }
        let all = members(file, bytes.as_ref())?;
        let objects = all.par_iter().filter(|member| is_object(member.bytes));
        Ok(objects.map(|member| work(&member.label, member.bytes)).collect())
    };
    let done: Vec<_> = files.par_iter().map(file).collect();
    done.into_iter().flat_map(|file| file.unwrap_or_else(|error| vec![Err(error)])).collect()
}

/// Prints errors and hands the rest on; returns the exit code.
fn report<T>(results: Vec<Result<T, Diagnostic>>, rest: impl FnOnce(Vec<T>) -> i32) -> i32 {
    let (mut good, mut code) = (Vec::with_capacity(results.len()), 0);
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) => {
                complain(&error.text(true));
                code = 1;
            }
        }
    }
    rest(good).max(code)
}

fn dump_text(label: &str, bytes: &[u8]) -> Result<String, Diagnostic> {
    match has_mir(bytes) {
        true => dump::dump(label, bytes),
        false => dump::dump(label, &lift(label, bytes)?.bytes),
    }
}

/// Whether an object has MIR; what is wrong with it otherwise shows later.
fn has_mir(bytes: &[u8]) -> bool {
    wold::object::Object::parse("", bytes).is_ok_and(|object| object.is_mir)
}

fn print_all(texts: Vec<String>) -> i32 {
    print(&texts.join("\n"));
    0
}

/// What checking an object gave.
struct Checked {
    label: String,
    counts: Counts,
    is_same_file: bool,
    differences: Vec<String>,
}

fn check(arguments: &Arguments, label: &str, bytes: &[u8]) -> Result<Checked, Diagnostic> {
    let label = label.to_owned();
    if arguments.round_trip {
        let trip = round_trip(&label, bytes)?;
        let (counts, is_same_file) = (trip.counts, trip.is_same_file);
        return Ok(Checked { label, counts, is_same_file, differences: trip.differences });
    }
    let object = if has_mir(bytes) { lower_object(&label, bytes)? } else { bytes.to_vec() };
    check_structure(&label, &object)?;
    let counts = lift(&label, &object)?.counts;
    Ok(Checked { label, counts, is_same_file: false, differences: Vec::new() })
}

/// Prints what checking gave; returns the exit code.
fn summarise(arguments: &Arguments, checked: &[Checked]) -> i32 {
    let mut text = String::new();
    let (mut sum, mut same_files, mut different) = (Counts::default(), 0, 0);
    for Checked { label, counts, is_same_file, differences } in checked {
        sum.functions += counts.functions;
        sum.instructions += counts.instructions;
        sum.raw += counts.raw;
        sum.relocations += counts.relocations;
        sum.exceptions += counts.exceptions;
        same_files += usize::from(*is_same_file);
        different += usize::from(!differences.is_empty());
        if arguments.verbose {
            text += &format!("{label}: {}\n", counts_text(counts));
        }
        for difference in differences {
            text += &format!("{label}: not the same: {difference}\n");
        }
    }
    text += &format!("{} objects: {}\n", checked.len(), counts_text(&sum));
    if arguments.round_trip {
        let same = checked.len() - different;
        text += &format!("{same} of {} round trips give the same; {same_files} files byte for byte\n", checked.len());
    }
    print(&text);
    i32::from(different > 0)
}

fn counts_text(counts: &Counts) -> String {
    let Counts { functions, instructions, raw, relocations, exceptions } = counts;
    format!(
        "{functions} functions, {instructions} instructions ({raw} kept as bytes), {relocations} relocations \
         ({exceptions} fields out of the ordinary)"
    )
}
