//! What leads to what, kept from a link: after an edit it tells whether everything is still reached.

use super::LiveSet;
use crate::index::*;
use crate::object::SymbolFlags;
use crate::object::linking::SEGMENT_RETAIN;
use crate::object::relocations::{Relocations, Target};
use crate::options::Options;
use crate::resolve::{Definition, Resolution, bits};
use rayon::prelude::*;
use std::collections::HashMap;

/// Functions, segments and files, numbered through in this order, and which of them each leads to.
///
/// A function or segment leads to what its relocations name, and to its file if that is linked only for it; a file
/// leads to its init functions and retained segments.
#[derive(Debug)]
pub(crate) struct Graph {
    roots: Vec<u32>,
    /// Where the targets of each node begin; the end of the last behind them.
    starts: Vec<u32>,
    targets: Vec<u32>,
    /// Targets of nodes that have changed.
    changed: HashMap<u32, Vec<u32>>,
    /// How many nodes the roots reach.
    reached: usize,
}

struct Nodes<'a, 'i> {
    resolution: &'a Resolution<'i>,
    functions: u32,
    segments: u32,
}

impl Graph {
    /// The graph of everything live.
    pub(crate) fn new(options: &Options, resolution: &Resolution, live: &LiveSet) -> Self {
        let nodes = Nodes {
            resolution,
            functions: resolution.functions.total() as u32,
            segments: resolution.segments.total() as u32,
        };
        let files: Vec<FileIdx> = resolution.files.indices().collect();
        let functions: Vec<_> = files.par_iter().map(|&file| nodes.of_functions(file, live)).collect();
        let segments: Vec<_> = files.par_iter().map(|&file| nodes.of_segments(file, live)).collect();
        let file_roots = files.iter().map(|&file| nodes.of_file(file)).collect();
        let (mut starts, mut targets) = (Vec::new(), Vec::new());
        for lists in functions.into_iter().chain(segments).chain([file_roots]) {
            for list in lists {
                starts.push(targets.len() as u32);
                targets.extend(list);
            }
        }
        starts.push(targets.len() as u32);
        let roots = nodes.roots(options);
        let mut graph = Self { roots, starts, targets, changed: HashMap::new(), reached: 0 };
        graph.reached = graph.reach();
        graph
    }

    /// Replaces what `function` leads to among functions and segments.
    pub(crate) fn replace(&mut self, function: InputFunctionIdx, targets: Vec<u32>) {
        self.changed.insert(function.0, targets);
    }
    /// The node of a function or segment.
    pub(crate) fn node(definition: Definition, functions: usize) -> Option<u32> {
        match definition {
            Definition::Function(function) if function.index() < functions => Some(function.0),
            Definition::Data { segment, .. } => Some(functions as u32 + segment.0),
            _ => None,
        }
    }
    /// Whether the roots reach as much as they did.
    pub(crate) fn is_whole(&self) -> bool {
        self.reach() == self.reached
    }

    fn targets(&self, node: u32) -> &[u32] {
        match self.changed.get(&node) {
            Some(targets) => targets,
            None => &self.targets[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize],
        }
    }

    fn reach(&self) -> usize {
        let mut seen = vec![false; self.starts.len() - 1];
        let (mut stack, mut count) = (Vec::new(), 0);
        let mut visit = |nodes: &[u32], stack: &mut Vec<u32>| {
            for &node in nodes {
                if !std::mem::replace(&mut seen[node as usize], true) {
                    count += 1;
                    stack.push(node);
                }
            }
        };
        visit(&self.roots, &mut stack);
        while let Some(node) = stack.pop() {
            visit(self.targets(node), &mut stack);
        }
        count
    }
}

impl Nodes<'_, '_> {
    fn of_functions(&self, file: FileIdx, live: &LiveSet) -> Vec<Vec<u32>> {
        let contents = &self.resolution.files[file].contents;
        let is_live = |local| live.function(self.resolution.functions.get(file, local));
        self.of_units(file, contents.bodies.iter().map(|body| contents.body_relocations(&body)), is_live)
    }

    fn of_segments(&self, file: FileIdx, live: &LiveSet) -> Vec<Vec<u32>> {
        let contents = &self.resolution.files[file].contents;
        let is_live = |local| live.segment(self.resolution.segments.get(file, local));
        self.of_units(file, contents.segments.iter().map(|segment| contents.segment_relocations(&segment)), is_live)
    }

    fn of_units<'r>(
        &self,
        file: FileIdx,
        units: impl Iterator<Item = Relocations<'r>>,
        is_live: impl Fn(u32) -> bool,
    ) -> Vec<Vec<u32>> {
        let list = |(local, relocations)| if is_live(local) { self.of_unit(file, relocations) } else { Vec::new() };
        (0..).zip(units).map(list).collect()
    }

    fn of_unit(&self, file: FileIdx, relocations: Relocations) -> Vec<u32> {
        let mut targets = Vec::new();
        for relocation in relocations {
            match relocation.kind.target() {
                Target::TypeIndex => {}
                // The address of a stub is null.
                Target::TableSlot if self.is_stub(file, relocation.index) => {}
                _ => self.add(self.resolution.definition(file, relocation.index), &mut targets),
            }
        }
        if !self.resolution.files[file].live {
            targets.push(self.file(file));
        }
        targets.sort_unstable();
        targets.dedup();
        targets.into_boxed_slice().into_vec()
    }

    /// What a file that is live brings.
    fn of_file(&self, file: FileIdx) -> Vec<u32> {
        let content = &self.resolution.files[file];
        let mut targets = Vec::new();
        for init in &content.object.init_functions {
            if !super::is_discarded(self.resolution, file, init.symbol) {
                self.add(self.resolution.definition(file, init.symbol), &mut targets);
            }
        }
        for (local, info) in content.object.segment_info.iter().take(content.contents.segments.len()).enumerate() {
            if info.flags & SEGMENT_RETAIN != 0 {
                targets.push(self.functions + self.resolution.segments.get(file, local as u32).0);
            }
        }
        targets
    }

    fn roots(&self, options: &Options) -> Vec<u32> {
        let resolution = self.resolution;
        let mut roots = Vec::new();
        let named = (0..resolution.named).map(SymbolIdx::new).filter(|&at| {
            let symbol = &resolution.symbols[at];
            symbol.flags.has(SymbolFlags::NO_STRIP)
                || symbol.is(bits::ALWAYS_LIVE)
                || resolution.is_exported(options, at)
        });
        for symbol in resolution.known.entry.into_iter().chain(resolution.known.call_dtors).chain(named) {
            self.add(resolution.definitions[symbol], &mut roots);
        }
        let live = resolution.files.iter_enumerated().filter(|(_, content)| content.live);
        roots.extend(live.map(|(file, _)| self.file(file)));
        roots
    }

    /// The nodes that a reference to `definition` leads to.
    fn add(&self, definition: Definition, targets: &mut Vec<u32>) {
        targets.extend(Graph::node(definition, self.functions as usize));
        // Other kinds lead nowhere, but bring their file.
        let file = match definition {
            Definition::Global(global) => self.resolution.globals.locate(global),
            Definition::Tag(tag) => self.resolution.tags.locate(tag),
            Definition::Table(table) => self.resolution.tables.locate(table),
            _ => None,
        };
        if let Some((file, _)) = file.filter(|&(file, _)| !self.resolution.files[file].live) {
            targets.push(self.file(file));
        }
    }
    fn file(&self, file: FileIdx) -> u32 {
        self.functions + self.segments + file.0
    }
    fn is_stub(&self, file: FileIdx, symbol: u32) -> bool {
        self.resolution.target(file, symbol).is_some_and(|target| self.resolution.symbols[target].is(bits::STUB))
    }
}
