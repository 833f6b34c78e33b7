//! The map of the whole program on one screen: one call per pass, each timed.

use crate::diagnostic::{Diagnostic, Diagnostics, Failed, Kind};
use crate::emit::{self, Products, Written};
use crate::index::*;
use crate::input::{self, FileSystem, Inputs, MemberKind};
use crate::mir::snapshot::Snapshot;
use crate::mmap::{os_text, read_back};
use crate::object::{Contents, Object, Objects, peek};
use crate::options::{self, Options};
use crate::output_file::{Content, OutputFile, check_writable, write_at};
use crate::report::reproduce::Recorder;
use crate::report::time::Clock;
use crate::report::{self, dependencies};
use crate::resolve::closure;
use crate::resolve::names::{Collector, Names};
use crate::{hints, layout, linker_defined, liveness, resolve, synthetic};
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

/// Links what the options name into a module in memory, in the caller's rayon pool.
///
/// # Errors
/// [`Failed`]; `diagnostics` says why.
pub fn link(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Vec<u8>, Failed> {
    link_modules(options, disk, Vec::new(), diagnostics, |_, _, _| ())
}

/// Links modules that a compiler has handed over, and what the options name, into a module in memory. `made` sees how it
/// was made: a session keeps of that what its next link can use.
///
/// # Errors
/// [`Failed`]; `diagnostics` says why.
pub(crate) fn link_modules(
    options: &Options,
    disk: &dyn FileSystem,
    modules: Vec<Snapshot>,
    diagnostics: &mut Diagnostics,
    made: impl FnOnce(&emit::Plan, &[u8], &[Arc<Snapshot>]),
) -> Result<Vec<u8>, Failed> {
    let load = |diagnostics: &mut Diagnostics| input::load_with(options, disk, modules, diagnostics);
    load_and_link(options, disk, diagnostics, Memory::Freed, load, |inputs, clock, diagnostics| {
        link_inputs(options, inputs, clock, diagnostics, Memory::Freed, Extent::Needed, |plan, clock, _| {
            let image = plan.image();
            clock.lap("emit");
            made(plan, &image, inputs.modules());
            clock.lap("keep");
            Ok(image)
        })
    })
}

/// Links modules that a compiler has handed over, and what the options name, and writes the module to the output path.
///
/// # Errors
/// As [`link_to_file`].
pub(crate) fn link_modules_to_file(
    options: &Options,
    disk: &dyn FileSystem,
    modules: Vec<Snapshot>,
    diagnostics: &mut Diagnostics,
) -> Result<(), Failed> {
    let load = |diagnostics: &mut Diagnostics| {
        check_outputs(options, diagnostics)?;
        input::load_with(options, disk, modules, diagnostics)
    };
    load_and_link(options, disk, diagnostics, Memory::Freed, load, |inputs, clock, diagnostics| {
        write_linked(options, inputs, clock, diagnostics, Memory::Freed)
    })
}

/// Links what the options name and writes the module to their output path, whole or not at all.
///
/// # Errors
/// [`Failed`]; `diagnostics` says why. An older file at the output path stays as it was.
pub fn link_to_file(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<(), Failed> {
    link_files(options, disk, diagnostics, Memory::Freed)
}

/// [`link_to_file`] as the last work of a process: its memory and its mapped files are left to the system, which frees
/// all of it at once when the process ends.
///
/// # Errors
/// As [`link_to_file`].
pub fn link_to_file_before_exit(
    options: &Options,
    disk: &dyn FileSystem,
    diagnostics: &mut Diagnostics,
) -> Result<(), Failed> {
    link_files(options, disk, diagnostics, Memory::LeftToExit)
}

/// What becomes of the memory of a link that is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Memory {
    Freed,
    LeftToExit,
}

impl Memory {
    fn end<T>(self, value: T) {
        if self == Self::LeftToExit {
            std::mem::forget(value);
        }
    }
}

fn link_files(
    options: &Options,
    disk: &dyn FileSystem,
    diagnostics: &mut Diagnostics,
    memory: Memory,
) -> Result<(), Failed> {
    let load = |diagnostics: &mut Diagnostics| {
        let Some(path) = &options.reproduce else { return load_files(options, disk, diagnostics) };
        let recorder = Recorder::create(path, disk, diagnostics)?;
        let loaded = load_files(options, &recorder, diagnostics);
        recorder.finish(options, diagnostics);
        loaded
    };
    load_and_link(options, disk, diagnostics, memory, load, |inputs, clock, diagnostics| {
        write_linked(options, inputs, clock, diagnostics, memory)?;
        match &options.dependency_file {
            Some(path) => write_dependencies(path, options, inputs, disk, diagnostics),
            None => Ok(()),
        }
    })
}

/// What is common to all links: the clock, and hints for the messages, be they about the loading.
fn load_and_link<R>(
    options: &Options,
    disk: &dyn FileSystem,
    diagnostics: &mut Diagnostics,
    memory: Memory,
    load: impl FnOnce(&mut Diagnostics) -> Result<Inputs, Failed>,
    link: impl FnOnce(&Inputs, &mut Clock, &mut Diagnostics) -> Result<R, Failed>,
) -> Result<R, Failed> {
    let mut clock = Clock::start(options.time);
    let loaded = load(diagnostics);
    clock.lap("load");
    let (inputs, result) = match loaded {
        Ok(inputs) => {
            let result = link(&inputs, &mut clock, diagnostics);
            (inputs, result)
        }
        Err(failed) => (Inputs::default(), Err(failed)),
    };
    hints::explain(options, &inputs, disk, diagnostics);
    if options.time && result.is_ok() {
        clock.report(diagnostics);
    }
    if memory == Memory::LeftToExit {
        inputs.release_pages();
    }
    memory.end(inputs);
    result
}

/// Everything that is read and checked before any work is done.
fn load_files(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Inputs, Failed> {
    let mut inputs = input::load_files(options, disk, diagnostics)?;
    options::check(options, diagnostics);
    diagnostics.checkpoint()?;
    input::load_allowed_undefined(options, disk, &mut inputs, diagnostics);
    check_outputs(options, diagnostics)?;
    Ok(inputs)
}

fn write_dependencies(
    path: &str,
    options: &Options,
    inputs: &Inputs,
    disk: &dyn FileSystem,
    diagnostics: &mut Diagnostics,
) -> Result<(), Failed> {
    std::fs::write(path, dependencies::text(options, inputs, disk)).map_err(|error| {
        diagnostics.error(Kind::Output, format!("cannot open {path}: {}", os_text(&error)));
        Failed
    })
}

/// Links and writes the output file.
fn write_linked(
    options: &Options,
    inputs: &Inputs,
    clock: &mut Clock,
    diagnostics: &mut Diagnostics,
    memory: Memory,
) -> Result<(), Failed> {
    link_inputs(options, inputs, clock, diagnostics, memory, Extent::Needed, |plan, clock, diagnostics| {
        let mut failed = |error: String| {
            diagnostics.error(Kind::Output, error);
            Failed
        };
        let mut output = OutputFile::create(&options.output, plan.size()).map_err(&mut failed)?;
        match output.content() {
            Content::Buffer(buffer) => *buffer = plan.image(),
            Content::File(file) => {
                let write = |offset, bytes: &[u8]| write_at(file, offset, bytes);
                let written = plan.stream(write, |size| read_back(file, size));
                // What a wrong estimate wrote may lie behind the end.
                let cut = |written: Written| file.set_len(written.size as u64).map(|()| written);
                let written = written.and_then(cut).map_err(|error| {
                    failed(format!("failed to write output '{}': {}", options.output, os_text(&error)))
                })?;
                if let Some(size) = written.oversized_names {
                    return Err(failed(too_large("name", size)));
                }
                clock.note("stitch (the serial part of emit)", written.stitch);
            }
        }
        clock.lap("emit");
        output.commit().map_err(&mut failed)?;
        clock.lap("write");
        Ok(())
    })
}

fn too_large(section: &str, size: usize) -> String {
    format!("section {section} is too large: {size} bytes do not fit 32 bits")
}

/// Every pass, in order. If the link fails, that may be because a table of an archive is wrong: then all members are read,
/// which also tells the messages what they may say.
fn link_inputs<R>(
    options: &Options,
    inputs: &Inputs,
    clock: &mut Clock,
    diagnostics: &mut Diagnostics,
    memory: Memory,
    extent: Extent,
    write: impl FnOnce(&mut emit::Plan, &mut Clock, &mut Diagnostics) -> Result<R, Failed>,
) -> Result<R, Failed> {
    let (objects, mut names) = parse_headers(options, inputs, extent, diagnostics)?;
    let partial = inputs.members.indices().any(|member| is_unread(inputs, &objects, member));
    let mut made_up = layout::bound_names(options, &objects);
    made_up.extend(resolve::wrapped_names(options));
    linker_defined::names(options).chain(made_up.iter().map(String::as_str)).for_each(|name| _ = names.add(name));
    clock.lap("parse symbols");
    let mut attempt = diagnostics.empty();
    let result = lay_out(options, inputs, objects, names, clock, &mut attempt);
    if result.is_err() && partial {
        return link_inputs(options, inputs, clock, diagnostics, memory, Extent::Whole, write);
    }
    diagnostics.append(attempt);
    let LaidOut { resolution, live, layout } = result?;
    let bodies = synthetic::bodies(options, &resolution, &live, &layout);
    let products = Products { options, resolution: &resolution, live: &live, layout: &layout, bodies: &bodies };
    let mut plan = emit::plan(products);
    if options.map_file.is_some() {
        // The map says how large every section is.
        plan.make_names();
    }
    clock.lap("plan");
    if let Err((section, size)) = plan.check_sizes() {
        diagnostics.error(Kind::Output, too_large(section, size));
    }
    report::map::write(&plan, diagnostics);
    diagnostics.checkpoint()?;
    let result = write(&mut plan, clock, diagnostics);
    memory.end(plan);
    memory.end((resolution, live, layout, bodies));
    result
}

/// What is linked, and where it goes.
struct LaidOut<'i> {
    resolution: resolve::Resolution<'i>,
    live: liveness::LiveSet,
    layout: layout::Layout<'i>,
}

/// The passes from resolution to layout.
fn lay_out<'i>(
    options: &Options,
    inputs: &'i Inputs,
    objects: Objects<'i>,
    mut names: Names<'i>,
    clock: &mut Clock,
    diagnostics: &mut Diagnostics,
) -> Result<LaidOut<'i>, Failed> {
    let reading = Reading::new(inputs, &objects);
    let selection = rayon::in_place_scope(|scope| {
        let reading = &reading;
        let read = |member| scope.spawn(move |_| reading.read(member));
        let selection = resolve::select(options, inputs, &objects, &mut names, &read, diagnostics);
        clock.lap("resolve");
        selection
    })?;
    if selection.incomplete {
        return Err(Failed);
    }
    report::why_extract::write(options, inputs, &names, &selection, diagnostics);
    diagnostics.checkpoint()?;
    let mut contents = reading.finish(&selection.link_order, diagnostics)?;
    if options.relocatable || options.emit_relocs {
        contents.par_iter_mut().for_each(|contents| contents.lower_to_object());
    }
    clock.lap("parse contents");
    let mut resolution = resolve::finish(options, inputs, objects, contents, names, selection, diagnostics)?;
    clock.lap("check signatures");
    let mut live = liveness::mark(options, &resolution);
    liveness::report_unused(options, &resolution, &live, diagnostics);
    clock.lap("mark live");
    let allowed = &inputs.allowed_undefined;
    let layout = layout::assign(options, allowed, &mut resolution, &mut live, diagnostics)?;
    resolution.trace_added(options, diagnostics);
    // From here on nothing asks for a name, and what follows needs memory.
    resolution.names.forget_ids();
    clock.lap("layout");
    Ok(LaidOut { resolution, live, layout })
}

/// Bytes of input that hold one name which nothing in front of them has, and such names of one member, as far as that can
/// be told: the table of names need not grow then. Debug information is large and has none.
const BYTES_PER_NAME: usize = 1024;
const NAMES_PER_MEMBER: usize = 32;

/// Which members are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All.
    Whole,
    /// Those that can be needed if the archives' symbol tables are right.
    Needed,
}

/// Reads what resolution needs of members, and interns its names, in parallel. As with LLD, only the first object that
/// cannot be linked at all is reported.
fn parse_headers<'i>(
    options: &Options,
    inputs: &'i Inputs,
    extent: Extent,
    diagnostics: &mut Diagnostics,
) -> Result<(Objects<'i>, Names<'i>), Failed> {
    let members: Vec<MemberIdx> = inputs.members.indices().collect();
    let files = members.iter().filter(|&&member| inputs.module(member).is_none());
    let size: usize = files.map(|&member| inputs.bytes(member).len()).sum();
    let declared: usize = inputs.modules().iter().map(|module| module.order.len()).sum();
    let collector = Collector::new((size / BYTES_PER_NAME).min(members.len() * NAMES_PER_MEMBER) + declared);
    let read = |index| parse_header(options, inputs, index);
    // As in LLD, all members must be of one architecture, whether they are needed or not.
    let is_64 = Some(options.is_64.unwrap_or(false));
    let optional = |index| extent == Extent::Needed && peek::is_64(inputs.bytes(index)) == is_64;
    let parsed = closure::read_members(options, inputs, &collector, &optional, &read);
    let parsed: Result<Vec<_>, Box<Diagnostic>> = parsed.into_iter().collect();
    let unlinkable = match parsed {
        Err(error) => *error,
        Ok(parsed) => {
            let (objects, names): (Vec<_>, Vec<_>) = parsed.into_iter().unzip();
            let objects = IndexVec::from(objects);
            let unlinkable = |&(index, object): &(MemberIdx, &Option<Box<Object>>)| {
                !inputs.members[index].lazy
                    && object.as_ref().is_some_and(|object| !object.has_linking && !object.is_shared)
            };
            let Some((index, _)) = objects.iter_enumerated().find(unlinkable) else {
                return Ok((objects, collector.finish(names.into_iter())));
            };
            let name = &inputs.members[index].name;
            Diagnostic::error(Kind::Input, format!("{name}: not a relocatable wasm file"))
        }
    };
    diagnostics.push(unlinkable);
    Err(Failed)
}

/// Reads what resolution needs of the member `index`; a stub library has none of it.
fn parse_header<'i>(
    options: &Options,
    inputs: &'i Inputs,
    index: MemberIdx,
) -> Result<Option<Box<Object<'i>>>, Box<Diagnostic>> {
    let member = &inputs.members[index];
    let object = match (member.kind, inputs.module(index)) {
        (MemberKind::Stub, _) => return Ok(None),
        (_, Some(module)) => Object::from_module(module),
        _ => Object::parse(&member.name, inputs.bytes(index))?,
    };
    check_architecture(options, &object)?;
    Ok(Some(Box::new(object)))
}

/// Whether a member was not read because nothing seemed to need it.
fn is_unread(inputs: &Inputs, objects: &Objects, member: MemberIdx) -> bool {
    objects[member].is_none() && inputs.members[member].kind == MemberKind::Wasm
}

/// An object is wasm64 if any of its memories is; one without memory is wasm32.
fn check_architecture(options: &Options, object: &Object) -> Result<(), Diagnostic> {
    let problem = match options.is_64 {
        None if object.is_64 => "must specify -mwasm64 to process wasm64 object files",
        // LLD says this of wasm64 objects with -mwasm32 too.
        Some(is_64) if is_64 != object.is_64 => "wasm32 object file can't be linked in wasm64 mode",
        _ => return Ok(()),
    };
    Err(Diagnostic::error(Kind::Input, format!("{}: {problem}", object.name)))
}

/// What becomes of the rest of a member when it is read.
type Read<'i> = Result<Placed<'i>, Box<Diagnostic>>;

/// The rest of a member, in a place that it never leaves: it is large, and is handed on more than once.
type Placed<'i> = Box<Contents<'i>>;

/// Reads the rest of the linked members, each from the moment on when it is known to be one: resolution, which is serial,
/// leaves the other threads of the pool nothing else to do.
struct Reading<'o, 'i> {
    inputs: &'i Inputs,
    objects: &'o Objects<'i>,
    read: IndexVec<MemberIdx, OnceLock<Read<'i>>>,
}

impl<'o, 'i> Reading<'o, 'i> {
    fn new(inputs: &'i Inputs, objects: &'o Objects<'i>) -> Self {
        Self { inputs, objects, read: objects.iter().map(|_| OnceLock::new()).collect::<Vec<_>>().into() }
    }

    fn read(&self, member: MemberIdx) {
        self.read[member].get_or_init(|| self.parse(member));
    }

    fn parse(&self, member: MemberIdx) -> Read<'i> {
        let contents = match (&self.objects[member], self.inputs.module(member)) {
            (None, _) => Contents::default(),
            (Some(object), Some(module)) => Contents::from_module(object, module)?,
            (Some(object), None) => Contents::parse(object)?,
        };
        Ok(Box::new(contents))
    }

    /// What was read, in link order.
    fn finish(mut self, link_order: &[MemberIdx], diagnostics: &mut Diagnostics) -> Result<Vec<Placed<'i>>, Failed> {
        let mut contents = Vec::with_capacity(link_order.len());
        for &member in link_order {
            match self.read[member].take().unwrap_or_else(|| self.parse(member)) {
                Ok(read) => contents.push(read),
                Err(error) => diagnostics.push(*error),
            }
        }
        diagnostics.checkpoint()?;
        Ok(contents)
    }
}

/// Paths that cannot be written are reported before any work is done.
fn check_outputs(options: &Options, diagnostics: &mut Diagnostics) -> Result<(), Failed> {
    if let Err(error) = check_writable(&options.output) {
        diagnostics.error(Kind::Output, format!("cannot open output file {}: {error}", options.output));
    }
    if let Some(map) = &options.map_file
        && let Err(error) = check_writable(map)
    {
        diagnostics.error(Kind::Output, format!("cannot open map file {map}: {error}"));
    }
    diagnostics.checkpoint()
}
