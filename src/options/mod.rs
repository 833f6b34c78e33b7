//! Command line -> [`Options`]. One table of options ([`table`]) feeds the parser, `--help` and the README.

mod apply;
mod check;
pub mod gnu;
pub mod help;
pub mod parse;
pub mod record;
pub mod response;
pub mod spec;
mod suggest;
pub mod symbol_rules;
pub mod table;

pub use check::check;

/// What to do with symbols that stay undefined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unresolved {
    /// An error for each.
    #[default]
    Report,
    /// A warning for each.
    Warn,
    /// Silence: data is at address 0, functions become trapping stubs.
    Ignore,
    /// Imported from the dynamic linker.
    ImportDynamic,
}

/// `--build-id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BuildId {
    /// No build id.
    #[default]
    None,
    /// xxh3 tree hash as a version 5 UUID.
    Fast,
    /// SHA-1 tree hash.
    Sha1,
    /// Random version 4 UUID.
    Uuid,
    /// These bytes.
    Hex(Vec<u8>),
}

/// `--color-diagnostics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// Colours if standard error is a terminal.
    #[default]
    Auto,
    /// Colours.
    Always,
    /// No colours.
    Never,
}

/// `--segment-order`, `--index-order`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `Compact` under `--compact` or if an input is MIR, else `Input`.
    #[default]
    Auto,
    /// wasm-ld's: as the inputs come.
    Input,
    /// What code names most often gets the shortest numbers.
    Compact,
}

/// A positional argument, in command-line order. Later arguments see the state that earlier ones set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Positional {
    /// A file to link.
    File(String),
    /// `-l NAME`.
    Library(String),
    /// `--whole-archive` (true), `--no-whole-archive` (false).
    WholeArchive(bool),
    /// `-Bstatic` (true), `-Bdynamic` (false).
    Static(bool),
    /// `--start-lib`.
    StartLib,
    /// `--end-lib`.
    EndLib,
}

/// Everything that a link is told. The default is what wasm-ld does without arguments.
#[derive(Clone, Debug)]
pub struct Options {
    /// Files, libraries and the switches between them.
    pub inputs: Vec<Positional>,
    /// `-o`; `-` is standard output. Empty: none given.
    pub output: String,
    /// `-L`, in order.
    pub library_paths: Vec<String>,
    /// `-m wasm64` (Some(true)), `-m wasm32` (Some(false)).
    pub is_64: Option<bool>,
    /// `--entry`; `None` for `--no-entry`.
    pub entry: Option<String>,
    /// `--export`, in order, repeats included.
    pub exports: Vec<String>,
    /// `--export-if-defined`, in order.
    pub exports_if_defined: Vec<String>,
    /// `--export-all`.
    pub export_all: bool,
    /// `--export-dynamic`.
    pub export_dynamic: bool,
    /// `-u`, in order.
    pub undefined: Vec<String>,
    /// `--wrap`, in order.
    pub wrap: Vec<String>,
    /// `--import-undefined`, also set by `--allow-undefined`.
    pub import_undefined: bool,
    /// `--allow-undefined-file`: the last one.
    pub allow_undefined_file: Option<String>,
    /// `--unresolved-symbols` and friends; [`Unresolved::Ignore`] under `--allow-undefined`.
    pub unresolved: Unresolved,
    /// `--allow-multiple-definition`, `-z muldefs`.
    pub allow_multiple_definition: bool,
    /// `--noinhibit-exec`.
    pub noinhibit_exec: bool,
    /// `--gc-sections` (default).
    pub gc_sections: bool,
    /// `--print-gc-sections`.
    pub print_gc_sections: bool,
    /// `--merge-data-segments` (default).
    pub merge_data_segments: bool,
    /// `-O`: 0 keeps strings as they are, 1 (default) and up merge them.
    pub optimize: u32,
    /// `--compress-relocations`.
    pub compress_relocations: bool,
    /// `--compact`: the smallest module that the linker can make.
    pub compact: bool,
    /// `--segment-order`.
    pub segment_order: Order,
    /// `--index-order`.
    pub index_order: Order,
    /// `-s`.
    pub strip_all: bool,
    /// `-S`.
    pub strip_debug: bool,
    /// `--keep-section`.
    pub keep_sections: Vec<String>,
    /// `--demangle` (default).
    pub demangle: bool,
    /// `--soname`.
    pub soname: Option<String>,
    /// `--build-id`.
    pub build_id: BuildId,
    /// `-z stack-size`, in bytes.
    pub stack_size: u64,
    /// `--stack-first` (default).
    pub stack_first: bool,
    /// `--global-base`, in bytes; 0: not given.
    pub global_base: u64,
    /// `--table-base`; 0: not given.
    pub table_base: u64,
    /// `--initial-heap`, in bytes; 0: not given.
    pub initial_heap: u64,
    /// `--initial-memory`, in bytes; 0: not given.
    pub initial_memory: u64,
    /// `--max-memory`, in bytes; 0: not given.
    pub max_memory: u64,
    /// `--no-growable-memory`.
    pub no_growable_memory: bool,
    /// `--page-size`, in bytes: 1 or 65536.
    pub page_size: u64,
    /// `--import-memory`: module and field.
    pub import_memory: Option<(String, String)>,
    /// `--export-memory`: name. `memory` by default, unless the memory is imported.
    pub export_memory: Option<String>,
    /// `--shared-memory`.
    pub shared_memory: bool,
    /// `--import-table`.
    pub import_table: bool,
    /// `--export-table`.
    pub export_table: bool,
    /// `--growable-table`.
    pub growable_table: bool,
    /// `--features`.
    pub features: Option<Vec<String>>,
    /// `--extra-features`.
    pub extra_features: Vec<String>,
    /// `--check-features` (default).
    pub check_features: bool,
    /// `--trace`.
    pub trace: bool,
    /// `--trace-symbol`, in order.
    pub trace_symbols: Vec<String>,
    /// `--why-extract`: path, `-` for standard output.
    pub why_extract: Option<String>,
    /// `--Map`, `-M`: path, `-` for standard output.
    pub map_file: Option<String>,
    /// `--fatal-warnings`.
    pub fatal_warnings: bool,
    /// `--threads`; `None`: all.
    pub threads: Option<usize>,
    /// `--verbose`.
    pub verbose: bool,
    /// `-r`: the output is an object file. Not supported yet.
    pub relocatable: bool,
    /// `-shared`: the output is a dynamic library.
    pub shared: bool,
    /// `-pie`: the output is position independent.
    pub pie: bool,
    /// `--emit-relocs`: relocations stay in the output. Not supported yet.
    pub emit_relocs: bool,
    /// `--experimental-pic`: no warnings about `-shared` and `-pie`.
    pub experimental_pic: bool,
    /// `-Bsymbolic`.
    pub bsymbolic: bool,
    /// `--no-shlib-sigcheck`: no signature check against shared libraries.
    pub no_shlib_sigcheck: bool,
    /// `--rpath`, in order.
    pub rpath: Vec<String>,
    /// `--reproduce`: path of the archive to write.
    pub reproduce: Option<String>,
    /// With `--reproduce`: all options and files, in order.
    pub command_line: Vec<record::Word>,
    /// `--lto-partitions`; only checked.
    pub lto_partitions: u32,
    /// `--thinlto-jobs`; only checked.
    pub thinlto_jobs: String,
    /// `--error-limit`: how many errors are shown; 0: all.
    pub error_limit: u64,
    /// `--color-diagnostics`.
    pub color: Color,
    /// `--time`: print what each phase took.
    pub time: bool,
    /// `--hints` (default): lines behind LLD's messages that say more.
    pub hints: bool,
    /// `--warn-ignored` (default): a warning for each option that is accepted without effect.
    pub warn_ignored: bool,
    /// `--dependency-file`: path of a makefile rule that names what the link read.
    pub dependency_file: Option<String>,
    /// `--version-script`: paths.
    pub version_scripts: Vec<String>,
    /// `--export-dynamic-symbol`: patterns.
    pub export_patterns: Vec<String>,
    /// `--dynamic-list`, `--export-dynamic-symbol-list`: paths.
    pub export_lists: Vec<String>,
}

impl Options {
    /// Whether the output may lie anywhere in memory: `-shared`, `-pie`.
    pub fn is_pic(&self) -> bool {
        self.shared || self.pie
    }
    /// Whether the numbers that were padded for relocations are shortened.
    pub fn compresses_relocations(&self) -> bool {
        self.compress_relocations || self.compact
    }
    /// Whether data segments lie in the compact order. `has_mir`: an input is MIR.
    pub fn compact_segments(&self, has_mir: bool) -> bool {
        self.is_compact(self.segment_order, has_mir)
    }
    /// Whether functions, globals, types and table slots are numbered in the compact order. `has_mir`: an input is MIR.
    pub fn compact_indices(&self, has_mir: bool) -> bool {
        self.is_compact(self.index_order, has_mir)
    }
    /// An object keeps the order of its inputs: the next link is to choose.
    fn is_compact(&self, order: Order, has_mir: bool) -> bool {
        let compact = match order {
            Order::Auto => self.compact || has_mir,
            Order::Input => false,
            Order::Compact => true,
        };
        compact && !self.relocatable
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            output: String::new(),
            library_paths: Vec::new(),
            is_64: None,
            entry: Some("_start".into()),
            exports: Vec::new(),
            exports_if_defined: Vec::new(),
            export_all: false,
            export_dynamic: false,
            undefined: Vec::new(),
            wrap: Vec::new(),
            import_undefined: false,
            allow_undefined_file: None,
            unresolved: Unresolved::Report,
            allow_multiple_definition: false,
            noinhibit_exec: false,
            gc_sections: true,
            print_gc_sections: false,
            merge_data_segments: true,
            optimize: 1,
            compress_relocations: false,
            compact: false,
            segment_order: Order::Auto,
            index_order: Order::Auto,
            strip_all: false,
            strip_debug: false,
            keep_sections: Vec::new(),
            demangle: true,
            soname: None,
            build_id: BuildId::None,
            stack_size: 65536,
            stack_first: true,
            global_base: 0,
            table_base: 0,
            initial_heap: 0,
            initial_memory: 0,
            max_memory: 0,
            no_growable_memory: false,
            page_size: 65536,
            import_memory: None,
            export_memory: Some("memory".into()),
            shared_memory: false,
            import_table: false,
            export_table: false,
            growable_table: false,
            features: None,
            extra_features: Vec::new(),
            check_features: true,
            trace: false,
            trace_symbols: Vec::new(),
            why_extract: None,
            map_file: None,
            fatal_warnings: false,
            threads: None,
            verbose: false,
            relocatable: false,
            shared: false,
            pie: false,
            emit_relocs: false,
            experimental_pic: false,
            bsymbolic: false,
            no_shlib_sigcheck: false,
            rpath: Vec::new(),
            reproduce: None,
            command_line: Vec::new(),
            lto_partitions: 1,
            thinlto_jobs: String::new(),
            error_limit: 20,
            color: Color::Auto,
            time: false,
            hints: true,
            warn_ignored: true,
            dependency_file: None,
            version_scripts: Vec::new(),
            export_patterns: Vec::new(),
            export_lists: Vec::new(),
        }
    }
}
