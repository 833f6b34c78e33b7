//! Printing names, functions and template parameters.

use super::node::{Abbreviation, Closure, Encoding, Node, NodeId, ParamKind, RefQual, Span, quals};
use super::printer::Printer;

/// Name and template arguments of the abbreviated standard class.
fn abbreviated(name: Abbreviation) -> (&'static str, &'static str) {
    match name {
        Abbreviation::Allocator => ("allocator", ""),
        Abbreviation::BasicString => ("basic_string", ""),
        Abbreviation::String => ("string", "<char, std::char_traits<char>, std::allocator<char>>"),
        Abbreviation::Istream => ("istream", "<char, std::char_traits<char>>"),
        Abbreviation::Ostream => ("ostream", "<char, std::char_traits<char>>"),
        Abbreviation::Iostream => ("iostream", "<char, std::char_traits<char>>"),
    }
}

impl Printer<'_> {
    /// The part of [`Printer::left`] for names; other nodes are passed on.
    pub(super) fn left_of_name(&mut self, id: NodeId, node: Node) {
        match node {
            Node::Source(span) => self.put_span(span),
            Node::Static(text) => self.put(text),
            Node::Nested { scope, name } => self.joined(scope, "::", name),
            Node::Template { name, args } => self.joined(name, "", args),
            // What is required of the arguments would make the text too long.
            Node::TemplateArgs { args, .. } => self.in_angles(|printer| printer.list(args)),
            Node::Encoding(index) => {
                let encoding = self.arena.encodings[index as usize];
                self.encoding_left(&encoding);
            }
            Node::Local { encoding, entity } => self.joined(encoding, "::", entity),
            Node::CtorDtor { class, dtor } => {
                if dtor {
                    self.out.push(b'~');
                }
                self.base_name(class);
            }
            Node::Closure(index) => {
                let closure = self.arena.closures[index as usize];
                self.put("'lambda");
                self.put_span(closure.count);
                self.put("'");
                self.closure_declarator(&closure);
            }
            Node::Abbreviated(name) => {
                self.put("std::");
                self.put(abbreviated(name).0);
            }
            Node::AbbreviatedInFull(name) => {
                self.put("std::");
                self.in_full(name);
                self.put(abbreviated(name).1);
            }
            Node::Unnamed(count) => {
                self.put("'unnamed");
                self.put_span(count);
                self.put("'");
            }
            Node::AbiTag { base, tag } => {
                self.left(base);
                self.put("[abi:");
                self.put_span(tag);
                self.put("]");
            }
            Node::DotSuffix { child, suffix } => {
                self.print(child);
                self.put(" (");
                self.put_span(suffix);
                self.put(")");
            }
            _ => self.left_of_rare_name(id, node),
        }
    }

    fn left_of_rare_name(&mut self, id: NodeId, node: Node) {
        match node {
            Node::Friend { scope, name } => self.joined(scope, "::friend ", name),
            Node::ModuleEntity { module, name } => self.joined(name, "@", module),
            Node::ModuleName { parent, name, partition } => {
                if let Some(parent) = parent {
                    self.print(parent);
                }
                if partition {
                    self.put(":");
                } else if parent.is_some() {
                    self.put(".");
                }
                self.print(name);
            }
            Node::Bindings(names) => {
                self.put("[");
                self.list(names);
                self.put("]");
            }
            Node::Conversion(ty) => self.after("operator ", ty),
            Node::LiteralOperator(name) => self.after("operator\"\" ", name),
            Node::Global(name) => self.after("::", name),
            Node::Destructor(name) => {
                self.put("~");
                self.left(name);
            }
            Node::Special { text, child } => self.after(text, child),
            Node::ConstructionVtable { object, base } => {
                self.put("construction vtable for ");
                self.joined(base, "-in-", object);
            }
            Node::ArgumentPack(elements) => self.list(elements),
            Node::Expansion(pattern) => self.expansion(pattern),
            Node::QualifiedArg { arg } => self.print(arg),
            Node::Invented { kind, index } => self.invented(kind, index),
            Node::TypeParam { .. } => self.put("typename "),
            Node::ConstrainedParam { constraint, .. } => {
                self.print(constraint);
                self.put(" ");
            }
            Node::ValueParam { ty, .. } => {
                self.left(ty);
                if !self.has_right(ty) {
                    self.put(" ");
                }
            }
            Node::TemplateParam { params, .. } => {
                self.put("template");
                if let Node::TemplateArgs { args, .. } = self.arena.node(params) {
                    self.in_angles(|printer| printer.list(args));
                }
                self.put(" typename ");
            }
            Node::PackParam(param) => {
                self.left(param);
                self.put("...");
            }
            _ => self.left_of_type(id, node),
        }
    }

    pub(super) fn joined(&mut self, first: NodeId, between: &str, second: NodeId) {
        self.print(first);
        self.put(between);
        self.print(second);
    }

    pub(super) fn after(&mut self, text: &str, id: NodeId) {
        self.put(text);
        self.print(id);
    }

    fn invented(&mut self, kind: ParamKind, index: u32) {
        self.put(match kind {
            ParamKind::Type => "$T",
            ParamKind::Value => "$N",
            ParamKind::Template => "$TT",
        });
        if index > 0 {
            self.put(&(index - 1).to_string());
        }
    }

    /// The real class behind an abbreviation, without scope and arguments.
    fn in_full(&mut self, name: Abbreviation) {
        if !matches!(name, Abbreviation::Allocator | Abbreviation::BasicString) {
            self.put("basic_");
        }
        self.put(abbreviated(name).0);
    }

    /// The class's own name, as its constructors are called: no scope, arguments or tags.
    fn base_name(&mut self, mut id: NodeId) {
        loop {
            id = match self.arena.node(id) {
                Node::Nested { name, .. }
                | Node::Friend { name, .. }
                | Node::Template { name, .. }
                | Node::ModuleEntity { name, .. }
                | Node::Global(name)
                | Node::AbiTag { base: name, .. } => name,
                Node::Local { entity, .. } => entity,
                Node::Source(span) => return self.put_span(span),
                Node::Static(text) => return self.put(text),
                Node::Abbreviated(name) => return self.put(abbreviated(name).0),
                Node::AbbreviatedInFull(name) => return self.in_full(name),
                _ => return,
            }
        }
    }

    fn encoding_left(&mut self, encoding: &Encoding) {
        if let Some(result) = encoding.result {
            self.left(result);
            if !self.has_right(result) {
                self.put(" ");
            }
        }
        self.print(encoding.name);
    }

    pub(super) fn encoding_right(&mut self, encoding: &Encoding) {
        self.in_parens(|printer| {
            if encoding.explicit_object && !encoding.params.is_empty() {
                printer.put("this ");
            }
            printer.list(encoding.params);
        });
        if let Some(result) = encoding.result {
            self.right(result);
        }
        self.quals(encoding.quals);
        self.ref_qual(encoding.ref_qual);
        if let Some(conditions) = encoding.enable_if {
            self.put(" [enable_if:");
            self.list(conditions);
            self.put("]");
        }
        if let Some(requires) = encoding.requires {
            self.after(" requires ", requires);
        }
    }

    /// Template parameters, parameters and constraints of a lambda.
    pub(super) fn closure_declarator(&mut self, closure: &Closure) {
        if !closure.template_params.is_empty() {
            self.in_angles(|printer| printer.list(closure.template_params));
        }
        if let Some(requires) = closure.requires_before {
            self.after(" requires ", requires);
            self.put(" ");
        }
        self.in_parens(|printer| printer.list(closure.params));
        if let Some(requires) = closure.requires_after {
            self.after(" requires ", requires);
        }
    }

    pub(super) fn quals(&mut self, quals: u8) {
        for (qualifier, text) in
            [(quals::CONST, " const"), (quals::VOLATILE, " volatile"), (quals::RESTRICT, " restrict")]
        {
            if quals & qualifier != 0 {
                self.put(text);
            }
        }
    }

    pub(super) fn ref_qual(&mut self, ref_qual: RefQual) {
        match ref_qual {
            RefQual::None => {}
            RefQual::LValue => self.put(" &"),
            RefQual::RValue => self.put(" &&"),
        }
    }

    /// Text of the name as a piece of the input.
    pub(super) fn source_text(&self, id: NodeId) -> &[u8] {
        match self.arena.node(id) {
            Node::Source(Span { start, end }) => &self.input[start as usize..end as usize],
            _ => b"",
        }
    }
}
