//! Symbols that the linker itself defines: one table, so that a new one is one row.

use crate::options::Options;

/// A data symbol that is defined if something refers to it (or asks for its export) and no input defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSymbol {
    /// Start of static data: an identity for this module.
    DsoHandle,
    /// End of static data.
    DataEnd,
    /// Low end of the stack.
    StackLow,
    /// High end of the stack, where it starts.
    StackHigh,
    /// Start of static data.
    GlobalBase,
    /// End of everything that the linker places: the heap may begin here.
    HeapBase,
    /// End of the initial memory.
    HeapEnd,
    /// 0: static data is not relocated at run time.
    MemoryBase,
    /// The first table slot in use.
    TableBase,
    /// First address behind the first page, for programs that keep it unmapped.
    FirstPageEnd,
}

/// Name of the function that runs all init functions.
pub const CALL_CTORS: &str = "__wasm_call_ctors";
/// Name of the C library's function that runs all destructors.
pub const CALL_DTORS: &str = "__wasm_call_dtors";
/// Name of the function that fills memory from passive segments.
pub const INIT_MEMORY: &str = "__wasm_init_memory";
/// Name of the word that says whether memory is initialised.
pub const INIT_MEMORY_FLAG: &str = "__wasm_init_memory_flag";
/// Name of the function that sets the GOT entries of thread-local data.
pub const APPLY_GLOBAL_TLS_RELOCS: &str = "__wasm_apply_global_tls_relocs";
/// Name of the function that relocates static data.
pub const APPLY_DATA_RELOCS: &str = "__wasm_apply_data_relocs";
/// Name of the function that sets the GOT entries of what the module defines itself.
pub const APPLY_GLOBAL_RELOCS: &str = "__wasm_apply_global_relocs";
/// Name of the function that runs at instantiation, if more than one must.
pub const START: &str = "__wasm_start";
/// Name of the global that says where the dynamic linker placed static data.
pub const MEMORY_BASE: &str = "__memory_base";
/// Name of the global that says where the dynamic linker placed address-taken functions.
pub const TABLE_BASE: &str = "__table_base";
/// Name of the function that relocates thread-local data.
pub const APPLY_TLS_RELOCS: &str = "__wasm_apply_tls_relocs";
/// Name of the function that sets up a thread's thread-local data.
pub const INIT_TLS: &str = "__wasm_init_tls";
/// Name of the global that holds the shadow stack's pointer.
pub const STACK_POINTER: &str = "__stack_pointer";
/// Name of the global that holds the address of thread-local data.
pub const TLS_BASE: &str = "__tls_base";
/// Name of the global that holds the size of thread-local data.
pub const TLS_SIZE: &str = "__tls_size";
/// Name of the global that holds the alignment of thread-local data.
pub const TLS_ALIGN: &str = "__tls_align";
/// Name of the table of address-taken functions.
pub const INDIRECT_FUNCTION_TABLE: &str = "__indirect_function_table";
/// Name of the default import module.
pub const DEFAULT_MODULE: &str = "env";

/// The optional data symbols, in the order in which wasm-ld defines (and so exports) them.
pub const DATA_SYMBOLS: &[(DataSymbol, &str)] = &[
    (DataSymbol::DsoHandle, "__dso_handle"),
    (DataSymbol::DataEnd, "__data_end"),
    (DataSymbol::StackLow, "__stack_low"),
    (DataSymbol::StackHigh, "__stack_high"),
    (DataSymbol::GlobalBase, "__global_base"),
    (DataSymbol::HeapBase, "__heap_base"),
    (DataSymbol::HeapEnd, "__heap_end"),
    (DataSymbol::MemoryBase, MEMORY_BASE),
    (DataSymbol::TableBase, TABLE_BASE),
    (DataSymbol::FirstPageEnd, "__wasm_first_page_end"),
];

/// All names that resolution looks up although no input may mention them.
pub fn names(options: &Options) -> impl Iterator<Item = &str> {
    let fixed = [CALL_CTORS, CALL_DTORS, INIT_MEMORY, INIT_TLS, STACK_POINTER, TLS_BASE, TLS_SIZE, TLS_ALIGN];
    let wanted = [&options.exports, &options.exports_if_defined, &options.undefined, &options.trace_symbols];
    fixed
        .into_iter()
        .chain([INDIRECT_FUNCTION_TABLE])
        .chain(DATA_SYMBOLS.iter().map(|&(_, name)| name))
        .chain(wanted.into_iter().flatten().map(String::as_str))
        .chain(options.entry.as_deref())
}
