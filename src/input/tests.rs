//! Loading, from files in memory.

use super::*;
use crate::options::Positional;
#[cfg(target_os = "linux")]
use std::path::Path;

const OBJECT: &[u8] = b"\0asm\x01\0\0\0";

fn file(path: &str) -> Positional {
    Positional::File(path.into())
}

/// A GNU archive of members with short names.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = archive::MAGIC.to_vec();
    for (name, body) in members {
        let name = format!("{name}/");
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, body.len()).bytes());
        bytes.extend(*body);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    bytes
}

fn disk() -> Files {
    let mut files = Files::new();
    files.insert("a.o", OBJECT.to_vec()).insert("b.o", [OBJECT, b"b"].concat());
    files.insert("d/lib.a", archive(&[("x.o", OBJECT), ("t.txt", b"text"), ("y.o", &[OBJECT, b"y"].concat())]));
    files.insert("d/lib.imports", b"# names\n one \ntwo\n".to_vec());
    files.insert("bit.a", archive(&[("1.bc", b"BC\xc0\xde"), ("2.bc", b"BC\xc0\xde")]));
    files.insert("broken.a", b"!<arch>\nshort".to_vec()).insert("text", b"text".to_vec());
    files.insert("stub.so", b"#STUB\nf\n".to_vec()).insert("bit.o", b"BC\xc0\xde".to_vec());
    files.insert("dynamic.so", b"\0asm\x01\0\0\0\0\x09\x08dylink.0".to_vec());
    files
}

/// The inputs if loading succeeds, and all messages.
fn loaded(inputs: Vec<Positional>) -> (Option<Inputs>, Vec<String>) {
    let mut diagnostics = Diagnostics::new(false);
    let options = Options { inputs, ..Options::default() };
    let inputs = load(&options, &disk(), &mut diagnostics).ok();
    (inputs, diagnostics.list().iter().map(ToString::to_string).collect())
}

fn errors(inputs: Vec<Positional>) -> Vec<String> {
    let (inputs, errors) = loaded(inputs);
    assert!(inputs.is_none());
    errors
}

#[test]
fn members_stand_in_command_line_order() {
    let arguments = vec![file("b.o"), file("d/lib.a"), Positional::StartLib, file("a.o"), file("stub.so")];
    let (inputs, messages) = loaded(arguments);
    let inputs = inputs.unwrap();
    let seen: Vec<_> = inputs.members.iter().map(|m| (m.name.as_str(), m.kind, m.lazy, m.live)).collect();
    let expected = [
        ("b.o", MemberKind::Wasm, false, true),
        ("d/lib.a(x.o)", MemberKind::Wasm, true, false),
        ("d/lib.a(y.o)", MemberKind::Wasm, true, false),
        ("a.o", MemberKind::Wasm, true, true),
        ("stub.so", MemberKind::Stub, false, true),
    ];
    assert_eq!(seen, expected);
    assert_eq!(inputs.bytes(MemberIdx(2)), [OBJECT, b"y"].concat());
    assert_eq!(inputs.members[MemberIdx(2)].archive.map(|file| inputs.path(file)), Some("d/lib.a"));
    assert_eq!(messages, ["d/lib.a: archive member 't.txt' is neither Wasm object file nor LLVM bitcode"]);
    assert_eq!(inputs.allowed_undefined, ["one", "two"]);
}

#[test]
fn a_file_that_is_named_twice_is_opened_once() {
    let (inputs, _) = loaded(vec![file("a.o"), file("d/lib.a"), file("a.o"), file("d/lib.a")]);
    let inputs = inputs.unwrap();
    assert_eq!((inputs.members.len(), inputs.files.len()), (6, 2));
}

#[test]
fn whole_archives_are_linked_whole_and_refuse_other_members() {
    let mut files = disk();
    files.insert("w.a", archive(&[("x.o", OBJECT)]));
    let options = Options { inputs: vec![Positional::WholeArchive(true), file("w.a")], ..Options::default() };
    let inputs = load(&options, &files, &mut Diagnostics::new(false)).unwrap();
    let member = &inputs.members[MemberIdx(0)];
    assert!(!member.lazy && member.live);
    let messages = errors(vec![Positional::WholeArchive(true), file("d/lib.a"), file("none")]);
    assert_eq!(messages, ["The file was not recognized as a valid object file\n>>> d/lib.a(t.txt)"]);
}

#[test]
fn errors_come_in_command_line_order_up_to_a_broken_archive() {
    let library = Positional::Library("q".into());
    let messages = errors(vec![file("none"), library, file("text"), file("broken.a"), file("none")]);
    let broken = "broken.a: failed to parse archive: truncated or malformed archive (remaining size of archive too \
                  small for next archive member header at offset 8)";
    let expected = [
        "cannot open none: No such file or directory",
        "unable to find library -lq",
        "unknown file type: text",
        broken,
    ];
    assert_eq!(messages, expected);
}

#[test]
fn what_cannot_be_linked_yet_is_refused_by_name() {
    assert_eq!(errors(vec![file("bit.o")]), ["not supported yet: LLVM bitcode: bit.o"]);
    let messages = errors(vec![file("bit.a")]);
    assert_eq!(messages, ["not supported yet: LLVM bitcode: bit.a(1.bc)\n>>> one of 2 such members of bit.a"]);
    assert_eq!(errors(vec![file("dynamic.so")]), ["attempted static link of dynamic object dynamic.so"]);
}

#[test]
fn shared_libraries_are_members_behind_bdynamic() {
    let inputs = vec![Positional::StartLib, Positional::Static(false), file("dynamic.so")];
    let (loaded, messages) = loaded(inputs);
    let member = &loaded.unwrap().members[MemberIdx(0)];
    assert_eq!((member.name.as_str(), member.lazy, member.kind), ("dynamic.so", false, MemberKind::Wasm));
    assert!(messages.is_empty());
}

#[test]
fn a_link_needs_input() {
    assert_eq!(errors(vec![]), ["no input files"]);
    assert_eq!(errors(vec![Positional::EndLib]), ["stray --end-lib"]);
}

#[test]
fn the_list_of_allowed_undefined_symbols_is_read_last() {
    let load = |inputs: Vec<Positional>, list: &str| {
        let options = Options { inputs, allow_undefined_file: Some(list.into()), ..Options::default() };
        let mut diagnostics = Diagnostics::new(false);
        let names = super::load(&options, &disk(), &mut diagnostics).map(|inputs| inputs.allowed_undefined);
        names.map_err(|_| diagnostics.list().iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(load(vec![file("a.o")], "d/lib.imports").unwrap(), ["one", "two"]);
    assert_eq!(load(vec![file("a.o")], "no").unwrap_err(), ["cannot open no: No such file or directory"]);
    assert_eq!(load(vec![file("text")], "no").unwrap_err(), ["unknown file type: text"]);
}

#[test]
fn thin_archives_name_files_beside_them() {
    let mut files = disk();
    let header =
        |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes();
    let names = b"sub/x.o/\n/abs.o/\n\n";
    let mut thin = archive::THIN_MAGIC.to_vec();
    thin.extend([&header("//", names.len())[..], names, &header("/0", 8), &header("/9", 999)].concat());
    files.insert("d/thin.a", thin).insert("d/sub/x.o", OBJECT.to_vec());
    let options = Options { inputs: vec![file("d/thin.a")], ..Options::default() };
    let mut diagnostics = Diagnostics::new(false);
    assert!(load(&options, &files, &mut diagnostics).is_err());
    let missing = "d/thin.a: could not get the buffer for a child of the archive: '/abs.o': No such file or directory";
    assert_eq!(diagnostics.list()[0].to_string(), missing);

    files.insert("/abs.o", OBJECT.to_vec());
    let inputs = load(&options, &files, &mut Diagnostics::new(false)).unwrap();
    let names: Vec<_> = inputs.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["d/thin.a(sub/x.o)", "d/thin.a(/abs.o)"]);
    assert_eq!(inputs.bytes(MemberIdx(1)), OBJECT);
}

/// A disk whose files may take `limit` bytes of memory.
#[cfg(target_os = "linux")]
struct Limited(u64);

#[cfg(target_os = "linux")]
impl FileSystem for Limited {
    fn read(&self, path: &Path) -> std::io::Result<FileBytes> {
        Disk.read(path)
    }
    fn exists(&self, path: &Path) -> bool {
        Disk.exists(path)
    }
    fn list(&self, folder: &Path) -> Vec<String> {
        Disk.list(folder)
    }
    fn memory_limit(&self) -> Option<u64> {
        Some(self.0)
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_do_not_fit_the_memory_are_not_read_in_advance() {
    let path = std::env::temp_dir().join(format!("wold-limit-{}", std::process::id()));
    let path = path.to_str().unwrap();
    for (size, limit, spared) in [
        (SMALL_BYTES, SMALL_BYTES, true),
        (SMALL_BYTES, SMALL_BYTES / 2 * 3 - 1, true),
        (SMALL_BYTES, SMALL_BYTES / 2 * 3, false),
        (SMALL_BYTES - 1, SMALL_BYTES / 2, false),
    ] {
        std::fs::write(path, OBJECT).unwrap();
        std::fs::File::options().write(true).open(path).unwrap().set_len(size).unwrap();
        let mut diagnostics = Diagnostics::new(false);
        let options = Options { inputs: vec![file(path)], ..Options::default() };
        let inputs = load(&options, &Limited(limit), &mut diagnostics).unwrap();
        // The system says of each mapping what it was told: rr is random reading.
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let map = &maps[maps.find(path).expect("it is mapped")..];
        let flags = map.lines().find(|line| line.starts_with("VmFlags:")).unwrap();
        assert_eq!(flags.split_whitespace().any(|flag| flag == "rr"), spared, "{size} {limit}: {flags}");
        drop(inputs);
    }
    std::fs::remove_file(path).unwrap();
}
