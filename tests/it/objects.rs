//! Cases over objects that no compiler emits, or none any more.

use crate::build::{Body, I32, I64, Object, flag, reloc, segment_flag};
use crate::cases::Case;

const SHORT: [&str; 5] = ["short0.o", "short1.o", "short2.o", "short3.o", "short4.o"];
const LONG: [&str; 5] = ["long0.o", "long1.o", "long2.o", "long3.o", "long4.o"];
const RUN: &str = "--no-entry --export=run";

/// All cases made here.
pub fn cases() -> Vec<Case> {
    let groups = [symbols(), data(), groups_and_inits(), sections(), tables(), errors()];
    groups.into_iter().flatten().collect()
}

/// An object with one global function `name` of type `() -> i32`.
fn constant(name: &str, value: u8, flags: u32) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let function = object.function(ty, Body::code().i32_const(value).end());
    object.function_symbol(name, function, flags);
    object.bytes()
}

/// An object whose `run` calls what `body` makes; the symbol that `symbol` adds comes first.
fn runner(symbol: impl FnOnce(&mut Object, u32) -> u32, body: impl FnOnce(u32) -> Body) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let symbol = symbol(&mut object, ty);
    let run = object.function(ty, body(symbol).end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn symbols() -> Vec<Case> {
    vec![
        Case::made(
            "objects/alias-is-redirected-alone",
            "Of two weak symbols on one function, calls and slots of the second go to its strong definition.",
            &format!("link: a.o b.o {RUN}\nlink: b.o a.o {RUN}\nrun: run() = 43"),
            vec![("a.o", aliases()), ("b.o", constant("second", 3, 0))],
        ),
        Case::made(
            "objects/explicit-name",
            "An undefined symbol with a name of its own is imported under the name of the import entry.",
            &format!("link: a.o {RUN}\nhost: env.field = () => 5\nrun: run() = 5\nimports: env.field"),
            vec![("a.o", runner(|o, ty| undefined(o, "symbol", "field", ty, flag::EXPLICIT_NAME), call))],
        ),
        Case::made(
            "objects/explicit-name-is-resolved-by-symbol",
            "The symbol's own name decides what defines it, not the name of the import entry.",
            &format!("link: a.o b.o {RUN}\nrun: run() = 5\nimports: "),
            vec![
                ("a.o", runner(|o, ty| undefined(o, "symbol", "field", ty, flag::EXPLICIT_NAME), call)),
                ("b.o", constant("symbol", 5, 0)),
            ],
        ),
        Case::made(
            "objects/plain-undefined",
            "A strong undefined function without an import name is an error.",
            &format!("link: a.o {RUN}\nfails: $LD: error: a.o: undefined symbol: missing"),
            vec![("a.o", runner(|o, ty| undefined(o, "", "missing", ty, 0), call))],
        ),
        Case::made(
            "objects/exported-and-no-strip",
            "Flagged symbols are exported or kept without any option.",
            "link: a.o --no-entry\nexports: memory seen\ndump: name func\n   func 0 seen\n   func 1 kept",
            vec![("a.o", flagged())],
        ),
        Case::made(
            "objects/same-object-twice",
            "Naming an object twice defines its symbols twice.",
            &format!(
                "link: a.o a.o {RUN}\nfails: $LD: error: duplicate symbol: run\n   >>> defined in a.o\n   >>> defined in a.o"
            ),
            vec![("a.o", constant("run", 1, 0))],
        ),
        Case::made(
            "objects/weak-twice",
            "A weak definition may come twice.",
            &format!("link: a.o a.o {RUN}\nrun: run() = 1"),
            vec![("a.o", constant("run", 1, flag::WEAK))],
        ),
        Case::made(
            "objects/many-functions",
            "Offsets stay right when counts and sizes need longer LEBs.",
            &format!("link: a.o b.o {RUN}\nlink: b.o a.o {RUN} --no-gc-sections\nrun: run() = 44"),
            vec![("a.o", many()), ("b.o", constant("other", 3, 0))],
        ),
        Case::made(
            "objects/uneven-names",
            "The size of the name section is right where a look at some names tells it wrong.",
            &["short", "long"]
                .map(|kind| {
                    let links = [0, 1, 2, 3, 4].map(|i| format!("link: {kind}{i}.o --no-entry --build-id=sha1"));
                    links.join("\n")
                })
                .join("\n"),
            (0..5)
                .flat_map(|phase| {
                    let (short, long) = (uneven_names(phase, 5, 45), uneven_names(phase, 80, 5));
                    [(SHORT[phase], short), (LONG[phase], long)]
                })
                .collect(),
        ),
        Case::made(
            "objects/empty",
            "An object without anything is fine.",
            &format!("link: a.o b.o {RUN}\nlink: b.o a.o {RUN}\nrun: run() = 1"),
            vec![("a.o", constant("run", 1, 0)), ("b.o", Object::new().bytes())],
        ),
    ]
}

fn call(symbol: u32) -> Body {
    Body::code().call(symbol)
}

fn undefined(object: &mut Object, name: &str, field: &str, ty: u32, flags: u32) -> u32 {
    let function = object.import_function(field, ty);
    object.function_symbol(name, function, flags | flag::UNDEFINED)
}

/// `dummy`, `first` and `second` are one function; `run` calls `first` 10 times 4 and `second`, once indirectly.
fn aliases() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    object.import("__indirect_function_table", &[1, 0x70, 0, 0]);
    let dummy = object.function(ty, Body::code().i32_const(4).end());
    object.function_symbol("dummy", dummy, flag::LOCAL);
    let first = object.function_symbol("first", dummy, flag::WEAK);
    let second = object.function_symbol("second", dummy, flag::WEAK);
    let body = Body::code().call(first).i32_const(10).raw(&[0x6c]).raw(&[0x41]);
    let body = body.field(reloc::TABLE_INDEX_SLEB, second, 0).raw(&[0x11]).field(reloc::TYPE_INDEX_LEB, ty, 0);
    let run = object.function(ty, body.raw(&[0, 0x6a]).end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn flagged() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[]);
    for (name, flags) in [("seen", flag::EXPORTED), ("gone", 0), ("kept", flag::NO_STRIP)] {
        let function = object.function(ty, Body::code().end());
        object.function_symbol(name, function, flags);
    }
    object.bytes()
}

/// 300 functions; `run` calls the last two and `other`.
fn many() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let other = undefined(&mut object, "", "other", ty, 0);
    let mut symbols = Vec::new();
    for i in 0..300u32 {
        let function = object.function(ty, Body::code().raw(&[0x01; 40]).i32_const((i % 22) as u8).end());
        symbols.push(object.function_symbol(&format!("f{i}"), function, 0));
    }
    let body = Body::code().call(symbols[298]).call(symbols[299]).raw(&[0x6a]).call(other).raw(&[0x6a]);
    let body = body.i32_const(16).raw(&[0x6a]);
    let run = object.function(ty, body.end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

/// 630 functions, of which every fifth from number `phase` on has a name of `fifth` bytes, and the rest of `rest`.
fn uneven_names(phase: usize, fifth: usize, rest: usize) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[]);
    for i in 0..630 {
        let width = if i % 5 == phase { fifth } else { rest };
        let function = object.function(ty, Body::code().end());
        object.function_symbol(&format!("f{i:0>0$}", width - 1), function, flag::NO_STRIP);
    }
    object.bytes()
}

fn data() -> Vec<Case> {
    vec![
        Case::made(
            "objects/weak-data-is-redirected",
            "Addresses of a defined weak data symbol are those of the strong one, in code and data, with addends.",
            &format!("link: a.o b.o {RUN}\nlink: b.o a.o {RUN}\nrun: run() = 7"),
            vec![("a.o", weak_data()), ("b.o", strong_data())],
        ),
        Case::made(
            "objects/absolute-symbol",
            "The absolute flag of a symbol in an object lifts the check of its bounds and nothing else.",
            &format!("link: a.o {RUN}\nrun: run() = 66536"),
            vec![("a.o", absolute())],
        ),
        Case::made(
            "objects/retained-segment",
            "A segment with the retain flag needs neither symbol nor reference.",
            &format!("link: a.o {RUN}\ndump: data\n   at i32.const 65536: \"kept\""),
            vec![("a.o", retained())],
        ),
        Case::made(
            "objects/strings-with-references-inside",
            "References into the middle of merged strings keep pointing at the same text, with any addend.",
            &format!("link: a.o {RUN}\nlink: a.o {RUN} -O0\nrun: str(run()) = world"),
            vec![("a.o", strings())],
        ),
        Case::made(
            "objects/thread-local-by-section-name",
            "Older objects flag neither symbol nor segment: the name .tdata makes both thread-local.",
            &format!("link: a.o {RUN}\nrun: run() = 4\ndump: name data\n   data 0 .tdata\n   data 1 .rodata"),
            vec![("a.o", old_thread_local())],
        ),
        Case::made(
            "objects/empty-segment",
            "A segment without bytes has an address.",
            &format!("link: a.o {RUN}\nrun: run() = 65536"),
            vec![("a.o", empty_segment())],
        ),
    ]
}

fn weak_data() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let own = object.segment(".data.own", 2, 0, Body::data(&[1, 0, 0, 0, 1, 0, 0, 0]));
    let hook = object.data_symbol("hook", own, 0, 8, flag::WEAK);
    let pointer = object.segment(".data.pointer", 2, 0, Body::data(&[]).field(reloc::MEMORY_ADDR_I32, hook, 4));
    let pointer = object.data_symbol("pointer", pointer, 0, 4, flag::LOCAL);
    let body = Body::code().address(hook, 0).load().address(pointer, 0).load().load().raw(&[0x6a]);
    let run = object.function(ty, body.end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn strong_data() -> Vec<u8> {
    let mut object = Object::new();
    let segment = object.segment(".data.hook", 2, 0, Body::data(&[2, 0, 0, 0, 5, 0, 0, 0]));
    object.data_symbol("hook", segment, 0, 8, 0);
    object.bytes()
}

fn absolute() -> Vec<u8> {
    runner(
        |o, _| {
            let segment = o.segment(".data.some", 0, 0, Body::data(b"some"));
            o.data_symbol("fixed", segment, 1000, 0, flag::ABSOLUTE)
        },
        |symbol| Body::code().address(symbol, 0),
    )
}

fn retained() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[]);
    let run = object.function(ty, Body::code().end());
    object.function_symbol("run", run, 0);
    object.segment(".data.kept", 0, segment_flag::RETAIN, Body::data(b"kept"));
    object.segment(".data.gone", 0, 0, Body::data(b"gone"));
    object.bytes()
}

fn strings() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let body = Body::data(b"first\0hello, world\0world\0");
    let segment = object.segment(".rodata.str", 0, segment_flag::STRINGS, body);
    // Behind the text that is meant: the addend leads back to it.
    let symbol = object.data_symbol("text", segment, 10, 1, flag::LOCAL);
    let run = object.function(ty, Body::code().address(symbol, 3).end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn old_thread_local() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let plain = object.segment(".rodata.plain", 2, 0, Body::data(&[3, 0, 0, 0]));
    let plain = object.data_symbol("plain", plain, 0, 4, flag::LOCAL);
    let local = object.segment(".tdata.local", 2, 0, Body::data(&[9, 0, 0, 0, 1, 0, 0, 0]));
    let local = object.data_symbol("local", local, 4, 4, 0);
    object.feature("+atomics");
    object.feature("+bulk-memory");
    object.import("__tls_base", &[3, I32, 1]);
    let base = object.indexed_symbol(2, "", 0, flag::UNDEFINED);
    let body = Body::code().raw(&[0x23]).field(reloc::GLOBAL_INDEX_LEB, base, 0);
    let body = body.raw(&[0x41]).field(reloc::MEMORY_ADDR_TLS_SLEB, local, 0).raw(&[0x6a]).load();
    let body = body.address(plain, 0).load().raw(&[0x6a]);
    let run = object.function(ty, body.end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn empty_segment() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let segment = object.segment(".data.nothing", 2, 0, Body::data(&[]));
    let symbol = object.data_symbol("nothing", segment, 0, 0, 0);
    let run = object.function(ty, Body::code().address(symbol, 0).end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn groups_and_inits() -> Vec<Case> {
    vec![
        Case::made(
            "objects/comdat-of-all-kinds",
            "A group drops functions, data and custom sections of all copies but the first.",
            &format!(
                "link: a.o b.o {RUN}\nrun: run() = 3\ndump: notes\n   \"a;\"\ndump: data\n   at i32.const 65536: \"\\02\\00\\00\\00\""
            ),
            vec![("a.o", group("run", b"a;", 2)), ("b.o", group("other", b"b;", 7))],
        ),
        Case::made(
            "objects/init-results-are-dropped",
            "An init function may return something; it is dropped.",
            &format!(
                "link: a.o {RUN} --export=__wasm_call_ctors\ndump: code __wasm_call_ctors\n   function 0 (__wasm_call_ctors)\n     call 1\n     drop"
            ),
            vec![("a.o", init(&[], &[I32]))],
        ),
        Case::made(
            "objects/init-with-parameters",
            "An init function cannot take parameters.",
            &format!("link: a.o {RUN}\nfails: $LD: error: constructor functions cannot take arguments: start"),
            vec![("a.o", init(&[I32], &[]))],
        ),
    ]
}

fn group(name: &str, note: &[u8], value: u8) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    let segment = object.segment(".data.shared", 2, 0, Body::data(&[value, 0, 0, 0]));
    let data = object.data_symbol("shared_data", segment, 0, 4, flag::WEAK);
    let body = Body::code().address(data, 0).load().i32_const(1).raw(&[0x6a]);
    let shared = object.function(ty, body.end());
    let symbol = object.function_symbol("shared", shared, flag::WEAK);
    let run = object.function(ty, Body::code().call(symbol).end());
    object.function_symbol(name, run, 0);
    let custom = object.custom("notes", Body::data(note));
    object.comdat("shared", &[(0, segment), (1, shared), (5, custom)]);
    object.bytes()
}

fn init(params: &[u8], results: &[u8]) -> Vec<u8> {
    let mut object = Object::new();
    let (ty, plain) = (object.ty(params, results), object.ty(&[], &[]));
    let body = if results.is_empty() { Body::code() } else { Body::code().i32_const(1) };
    let start = object.function(ty, body.end());
    let symbol = object.function_symbol("start", start, flag::LOCAL);
    let run = object.function(plain, Body::code().end());
    object.function_symbol("run", run, 0);
    object.init(65535, symbol);
    object.bytes()
}

fn sections() -> Vec<Case> {
    vec![
        Case::made(
            "objects/function-attributes",
            "llvm.func_attr.* sections hold function indices: renumbered, all ones for dead functions.",
            &format!(
                "link: b.o a.o {RUN} --export=other\ndump: llvm.func_attr.note\n   \"\\01\\00\\00\\00\\ff\\ff\\ff\\ff\""
            ),
            vec![("a.o", attributes()), ("b.o", constant("other", 1, 0))],
        ),
        Case::made(
            "objects/section-offsets",
            "A section offset counts from the joined section.",
            &format!("link: a.o b.o {RUN} --export=other\ndump: .debug_x\n   \"\\02\\00\\00\\00\\06\\00\\00\\00\""),
            vec![("a.o", section_offset("run")), ("b.o", section_offset("other"))],
        ),
        Case::made(
            "objects/required-feature-prefix",
            "The prefix = of older objects is refused.",
            &format!("link: a.o {RUN}\nfails: $LD: error: a.o: unknown feature policy prefix"),
            vec![("a.o", feature("=atomics"))],
        ),
        Case::made(
            "objects/disallowed-alone",
            "A disallowed feature that nobody uses is fine, and is not passed on.",
            &format!("link: a.o {RUN}\ndump: target_features"),
            vec![("a.o", feature("-shared-mem"))],
        ),
    ]
}

fn attributes() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[]);
    let dead = object.function(ty, Body::code().end());
    let dead = object.function_symbol("dead", dead, 0);
    let run = object.function(ty, Body::code().end());
    let run = object.function_symbol("run", run, 0);
    let field = |body: Body, symbol| body.field(reloc::FUNCTION_INDEX_I32, symbol, 0);
    object.custom("llvm.func_attr.note", field(field(Body::data(&[]), run), dead));
    object.bytes()
}

fn section_offset(name: &str) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[]);
    let run = object.function(ty, Body::code().end());
    object.function_symbol(name, run, 0);
    // The section symbol names the first custom section, which is this one.
    let symbol = object.section_symbol(0);
    object.custom(".debug_x", Body::data(&[]).field(reloc::SECTION_OFFSET_I32, symbol, 2));
    object.bytes()
}

fn feature(feature: &str) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[]);
    let run = object.function(ty, Body::code().end());
    object.function_symbol("run", run, 0);
    object.feature(feature);
    object.bytes()
}

fn tables() -> Vec<Case> {
    vec![
        Case::made(
            "objects/table-import-without-symbol",
            "Older objects import the function table without a symbol for it.",
            &format!("link: a.o {RUN}\nrun: run() = 4\ndump: table\n   2..2 funcref"),
            vec![("a.o", old_table("__indirect_function_table"))],
        ),
        Case::made(
            "objects/other-table-without-symbol",
            "Any other table needs a symbol.",
            &format!(
                "link: a.o {RUN}\nfails: $LD: error: a.o: table import other_table is missing a symbol table entry."
            ),
            vec![("a.o", old_table("other_table"))],
        ),
    ]
}

fn old_table(name: &str) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    object.import(name, &[1, 0x70, 0, 0]);
    let callee = object.function(ty, Body::code().i32_const(4).end());
    let callee = object.function_symbol("callee", callee, flag::LOCAL);
    let body = Body::code().raw(&[0x41]).field(reloc::TABLE_INDEX_SLEB, callee, 0);
    let run = object.function(ty, body.raw(&[0x11]).field(reloc::TYPE_INDEX_LEB, ty, 0).raw(&[0]).end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn errors() -> Vec<Case> {
    let case = |name, fact, message: &str, bytes| {
        Case::made(name, fact, &format!("link: a.o {RUN}\nfails: $LD: error: a.o: {message}"), vec![("a.o", bytes)])
    };
    vec![
        Case::made(
            "objects/global-type-mismatch",
            "A global cannot have two types.",
            &format!(
                "link: a.o b.o {RUN}\nfails: $LD: error: Global type mismatch: counter\n   \
                 >>> defined as var i32 in a.o\n   >>> defined as var i64 in b.o"
            ),
            vec![("a.o", global_user()), ("b.o", global_definition())],
        ),
        case(
            "objects/no-linking-section",
            "A module without linking data is no object.",
            "not a relocatable wasm file",
            edited(|o| o.linking_version = None),
        ),
        case(
            "objects/linking-version",
            "Only version 2 of linking data is known.",
            "unexpected metadata version: 1 (Expected: 2)",
            edited(|o| o.linking_version = Some(1)),
        ),
        case(
            "objects/function-symbol-out-of-range",
            "A symbol must name a function of the object.",
            "invalid function symbol index",
            edited(|o| {
                o.function_symbol("beyond", 99, 0);
            }),
        ),
        case(
            "objects/segment-symbol-out-of-range",
            "A symbol must name a segment of the object.",
            "invalid data segment index: 99",
            edited(|o| {
                o.data_symbol("beyond", 99, 0, 4, 0);
            }),
        ),
        case(
            "objects/symbol-beyond-segment",
            "A data symbol must begin inside its segment.",
            "invalid data symbol offset: `beyond` (offset: 2 segment size: 1)",
            edited(|o| {
                let segment = o.segment(".data.x", 0, 0, Body::data(b"x"));
                o.data_symbol("beyond", segment, 2, 4, 0);
            }),
        ),
        case(
            "objects/relocation-symbol-out-of-range",
            "A relocation must name a symbol of the object.",
            "invalid function relocation: ",
            edited(|o| {
                o.function(0, Body::code().call(99).end());
            }),
        ),
        case(
            "objects/relocation-of-another-kind",
            "A relocation must fit the kind of its symbol.",
            "invalid function relocation: data",
            edited(|o| {
                let segment = o.segment(".data.x", 0, 0, Body::data(b"x"));
                let data = o.data_symbol("data", segment, 0, 1, 0);
                o.function(0, Body::code().call(data).end());
            }),
        ),
        case(
            "objects/unknown-relocation",
            "An unknown relocation type is an error.",
            "invalid relocation type: 99",
            edited(|o| {
                o.function(0, Body::code().field(99, 0, 0).end());
            }),
        ),
        case(
            "objects/comdat-member-out-of-range",
            "A group's members must exist.",
            "COMDAT function index out of range",
            edited(|o| o.comdat("g", &[(1, 99)])),
        ),
        case(
            "objects/init-symbol-out-of-range",
            "An init function must be a symbol of the object.",
            "invalid function symbol: 99",
            edited(|o| o.init(1, 99)),
        ),
    ]
}

/// A good object with `run`, then changed by `edit`.
fn edited(edit: impl FnOnce(&mut Object)) -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[]);
    let run = object.function(ty, Body::code().end());
    object.function_symbol("run", run, 0);
    edit(&mut object);
    object.bytes()
}

fn global_user() -> Vec<u8> {
    let mut object = Object::new();
    let ty = object.ty(&[], &[I32]);
    object.import("counter", &[3, I32, 1]);
    let counter = object.indexed_symbol(2, "", 0, flag::UNDEFINED);
    let run = object.function(ty, Body::code().raw(&[0x23]).field(reloc::GLOBAL_INDEX_LEB, counter, 0).end());
    object.function_symbol("run", run, 0);
    object.bytes()
}

fn global_definition() -> Vec<u8> {
    let mut object = Object::new();
    let global = object.global(&[I64, 1, 0x42, 0, 0x0b]);
    object.indexed_symbol(2, "counter", global, 0);
    object.bytes()
}
