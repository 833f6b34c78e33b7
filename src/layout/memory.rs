//! Addresses: stack, data, heap, and the limits of memory.

use super::Layout;
use super::segments::align;
use crate::diagnostic::{Diagnostics, Kind};
use crate::linker_defined::INIT_MEMORY_FLAG;
use crate::liveness::LiveSet;
use crate::object::{SymbolFlags, SymbolKind};
use crate::options::Options;
use crate::resolve::symbol::{State, bits};
use crate::resolve::{Definition, Resolution};

const STACK_ALIGNMENT: u64 = 16;
const HEAP_ALIGNMENT_LOG2: u32 = 4;

/// Sizes and addresses of linear memory, in bytes where not said otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// Bytes of a page.
    pub page_size: u64,
    /// Initial size in pages.
    pub pages: u64,
    /// Maximal size in pages, if there is one.
    pub max_pages: Option<u64>,
    /// First address of static data.
    pub data_start: u64,
    /// Behind static data.
    pub data_end: u64,
    /// Lowest address of the stack.
    pub stack_low: u64,
    /// Where the stack starts.
    pub stack_high: u64,
    /// Where the heap may begin.
    pub heap_base: u64,
    /// Behind the initial memory.
    pub heap_end: u64,
    /// The 4-byte word that says whether memory is initialised, if threads share it.
    pub init_flag: Option<u64>,
    /// Offset of thread-local data, its size and alignment in bytes.
    pub tls: Option<(u64, u64, u64)>,
}

impl Layout<'_> {
    /// Gives every segment its address and sizes memory.
    pub(super) fn place_memory(&mut self, options: &Options, resolution: &Resolution, diagnostics: &mut Diagnostics) {
        let mut memory = Memory { page_size: options.page_size, ..Memory::default() };
        let mut end = 0u64;
        if options.relocatable {
            end = options.global_base;
        } else if options.is_pic() {
            // The dynamic linker places the stack, and static data at an address that it chooses.
        } else if options.stack_first {
            end = place_stack(options, end, &mut memory, diagnostics);
            if options.global_base != 0 {
                if options.global_base < end {
                    let message = "--global-base cannot be less than stack size when --stack-first is used";
                    diagnostics.error(Kind::Layout, message);
                    return;
                }
                end = options.global_base;
            }
        } else {
            end = if options.global_base == 0 { 1024 } else { options.global_base };
        }
        memory.data_start = end;
        for segment in &mut self.segments {
            end = align(end, segment.alignment);
            segment.address = end;
            if segment.is_tls {
                memory.tls = Some((end, segment.size, 1 << segment.alignment.min(63)));
            }
            end = end.saturating_add(segment.size);
        }
        if options.shared_memory && !self.segments.is_empty() {
            end = align(end, 2);
            memory.init_flag = Some(end);
            end += 4;
        }
        memory.data_end = end;
        let alignment = self.segments.iter().map(|segment| segment.alignment).max().unwrap_or(0);
        let size = if options.is_pic() { end - memory.data_start } else { 0 };
        self.dynamic_memory = super::DynamicMemory { size, alignment };
        if !options.stack_first && !options.relocatable && !options.is_pic() {
            end = place_stack(options, end, &mut memory, diagnostics);
        }
        // LLD aligns only where something refers to the symbol, and the difference shows in the size of memory.
        let has_heap_base = resolution.find("__heap_base").is_some_and(|at| {
            resolution.definitions[at]
                == crate::resolve::Definition::Linker(crate::linker_defined::DataSymbol::HeapBase)
        });
        if has_heap_base {
            end = align(end, HEAP_ALIGNMENT_LOG2);
        }
        memory.heap_base = end;
        self.memory = memory;
        self.size_memory(options, end, diagnostics);
    }

    /// Makes the symbol of the word that says whether memory is initialised, if there is one.
    pub(super) fn define_init_flag(&self, resolution: &mut Resolution, live: &mut LiveSet) {
        let Some(address) = self.memory.init_flag else { return };
        let symbol = resolution.find(INIT_MEMORY_FLAG).unwrap_or_else(|| resolution.add_symbol(INIT_MEMORY_FLAG));
        resolution.definitions[symbol] = Definition::Absolute(address);
        live.keep_symbol(symbol);
        let symbol = &mut resolution.symbols[symbol];
        (symbol.state, symbol.kind, symbol.flags) =
            (State::Defined, SymbolKind::Data, SymbolFlags(SymbolFlags::HIDDEN));
        symbol.bits |= bits::ALWAYS_LIVE;
    }

    fn size_memory(&mut self, options: &Options, used: u64, diagnostics: &mut Diagnostics) {
        let page = options.page_size;
        let limit = if options.is_64 == Some(true) { 1u64 << 34 } else { 1 << 32 };
        let mut end = used;
        let mut error = |message: String| diagnostics.error(Kind::Layout, message);
        let aligned = |what: &str, value: u64| match value.is_multiple_of(page) {
            true => None,
            false => Some(format!("{what} must be aligned to the page size ({page} bytes)")),
        };
        if options.initial_heap != 0 {
            aligned("initial heap", options.initial_heap).into_iter().for_each(&mut error);
            // LLD subtracts without a check: static data beyond the limit leaves room for any heap.
            let most = limit.wrapping_sub(end);
            if options.initial_heap > most {
                error(format!("initial heap too large, cannot be greater than {most}"));
            }
            end = end.saturating_add(options.initial_heap);
        }
        if options.initial_memory != 0 {
            aligned("initial memory", options.initial_memory).into_iter().for_each(&mut error);
            if end > options.initial_memory {
                error(format!("initial memory too small, {end} bytes needed"));
            }
            if options.initial_memory > limit {
                error(format!("initial memory too large, cannot be greater than {limit}"));
            }
            end = options.initial_memory;
        }
        if options.initial_memory == 0 && end > limit {
            error(format!("memory too large: {end} bytes needed, at most {limit} can be addressed"));
        }
        end = end.checked_next_multiple_of(page).unwrap_or(u64::MAX - (page - 1));
        self.memory.pages = end / page;
        self.memory.heap_end = end;
        let mut maximum = 0;
        if options.max_memory != 0 {
            aligned("maximum memory", options.max_memory).into_iter().for_each(&mut error);
            if end > options.max_memory {
                error(format!("maximum memory too small, {end} bytes needed"));
            }
            if options.max_memory > limit {
                error(format!("maximum memory too large, cannot be greater than {limit}"));
            }
            maximum = options.max_memory;
        } else if options.no_growable_memory || (options.shared_memory && !options.is_pic()) {
            maximum = end;
        } else if options.shared_memory {
            maximum = limit;
        }
        self.memory.max_pages = (maximum != 0).then_some(maximum / page);
    }
}

fn place_stack(options: &Options, end: u64, memory: &mut Memory, diagnostics: &mut Diagnostics) -> u64 {
    let low = align(end, STACK_ALIGNMENT.trailing_zeros());
    if !options.stack_size.is_multiple_of(STACK_ALIGNMENT) {
        diagnostics.error(Kind::Layout, format!("stack size must be {STACK_ALIGNMENT}-byte aligned"));
    }
    (memory.stack_low, memory.stack_high) = (low, low.saturating_add(options.stack_size));
    memory.stack_high
}
