//! Printing expressions and literals.

use super::float;
use super::node::{List, Node, NodeId, Span, Subobject};
use super::operators::{OPERATORS, Operator, Precedence};
use super::printer::Printer;

fn operator(op: u8) -> &'static Operator {
    &OPERATORS[op as usize]
}

impl Printer<'_> {
    /// How tightly the expression binds; [`Precedence::Primary`] for what is none.
    pub(super) fn precedence(&self, id: NodeId) -> Precedence {
        match self.arena.node(id) {
            Node::Binary { op, .. }
            | Node::Prefix { op, .. }
            | Node::Postfix { op, .. }
            | Node::Subscript { op, .. }
            | Node::Member { op, .. } => operator(op).precedence,
            Node::Conditional { .. } => Precedence::Conditional,
            Node::NamedCast { .. } | Node::Call { .. } => Precedence::Postfix,
            Node::Cast { .. } => Precedence::Cast,
            Node::New(_) | Node::Delete { .. } | Node::MemberConversion { .. } => Precedence::Unary,
            Node::Enclosing { precedence, .. } => precedence,
            _ => Precedence::Primary,
        }
    }

    /// The expression or literal `node`.
    pub(super) fn expression(&mut self, node: Node) {
        match node {
            Node::Suffixed { suffix, value } => {
                self.put_number(value);
                self.print(suffix);
            }
            Node::Typed { ty, value } => {
                self.in_parens(|printer| printer.print(ty));
                self.put_number(value);
            }
            Node::Bool(value) => self.put(if value { "true" } else { "false" }),
            Node::FloatLiteral(digits) => self.float_literal(digits),
            Node::StringLiteral(ty) => {
                self.after("\"<", ty);
                self.put(">\"");
            }
            Node::Lambda(closure) => {
                self.put("[]");
                if let Node::Closure(index) = self.arena.node(closure) {
                    let closure = self.arena.closures[index as usize];
                    self.closure_declarator(&closure);
                }
                self.put("{...}");
            }
            Node::Binary { op, left, right } => self.binary(operator(op), left, right),
            Node::Prefix { op, child } => {
                self.put(operator(op).symbol());
                self.operand(child, operator(op).precedence, false);
            }
            Node::Postfix { op, child } => {
                self.operand(child, operator(op).precedence, true);
                self.put(operator(op).symbol());
            }
            Node::Subscript { op, base, index } => {
                self.operand(base, operator(op).precedence, false);
                self.in_brackets("[", "]", |printer| printer.operand(index, Precedence::Default, false));
            }
            Node::Member { op, object, member } => {
                self.operand(object, operator(op).precedence, true);
                self.put(operator(op).symbol());
                self.operand(member, operator(op).precedence, false);
            }
            Node::Conditional { condition, yes, no } => {
                self.operand(condition, Precedence::Conditional, false);
                self.put(" ? ");
                self.operand(yes, Precedence::Default, false);
                self.put(" : ");
                self.operand(no, Precedence::Assign, true);
            }
            Node::Enclosing { text, child, .. } => {
                self.put(text);
                self.in_parens(|printer| printer.print(child));
            }
            _ => self.longer_expression(node),
        }
    }

    fn longer_expression(&mut self, node: Node) {
        match node {
            Node::NamedCast { op, ty, value } => {
                self.put(operator(op).symbol());
                self.in_angles(|printer| printer.left(ty));
                self.in_parens(|printer| printer.operand(value, Precedence::Default, false));
            }
            Node::Call { callee, args, paren } => {
                if paren {
                    self.in_parens(|printer| printer.print(callee));
                } else {
                    self.print(callee);
                }
                self.in_parens(|printer| printer.list(args));
            }
            Node::Cast { ty, args } => {
                self.in_parens(|printer| printer.print(ty));
                self.in_parens(|printer| printer.list(args));
            }
            Node::New(index) => self.new_expression(index),
            Node::Delete { operand, global, array } => {
                self.put(if global { "::delete" } else { "delete" });
                self.put(if array { "[] " } else { " " });
                self.print(operand);
            }
            Node::Throw(operand) => self.after("throw ", operand),
            Node::SizeofPack(pack) => {
                self.put("sizeof...");
                self.in_parens(|printer| printer.expansion(pack));
            }
            Node::Fold { op, left, pack, init } => self.fold(operator(op).symbol(), left, pack, init),
            Node::InitList { ty, items } => {
                if let Some(ty) = ty {
                    self.print(ty);
                }
                self.put("{");
                self.list(items);
                self.put("}");
            }
            Node::Designated { field, value, array } => {
                self.after(if array { "[" } else { "." }, field);
                self.put(if array { "]" } else { "" });
                self.initializer(value);
            }
            Node::DesignatedRange { first, last, value } => {
                self.put("[");
                self.joined(first, " ... ", last);
                self.put("]");
                self.initializer(value);
            }
            Node::MemberConversion { ty, value } => {
                self.in_parens(|printer| printer.print(ty));
                self.in_parens(|printer| printer.print(value));
            }
            Node::Subobject(index) => {
                let subobject = self.arena.subobjects[index as usize];
                self.subobject(&subobject);
            }
            Node::Sequence(items) => self.list(items),
            Node::FunctionParam(number) => {
                self.put("fp");
                self.put_span(number);
            }
            _ => self.requirement(node),
        }
    }

    fn binary(&mut self, operator: &Operator, left: NodeId, right: NodeId) {
        let symbol = operator.symbol();
        // These may look like the end of template arguments.
        if matches!(symbol, ">" | ">>") {
            self.mark_volatile();
            if !self.plain_gt {
                return self.in_parens(|printer| printer.operation(operator, left, right));
            }
        }
        self.operation(operator, left, right);
    }

    fn operation(&mut self, operator: &Operator, left: NodeId, right: NodeId) {
        let symbol = operator.symbol();
        if operator.precedence == Precedence::Assign {
            self.operand(left, Precedence::OrIf, false);
        } else {
            self.operand(left, operator.precedence, true);
        }
        self.put(if symbol == "," { "" } else { " " });
        self.put(symbol);
        self.put(" ");
        self.operand(right, operator.precedence, operator.precedence == Precedence::Assign);
    }

    fn new_expression(&mut self, index: u32) {
        let new = self.arena.news[index as usize];
        self.put(if new.global { "::new" } else { "new" });
        self.put(if new.array { "[]" } else { "" });
        if !new.placement.is_empty() {
            self.in_parens(|printer| printer.list(new.placement));
        }
        self.after(" ", new.ty);
        if !new.init.is_empty() {
            self.in_parens(|printer| printer.list(new.init));
        }
    }

    fn fold(&mut self, symbol: &str, left: bool, pack: NodeId, init: Option<NodeId>) {
        self.in_parens(|printer| {
            let pack_first = !left;
            if pack_first || init.is_some() {
                printer.fold_operand(pack_first, pack, init);
                printer.put(" ");
                printer.put(symbol);
                printer.put(" ");
            }
            printer.put("...");
            if left || init.is_some() {
                printer.put(" ");
                printer.put(symbol);
                printer.put(" ");
                printer.fold_operand(left, pack, init);
            }
        });
    }

    fn fold_operand(&mut self, is_pack: bool, pack: NodeId, init: Option<NodeId>) {
        match init {
            Some(init) if !is_pack => self.operand(init, Precedence::Cast, true),
            _ => self.in_parens(|printer| printer.expansion(pack)),
        }
    }

    /// What a designator is followed by.
    fn initializer(&mut self, value: NodeId) {
        if !matches!(self.arena.node(value), Node::Designated { .. } | Node::DesignatedRange { .. }) {
            self.put(" = ");
        }
        self.print(value);
    }

    fn subobject(&mut self, subobject: &Subobject) {
        self.print(subobject.expr);
        self.after(".<", subobject.ty);
        self.put(" at offset ");
        if subobject.offset.is_empty() {
            self.put("0");
        } else {
            self.put_number(subobject.offset);
        }
        self.put(">");
    }

    fn requirement(&mut self, node: Node) {
        match node {
            Node::Requires { params, requirements } => self.requires(params, requirements),
            Node::ExprRequirement { expr, noexcept, constraint } => {
                let braces = noexcept || constraint.is_some();
                self.put(if braces { " {" } else { " " });
                self.print(expr);
                self.put(if braces { "}" } else { "" });
                self.put(if noexcept { " noexcept" } else { "" });
                if let Some(constraint) = constraint {
                    self.after(" -> ", constraint);
                }
                self.put(";");
            }
            Node::TypeRequirement(ty) => {
                self.after(" typename ", ty);
                self.put(";");
            }
            Node::NestedRequirement(constraint) => {
                self.after(" requires ", constraint);
                self.put(";");
            }
            _ => {}
        }
    }

    fn requires(&mut self, params: Option<NodeId>, requirements: List) {
        self.put("requires");
        if let Some(params) = params {
            self.put(" ");
            self.in_parens(|printer| printer.print(params));
        }
        self.in_brackets(" {", " }", |printer| {
            let arena = printer.arena;
            for &requirement in arena.list(requirements) {
                printer.print(requirement);
            }
        });
    }

    fn float_literal(&mut self, digits: Span) {
        let digits = self.bytes(digits);
        self.put(&float::literal(digits));
    }
}
