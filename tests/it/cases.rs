//! Cases: one text file states a fact, how to link it and what must come out.
//!
//! The comment leader follows the file type: `#` in `.s`, `//` in `.c` and `.cpp`. With `#`:
//!
//! ```text
//! # A strong definition replaces a weak one.       the fact
//! #! link: a.o b.o --no-entry --export=run         a link; several are variants that all must give the same results
//! #! link-same: b.o a.o ...                        a link that must give the bytes of the first link
//! #! run: run() = 2                                a JavaScript expression over the exports; `run() traps`
//! #! host: env.f = (a) => a + 1                    an import for `run` (functions that are not given return 0)
//! #! fails: $LD: error: ...                        the complete standard error; exit code 1, no output
//! #! warns: $LD: warning: ...                      the complete standard error; exit code 0
//! #! hints: $LD: error: ...                        the complete standard error of one more link, with hints
//! #! stdout: ...                                   the complete standard output
//! #! exports: memory run                           names, in order
//! #! imports: env.f                                names, in order
//! #! dump: elem                                    the lines of a section (`code f`: only entries that mention f)
//! #!   table 0 at i32.const 1: 0                   (three spaces: one more line of the directive above)
//! #! file: out.map                                 the content of another file that the link writes
//! #! bytes: 0 "\00asm"                             bytes of the output at an offset
//! #! no-output: why                                succeeds without writing a module
//! #! invalid: why                                  the output is not to be validated
//! #! differs-from-lld: why                         not to be compared with wasm-ld (the default is: same bytes and text)
//! #- a.s                                           an input: assembled to a.o; `wasm64` and llvm-mc options may follow
//! #- b.c -g                                        compiled to b.o with clang's options
//! #- lib.a: a.o b.o                                an archive (`lib.a --thin: a.o` a thin one)
//! #- bad.o hex                                     bytes
//! #- x.imports                                     any other name: the text as it is
//! ```
//! A file without `#-` lines is one input, `a.s` or `a.c`.

use std::fs;
use std::path::{Path, PathBuf};

/// What a directive may be.
const KEYS: &[&str] = &[
    "link",
    "link-same",
    "run",
    "host",
    "fails",
    "warns",
    "hints",
    "stdout",
    "exports",
    "imports",
    "dump",
    "file",
    "bytes",
    "no-output",
    "invalid",
    "differs-from-lld",
];

/// One file to be linked, or what it is made of.
#[derive(Clone)]
pub struct Input {
    /// `a.s`, `lib.a`, `a.o` (ready bytes), ...
    pub name: String,
    /// What follows the name: options, or after a colon the members.
    pub flags: Vec<String>,
    /// Source text or bytes.
    pub body: Vec<u8>,
}

/// `#! key: value` and its further lines.
#[derive(Clone)]
pub struct Directive {
    /// One of [`KEYS`].
    pub key: String,
    /// What follows on the same line.
    pub value: String,
    /// The lines below it.
    pub more: Vec<String>,
}

impl Directive {
    /// The value and the lines below as one text.
    pub fn lines(&self) -> Vec<&str> {
        let first = (!self.value.is_empty()).then_some(self.value.as_str());
        first.into_iter().chain(self.more.iter().map(String::as_str)).collect()
    }
}

/// One test case.
pub struct Case {
    /// `capability/case`.
    pub name: String,
    /// Where it is written; `None` for cases that Rust code makes.
    pub path: Option<PathBuf>,
    /// The first comment.
    pub fact: String,
    /// What to do and to expect, in order.
    pub directives: Vec<Directive>,
    /// What to link, in order of building.
    pub inputs: Vec<Input>,
}

impl Case {
    /// All directives called `key`.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Directive> {
        self.directives.iter().filter(move |directive| directive.key == key)
    }
    /// Whether there is a directive called `key`.
    pub fn has(&self, key: &str) -> bool {
        self.all(key).next().is_some()
    }
    /// The lines of all directives called `key`, or `None` if there is none.
    pub fn lines(&self, key: &str) -> Option<String> {
        let lines: Vec<&str> = self.all(key).flat_map(Directive::lines).collect();
        self.has(key).then(|| lines.join("\n"))
    }
    /// A case that Rust code makes: `text` has lines `key: value`, three spaces before further lines.
    pub fn made(name: &str, fact: &str, text: &str, objects: Vec<(&str, Vec<u8>)>) -> Case {
        let mut directives = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            directive(line, &mut directives).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let input = |(name, body): (&str, Vec<u8>)| {
            let (name, flags) = split_name(name);
            Input { name, flags, body }
        };
        let inputs = objects.into_iter().map(input).collect();
        Case { name: name.to_string(), path: None, fact: fact.to_string(), directives, inputs }
    }
}

/// All cases below `tests/cases`, sorted by name.
///
/// # Errors
/// A text for people, if a case cannot be read or understood.
pub fn all() -> Result<Vec<Case>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths = Vec::new();
    for folder in list(&root)? {
        if folder.is_dir() {
            paths.extend(list(&folder)?);
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path, &root)).collect()
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn leader(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()? {
        "s" => Some("#"),
        "c" | "cpp" => Some("//"),
        _ => None,
    }
}

fn read(path: &Path, root: &Path) -> Result<Case, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let leader = leader(path).ok_or_else(|| format!("{}: not a case (.s, .c, .cpp)", path.display()))?;
    let name = path.strip_prefix(root).expect("cases lie below the root").with_extension("");
    let mut case = parse(&text, leader, path).map_err(|error| format!("{}: {error}", path.display()))?;
    case.name = name.to_string_lossy().replace('\\', "/");
    case.path = Some(path.to_path_buf());
    Ok(case)
}

fn parse(text: &str, leader: &str, path: &Path) -> Result<Case, String> {
    let mut case =
        Case { name: String::new(), path: None, fact: String::new(), directives: Vec::new(), inputs: Vec::new() };
    for line in text.lines() {
        let comment = line.strip_prefix(leader);
        if let Some(name) = comment.and_then(|comment| comment.strip_prefix("- ")) {
            let (name, flags) = split_name(name);
            case.inputs.push(Input { name, flags, body: Vec::new() });
        } else if let Some(input) = case.inputs.last_mut() {
            input.body.extend([line.as_bytes(), b"\n"].concat());
        } else if let Some(text) = comment.and_then(|comment| comment.strip_prefix('!')) {
            directive(text, &mut case.directives)?;
        } else if let Some(text) = comment
            && case.directives.is_empty()
        {
            case.fact = format!("{} {}", case.fact, text.trim()).trim().to_string();
        }
    }
    if case.inputs.is_empty() {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("s");
        case.inputs.push(Input { name: format!("a.{extension}"), flags: Vec::new(), body: text.as_bytes().to_vec() });
    }
    match (case.fact.is_empty(), case.has("link")) {
        (true, _) => Err("the first comment must state the fact".into()),
        (_, false) => Err("no link".into()),
        _ => Ok(case),
    }
}

/// `a.s wasm64` or `lib.a: a.o b.o`: the name, and the rest.
fn split_name(text: &str) -> (String, Vec<String>) {
    let mut words = text.split_whitespace().map(|word| word.trim_end_matches(':').to_string());
    let name = words.next().unwrap_or_default();
    (name, words.filter(|word| !word.is_empty()).collect())
}

fn directive(text: &str, directives: &mut Vec<Directive>) -> Result<(), String> {
    if let Some(line) = text.strip_prefix("   ") {
        let last = directives.last_mut().ok_or("a further line without a directive")?;
        last.more.push(line.to_string());
        return Ok(());
    }
    let (key, value) = text.split_once(':').ok_or_else(|| format!("no colon in `{text}`"))?;
    let key = key.trim();
    if !KEYS.contains(&key) {
        return Err(format!("unknown directive `{key}`"));
    }
    // Only the one blank behind the colon is ours.
    let value = value.strip_prefix(' ').unwrap_or(value).to_string();
    directives.push(Directive { key: key.to_string(), value, more: Vec::new() });
    Ok(())
}

/// Splits a command line at blanks; `'...'` keeps blanks, `''` is an empty word.
pub fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quoted, mut open) = (false, false);
    for letter in line.chars() {
        match letter {
            '\'' => {
                if !open {
                    words.push(String::new());
                }
                (quoted, open) = (!quoted, true);
            }
            ' ' if !quoted => open = false,
            _ => {
                if !open {
                    words.push(String::new());
                    open = true;
                }
                words.last_mut().expect("a word is open").push(letter);
            }
        }
    }
    words
}

/// Rewrites directive number `nth` of those called `key` to `value` and `more`, in the file of the case.
///
/// # Errors
/// A text for people, if the case has no file or it cannot be written.
pub fn bless(case: &Case, key: &str, nth: usize, value: &str, more: &[&str]) -> Result<(), String> {
    let path = case.path.as_ref().ok_or("a case in Rust cannot be blessed")?;
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let leader = leader(path).unwrap_or("#");
    let start = format!("{leader}! {key}:");
    let further = format!("{leader}!   ");
    let (mut seen, mut inside, mut result) = (0, false, String::new());
    for line in text.lines() {
        if line.starts_with(&start) {
            inside = seen == nth;
            seen += 1;
            if inside {
                result += format!("{start} {value}").trim_end();
                result.push('\n');
                more.iter().for_each(|line| result += &format!("{further}{line}\n"));
                continue;
            }
        } else if !line.starts_with(&further) {
            inside = false;
        }
        if !inside {
            result += line;
            result.push('\n');
        }
    }
    fs::write(path, result).map_err(|error| error.to_string())
}
