//! What a link leaves for the next: enough to lower functions again whose bodies were replaced, and to know whether that
//! is all that has changed.
//!
//! An edit is taken here if nothing moves by it: every function and segment is still reached, no index, address or table
//! slot changes, and the compact orders, if they were asked for, still hold. The module is then the old one with other
//! bodies in its code section. In every other case the session links anew. Either way the bytes are those of a link from
//! nothing.

use super::edit::{Change, Edit, references};
use crate::emit::{CODE, Plan};
use crate::index::*;
use crate::layout::Orders;
use crate::leb;
use crate::liveness::Graph;
use crate::mir::snapshot::{ModuleUnit, Snapshot, Unit};
use crate::mir::worker::Buffer;
use crate::mir::{self, CodegenBuffer};
use crate::object::SymbolKind;
use crate::object::relocations::{Relocation, RelocationKind, Target};
use crate::options::BuildId;
use crate::relocate::{Place, Relocator};
use crate::resolve::Definition;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a symbol of a module comes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    /// Index or address.
    own: u64,
    /// Table slot of a function, offset from `__tls_base` of data.
    other: u64,
    /// Index of the global that holds the address.
    got: u64,
    /// Whether an addend is added.
    adds: bool,
    pub kind: SymbolKind,
    /// Its node in the graph, if it stands for a function or segment of an input that is in the output.
    node: Option<u32>,
    /// The data it stands for.
    segment: Option<InputSegmentIdx>,
    /// Whether a call of it brings no signature that was not there.
    may_be_called: bool,
}

/// A module that has been linked.
#[derive(Debug)]
struct KeptModule {
    snapshot: Arc<Snapshot>,
    values: Vec<Value>,
    /// Index of each type.
    types: Vec<u64>,
    /// The defined function of each declaration.
    function_of: HashMap<u32, u32>,
    /// The number of the first defined function among those of all inputs.
    first: u32,
    /// Which body of the code section each defined function is.
    bodies: Vec<Option<u32>>,
}

/// The products of a link that the next one may use again.
#[derive(Debug)]
pub(crate) struct Kept {
    modules: Vec<KeptModule>,
    graph: Option<Graph>,
    orders: Orders,
    /// Where each segment stands in `orders`.
    segment_places: HashMap<InputSegmentIdx, (u32, u32)>,
    image: Vec<u8>,
    /// Where the code section begins.
    code_start: usize,
    /// Where each body begins in the image, and where the last ends.
    bodies: Vec<usize>,
}

impl Kept {
    /// Takes what is needed from the link that made `image`; `None` if edits of such a module move too much.
    pub fn new(plan: &Plan, image: &[u8], modules: &[Arc<Snapshot>]) -> Option<Self> {
        let products = plan.products();
        let (options, resolution, layout) = (products.options, products.resolution, products.layout);
        // Other sections may say where in the code section a function lies.
        let has_customs = resolution.files.iter().any(|file| !file.contents.customs.is_empty());
        let is_object = options.relocatable || options.emit_relocs;
        if has_customs || is_object || options.is_pic() || options.build_id != BuildId::None {
            return None;
        }
        let part = plan.parts().find(|part| part.id == CODE)?;
        let payload = payload_start(image, part.offset)?;
        let count = layout.functions.len();
        let mut bodies: Vec<usize> = (0..count).map(|index| payload + plan.function_place(index).0 as usize).collect();
        bodies.push(part.offset + part.size);
        let relocator = Relocator { resolution, live: products.live, layout, offsets: None, table: None };
        let modules = modules.iter().enumerate().map(|(member, snapshot)| {
            let file = resolution.file_of[MemberIdx::new(member)]?;
            Some(KeptModule::new(&relocator, file, Arc::clone(snapshot)))
        });
        let segments = layout.orders.segments.iter().enumerate();
        let segment_places = segments.flat_map(|(group, members)| {
            let places = members.iter().enumerate();
            places.filter_map(move |(at, &(_, segment))| Some((segment?, (group as u32, at as u32))))
        });
        Some(Self {
            modules: modules.collect::<Option<_>>()?,
            graph: options.gc_sections.then(|| Graph::new(options, resolution, products.live)),
            segment_places: segment_places.collect(),
            orders: layout.orders.clone(),
            image: image.to_vec(),
            code_start: part.offset,
            bodies,
        })
    }

    /// Takes over the functions of `buffers`, each with the number of its module, and returns the module with them;
    /// `None` if it has to be linked anew. What is kept is then of no more use.
    pub fn apply(&mut self, buffers: Vec<(usize, Arc<Buffer>)>) -> Option<Vec<u8>> {
        let mut edits: BTreeMap<(usize, u32), Edit> = BTreeMap::new();
        for (module, buffer) in buffers {
            for (function, edit) in self.modules[module].take_over(buffer)? {
                match edits.get_mut(&(module, function)) {
                    Some(earlier) => earlier.after = edit.after,
                    None => _ = edits.insert((module, function), edit),
                }
            }
        }
        let (mut removed, mut counted, mut bodies) = (false, Vec::new(), BTreeMap::new());
        for ((module, function), edit) in edits {
            // What is not in the output may be whatever it likes.
            let Some(body) = self.modules[module].bodies[function as usize] else { continue };
            for change in edit.changes() {
                removed |= change.after == 0;
                self.accept(module, &change, &mut counted)?;
            }
            let kept = &self.modules[module];
            if let Some(graph) = &mut self.graph {
                let targets = edit.symbols().filter_map(|symbol| kept.values[symbol as usize].node);
                graph.replace(InputFunctionIdx(kept.first + function), targets.collect());
            }
            bodies.insert(body as usize, kept.lower(function as usize));
        }
        let is_whole = !removed || self.graph.as_ref().is_none_or(Graph::is_whole);
        if !is_whole || !self.orders.hold(&counted) {
            return None;
        }
        self.rebuild(&bodies);
        Some(self.image.clone())
    }

    /// Counts a change of references; `None` if it may change more than counts.
    fn accept(&mut self, module: usize, change: &Change, counted: &mut Vec<(u32, u32)>) -> Option<()> {
        let delta = change.after as i32 - change.before as i32;
        let is_kept = change.before > 0 && change.after > 0;
        let orders = &mut self.orders;
        let value = self.modules[module].values.get(change.index as usize);
        match change.kind.target() {
            Target::FunctionIndex | Target::Address => {
                let value = value?;
                if !is_kept && (value.node.is_none() || !value.may_be_called) {
                    return None;
                }
                match value.segment {
                    None if value.kind == SymbolKind::Function => orders.count_function(value.own as u32, delta),
                    Some(segment) if !orders.segments.is_empty() => {
                        let place = *self.segment_places.get(&segment)?;
                        orders.count_segment(place, delta);
                        counted.push(place);
                    }
                    _ => {}
                }
            }
            // The order in which these are met first shows.
            _ if !is_kept => return None,
            _ if orders.functions.is_some() && !orders.others_are_free => return None,
            _ => {}
        }
        Some(())
    }

    /// Puts bodies into the code section in place of those that are there.
    fn rebuild(&mut self, bodies: &BTreeMap<usize, CodegenBuffer>) {
        let (old, old_starts) = (&self.image, &self.bodies);
        let count = old_starts.len() - 1;
        let grown: usize = bodies.values().map(|body| body.get(0).len()).sum();
        let gone: usize = bodies.keys().map(|&index| old_starts[index + 1] - old_starts[index]).sum();
        let size = leb::unsigned_size(count as u64) + (old_starts[count] - old_starts[0]) + grown - gone;
        let mut image = Vec::with_capacity(old.len() + grown + leb::PADDED_32);
        let mut starts = Vec::with_capacity(old_starts.len());
        image.extend_from_slice(&old[..self.code_start]);
        image.push(CODE);
        leb::push_unsigned(&mut image, size as u64);
        leb::push_unsigned(&mut image, count as u64);
        let mut next = 0;
        for (index, body) in bodies.iter().map(|(&index, body)| (index, body.get(0))).chain([(count, &[][..])]) {
            // What lies in front is as it was, but elsewhere.
            let (from, to) = (old_starts[next], image.len());
            starts.extend(old_starts[next..index].iter().map(|&start| start - from + to));
            image.extend_from_slice(&old[from..old_starts[index]]);
            starts.push(image.len());
            image.extend_from_slice(body);
            next = (index + 1).min(count);
        }
        image.extend_from_slice(&old[old_starts[count]..]);
        (self.image, self.bodies) = (image, starts);
    }
}

/// Where the payload of the section at `at` begins.
fn payload_start(image: &[u8], at: usize) -> Option<usize> {
    let mut position = at + 1;
    leb::read_u32(image, &mut position).ok()?;
    Some(position)
}

impl KeptModule {
    fn new(relocator: &Relocator, file: FileIdx, snapshot: Arc<Snapshot>) -> Self {
        let (resolution, layout) = (relocator.resolution, relocator.layout);
        let content = &resolution.files[file];
        let symbols = 0..content.object.symbols.len() as u32;
        let types = 0..content.object.types.len() as u32;
        let functions = snapshot.functions.iter().enumerate();
        let base = resolution.functions.range(file).start as u32;
        let body = |local| {
            let index = layout.function_index(InputFunctionIdx(base + local as u32))?;
            Some(index - layout.imported_functions)
        };
        Self {
            values: symbols.map(|symbol| Value::new(relocator, file, symbol)).collect(),
            types: types.map(|ty| value_of(relocator, file, RelocationKind::TYPE_INDEX_LEB, ty, 0)).collect(),
            function_of: functions.map(|(local, &(_, declaration))| (declaration, local as u32)).collect(),
            first: base,
            bodies: (0..snapshot.functions.len()).map(body).collect(),
            snapshot,
        }
    }

    /// Makes the functions of `buffer` the module's; `None` if there is more in it.
    fn take_over(&mut self, buffer: Arc<Buffer>) -> Option<Vec<(u32, Edit)>> {
        if !buffer.data.is_empty() {
            return None;
        }
        let functions = buffer.functions.iter().map(|declaration| self.function_of.get(declaration).copied());
        let functions: Vec<u32> = functions.collect::<Option<_>>()?;
        let all = |kept: &Self| -> Option<Vec<_>> {
            functions.iter().map(|&function| references(&kept.snapshot, function as usize, &kept.values)).collect()
        };
        let before = all(self)?;
        Arc::get_mut(&mut self.snapshot)?.take_over(buffer, &functions)?;
        let after = all(self)?;
        let edits = before.into_iter().zip(after).map(|(before, after)| Edit { before, after });
        Some(functions.iter().copied().zip(edits).collect())
    }

    fn lower(&self, function: usize) -> CodegenBuffer {
        let unit = Unit::Module(ModuleUnit(&self.snapshot));
        let values = KeptValues { module: self, unit, function };
        let mut buffer = CodegenBuffer::default();
        buffer.body(|out| {
            let lowered = mir::lower_unit(&unit, function, &values, out);
            lowered.expect("what it refers to has been collected");
        });
        buffer
    }
}

struct KeptValues<'a> {
    module: &'a KeptModule,
    unit: Unit<'a>,
    function: usize,
}

impl mir::Values for KeptValues<'_> {
    fn value(&self, kind: RelocationKind, operand: u32, addend: i64) -> u64 {
        let index = self.unit.operand(self.function, kind, operand) as usize;
        if kind.target() == Target::TypeIndex {
            return self.module.types[index];
        }
        let value = &self.module.values[index];
        let base = match kind.target() {
            Target::TableSlot | Target::TableSlotRelative | Target::AddressTls => value.other,
            Target::GlobalIndex if value.kind != SymbolKind::Global => value.got,
            _ => value.own,
        };
        if value.adds { base.wrapping_add_signed(addend) } else { base }
    }
}

fn value_of(relocator: &Relocator, file: FileIdx, kind: RelocationKind, index: u32, addend: i64) -> u64 {
    relocator.value(file, &Relocation { kind, offset: 0, index, addend }, Place::default())
}

impl Value {
    fn new(relocator: &Relocator, file: FileIdx, symbol: u32) -> Self {
        let resolution = relocator.resolution;
        let (content, definition) = (&resolution.files[file], resolution.definition(file, symbol));
        let entry = &content.object.symbols[symbol as usize];
        let value = |kind, addend| value_of(relocator, file, kind, symbol, addend);
        let got = || value(RelocationKind::GLOBAL_INDEX_LEB, 0);
        let (own, other, got) = match entry.kind {
            SymbolKind::Function => {
                (value(RelocationKind::FUNCTION_INDEX_LEB, 0), value(RelocationKind::TABLE_INDEX_SLEB, 0), got())
            }
            SymbolKind::Data => {
                (value(RelocationKind::MEMORY_ADDR_SLEB, 0), value(RelocationKind::MEMORY_ADDR_TLS_SLEB, 0), got())
            }
            SymbolKind::Global => (got(), 0, 0),
            SymbolKind::Tag => (value(RelocationKind::TAG_INDEX_LEB, 0), 0, 0),
            SymbolKind::Table => (value(RelocationKind::TABLE_NUMBER_LEB, 0), 0, 0),
            SymbolKind::Section => (0, 0, 0),
        };
        let is_data = entry.kind == SymbolKind::Data;
        let is_live = relocator.live.definition(definition) == Some(true);
        let segment = match definition {
            Definition::Data { segment, .. } => Some(segment),
            _ => None,
        };
        Self {
            own,
            other,
            got,
            adds: is_data && value(RelocationKind::MEMORY_ADDR_SLEB, 1) == own.wrapping_add(1),
            kind: entry.kind,
            node: Graph::node(definition, resolution.functions.total()).filter(|_| is_live),
            segment,
            may_be_called: is_data || entry.flags.is_local() || content.contents.is_called(symbol),
        }
    }
}
