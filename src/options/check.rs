//! Conflicts between options that LLD looks for once the inputs are open.

use super::{Options, Unresolved};
use crate::diagnostic::{Diagnostics, Kind};

/// Reports options that contradict one another, in LLD's order.
///
/// To be called after the inputs were opened without errors: LLD reports missing inputs instead of these.
pub fn check(options: &Options, diagnostics: &mut Diagnostics) {
    let pic = options.shared || options.pie;
    let stripped = options.strip_all || options.strip_debug;
    report(
        diagnostics,
        &[
            (
                options.compact && !stripped,
                "--compact is incompatible with output debug information. Please pass --strip-debug or --strip-all",
            ),
            (
                options.compress_relocations && !options.compact && !stripped,
                "--compress-relocations is incompatible with output debug information. \
                 Please pass --strip-debug or --strip-all",
            ),
            (options.lto_partitions == 0, "--lto-partitions: number of threads must be > 0"),
        ],
    );
    if !is_job_count(&options.thinlto_jobs) {
        diagnostics.error(Kind::Option, format!("--thinlto-jobs: invalid job count: {}", options.thinlto_jobs));
    }
    report(
        diagnostics,
        &[
            (options.output.is_empty(), "no output file specified"),
            (
                options.import_table && options.export_table,
                "--import-table and --export-table may not be used together",
            ),
            (options.shared && options.pie, "-shared and -pie may not be used together"),
        ],
    );
    if options.relocatable {
        check_relocatable(options, diagnostics);
    }
    warn_unstable(options, diagnostics);
    report(
        diagnostics,
        &[
            (pic && options.global_base != 0, "--global-base may not be used with -shared/-pie"),
            (pic && options.table_base != 0, "--table-base may not be used with -shared/-pie"),
        ],
    );
}

/// What does not go with `-r`.
fn check_relocatable(options: &Options, diagnostics: &mut Diagnostics) {
    report(
        diagnostics,
        &[
            (options.entry.is_some(), "entry point specified for relocatable output file"),
            (options.gc_sections, "-r and --gc-sections may not be used together"),
            (options.compact, "-r and --compact may not be used together"),
            (options.compress_relocations, "-r -and --compress-relocations may not be used together"),
            (!options.undefined.is_empty(), "-r -and --undefined may not be used together"),
            (options.pie, "-r and -pie may not be used together"),
            (options.shared_memory, "-r and --shared-memory may not be used together"),
            (options.global_base != 0, "-r and --global-base may not by used together"),
        ],
    );
}

fn warn_unstable(options: &Options, diagnostics: &mut Diagnostics) {
    let unstable = !options.experimental_pic;
    let warnings = [
        (unstable && options.shared, "creating shared libraries, with -shared, is not yet stable"),
        (unstable && options.pie, "creating PIEs, with -pie, is not yet stable"),
        (
            unstable && options.unresolved == Unresolved::ImportDynamic,
            "dynamic imports are not yet stable (--unresolved-symbols=import-dynamic)",
        ),
        (options.bsymbolic && !options.shared, "-Bsymbolic is only meaningful when combined with -shared"),
    ];
    warnings.iter().filter(|(hit, _)| *hit).for_each(|(_, text)| diagnostics.warn(Kind::Option, *text));
}

fn report(diagnostics: &mut Diagnostics, rules: &[(bool, &str)]) {
    rules.iter().filter(|(broken, _)| *broken).for_each(|(_, text)| diagnostics.error(Kind::Option, *text));
}

/// What LLVM takes for a number of threads: nothing, `all` or a decimal number of 32 bits.
fn is_job_count(value: &str) -> bool {
    value.is_empty() || value == "all" || (!value.starts_with('+') && value.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(change: impl FnOnce(&mut Options)) -> Vec<String> {
        let mut options = Options { output: "a.wasm".into(), ..Options::default() };
        change(&mut options);
        let mut diagnostics = Diagnostics::new(false);
        check(&options, &mut diagnostics);
        diagnostics.list().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_to_say_about_the_default() {
        assert!(messages(|_| ()).is_empty());
    }

    /// As `wasm-ld --import-table --export-table -Bsymbolic --compress-relocations a.o` says.
    #[test]
    fn conflicts_of_plain_links() {
        let got = messages(|o| {
            (o.import_table, o.export_table, o.bsymbolic, o.compress_relocations) = (true, true, true, true);
            o.output.clear();
        });
        assert_eq!(
            got,
            [
                "--compress-relocations is incompatible with output debug information. \
                 Please pass --strip-debug or --strip-all",
                "no output file specified",
                "--import-table and --export-table may not be used together",
                "-Bsymbolic is only meaningful when combined with -shared",
            ]
        );
    }

    /// As `wasm-ld -Bsymbolic --pie -r --import-table --compress-relocations --shared-memory --gc-sections -ufoo
    /// --global-base=3 --table-base=3 --entry=foo a.o` says.
    #[test]
    fn conflicts_of_relocatable_links() {
        let got = messages(|o| {
            (o.bsymbolic, o.pie, o.relocatable, o.import_table) = (true, true, true, true);
            (o.compress_relocations, o.shared_memory, o.gc_sections) = (true, true, true);
            (o.global_base, o.table_base, o.entry) = (3, 3, Some("foo".into()));
            o.undefined.push("foo".into());
            o.output.clear();
        });
        let tails: Vec<&str> = got[1..].iter().map(String::as_str).collect();
        assert_eq!(
            tails,
            [
                "no output file specified",
                "entry point specified for relocatable output file",
                "-r and --gc-sections may not be used together",
                "-r -and --compress-relocations may not be used together",
                "-r -and --undefined may not be used together",
                "-r and -pie may not be used together",
                "-r and --shared-memory may not be used together",
                "-r and --global-base may not by used together",
                "creating PIEs, with -pie, is not yet stable",
                "-Bsymbolic is only meaningful when combined with -shared",
                "--global-base may not be used with -shared/-pie",
                "--table-base may not be used with -shared/-pie",
            ]
        );
    }

    #[test]
    fn conflicts_of_compact_links() {
        let refused =
            "--compact is incompatible with output debug information. Please pass --strip-debug or --strip-all";
        assert_eq!(messages(|o| o.compact = true), [refused]);
        assert_eq!(messages(|o| (o.compact, o.compress_relocations) = (true, true)), [refused]);
        assert!(messages(|o| (o.compact, o.strip_debug) = (true, true)).is_empty());
        let relocatable = messages(|o| {
            (o.compact, o.strip_all, o.relocatable) = (true, true, true);
            (o.gc_sections, o.entry) = (false, None);
        });
        assert_eq!(relocatable, ["-r and --compact may not be used together"]);
    }

    #[test]
    fn conflicts_of_lto_options() {
        let got = messages(|o| (o.lto_partitions, o.thinlto_jobs) = (0, "0b10".into()));
        assert_eq!(got, ["--lto-partitions: number of threads must be > 0", "--thinlto-jobs: invalid job count: 0b10"]);
        for jobs in ["", "all", "0", "2", "010"] {
            assert!(messages(|o| o.thinlto_jobs = jobs.into()).is_empty(), "{jobs}");
        }
    }
}
