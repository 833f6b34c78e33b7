use super::*;
use crate::mir::round_trip::round_trip;
use crate::mir::{Values, lower_object};
use crate::object::relocations::RelocationKind;
use crate::object::testing::{CODE_SECTION, DATA_SECTION, Sample, counted, linking, list, symbols};

/// Zero in every field.
struct Zero;

impl Values for Zero {
    fn value(&self, _: RelocationKind, _: u32, _: i64) -> u64 {
        0
    }
}

const CALL: u8 = tag::CALL;
const FIELD: [u8; 5] = [0x80, 0x80, 0x80, 0x80, 0];

fn relocation(kind: RelocationKind, offset: u32) -> Relocation {
    Relocation { kind, offset, index: 3, addend: if kind.spec().addend { -5 } else { 0 } }
}

/// Decodes a body without locals: `code` and `end`. Lowering must give it back. Returns the tags but the last.
#[track_caller]
fn tags(code: &[u8], relocations: &[(RelocationKind, u32)], is_64: bool) -> Vec<&'static str> {
    let bytes = [&[0], code, &[tag::END]].concat();
    let relocations: Vec<_> = relocations.iter().map(|&(kind, offset)| relocation(kind, offset)).collect();
    let mut buffer = CodeBuffer::default();
    decode::decode(&bytes, &relocations, is_64, &mut buffer).expect("decodes");
    let (mut lowered, mut found) = (Vec::new(), Vec::new());
    lower_padded(&buffer.code(0), is_64, &Zero, &mut lowered, &mut found).expect("lowers");
    assert_eq!((lowered, found), (bytes, relocations));
    let last = buffer.tags.pop();
    assert_eq!(last, Some(tag::END));
    buffer.tags.iter().map(|&tag| tag::SPECS[tag as usize].name).collect()
}

#[test]
fn numbers_of_the_shortest_form_get_tags() {
    assert_eq!(tags(&[0x41, 0x7f, 0x1a], &[], false), ["i32.const", "drop"]);
    assert_eq!(tags(&[0x41, 0xc0, 0x00, 0x42, 0xbf, 0x7f], &[], false), ["i32.const", "i64.const"]);
    assert_eq!(tags(&[0x28, 2, 0x80, 0x01, 0x28, 2, 0x80, 0x80, 0x80, 0x20], &[], false), ["i32.load", "i32.load"]);
    assert_eq!(tags(&[0x0e, 2, 0, 1, 0], &[], false), ["br_table"]);
    assert_eq!(tags(&[0x02, 0x40, 0x0b, 0x1c, 1, 0x6f, 0xd0, 0x70], &[], false).len(), 4);
    assert_eq!(tags(&[0xfc, 10, 0, 0, 0xfd, 84, 0, 4, 15, 0xfe, 3, 0], &[], false), ["misc", "simd", "atomic"]);
    assert_eq!(tags(&[0x43, 0, 0, 0x80, 0x3f, 0x44, 1, 2, 3, 4, 5, 6, 7, 8], &[], false), ["f32.const", "f64.const"]);
}

#[test]
fn what_has_no_tag_is_kept_as_bytes() {
    // ref.i31 has none; a number may be longer than it must be; a call may lack its relocation.
    assert_eq!(tags(&[0xfb, 0x1c], &[], false), ["raw"]);
    assert_eq!(tags(&[0x41, 0x80, 0x00], &[], false), ["raw"]);
    assert_eq!(tags(&[0x20, 0x80, 0x00, 0x1a, CALL, 1], &[], false), ["raw", "drop", "raw"]);
    assert_eq!(tags(&[0xfd, 0x8e, 0x00], &[], false), ["raw"]);
    // Types of more than one byte, and the second memory.
    assert_eq!(tags(&[0x02, 0x63, 0x70, 0x0b], &[], false), ["raw", "end"]);
    assert_eq!(tags(&[0x02, 0x05, 0x0b], &[], false), ["raw", "end"]);
    assert_eq!(tags(&[0x28, 0x42, 1, 0], &[], false), ["raw"]);
    // Neighbours become one.
    assert_eq!(tags(&[0xfb, 0x1c, CALL, 1, 0xfb, 0x1d], &[], false), ["raw"]);
}

#[test]
fn relocations_make_operands_symbolic() {
    use RelocationKind as R;
    let with_field = |before: &[u8], width: usize, after: &[u8]| {
        let mut bytes = before.to_vec();
        bytes.extend(std::iter::repeat_n(0x80, width - 1));
        [&bytes, &[0][..], after].concat()
    };
    let one = |opcode: &[u8], kind: R, is_64| {
        let code = with_field(opcode, kind.field().width(), &[]);
        tags(&code, &[(kind, 1 + opcode.len() as u32)], is_64)
    };
    assert_eq!(one(&[CALL], R::FUNCTION_INDEX_LEB, false), ["call"]);
    assert_eq!(one(&[0x23], R::GLOBAL_INDEX_LEB, false), ["global.get"]);
    assert_eq!(one(&[0x41], R::MEMORY_ADDR_SLEB, false), ["nav_ref_off"]);
    assert_eq!(one(&[0x42], R::MEMORY_ADDR_SLEB64, true), ["nav_ref_off"]);
    assert_eq!(one(&[0x41], R::MEMORY_ADDR_TLS_SLEB, false), ["tls_ref_off"]);
    assert_eq!(one(&[0x41], R::TABLE_INDEX_SLEB, false), ["func_ref"]);
    assert_eq!(one(&[0x42], R::TABLE_INDEX_REL_SLEB64, true), ["func_relative_ref"]);
    assert_eq!(one(&[0x28, 2], R::MEMORY_ADDR_LEB, false), ["i32.load"]);
    assert_eq!(one(&[0xfe, 0x10, 2], R::MEMORY_ADDR_LEB64, true), ["atomic"]);
    assert_eq!(one(&[0x08], R::TAG_INDEX_LEB, false), ["throw"]);
    assert_eq!(one(&[0x02], R::TYPE_INDEX_LEB, false), ["block"]);
    let indirect = with_field(&with_field(&[0x11], 5, &[]), 5, &[]);
    assert_eq!(tags(&indirect, &[(R::TYPE_INDEX_LEB, 2), (R::TABLE_NUMBER_LEB, 7)], false), ["call_indirect"]);
    let table_0 = with_field(&[0x11], 5, &[0]);
    assert_eq!(tags(&table_0, &[(R::TYPE_INDEX_LEB, 2)], false), ["call_indirect"]);
    let catch = with_field(&[0x1f, 0x40, 2, 0], 5, &[1, 2, 0, 0x0b]);
    assert_eq!(tags(&catch, &[(R::TAG_INDEX_LEB, 5)], false), ["try_table", "end"]);
}

#[test]
fn relocations_that_a_tag_does_not_have_are_kept_with_the_bytes() {
    use RelocationKind as R;
    let code = |before: &[u8], after: &[u8]| [before, &FIELD, after].concat();
    // The other width, another family, another operand, an operator without a tag.
    assert_eq!(tags(&code(&[0x41], &[]), &[(R::MEMORY_ADDR_SLEB, 2)], true), ["raw_fields"]);
    assert_eq!(tags(&code(&[0x41], &[]), &[(R::MEMORY_ADDR_LEB, 2)], false), ["raw_fields"]);
    assert_eq!(tags(&code(&[0x20], &[]), &[(R::FUNCTION_INDEX_LEB, 2)], false), ["raw_fields"]);
    assert_eq!(tags(&code(&[0x28], &[0]), &[(R::MEMORY_ADDR_LEB, 2)], false), ["raw_fields"]);
    assert_eq!(tags(&code(&[0xfb, 0x00], &[0x1a]), &[(R::TYPE_INDEX_LEB, 3)], false), ["raw_fields", "drop"]);
    let two = [&code(&[0x20], &[0xfb, 0x1c]), &code(&[0xfb, 0x00], &[])[..]].concat();
    let relocations = [(R::FUNCTION_INDEX_LEB, 2), (R::TYPE_INDEX_LEB, 11)];
    assert_eq!(tags(&two, &relocations, false), ["raw_fields"]);
}

#[test]
fn tags_of_mir_are_no_opcodes() {
    for tag in [tag::NAV_REF, tag::RAW, tag::CALL_INTRINSIC, tag::DBG_EPILOGUE_BEGIN] {
        let result = decode::decode(&[0, tag, tag::END], &[], false, &mut CodeBuffer::default());
        assert!(result.is_err(), "{tag:#x}");
    }
}

#[test]
fn broken_bodies_are_refused() {
    let fails = |bytes: &[u8], relocations: &[Relocation]| {
        decode::decode(bytes, relocations, false, &mut CodeBuffer::default()).expect_err("broken")
    };
    assert_eq!(fails(&[0], &[]).message, "expected `end` as the last instruction of a function");
    assert_eq!(fails(&[0, 0x1a], &[]).at, 2);
    assert_eq!(fails(&[0, 0x0b, 0x41], &[]).at, 3);
    assert!(fails(&[], &[]).at == 0 && fails(&[0, 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f], &[]).at > 0);
    let among_locals = relocation(RelocationKind::FUNCTION_INDEX_LEB, 0);
    let locals = [1, 0x80, 0x80, 0x80, 0x80, 0, 0x7f, 0x0b];
    assert_eq!(fails(&locals, &[among_locals]).message, "expected no relocation among the locals of a function");
    let word = RelocationKind::from_code(5).expect("a type");
    let fixed = [0, 0x43, 0, 0, 0, 0, 0x0b];
    assert_eq!(
        fails(&fixed, &[relocation(word, 2)]).message,
        "expected a relocation type for code, found R_WASM_MEMORY_ADDR_I32"
    );
}

/// Lifts `sample`, lowers it and compares everything but debug information. Returns the object with MIR.
#[track_caller]
fn comes_back(sample: &Sample) -> Vec<u8> {
    let bytes = sample.bytes();
    let trip = round_trip("a.o", &bytes).expect("a round trip");
    assert_eq!(trip.differences, Vec::<String>::new());
    lift("a.o", &bytes).expect("lifts").bytes
}

#[test]
fn a_whole_object_comes_back() {
    let lifted = comes_back(&Sample::whole());
    let object = Object::parse("a.wmir", &lifted).expect("an object");
    let contents = Contents::parse(&object).expect("an object");
    let names: Vec<_> = object.sections.iter().map(|section| section.label()).collect();
    assert!(object.is_mir && !names.contains(&".debug_x") && !names.contains(&"reloc..debug_x"), "{names:?}");
    assert!(!names.contains(&"reloc.CODE"));
    assert_eq!(names.last(), Some(&file::SECTION));
    // The symbol of the section that is gone names another one.
    let linking = names.iter().position(|&name| name == "linking");
    assert_eq!(Some(object.symbols[9].index as usize), linking);
    assert!(object.section_comdats.is_empty());
    assert_eq!(contents.segments.len(), 2);
    assert_eq!(contents.code.as_ref(), [2, 3, 0, 0, 0x0b, 3, 0, 0, 0x0b]);
}

#[test]
fn an_object_without_data_gets_some_for_the_gate_and_loses_it_again() {
    let whole = Sample::whole();
    let mut sample = Sample { sections: Vec::new() };
    for label in ["TYPE", "FUNCTION", "CODE"] {
        sample.sections.extend(whole.sections.iter().find(|it| label == crate::object::section_label(it.0)).cloned());
    }
    let sample = sample.with("CODE", list(&[&[2, 0, 0x0b], &[2, 0, 0x0b]]));
    for table in [linking(&[]), linking(&[(8, list(&[&counted(&[0, 0, 0], "f", &[])]))])] {
        let mut sample = sample.clone();
        sample.sections.push((id::CUSTOM, "linking", table));
        let lifted = comes_back(&sample);
        let object = Object::parse("a.wmir", &lifted).expect("an object");
        assert_eq!((object.memory_count, object.segment_count), (1, 0));
        let lowered = lower_object("a.wmir", &lifted).expect("lowers");
        let object = Object::parse("a.o", &lowered).expect("an object");
        assert!(object.section(id::DATA).is_none() && object.segment_info.is_empty());
    }
}

#[test]
fn fields_and_sizes_out_of_the_ordinary_come_back() {
    // Size fields and count of full width; fields that hold anything, even no number of their width.
    let padded = |number: u8| [number | 0x80, 0x80, 0x80, 0x80, 0];
    let bodies: [&[u8]; 2] = [&[0, 0x10, 0x87, 0x80, 0x80, 0x80, 0, 0x0b], &[0, 0x41, 1, 2, 3, 4, 0xff, 0x1a, 0x0b]];
    let code = [&padded(2)[..], &padded(8), bodies[0], &[9], bodies[1]].concat();
    let entries = list(&[&[0, 12, 0], &[4, 21, 3, 1]]);
    let relocations = [&[CODE_SECTION][..], &entries].concat();
    let sample = Sample::whole().with("CODE", code).with("reloc.CODE", relocations);
    let counts = lift("a.o", &sample.bytes()).expect("lifts").counts;
    assert_eq!((counts.exceptions, counts.relocations), (2, 2));
    comes_back(&sample);
}

#[test]
fn relocations_of_data_move_with_its_count() {
    // One more than 127 segments need a longer count.
    let mut data = vec![127, 1, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    (0..125).for_each(|_| data.extend([1, 0]));
    let relocations = [DATA_SECTION, 1, 5, 7, 3, 0];
    let comdats = linking(&[(8, symbols()), (7, list(&[]))]);
    let sample = Sample::whole().with("DATA", data).with("DATACOUNT", [127]).with("reloc.DATA", relocations);
    comes_back(&sample.with("linking", comdats));
}

#[test]
fn what_is_no_object_is_refused() {
    let error = |bytes: &[u8]| lift("a.o", bytes).expect_err("refused").message;
    let mut sample = Sample::whole();
    sample.sections.truncate(DATA_SECTION as usize + 1);
    assert_eq!(error(&sample.bytes()), "a.o: is not a relocatable object: it has no linking section");
    let lifted = comes_back(&Sample::whole());
    assert_eq!(error(&lifted), "a.o: its functions are MIR already");
    let shared = counted(b"\0asm\x01\0\0\0\0", counted(&[], "dylink.0", &[]), &[]);
    assert_eq!(error(&shared), "a.o: is a shared library, not a relocatable object");
    let plain = lower_object("a.o", &Sample::whole().bytes()).expect_err("refused").message;
    assert_eq!(plain, "a.o: has no MIR: there is nothing to lower");
}
