//! What each positional argument adds to the link: members, names that may stay undefined, messages.

use crate::diagnostic::{Diagnostic, Kind};
use crate::input::open::{Content, Entry, Opened};
use crate::input::recognise::FileKind;
use crate::input::search::Request;
use crate::input::{Inputs, Member, MemberKind};

/// An opened file whose bytes are in [`Inputs`].
pub struct Registered {
    file: u32,
    /// Bytes in the file.
    len: usize,
    content: Content,
    /// File index of each entry, if it is a thin archive.
    thin_files: Vec<u32>,
}

/// Moves the bytes of a file, and of the files that a thin archive names, into `inputs`.
pub fn register(inputs: &mut Inputs, path: &str, mut opened: Opened) -> Registered {
    let len = opened.bytes.as_ref().len();
    let file = inputs.add_file(path.to_owned(), opened.bytes);
    let mut thin_files = Vec::new();
    if let Content::Archive(archive) = &mut opened.content {
        let taken = archive.entries.iter_mut().filter_map(|entry| entry.file.take());
        thin_files.extend(taken.map(|(path, bytes)| inputs.add_file(path, bytes)));
    }
    Registered { file, len, content: opened.content, thin_files }
}

/// What one positional argument adds to the link.
#[derive(Default)]
pub struct Addition {
    /// In link order.
    pub members: Vec<Member>,
    /// Names that may stay undefined.
    pub allowed_undefined: Vec<String>,
    /// In the order in which LLD reports them.
    pub diagnostics: Vec<Diagnostic>,
    /// LLD stops at this argument, without looking at those behind it.
    pub fatal: bool,
}

impl Addition {
    /// Nothing but an error.
    pub fn error(error: Diagnostic) -> Self {
        Self { diagnostics: vec![error], ..Self::default() }
    }

    /// What the file of `request` adds.
    pub fn new(request: &Request, file: &Result<Registered, Diagnostic>) -> Self {
        match file {
            Err(error) => Self::error(error.clone()),
            Ok(registered) => match &registered.content {
                Content::Single(kind) => Self::single(request, registered, *kind),
                Content::BrokenArchive(error) => Self { fatal: true, ..Self::error(error.clone()) },
                Content::Archive(archive) => {
                    let mut addition = Self::default();
                    addition.add_imports(&archive.imports);
                    addition.add_entries(request, registered, &archive.entries);
                    addition
                }
            },
        }
    }

    fn single(request: &Request, registered: &Registered, kind: FileKind) -> Self {
        let path = &request.path;
        let (kind, lazy) = match kind {
            FileKind::Wasm => (MemberKind::Wasm, request.lazy),
            FileKind::Stub => (MemberKind::Stub, false),
            FileKind::SharedLibrary if request.is_static => {
                let text = format!("attempted static link of dynamic object {path}");
                return Self::error(Diagnostic::error(Kind::Input, text));
            }
            FileKind::SharedLibrary => (MemberKind::Wasm, false),
            FileKind::Bitcode => return Self::error(unsupported("LLVM bitcode", path)),
            FileKind::Unknown | FileKind::Archive => {
                return Self::error(Diagnostic::error(Kind::Input, format!("unknown file type: {path}")));
            }
        };
        let (file, range) = (registered.file, 0..registered.len);
        let member = Member { file, range, name: path.clone(), archive: None, names: 0..0, kind, lazy, live: true };
        Self { members: vec![member], ..Self::default() }
    }

    fn add_imports(&mut self, imports: &[Result<String, Diagnostic>]) {
        for name in imports {
            match name {
                Ok(name) => self.allowed_undefined.push(name.clone()),
                Err(error) => self.diagnostics.push(error.clone()),
            }
        }
    }

    fn add_entries(&mut self, request: &Request, registered: &Registered, entries: &[Entry]) {
        let path = &request.path;
        let whole = request.whole_archive;
        let mut bitcode = Vec::new();
        self.members.reserve(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            let name = || match entry.kind {
                // LLD forgets that the library came from an archive.
                FileKind::SharedLibrary => entry.name.clone(),
                _ => format!("{path}({})", entry.name),
            };
            match entry.kind {
                FileKind::Wasm | FileKind::SharedLibrary => self.members.push(Member {
                    file: registered.thin_files.get(index).copied().unwrap_or(registered.file),
                    range: entry.range.clone(),
                    name: name(),
                    archive: Some(registered.file),
                    names: if entry.kind == FileKind::Wasm { entry.names.clone() } else { 0..0 },
                    kind: MemberKind::Wasm,
                    lazy: !whole,
                    live: whole,
                }),
                FileKind::Bitcode => bitcode.push(entry),
                _ if whole => {
                    let text = "The file was not recognized as a valid object file";
                    self.diagnostics.push(Diagnostic::error(Kind::Input, text).hint(name()));
                    self.fatal = true;
                    return;
                }
                _ => self.diagnostics.push(Diagnostic::warning(
                    Kind::Input,
                    format!("{path}: archive member '{}' is neither Wasm object file nor LLVM bitcode", entry.name),
                )),
            }
        }
        if let [first, ..] = bitcode[..] {
            let error = unsupported("LLVM bitcode", &format!("{path}({})", first.name));
            self.diagnostics.push(match bitcode.len() {
                1 => error,
                count => error.note(format!("one of {count} such members of {path}")),
            });
        }
    }
}

fn unsupported(what: &str, name: &str) -> Diagnostic {
    Diagnostic::unsupported(format_args!("{what}: {name}"))
}
