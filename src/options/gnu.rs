//! Options of GNU ld, gold and LLD's ELF linker that build systems pass whatever the target.
//!
//! The parser looks into this table only if wasm-ld does not know a word, so that no row can change what wasm-ld
//! accepts. Options with a meaning for WebAssembly have it here, too. Of the others those are accepted in silence that
//! ask for what is done anyway; a warning names the rest. Options are missing on purpose if a link without them would
//! be another program: `--defsym`, `-init`, `--oformat`, `-b`.

use super::Options;
use super::apply::State;
use super::spec::Category::{Contents, Inputs, Program, Reports, Symbols};
use super::spec::{Set, Shape, Spec};

/// A flag that asks for what is done anyway.
const fn done(name: &'static str) -> Spec {
    Spec::ignored(name, Shape::Flag, false)
}

/// A flag without meaning for WebAssembly.
const fn idle(name: &'static str) -> Spec {
    Spec::ignored(name, Shape::Flag, true)
}

/// The same with a value.
const fn idle_with(name: &'static str) -> Spec {
    Spec::ignored(name, Shape::EqualsOrNext, true)
}

fn single_thread(options: &mut Options) {
    options.threads = Some(1);
}

/// All of them; those with an effect first.
#[rustfmt::skip] // One row, one or two lines.
pub static GNU: &[Spec] = &[
    Spec::state("push-state", State::push_state)
        .help(Inputs, "Remember --whole-archive and -Bstatic as they are here"),
    Spec::state("pop-state", State::pop_state).help(Inputs, "Return to what the last --push-state remembers"),
    Spec::state("no-undefined", State::set_error_unresolved).help(Symbols, "The same as --error-unresolved-symbols"),
    Spec::text("version-script", |o, v| o.version_scripts.push(v)).meta("<file>")
        .help(Symbols, "Symbols that match `local:` in this version script are hidden: --export-dynamic and --shared \
            do not export them"),
    Spec::text("export-dynamic-symbol", |o, v| o.export_patterns.push(v)).two_dashes().meta("<pattern>")
        .help(Symbols, "Export every defined, not hidden symbol that matches this pattern"),
    Spec::text("export-dynamic-symbol-list", |o, v| o.export_lists.push(v)).two_dashes().meta("<file>")
        .help(Symbols, "Export every defined, not hidden symbol that this dynamic list names"),
    Spec::text("dynamic-list", |o, v| o.export_lists.push(v)).two_dashes().meta("<file>")
        .help(Symbols, "The same as --export-dynamic-symbol-list=<file>"),
    Spec::alias("q", "emit-relocs").one_dash(),
    Spec::state("demangle", State::set_demangle_style).equals().meta("<style>")
        .help(Reports, "The same as --demangle, whatever the style"),
    Spec::text("dependency-file", |o, v| o.dependency_file = Some(v).filter(|path| !path.is_empty())).meta("<file>")
        .help(Reports, "Write a makefile rule that names every file which the link read"),
    Spec::flag("no-threads", single_thread).help(Program, "The same as --threads=1"),
    Spec::number("thread-count", super::apply::Check::Threads, |o, n| o.threads = usize::try_from(n).ok())
        .help(Program, "The same as --threads=<number>"),
    Spec::state("icf", State::set_icf).shape(Shape::EqualsOrNext).meta("[none,safe,all]")
        .help(Contents, "Fold identical functions. `safe` and `all` are not supported yet: ignored with a warning"),
    Spec::state("script", State::set_script).shape(Shape::EqualsOrNext).meta("<file>")
        .help(Inputs, "A linker script: refused, as scripts place sections, which WebAssembly has not"),
    Spec::alias("T", "script").short().meta("<file>"),
    Spec::alias("default-script", "script").shape(Shape::EqualsOrNext).meta("<file>"),
    Spec::alias("section-start", "script").shape(Shape::EqualsOrNext).meta("<name=address>"),

    // Done anyway.
    done("(").one_dash(), done(")").one_dash(), done("start-group"), done("end-group"), done("threads").two_dashes(),
    done("as-needed"), done("no-as-needed"), done("add-needed"), done("no-add-needed"),
    done("copy-dt-needed-entries"), done("no-copy-dt-needed-entries"),
    done("no-allow-shlib-undefined"), done("allow-shlib-undefined"), done("no-icf"), done("no-relax"), done("relax"),
    done("no-keep-memory"), done("no-mmap-output-file"), done("mmap-output-file"), done("nostdlib"),
    done("g").one_dash(), done("d").one_dash(), done("dc").one_dash(), done("dp").one_dash(), done("pthread"),
    done("EL").one_dash(), done("Qy").one_dash(), done("no-dynamic-linker"), done("no-gdb-index"),
    done("no-eh-frame-hdr"), done("no-ld-generated-unwind-info"), done("no-cref"), done("no-warn-common"),
    done("no-warn-mismatch"), done("no-undefined-version"), done("undefined-version"), done("no-warn-rwx-segments"),
    done("no-warn-execstack"), done("no-warn-symbol-ordering"), done("no-warn-backrefs"), done("Bno-symbolic"),
    done("discard-none"), done("no-print-icf-sections"), done("no-omagic"), done("no-rosegment"),
    done("no-pack-relative-relocs"), done("no-call-graph-profile-sort"), done("no-apply-dynamic-relocs"),
    done("no-optimize-bb-jumps"), done("no-keep-text-section-prefix"), done("no-lto-legacy-pass-manager"),
    done("no-warn-ifunc-textrel"), done("no-fix-cortex-a8"), done("no-fix-cortex-a53-843419"),
    done("no-execute-only"), done("no-ctors-in-init-array"), done("no-gnu-unique"),

    // Files and search paths of other systems.
    idle_with("sysroot"), idle_with("rpath-link"), idle_with("dynamic-linker"),
    Spec::alias("I", "dynamic-linker").shape(Shape::Next).one_dash().meta("<file>"),
    idle_with("plugin"), idle_with("plugin-opt"), idle_with("audit"), idle_with("depaudit"), idle_with("filter"),
    idle_with("auxiliary"),
    idle("enable-new-dtags"), idle("disable-new-dtags"), idle_with("exclude-libs"),
    idle("default-symver"), idle("default-imported-symver"), idle("force-exe-suffix"),

    // Sections, segments and tables of ELF files.
    idle_with("hash-style"), idle("eh-frame-hdr"), idle("ld-generated-unwind-info"), idle("gdb-index"),
    Spec::state("compress-debug-sections", State::set_compress_debug).shape(Shape::EqualsOrNext).meta("<kind>"),
    idle_with("compress-sections"), idle_with("sort-section"), idle("sort-common"),
    idle_with("sort-common").equals(), idle_with("orphan-handling"), idle_with("unique").equals(), idle("unique"),
    idle_with("image-base"), idle_with("package-metadata"), idle_with("pack-dyn-relocs"),
    idle("pack-relative-relocs"), idle("use-android-relr-tags"), idle_with("spare-dynamic-tags"),
    idle("rosegment"), idle("execute-only"), idle("omagic"), idle("nmagic"), idle("N").one_dash(),
    idle("n").one_dash(), idle("apply-dynamic-relocs"), idle("gc-keep-exported"), idle("traditional-format"),
    idle("discard-all"), idle("discard-locals"), idle("x").one_dash(), idle("X").one_dash(), idle("EB").one_dash(),
    idle("Bsymbolic-functions"), idle("Bsymbolic-non-weak"), idle("Bsymbolic-non-weak-functions"), idle("Bgroup"),
    idle("gnu-unique"), idle("no-define-common"), idle_with("split-stack-adjust-size"), idle_with("keep-unique"),
    idle("ctors-in-init-array"), idle_with("symbol-ordering-file"), idle_with("section-ordering-file"),
    idle_with("call-graph-ordering-file"), idle("call-graph-profile-sort"),
    idle_with("call-graph-profile-sort").equals(), idle("ignore-data-address-equality"),
    idle("ignore-function-address-equality"), idle("optimize-bb-jumps"), idle("tls-optimize"),
    idle("no-tls-optimize"), idle("keep-text-section-prefix"), idle_with("stub-group-size"), idle("be8"),
    idle("pic-veneer"), idle("fix-cortex-a8"), idle("fix-cortex-a53-843419"), idle("relax-gp"), idle("no-relax-gp"),
    idle("secure-plt"), idle("bss-plt"),

    // Messages, reports, link-time optimisation.
    idle("warn-common"), idle("warn-once"), idle("warn-mismatch"), idle("warn-textrel"), idle("warn-shared-textrel"),
    idle("warn-ifunc-textrel"), idle("warn-constructors"), idle("warn-multiple-gp"), idle("warn-alternate-em"),
    idle("warn-section-align"), idle("warn-rwx-segments"), idle("warn-execstack"), idle("warn-backrefs"),
    idle_with("warn-backrefs-exclude"), idle("warn-symbol-ordering"), idle("no-error-rwx-segments"), idle("cref"),
    idle("stats"), idle("print-icf-sections"), idle("print-memory-usage"), idle_with("print-archive-stats"),
    idle_with("print-symbol-order"), idle_with("error-handling-script"), idle("time-trace"),
    idle_with("time-trace").equals(), idle_with("time-trace-granularity"), idle_with("opt-remarks-filename"),
    idle_with("opt-remarks-passes"), idle_with("opt-remarks-format"), idle("opt-remarks-with-hotness"),
    idle("lto-whole-program-visibility"), idle("no-lto-whole-program-visibility"), idle("lto-emit-asm"),
    idle_with("lto-cs-profile-file"), idle_with("lto-sample-profile"), idle("fat-lto-objects"),
    idle("no-fat-lto-objects"),
];

/// Whether a row only accepts its option: whether a warning names it.
pub fn ignored(spec: &Spec) -> Option<bool> {
    match spec.set {
        Set::Ignored(warns) => Some(warns),
        Set::Alias(of, _) => super::table::named(of).and_then(|target| match target.set {
            Set::Ignored(warns) => Some(warns),
            _ => None,
        }),
        // Nothing to say of it in a table.
        _ if spec.help.is_empty() => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::table::OPTIONS;

    #[test]
    fn no_row_is_a_second_one_of_a_shape() {
        let mut all: Vec<_> = GNU.iter().map(|spec| (spec.name, format!("{:?}", spec.shape))).collect();
        let known = OPTIONS.iter().map(|spec| (spec.name, format!("{:?}", spec.shape)));
        all.extend(known);
        let count = all.len();
        all.sort();
        all.dedup();
        // `--allow-undefined-file` and the memory options have rows for two shapes; no shape comes twice.
        assert_eq!(all.len(), count);
    }

    #[test]
    fn aliases_have_targets() {
        for spec in GNU {
            if let Set::Alias(of, _) = spec.set {
                assert!(super::super::table::named(of).is_some(), "{}", spec.name);
            }
        }
    }
}
