//! `--help`, and the option tables of the README.

use super::gnu::{self, GNU};
use super::spec::{Category, Dashes, Set, Shape, Spec};
use super::table::{self, OPTIONS};
use std::cmp::Ordering;
use std::fmt::Write;

/// Widest option that still has its text on the same line.
const WIDTH: usize = 23;

/// The text of `--help`, laid out like LLVM's. `program` is the program as it was called.
pub fn help(program: &str) -> String {
    let mut text = format!("OVERVIEW: Wold, a WebAssembly linker\n\nUSAGE: {program} [options] file...\n\nOPTIONS:\n");
    let mut specs: Vec<&Spec> = with_effect().collect();
    specs.sort_by(|a, b| order(&sort_name(a), &sort_name(b)));
    for spec in specs {
        let usage = spec.usage();
        let gap = if usage.len() > WIDTH {
            format!("\n{}", " ".repeat(WIDTH + 3))
        } else {
            " ".repeat(WIDTH + 1 - usage.len())
        };
        // A string takes any text, so writing cannot fail.
        let _ = writeln!(text, "  {usage}{gap}{}", described(spec));
    }
    text.push_str("\nACCEPTED FROM OTHER LINKERS, WITHOUT EFFECT:\n");
    let usages = GNU.iter().filter(|spec| gnu::ignored(spec).is_some()).map(Spec::spelled);
    wrap(&mut text, usages);
    text
}

/// All options that do something, and their aliases.
fn with_effect() -> impl Iterator<Item = &'static Spec> {
    OPTIONS.iter().chain(GNU.iter().filter(|spec| gnu::ignored(spec).is_none()))
}

/// Appends words in lines of moderate width.
fn wrap(text: &mut String, words: impl Iterator<Item = String>) {
    let mut column = 0;
    for word in words {
        let wide = column + word.len() > 100;
        text.push_str(if column == 0 {
            "  "
        } else if wide {
            "\n  "
        } else {
            "  "
        });
        column = if wide || column == 0 { 2 } else { column + 2 } + word.len();
        text.push_str(&word);
    }
    text.push('\n');
}

fn sort_name(spec: &Spec) -> String {
    let joined = matches!(spec.shape, Shape::Equals | Shape::EqualsOrNext);
    format!("{}{}", spec.name, if joined { "=" } else { "" })
}

/// Without regard to case; of two names of which one begins with the other, the longer is first.
fn order(a: &str, b: &str) -> Ordering {
    let (small_a, small_b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    if small_a != small_b && (small_a.starts_with(&small_b) || small_b.starts_with(&small_a)) {
        return b.len().cmp(&a.len());
    }
    small_a.cmp(&small_b).then_with(|| a.cmp(b))
}

/// The help text; for an alias, what it stands for.
fn described(spec: &Spec) -> String {
    match spec.set {
        Set::Alias(of, value) => {
            let dashes = if table::named(of).is_some_and(|spec| spec.dashes == Dashes::One) { "-" } else { "--" };
            format!("Alias for {dashes}{of}{value}")
        }
        _ => spec.help.to_owned(),
    }
}

/// The README's tables of options: one Markdown table for each category.
pub fn readme() -> String {
    let mut text = String::new();
    for category in Category::ALL {
        let _ = write!(text, "### {}\n\n| option | meaning |\n|---|---|\n", category.title());
        let rows = with_effect().filter(|spec| spec.category == category && !is_alias(spec));
        for spec in rows {
            let mut usage = format!("`{}`", spec.usage());
            for alias in with_effect().filter(|other| stands_for(other, spec)) {
                let _ = write!(usage, ", `{}`", alias.usage());
            }
            let _ = writeln!(text, "| {usage} | {} |", escape(spec.help));
        }
        text.push('\n');
    }
    text.push_str(
        "### Options of other linkers\n\n\
         Build systems pass options of GNU ld and of LLD for ELF whatever the target. wasm-ld stops at them; Wold takes \
         them. No such option changes how a command line that wasm-ld accepts is read.\n\n\
         Accepted in silence, as they ask for what is done anyway: ",
    );
    let quoted = |warns| {
        let of_kind = GNU.iter().filter(|spec| gnu::ignored(spec) == Some(warns));
        let mut names: Vec<String> = of_kind.map(|spec| format!("`{}`", spec.spelled())).collect();
        names.dedup();
        names.join(", ")
    };
    let _ = write!(text, "{}.\n\nIgnored with one warning for each: {}.\n", quoted(false), quoted(true));
    text
}

/// Markdown takes `<x>` for a tag, and `_` and `*` for emphasis.
fn escape(text: &str) -> String {
    text.replace('<', "\\<").replace('_', "\\_").replace('*', "\\*")
}

fn is_alias(spec: &Spec) -> bool {
    matches!(spec.set, Set::Alias(..))
}

fn stands_for(alias: &Spec, spec: &Spec) -> bool {
    match alias.set {
        Set::Alias(of, _) => table::named(of).is_some_and(|target| std::ptr::eq(target, spec)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_of_help() {
        let text = help("wold");
        assert!(text.starts_with("OVERVIEW: "));
        assert!(text.contains("\nUSAGE: wold [options] file...\n\nOPTIONS:\n  --allow-multiple-definition\n      "));
        assert!(text.contains("\n  -E                      Alias for --export-dynamic\n"));
        assert!(text.contains("\n  --build-id              Alias for --build-id=fast\n"));
        assert!(text.contains("\n  -V                      Alias for -v\n"));
        assert!(text.contains("\n  --export-memory=<name>  Export the memory under this name\n"));
    }

    /// The order in which wasm-ld lists them.
    #[test]
    fn order_of_help() {
        let mut names = ["M", "export", "Map=", "m", "mllvm=", "export-table", "E", "export=", "extra-features="];
        names.sort_by(|a, b| order(a, b));
        assert_eq!(names, ["export-table", "export=", "export", "extra-features=", "E", "Map=", "mllvm=", "M", "m"]);
    }

    #[test]
    fn the_readme_has_the_present_tables() {
        let readme = include_str!("../../README.md");
        let tables = readme
            .split_once("<!-- options begin -->\n")
            .and_then(|(_, rest)| rest.split_once("<!-- options end -->").map(|(tables, _)| tables));
        let expected = super::readme();
        if tables != Some(&expected) {
            let path = std::env::temp_dir().join("wold-options.md");
            std::fs::write(&path, expected).unwrap();
            panic!("README.md has other tables of options than {}", path.display());
        }
    }

    #[test]
    fn readme_has_every_option_in_one_table_each() {
        let text = readme();
        for spec in with_effect() {
            assert_eq!(text.matches(&format!("`{}`", spec.usage())).count(), 1, "{}", spec.usage());
        }
        assert_eq!(text.matches("\n### ").count(), Category::ALL.len());
        assert!(text.contains("| `--wrap=<symbol>` | "));
    }
}
