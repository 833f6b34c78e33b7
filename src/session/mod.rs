//! The compiler's front door: functions as MIR and data in, from any number of threads; a module out, again and again.

mod edit;
mod kept;
#[cfg(test)]
mod tests;

use kept::Kept;

use crate::diagnostic::{Diagnostic, Diagnostics, Kind};
use crate::input::{Disk, FileBytes, FileSystem, Files};
use crate::linker::Linked;
use crate::mir::Module;
use crate::mir::module::Parts;
use crate::mir::snapshot::{self, Snapshot};
use crate::options::{Options, Positional};
use crate::pipeline;
use parking_lot::Mutex;
use rayon::prelude::*;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A program that a compiler builds: its modules, and objects and archives to link them with.
///
/// A session may be used from many threads at once. [`Session::flush`] links what is there and changes nothing, so that a
/// compiler can go on, replace a function, and flush again. The same session gives the same bytes whatever the number of
/// threads, and whoever came first.
///
/// ```
/// use wold::mir::{Linkage, tag};
/// use wold::Session;
/// use wold::options::Options;
///
/// let mut options = Options::default();
/// options.entry = None;
/// let session = Session::new(options);
/// let module = session.module("unit");
/// let ty = module.func_type(&[0x7f, 0x7f], &[0x7f]);
/// let add = module.declare_func("add", ty, Linkage::Export, None);
/// let mut worker = module.worker();
/// worker.func(add, |f| {
///     f.local_get(wold::mir::Local(0)).local_get(wold::mir::Local(1)).op(tag::I32_ADD);
/// })?;
/// drop(worker);
/// let linked = session.flush().expect("links");
/// assert!(linked.module.starts_with(b"\0asm"));
/// # Ok::<(), wold::mir::BuildError>(())
/// ```
#[derive(Debug, Default)]
pub struct Session {
    options: Options,
    inputs: Mutex<Named>,
    modules: Mutex<Vec<Arc<Module>>>,
    last: Mutex<Option<Last>>,
}

/// The last link, if the next one can use something of it.
#[derive(Debug)]
struct Last {
    kept: Kept,
    /// What it was made from.
    state: State,
    warnings: Vec<Diagnostic>,
    output: Vec<String>,
    /// How often it has been brought up to date.
    updates: u32,
}

/// Numbers that change with what is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    inputs: usize,
    /// The version of each module.
    versions: Vec<u64>,
    /// How many workers have replaced something in each module.
    replaced: Vec<u64>,
}

/// What is linked.
struct Everything {
    /// Names of the modules, sorted.
    names: Vec<String>,
    /// What each module is made of.
    parts: Vec<Parts>,
    inputs: Named,
}

/// What is linked besides modules.
#[derive(Clone, Debug, Default)]
struct Named {
    positional: Vec<Positional>,
    files: Files,
}

impl Session {
    /// A session without modules. `options` are those of the command line; they may name inputs.
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }
    /// Adds an object, an archive or an object with MIR from a disk.
    pub fn add_input(&self, path: impl Into<String>) -> &Self {
        self.inputs.lock().positional.push(Positional::File(path.into()));
        self
    }
    /// Adds a library that is searched for where the options say.
    pub fn add_library(&self, name: impl Into<String>) -> &Self {
        self.inputs.lock().positional.push(Positional::Library(name.into()));
        self
    }
    /// Adds an object, an archive or an object with MIR from memory. `name` stands for it in messages.
    pub fn add_bytes(&self, name: impl Into<String>, bytes: Vec<u8>) -> &Self {
        let name = name.into();
        let mut inputs = self.inputs.lock();
        inputs.files.insert(name.clone(), bytes);
        inputs.positional.push(Positional::File(name));
        drop(inputs);
        self
    }
    /// A new module. Modules are linked in order of their names, in front of other inputs.
    pub fn module(&self, name: &str) -> Arc<Module> {
        let module = Arc::new(Module::new(name, self.options.is_64 == Some(true)));
        self.modules.lock().push(Arc::clone(&module));
        module
    }

    /// Links everything that has been handed over.
    ///
    /// If all that has changed since the last time are bodies of functions, and nothing moves by it, only those are
    /// lowered again. The module is the same as that of a new session. Who links once uses [`Session::link`].
    ///
    /// # Errors
    /// All diagnostics in order; the session is as it was.
    pub fn flush(&self) -> Result<Linked, Vec<Diagnostic>> {
        let mut last = self.last.lock();
        let Everything { names, parts, inputs } = self.everything();
        let state = State {
            inputs: inputs.positional.len(),
            versions: parts.iter().map(|parts| parts.version).collect(),
            replaced: parts.iter().map(|parts| parts.replaced).collect(),
        };
        if let Some(linked) = Last::update(&mut last, &state, &parts) {
            return Ok(linked);
        }
        let mut diagnostics = Diagnostics::new(self.options.fatal_warnings);
        let mut kept = None;
        let everything = Everything { names, parts, inputs };
        let module = self.linked(everything, &mut diagnostics, |options, files, snapshots, diagnostics| {
            pipeline::link_modules(options, files, snapshots, diagnostics, |plan, image, modules| {
                kept = Kept::new(plan, image, modules);
            })
            .ok()
        });
        let (warnings, output) = (diagnostics.list().to_vec(), diagnostics.output().to_vec());
        let Some(module) = module else { return Err(warnings) };
        *last = kept.map(|kept| Last { kept, state, warnings: warnings.clone(), output: output.clone(), updates: 0 });
        Ok(Linked { module, warnings, output })
    }

    /// Links everything that has been handed over. For compilers that link once: [`Session::flush`] gives the same module,
    /// but takes time and memory for the link that may follow.
    ///
    /// # Errors
    /// All diagnostics in order; the session is as it was.
    pub fn link(&self) -> Result<Linked, Vec<Diagnostic>> {
        self.link_once(|options, files, snapshots, diagnostics| {
            pipeline::link_modules(options, files, snapshots, diagnostics, |_, _, _| {}).ok()
        })
    }

    /// Links everything that has been handed over and writes it to the output path of the options, block by block. For
    /// compilers that link once, as [`Session::link`].
    ///
    /// # Errors
    /// All diagnostics in order; what was at the path before is still there.
    pub fn link_to_file(&self) -> Result<Linked, Vec<Diagnostic>> {
        self.link_once(|options, files, snapshots, diagnostics| {
            pipeline::link_modules_to_file(options, files, snapshots, diagnostics).ok().map(|()| Vec::new())
        })
    }

    /// Links without a look at what the next link could use.
    fn link_once(
        &self,
        link: impl FnOnce(&Options, &Overlay, Vec<Snapshot>, &mut Diagnostics) -> Option<Vec<u8>>,
    ) -> Result<Linked, Vec<Diagnostic>> {
        let mut diagnostics = Diagnostics::new(self.options.fatal_warnings);
        let module = self.linked(self.everything(), &mut diagnostics, link);
        let (warnings, output) = (diagnostics.list().to_vec(), diagnostics.output().to_vec());
        match module {
            Some(module) => Ok(Linked { module, warnings, output }),
            None => Err(warnings),
        }
    }

    /// What has been handed over by now.
    fn everything(&self) -> Everything {
        let mut modules = self.modules.lock().clone();
        modules.sort_by(|a, b| a.name.cmp(&b.name));
        Everything {
            parts: modules.par_iter().map(|module| module.parts()).collect(),
            names: modules.iter().map(|module| module.name.clone()).collect(),
            inputs: self.inputs.lock().clone(),
        }
    }

    /// Puts modules in order and has everything linked.
    fn linked<R>(
        &self,
        everything: Everything,
        diagnostics: &mut Diagnostics,
        link: impl FnOnce(&Options, &Overlay, Vec<Snapshot>, &mut Diagnostics) -> Option<R>,
    ) -> Option<R> {
        let Everything { names, parts, inputs } = everything;
        let mut options = self.options.clone();
        // Modules need not say how wide addresses are: the session does.
        let is_64 = *options.is_64.get_or_insert(false);
        options.inputs.extend(inputs.positional);
        let snapshots: Vec<_> =
            names.par_iter().zip(parts).map(|(name, parts)| Snapshot::new(name, parts, is_64)).collect();
        let mut ready = Vec::with_capacity(snapshots.len());
        for snapshot in snapshots {
            match snapshot {
                Ok(snapshot) => ready.push(snapshot),
                Err((module, problem)) => diagnostics.error(Kind::Input, format!("{module}: {problem}")),
            }
        }
        if let Err((module, problem)) = snapshot::join(&mut ready, options.relocatable) {
            diagnostics.error(Kind::Input, format!("{module}: {problem}"));
        }
        diagnostics.checkpoint().ok()?;
        let files = Overlay { files: &inputs.files, disk: Disk };
        link(&options, &files, ready, diagnostics)
    }
}

impl Last {
    /// Brings the last link up to date if all that has changed are bodies of functions and nothing moves by it.
    fn update(last: &mut Option<Self>, state: &State, parts: &[Parts]) -> Option<Linked> {
        let mut old = last.take()?;
        if (old.state.inputs, &old.state.versions) != (state.inputs, &state.versions) {
            return None;
        }
        let edited = parts.iter().zip(&old.state.replaced).enumerate().flat_map(|(module, (parts, &known))| {
            let new = parts.replacements.iter().filter(move |&&(number, _)| number >= known);
            new.map(move |(_, buffer)| (module, Arc::clone(buffer)))
        });
        let module = old.kept.apply(edited.collect())?;
        let (warnings, output) = (old.warnings.clone(), old.output.clone());
        *last = Some(Self { state: state.clone(), updates: old.updates + 1, ..old });
        Some(Linked { module, warnings, output })
    }
}

/// Files in memory in front of the disk.
struct Overlay<'a> {
    files: &'a Files,
    disk: Disk,
}

impl FileSystem for Overlay<'_> {
    fn read(&self, path: &Path) -> io::Result<FileBytes> {
        self.files.read(path).or_else(|_| self.disk.read(path))
    }
    fn exists(&self, path: &Path) -> bool {
        self.files.exists(path) || self.disk.exists(path)
    }
    fn list(&self, folder: &Path) -> Vec<String> {
        self.disk.list(folder)
    }
}
