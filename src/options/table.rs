//! Every option of wasm-ld and of this linker, one row each. The parser, `--help` and the README read this table.

use super::apply::{Check, State};
use super::gnu::GNU;
use super::spec::Category::{Contents, Features, Inputs, Lto, Memory, Output, Program, Reports, Symbols};
use super::spec::{Category, Shape, Spec};
use super::{Options, Positional};

/// The row whose usual spelling is `name`, without dashes; with `=` if it exists with and without a value.
pub fn named(name: &str) -> Option<&'static Spec> {
    let (bare, equals) = match name.strip_suffix('=') {
        Some(bare) => (bare, true),
        None => (name, false),
    };
    OPTIONS.iter().chain(GNU).find(|spec| spec.name == bare && (!equals || spec.shape == Shape::Equals))
}

/// `a,b,c`; empty parts do not count.
fn list(value: &str) -> Vec<String> {
    value.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn non_empty(value: String) -> Option<String> {
    Some(value).filter(|value| !value.is_empty())
}

fn put(options: &mut Options, positional: Positional) {
    options.inputs.push(positional);
}

/// A number of bytes.
const fn bytes(name: &'static str, check: Check, set: fn(&mut Options, u64), c: Category, help: &'static str) -> Spec {
    Spec::number(name, check, set).meta("<bytes>").help(c, help)
}

/// All options.
#[rustfmt::skip] // One row, one or two lines.
pub static OPTIONS: &[Spec] = &[
    // Inputs
    Spec::text("library", |o, v| put(o, Positional::Library(v))).meta("<name>")
        .help(Inputs, "Link lib<name>.a or lib<name>.so from the library folders; `:` in front: exactly that file"),
    Spec::alias("l", "library").short().meta("<name>"),
    Spec::text("library-path", |o, v| o.library_paths.push(v)).meta("<dir>")
        .help(Inputs, "Look for libraries in this folder too"),
    Spec::alias("L", "library-path").short().meta("<dir>"),
    Spec::flag("Bstatic", |o| put(o, Positional::Static(true)))
        .help(Inputs, "Take only static libraries from here on (default)"),
    Spec::flag("Bdynamic", |o| put(o, Positional::Static(false))).help(Inputs, "Allow shared libraries from here on"),
    Spec::alias("dn", "Bstatic"),
    Spec::alias("non_shared", "Bstatic"),
    Spec::alias("static", "Bstatic"),
    Spec::alias("dy", "Bdynamic"),
    Spec::alias("call_shared", "Bdynamic"),
    Spec::flag("whole-archive", |o| put(o, Positional::WholeArchive(true)))
        .help(Inputs, "Link every member of the archives that follow"),
    Spec::flag("no-whole-archive", |o| put(o, Positional::WholeArchive(false)))
        .help(Inputs, "Link only needed members of the archives that follow (default)"),
    Spec::flag("start-lib", |o| put(o, Positional::StartLib))
        .help(Inputs, "Treat the objects that follow like members of an archive"),
    Spec::flag("end-lib", |o| put(o, Positional::EndLib)).help(Inputs, "End what --start-lib began"),
    Spec::state("m", State::set_target).short().meta("<target>").help(Inputs, "Target: wasm32 or wasm64"),

    // Output
    Spec::text("o", |o, v| o.output = v).short().meta("<path>")
        .help(Output, "Write the result to this file; - is the standard output"),
    Spec::text("soname", |o, v| o.soname = non_empty(v)).meta("<name>")
        .help(Output, "Module name in the name section, instead of the output file's"),
    Spec::state("build-id", State::set_build_id).equals().meta("[fast,sha1,uuid,0x<hex>,none]")
        .help(Output, "Add a build id of this kind"),
    Spec::alias("build-id", "build-id=").with("fast"),
    Spec::flag("relocatable", |o| o.relocatable = true)
        .help(Output, "Write an object file for a later link"),
    Spec::alias("r", "relocatable").one_dash(),
    Spec::flag("emit-relocs", |o| o.emit_relocs = true)
        .help(Output, "Keep relocations in the result"),
    Spec::flag("shared", |o| o.shared = true)
        .help(Output, "Write a shared library"),
    Spec::flag("pie", |o| o.pie = true)
        .help(Output, "Write a position-independent program"),
    Spec::flag("no-pie", |o| o.pie = false).help(Output, "Write a program at fixed addresses (default)"),
    Spec::flag("experimental-pic", |o| o.experimental_pic = true).two_dashes()
        .help(Output, "No warnings about --shared and --pie being unstable"),
    Spec::flag("Bsymbolic", |o| o.bsymbolic = true)
        .help(Output, "Let a shared library use its own definitions first"),
    Spec::text("rpath", |o, v| o.rpath.push(v)).meta("<dir>")
        .help(Output, "Folder in which the dynamic linker is to look for libraries"),

    // Symbols
    Spec::state("entry", State::set_entry).shape(Shape::EqualsOrNext).meta("<symbol>")
        .help(Symbols, "Start function of the program (default: _start)"),
    Spec::alias("e", "entry").short().meta("<symbol>"),
    Spec::state("no-entry", State::set_no_entry).two_dashes().help(Symbols, "The result has no start function"),
    Spec::text("export", |o, v| o.exports.push(v)).meta("<symbol>")
        .help(Symbols, "Export this symbol; an error if nothing defines it"),
    Spec::text("export-if-defined", |o, v| o.exports_if_defined.push(v)).meta("<symbol>")
        .help(Symbols, "Export this symbol if an input defines it"),
    Spec::flag("export-all", |o| o.export_all = true).two_dashes()
        .help(Symbols, "Export every symbol, hidden ones included"),
    Spec::state("export-dynamic", State::set_export_dynamic).help(Symbols, "Export every symbol that is not hidden"),
    Spec::alias("E", "export-dynamic").one_dash(),
    Spec::state("no-export-dynamic", State::set_no_export_dynamic)
        .help(Symbols, "Export only what is asked for (default)"),
    Spec::text("undefined", |o, v| o.undefined.push(v)).meta("<symbol>")
        .help(Symbols, "Want this symbol, so that archive members which define it are linked"),
    Spec::alias("u", "undefined").short().meta("<symbol>"),
    Spec::text("wrap", |o, v| o.wrap.push(v)).meta("<symbol>")
        .help(Symbols, "References to <symbol> go to __wrap_<symbol>, those to __real_<symbol> to <symbol>"),
    Spec::state("allow-undefined", State::set_allow_undefined)
        .help(Symbols, "The same as --import-undefined --unresolved-symbols=ignore-all"),
    Spec::text("allow-undefined-file", |o, v| o.allow_undefined_file = Some(v)).equals().meta("<file>")
        .help(Symbols, "The symbols in <file>, one a line, may stay undefined and become imports"),
    Spec::text("allow-undefined-file", |o, v| o.allow_undefined_file = Some(v)).shape(Shape::Next).one_dash()
        .meta("<file>").help(Symbols, "The same as --allow-undefined-file=<file>"),
    Spec::flag("import-undefined", |o| o.import_undefined = true).help(Symbols, "Undefined functions become imports"),
    Spec::state("unresolved-symbols", State::set_unresolved).shape(Shape::EqualsOrNext)
        .meta("[report-all,ignore-all,import-dynamic]")
        .help(Symbols, "What to do with undefined symbols (default: report-all)"),
    Spec::state("warn-unresolved-symbols", State::set_warn_unresolved)
        .help(Symbols, "Undefined symbols are warnings"),
    Spec::state("error-unresolved-symbols", State::set_error_unresolved)
        .help(Symbols, "Undefined symbols are errors (default)"),
    Spec::state("allow-multiple-definition", State::set_allow_multiple)
        .help(Symbols, "Of several definitions of a symbol the first counts"),
    Spec::state("no-allow-multiple-definition", State::set_no_allow_multiple)
        .help(Symbols, "Several definitions of a symbol are an error (default)"),
    Spec::flag("noinhibit-exec", |o| o.noinhibit_exec = true)
        .help(Symbols, "Several definitions of a symbol are only a warning"),
    Spec::flag("no-shlib-sigcheck", |o| o.no_shlib_sigcheck = true).two_dashes()
        .help(Symbols, "Do not compare signatures with those of shared libraries"),

    // Memory
    Spec::state("z", State::set_z).short().meta("<option>")
        .help(Memory, "stack-size=<bytes>: size of the stack (default: 65536); muldefs: --allow-multiple-definition"),
    Spec::flag("stack-first", |o| o.stack_first = true).help(Memory, "The stack comes before the data (default)"),
    Spec::flag("no-stack-first", |o| o.stack_first = false).help(Memory, "The stack comes after the data"),
    bytes("global-base", Check::GlobalBase, |o, n| o.global_base = n,
        Memory, "Address of the first data (default: behind the stack, or 1024 with --no-stack-first)"),
    bytes("initial-heap", Check::InitialHeap, |o, n| o.initial_heap = n,
        Memory, "Room for the heap in the initial memory"),
    bytes("initial-memory", Check::InitialMemory, |o, n| o.initial_memory = n, Memory, "Initial size of the memory"),
    Spec::alias("i", "initial-memory").one_dash(),
    bytes("max-memory", Check::MaxMemory, |o, n| o.max_memory = n,
        Memory, "Size beyond which the memory cannot grow"),
    Spec::flag("no-growable-memory", |o| o.no_growable_memory = true).two_dashes()
        .help(Memory, "The memory keeps its initial size"),
    Spec::state("page-size", State::set_page_size).equals().two_dashes().meta("<bytes>")
        .help(Memory, "Page size of the memory: 1 or 65536 (default)"),
    Spec::state("import-memory", State::set_import_memory_names).equals().two_dashes().meta("<module>,<name>")
        .help(Memory, "Import the memory under these names"),
    Spec::state("import-memory", State::set_import_memory).two_dashes()
        .help(Memory, "Import the memory as env.memory"),
    Spec::state("export-memory", State::set_export_memory_name).equals().two_dashes().meta("<name>")
        .help(Memory, "Export the memory under this name"),
    Spec::state("export-memory", State::set_export_memory).two_dashes()
        .help(Memory, "Export the memory as \"memory\" (default unless it is imported)"),
    Spec::flag("shared-memory", |o| o.shared_memory = true).two_dashes()
        .help(Memory, "The memory is shared between threads"),
    Spec::number("table-base", Check::TableBase, |o, n| o.table_base = n)
        .help(Memory, "First slot of the function table that is filled (default: 1)"),
    Spec::flag("import-table", |o| o.import_table = true).two_dashes().help(Memory, "Import the function table"),
    Spec::flag("export-table", |o| o.export_table = true).two_dashes().help(Memory, "Export the function table"),
    Spec::flag("growable-table", |o| o.growable_table = true).two_dashes()
        .help(Memory, "The function table has no maximum size"),

    // Contents
    Spec::state("gc-sections", State::set_gc).help(Contents, "Drop functions and data that nothing uses (default)"),
    Spec::state("no-gc-sections", State::set_no_gc).help(Contents, "Keep functions and data that nothing uses"),
    Spec::state("merge-data-segments", State::set_merge).two_dashes()
        .help(Contents, "Join data segments of a kind (default)"),
    Spec::state("no-merge-data-segments", State::set_no_merge).two_dashes()
        .help(Contents, "Keep data segments of different names apart"),
    Spec::number("O", Check::Optimize, |o, n| o.optimize = n as u32).short().meta("<level>")
        .help(Contents, "0: leave strings alone; 1 (default) and up: share strings and their tails"),
    Spec::flag("compress-relocations", |o| o.compress_relocations = true)
        .help(Contents, "Shorten the numbers that were padded for relocations; needs a strip option"),
    Spec::flag("compact", |o| o.compact = true).two_dashes()
        .help(Contents, "The smallest module that the linker can make: --compress-relocations and the compact orders \
            below; needs --strip-debug or --strip-all"),
    Spec::flag("no-compact", |o| o.compact = false).two_dashes().help(Contents, "Undo --compact (default)"),
    Spec::state("segment-order", State::set_segment_order).equals().two_dashes().meta("[input,compact,auto]")
        .help(Contents, "How data lies in memory: as the inputs come, as with wasm-ld (input), or by alignment and then \
            by how often code names it (compact). Segments with names of their own, as sections between \
            __start_X and __stop_X have them, stay as the inputs come. Default (auto): compact under --compact"),
    Spec::state("index-order", State::set_index_order).equals().two_dashes().meta("[input,compact,auto]")
        .help(Contents, "How functions, globals, types and slots of the function table are numbered: as the inputs come, \
            as with wasm-ld (input), or those first that code names most often (compact). \
            Default (auto): compact under --compact"),
    Spec::flag("strip-all", |o| o.strip_all = true)
        .help(Contents, "No names, debug information, producers and features"),
    Spec::alias("s", "strip-all").one_dash(),
    Spec::flag("strip-debug", |o| o.strip_debug = true).help(Contents, "No debug information"),
    Spec::alias("S", "strip-debug").one_dash(),
    Spec::text("keep-section", |o, v| o.keep_sections.push(v)).meta("<name>")
        .help(Contents, "Keep this custom section in spite of --strip-all"),

    // Features
    Spec::text("features", |o, v| o.features = Some(list(&v))).equals().meta("<list>")
        .help(Features, "The features that may be used, with commas between them (default: those that inputs use)"),
    Spec::text("extra-features", |o, v| o.extra_features = list(&v)).equals().meta("<list>")
        .help(Features, "Features on top of those that the inputs use"),
    Spec::flag("check-features", |o| o.check_features = true).two_dashes()
        .help(Features, "Inputs must agree about features (default)"),
    Spec::flag("no-check-features", |o| o.check_features = false).two_dashes()
        .help(Features, "Do not compare the features of the inputs"),

    // Reports
    Spec::flag("demangle", |o| o.demangle = true).help(Reports, "Show C++ and Rust names as in the source (default)"),
    Spec::flag("no-demangle", |o| o.demangle = false).help(Reports, "Show names as in the object files"),
    Spec::text("Map", |o, v| o.map_file = Some(v)).meta("<file>")
        .help(Reports, "Write a link map to this file; - is the standard output"),
    Spec::state("print-map", State::set_print_map).help(Reports, "Print a link map"),
    Spec::alias("M", "print-map").one_dash(),
    Spec::flag("trace", |o| o.trace = true).help(Reports, "Print the name of each file that is linked"),
    Spec::alias("t", "trace").one_dash(),
    Spec::text("trace-symbol", |o, v| o.trace_symbols.push(v)).meta("<symbol>")
        .help(Reports, "Print which files define and use this symbol"),
    Spec::alias("y", "trace-symbol").short().meta("<symbol>"),
    Spec::text("why-extract", |o, v| o.why_extract = non_empty(v)).equals().two_dashes().meta("<file>")
        .help(Reports, "Write to this file why archive members are linked; - is the standard output"),
    Spec::flag("print-gc-sections", |o| o.print_gc_sections = true).help(Reports, "Print what --gc-sections drops"),
    Spec::flag("no-print-gc-sections", |o| o.print_gc_sections = false)
        .help(Reports, "Do not print what --gc-sections drops (default)"),
    Spec::flag("fatal-warnings", |o| o.fatal_warnings = true).help(Reports, "Warnings are errors"),
    Spec::flag("no-fatal-warnings", |o| o.fatal_warnings = false).help(Reports, "Warnings are warnings (default)"),
    Spec::state("error-limit", State::set_error_limit).shape(Shape::EqualsOrNext).two_dashes().meta("<number>")
        .help(Reports, "Show only so many errors (default: 20; 0: all)"),
    Spec::state("color-diagnostics", State::set_color).equals().meta("[auto,always,never]")
        .help(Reports, "Colours in messages (default: auto, if they go to a terminal)"),
    Spec::alias("color-diagnostics", "color-diagnostics=").with("always"),
    Spec::alias("no-color-diagnostics", "color-diagnostics=").with("never"),
    Spec::flag("hints", |o| o.hints = true).two_dashes()
        .help(Reports, "Behind LLD's messages, lines that help: places in the source, similar names, missing libraries (default)"),
    Spec::flag("no-hints", |o| o.hints = false).two_dashes()
        .help(Reports, "Messages exactly as LLD has them. WOLD_LLD_MESSAGES=1 in the environment is this and --no-warn-ignored"),
    Spec::flag("warn-ignored", |o| o.warn_ignored = true).two_dashes()
        .help(Reports, "A warning for each option that is ignored as it has no meaning for WebAssembly; \
            never an error, not even with --fatal-warnings (default)"),
    Spec::flag("no-warn-ignored", |o| o.warn_ignored = false).two_dashes()
        .help(Reports, "No such warnings. The same as WOLD_NO_IGNORED_WARNING=1 in the environment"),
    Spec::flag("verbose", |o| o.verbose = true).help(Reports, "Say more about what is done"),
    Spec::flag("time", |o| o.time = true).two_dashes().help(Reports, "Print how long each phase took"),

    // Program
    Spec::state("help", State::set_help).help(Program, "Print this help"),
    Spec::state("version", State::set_version).help(Program, "Print the version and stop"),
    Spec::state("v", State::set_v).one_dash().help(Program, "Print the version; go on if there are files to link"),
    Spec::alias("V", "v").one_dash(),
    Spec::state("threads", State::set_threads).shape(Shape::EqualsOrNext).meta("<number>")
        .help(Program, "Number of threads (default: one for each processor, or what make's or cargo's jobserver grants)"),
    Spec::text("rsp-quoting", |_, _| ()).meta("[posix,windows]")
        .help(Program, "How response files (@<file>) are quoted (default: posix)"),
    Spec::text("reproduce", |o, v| o.reproduce = Some(v)).two_dashes().meta("<file>")
        .help(Program, "Write an archive with everything that is needed to repeat the link"),
    Spec::flag("fork", |_| ()).two_dashes()
        .help(Program, "Accepted for build scripts of other linkers; this one never forks"),
    Spec::flag("no-fork", |_| ()).two_dashes().help(Program, "Do not fork (always so)"),

    // LTO
    Spec::text("mllvm", |_, _| ()).meta("<option>").help(Lto, "Option for the code generator"),
    Spec::state("lto-O", State::set_lto_o).shape(Shape::Joined).two_dashes().meta("<level>")
        .help(Lto, "Optimisation level: 0 to 3"),
    Spec::state("lto-CGO", State::set_lto_cgo).shape(Shape::Joined).two_dashes().meta("<level>")
        .help(Lto, "Optimisation level of the code generator: 0 to 3"),
    Spec::number("lto-partitions", Check::LtoPartitions, |o, n| o.lto_partitions = n as u32)
        .help(Lto, "Number of pieces that are compiled at a time"),
    Spec::flag("lto-debug-pass-manager", |_| ()).two_dashes().help(Lto, "Debug the pass manager"),
    Spec::text("lto-obj-path", |_, _| ()).equals().two_dashes().meta("<prefix>").help(Lto, "Keep compiled objects"),
    Spec::flag("disable-verify", |_| ()).help(Lto, "Do not verify bitcode"),
    Spec::flag("save-temps", |_| ()).help(Lto, "Keep intermediate files"),
    Spec::text("thinlto-cache-dir", |_, _| ()).equals().two_dashes().meta("<dir>")
        .help(Lto, "Folder for cached objects"),
    Spec::text("thinlto-cache-policy", |_, _| ()).two_dashes().meta("<policy>").help(Lto, "When to clean the cache"),
    Spec::text("thinlto-jobs", |o, v| o.thinlto_jobs = v).equals().two_dashes().meta("<number>")
        .help(Lto, "Number of threads"),
    Spec::flag("thinlto-emit-imports-files", |_| ()).two_dashes().help(Lto, "Write lists of imports"),
    Spec::flag("thinlto-emit-index-files", |_| ()).two_dashes().help(Lto, "Write index files"),
    Spec::flag("thinlto-index-only", |_| ()).two_dashes().help(Lto, "Only make the index"),
    Spec::text("thinlto-index-only", |_, _| ()).equals().two_dashes().meta("<file>")
        .help(Lto, "Only make the index, and list the objects in this file"),
    Spec::state("thinlto-object-suffix-replace", State::set_suffix_replace).equals().two_dashes().meta("<old;new>")
        .help(Lto, "Other suffix for objects"),
    Spec::state("thinlto-prefix-replace", State::set_prefix_replace).equals().two_dashes().meta("<old;new>")
        .help(Lto, "Other folder for objects"),
];

#[cfg(test)]
mod tests {
    use super::super::spec::{Dashes, Set};
    use super::*;

    #[test]
    fn every_row_has_help_or_is_an_alias_of_one_that_has() {
        for spec in OPTIONS {
            match spec.set {
                Set::Alias(of, _) => {
                    let target = named(of).unwrap_or_else(|| panic!("{}: alias of nothing", spec.name));
                    assert!(!matches!(target.set, Set::Alias(..)), "{}: alias of an alias", spec.name);
                    assert!(spec.help.is_empty());
                }
                _ => assert!(spec.help.len() > 9, "{}", spec.name),
            }
            assert!(!spec.help.ends_with('.') && !spec.help.contains('|'), "{}", spec.name);
            assert_eq!(spec.shape == Shape::Flag, spec.meta.is_empty(), "{}", spec.name);
        }
    }

    /// All spellings of a row, with dashes; `=` where a value is joined with it.
    fn spellings(spec: &Spec) -> Vec<String> {
        let dashes: &[&str] = match spec.dashes {
            Dashes::One => &["-"],
            Dashes::Two => &["--"],
            Dashes::Either => &["-", "--"],
        };
        let ends: &[&str] = match spec.shape {
            Shape::Equals => &["="],
            Shape::EqualsOrNext => &["=", ""],
            _ => &[""],
        };
        dashes.iter().flat_map(|dash| ends.iter().map(move |end| format!("{dash}{}{end}", spec.name))).collect()
    }

    #[test]
    fn no_spelling_appears_twice() {
        let mut all: Vec<String> = OPTIONS.iter().flat_map(spellings).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
