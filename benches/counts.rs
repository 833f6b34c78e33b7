//! `counts @link.rsp [OPTIONS]`, or `WOLD_CORPUS=DIR cargo bench --bench counts [-- PROGRAM...]`: how much there is to do
//! in a link: files, objects, symbols, relocations, strings and the bytes of each, of all members and of those that are
//! linked. What a pass can cost at least follows from them: `benches/README.md`.

mod common;

use common::each_program;
use std::collections::HashSet;
use wold::diagnostic::Diagnostics;
use wold::input::{self, Disk};
use wold::object::{Contents, Object, Section, SymbolKind, header, linking};
use wold::options::{Options, parse};
use wold::pipeline::link;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if words.iter().any(|word| word.starts_with('@')) {
        return count("link", parse::parse("counts", words, &|path| std::fs::read(path)).options);
    }
    each_program(count)
}

/// What is counted in members.
#[derive(Default)]
struct Counts {
    rows: Vec<(&'static str, u64)>,
}

impl Counts {
    fn add(&mut self, what: &'static str, number: usize) {
        match self.rows.iter_mut().find(|(known, _)| *known == what) {
            Some((_, sum)) => *sum += number as u64,
            None => self.rows.push((what, number as u64)),
        }
    }
    fn of(&self, what: &str) -> u64 {
        self.rows.iter().find(|(known, _)| *known == what).map_or(0, |&(_, number)| number)
    }
}

/// Links a program to see which members take part, then counts.
fn count(name: &str, options: Options) -> Result<(), String> {
    let options = Options { trace: true, ..options };
    let mut diagnostics = Diagnostics::new(false);
    let problem = |diagnostics: &Diagnostics| format!("{:?}", diagnostics.list());
    let module = link(&options, &Disk, &mut diagnostics).map_err(|_| problem(&diagnostics))?;
    let linked: HashSet<&str> = diagnostics.output().iter().map(String::as_str).collect();

    let mut messages = Diagnostics::new(false);
    let inputs = input::load_files(&options, &Disk, &mut messages).map_err(|_| problem(&messages))?;
    let (mut all, mut taken) = (Counts::default(), Counts::default());
    for (index, member) in inputs.members.iter_enumerated() {
        if member.kind == input::MemberKind::Wasm {
            let object = Object::parse(&member.name, inputs.bytes(index)).map_err(|error| error.text(false))?;
            let is_linked = linked.contains(member.name.as_str());
            let contents =
                if is_linked { Some(Contents::parse(&object).map_err(|error| error.text(false))?) } else { None };
            for (counts, wanted) in [(&mut all, true), (&mut taken, is_linked)] {
                if wanted {
                    add_header(counts, &object, inputs.bytes(index).len());
                }
            }
            if let Some(contents) = contents {
                add_contents(&mut taken, &object, &contents);
            }
        }
    }
    println!("{name}: {} files, {} bytes of output\n", inputs.paths().len(), module.len());
    println!("| what | all members | linked members |\n|---|---:|---:|");
    for &(what, number) in &taken.rows {
        match all.of(what) {
            0 => println!("| {what} | | {number} |"),
            before => println!("| {what} | {before} | {number} |"),
        }
    }
    println!();
    Ok(())
}

/// What sections are for.
const GROUPS: [&str; 7] = [
    "types, imports, index spaces, bytes",
    "symbol tables, bytes",
    "code, bytes",
    "data, bytes",
    "debug information, bytes",
    "other custom sections, bytes",
    "relocations, bytes",
];

fn group_of(section: &Section) -> &'static str {
    let [index_spaces, symbols, code, data, debug, custom, relocations] = GROUPS;
    match (section.id, section.name) {
        (header::id::CODE, _) => code,
        (header::id::DATA, _) => data,
        (header::id::CUSTOM, "linking") => symbols,
        (header::id::CUSTOM, name) if name.starts_with("reloc.") => relocations,
        (header::id::CUSTOM, name) if name.starts_with(".debug") => debug,
        (header::id::CUSTOM, _) => custom,
        _ => index_spaces,
    }
}

/// What the first half of parsing sees.
fn add_header(counts: &mut Counts, object: &Object, size: usize) {
    counts.add("objects", 1);
    counts.add("bytes", size);
    for group in GROUPS {
        let sections = object.sections.iter().filter(|section| group_of(section) == group);
        counts.add(group, sections.map(|section| section.bytes.len()).sum());
    }
    let global = object.symbols.iter().filter(|symbol| !symbol.flags.is_local() && symbol.kind != SymbolKind::Section);
    counts.add("symbols", object.symbols.len());
    counts.add("names to look up", global.clone().count());
    counts.add("bytes of these", global.map(|symbol| object.text_bytes(symbol.name).len()).sum());
    counts.add("functions", object.functions.len());
    counts.add("segments", object.segment_info.len());
    counts.add("comdats", object.comdats.len());
}

/// What the second half sees.
fn add_contents(counts: &mut Counts, object: &Object, contents: &Contents) {
    let of_code: usize = contents.bodies.iter().map(|body| contents.body_relocations(&body).count()).sum();
    counts.add("relocations in code", of_code);
    let of_data: usize = contents.segments.iter().map(|segment| contents.segment_relocations(&segment).count()).sum();
    counts.add("relocations in data", of_data);
    let of_customs: usize = contents.customs.iter().map(|custom| custom.relocations.count()).sum();
    counts.add("relocations in debug information", of_customs);
    let strings = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == 0).count();
    let has_strings = |&(index, _): &(usize, _)| object.info_of_segment(index).flags & linking::SEGMENT_STRINGS != 0;
    for (_, segment) in contents.segments.iter().enumerate().filter(has_strings) {
        counts.add("mergeable strings in data", strings(segment.data));
        counts.add("their bytes", segment.data.len());
    }
    for custom in contents.customs.iter().filter(|custom| custom.name == ".debug_str") {
        counts.add("strings in .debug_str", strings(custom.data));
        counts.add("bytes of .debug_str", custom.data.len());
    }
    counts.add("init functions", object.init_functions.len());
}
