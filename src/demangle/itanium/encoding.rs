//! Functions with their parameters, and the names that the compiler makes: vtables, thunks, guards.
//!
//! Spec: Itanium C++ ABI, 5.1.2 "General Structure" and 5.1.4 "Special names".

use super::node::{Encoding, List, Node, NodeId, Text};
use super::parser::{NameState, Parser};

impl Parser<'_> {
    /// The whole of a mangled name, from its first underscore to the end of the input.
    pub(super) fn mangled_name(&mut self) -> Option<NodeId> {
        if self.eat_all(b"_Z") || self.eat_all(b"__Z") {
            let child = self.encoding()?;
            if self.look() == b'.' {
                let suffix = self.span(self.pos, self.input.len());
                return self.make(Node::DotSuffix { child, suffix });
            }
            return if self.left() == 0 { Some(child) } else { None };
        }
        if self.eat_all(b"___Z") || self.eat_all(b"____Z") {
            let child = self.encoding()?;
            if !self.eat_all(b"_block_invoke") {
                return None;
            }
            let needs_number = self.eat(b'_');
            if self.number(false).is_empty() && needs_number {
                return None;
            }
            if self.look() != b'.' && self.left() > 0 {
                return None;
            }
            return self.make(Node::Special { text: &"invocation function for block in ", child });
        }
        None
    }

    /// `<encoding>`
    pub(super) fn encoding(&mut self) -> Option<NodeId> {
        self.deeper(|parser| {
            let saved = parser.save_params();
            let encoding = parser.encoding_inner();
            parser.restore_params(saved);
            encoding
        })
    }

    fn encoding_inner(&mut self) -> Option<NodeId> {
        if matches!(self.look(), b'G' | b'T') {
            return self.special_name();
        }
        let mut state = self.name_state();
        let name = self.name(Some(&mut state))?;
        self.resolve_forwards(&state)?;
        if self.at_encoding_end() {
            return Some(name);
        }
        let enable_if =
            if self.eat_all(b"Ua9enable_ifI") { Some(self.list_until(b'E', Self::template_arg)?) } else { None };
        let has_result = state.ends_with_template_args && !state.ctor_dtor_conversion;
        let result = if has_result { Some(self.ty()?) } else { None };
        let params = self.params()?;
        let requires = if self.eat(b'Q') { Some(self.constraint()?) } else { None };
        let NameState { explicit_object, quals, ref_qual, .. } = state;
        let encodings = &mut self.scratch.arena.encodings;
        let index = encodings.len() as u32;
        encodings.push(Encoding { result, name, params, enable_if, requires, quals, ref_qual, explicit_object });
        self.make(Node::Encoding(index))
    }

    /// The types of a function's parameters: one at least, `v` if there are none.
    fn params(&mut self) -> Option<List> {
        if self.eat(b'v') {
            return Some(List::default());
        }
        let from = self.begin_list();
        loop {
            let param = self.ty()?;
            self.push_item(param);
            if self.at_encoding_end() || self.look() == b'Q' {
                return Some(self.end_list(from));
            }
        }
    }

    fn at_encoding_end(&self) -> bool {
        self.left() == 0 || matches!(self.look(), b'E' | b'.' | b'_')
    }

    /// `<special-name>`
    fn special_name(&mut self) -> Option<NodeId> {
        let code = [self.look(), self.look_at(1)];
        self.skip(2);
        let (text, child): (Text, NodeId) = match &code {
            b"TA" => (&"template parameter object for ", self.template_arg()?),
            b"TV" => (&"vtable for ", self.ty()?),
            b"TT" => (&"VTT for ", self.ty()?),
            b"TI" => (&"typeinfo for ", self.ty()?),
            b"TS" => (&"typeinfo name for ", self.ty()?),
            b"TW" => (&"thread-local wrapper routine for ", self.name(None)?),
            b"TH" => (&"thread-local initialization routine for ", self.name(None)?),
            b"TC" => return self.construction_vtable(),
            b"Tc" => {
                self.call_offset()?;
                self.call_offset()?;
                (&"covariant return thunk to ", self.encoding()?)
            }
            b"GV" => (&"guard variable for ", self.name(None)?),
            b"GR" => (&"reference temporary for ", self.reference_temporary()?),
            b"GI" => (&"initializer for module ", self.module_name(None)??),
            [b'T', _] => {
                self.pos -= 1;
                let is_virtual = self.look() == b'v';
                self.call_offset()?;
                let text: Text = if is_virtual { &"virtual thunk to " } else { &"non-virtual thunk to " };
                (text, self.encoding()?)
            }
            _ => return None,
        };
        self.make(Node::Special { text, child })
    }

    /// `TC <object's type> <offset> _ <base's type>`
    fn construction_vtable(&mut self) -> Option<NodeId> {
        let object = self.ty()?;
        if self.number(true).is_empty() {
            return None;
        }
        self.expect(b'_')?;
        let base = self.ty()?;
        self.make(Node::ConstructionVtable { object, base })
    }

    /// `<object name> [<seq-id>] _`; the last underscore may be missing if there is no number.
    fn reference_temporary(&mut self) -> Option<NodeId> {
        let name = self.name(None)?;
        let numbered = self.seq_id().is_some();
        if !self.eat(b'_') && numbered {
            return None;
        }
        Some(name)
    }

    /// `<call-offset>`: how a thunk adjusts `this`; not printed.
    fn call_offset(&mut self) -> Option<()> {
        let numbers = match self.look() {
            b'h' => 1,
            b'v' => 2,
            _ => return None,
        };
        self.skip(1);
        for _ in 0..numbers {
            if self.number(true).is_empty() {
                return None;
            }
            self.expect(b'_')?;
        }
        Some(())
    }
}
