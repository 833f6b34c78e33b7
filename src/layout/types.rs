//! The type section: each function type once, in order of first use.

use super::{Import, Layout};
use crate::index::*;
use crate::par::Bits;
use crate::resolve::Resolution;
use rayon::prelude::*;

/// Functions whose types one task looks up.
const TASK_FUNCTIONS: usize = 1 << 13;

/// The types of `functions`, each once, in order of first use.
fn types_of(resolution: &Resolution, functions: &[InputFunctionIdx]) -> Vec<SignatureIdx> {
    let (mut near, mut seen) = (FileIdx(0), Bits::default());
    let types = functions.iter().map(|&function| resolution.signature_near(function, &mut near));
    types.filter(|signature| seen.insert(signature.index())).collect()
}

impl Layout<'_> {
    /// Adds, behind the types that relocations name, those of imports, defined functions and tags.
    pub(super) fn assign_types(&mut self, resolution: &Resolution) {
        for i in 0..self.imports.len() {
            if let Import::Function { signature, .. } | Import::Tag { signature, .. } = self.imports[i] {
                self.register_type(signature);
            }
        }
        let chunks = self.functions.par_chunks(TASK_FUNCTIONS);
        let met: Vec<Vec<SignatureIdx>> = chunks.map(|functions| types_of(resolution, functions)).collect();
        met.into_iter().flatten().for_each(|signature| self.register_type(signature));
        for i in 0..self.tags.len() {
            if let Some((file, local)) = resolution.tags.locate(self.tags[i]) {
                let file = &resolution.files[file];
                self.register_type(resolution.names.types[file.member][file.object.tags[local as usize] as usize]);
            }
        }
    }
}
