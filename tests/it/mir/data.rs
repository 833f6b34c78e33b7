//! Data: named and unnamed values, pointers, tables of names, thread-local data.

use wold::Session;
use wold::mir::{DataKind, Fixup, Linkage, Local, MemArg, Module, NameTable, TagNames, TagWidth, tag};
use wold::options::Options;

use super::{
    Check, I32, I64, Test, check, count, expect, expect_with, flush, function, linked_function, one, options, same,
    validate, wasm64,
};

pub const TESTS: &[Test] = &[
    ("pointers", pointers),
    ("pointers-64", pointers_64),
    ("unnamed-values-are-one", unnamed),
    ("name-tables", name_tables),
    ("tag-names", tag_names),
    ("tag-names-64", tag_names_64),
    ("thread-local", thread_local),
    ("thread-local-without-threads", thread_local_without_threads),
    ("position-independent", position_independent),
];

fn exported_word(module: &Module, name: &str, data: wold::mir::Data, at: u64) {
    function(module, name, (&[], &[I32]), |b| {
        b.address(data, 0).memory(tag::I32_LOAD, MemArg::new(at, 2)).memory(tag::I32_LOAD8_U, MemArg::new(0, 0));
    });
}

fn pointers() -> Check {
    let (session, module) = one(options());
    let data = module.declare_data("data", DataKind::Const, Linkage::Local, None);
    let cycle = module.declare_data("cycle", DataKind::Mutable, Linkage::Local, None);
    let seven = linked_function(&module, "seven", Linkage::Local, (&[], &[I32]), |b| _ = b.i32_const(7));
    let mut worker = module.worker();
    let text = worker.unnamed(b"abc", 0, &[]);
    let inner = worker.unnamed(&[0; 4], 2, &[Fixup::data(0, text, 1)]);
    // Not in order: they are put in order.
    worker.data(data, &[9; 16], 3, &[Fixup::func(12, seven), Fixup::data(0, text, 2), Fixup::data(4, inner, 0)]);
    worker.data(cycle, &[0; 4], 2, &[Fixup::data(0, cycle, 0)]);
    drop(worker);
    exported_word(&module, "letter", data, 0);
    exported_word(&module, "plain", data, 4);
    function(&module, "through", (&[], &[I32]), |b| {
        for _ in 0..1 {
            b.i32_const(4).memory(tag::I32_LOAD, MemArg::symbolic(data, 0, 2));
        }
        b.memory(tag::I32_LOAD, MemArg::new(0, 2)).memory(tag::I32_LOAD8_U, MemArg::new(0, 0));
    });
    let ty = module.func_type(&[], &[I32]);
    function(&module, "call", (&[], &[I32]), |b| {
        b.i32_const(0).memory(tag::I32_LOAD, MemArg::symbolic(data, 12, 2)).call_indirect(
            tag::CALL_INDIRECT,
            ty,
            Some(module.indirect_table()),
        );
    });
    function(&module, "itself", (&[], &[I32]), |b| {
        b.address(cycle, 0).address(cycle, 0).memory(tag::I32_LOAD, MemArg::new(0, 2)).op(tag::I32_EQ);
    });
    expect("pointers", &session, &[("letter()", "99"), ("through()", "98"), ("call()", "7"), ("itself()", "1")])
        .map(drop)
}

fn pointers_64() -> Check {
    let (session, module) = one(wasm64());
    let data = module.declare_data("data", DataKind::Const, Linkage::Local, None);
    let ty = module.func_type(&[], &[I32]);
    let seven = linked_function(&module, "seven", Linkage::Local, (&[], &[I32]), |b| _ = b.i32_const(7));
    let mut worker = module.worker();
    let text = worker.unnamed(b"abc", 0, &[]);
    worker.data(data, &[0; 16], 3, &[Fixup::data(0, text, 1), Fixup::func(8, seven)]);
    drop(worker);
    function(&module, "letter", (&[], &[I32]), |b| {
        b.i64_const(0).memory(tag::I64_LOAD, MemArg::symbolic(data, 0, 3)).memory(tag::I32_LOAD8_U, MemArg::new(0, 0));
    });
    expect("pointers-64", &session, &[("letter()", "98")])?;
    // Not every host has tables with 64-bit indices.
    function(&module, "call", (&[], &[I32]), |b| {
        b.address(data, 8).memory(tag::I64_LOAD, MemArg::new(0, 3));
        b.call_indirect(tag::CALL_INDIRECT, ty, Some(module.indirect_table()));
    });
    validate(&flush(&session)?)
}

/// Equal values are one, be they of several workers or modules, and refer to the right ones in each.
fn unnamed() -> Check {
    let build = |names: &[&str]| {
        let session = Session::new(options());
        for &name in names {
            let module = session.module(name);
            let ty = module.func_type(&[I32], &[I32]);
            let shared = module.import_data("target", false);
            for number in 0..3u8 {
                let func = module.declare_func(&format!("{name}{number}"), ty, Linkage::Export, None);
                let mut worker = module.worker();
                // The same number means another value in each worker.
                let fillers: Vec<_> = (0..number).map(|i| worker.unnamed(&[i + 100; 3], 0, &[])).collect();
                check(fillers.len() == number as usize, "").expect("one for each");
                let own = worker.unnamed(format!("{name}{number} owns this").as_bytes(), 0, &[]);
                let text = worker.unnamed(b"everybody's text", 0, &[]);
                let slice = worker.unnamed(
                    &[0; 12],
                    2,
                    &[Fixup::data(0, text, 3), Fixup::data(4, own, 0), Fixup::data(8, shared, 0)],
                );
                let pair = worker.unnamed(&[0; 8], 2, &[Fixup::data(0, text, 1), Fixup::data(4, shared, 1)]);
                let built = worker.func(func, |b| {
                    let zeros = b.unnamed(&[0; 40], 3, &[]);
                    b.uav_ref(zeros, 0).op(tag::DROP).uav_ref(pair, 0).op(tag::DROP);
                    b.uav_ref(slice, 0).local_get(Local(0)).op(tag::I32_ADD).memory(tag::I32_LOAD, MemArg::new(0, 2));
                    b.memory(tag::I32_LOAD8_U, MemArg::new(0, 0));
                });
                built.expect("well formed");
            }
        }
        let module = session.module("zz");
        let target = module.declare_data("target", DataKind::Const, Linkage::Global, None);
        module.worker().data(target, b"*+", 0, &[]);
        session
    };
    let runs = [
        ("[a0(0), a1(0), b2(0)]", "[114, 114, 114]"),
        ("[a0(4), b0(4), a2(4)]", "[97, 98, 97]"),
        ("[a0(8), b1(8)]", "[42, 42]"),
    ];
    let first = expect("unnamed", &build(&["a", "b"]), &runs)?;
    check(flush(&build(&["b", "a"]))? == first, "the order of creation shows")?;
    let texts = (count(&first, b"everybody's text"), count(&first, b"owns this"));
    check(texts == (1, 6), format!("values are there {texts:?} times"))
}

/// A table is one however many modules define or import it; its length is a number.
fn name_tables() -> Check {
    for (name, options, width) in [("name-table", options(), 4), ("name-table-64", wasm64(), 8u32)] {
        let is_64 = width == 8;
        let session = Session::new(options);
        let names = ["(none)", "Overflow", "", "NotFound"];
        let read = |module: &Module, prefix: &str, table: NameTable| {
            let load = if is_64 { tag::I64_LOAD } else { tag::I32_LOAD };
            let ty: &[u8] = if is_64 { &[I64] } else { &[I32] };
            let slice = |b: &mut wold::mir::FunctionBuilder, part: u32| {
                b.name_table_ref(table.table).local_get(Local(0));
                match is_64 {
                    true => b.i64_const(16).op(tag::I64_MUL).op(tag::I64_ADD),
                    false => b.i32_const(8).op(tag::I32_MUL).op(tag::I32_ADD),
                };
                b.memory(load, MemArg::new((part * width) as u64, width.trailing_zeros()));
            };
            function(module, &format!("{prefix}_text"), (ty, ty), |b| slice(b, 0));
            function(module, &format!("{prefix}_length"), (ty, ty), |b| slice(b, 1));
            function(module, &format!("{prefix}_count"), (&[], &[I32]), |b| _ = b.names_len(table.len));
        };
        let (a, b, c) = (session.module("a"), session.module("b"), session.module("c"));
        let table = a.name_table("errors", &names);
        // Something that lies at the start of the module's data: the length does not count from it.
        read(&a, "a", table);
        read(&b, "b", b.import_name_table("errors"));
        let again = c.name_table("errors", &names);
        read(&c, "c", again);
        let n = |number: i64| if is_64 { format!("{number}n") } else { number.to_string() };
        let text = |call: &str, length: usize| format!("str({call}).slice(0, {length})");
        let one = format!("a_text({})", n(1));
        let equal = format!("{one} == b_text({0}) && {one} == c_text({0})", n(1));
        let runs = [
            (text(&one, 8), "Overflow".to_string()),
            (text(&format!("b_text({})", n(3)), 8), "NotFound".to_string()),
            (
                format!("[a_length({}), b_length({}), c_length({})]", n(0), n(2), n(3)),
                format!("[{}, {}, {}]", n(6), n(0), n(8)),
            ),
            ("[a_count(), b_count(), c_count()]".into(), "[4, 4, 4]".into()),
            (equal, "true".into()),
        ];
        let runs: Vec<(&str, &str)> = runs.iter().map(|(run, expected)| (run.as_str(), expected.as_str())).collect();
        let module = expect(name, &session, &runs)?;
        check(count(&module, b"OverflowNotFound") == 1, "the names are there more than once")?;
        // One module has more names now.
        let more = [&names[..], &["Added"]].concat();
        a.replace_name_table(table, &more);
        same(&flush(&session).expect_err("differs"), "c: the names of errors are not those that a gives")?;
        c.replace_name_table(again, &more);
        let text = text(&format!("b_text({})", n(4)), 5);
        expect(name, &session, &[(&text, "Added"), ("b_count()", "5")])?;
    }
    Ok(())
}

fn tag_names_in(name: &str, options: Options) -> Check {
    let is_64 = options.is_64 == Some(true);
    let (pointer, load) = if is_64 { (I64, tag::I64_LOAD) } else { (I32, tag::I32_LOAD) };
    let (session, module) = one(options);
    let slot = module.declare_data("slot", DataKind::Mutable, Linkage::Local, None);
    module.worker().zeros(slot, 16, 3);
    let sparse = [(900, "last"), (0, "zero"), (7, "seven"), (7, "never"), (0xffff_ffff, "max")];
    let wide = [(u64::MAX, "all ones"), (1 << 40, "large"), (3, "three")];
    let functions = [
        ("numbered", TagWidth::Bits32, TagNames::Numbered(&["red", "green", ""])),
        ("wide_numbered", TagWidth::Bits64, TagNames::Numbered(&["eins", "zwei"])),
        ("sparse", TagWidth::Bits32, TagNames::Sparse(&sparse)),
        ("wide", TagWidth::Bits64, TagNames::Sparse(&wide)),
        ("single", TagWidth::Bits32, TagNames::Sparse(&[(5, "five")])),
        ("none", TagWidth::Bits32, TagNames::Numbered(&[])),
    ];
    for (name, width, names) in functions {
        let namer = module.tag_name_func(&format!("names of {name}"), width, names);
        let value = if width == TagWidth::Bits64 { I64 } else { I32 };
        for (part, at) in [("", 0), ("_length", 1)] {
            function(&module, &format!("{name}{part}"), (&[value], &[pointer]), |b| {
                b.address(slot, 0).local_get(Local(0)).call_tag_name(namer);
                b.address(slot, 0).memory(load, MemArg::new(at * if is_64 { 8 } else { 4 }, 2));
            });
        }
    }
    let mut runs = Vec::new();
    for (call, name) in [
        ("numbered|0", "red"),
        ("numbered|1", "green"),
        ("numbered|2", ""),
        ("wide_numbered|1n", "zwei"),
        ("sparse|0", "zero"),
        ("sparse|7", "seven"),
        ("sparse|900", "last"),
        ("sparse|-1", "max"),
        ("wide|-1n", "all ones"),
        ("wide|3n", "three"),
        ("wide|1n << 40n", "large"),
        ("single|5", "five"),
    ] {
        let (function, value) = call.split_once('|').unwrap_or_default();
        runs.push((format!("str({function}({value})).slice(0, Number({function}_length({value})))"), name));
    }
    for trap in
        ["numbered(3)", "numbered(-1)", "wide_numbered(1n << 32n)", "sparse(8)", "wide(0n)", "single(4)", "none(0)"]
    {
        runs.push((trap.to_string(), "traps"));
    }
    let runs: Vec<(&str, &str)> = runs.iter().map(|(run, expected)| (run.as_str(), *expected)).collect();
    expect(name, &session, &runs).map(drop)
}

fn tag_names() -> Check {
    tag_names_in("tag-names", options())
}

fn tag_names_64() -> Check {
    tag_names_in("tag-names-64", wasm64())
}

/// Declares a counter that starts at 40 and a function that counts it on.
fn counter(module: &Module) {
    let filler = module.declare_data("filler", DataKind::ThreadLocal, Linkage::Local, None);
    let counter = module.declare_data("counter", DataKind::ThreadLocal, Linkage::Local, None);
    let zero = module.declare_data("zero", DataKind::ThreadLocal, Linkage::Local, None);
    let mut worker = module.worker();
    worker.data(filler, &[1; 12], 2, &[]);
    worker.data(counter, &40u32.to_le_bytes(), 2, &[]);
    worker.zeros(zero, 4, 2);
    drop(worker);
    let base = module.import_global("__tls_base", I32, true);
    for (name, data) in [("next", counter), ("next_zero", zero)] {
        function(module, name, (&[], &[I32]), |b| {
            let address = b.local(I32);
            b.global_get(base).tls_offset(data, 0).op(tag::I32_ADD).local_tee(address);
            b.local_get(address).memory(tag::I32_LOAD, MemArg::new(0, 2)).i32_const(1).op(tag::I32_ADD);
            b.memory(tag::I32_STORE, MemArg::new(0, 2)).local_get(address).memory(tag::I32_LOAD, MemArg::new(0, 2));
        });
    }
}

fn thread_local() -> Check {
    let (session, module) = one(Options {
        shared_memory: true,
        import_memory: Some(("env".into(), "memory".into())),
        export_memory: None,
        max_memory: 1 << 20,
        exports: ["__wasm_init_tls", "__tls_size"].map(String::from).to_vec(),
        ..options()
    });
    counter(&module);
    for feature in ["bulk-memory", "atomics", "mutable-globals", "atomics"] {
        module.use_feature(feature);
    }
    let host = "env.memory = new WebAssembly.Memory({ initial: 2, maximum: 16, shared: true })";
    let second = "(__wasm_init_tls(65536), [next(), next_zero()])";
    let runs = [("[next(), next(), next_zero()]", "[41, 42, 1]"), (second, "[41, 1]"), ("__tls_size.value", "8")];
    expect_with("thread-local", &session, &[host], &runs).map(drop)
}

/// Without threads it is ordinary data.
fn thread_local_without_threads() -> Check {
    let (session, module) = one(options());
    counter(&module);
    ["atomics", "bulk-memory"].into_iter().for_each(|feature| module.use_feature(feature));
    expect("thread-local-plain", &session, &[("[next(), next(), next_zero()]", "[41, 42, 1]")]).map(drop)
}

/// A shared library: addresses and slots count from where it is loaded.
fn position_independent() -> Check {
    let (session, module) = one(Options {
        shared: true,
        experimental_pic: true,
        import_memory: Some(("env".into(), "memory".into())),
        export_memory: None,
        import_table: true,
        ..options()
    });
    let memory_base = module.import_global("__memory_base", I32, false);
    let table_base = module.import_global("__table_base", I32, false);
    let data = module.declare_data("data", DataKind::Mutable, Linkage::Local, None);
    let pointer = module.declare_data("pointer", DataKind::Mutable, Linkage::Local, None);
    let seven = linked_function(&module, "seven", Linkage::Local, (&[], &[I32]), |b| _ = b.i32_const(7));
    let mut worker = module.worker();
    worker.data(data, &[1, 2, 3, 4], 2, &[]);
    worker.data(pointer, &[0; 4], 2, &[Fixup::data(0, data, 2)]);
    drop(worker);
    let ty = module.func_type(&[], &[I32]);
    function(&module, "byte", (&[], &[I32]), |b| {
        b.global_get(memory_base)
            .relative_address(data, 1)
            .op(tag::I32_ADD)
            .memory(tag::I32_LOAD8_U, MemArg::new(0, 0));
    });
    function(&module, "through", (&[], &[I32]), |b| {
        b.global_get(memory_base).relative_address(pointer, 0).op(tag::I32_ADD);
        b.memory(tag::I32_LOAD, MemArg::new(0, 2)).memory(tag::I32_LOAD8_U, MemArg::new(0, 0));
    });
    function(&module, "call", (&[], &[I32]), |b| {
        b.global_get(table_base).func_relative_ref(seven).op(tag::I32_ADD).call_indirect(
            tag::CALL_INDIRECT,
            ty,
            Some(module.indirect_table()),
        );
    });
    let hosts = [
        "env.memory = new WebAssembly.Memory({ initial: 1 })",
        "env.__indirect_function_table = new WebAssembly.Table({ initial: 10, element: 'anyfunc' })",
        "env.__memory_base = new WebAssembly.Global({ value: 'i32' }, 1024)",
        "env.__table_base = new WebAssembly.Global({ value: 'i32' }, 5)",
    ];
    let runs = [("byte()", "2"), ("(e.__wasm_apply_data_relocs?.(), through())", "3"), ("call()", "7")];
    expect_with("position-independent", &session, &hosts, &runs).map(drop)
}
