//! Applies options one by one, then settles what depends on several of them.

use super::spec::{Argument, Set, Spec};
use super::{BuildId, Color, Options, Order, Positional, Unresolved, table};
use crate::diagnostic::{Diagnostics, Kind};

/// Places of errors about values, in the order in which LLD reads the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// `--lto-O`.
    LtoO,
    /// `--lto-CGO`.
    LtoCgo,
    /// `--lto-partitions`.
    LtoPartitions,
    /// `-O`.
    Optimize,
    /// `--thinlto-object-suffix-replace`.
    SuffixReplace,
    /// `--thinlto-prefix-replace`.
    PrefixReplace,
    /// `--unresolved-symbols`.
    Unresolved,
    /// `--table-base`.
    TableBase,
    /// `--global-base`.
    GlobalBase,
    /// `--initial-heap`.
    InitialHeap,
    /// `--initial-memory`.
    InitialMemory,
    /// `--max-memory`.
    MaxMemory,
    /// `-z stack-size`.
    StackSize,
    /// `--page-size`.
    PageSize,
    /// `--page-size`: a number that is not a page size.
    PageSizeValue,
    /// `--max-memory` against `--no-growable-memory`.
    Growable,
    /// `-m`.
    Target,
    /// `--threads`.
    Threads,
    /// `--build-id`.
    BuildId,
    /// Combinations that LLD refuses before it looks at inputs.
    Combination,
    /// `--script`.
    Script,
    /// `--pop-state`.
    SavedState,
    /// `--segment-order`.
    SegmentOrder,
    /// `--index-order`.
    IndexOrder,
}

/// The options so far, and what settles only when all are known.
#[derive(Debug, Default)]
pub struct State {
    /// The fields that depend on one option only.
    pub options: Options,
    /// `--help` was given.
    pub help: bool,
    /// `--version` was given: print it and stop.
    pub version: bool,
    /// `-v` was given: print the version, and stop if there is no file.
    pub v: bool,
    /// `--entry` (Some), `--no-entry` (None), whichever was last.
    entry: Option<Option<String>>,
    /// `--gc-sections`, `--no-gc-sections`, whichever was last.
    gc_sections: Option<bool>,
    /// `--merge-data-segments`, `--no-merge-data-segments`.
    merge_data_segments: Option<bool>,
    /// `--export-dynamic`, `--no-export-dynamic`.
    export_dynamic: Option<bool>,
    /// `--unresolved-symbols`; `Report` follows the level below.
    unresolved: Option<Unresolved>,
    /// `--warn-unresolved-symbols`.
    warn_unresolved: bool,
    /// `--allow-undefined`.
    allow_undefined: bool,
    /// `--allow-multiple-definition`.
    allow_multiple: bool,
    /// `-z muldefs`.
    muldefs: bool,
    /// `--import-memory` without and with names.
    import_memory: (bool, Option<String>),
    /// `--export-memory` without and with a name.
    export_memory: (bool, Option<String>),
    /// `-M`.
    print_map: bool,
    /// Values of `-z` that nobody knows.
    pub unknown_z: Vec<String>,
    /// What is wrong with `--color-diagnostics`: reported before unknown options.
    pub bad_color: Option<String>,
    /// What is wrong with `--error-limit`: reported behind unknown options.
    pub bad_limit: Option<String>,
    /// Options without effect that are worth a warning: name, as spelled, and why.
    pub ignored: Vec<(&'static str, String, &'static str)>,
    /// What `--push-state` remembers: whole archives, static.
    saved: Vec<(bool, bool)>,
    /// How many of the inputs `current` has seen.
    seen: usize,
    /// Whole archives and static, where the last of those inputs stands.
    current: Option<(bool, bool)>,
    errors: Vec<(Check, String)>,
}

/// `value` as LLVM reads unsigned numbers: decimal, or by the prefix `0x`, `0b`, `0o` or `0`.
pub(super) fn unsigned(value: &str) -> Option<u64> {
    let prefixed = |small, large| value.strip_prefix(small).or_else(|| value.strip_prefix(large));
    let (digits, radix) = match (prefixed("0x", "0X"), prefixed("0b", "0B"), value.strip_prefix("0o")) {
        (Some(digits), ..) => (digits, 16),
        (_, Some(digits), _) => (digits, 2),
        (.., Some(digits)) => (digits, 8),
        _ if value.len() > 1 && value.starts_with('0') => (&value[1..], 8),
        _ => (value, 10),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// `value` as LLD reads most numbers: decimal, 64 bits with sign.
fn decimal(value: &str) -> Option<u64> {
    if value.starts_with('+') {
        return None;
    }
    value.parse::<i64>().ok().map(i64::cast_unsigned)
}

fn not_a_number(argument: &Argument) -> String {
    format!("{}: number expected, but got '{}'", argument.spelled, argument.value)
}

impl State {
    /// Takes one option.
    pub(super) fn apply(&mut self, spec: &Spec, argument: Argument) {
        match spec.set {
            Set::Flag(set) => set(&mut self.options),
            Set::Text(set) => set(&mut self.options, argument.value),
            Set::Number(check, set) => {
                let number = self.number(check, &argument);
                set(&mut self.options, number);
            }
            Set::State(set) => set(self, argument),
            Set::Alias(name, value) => {
                if let Some(target) = table::named(name) {
                    let value = if value.is_empty() { argument.value } else { value.to_owned() };
                    self.apply(target, Argument { value, ..argument });
                }
            }
            Set::Ignored(true) => self.ignore(spec.name, argument, "has no meaning for WebAssembly"),
            Set::Ignored(false) => {}
        }
    }

    /// Takes a file to link.
    pub(super) fn input(&mut self, path: String) {
        self.options.inputs.push(Positional::File(path));
    }

    /// Reads a decimal number; 0 with an error if it is none. A later value makes up for an earlier error.
    fn number(&mut self, check: Check, argument: &Argument) -> u64 {
        self.forget(check);
        decimal(&argument.value).unwrap_or_else(|| {
            self.fail(check, not_a_number(argument));
            0
        })
    }

    /// Remembers an option without effect, once for each name.
    fn ignore(&mut self, name: &'static str, argument: Argument, why: &'static str) {
        if !self.ignored.iter().any(|(known, ..)| *known == name) {
            self.ignored.push((name, argument.spelled, why));
        }
    }

    fn fail(&mut self, check: Check, message: String) {
        self.errors.push((check, message));
    }

    /// Only the last value of an option counts, so errors about earlier ones are dropped.
    fn forget(&mut self, check: Check) {
        self.errors.retain(|(at, _)| *at != check);
    }

    /// Settles what depends on several options. Errors come in LLD's order.
    pub(super) fn finish(mut self, diagnostics: &mut Diagnostics) -> Options {
        self.settle_symbols();
        self.settle_memory();
        let options = &mut self.options;
        options.gc_sections = self.gc_sections.unwrap_or(!options.relocatable);
        options.merge_data_segments = self.merge_data_segments.unwrap_or(!options.relocatable);
        options.export_dynamic = self.export_dynamic.unwrap_or(options.shared);
        options.map_file = match self.print_map {
            true => Some("-".to_owned()),
            false => options.map_file.take().filter(|path| !path.is_empty()),
        };
        self.refuse_combinations();
        // An object always imports the table that its functions' addresses are in.
        self.options.import_table |= self.options.relocatable || self.options.is_pic();
        self.errors.sort_by_key(|(check, _)| *check);
        for (_, message) in self.errors {
            diagnostics.error(Kind::Option, message);
        }
        self.options
    }

    fn settle_symbols(&mut self) {
        let options = &mut self.options;
        options.entry = match self.entry.take() {
            Some(entry) => entry.filter(|name| !name.is_empty()),
            None if options.relocatable => None,
            None if options.shared => Some("__wasm_call_ctors".into()),
            None => Some("_start".into()),
        };
        let level = if self.warn_unresolved { Unresolved::Warn } else { Unresolved::Report };
        options.unresolved = match self.unresolved {
            _ if self.allow_undefined => Unresolved::Ignore,
            None | Some(Unresolved::Report) => level,
            Some(other) => other,
        };
        options.import_undefined |= self.allow_undefined;
        options.allow_multiple_definition = self.allow_multiple || self.muldefs;
    }

    fn settle_memory(&mut self) {
        let options = &mut self.options;
        options.import_memory = match self.import_memory.clone() {
            (_, Some(names)) => {
                Some(names.split_once(',').map(|(a, b)| (a.into(), b.into())).unwrap_or((names, String::new())))
            }
            (plain, None) => (plain || options.shared).then(|| ("env".into(), "memory".into())),
        };
        options.export_memory = match self.export_memory.clone() {
            (_, Some(name)) => Some(name),
            (plain, None) => (plain || options.import_memory.is_none()).then(|| "memory".into()),
        };
    }

    /// What LLD refuses before it opens inputs.
    fn refuse_combinations(&mut self) {
        let options = &self.options;
        if options.max_memory != 0 && options.no_growable_memory {
            self.errors.push((Check::Growable, "--max-memory is incompatible with --no-growable-memory".into()));
        }
        let rules = [
            (
                (options.shared || options.pie) && options.export_table,
                "-shared/-pie is incompatible with --export-table",
            ),
            (options.relocatable && options.export_table, "--relocatable is incompatible with --export-table"),
            (options.relocatable && options.growable_table, "--relocatable is incompatible with --growable-table"),
            (
                options.shared && (self.export_memory.0 || self.export_memory.1.is_some()),
                "--export-memory is incompatible with --shared",
            ),
        ];
        let broken = rules.into_iter().filter(|(broken, _)| *broken);
        self.errors.extend(broken.map(|(_, message)| (Check::Combination, message.into())));
    }
}

/// The setters of options that touch more than one field. Each takes the option as it was found.
impl State {
    pub(super) fn set_entry(&mut self, argument: Argument) {
        self.entry = Some(Some(argument.value));
    }
    pub(super) fn set_no_entry(&mut self, _: Argument) {
        self.entry = Some(None);
    }
    pub(super) fn set_help(&mut self, _: Argument) {
        self.help = true;
    }
    pub(super) fn set_version(&mut self, _: Argument) {
        self.version = true;
    }
    pub(super) fn set_v(&mut self, _: Argument) {
        self.v = true;
    }
    pub(super) fn set_gc(&mut self, _: Argument) {
        self.gc_sections = Some(true);
    }
    pub(super) fn set_no_gc(&mut self, _: Argument) {
        self.gc_sections = Some(false);
    }
    pub(super) fn set_merge(&mut self, _: Argument) {
        self.merge_data_segments = Some(true);
    }
    pub(super) fn set_no_merge(&mut self, _: Argument) {
        self.merge_data_segments = Some(false);
    }
    pub(super) fn set_export_dynamic(&mut self, _: Argument) {
        self.export_dynamic = Some(true);
    }
    pub(super) fn set_no_export_dynamic(&mut self, _: Argument) {
        self.export_dynamic = Some(false);
    }
    pub(super) fn set_allow_undefined(&mut self, _: Argument) {
        self.allow_undefined = true;
    }
    pub(super) fn set_warn_unresolved(&mut self, _: Argument) {
        self.warn_unresolved = true;
    }
    pub(super) fn set_error_unresolved(&mut self, _: Argument) {
        self.warn_unresolved = false;
    }
    pub(super) fn set_unresolved(&mut self, argument: Argument) {
        self.forget(Check::Unresolved);
        self.unresolved = match argument.value.as_str() {
            "report-all" => Some(Unresolved::Report),
            "ignore-all" => Some(Unresolved::Ignore),
            "import-dynamic" => Some(Unresolved::ImportDynamic),
            other => {
                self.fail(Check::Unresolved, format!("unknown --unresolved-symbols value: {other}"));
                None
            }
        };
    }
    pub(super) fn set_allow_multiple(&mut self, _: Argument) {
        self.allow_multiple = true;
    }
    pub(super) fn set_no_allow_multiple(&mut self, _: Argument) {
        self.allow_multiple = false;
    }
    pub(super) fn set_import_memory(&mut self, _: Argument) {
        self.import_memory.0 = true;
    }
    pub(super) fn set_import_memory_names(&mut self, argument: Argument) {
        // LLD takes a name without a comma for the field of module `env`.
        let names = argument.value;
        self.import_memory.1 = Some(if names.contains(',') { names } else { format!("env,{names}") });
    }
    pub(super) fn set_export_memory(&mut self, _: Argument) {
        self.export_memory.0 = true;
    }
    pub(super) fn set_export_memory_name(&mut self, argument: Argument) {
        self.export_memory.1 = Some(argument.value);
    }
    pub(super) fn set_print_map(&mut self, _: Argument) {
        self.print_map = true;
    }
    pub(super) fn set_target(&mut self, argument: Argument) {
        self.forget(Check::Target);
        self.options.is_64 = match argument.value.as_str() {
            "wasm32" => Some(false),
            "wasm64" => Some(true),
            other => {
                self.fail(Check::Target, format!("invalid target architecture: {other}"));
                None
            }
        };
    }
    pub(super) fn set_page_size(&mut self, argument: Argument) {
        self.forget(Check::PageSizeValue);
        let size = self.number(Check::PageSize, &argument);
        self.options.page_size = size;
        if size != 1 && size != 65536 {
            self.options.page_size = 65536;
            self.fail(Check::PageSizeValue, "--page_size=N must be either 1 or 65536".into());
        }
    }
    pub(super) fn set_error_limit(&mut self, argument: Argument) {
        let limit = decimal(&argument.value);
        self.options.error_limit = limit.unwrap_or(20);
        self.bad_limit = limit.is_none().then(|| not_a_number(&argument));
    }
    pub(super) fn set_threads(&mut self, argument: Argument) {
        self.forget(Check::Threads);
        let threads = unsigned(&argument.value).and_then(|count| u32::try_from(count).ok());
        match threads.filter(|&count| count > 0) {
            Some(count) => self.options.threads = Some(count as usize),
            None => self
                .fail(Check::Threads, format!("--threads: expected a positive integer, but got '{}'", argument.value)),
        }
    }
    pub(super) fn set_z(&mut self, argument: Argument) {
        let value = argument.value;
        let known = value.starts_with("muldefs") || value.starts_with("stack-size=");
        self.muldefs |= value == "muldefs";
        if let Some(size) = value.strip_prefix("stack-size").filter(|size| size.is_empty() || size.starts_with('=')) {
            let size = size.strip_prefix('=').unwrap_or(size);
            match unsigned(size) {
                Some(bytes) => self.options.stack_size = bytes,
                None => self.fail(Check::StackSize, format!("invalid stack-size: {size}")),
            }
        }
        if !known {
            self.unknown_z.push(value);
        }
    }
    pub(super) fn set_segment_order(&mut self, argument: Argument) {
        self.options.segment_order = self.order(Check::SegmentOrder, "--segment-order", &argument.value);
    }
    pub(super) fn set_index_order(&mut self, argument: Argument) {
        self.options.index_order = self.order(Check::IndexOrder, "--index-order", &argument.value);
    }
    fn order(&mut self, check: Check, option: &str, value: &str) -> Order {
        self.forget(check);
        match value {
            "auto" => Order::Auto,
            "input" => Order::Input,
            "compact" => Order::Compact,
            other => {
                self.fail(check, format!("unknown {option} value: {other}"));
                Order::Auto
            }
        }
    }
    pub(super) fn set_build_id(&mut self, argument: Argument) {
        self.forget(Check::BuildId);
        self.options.build_id = match argument.value.as_str() {
            "none" => BuildId::None,
            "fast" => BuildId::Fast,
            "sha1" | "tree" => BuildId::Sha1,
            "uuid" => BuildId::Uuid,
            value => match value.strip_prefix("0x") {
                Some(digits) => self.hexadecimal(digits),
                None => {
                    self.fail(Check::BuildId, format!("unknown --build-id style: {value}"));
                    BuildId::None
                }
            },
        };
    }
    /// Pairs of digits make bytes; an odd last digit makes one alone.
    fn hexadecimal(&mut self, digits: &str) -> BuildId {
        let values: Option<Vec<u8>> = digits.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect();
        match values {
            Some(values) => BuildId::Hex(
                values.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
            ),
            None => {
                self.fail(Check::BuildId, format!("not a hexadecimal value: {digits}"));
                BuildId::None
            }
        }
    }
    pub(super) fn set_demangle_style(&mut self, _: Argument) {
        self.options.demangle = true;
    }
    pub(super) fn set_icf(&mut self, argument: Argument) {
        if argument.value != "none" {
            self.ignore("icf", argument, "is not supported yet");
        }
    }
    pub(super) fn set_compress_debug(&mut self, argument: Argument) {
        if argument.value != "none" {
            self.ignore("compress-debug-sections", argument, "has no meaning for WebAssembly");
        }
    }
    pub(super) fn set_script(&mut self, argument: Argument) {
        self.forget(Check::Script);
        let text = "linker scripts and section addresses have no meaning for WebAssembly";
        self.fail(Check::Script, format!("{}: {text}", argument.spelled));
    }
    pub(super) fn push_state(&mut self, _: Argument) {
        let state = self.archive_state();
        self.saved.push(state);
    }
    pub(super) fn pop_state(&mut self, _: Argument) {
        self.forget(Check::SavedState);
        match self.saved.pop() {
            Some((whole, is_static)) => {
                self.options.inputs.extend([Positional::WholeArchive(whole), Positional::Static(is_static)]);
            }
            None => self.fail(Check::SavedState, "unbalanced --push-state/--pop-state".into()),
        }
    }
    /// Whole archives and static, behind the last input so far.
    fn archive_state(&mut self) -> (bool, bool) {
        let (mut whole, mut is_static) = self.current.unwrap_or((false, true));
        for positional in &self.options.inputs[self.seen..] {
            match positional {
                Positional::WholeArchive(on) => whole = *on,
                Positional::Static(on) => is_static = *on,
                _ => {}
            }
        }
        self.seen = self.options.inputs.len();
        *self.current.insert((whole, is_static))
    }
    pub(super) fn set_color(&mut self, argument: Argument) {
        let mut bad = None;
        self.options.color = match argument.value.as_str() {
            "always" => Color::Always,
            "never" => Color::Never,
            "auto" => Color::Auto,
            other => {
                bad = Some(format!("unknown option: --color-diagnostics={other}"));
                Color::Auto
            }
        };
        self.bad_color = bad;
    }
    pub(super) fn set_lto_o(&mut self, argument: Argument) {
        self.lto_level(Check::LtoO, "invalid optimization level for LTO", &argument);
    }
    pub(super) fn set_lto_cgo(&mut self, argument: Argument) {
        self.lto_level(Check::LtoCgo, "invalid codegen optimization level for LTO", &argument);
    }
    fn lto_level(&mut self, check: Check, message: &str, argument: &Argument) {
        let level = self.number(check, argument) as u32;
        if level > 3 {
            self.fail(check, format!("{message}: {level}"));
        }
    }
    pub(super) fn set_suffix_replace(&mut self, argument: Argument) {
        self.replacement(Check::SuffixReplace, "--thinlto-object-suffix-replace=", &argument.value);
    }
    pub(super) fn set_prefix_replace(&mut self, argument: Argument) {
        self.replacement(Check::PrefixReplace, "--thinlto-prefix-replace=", &argument.value);
    }
    fn replacement(&mut self, check: Check, option: &str, value: &str) {
        self.forget(check);
        if value.split_once(';').is_none_or(|(_, new)| new.is_empty()) {
            self.fail(check, format!("{option} expects 'old;new' format, but got {value}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_prefix() {
        for (text, value) in
            [("0", 0), ("10", 10), ("0x10", 16), ("0X10", 16), ("0b10", 2), ("0o7", 7), ("020", 16), ("00", 0)]
        {
            assert_eq!(unsigned(text), Some(value), "{text}");
        }
        assert_eq!(unsigned("18446744073709551615"), Some(u64::MAX));
        for text in ["", "08", "-1", "+1", " 1", "1_0", "0x", "abc", "18446744073709551616", "0x+1"] {
            assert_eq!(unsigned(text), None, "{text}");
        }
    }

    #[test]
    fn decimal_numbers() {
        assert_eq!(decimal("010"), Some(10));
        assert_eq!(decimal("-1"), Some(u64::MAX));
        assert_eq!(decimal("9223372036854775807"), Some(i64::MAX as u64));
        for text in ["", "+10", "0x10", "9223372036854775808", " 1", "1 "] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
