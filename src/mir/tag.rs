//! The instructions of MIR as rows: number, constant, name, what its operand is.
//!
//! An instruction is a one-byte tag and a 32-bit word. Where WebAssembly has a one-byte opcode, the tag is that opcode,
//! so that lowering pushes it; what its word holds, and what follows the opcode, is its [`Shape`]. Spec: WebAssembly
//! core, "Instructions" (binary format), and the proposals for exception handling, tail calls and typed references.
//!
//! Instructions that WebAssembly lacks have numbers that it does not use. They become, where addresses have 32 bits
//! (64):
//!
//! | tags | word | in a module | relocation in an object |
//! |---|---|---|---|
//! | [`UAV_REF`], [`NAV_REF`], [`NAME_TABLE_REF`] | sym of data | `i32.const` (`i64.const`) address | R_WASM_MEMORY_ADDR_SLEB (64) |
//! | [`UAV_REF_OFF`], [`NAV_REF_OFF`] | extra: sym, addend | the same, behind the symbol | the same, with the addend |
//! | [`TLS_REF`], [`TLS_REF_OFF`] | as above | distance from `__tls_base` | R_WASM_MEMORY_ADDR_TLS_SLEB (64) |
//! | [`RELATIVE_REF`], [`RELATIVE_REF_OFF`] | as above | distance from `__memory_base` | R_WASM_MEMORY_ADDR_REL_SLEB (64) |
//! | [`FUNC_REF`] | sym of a function | its table slot as a constant | R_WASM_TABLE_INDEX_SLEB (64) |
//! | [`FUNC_RELATIVE_REF`] | sym of a function | distance of its slot from `__table_base` | R_WASM_TABLE_INDEX_REL_SLEB (64) |
//! | [`NAMES_LEN`] | sym of absolute data | `i32.const`, whatever addresses are | none: the number |
//! | [`CALL_INTRINSIC`], [`CALL_TAG_NAME`] | sym of a function | `call` | R_WASM_FUNCTION_INDEX_LEB |
//! | [`GLOBAL_SET_SP`] | sym of `__stack_pointer` | `global.set` | R_WASM_GLOBAL_INDEX_LEB |
//! | [`DBG_LINE`] | extra: line, column | nothing | |
//! | [`DBG_EPILOGUE_BEGIN`] | | nothing; ends the function's instructions | |
//! | [`RAW`] | extra: count, bytes | the bytes | |
//! | [`RAW_FIELDS`] | extra: bytes with fields | the bytes, fields as short as they can be | the fields', padded |
//! | [`MISC`], [`SIMD`], [`ATOMIC`] | extra: opcode, operands | prefix, opcode, operands | those of tables and of accesses to memory |
//!
//! A function with a [`Frame`](super::Frame) starts with a prologue: `global.get sp`, `local.tee saved`, `const size`,
//! `sub`, `const -alignment`, `and`, `local.tee bottom`, `global.set sp`; what gives the frame back is the compiler's.

/// What an instruction's word holds, and what follows the opcode once it is lowered.
///
/// "Extra" is the function's array of further words; `sym` is an index into the object's symbols, `addend` a 64-bit
/// number as two words, the low one first. The relocations named are those of 32-bit objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No such tag.
    Unknown,
    /// Nothing; the opcode alone.
    Plain,
    /// No bytes at all.
    Nothing,
    /// No bytes, and none for what follows.
    Stop,
    /// A block type: a value type or 0x40 as its byte; a function type as [`TYPE_BLOCK`] with its index, for
    /// R_WASM_TYPE_INDEX_LEB.
    Block,
    /// A number, unsigned: a label, a local, a memory.
    Number,
    /// Extra: how many labels, the default one (the last) included; the labels.
    Labels,
    /// sym of a function. R_WASM_FUNCTION_INDEX_LEB.
    Function,
    /// Extra: a type, for R_WASM_TYPE_INDEX_LEB; sym of a table, for R_WASM_TABLE_NUMBER_LEB, or [`NO_SYMBOL`] for table 0
    /// as one byte.
    Indirect,
    /// A type. R_WASM_TYPE_INDEX_LEB.
    TypeIndex,
    /// sym of a global, or of a function or data that is reached through the GOT. R_WASM_GLOBAL_INDEX_LEB.
    Global,
    /// sym of a tag. R_WASM_TAG_INDEX_LEB.
    Tag,
    /// sym of a table. R_WASM_TABLE_NUMBER_LEB.
    Table,
    /// An access to memory. As one word: the alignment's logarithm in bits 26 to 30, the offset in bits 0 to 25. Or
    /// [`IN_EXTRA`] and an index into extra: the alignment's logarithm, then the offset as two words; or the logarithm
    /// with [`SYMBOLIC`], sym of data and addend, for R_WASM_MEMORY_ADDR_LEB.
    Memory,
    /// A signed number.
    I32,
    /// Extra: a signed number as two words, the low one first.
    I64,
    /// Bits of a float.
    F32,
    /// Extra: bits of a float as two words, the low one first.
    F64,
    /// A value type as its byte; the number of types, 1, is put in front.
    OneType,
    /// An abstract heap type as its byte.
    HeapType,
    /// Extra: a block type as in `Block`; how many clauses; of each its kind (0 `catch`, 1 `catch_ref`, 2 `catch_all`,
    /// 3 `catch_all_ref`), sym of a tag or [`NO_SYMBOL`], label.
    TryTable,
    /// sym of data. A constant of pointer type: R_WASM_MEMORY_ADDR_SLEB, or its TLS or relative form.
    Address,
    /// Extra: sym of data, addend. The same.
    AddressOffset,
    /// sym of a function. A constant, its table slot: R_WASM_TABLE_INDEX_SLEB, or its relative form.
    Slot,
    /// sym of absolute data. An `i32.const`, whatever pointers are: R_WASM_MEMORY_ADDR_SLEB.
    AbsoluteI32,
    /// Extra: an opcode behind the prefix 0xfc, then its operands: numbers, or sym of each table.
    Misc,
    /// Extra: an opcode behind the prefix 0xfd, then its operands: an access to memory, a lane, 16 bytes as four words.
    Simd,
    /// Extra: an opcode behind the prefix 0xfe, then an access to memory, if it has one.
    Atomic,
    /// Extra: how many bytes; the bytes, four to a word. They are the instructions, as they are.
    Raw,
    /// Extra: how many bytes; how many fields; of each field the byte it stands in front of, its relocation type, sym (or
    /// type), addend; the bytes, four to a word.
    Fields,
}

/// Says that a block type is the index of a function type.
pub const TYPE_BLOCK: u32 = 1 << 31;
/// Stands for a symbol where there is none.
pub const NO_SYMBOL: u32 = u32::MAX;
/// Says that a memory access is described in extra.
pub const IN_EXTRA: u32 = 1 << 31;
/// Says that the offset of a memory access is an address.
pub const SYMBOLIC: u32 = 1 << 8;
/// Offsets of a memory access below this fit the instruction's word.
pub const INLINE_OFFSET_END: u64 = 1 << 26;
/// Where the logarithm of the alignment begins in the word of a memory access.
pub const INLINE_ALIGN_SHIFT: u32 = 26;

/// An instruction's row.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Name, as the WebAssembly text format spells it where it has it.
    pub name: &'static str,
    /// What its operand is.
    pub shape: Shape,
}

macro_rules! tags {
    ($($number:literal $constant:ident $name:literal $shape:ident;)*) => {
        $(#[doc = concat!("`", $name, "`; its operand is a [`Shape::", stringify!($shape), "`].")]
        pub const $constant: u8 = $number;)*

        /// Every tag's row.
        pub const SPECS: [Spec; 256] = {
            let mut specs = [Spec { name: "", shape: Shape::Unknown }; 256];
            $(specs[$number] = Spec { name: $name, shape: Shape::$shape };)*
            specs
        };
    };
}

tags! {
0x00 UNREACHABLE "unreachable" Plain;
0x01 NOP "nop" Plain;
0x02 BLOCK "block" Block;
0x03 LOOP "loop" Block;
0x04 IF "if" Block;
0x05 ELSE "else" Plain;
0x06 TRY "try" Block;
0x07 CATCH "catch" Tag;
0x08 THROW "throw" Tag;
0x09 RETHROW "rethrow" Number;
0x0a THROW_REF "throw_ref" Plain;
0x0b END "end" Plain;
0x0c BR "br" Number;
0x0d BR_IF "br_if" Number;
0x0e BR_TABLE "br_table" Labels;
0x0f RETURN "return" Plain;
0x10 CALL "call" Function;
0x11 CALL_INDIRECT "call_indirect" Indirect;
0x12 RETURN_CALL "return_call" Function;
0x13 RETURN_CALL_INDIRECT "return_call_indirect" Indirect;
0x14 CALL_REF "call_ref" TypeIndex;
0x15 RETURN_CALL_REF "return_call_ref" TypeIndex;
0x18 DELEGATE "delegate" Number;
0x19 CATCH_ALL "catch_all" Plain;
0x1a DROP "drop" Plain;
0x1b SELECT "select" Plain;
0x1c SELECT_T "select_t" OneType;
0x1f TRY_TABLE "try_table" TryTable;
0x20 LOCAL_GET "local.get" Number;
0x21 LOCAL_SET "local.set" Number;
0x22 LOCAL_TEE "local.tee" Number;
0x23 GLOBAL_GET "global.get" Global;
0x24 GLOBAL_SET "global.set" Global;
0x25 TABLE_GET "table.get" Table;
0x26 TABLE_SET "table.set" Table;
0x28 I32_LOAD "i32.load" Memory;
0x29 I64_LOAD "i64.load" Memory;
0x2a F32_LOAD "f32.load" Memory;
0x2b F64_LOAD "f64.load" Memory;
0x2c I32_LOAD8_S "i32.load8_s" Memory;
0x2d I32_LOAD8_U "i32.load8_u" Memory;
0x2e I32_LOAD16_S "i32.load16_s" Memory;
0x2f I32_LOAD16_U "i32.load16_u" Memory;
0x30 I64_LOAD8_S "i64.load8_s" Memory;
0x31 I64_LOAD8_U "i64.load8_u" Memory;
0x32 I64_LOAD16_S "i64.load16_s" Memory;
0x33 I64_LOAD16_U "i64.load16_u" Memory;
0x34 I64_LOAD32_S "i64.load32_s" Memory;
0x35 I64_LOAD32_U "i64.load32_u" Memory;
0x36 I32_STORE "i32.store" Memory;
0x37 I64_STORE "i64.store" Memory;
0x38 F32_STORE "f32.store" Memory;
0x39 F64_STORE "f64.store" Memory;
0x3a I32_STORE8 "i32.store8" Memory;
0x3b I32_STORE16 "i32.store16" Memory;
0x3c I64_STORE8 "i64.store8" Memory;
0x3d I64_STORE16 "i64.store16" Memory;
0x3e I64_STORE32 "i64.store32" Memory;
0x3f MEMORY_SIZE "memory.size" Number;
0x40 MEMORY_GROW "memory.grow" Number;
0x41 I32_CONST "i32.const" I32;
0x42 I64_CONST "i64.const" I64;
0x43 F32_CONST "f32.const" F32;
0x44 F64_CONST "f64.const" F64;
0x45 I32_EQZ "i32.eqz" Plain;
0x46 I32_EQ "i32.eq" Plain;
0x47 I32_NE "i32.ne" Plain;
0x48 I32_LT_S "i32.lt_s" Plain;
0x49 I32_LT_U "i32.lt_u" Plain;
0x4a I32_GT_S "i32.gt_s" Plain;
0x4b I32_GT_U "i32.gt_u" Plain;
0x4c I32_LE_S "i32.le_s" Plain;
0x4d I32_LE_U "i32.le_u" Plain;
0x4e I32_GE_S "i32.ge_s" Plain;
0x4f I32_GE_U "i32.ge_u" Plain;
0x50 I64_EQZ "i64.eqz" Plain;
0x51 I64_EQ "i64.eq" Plain;
0x52 I64_NE "i64.ne" Plain;
0x53 I64_LT_S "i64.lt_s" Plain;
0x54 I64_LT_U "i64.lt_u" Plain;
0x55 I64_GT_S "i64.gt_s" Plain;
0x56 I64_GT_U "i64.gt_u" Plain;
0x57 I64_LE_S "i64.le_s" Plain;
0x58 I64_LE_U "i64.le_u" Plain;
0x59 I64_GE_S "i64.ge_s" Plain;
0x5a I64_GE_U "i64.ge_u" Plain;
0x5b F32_EQ "f32.eq" Plain;
0x5c F32_NE "f32.ne" Plain;
0x5d F32_LT "f32.lt" Plain;
0x5e F32_GT "f32.gt" Plain;
0x5f F32_LE "f32.le" Plain;
0x60 F32_GE "f32.ge" Plain;
0x61 F64_EQ "f64.eq" Plain;
0x62 F64_NE "f64.ne" Plain;
0x63 F64_LT "f64.lt" Plain;
0x64 F64_GT "f64.gt" Plain;
0x65 F64_LE "f64.le" Plain;
0x66 F64_GE "f64.ge" Plain;
0x67 I32_CLZ "i32.clz" Plain;
0x68 I32_CTZ "i32.ctz" Plain;
0x69 I32_POPCNT "i32.popcnt" Plain;
0x6a I32_ADD "i32.add" Plain;
0x6b I32_SUB "i32.sub" Plain;
0x6c I32_MUL "i32.mul" Plain;
0x6d I32_DIV_S "i32.div_s" Plain;
0x6e I32_DIV_U "i32.div_u" Plain;
0x6f I32_REM_S "i32.rem_s" Plain;
0x70 I32_REM_U "i32.rem_u" Plain;
0x71 I32_AND "i32.and" Plain;
0x72 I32_OR "i32.or" Plain;
0x73 I32_XOR "i32.xor" Plain;
0x74 I32_SHL "i32.shl" Plain;
0x75 I32_SHR_S "i32.shr_s" Plain;
0x76 I32_SHR_U "i32.shr_u" Plain;
0x77 I32_ROTL "i32.rotl" Plain;
0x78 I32_ROTR "i32.rotr" Plain;
0x79 I64_CLZ "i64.clz" Plain;
0x7a I64_CTZ "i64.ctz" Plain;
0x7b I64_POPCNT "i64.popcnt" Plain;
0x7c I64_ADD "i64.add" Plain;
0x7d I64_SUB "i64.sub" Plain;
0x7e I64_MUL "i64.mul" Plain;
0x7f I64_DIV_S "i64.div_s" Plain;
0x80 I64_DIV_U "i64.div_u" Plain;
0x81 I64_REM_S "i64.rem_s" Plain;
0x82 I64_REM_U "i64.rem_u" Plain;
0x83 I64_AND "i64.and" Plain;
0x84 I64_OR "i64.or" Plain;
0x85 I64_XOR "i64.xor" Plain;
0x86 I64_SHL "i64.shl" Plain;
0x87 I64_SHR_S "i64.shr_s" Plain;
0x88 I64_SHR_U "i64.shr_u" Plain;
0x89 I64_ROTL "i64.rotl" Plain;
0x8a I64_ROTR "i64.rotr" Plain;
0x8b F32_ABS "f32.abs" Plain;
0x8c F32_NEG "f32.neg" Plain;
0x8d F32_CEIL "f32.ceil" Plain;
0x8e F32_FLOOR "f32.floor" Plain;
0x8f F32_TRUNC "f32.trunc" Plain;
0x90 F32_NEAREST "f32.nearest" Plain;
0x91 F32_SQRT "f32.sqrt" Plain;
0x92 F32_ADD "f32.add" Plain;
0x93 F32_SUB "f32.sub" Plain;
0x94 F32_MUL "f32.mul" Plain;
0x95 F32_DIV "f32.div" Plain;
0x96 F32_MIN "f32.min" Plain;
0x97 F32_MAX "f32.max" Plain;
0x98 F32_COPYSIGN "f32.copysign" Plain;
0x99 F64_ABS "f64.abs" Plain;
0x9a F64_NEG "f64.neg" Plain;
0x9b F64_CEIL "f64.ceil" Plain;
0x9c F64_FLOOR "f64.floor" Plain;
0x9d F64_TRUNC "f64.trunc" Plain;
0x9e F64_NEAREST "f64.nearest" Plain;
0x9f F64_SQRT "f64.sqrt" Plain;
0xa0 F64_ADD "f64.add" Plain;
0xa1 F64_SUB "f64.sub" Plain;
0xa2 F64_MUL "f64.mul" Plain;
0xa3 F64_DIV "f64.div" Plain;
0xa4 F64_MIN "f64.min" Plain;
0xa5 F64_MAX "f64.max" Plain;
0xa6 F64_COPYSIGN "f64.copysign" Plain;
0xa7 I32_WRAP_I64 "i32.wrap_i64" Plain;
0xa8 I32_TRUNC_F32_S "i32.trunc_f32_s" Plain;
0xa9 I32_TRUNC_F32_U "i32.trunc_f32_u" Plain;
0xaa I32_TRUNC_F64_S "i32.trunc_f64_s" Plain;
0xab I32_TRUNC_F64_U "i32.trunc_f64_u" Plain;
0xac I64_EXTEND_I32_S "i64.extend_i32_s" Plain;
0xad I64_EXTEND_I32_U "i64.extend_i32_u" Plain;
0xae I64_TRUNC_F32_S "i64.trunc_f32_s" Plain;
0xaf I64_TRUNC_F32_U "i64.trunc_f32_u" Plain;
0xb0 I64_TRUNC_F64_S "i64.trunc_f64_s" Plain;
0xb1 I64_TRUNC_F64_U "i64.trunc_f64_u" Plain;
0xb2 F32_CONVERT_I32_S "f32.convert_i32_s" Plain;
0xb3 F32_CONVERT_I32_U "f32.convert_i32_u" Plain;
0xb4 F32_CONVERT_I64_S "f32.convert_i64_s" Plain;
0xb5 F32_CONVERT_I64_U "f32.convert_i64_u" Plain;
0xb6 F32_DEMOTE_F64 "f32.demote_f64" Plain;
0xb7 F64_CONVERT_I32_S "f64.convert_i32_s" Plain;
0xb8 F64_CONVERT_I32_U "f64.convert_i32_u" Plain;
0xb9 F64_CONVERT_I64_S "f64.convert_i64_s" Plain;
0xba F64_CONVERT_I64_U "f64.convert_i64_u" Plain;
0xbb F64_PROMOTE_F32 "f64.promote_f32" Plain;
0xbc I32_REINTERPRET_F32 "i32.reinterpret_f32" Plain;
0xbd I64_REINTERPRET_F64 "i64.reinterpret_f64" Plain;
0xbe F32_REINTERPRET_I32 "f32.reinterpret_i32" Plain;
0xbf F64_REINTERPRET_I64 "f64.reinterpret_i64" Plain;
0xc0 I32_EXTEND8_S "i32.extend8_s" Plain;
0xc1 I32_EXTEND16_S "i32.extend16_s" Plain;
0xc2 I64_EXTEND8_S "i64.extend8_s" Plain;
0xc3 I64_EXTEND16_S "i64.extend16_s" Plain;
0xc4 I64_EXTEND32_S "i64.extend32_s" Plain;
0xc5 UAV_REF "uav_ref" Address;
0xc6 UAV_REF_OFF "uav_ref_off" AddressOffset;
0xc7 NAV_REF "nav_ref" Address;
0xc8 NAV_REF_OFF "nav_ref_off" AddressOffset;
0xc9 TLS_REF "tls_ref" Address;
0xca TLS_REF_OFF "tls_ref_off" AddressOffset;
0xcb RELATIVE_REF "relative_ref" Address;
0xcc RELATIVE_REF_OFF "relative_ref_off" AddressOffset;
0xcd FUNC_REF "func_ref" Slot;
0xce FUNC_RELATIVE_REF "func_relative_ref" Slot;
0xcf NAME_TABLE_REF "name_table_ref" Address;
0xd0 REF_NULL "ref.null" HeapType;
0xd1 REF_IS_NULL "ref.is_null" Plain;
0xd2 REF_FUNC "ref.func" Function;
0xd3 REF_EQ "ref.eq" Plain;
0xd4 REF_AS_NON_NULL "ref.as_non_null" Plain;
0xd5 BR_ON_NULL "br_on_null" Number;
0xd6 BR_ON_NON_NULL "br_on_non_null" Number;
0xe0 NAMES_LEN "names_len" AbsoluteI32;
0xe1 CALL_INTRINSIC "call_intrinsic" Function;
0xe2 CALL_TAG_NAME "call_tag_name" Function;
0xe3 GLOBAL_SET_SP "global_set_sp" Global;
0xe4 DBG_LINE "dbg_line" Nothing;
0xe5 DBG_EPILOGUE_BEGIN "dbg_epilogue_begin" Stop;
0xe6 RAW "raw" Raw;
0xe7 RAW_FIELDS "raw_fields" Fields;
0xfc MISC "misc" Misc;
0xfd SIMD "simd" Simd;
0xfe ATOMIC "atomic" Atomic;}

/// The shape of each tag's operand, one byte each.
pub const SHAPES: [Shape; 256] = {
    let mut shapes = [Shape::Unknown; 256];
    let mut tag = 0;
    while tag < 256 {
        shapes[tag] = SPECS[tag].shape;
        tag += 1;
    }
    shapes
};

/// What follows an opcode behind the prefix 0xfd or 0xfe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    /// Nothing.
    Nothing,
    /// An access to memory.
    Memory,
    /// An access to memory and a lane.
    MemoryLane,
    /// A lane.
    Lane,
    /// Sixteen bytes.
    Bytes16,
    /// A zero byte.
    Zero,
}

/// What follows opcode `opcode` behind the prefix 0xfd (vector instructions); `None` if there is none known.
pub const fn simd_suffix(opcode: u32) -> Option<Suffix> {
    Some(match opcode {
        0x00..=0x0b | 0x5c | 0x5d => Suffix::Memory,
        0x0c | 0x0d => Suffix::Bytes16,
        0x15..=0x22 => Suffix::Lane,
        0x54..=0x5b => Suffix::MemoryLane,
        0x0e..=0x14 | 0x23..=0x53 | 0x5e..=0x113 => Suffix::Nothing,
        _ => return None,
    })
}

/// What follows opcode `opcode` behind the prefix 0xfe (atomic instructions); `None` if there is none known.
pub const fn atomic_suffix(opcode: u32) -> Option<Suffix> {
    Some(match opcode {
        0x00..=0x02 | 0x10..=0x4e => Suffix::Memory,
        0x03 => Suffix::Zero,
        _ => return None,
    })
}

/// What follows opcode `opcode` behind the prefix 0xfc: how many plain numbers, how many tables behind them; `None` if
/// there is none known.
pub const fn misc_suffix(opcode: u32) -> Option<(u32, u32)> {
    Some(match opcode {
        // Saturating truncations.
        0..=7 => (0, 0),
        // memory.init, data.drop, memory.copy, memory.fill.
        8 | 10 => (2, 0),
        9 | 11 => (1, 0),
        // table.init, elem.drop, table.copy, table.grow, table.size, table.fill.
        12 => (1, 1),
        13 => (1, 0),
        14 => (0, 2),
        15..=17 => (0, 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_webassembly_uses_mean_the_same() {
        assert_eq!((SPECS[0x6a].name, SPECS[0x10].name, SPECS[0x41].name), ("i32.add", "call", "i32.const"));
        assert_eq!(SPECS[0xc4].name, "i64.extend32_s");
        assert_eq!(SPECS[0x27].shape, Shape::Unknown);
        let known = SPECS.iter().filter(|spec| spec.shape != Shape::Unknown);
        assert!(known.clone().all(|spec| !spec.name.is_empty()));
        assert_eq!(known.count(), 221);
    }
}
