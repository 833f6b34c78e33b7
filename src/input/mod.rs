//! Options -> inputs: finds, maps and recognises files, in command-line order.
//!
//! The waist of the hourglass: behind it nobody knows whether bytes came from a disk, an archive or a caller's memory.
//!
//! Libraries are searched first, one after the other (that is only asking whether files exist). Then all files are
//! opened, recognised and taken apart at once, each of them once however often it is named. What they say is put
//! together in command-line order, so that neither members nor messages depend on threads.

pub mod archive;
mod archive_index;
mod assemble;
pub mod files;
mod memory_limit;
mod open;
pub(crate) mod recognise;
mod search;
pub mod stub;

use crate::diagnostic::{Diagnostics, Failed, Kind};
use crate::index::{Idx, IndexVec, MemberIdx};
use crate::mir::snapshot::Snapshot;
use crate::options::Options;
use crate::options::symbol_rules::SymbolRules;
use crate::par;
use assemble::Addition;
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

pub use search::{imports_path, join};

pub use files::{Disk, FileBytes, FileSystem, Files};

/// What a member is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A WebAssembly binary.
    Wasm,
    /// A stub library (`#STUB`).
    Stub,
    /// A module that a compiler has handed over in memory.
    Module,
}

/// One thing to link: an object file, an archive member, or a stub library.
#[derive(Clone, Debug)]
pub struct Member {
    /// Index into the opened files.
    file: u32,
    /// Its bytes in that file.
    range: Range<usize>,
    /// As messages show it: `a.o` or `libc.a(printf.o)`.
    pub name: String,
    /// The file index ([`Inputs::path`]) of the archive, if it comes from one.
    pub archive: Option<u32>,
    /// Where the names that it defines are in the archive, if the archive's symbol table has any.
    names: Range<usize>,
    /// What it is.
    pub kind: MemberKind,
    /// Linked only if something needs it: archive members, and objects between `--start-lib` and `--end-lib`.
    pub lazy: bool,
    /// Its init functions and retained segments are roots from the start: all but lazily linked archive members.
    pub live: bool,
}

impl Member {
    fn of_module(module: &Snapshot) -> Self {
        let (name, kind) = (module.name.clone(), MemberKind::Module);
        Self { file: u32::MAX, range: 0..0, name, archive: None, names: 0..0, kind, lazy: false, live: true }
    }
}

/// Files of so many bytes together fit whatever limit there may be.
const SMALL_BYTES: u64 = 64 << 20;

/// All inputs, opened. Objects borrow from it.
#[derive(Debug, Default)]
pub struct Inputs {
    files: Vec<FileBytes>,
    paths: Vec<String>,
    /// In command-line order.
    pub members: IndexVec<MemberIdx, Member>,
    /// Names that may stay undefined, from `X.imports` beside an archive `X.a` and from `--allow-undefined-file`.
    pub allowed_undefined: Vec<String>,
    /// Modules that a compiler has handed over: the first members, in this order.
    modules: Vec<Arc<Snapshot>>,
    /// What version scripts and dynamic lists say.
    pub symbol_rules: SymbolRules,
}

impl Inputs {
    /// The bytes of a member.
    #[inline]
    pub fn bytes(&self, member: MemberIdx) -> &[u8] {
        let member = &self.members[member];
        &self.files[member.file as usize].as_ref()[member.range.clone()]
    }
    /// What the archive's symbol table says that a member defines, in the order of the table, if it is linked only when
    /// something needs it and the table mentions it.
    pub(crate) fn indexed_names(&self, member: MemberIdx) -> Option<impl Iterator<Item = &[u8]>> {
        let member = &self.members[member];
        let archive = &self.files[member.archive.filter(|_| member.lazy && !member.names.is_empty())? as usize];
        let names = archive.as_ref().get(member.names.clone())?;
        let mut start = 0;
        let ends = memchr::memchr_iter(0, names).chain([names.len()]);
        Some(ends.map(move |end| &names[std::mem::replace(&mut start, end + 1)..end]))
    }
    /// Where there is not enough memory for all files at a time, says that they are looked at here and there. The system
    /// then reads what is looked at and no more: with much of them to be read several times, what it would read in advance
    /// drives out what is needed next, and the link does not come to an end.
    fn spare_memory(&self, disk: &dyn FileSystem) {
        let bytes: u64 = self.files.iter().map(|file| file.as_ref().len() as u64).sum();
        if bytes >= SMALL_BYTES && disk.memory_limit().is_some_and(|limit| limit < bytes + bytes / 2) {
            self.files.par_iter().for_each(FileBytes::expect_random_access);
        }
    }
    /// Gives back the pages of the files; they stay readable.
    pub(crate) fn release_pages(&self) {
        crate::mmap::release_pages(&self.files);
    }
    /// The module that a member is, if it is one.
    pub(crate) fn module(&self, member: MemberIdx) -> Option<&Snapshot> {
        self.modules.get(member.index()).map(|module| &**module)
    }
    /// All modules, the first members.
    pub(crate) fn modules(&self) -> &[Arc<Snapshot>] {
        &self.modules
    }
    /// Path of opened file `file`: of an archive, an object or a member of a thin archive.
    pub fn path(&self, file: u32) -> &str {
        &self.paths[file as usize]
    }
    /// Paths of all opened files, in the order in which the command line names them first.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }
    fn add_file(&mut self, path: String, bytes: FileBytes) -> u32 {
        let index = MemberIdx::new(self.files.len()).0;
        self.files.push(bytes);
        self.paths.push(path);
        index
    }
}

/// Finds, opens and takes apart everything that the options name.
///
/// # Errors
/// Missing, unreadable or unrecognised files, as LLD words it. All of them are reported, up to a broken archive.
pub fn load(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Inputs, Failed> {
    load_with(options, disk, Vec::new(), diagnostics)
}

/// [`load`], with modules in front of everything that the options name.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_with(
    options: &Options,
    disk: &dyn FileSystem,
    modules: Vec<Snapshot>,
    diagnostics: &mut Diagnostics,
) -> Result<Inputs, Failed> {
    let mut inputs = load_members(options, disk, modules, diagnostics)?;
    load_allowed_undefined(options, disk, &mut inputs, diagnostics);
    diagnostics.checkpoint()?;
    Ok(inputs)
}

/// [`load`] without `--allow-undefined-file`, which LLD reads only after it has checked the options against each other.
///
/// # Errors
/// As [`load`].
pub fn load_files(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Inputs, Failed> {
    load_members(options, disk, Vec::new(), diagnostics)
}

fn load_members(
    options: &Options,
    disk: &dyn FileSystem,
    modules: Vec<Snapshot>,
    diagnostics: &mut Diagnostics,
) -> Result<Inputs, Failed> {
    let requests = search::requests(options, disk);
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut paths = Vec::new();
    for request in requests.iter().flatten() {
        places.entry(&request.path).or_insert_with(|| {
            paths.push(request.path.as_str());
            paths.len() - 1
        });
    }
    let opened: Vec<_> = par::uneven(paths.par_iter()).map(|path| open::open(path, disk)).collect();

    let mut inputs = Inputs::default();
    let mut files = Vec::with_capacity(opened.len());
    for (path, result) in paths.iter().zip(opened) {
        files.push(result.map(|opened| assemble::register(&mut inputs, path, opened)));
    }
    let additions: Vec<_> = requests
        .par_iter()
        .map(|request| match request {
            Ok(request) => Addition::new(request, &files[places[request.path.as_str()]]),
            Err(error) => Addition::error(error.clone()),
        })
        .collect();
    let count: usize = additions.iter().map(|addition| addition.members.len()).sum();
    let mut members = Vec::with_capacity(modules.len() + count);
    members.extend(modules.iter().map(Member::of_module));
    inputs.modules = modules.into_iter().map(Arc::new).collect();
    for addition in additions {
        addition.diagnostics.into_iter().for_each(|diagnostic| diagnostics.push(diagnostic));
        if addition.fatal {
            return Err(Failed);
        }
        members.extend(addition.members);
        inputs.allowed_undefined.extend(addition.allowed_undefined);
    }
    inputs.members = members.into();
    if inputs.members.is_empty() && diagnostics.error_count() == 0 {
        diagnostics.error(Kind::Input, "no input files");
    }
    diagnostics.checkpoint()?;
    inputs.spare_memory(disk);
    Ok(inputs)
}

/// Reads the file of `--allow-undefined-file` into `inputs`. A file that cannot be read is an error in `diagnostics`.
pub fn load_allowed_undefined(
    options: &Options,
    disk: &dyn FileSystem,
    inputs: &mut Inputs,
    diagnostics: &mut Diagnostics,
) {
    match options.allow_undefined_file.as_deref().map(|path| open::symbol_list(path, disk)) {
        Some(Ok(names)) => inputs.allowed_undefined.extend(names),
        Some(Err(error)) => diagnostics.push(error),
        None => {}
    }
    load_symbol_rules(options, disk, inputs, diagnostics);
}

/// Reads version scripts and dynamic lists.
fn load_symbol_rules(options: &Options, disk: &dyn FileSystem, inputs: &mut Inputs, diagnostics: &mut Diagnostics) {
    let rules = &mut inputs.symbol_rules;
    options.export_patterns.iter().for_each(|pattern| rules.add_exported(pattern));
    let scripts = options.version_scripts.iter().map(|path| (path, false));
    for (path, is_list) in scripts.chain(options.export_lists.iter().map(|path| (path, true))) {
        let bytes = match open::read(path, disk) {
            Ok(bytes) => bytes,
            Err(error) => {
                diagnostics.push(error);
                continue;
            }
        };
        let text = String::from_utf8_lossy(bytes.as_ref());
        let added = if is_list { rules.add_dynamic_list(&text) } else { rules.add_version_script(&text) };
        if let Err(error) = added {
            diagnostics.error(Kind::Input, format!("{path}:{error}"));
        }
    }
}

#[cfg(test)]
mod tests;
