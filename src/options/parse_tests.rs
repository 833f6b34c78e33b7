//! What wasm-ld 22.1.8 was seen to say to the same command lines, unless a test says otherwise.

use super::super::{BuildId, Positional, Unresolved};
use super::*;
use crate::diagnostic::Severity;

fn parsed(args: &[&str]) -> Parsed {
    let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
    parse("wold", args.iter().map(ToString::to_string).collect(), &read)
}

/// Each diagnostic as `error: ...` or `warning: ...`.
fn says(args: &[&str]) -> Vec<String> {
    let list = parsed(args).diagnostics.list().to_vec();
    let level = |severity| if severity == Severity::Error { "error" } else { "warning" };
    list.iter().map(|diagnostic| format!("{}: {}", level(diagnostic.severity), diagnostic.message)).collect()
}

#[track_caller]
fn errors(args: &[&str], expected: &[impl std::fmt::Display]) {
    let expected: Vec<String> = expected.iter().map(|message| format!("error: {message}")).collect();
    assert_eq!(says(args), expected, "{args:?}");
}

/// The options of a command line that has nothing wrong.
#[track_caller]
fn good(args: &[&str]) -> Options {
    let parsed = parsed(args);
    assert!(parsed.diagnostics.list().is_empty(), "{args:?}: {:?}", parsed.diagnostics.list());
    parsed.options
}

fn file(path: &str) -> Positional {
    Positional::File(path.into())
}

/// A value that an option accepts.
fn value_for(spec: &Spec) -> &'static str {
    match (spec.name, spec.meta) {
        ("m", _) => "wasm32",
        ("z", _) => "muldefs",
        ("page-size", _) => "1",
        ("build-id", _) => "sha1",
        ("unresolved-symbols", _) => "ignore-all",
        ("color-diagnostics", _) => "never",
        ("rsp-quoting", _) => "windows",
        ("segment-order" | "index-order", _) => "compact",
        (_, "<old;new>") => "a;b",
        _ => "3",
    }
}

/// The argument words for `spec` with `dash`, in each of its forms.
fn forms(spec: &Spec, dash: &str) -> Vec<Vec<String>> {
    let (name, value) = (spec.name, value_for(spec));
    let joined = |between: &str| vec![format!("{dash}{name}{between}{value}")];
    let apart = || vec![format!("{dash}{name}"), value.to_owned()];
    match spec.shape {
        Shape::Flag => vec![vec![format!("{dash}{name}")]],
        Shape::Equals => vec![joined("=")],
        Shape::EqualsOrNext => vec![joined("="), apart()],
        Shape::Joined => vec![joined("")],
        Shape::Next => vec![apart()],
        Shape::JoinedOrNext => vec![joined(""), apart()],
    }
}

#[test]
fn every_option_in_every_form_and_with_both_dashes() {
    let index = Index::new();
    for spec in table::OPTIONS.iter().chain(gnu::GNU.iter().filter(|spec| spec.name != "threads")) {
        for (dash, accepted) in [("-", spec.dashes != Dashes::Two), ("--", spec.dashes != Dashes::One)] {
            for words in forms(spec, dash) {
                let (tokens, missing) = index.split(words.iter().cloned());
                // What wasm-ld reads as something else stays that: `-end-group` is an entry symbol.
                if let [Token::Option(first, _), ..] = &tokens[..]
                    && gnu::GNU.iter().any(|row| std::ptr::eq(row, spec))
                    && table::OPTIONS.iter().any(|row| std::ptr::eq(row, *first))
                {
                    assert_eq!(dash, "-", "{words:?}");
                    continue;
                }
                let found = match (&tokens[..], missing) {
                    ([Token::Option(found, argument)], None) => {
                        std::ptr::eq(*found, spec) && (spec.shape == Shape::Flag || argument.value == value_for(spec))
                    }
                    _ => false,
                };
                assert_eq!(found, accepted, "{words:?}");
            }
        }
    }
}

#[test]
fn every_option_has_an_effect_or_is_meant_to_have_none() {
    let idle = ["fork", "no-fork", "rsp-quoting", "help", "version", "v"];
    let defaults = format!("{:?}", good(&[]));
    for spec in table::OPTIONS {
        let turns_on_default = spec.help.contains("(default") || spec.help.contains("with --no-stack-first");
        if idle.contains(&spec.name) || spec.category == super::super::spec::Category::Lto || turns_on_default {
            continue;
        }
        if matches!(spec.set, super::super::spec::Set::Alias(..)) {
            continue;
        }
        let dash = if spec.dashes == Dashes::One { "-" } else { "--" };
        for words in forms(spec, dash) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert_ne!(format!("{:?}", parsed(&words).options), defaults, "{words:?}");
        }
    }
}

#[test]
fn one_letter_options_swallow_options_that_need_two_dashes() {
    assert_eq!(good(&["-export-all"]).entry.as_deref(), Some("xport-all"));
    assert_eq!(good(&["-error-limit=3"]).entry.as_deref(), Some("rror-limit=3"));
    assert_eq!(good(&["-export-memory=f"]).entry.as_deref(), Some("xport-memory=f"));
    assert_eq!(good(&["-exportfoo"]).entry.as_deref(), Some("xportfoo"));
    assert_eq!(good(&["-lto-O"]).inputs, [Positional::Library("to-O".into())]);
    assert_eq!(good(&["-export=foo"]).exports, ["foo"]);
    errors(&["-max-memory=3"], &["invalid target architecture: ax-memory=3"]);
    errors(&["-mllvmfoo"], &["invalid target architecture: llvmfoo"]);
    errors(&["-Mapfoo"], &["unknown argument: -Mapfoo"]);
    errors(&["--exportfoo"], &["unknown argument: --exportfoo"]);
    for word in [
        "-sS",
        "-rfoo",
        "-i5",
        "-i=5",
        "--E",
        "--L",
        "-growable-table",
        "-import-table",
        "---trace",
        "--",
        "-h",
        "--trace=1",
    ] {
        errors(&[word], &[&format!("unknown argument: {word}")]);
    }
}

#[test]
fn values_that_are_missing() {
    for word in ["-o", "-export", "--export", "-L", "-l", "-z", "-allow-undefined-file", "--reproduce", "-Map"] {
        errors(&[word], &[&format!("{word}: missing argument")]);
    }
    errors(&["--bogus", "-o"], &["-o: missing argument", "unknown argument: --bogus"]);
    assert_eq!(good(&["-o", "-L"]).output, "-L");
}

#[test]
fn inputs_keep_their_order() {
    let options = good(&["a.o", "", "-lx", "--whole-archive", "-l", "y", "--start-lib", "-", "--end-lib", "-Bdynamic"]);
    let library = |name: &str| Positional::Library(name.into());
    let expected = [
        file("a.o"),
        library("x"),
        Positional::WholeArchive(true),
        library("y"),
        Positional::StartLib,
        file("-"),
        Positional::EndLib,
        Positional::Static(false),
    ];
    assert_eq!(options.inputs, expected);
    for word in ["-dn", "--non_shared", "-static", "--Bstatic"] {
        assert_eq!(good(&[word]).inputs, [Positional::Static(true)]);
    }
    assert_eq!(good(&["-Lx", "-L", "y", "--library-path=z"]).library_paths, ["x", "y", "z"]);
}

#[test]
fn the_last_one_wins() {
    assert_eq!(good(&["-oa", "-o", "b"]).output, "b");
    assert_eq!(good(&["--entry=a", "--no-entry"]).entry, None);
    assert_eq!(good(&["--no-entry", "-ea"]).entry.as_deref(), Some("a"));
    assert_eq!(good(&["--entry="]).entry, None);
    assert!(good(&["--no-gc-sections", "--gc-sections"]).gc_sections);
    assert!(!good(&["--stack-first", "--no-stack-first"]).stack_first);
    assert_eq!(good(&["-m", "wasm64", "-mwasm32"]).is_64, Some(false));
    assert_eq!(good(&["--extra-features=a,b", "--extra-features=c"]).extra_features, ["c"]);
    assert_eq!(good(&["--features=a,,b"]).features.as_deref(), Some(&["a".to_string(), "b".to_string()][..]));
    assert_eq!(good(&["--features="]).features.as_deref(), Some(&[][..]));
    assert_eq!(
        good(&["--allow-undefined-file=a", "-allow-undefined-file", "b"]).allow_undefined_file.as_deref(),
        Some("b")
    );
    good(&["-mfoo", "-mwasm32"]);
    good(&["--threads=x", "--threads=1"]);
    good(&["--page-size=65537", "--page-size=1"]);
    good(&["--build-id=x", "--build-id"]);
    good(&["--unresolved-symbols=foo", "--unresolved-symbols=ignore-all"]);
    good(&["--error-limit=x", "--error-limit=2"]);
    good(&["--color-diagnostics=x", "--no-color-diagnostics"]);
}

#[test]
fn undefined_symbols() {
    let policy = |args: &[&str]| good(args).unresolved;
    assert_eq!(policy(&[]), Unresolved::Report);
    assert_eq!(policy(&["--allow-undefined", "--unresolved-symbols=report-all"]), Unresolved::Ignore);
    assert_eq!(policy(&["--unresolved-symbols=ignore-all", "--error-unresolved-symbols"]), Unresolved::Ignore);
    assert_eq!(policy(&["--warn-unresolved-symbols", "--unresolved-symbols=report-all"]), Unresolved::Warn);
    assert_eq!(policy(&["--warn-unresolved-symbols", "--error-unresolved-symbols"]), Unresolved::Report);
    assert!(good(&["--allow-undefined"]).import_undefined);
    assert!(good(&["-zmuldefs", "--no-allow-multiple-definition"]).allow_multiple_definition);
    assert!(!good(&["-zmuldefs=1"]).allow_multiple_definition);
}

#[test]
fn memory_names() {
    let names = |args: &[&str]| {
        let options = good(args);
        (options.import_memory.map(|(module, field)| format!("{module}.{field}")), options.export_memory)
    };
    let pair = |import: Option<&str>, export: Option<&str>| (import.map(Into::into), export.map(Into::into));
    assert_eq!(names(&[]), pair(None, Some("memory")));
    assert_eq!(names(&["--import-memory"]), pair(Some("env.memory"), None));
    assert_eq!(names(&["--import-memory=a,b,c"]), pair(Some("a.b,c"), None));
    assert_eq!(names(&["--import-memory=a"]), pair(Some("env.a"), None));
    assert_eq!(names(&["--import-memory=a,b", "--import-memory"]), pair(Some("a.b"), None));
    assert_eq!(names(&["--import-memory=,"]), pair(Some("."), None));
    assert_eq!(names(&["--import-memory", "--export-memory"]), pair(Some("env.memory"), Some("memory")));
    assert_eq!(names(&["--export-memory=a", "--export-memory"]), pair(None, Some("a")));
    assert_eq!(names(&["--export-memory="]), pair(None, Some("")));
}

#[test]
fn build_ids() {
    let id = |args: &[&str]| good(args).build_id;
    assert_eq!(id(&["--build-id"]), BuildId::Fast);
    assert_eq!(id(&["--build-id=tree"]), BuildId::Sha1);
    assert_eq!(id(&["--build-id", "-build-id=0xABcd"]), BuildId::Hex(vec![0xab, 0xcd]));
    assert_eq!(id(&["--build-id=0x123"]), BuildId::Hex(vec![0x12, 3]));
    assert_eq!(id(&["--build-id=0x"]), BuildId::Hex(vec![]));
    errors(&["--build-id=FAST"], &["unknown --build-id style: FAST"]);
    errors(&["--build-id=0X12"], &["unknown --build-id style: 0X12"]);
    errors(&["--build-id=0x1g"], &["not a hexadecimal value: 1g"]);
}

#[test]
fn maps() {
    assert_eq!(good(&["--Map=m", "-M"]).map_file.as_deref(), Some("-"));
    assert_eq!(good(&["--Map=", "-M"]).map_file.as_deref(), Some("-"));
    assert_eq!(good(&["--Map="]).map_file, None);
}

#[test]
fn numbers() {
    let not = |word: &str, value: &str| errors(&[word], &[&format!("{word}: number expected, but got '{value}'")]);
    not("--initial-memory=abc", "abc");
    not("--initial-memory=0x10000", "0x10000");
    not("--initial-memory=+10", "+10");
    not("--initial-memory=", "");
    not("--initial-memory=9223372036854775808", "9223372036854775808");
    not("-i", "");
    not("-Ox", "x");
    not("--lto-O", "");
    not("--lto-partitions=x", "x");
    not("--error-limit=0x10", "0x10");
    errors(&["--error-limit", "x"], &["--error-limit: number expected, but got 'x'"]);
    assert_eq!(good(&["--initial-memory=010"]).initial_memory, 10);
    assert_eq!(good(&["--initial-memory=-1"]).initial_memory, u64::MAX);
    assert_eq!(good(&["-O", "2"]).optimize, 2);
    assert_eq!(good(&["--error-limit", "0"]).error_limit, 0);
    errors(&["--lto-O9"], &["invalid optimization level for LTO: 9"]);
    errors(&["--lto-CGO-1"], &["invalid codegen optimization level for LTO: 4294967295"]);
    errors(
        &["--page-size=x"],
        &["--page-size=x: number expected, but got 'x'", "--page_size=N must be either 1 or 65536"],
    );
    errors(&["--page-size=4294967297"], &["--page_size=N must be either 1 or 65536"]);
}

#[test]
fn threads() {
    assert_eq!(good(&["--threads=0x2"]).threads, Some(2));
    assert_eq!(good(&["--threads", "3"]).threads, Some(3));
    for bad in ["0", "x", "-1", "", "08", "00", "4294967296"] {
        errors(&[&format!("--threads={bad}")], &[&format!("--threads: expected a positive integer, but got '{bad}'")]);
    }
}

#[test]
fn z_options() {
    assert_eq!(good(&["-z", "stack-size=7", "-zstack-size=0x20"]).stack_size, 32);
    assert_eq!(good(&["-zstack-size=020"]).stack_size, 16);
    errors(&["-z", "stack-size=abc", "-z", "stack-size=1"], &["invalid stack-size: abc"]);
    errors(&["-zstack-size=-1"], &["invalid stack-size: -1"]);
    assert_eq!(says(&["-z", "stack-size"]), ["warning: unknown -z value: stack-size", "error: invalid stack-size: "]);
    assert_eq!(says(&["-z=", "-zfoo"]), ["warning: unknown -z value: =", "warning: unknown -z value: foo"]);
    assert_eq!(says(&["-zstack-sizes=1"]), ["warning: unknown -z value: stack-sizes=1"]);
    assert_eq!(says(&["-zfoo", "--fatal-warnings"]), ["error: unknown -z value: foo"]);
    assert_eq!(says(&["-zfoo", "--bogus"]), ["error: unknown argument: --bogus", "warning: unknown -z value: foo"]);
}

/// One error of each kind, in the opposite of the order in which they are reported.
#[test]
fn errors_come_in_the_order_of_lld() {
    let args = "--build-id=x --threads=0 -mfoo --no-growable-memory --max-memory=4 --page-size=3 -zstack-size=q \
                --initial-memory=a --initial-heap=a --global-base=a --table-base=a --unresolved-symbols=foo \
                --thinlto-prefix-replace=y --thinlto-object-suffix-replace=x -Ox --lto-partitions=x --lto-CGO9 \
                --lto-O9 -znope --error-limit=a --bogus --color-diagnostics=foo --rsp-quoting=foo";
    let args: Vec<&str> = args.split(' ').collect();
    let expected = "error: invalid response file quoting: foo
error: unknown option: --color-diagnostics=foo
error: unknown argument: --bogus
error: --error-limit=a: number expected, but got 'a'
warning: unknown -z value: nope
error: invalid optimization level for LTO: 9
error: invalid codegen optimization level for LTO: 9
error: --lto-partitions=x: number expected, but got 'x'
error: -Ox: number expected, but got 'x'
error: --thinlto-object-suffix-replace= expects 'old;new' format, but got x
error: --thinlto-prefix-replace= expects 'old;new' format, but got y
error: unknown --unresolved-symbols value: foo
error: --table-base=a: number expected, but got 'a'
error: --global-base=a: number expected, but got 'a'
error: --initial-heap=a: number expected, but got 'a'
error: --initial-memory=a: number expected, but got 'a'
error: invalid stack-size: q
error: --page_size=N must be either 1 or 65536
error: --max-memory is incompatible with --no-growable-memory
error: invalid target architecture: foo
error: --threads: expected a positive integer, but got '0'
error: unknown --build-id style: x";
    assert_eq!(says(&args).join("\n"), expected);
    assert_eq!(parsed(&args).early, 3);
}

#[test]
fn combinations_before_inputs() {
    let args = "--shared --export-memory --no-growable-memory --max-memory=1 -r --export-table --growable-table";
    let args: Vec<&str> = args.split(' ').collect();
    let all = says(&args);
    assert_eq!(
        all[..5],
        [
            "error: --max-memory is incompatible with --no-growable-memory",
            "error: -shared/-pie is incompatible with --export-table",
            "error: --relocatable is incompatible with --export-table",
            "error: --relocatable is incompatible with --growable-table",
            "error: --export-memory is incompatible with --shared",
        ]
    );
    good(&["--max-memory=0", "--no-growable-memory"]);
}

#[test]
fn position_independent_output_settles_defaults() {
    let shared = good(&["-shared"]);
    assert_eq!(shared.entry.as_deref(), Some("__wasm_call_ctors"));
    assert_eq!(shared.import_memory, Some(("env".into(), "memory".into())));
    assert!(shared.import_table && shared.export_dynamic && shared.export_memory.is_none() && shared.is_pic());
    let pie = good(&["-pie"]);
    assert_eq!((pie.entry.as_deref(), pie.import_memory.clone()), (Some("_start"), None));
    assert!(pie.import_table && !pie.export_dynamic && pie.is_pic());
    assert!(!good(&["--pie", "--no-pie"]).is_pic());
}

#[test]
fn help_and_version_stop() {
    let run = |args: &[&str]| {
        let parsed = parsed(args);
        let output = parsed.diagnostics.output().iter().map(|text| text.lines().next().unwrap_or_default().to_owned());
        (parsed.action, output.collect::<Vec<_>>())
    };
    let help = "OVERVIEW: Wold, a WebAssembly linker".to_owned();
    assert!(version().starts_with("wold ") && version().ends_with(" (compatible with LLD 22.1.8)"));
    assert_eq!(run(&["--help", "--version", "a.o"]), (Action::Exit, vec![help]));
    assert_eq!(run(&["--version", "-v", "a.o"]), (Action::Exit, vec![version()]));
    assert_eq!(run(&["-v", "-lfoo", "--start-lib"]), (Action::Exit, vec![version()]));
    assert_eq!(run(&["-V", "a.o"]), (Action::Link, vec![version()]));
    assert_eq!(run(&[]), (Action::Link, vec![]));
    errors(&["--version", "--threads=0"], &["--threads: expected a positive integer, but got '0'"]);
    errors(&["--help", "--bogus", "--threads=0"], &["unknown argument: --bogus"]);
}

#[test]
fn flavors() {
    assert_eq!(good(&["-flavor", "wasm", "a.o"]).inputs, [file("a.o")]);
    assert_eq!(good(&["-flavor", "ld-wasm"]).inputs, []);
    errors(&["-flavor"], &["missing arg value for '-flavor'"]);
    errors(&["-flavor", "foo", "--bogus"], &["Unknown flavor: foo"]);
    errors(&["-v", "-flavor", "wasm"], &["unknown argument: -flavor"]);
}

#[test]
fn response_files() {
    let read = |path: &std::path::Path| match path.to_str() {
        Some("r") => Ok(b"--rsp-quoting=windows -oa\\b".to_vec()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let output = |args: &[&str]| {
        let args = args.iter().map(ToString::to_string).collect();
        parse("wold", args, &read).options.output
    };
    assert_eq!(output(&["@r"]), "ab");
    assert_eq!(output(&["@r", "--rsp-quoting=windows"]), "a\\b");
    assert_eq!(output(&["-L", "--rsp-quoting=windows", "@r"]), "ab");
    assert_eq!(output(&["--rsp-quoting=windows", "--rsp-quoting", "posix", "@r"]), "ab");
    assert_eq!(good(&["@nonexistent"]).inputs, [file("@nonexistent")]);
}

#[test]
fn color() {
    let wants = |args: &[&str]| [false, true].map(|terminal| wants_color(&good(args), terminal));
    assert_eq!(wants(&[]), [false, true]);
    assert_eq!(wants(&["--color-diagnostics=never", "--color-diagnostics"]), [true, true]);
    assert_eq!(wants(&["--color-diagnostics=always", "--no-color-diagnostics"]), [false, false]);
    assert_eq!(wants(&["--color-diagnostics", "--color-diagnostics=auto"]), [false, true]);
    errors(&["--color-diagnostics", "--color-diagnostics=foo"], &["unknown option: --color-diagnostics=foo"]);
    assert_eq!(parsed(&["--color-diagnostics", "--color-diagnostics=foo"]).options.color, Color::Auto);
}

#[test]
fn options_of_other_linkers_without_effect() {
    let args = ["--start-group", "-(", "-)", "--end-group", "--as-needed", "--threads", "--icf=none", "-g", "-pthread"];
    let defaults = format!("{:?}", good(&[]));
    assert_eq!(format!("{:?}", good(&args)), defaults);
    let args = ["--hash-style=gnu", "-hash-style", "both", "-rpath-link", "x", "-x", "--sort-common=ascending"];
    let warnings = ["--hash-style=gnu", "-rpath-link", "-x", "--sort-common=ascending"]
        .map(|word| format!("warning: {word} is ignored: it has no meaning for WebAssembly"));
    assert_eq!(says(&args), warnings);
    assert!(says(&[&args[..], &["--no-warn-ignored"]].concat()).is_empty());
    assert!(parsed(&[&args[..], &["--fatal-warnings"]].concat()).diagnostics.error_count() == 0);
    assert_eq!(says(&["--icf=all"]), ["warning: --icf=all is ignored: it is not supported yet"]);
}

#[test]
fn options_of_other_linkers_with_effect() {
    assert_eq!(good(&["--no-threads"]).threads, Some(1));
    assert_eq!(good(&["--thread-count=3"]).threads, Some(3));
    assert_eq!(good(&["--warn-unresolved-symbols", "--no-undefined"]).unresolved, Unresolved::Report);
    assert_eq!(good(&["--dependency-file", "a.d"]).dependency_file.as_deref(), Some("a.d"));
    assert_eq!(good(&["--version-script=v"]).version_scripts, ["v"]);
    assert_eq!(good(&["--threads", "--no-entry"]).entry, None);
    assert!(good(&["--no-demangle", "--demangle=gnu"]).demangle);
    errors(&["--threads", "a.o"], &["--threads: expected a positive integer, but got 'a.o'"]);
    for word in ["-Tx", "-Ttext=0", "--script=x"] {
        errors(&[word], &[&format!("{word}: linker scripts and section addresses have no meaning for WebAssembly")]);
    }
    assert_eq!(good(&["-export-dynamic-symbol=f"]).entry.as_deref(), Some("xport-dynamic-symbol=f"));
}

#[test]
fn saved_states() {
    let whole = Positional::WholeArchive;
    let args = ["--whole-archive", "--push-state", "--no-whole-archive", "-Bdynamic", "a", "--pop-state", "b"];
    let restored = [whole(true), Positional::Static(true)];
    let before = [whole(true), whole(false), Positional::Static(false), file("a")];
    assert_eq!(good(&args).inputs, [&before[..], &restored, &[file("b")]].concat());
    let args = ["--push-state", "--whole-archive", "--push-state", "--no-whole-archive", "--pop-state", "--pop-state"];
    let inputs = good(&args).inputs;
    assert_eq!(inputs[2..], [restored.clone(), [whole(false), Positional::Static(true)]].concat());
    errors(&["--pop-state"], &["unbalanced --push-state/--pop-state"]);
}

#[test]
fn compact_orders() {
    let orders = |args: &[&str], has_mir| {
        let options = good(args);
        (options.compact_segments(has_mir), options.compact_indices(has_mir), options.compresses_relocations())
    };
    assert_eq!(orders(&["a.o"], false), (false, false, false));
    assert_eq!(orders(&["a.o"], true), (true, true, false));
    assert_eq!(orders(&["a.o", "--segment-order=input", "--index-order=input"], true), (false, false, false));
    assert_eq!(orders(&["a.o", "--compact"], false), (true, true, true));
    assert_eq!(orders(&["a.o", "--compact", "--no-compact"], false), (false, false, false));
    assert_eq!(orders(&["a.o", "--segment-order=input", "--compact"], false), (false, true, true));
    assert_eq!(orders(&["a.o", "--segment-order=compact"], false), (true, false, false));
    assert_eq!(orders(&["a.o", "--index-order=input", "--index-order=compact"], false), (false, true, false));
    assert_eq!(orders(&["a.o", "-r", "--segment-order=compact", "--index-order=compact"], true), (false, false, false));
    errors(&["a.o", "--index-order=small"], &["unknown --index-order value: small"]);
    errors(&["a.o", "--index-order=small", "--index-order=auto"], &[] as &[&str]);
}
