//! The map of the whole program on one screen: one call per pass, each timed.

use crate::diagnostic::{Diagnostic, Diagnostics, Failed, Kind};
use crate::emit::{self, Products};
use crate::index::*;
use crate::input::{self, FileSystem, Inputs, MemberKind};
use crate::mmap::{OutputFile, check_writable};
use crate::object::{Contents, Object};
use crate::options::{self, Options};
use crate::report::reproduce::Recorder;
use crate::report::{self, time::Clock};
use crate::resolve::names::Names;
use crate::{layout, linker_defined, liveness, resolve, synthetic};
use rayon::prelude::*;

/// Links what the options name into a module in memory, in the caller's rayon pool.
///
/// # Errors
/// [`Failed`]; `diagnostics` says why.
pub fn link(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Vec<u8>, Failed> {
    let inputs = input::load(options, disk, diagnostics)?;
    let mut clock = Clock::start();
    link_inputs(options, &inputs, &mut clock, diagnostics, |plan, _, diagnostics| {
        let mut image = vec![0; plan.size()];
        plan.write(&mut image, diagnostics);
        diagnostics.checkpoint()?;
        Ok(image)
    })
}

/// Links what the options name and writes the module to their output path, whole or not at all.
///
/// # Errors
/// [`Failed`]; `diagnostics` says why. An older file at the output path stays as it was.
pub fn link_to_file(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<(), Failed> {
    let mut clock = Clock::start();
    let recorder = options.reproduce.as_ref().map(|path| Recorder::create(path, disk, diagnostics)).transpose()?;
    let loaded = load(options, recorder.as_ref().map_or(disk, |recorder| recorder), diagnostics);
    if let Some(recorder) = recorder {
        recorder.finish(options, diagnostics);
    }
    let inputs = loaded?;
    check_outputs(options, diagnostics)?;
    clock.lap("load");
    let failed = |error: String, diagnostics: &mut Diagnostics| {
        diagnostics.error(Kind::Output, error);
        Failed
    };
    link_inputs(options, &inputs, &mut clock, diagnostics, |plan, clock, diagnostics| {
        let mut file = OutputFile::create(&options.output, plan.size()).map_err(|error| failed(error, diagnostics))?;
        let serial = plan.write(file.bytes_mut(), diagnostics);
        diagnostics.checkpoint()?;
        clock.lap("emit");
        clock.note("stitch (the serial part of emit)", serial);
        file.commit().map_err(|error| failed(error, diagnostics))?;
        clock.lap("write");
        Ok(())
    })?;
    if options.time {
        clock.report(diagnostics);
    }
    Ok(())
}

/// Reads all inputs, and checks the options against each other where LLD does.
fn load(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Inputs, Failed> {
    let mut inputs = input::load_files(options, disk, diagnostics)?;
    options::check(options, diagnostics);
    diagnostics.checkpoint()?;
    input::load_allowed_undefined(options, disk, &mut inputs, diagnostics);
    Ok(inputs)
}

/// Every pass, in order.
fn link_inputs<R>(
    options: &Options,
    inputs: &Inputs,
    clock: &mut Clock,
    diagnostics: &mut Diagnostics,
    write: impl FnOnce(&emit::Plan, &mut Clock, &mut Diagnostics) -> Result<R, Failed>,
) -> Result<R, Failed> {
    let objects = parse_headers(options, inputs, diagnostics)?;
    clock.lap("parse symbols");
    let mut names = Names::new(&objects, linker_defined::names(options));
    clock.lap("intern names");
    let selection = resolve::select(options, inputs, &objects, &mut names, diagnostics)?;
    report::why_extract::write(options, inputs, &names, &selection, diagnostics);
    diagnostics.checkpoint()?;
    clock.lap("resolve");
    let contents = parse_contents(&objects, &selection.link_order, diagnostics)?;
    clock.lap("parse contents");
    let mut resolution = resolve::finish(options, inputs, objects, contents, names, selection, diagnostics)?;
    clock.lap("check signatures");
    let mut live = liveness::mark(options, &resolution);
    liveness::report_unused(options, &resolution, &live, diagnostics);
    clock.lap("mark live");
    let allowed = &inputs.allowed_undefined;
    let layout = layout::assign(options, allowed, &mut resolution, &mut live, diagnostics)?;
    resolution.trace_added(options, diagnostics);
    clock.lap("layout");
    let bodies = synthetic::bodies(options, &resolution, &layout);
    let products = Products { options, resolution: &resolution, live: &live, layout: &layout, bodies: &bodies };
    let plan = emit::plan(products);
    clock.lap("plan");
    report::map::write(&plan, diagnostics);
    diagnostics.checkpoint()?;
    clock.lap("map");
    write(&plan, clock, diagnostics)
}

/// Reads what resolution needs of every member, in parallel.
fn parse_headers<'i>(
    options: &Options,
    inputs: &'i Inputs,
    diagnostics: &mut Diagnostics,
) -> Result<IndexVec<MemberIdx, Option<Object<'i>>>, Failed> {
    let members: Vec<MemberIdx> = inputs.members.indices().collect();
    let parsed: Vec<_> = members
        .into_par_iter()
        .map(|index| {
            let member = &inputs.members[index];
            if member.kind != MemberKind::Wasm {
                return Ok(None);
            }
            let object = Object::parse(member.name.clone(), inputs.bytes(index))?;
            check_object(options, member.lazy, object).map(Some)
        })
        .collect();
    collect(parsed, diagnostics).map(IndexVec::from)
}

fn check_object<'i>(options: &Options, lazy: bool, object: Object<'i>) -> Result<Object<'i>, Diagnostic> {
    let error = |text: String| Err(Diagnostic::error(Kind::Input, text));
    let name = &object.name;
    match options.is_64 {
        None | Some(false) if object.is_64 && options.is_64.is_none() => {
            error(format!("{name}: must specify -mwasm64 to process wasm64 object files"))
        }
        Some(false) if object.is_64 => error(format!("{name}: must specify -mwasm64 to process wasm64 object files")),
        Some(true) if !object.is_64 && object.memory_count > 0 => {
            error(format!("{name}: wasm32 object file can't be linked in wasm64 mode"))
        }
        _ if !lazy && !object.has_linking => error(format!("{name}: not a relocatable wasm file")),
        _ => Ok(object),
    }
}

/// Reads the rest of the linked members, in parallel.
fn parse_contents<'i>(
    objects: &IndexVec<MemberIdx, Option<Object<'i>>>,
    link_order: &[MemberIdx],
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Contents<'i>>, Failed> {
    let parsed: Vec<_> = link_order
        .par_iter()
        .map(|&member| objects[member].as_ref().map_or_else(|| Ok(Contents::default()), Contents::parse))
        .collect();
    collect(parsed, diagnostics)
}

/// All results, or all errors in order.
fn collect<T>(results: Vec<Result<T, Diagnostic>>, diagnostics: &mut Diagnostics) -> Result<Vec<T>, Failed> {
    let mut good = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) => diagnostics.push(error),
        }
    }
    diagnostics.checkpoint()?;
    Ok(good)
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
