//! What makes a module an object: the `linking` section and the `reloc.*` sections, for `-r` and `--emit-relocs`.
//!
//! Spec: tool-conventions, Linking.md.

mod linking;
mod relocations;
mod symbols;

use super::code::CodePlan;
use super::custom::CustomPlan;
use super::data::DataPlan;
use super::{Products, stitch};
use crate::leb;

/// The sections, each as a head and the pieces that follow it.
pub struct ObjectSections {
    /// In output order.
    pub sections: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
}

/// Numbers of the output's sections, for relocation sections and section symbols.
pub struct SectionNumbers {
    /// The code section, if there is one.
    pub code: Option<u32>,
    /// The data section, if there is one.
    pub data: Option<u32>,
    /// The first custom section of the inputs; the others follow it.
    pub first_custom: u32,
}

impl ObjectSections {
    /// Encodes symbols, segment attributes, init functions, comdats and all relocations.
    pub fn new(
        products: Products,
        code: &CodePlan,
        data: &DataPlan,
        customs: &CustomPlan,
        numbers: &SectionNumbers,
    ) -> Self {
        let symbols = symbols::SymbolTable::new(products, customs, numbers);
        let mut sections = vec![linking::section(products, &symbols)];
        let scan = relocations::Writer { products, symbols: &symbols, customs };
        let mut add = |name: String, number: u32, (count, pieces): (u64, Vec<Vec<u8>>)| {
            if count > 0 {
                let size = pieces.iter().map(Vec::len).sum();
                let head = stitch::head(stitch::CUSTOM, size, |out| {
                    leb::push_name(out, name.as_bytes());
                    leb::push_unsigned(out, number as u64);
                    leb::push_unsigned(out, count);
                });
                sections.push((head, pieces));
            }
        };
        if let Some(number) = numbers.code {
            add("reloc.CODE".into(), number, scan.code(code));
        }
        if let Some(number) = numbers.data {
            add("reloc.DATA".into(), number, scan.data(data));
        }
        for (index, custom) in customs.sections().iter().enumerate() {
            let number = numbers.first_custom + index as u32;
            add(format!("reloc.{}", custom.name), number, scan.custom(index));
        }
        Self { sections }
    }
    /// The head of each section, and the sizes of its pieces.
    pub fn heads(&self) -> Vec<(Vec<u8>, Vec<usize>)> {
        self.sections.iter().map(|(head, pieces)| (head.clone(), pieces.iter().map(Vec::len).collect())).collect()
    }
    /// Piece `piece` of section `section`.
    pub fn piece(&self, section: usize, piece: usize) -> &[u8] {
        &self.sections[section].1[piece]
    }
}
