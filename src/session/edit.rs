//! What a function refers to before and after its body was replaced.

use super::kept::Value;
use crate::mir::Malformed;
use crate::mir::snapshot::{ModuleUnit, Snapshot, Unit};
use crate::mir::walk::Sink;
use crate::object::fits;
use crate::object::relocations::RelocationKind;

/// A kind of reference, and the symbol or type that it names.
type Reference = (u8, u32);

/// An edit of one function.
#[derive(Debug)]
pub(super) struct Edit {
    /// Sorted.
    pub before: Vec<Reference>,
    /// Sorted.
    pub after: Vec<Reference>,
}

/// How often something is referred to, before and after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub kind: RelocationKind,
    /// A symbol, or a type.
    pub index: u32,
    pub before: u32,
    pub after: u32,
}

impl Edit {
    /// What is referred to more or less often than before.
    pub fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        let mut all: Vec<(Reference, bool)> = self.before.iter().map(|&reference| (reference, false)).collect();
        all.extend(self.after.iter().map(|&reference| (reference, true)));
        all.sort_unstable();
        for run in all.chunk_by(|a, b| a.0 == b.0) {
            let (code, index) = run[0].0;
            let after = run.iter().filter(|&&(_, is_after)| is_after).count() as u32;
            let before = run.len() as u32 - after;
            let Some(kind) = RelocationKind::from_code(code).filter(|_| before != after) else { continue };
            changes.push(Change { kind, index, before, after });
        }
        changes
    }
    /// Every symbol that is referred to afterwards.
    pub fn symbols(&self) -> impl Iterator<Item = u32> + '_ {
        let types = RelocationKind::TYPE_INDEX_LEB.code();
        self.after.iter().filter(move |&&(code, _)| code != types).map(|&(_, index)| index)
    }
}

/// What function number `function` of `snapshot` refers to, sorted; `None` if its MIR is not what it should be.
pub(super) fn references(snapshot: &Snapshot, function: usize, values: &[Value]) -> Option<Vec<Reference>> {
    let unit = Unit::Module(ModuleUnit(snapshot));
    let types = snapshot.declarations.types.len() as u32;
    let mut collector = Collector { unit, function, values, types, found: Vec::new() };
    unit.walk(function, &mut collector).ok()?;
    collector.found.sort_unstable();
    Some(collector.found)
}

struct Collector<'a> {
    unit: Unit<'a>,
    function: usize,
    values: &'a [Value],
    types: u32,
    found: Vec<Reference>,
}

impl Sink for Collector<'_> {
    fn byte(&mut self, _: u8) {}
    fn bytes(&mut self, _: &[u8]) {}
    fn unsigned(&mut self, _: u64) {}
    fn signed(&mut self, _: i64) {}
    fn field(&mut self, kind: RelocationKind, operand: u32, _: i64, instruction: usize) -> Result<(), Malformed> {
        let index = self.unit.operand(self.function, kind, operand);
        let symbol = || self.values.get(index as usize).map(|value| 1 << value.kind as u8);
        // The link from nothing says what is wrong.
        if !fits(kind, index, self.types, symbol) {
            return Err(Malformed { instruction, problem: "it names something that is not there" });
        }
        self.found.push((kind.code(), index));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_a_change() {
        let edit = Edit { before: vec![(0, 1), (0, 1), (0, 2), (4, 7)], after: vec![(0, 1), (0, 3), (4, 7)] };
        let changes: Vec<_> = edit.changes().iter().map(|c| (c.index, c.before, c.after)).collect();
        assert_eq!(changes, [(1, 2, 1), (2, 1, 0), (3, 0, 1)]);
        assert_eq!(edit.symbols().collect::<Vec<_>>(), [1, 3, 7]);
    }
}
