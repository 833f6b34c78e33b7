//! Links with archives whose tables tell the truth, and not.

use crate::diagnostic::Diagnostics;
use crate::input::{Files, archive};
use crate::options::{Options, Positional};
use crate::pipeline;

/// The import of a memory.
const MEMORY: &[u8] = &[1, b'e', 1, b'm', 2, 0, 0];

/// An object that defines the functions `defined` and refers to `referred`, in this order.
fn object(defined: &[&str], referred: &[&str]) -> Vec<u8> {
    let sized = |bytes: Vec<u8>| [vec![bytes.len() as u8], bytes].concat();
    let text = |text: &str| sized(text.as_bytes().to_vec());
    let section = |id: u8, bytes: Vec<u8>| [vec![id], sized(bytes)].concat();
    let list = |items: Vec<Vec<u8>>| [vec![items.len() as u8], items.concat()].concat();
    let functions = referred.iter().map(|name| [text("env"), text(name), vec![0, 0]].concat());
    let imports = std::iter::once(MEMORY.to_vec()).chain(functions).collect();
    let first = referred.len() as u8;
    let definitions = defined.iter().zip(first..).map(|(name, i)| [vec![0, 4, i], text(name)].concat());
    let references = (0..first).map(|i| vec![0, 0x10, i]);
    let symbols = list(definitions.chain(references).collect());
    let linking = [text("linking"), vec![2, 8], sized(symbols)].concat();
    // Every function calls all that is referred to.
    let calls: Vec<u8> = (0..first).flat_map(|i| [0x10, 0x80 | i, 0x80, 0x80, 0x80, 0]).collect();
    let body = sized([vec![0], calls, vec![0xb]].concat());
    let relocations = |function: usize| {
        let start = 1 + function * body.len() + 2;
        (0..referred.len()).map(move |i| vec![0, (start + 6 * i + 1) as u8, (defined.len() + i) as u8])
    };
    let relocations: Vec<Vec<u8>> = (0..defined.len()).flat_map(relocations).collect();
    let reloc = [text("reloc.CODE"), vec![3], list(relocations)].concat();
    let sections = [
        section(1, vec![1, 0x60, 0, 0]),
        section(2, list(imports)),
        section(3, list(vec![vec![0]; defined.len()])),
        section(10, list(vec![body.clone(); defined.len()])),
        section(0, linking),
        section(0, reloc),
    ];
    [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat()
}

/// What is damaged behind its first bytes.
fn damaged() -> Vec<u8> {
    [b"\0asm\x01\0\0\0\x02", &[MEMORY.len() as u8 + 1, 1][..], MEMORY, b"\x01\x7f"].concat()
}

/// An archive with a table that says of each member what it defines.
fn library(members: &[(&[&str], Vec<u8>)]) -> Vec<u8> {
    let header =
        |name: &str, len: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{len:<10}`\n", 0, 0, 0, 644).into_bytes();
    let padded = |mut bytes: Vec<u8>| {
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        bytes
    };
    let names: Vec<u8> =
        members.iter().flat_map(|(names, _)| names.iter()).flat_map(|name| [name.as_bytes(), b"\0"].concat()).collect();
    let count: usize = members.iter().map(|(names, _)| names.len()).sum();
    let mut at = archive::MAGIC.len() + 60 + padded(vec![0; 4 + 4 * count + names.len()]).len();
    let mut table = (count as u32).to_be_bytes().to_vec();
    let mut bodies = Vec::new();
    for (i, (names, body)) in members.iter().enumerate() {
        names.iter().for_each(|_| table.extend((at as u32).to_be_bytes()));
        let member = padded([header(&format!("{i}.o/"), body.len()), body.clone()].concat());
        at += member.len();
        bodies.extend(member);
    }
    table.extend(names);
    [archive::MAGIC.to_vec(), padded([header("/", table.len()), table].concat()), bodies].concat()
}

/// Links `main` with libraries; the module or the messages.
fn link(main: &[&str], libraries: &[Vec<u8>]) -> Result<Vec<u8>, Vec<String>> {
    let mut files = Files::new();
    files.insert("main.o", object(&["_start"], main));
    let mut inputs = vec![Positional::File("main.o".into())];
    for (i, library) in libraries.iter().enumerate() {
        files.insert(format!("{i}.a"), library.clone());
        inputs.push(Positional::File(format!("{i}.a")));
    }
    let options = Options { inputs, entry: Some("_start".into()), ..Options::default() };
    let mut diagnostics = Diagnostics::new(false);
    let module = pipeline::link(&options, &files, &mut diagnostics);
    module.map_err(|_| diagnostics.list().iter().map(ToString::to_string).collect())
}

/// The same libraries without tables.
fn without_tables(libraries: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let blank = |library: &Vec<u8>| {
        let mut library = library.clone();
        let count = archive::MAGIC.len() + 60;
        library[count..count + 4].fill(0);
        library
    };
    libraries.iter().map(blank).collect()
}

#[test]
fn what_nothing_needs_is_not_read() {
    let libraries = [library(&[(&["a"], object(&["a"], &[])), (&["unused"], damaged())])];
    assert!(link(&["a"], &libraries).is_ok());
    assert!(link(&["a"], &without_tables(&libraries)).is_err());
    assert!(link(&["a", "unused"], &libraries).is_err());
}

#[test]
fn what_is_needed_is_found_through_chains_of_archives() {
    let libraries = [
        library(&[(&["a"], object(&["a"], &["b"])), (&["c", "c2"], object(&["c", "c2"], &["d"]))]),
        library(&[(&["d"], object(&["d"], &["a"])), (&["b"], object(&["b"], &["c"])), (&["e"], object(&["e"], &[]))]),
    ];
    let module = link(&["a"], &libraries);
    assert!(module.is_ok(), "{module:?}");
    assert_eq!(module, link(&["a"], &without_tables(&libraries)));
}

#[test]
fn the_first_of_many_definitions_is_linked() {
    let libraries = [
        library(&[(&["a"], object(&["a"], &["b"])), (&["a"], damaged())]),
        library(&[(&["b"], object(&["b"], &[])), (&["a", "b"], damaged())]),
    ];
    assert!(link(&["a"], &libraries).is_ok());
}

#[test]
fn a_table_that_is_wrong_is_not_believed() {
    // A name too few, in a member that is read and in one that is not; a name too many; a name of another member.
    for libraries in [
        [library(&[(&["a"], object(&["a", "b"], &[])), (&["c"], object(&["c"], &[]))])],
        [library(&[(&["a"], object(&["a"], &[])), (&["b"], object(&["b", "c"], &[]))])],
        [library(&[
            (&["a"], object(&["a"], &[])),
            (&["b", "c"], object(&["b"], &["d"])),
            (&["d"], object(&["c", "d"], &[])),
        ])],
        [library(&[(&["b"], object(&["a"], &[])), (&["a"], object(&["b"], &["c"])), (&["x"], object(&["c"], &[]))])],
    ] {
        for names in [&["a"][..], &["b"], &["a", "b", "c"], &["c"]] {
            let module = link(names, &libraries);
            assert!(module.is_ok(), "{names:?}: {module:?}");
            assert_eq!(module, link(names, &without_tables(&libraries)), "{names:?}");
        }
    }
}

#[test]
fn messages_are_those_of_a_link_that_reads_everything() {
    let libraries = [library(&[(&["a"], object(&["a"], &["missing"])), (&["b"], object(&["b"], &[]))])];
    let module = link(&["a"], &libraries);
    assert!(module.is_err());
    assert_eq!(module, link(&["a"], &without_tables(&libraries)));
}
