//! Instructions: what the builder makes runs.

use wold::mir::{BlockType, Catch, Code, DataKind, Linkage, Local, MemArg, tag};

use super::{
    Check, F32, F64, I32, I64, Test, expect, expect_with, flush, function, linked_function, one, options, validate,
    wasm64,
};

pub const TESTS: &[Test] = &[
    ("frames", frames),
    ("frames-64", frames_64),
    ("control", control),
    ("references", references),
    ("memory", memory),
    ("vectors-and-atomics", vectors_and_atomics),
    ("exceptions", exceptions),
    ("exceptions-with-references", exceptions_with_references),
    ("arrays", arrays),
];

/// The frame is aligned, lies below the caller's, and is given back.
fn frames() -> Check {
    let (session, module) = one(options());
    let sp = module.stack_pointer();
    let frame = function(&module, "frame", (&[I32], &[I32]), |b| {
        let (saved, bottom) = (b.local(I32), b.local(I32));
        b.frame(sp, saved, bottom, 20, 6);
        b.local_get(bottom).i32_const(1).memory(tag::I32_STORE, MemArg::new(16, 2));
        b.local_get(saved).global_set_sp(sp).local_get(bottom);
    });
    function(&module, "lost", (&[], &[I32]), |b| {
        let before = b.local(I32);
        b.global_get(sp).local_set(before).i32_const(0).call(frame).op(tag::DROP);
        b.global_get(sp).local_get(before).op(tag::I32_SUB);
    });
    function(&module, "size", (&[], &[I32]), |b| _ = b.global_get(sp).i32_const(0).call(frame).op(tag::I32_SUB));
    function(&module, "set", (&[I32], &[]), |b| _ = b.local_get(Local(0)).global_set(sp));
    expect(
        "frames",
        &session,
        &[
            ("frame(0) % 64", "0"),
            ("lost()", "0"),
            ("size()", "64"),
            ("set(1000)", "undefined"),
            ("frame(0)", "896"),
            ("lost()", "0"),
        ],
    )
    .map(drop)
}

fn frames_64() -> Check {
    let (session, module) = one(wasm64());
    let sp = module.stack_pointer();
    function(&module, "frame", (&[], &[I64]), |b| {
        let (saved, bottom) = (b.local(I64), b.local(I64));
        b.frame(sp, saved, bottom, 8, 4);
        b.local_get(bottom).i64_const(7).memory(tag::I64_STORE, MemArg::new(0, 3));
        b.local_get(bottom).memory(tag::I64_LOAD, MemArg::new(0, 3));
        b.local_get(saved).global_set_sp(sp);
    });
    expect("frames-64", &session, &[("frame()", "7n")]).map(drop)
}

fn control() -> Check {
    let (session, module) = one(options());
    let two = module.func_type(&[I32], &[I32, I32]);
    let three = function(&module, "three", (&[], &[I32]), |b| _ = b.i32_const(3));
    function(&module, "tail", (&[], &[I32]), |b| _ = b.return_call(three));
    function(&module, "choose", (&[I32], &[I32]), |b| {
        b.block(tag::BLOCK, BlockType::Empty).block(tag::BLOCK, BlockType::Empty).block(tag::BLOCK, BlockType::Empty);
        b.local_get(Local(0)).br_table(&[0, 1, 2]).op(tag::END);
        b.i32_const(10).ret().op(tag::END).i32_const(20).ret().op(tag::END);
        b.i32_const(30);
    });
    function(&module, "twice", (&[I32], &[I32]), |b| {
        b.local_get(Local(0)).block(tag::BLOCK, BlockType::Function(two));
        let x = b.local(I32);
        b.local_tee(x).local_get(x).op(tag::END).op(tag::I32_ADD);
    });
    function(&module, "count", (&[I32], &[I32]), |b| {
        let sum = b.local(I32);
        b.dbg_line(1, 1).block(tag::LOOP, BlockType::Empty);
        b.local_get(sum).local_get(Local(0)).op(tag::I32_ADD).local_set(sum);
        b.local_get(Local(0)).i32_const(1).op(tag::I32_SUB).local_tee(Local(0)).branch(tag::BR_IF, 0).op(tag::END);
        b.local_get(sum);
    });
    function(&module, "pick", (&[I32], &[F64]), |b| {
        b.f64_const(1.5).f64_const(-2.5).local_get(Local(0)).select_t(F64);
    });
    function(&module, "sign", (&[I32], &[F32]), |b| {
        b.local_get(Local(0)).block(tag::IF, BlockType::Value(F32)).f32_const(0.5).op(tag::ELSE).f32_const(-0.5);
        b.op(tag::END);
    });
    function(&module, "wide", (&[], &[I64]), |b| _ = b.i64_const(i64::MIN + 1).op(tag::NOP).raw(&[0x42, 0x01, 0x7c]));
    expect(
        "control",
        &session,
        &[
            ("tail()", "3"),
            ("[choose(0), choose(1), choose(9)]", "[10, 20, 30]"),
            ("twice(21)", "42"),
            ("count(4)", "10"),
            ("[pick(1), pick(0)]", "[1.5, -2.5]"),
            ("[sign(1), sign(0)]", "[0.5, -0.5]"),
            ("wide()", "-9223372036854775806n"),
        ],
    )
    .map(drop)
}

/// Functions as values: slots, typed references, tables.
fn references() -> Check {
    const FUNCREF: u8 = 0x70;
    let (session, module) = one(options());
    let ty = module.func_type(&[I32], &[I32]);
    let table = module.indirect_table();
    let inc = linked_function(&module, "inc", Linkage::Local, (&[I32], &[I32]), |b| {
        b.local_get(Local(0)).i32_const(1).op(tag::I32_ADD);
    });
    let dec = linked_function(&module, "dec", Linkage::Local, (&[I32], &[I32]), |b| {
        b.local_get(Local(0)).i32_const(1).op(tag::I32_SUB);
    });
    function(&module, "slot", (&[I32], &[I32]), |b| {
        b.func_ref(inc).func_ref(dec).local_get(Local(0)).op(tag::SELECT);
    });
    function(&module, "call", (&[I32, I32], &[I32]), |b| {
        b.local_get(Local(1)).local_get(Local(0)).call_indirect(tag::CALL_INDIRECT, ty, Some(table));
    });
    function(&module, "tail", (&[I32, I32], &[I32]), |b| {
        b.local_get(Local(1)).local_get(Local(0)).call_indirect(tag::RETURN_CALL_INDIRECT, ty, None);
    });
    function(&module, "clear", (&[I32], &[]), |b| {
        b.local_get(Local(0)).ref_null(FUNCREF).table_op(tag::TABLE_SET, table);
    });
    function(&module, "is_null", (&[I32], &[I32]), |b| {
        b.local_get(Local(0)).table_op(tag::TABLE_GET, table).op(tag::REF_IS_NULL);
    });
    function(&module, "size", (&[], &[I32]), |b| _ = b.misc(16, &[], &[table]));
    function(&module, "has", (&[], &[I32]), |b| _ = b.ref_func(dec).op(tag::REF_IS_NULL));
    expect(
        "references",
        &session,
        &[
            ("call(slot(1), 5)", "6"),
            ("tail(slot(0), 5)", "4"),
            ("size()", "3"),
            ("is_null(slot(1))", "0"),
            ("clear(slot(1))", "undefined"),
            ("is_null(slot(1))", "1"),
            ("call(slot(1), 1)", "traps"),
            ("has()", "0"),
        ],
    )
    .map(drop)
}

fn memory() -> Check {
    let (session, module) = one(options());
    let buffer = module.declare_data("buffer", DataKind::Mutable, Linkage::Local, None);
    module.worker().zeros(buffer, 64, 4);
    function(&module, "fill", (&[I32], &[I32]), |b| {
        b.address(buffer, 8).local_get(Local(0)).i32_const(8).memory_fill();
        b.address(buffer, 16).address(buffer, 8).i32_const(4).memory_copy();
        b.i32_const(4).memory(tag::I32_LOAD, MemArg::symbolic(buffer, 12, 2));
    });
    function(&module, "at", (&[I32], &[I32]), |b| {
        b.local_get(Local(0)).memory(tag::I32_LOAD8_U, MemArg::symbolic(buffer, 0, 0));
    });
    function(&module, "far", (&[I32], &[I32]), |b| {
        b.local_get(Local(0)).memory(tag::I32_LOAD8_U, MemArg::new(u32::MAX as u64, 0));
    });
    function(&module, "pages", (&[], &[I32]), |b| _ = b.memory_op(tag::MEMORY_SIZE, 0));
    function(&module, "grow", (&[], &[I32]), |b| _ = b.i32_const(1).memory_op(tag::MEMORY_GROW, 0));
    function(&module, "clamp", (&[F64], &[I32]), |b| _ = b.local_get(Local(0)).misc(2, &[], &[]));
    expect(
        "memory",
        &session,
        &[
            ("fill(3)", "50529027"),
            ("[at(7), at(8), at(19), at(20)]", "[0, 3, 3, 0]"),
            ("far(1)", "traps"),
            ("pages()", "2"),
            ("grow()", "2"),
            ("clamp(1e99)", "2147483647"),
        ],
    )
    .map(drop)
}

fn vectors_and_atomics() -> Check {
    const SPLAT: u32 = 0x11;
    const ADD: u32 = 0xae;
    const LANE: u32 = 0x1b;
    const LOAD_LANE: u32 = 0x56;
    let (session, module) = one(options());
    let word = module.declare_data("word", DataKind::Mutable, Linkage::Local, None);
    module.worker().data(word, &41u32.to_le_bytes(), 2, &[]);
    function(&module, "sum", (&[I32], &[I32]), |b| {
        let lanes = [1u32, 2, 3, 4].map(u32::to_le_bytes).concat();
        b.local_get(Local(0)).prefixed(tag::SIMD, SPLAT, None, &[]).prefixed(tag::SIMD, 0x0c, None, &lanes);
        b.prefixed(tag::SIMD, ADD, None, &[]).prefixed(tag::SIMD, LANE, None, &[3]);
    });
    function(&module, "lane", (&[], &[I32]), |b| {
        b.i32_const(0).i32_const(0).prefixed(tag::SIMD, SPLAT, None, &[]);
        b.prefixed(tag::SIMD, LOAD_LANE, Some(MemArg::symbolic(word, 0, 2)), &[1]).prefixed(
            tag::SIMD,
            LANE,
            None,
            &[1],
        );
    });
    function(&module, "next", (&[], &[I32]), |b| {
        b.address(word, 0).i32_const(1).prefixed(tag::ATOMIC, 0x1e, Some(MemArg::new(0, 2)), &[]).op(tag::DROP);
        b.prefixed(tag::ATOMIC, 0x03, None, &[]);
        b.i32_const(0).prefixed(tag::ATOMIC, 0x10, Some(MemArg::symbolic(word, 0, 2)), &[]);
    });
    expect("vectors", &session, &[("sum(10)", "14"), ("lane()", "41"), ("[next(), next()]", "[42, 43]")]).map(drop)
}

/// One module defines the tag and throws, another catches.
fn exceptions() -> Check {
    let (session, module) = one(options());
    let ty = module.func_type(&[I32], &[]);
    let oops = module.define_tag("oops", ty, Linkage::Global, None);
    linked_function(&module, "fail", Linkage::Global, (&[I32], &[]), |b| {
        _ = b.local_get(Local(0)).exception(tag::THROW, oops)
    });
    let other = session.module("other");
    let ty = other.func_type(&[I32], &[]);
    let (oops, fail) = (other.import_tag("oops", ty), other.import_func("fail", "env", "fail", ty, false));
    function(&other, "attempt", (&[I32], &[I32]), |b| {
        b.block(tag::TRY, BlockType::Value(I32)).local_get(Local(0)).call(fail).i32_const(-1);
        b.exception(tag::CATCH, oops).i32_const(100).op(tag::I32_ADD).op(tag::CATCH_ALL).i32_const(-2).op(tag::END);
    });
    expect("exceptions", &session, &[("attempt(7)", "107")]).map(drop)
}

/// The newer form, which not every host has: it is validated only.
fn exceptions_with_references() -> Check {
    let (session, module) = one(options());
    let ty = module.func_type(&[I32], &[]);
    let oops = module.define_tag("oops", ty, Linkage::Local, None);
    const EXNREF: u8 = 0x69;
    function(&module, "attempt", (&[I32], &[I32]), |b| {
        b.block(tag::BLOCK, BlockType::Value(EXNREF)).block(tag::BLOCK, BlockType::Value(I32));
        b.block(tag::BLOCK, BlockType::Empty);
        b.try_table(BlockType::Empty, &[Catch::One(oops, 1), Catch::All(0), Catch::AllRef(2)]);
        b.local_get(Local(0)).exception(tag::THROW, oops).op(tag::END).op(tag::END);
        b.i32_const(0).op(tag::END).ret().op(tag::END).op(tag::THROW_REF);
    });
    validate(&flush(&session)?)
}

/// A function as arrays that the compiler fills itself.
fn arrays() -> Check {
    let (session, module) = one(options());
    let ty = module.func_type(&[I32], &[I64]);
    let func = module.declare_func("twice", ty, Linkage::Export, None);
    let host = module.import_func("host", "outside", "double", ty, false);
    let word = u32::to_le_bytes;
    let (tags, data) =
        ([tag::LOCAL_GET, tag::CALL, tag::I64_CONST, tag::I64_ADD, tag::END], [0, host.0, 0, 0, 0].map(word));
    let extra = [5, 0].map(word);
    module.worker().func_mir(func, Code { locals: &[0], frame: None, tags: &tags, data: &data, extra: &extra });
    expect_with("arrays", &session, &["outside.double = (x) => BigInt(2 * x)"], &[("twice(4)", "13n")]).map(drop)
}
