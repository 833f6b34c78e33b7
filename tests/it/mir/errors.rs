//! What a compiler gets wrong, and what it is told: the module, the function or datum, the instruction.

use wold::mir::{Code, Data, DataKind, Fixup, Func, Linkage, Module, Type, tag};

use super::{Check, I32, Test, flush, function, one, options, same};

pub const TESTS: &[Test] = &[
    ("errors-of-definitions", definitions),
    ("errors-of-operands", operands),
    ("errors-of-data", data),
    ("errors-of-handles", handles),
    ("errors-undefined", undefined),
];

/// Checks what flushing a module that `build` makes says.
fn says(build: impl FnOnce(&Module), expected: &str) -> Check {
    let (session, module) = one(options());
    build(&module);
    let found = flush(&session).expect_err(expected);
    same(found.lines().next().unwrap_or_default(), expected)
}

fn declared(module: &Module, name: &str) -> Func {
    let ty = module.func_type(&[], &[]);
    module.declare_func(name, ty, Linkage::Export, None)
}

fn datum(module: &Module, bytes: &[u8], alignment: u32, fixups: &[Fixup]) -> Data {
    let data = module.declare_data("datum", DataKind::Const, Linkage::Local, None);
    module.worker().data(data, bytes, alignment, fixups);
    data
}

fn definitions() -> Check {
    says(|m| _ = declared(m, "f"), "unit: f is declared, but not defined")?;
    says(|m| _ = m.declare_data("d", DataKind::Const, Linkage::Local, None), "unit: d is declared, but not defined")?;
    let twice = |m: &Module| {
        let f = function(m, "f", (&[], &[]), |_| ());
        m.worker().func(f, |_| ()).expect("well formed");
    };
    says(twice, "unit: f is defined twice")?;
    let mixed = |m: &Module| {
        let f = declared(m, "f");
        m.worker().data(Data(f.0), &[1], 0, &[]);
    };
    says(mixed, "unit: f is defined, but declared as something else")?;
    let import = |m: &Module| {
        let ty = m.func_type(&[], &[]);
        let f = m.import_func("g", "env", "g", ty, false);
        m.worker().func(f, |_| ()).expect("well formed");
    };
    says(import, "unit: g is defined, but declared as something else")?;
    says(
        |m| m.worker().func(Func(99), |_| ()).expect("well formed"),
        "unit: a definition names declaration 99, which is not there",
    )
}

fn operands() -> Check {
    let bad = "it names a symbol that does not exist or is of another kind";
    let problem = |instruction: u32| format!("unit: function f, instruction {instruction}: {bad}");
    says(|m| _ = function(m, "f", (&[], &[]), |b| _ = b.op(tag::NOP).call(Func(77))), &problem(1))?;
    says(|m| _ = function(m, "f", (&[], &[]), |b| _ = b.call(Func(u32::MAX))), &problem(0))?;
    let unnamed = |m: &Module| {
        // A handle of another worker: this one has no unnamed values.
        let foreign = m.worker().unnamed(b"x", 0, &[]);
        function(m, "f", (&[], &[]), |b| _ = b.uav_ref(foreign, 0).op(tag::DROP));
    };
    says(unnamed, &problem(0))?;
    let kind = |m: &Module| {
        let data = datum(m, &[1], 0, &[]);
        function(m, "f", (&[], &[]), |b| _ = b.call(Func(data.0)));
    };
    says(kind, &problem(0))?;
    let ty = "unit: function f, instruction 1: it names a type that does not exist";
    let indirect = |m: &Module| {
        function(m, "f", (&[], &[]), |b| _ = b.i32_const(0).call_indirect(tag::CALL_INDIRECT, Type(9), None));
    };
    says(indirect, ty)?;
    let arrays = |tags: &'static [u8], locals: &'static [u8]| {
        move |m: &Module| {
            let data = vec![0u32.to_le_bytes(); tags.len()];
            m.worker().func_mir(declared(m, "f"), Code { locals, frame: None, tags, data: &data, extra: &[] });
        }
    };
    says(arrays(&[0xff, tag::END], &[0]), "unit: function f, instruction 0: there is no instruction with its tag")?;
    let short = "unit: function f, instruction 0: its operands end behind the last extra word";
    says(arrays(&[tag::I64_CONST, tag::END], &[0]), short)?;
    let locals = "unit: function f, instruction 0: the function's locals are not encoded as they should be";
    says(arrays(&[tag::END], &[1]), locals)
}

fn data() -> Check {
    let overlap = |offset: u32, size: u32| {
        format!("unit: datum: a pointer at byte {offset} of {size} overlaps another or the end")
    };
    says(|m| _ = datum(m, &[0; 6], 0, &[Fixup::data(3, Data(0), 0)]), &overlap(3, 6))?;
    says(|m| _ = datum(m, &[0; 8], 0, &[Fixup::data(0, Data(0), 0), Fixup::data(2, Data(0), 0)]), &overlap(2, 8))?;
    says(|m| _ = datum(m, &[0; 8], 0, &[Fixup::data(u32::MAX, Data(0), 0)]), &overlap(u32::MAX, 8))?;
    let target = "unit: byte 4 of datum points at a symbol that does not exist or is of another kind";
    says(|m| _ = datum(m, &[0; 8], 0, &[Fixup::data(4, Data(50), 0)]), target)?;
    says(|m| _ = datum(m, &[0; 8], 0, &[Fixup::func(4, Func(0))]), target)?;
    says(|m| _ = datum(m, &[0; 8], 32, &[]), "unit: datum is aligned to 2**32; 2**31 is the most")?;
    let large = |m: &Module| {
        let data = m.declare_data("large", DataKind::Mutable, Linkage::Local, None);
        m.worker().zeros(data, 1 << 32, 0);
    };
    says(large, "unit: large: 4294967296 bytes do not fit 32 bits")
}

fn handles() -> Check {
    says(|m| _ = m.declare_func("f", Type(3), Linkage::Local, None), "unit: f has type 3, which is not there")?;
    says(|m| m.export("name", Func(3)), "unit: what is exported as name is no function of the module")?;
    says(|m| m.init_func(Func(3), 0), "unit: what is called at start-up is no function of the module")
}

fn undefined() -> Check {
    let call = |m: &Module| {
        let ty = m.func_type(&[I32], &[]);
        let absent = m.import_func("absent", "env", "absent", ty, false);
        function(m, "f", (&[], &[]), |b| _ = b.i32_const(1).call(absent));
    };
    says(call, "unit: undefined symbol: absent")?;
    let address = |m: &Module| {
        let absent = m.import_data("nowhere", false);
        datum(m, &[0; 4], 2, &[Fixup::data(0, absent, 0)]);
        function(m, "f", (&[], &[I32]), |b| _ = b.address(Data(1), 0));
    };
    says(address, "unit: undefined symbol: nowhere")?;
    let table = |m: &Module| {
        let table = m.import_name_table("names");
        function(m, "f", (&[], &[I32]), |b| _ = b.names_len(table.len));
    };
    says(table, "unit: undefined symbol: names.len")
}
