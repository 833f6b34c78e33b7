use super::*;

#[track_caller]
fn fails(build: impl FnOnce(&mut FunctionBuilder), instruction: usize, problem: &str) {
    let mut buffer = CodeBuffer::default();
    let mut b = FunctionBuilder::new(&mut buffer, 1);
    build(&mut b);
    let error = b.finish().expect_err("a slip");
    assert_eq!((error.instruction, error.problem), (instruction, problem));
    assert!(buffer.is_empty() && buffer.tags.is_empty() && buffer.extra.is_empty() && buffer.locals.is_empty());
}

#[test]
fn slips_are_found_and_leave_nothing() {
    fails(|b| _ = b.op(tag::END), 0, "it ends a block that is not there; finish() ends the function");
    fails(|b| _ = b.op(tag::NOP).block(tag::LOOP, BlockType::Empty), 2, "a block is not ended");
    fails(|b| _ = b.block(tag::LOOP, BlockType::Empty).op(tag::ELSE), 1, "it is in no `if`");
    fails(|b| _ = b.branch(tag::BR, 1), 0, "there is no block that far out");
    fails(|b| _ = b.br_table(&[]), 0, "it lacks the default label");
    fails(|b| _ = b.i64_const(1).local_get(Local(1)), 1, "there is no such local");
    fails(|b| _ = b.op(tag::CALL), 0, "it needs an operand, or is no instruction");
    fails(|b| _ = b.prefixed(tag::SIMD, 0x0c, None, &[0; 15]), 0, "its operands do not fit its opcode");
    fails(|b| _ = b.misc(14, &[], &[Table(0)]), 0, "its operands do not fit its opcode");
}

#[test]
fn an_if_has_one_else() {
    let mut buffer = CodeBuffer::default();
    let mut b = FunctionBuilder::new(&mut buffer, 1);
    b.local_get(Local(0)).block(tag::IF, BlockType::Empty).op(tag::ELSE).op(tag::END);
    b.finish().expect("well formed");
    assert_eq!(buffer.tags, [tag::LOCAL_GET, tag::IF, tag::ELSE, tag::END, tag::END]);
}

#[test]
fn locals_of_a_type_make_a_run() {
    let mut buffer = CodeBuffer::default();
    let mut b = FunctionBuilder::new(&mut buffer, 2);
    let locals = [0x7f, 0x7f, 0x7e].map(|ty| b.local(ty));
    b.finish().expect("well formed");
    assert_eq!((locals[2], buffer.locals.as_slice()), (Local(4), &[2, 2, 0x7f, 1, 0x7e][..]));
}
