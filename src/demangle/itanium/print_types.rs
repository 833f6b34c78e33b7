//! Printing types. Pointers, arrays and functions wrap around the name that is declared with them.

use super::node::{FunctionType, Node, NodeId, Span};
use super::printer::Printer;

impl Printer<'_> {
    /// The part of [`Printer::left`] for types; expressions are passed on.
    pub(super) fn left_of_type(&mut self, id: NodeId, node: Node) {
        match node {
            Node::Qualified { ty, quals } => {
                self.left(ty);
                self.quals(quals);
            }
            Node::Pointer(ty) => self.pointer_left(ty),
            Node::Reference { ty, rvalue } => self.once(id, |printer| printer.reference_left(ty, rvalue)),
            Node::Pack(list) => {
                if let Some(element) = self.current_element(list) {
                    self.left(element);
                }
            }
            Node::Forward { target: Some(target), .. } => self.once(id, |printer| printer.left(target)),
            Node::Forward { target: None, .. } => {}
            Node::MemberPointer { class, member } => {
                self.left(member);
                let wraps = self.is_array(member) || self.is_function(member);
                self.put(if wraps { "(" } else { " " });
                self.print(class);
                self.put("::*");
            }
            Node::Array { element, .. } => self.left(element),
            Node::Function(index) => {
                self.left(self.arena.functions[index as usize].result);
                self.put(" ");
            }
            Node::Postfixed { ty, text } => {
                self.left(ty);
                self.put(text);
            }
            Node::VendorQualified { ty, name, args } => {
                self.print(ty);
                self.put(" ");
                self.left(name);
                if let Some(args) = args {
                    self.print(args);
                }
            }
            Node::Protocol { ty, name } => {
                self.print(ty);
                self.put("<");
                self.put_span(name);
                self.put(">");
            }
            Node::Noexcept(condition) => {
                self.put("noexcept");
                self.in_parens(|printer| printer.print(condition));
            }
            Node::Throws(types) => {
                self.put("throw");
                self.in_parens(|printer| printer.list(types));
            }
            Node::Vector { element, dimension } => {
                self.print(element);
                self.put(" vector[");
                if let Some(dimension) = dimension {
                    self.print(dimension);
                }
                self.put("]");
            }
            _ => self.left_of_rare_type(node),
        }
    }

    fn left_of_rare_type(&mut self, node: Node) {
        match node {
            Node::PixelVector(dimension) => {
                self.after("pixel vector[", dimension);
                self.put("]");
            }
            Node::BitInt { size, signed } => {
                self.put(if signed { "_BitInt" } else { "unsigned _BitInt" });
                self.in_parens(|printer| printer.print(size));
            }
            Node::Float(bits) => {
                self.put("_Float");
                self.put_span(bits);
            }
            Node::Elaborated { keyword, ty } => {
                self.put(keyword);
                self.after(" ", ty);
            }
            Node::Transformed { name, ty } => {
                self.print(name);
                self.in_parens(|printer| printer.print(ty));
            }
            _ => self.expression(node),
        }
    }

    /// Everything that [`Printer::right`] prints.
    pub(super) fn right_of_type(&mut self, id: NodeId, node: Node) {
        match node {
            Node::Encoding(index) => {
                let encoding = self.arena.encodings[index as usize];
                self.encoding_right(&encoding);
            }
            Node::Qualified { ty, .. } => self.right(ty),
            Node::Pointer(ty) if self.protocol_of_object(ty).is_some() => {}
            Node::Pointer(ty) | Node::MemberPointer { member: ty, .. } => self.close_declarator(ty),
            Node::Reference { ty, rvalue } => self.once(id, |printer| {
                if let Some((ty, _)) = printer.collapse(ty, rvalue) {
                    printer.close_declarator(ty);
                }
            }),
            Node::Array { element, dimension } => {
                if self.out.last() != Some(&b']') {
                    self.put(" ");
                }
                self.put("[");
                if let Some(dimension) = dimension {
                    self.print(dimension);
                }
                self.put("]");
                self.right(element);
            }
            Node::Function(index) => {
                let function = self.arena.functions[index as usize];
                self.function_right(&function);
            }
            Node::Pack(list) => {
                if let Some(element) = self.current_element(list) {
                    self.right(element);
                }
            }
            Node::Forward { target: Some(target), .. } => self.once(id, |printer| printer.right(target)),
            Node::TypeParam { name } | Node::ConstrainedParam { name, .. } => self.print(name),
            Node::ValueParam { name, ty } => {
                self.print(name);
                self.right(ty);
            }
            Node::TemplateParam { name, params } => {
                self.print(name);
                if let Node::TemplateArgs { requires: Some(requires), .. } = self.arena.node(params) {
                    self.after(" requires ", requires);
                }
            }
            Node::PackParam(param) => self.right(param),
            _ => {}
        }
    }

    fn pointer_left(&mut self, ty: NodeId) {
        if let Some(name) = self.protocol_of_object(ty) {
            self.put("id<");
            self.put_span(name);
            return self.put(">");
        }
        self.left(ty);
        self.open_declarator(ty);
        self.put("*");
    }

    fn reference_left(&mut self, ty: NodeId, rvalue: bool) {
        let Some((ty, rvalue)) = self.collapse(ty, rvalue) else { return };
        self.left(ty);
        self.open_declarator(ty);
        self.put(if rvalue { "&&" } else { "&" });
    }

    /// The protocol, if `ty` is Objective-C's `objc_object` with one.
    fn protocol_of_object(&self, ty: NodeId) -> Option<Span> {
        match self.arena.node(ty) {
            Node::Protocol { ty, name } if self.source_text(ty) == b"objc_object" => Some(name),
            _ => None,
        }
    }

    /// Before the `*` or `&` of a pointer to `ty`: arrays and functions need parentheses around it.
    fn open_declarator(&mut self, ty: NodeId) {
        let array = self.is_array(ty);
        if array {
            self.put(" ");
        }
        if array || self.is_function(ty) {
            self.put("(");
        }
    }

    fn close_declarator(&mut self, ty: NodeId) {
        if self.is_array(ty) || self.is_function(ty) {
            self.put(")");
        }
        self.right(ty);
    }

    fn function_right(&mut self, function: &FunctionType) {
        self.in_parens(|printer| printer.list(function.params));
        self.right(function.result);
        self.quals(function.quals);
        self.ref_qual(function.ref_qual);
        if let Some(exception) = function.exception {
            self.after(" ", exception);
        }
    }
}
