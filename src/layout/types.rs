//! The type section: each function type once, in order of first use.

use super::{Import, Layout};
use crate::index::*;
use crate::resolve::Resolution;

impl Layout<'_> {
    /// Adds, behind the types that relocations name, those of imports, defined functions and tags.
    pub(super) fn assign_types(&mut self, resolution: &Resolution) {
        for i in 0..self.imports.len() {
            if let Import::Function { signature, .. } | Import::Tag { signature, .. } = self.imports[i] {
                self.register_type(signature);
            }
        }
        let mut near = FileIdx(0);
        for i in 0..self.functions.len() {
            self.register_type(resolution.signature_near(self.functions[i], &mut near));
        }
        for i in 0..self.tags.len() {
            if let Some((file, local)) = resolution.tags.locate(self.tags[i]) {
                let file = &resolution.files[file];
                self.register_type(resolution.names.types[file.member][file.object.tags[local as usize] as usize]);
            }
        }
    }
}
