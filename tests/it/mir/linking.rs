//! Symbols: modules with one another, with objects of clang, with the host; editing; objects as output.

use std::process::Command;

use wold::Session;
use wold::mir::{DataKind, Fixup, Linkage, Local, MemArg, Ordinal, TagNames, TagWidth, tag};
use wold::options::Options;

use super::{
    Check, I32, Test, add_archive, add_c, check, expect, expect_with, flush, function, linked_function, one, options,
    same, save,
};
use crate::{inputs, node};

pub const TESTS: &[Test] = &[
    ("objects-both-ways", objects),
    ("linkage", linkage),
    ("start-up", start_up),
    ("intrinsics-from-archives", intrinsics),
    ("imports", imports),
    ("exports", exports),
    ("edits", edits),
    ("removal", removal),
    ("object-output", object_output),
    ("threads", threads),
];

const C: &str = r#"
extern int from_mir(int), mir_data[2], (*mir_pointer)(int);
int c_data[3] = {10, 20, 30};
int *c_points = &mir_data[1];
int triple(int x) { return 3 * x; }
int (*c_function)(int) = from_mir;
int through_c(int x) { return from_mir(x) + *c_points + mir_pointer(x) + c_function(0); }
"#;

/// Functions, data and pointers of MIR and of clang's objects refer to each other.
fn objects() -> Check {
    let (session, module) = one(options());
    add_c(&session, "c.c", C)?;
    let ty = module.func_type(&[I32], &[I32]);
    let [triple, through_c] = ["triple", "through_c"].map(|name| module.import_func(name, "env", name, ty, false));
    let c_data = module.import_data("c_data", false);
    let missing = module.import_data("missing_weak", true);
    let mir_data = module.declare_data("mir_data", DataKind::Mutable, Linkage::Global, None);
    let pointer = module.declare_data("mir_pointer", DataKind::Const, Linkage::Global, None);
    let ours = module.declare_data("ours", DataKind::Const, Linkage::Local, None);
    linked_function(&module, "from_mir", Linkage::Global, (&[I32], &[I32]), |b| {
        b.local_get(Local(0))
            .call(triple)
            .i32_const(0)
            .memory(tag::I32_LOAD, MemArg::symbolic(c_data, 8, 2))
            .op(tag::I32_ADD);
    });
    let mut worker = module.worker();
    worker.data(mir_data, &[0, 0, 0, 0, 5, 0, 0, 0], 2, &[]);
    worker.data(pointer, &[0; 4], 2, &[Fixup::func(0, triple)]);
    worker.data(ours, &[0; 4], 2, &[Fixup::data(0, c_data, 4)]);
    drop(worker);
    function(&module, "run", (&[I32], &[I32]), |b| _ = b.local_get(Local(0)).call(through_c));
    function(&module, "read", (&[], &[I32]), |b| {
        b.address(ours, 0).memory(tag::I32_LOAD, MemArg::new(0, 2)).memory(tag::I32_LOAD, MemArg::new(0, 2));
    });
    function(&module, "nowhere", (&[], &[I32]), |b| _ = b.address(missing, 0));
    // from_mir(2) + 5 + triple(2) + from_mir(0) = 36 + 5 + 6 + 30
    expect("objects", &session, &[("run(2)", "77"), ("read()", "20"), ("nowhere()", "0")]).map(drop)
}

/// Local names are a module's own; a weak definition gives way; only what is exported is seen from outside.
fn linkage() -> Check {
    let session = Session::new(options());
    add_c(&session, "c.c", "int chosen(void) { return 2; } int hidden_twice(void);")?;
    for (name, value) in [("a", 10), ("b", 20)] {
        let module = session.module(name);
        let own = linked_function(&module, "own", Linkage::Local, (&[], &[I32]), |b| _ = b.i32_const(value));
        let chosen = linked_function(&module, "chosen", Linkage::Weak, (&[], &[I32]), |b| _ = b.i32_const(value + 1));
        let first = linked_function(&module, "first", Linkage::Weak, (&[], &[I32]), |b| _ = b.i32_const(value + 2));
        function(&module, &format!("run_{name}"), (&[], &[I32]), |b| {
            b.call(own).call(chosen).op(tag::I32_ADD).call(first).op(tag::I32_ADD);
        });
    }
    let runs = [("run_a()", "24"), ("run_b()", "34"), ("Object.keys(e).join()", "memory,run_a,run_b")];
    expect("linkage", &session, &runs).map(drop)
}

/// By priority, then by ordinal or name; whoever said so first does not matter.
fn start_up() -> Check {
    let build = |order: [usize; 3]| {
        let (session, module) = one(Options { exports: vec!["__wasm_call_ctors".into()], ..options() });
        let log = module.declare_data("log", DataKind::Mutable, Linkage::Local, None);
        module.worker().zeros(log, 4, 2);
        let add = |name: &str, digit: i32, ordinal| {
            let ty = module.func_type(&[], &[]);
            let func = module.declare_func(name, ty, Linkage::Local, ordinal);
            let built = module.worker().func(func, |b| {
                b.i32_const(0)
                    .i32_const(0)
                    .memory(tag::I32_LOAD, MemArg::symbolic(log, 0, 2))
                    .i32_const(10)
                    .op(tag::I32_MUL);
                b.i32_const(digit).op(tag::I32_ADD).memory(tag::I32_STORE, MemArg::symbolic(log, 0, 2));
            });
            built.expect("well formed");
            func
        };
        let late = (add("late", 3, Some(Ordinal(0))), 200);
        let first = (add("zz", 1, Some(Ordinal(5))), 100);
        let second = (add("aa", 2, Some(Ordinal(6))), 100);
        for index in order {
            let (func, priority) = [late, first, second][index];
            module.init_func(func, priority);
        }
        function(&module, "read", (&[], &[I32]), |b| {
            b.i32_const(0).memory(tag::I32_LOAD, MemArg::symbolic(log, 0, 2));
        });
        session
    };
    let one = expect("start-up", &build([0, 1, 2]), &[("(e.__wasm_call_ctors(), read())", "123")])?;
    check(flush(&build([2, 1, 0]))? == one, "the order of calls shows")
}

/// Calling a function of the run-time library takes its member from the archive.
fn intrinsics() -> Check {
    let (session, module) = one(options());
    let sources = vec![
        ("mul.c", "int __mul(int a, int b) { return a * b; }"),
        ("no.c", "int missing(void); int __no(void) { return missing(); }"),
    ];
    add_archive(&session, "intrinsics", sources)?;
    let ty = module.func_type(&[I32, I32], &[I32]);
    let mul = module.intrinsic("__mul", ty);
    function(&module, "square", (&[I32], &[I32]), |b| {
        _ = b.local_get(Local(0)).local_get(Local(0)).call_intrinsic(mul)
    });
    expect("intrinsics", &session, &[("square(7)", "49")]).map(drop)
}

/// What no input defines comes from the host, if it has a module to come from; weak ones trap.
fn imports() -> Check {
    let (session, module) = one(options());
    let ty = module.func_type(&[], &[I32]);
    let host = module.import_func("from_host", "host", "answer", ty, false);
    let weak = module.import_func("perhaps", "env", "perhaps", ty, true);
    let stack = module.stack_pointer();
    check(module.stack_pointer() == stack && module.indirect_table() == module.indirect_table(), "declared twice")?;
    function(&module, "ask", (&[], &[I32]), |b| _ = b.call(host));
    function(&module, "try_weak", (&[], &[I32]), |b| _ = b.call(weak));
    let runs = [("ask()", "42"), ("try_weak()", "traps")];
    expect_with("imports", &session, &["host.answer = () => 42"], &runs).map(drop)
}

fn exports() -> Check {
    let (session, module) = one(options());
    let one = linked_function(&module, "one", Linkage::Local, (&[], &[I32]), |b| _ = b.i32_const(1));
    module.export("b", one);
    module.export("a", one);
    expect("exports", &session, &[("Object.keys(e).join()", "memory,a,b"), ("a() + b()", "2")])?;
    check(module.remove_export("b") && !module.remove_export("b"), "an export is removed once")?;
    expect("exports", &session, &[("Object.keys(e).join()", "memory,a")]).map(drop)
}

/// Each flush sees what is there then; a replacement that fails changes nothing.
fn edits() -> Check {
    let (session, module) = one(options());
    let ty = module.func_type(&[], &[I32]);
    let func = module.declare_func("value", ty, Linkage::Export, None);
    let data = module.declare_data("data", DataKind::Const, Linkage::Local, None);
    module.worker().data(data, &[1, 0, 0, 0], 2, &[]);
    let load = |b: &mut wold::mir::FunctionBuilder, add| {
        b.i32_const(0).memory(tag::I32_LOAD, MemArg::symbolic(data, 0, 2)).i32_const(add).op(tag::I32_ADD);
    };
    module.worker().func(func, |b| load(b, 10)).map_err(|error| error.to_string())?;
    let first = expect("edits", &session, &[("value()", "11")])?;
    module.replace_func(func, |b| load(b, 20)).map_err(|error| error.to_string())?;
    module.replace_data(data, &[2, 0, 0, 0], 2, &[]);
    expect("edits", &session, &[("value()", "22")])?;
    let slip = module.replace_func(func, |b| _ = b.op(tag::END));
    check(slip.is_err_and(|error| error.instruction == 0), "a slip is found")?;
    expect("edits", &session, &[("value()", "22")])?;
    let mut worker = module.replacing_worker();
    worker.data(data, &[1, 0, 0, 0], 2, &[]);
    worker.func(func, |b| load(b, 10)).map_err(|error| error.to_string())?;
    drop(worker);
    check(flush(&session)? == first, "what was there before is there again")
}

/// What was removed and is still wanted is undefined.
fn removal() -> Check {
    let (session, module) = one(options());
    let gone = linked_function(&module, "gone", Linkage::Export, (&[], &[I32]), |b| _ = b.i32_const(1));
    let bytes = module.declare_data("bytes", DataKind::Const, Linkage::Global, None);
    module.worker().data(bytes, &[1, 2, 3, 4], 2, &[]);
    let user = function(&module, "user", (&[], &[I32]), |b| _ = b.call(gone).address(bytes, 0).op(tag::I32_ADD));
    module.init_func(gone, 1);
    module.export("also", gone);
    flush(&session)?;
    module.remove_func(gone);
    module.remove_data(bytes);
    let error = flush(&session).expect_err("they are used");
    let lines: Vec<_> = error.lines().filter(|line| line.contains("undefined symbol")).collect();
    same(&lines.join("\n"), "unit: undefined symbol: gone\nunit: undefined symbol: bytes")?;
    module.replace_func(user, |b| _ = b.i32_const(8)).map_err(|error| error.to_string())?;
    expect("removal", &session, &[("user()", "8"), ("Object.keys(e).join()", "memory,user")]).map(drop)
}

/// As an object the modules link with `wasm-ld` to the same program.
fn object_output() -> Check {
    let relocatable = Options { relocatable: true, gc_sections: false, output: "out.o".into(), ..options() };
    let session = Session::new(relocatable);
    for (name, other) in [("a", "b"), ("b", "a")] {
        let module = session.module(name);
        let ty = module.func_type(&[I32], &[I32]);
        let colors = module.tag_name_func("colors", TagWidth::Bits32, TagNames::Numbered(&["red", "green"]));
        let table = module.name_table("errors", &["none", "some"]);
        let own = module.declare_func(&format!("own_{name}"), ty, Linkage::Global, None);
        let theirs = module.import_func(&format!("own_{other}"), "env", &format!("own_{other}"), ty, false);
        let slot = module.declare_data("slot", DataKind::Mutable, Linkage::Local, None);
        let mut worker = module.worker();
        worker.zeros(slot, 8, 2);
        let built = worker.func(own, |b| {
            let text = b.unnamed(b"shared text", 0, &[]);
            b.uav_ref(text, 2).memory(tag::I32_LOAD8_U, MemArg::new(0, 0)).local_get(Local(0)).op(tag::I32_ADD);
        });
        built.map_err(|error| error.to_string())?;
        drop(worker);
        function(&module, &format!("run_{name}"), (&[I32], &[I32]), |b| _ = b.local_get(Local(0)).call(theirs));
        function(&module, &format!("color_{name}"), (&[I32], &[I32]), |b| {
            b.address(slot, 0).local_get(Local(0)).call_tag_name(colors);
            b.address(slot, 0).memory(tag::I32_LOAD, MemArg::new(0, 2)).memory(tag::I32_LOAD8_U, MemArg::new(0, 0));
        });
        function(&module, &format!("count_{name}"), (&[], &[I32]), |b| _ = b.names_len(table.len));
    }
    let object = flush(&session)?;
    let runs = [
        ("[run_a(1), run_b(0)]", "[98, 97]"),
        ("[color_a(0), color_b(1)]", "[114, 103]"),
        ("[count_a(), count_b()]", "[2, 2]"),
    ];
    let again = Session::new(options());
    again.add_bytes("out.o", object.clone());
    expect("object-output", &again, &runs)?;
    let Some(peer) = &inputs::tools().lld else { return Ok(()) };
    let (file, linked) = (save("object-output-of", &object)?, save("object-output-by-lld", &[])?);
    let output = Command::new(peer).arg("--no-entry").arg(&file).arg("-o").arg(&linked).output();
    let output = output.map_err(|error| error.to_string())?;
    check(output.status.success() && output.stderr.is_empty(), String::from_utf8_lossy(&output.stderr))?;
    node::expect(&linked, &[], &runs)
}

/// Many threads declare and define at once; the bytes are those of one thread.
fn threads() -> Check {
    const FUNCTIONS: u32 = 400;
    let build = |threads: u32| {
        let session = Session::new(options());
        let modules = ["x", "y"].map(|name| session.module(name));
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let modules = &modules;
                scope.spawn(move || {
                    for (index, module) in modules.iter().enumerate() {
                        let ty = module.func_type(&[I32], &[I32]);
                        let mut worker = module.worker();
                        for number in (thread..FUNCTIONS).step_by(threads as usize) {
                            let name = format!("f{index}_{number}");
                            let func = module.declare_func(&name, ty, Linkage::Export, Some(Ordinal(number)));
                            let next = format!("f{}_{}", 1 - index, (number + 1) % FUNCTIONS);
                            let next = module.import_func(&next, "env", &next, ty, false);
                            let built = worker.func(func, |b| {
                                let text = b.unnamed(format!("text {}", number % 10).as_bytes(), 0, &[]);
                                b.local_get(Local(0)).op(tag::I32_EQZ).block(tag::IF, wold::mir::BlockType::Empty);
                                b.uav_ref(text, 5).memory(tag::I32_LOAD8_U, MemArg::new(0, 0)).ret().op(tag::END);
                                b.local_get(Local(0)).i32_const(1).op(tag::I32_SUB).call(next);
                            });
                            built.expect("well formed");
                        }
                    }
                });
            }
        });
        session
    };
    let one = expect("threads", &build(1), &[("f0_0(0)", "48"), ("f0_0(13)", "51"), ("f1_399(1)", "48")])?;
    for threads in [2, 7] {
        check(flush(&build(threads))? == one, format!("{threads} threads give other bytes"))?;
    }
    Ok(())
}
