//! Expressions: within `decltype`, array bounds, constraints and template arguments.
//!
//! Spec: Itanium C++ ABI, 5.1.6 "Expressions".

use super::node::{New, Node, NodeId, Subobject};
use super::operators::{self, Kind, OPERATORS, Precedence};
use super::parser::Parser;

impl Parser<'_> {
    /// `<expression>`
    pub(super) fn expr(&mut self) -> Option<NodeId> {
        self.deeper(Self::expr_inner)
    }

    fn expr_inner(&mut self) -> Option<NodeId> {
        let global = self.eat_all(b"gs");
        let code = [self.look(), self.look_at(1)];
        if let Some(op) = operators::find(code) {
            self.skip(2);
            return self.operation(op, global);
        }
        if self.left() < 2 {
            return None;
        }
        match code[0] {
            b'L' => return self.expr_primary(),
            b'T' => return self.template_param(),
            b'u' => return self.vendor_call(),
            b'f' if code[1] == b'p' || (code[1] == b'L' && self.look_at(2).is_ascii_digit()) => {
                return self.function_param();
            }
            b'f' => return self.fold(),
            _ => {}
        }
        let known = [b"il", b"mc", b"nx", b"rq", b"rQ", b"so", b"sp", b"sZ", b"sP", b"tl", b"tr", b"tw"];
        if !known.contains(&&code) {
            return self.unresolved_name(global);
        }
        self.skip(2);
        match &code {
            b"il" => {
                let items = self.list_until(b'E', Self::braced)?;
                self.make(Node::InitList { ty: None, items })
            }
            b"tl" => {
                let ty = Some(self.ty()?);
                let items = self.list_until(b'E', Self::braced)?;
                self.make(Node::InitList { ty, items })
            }
            b"mc" => self.member_conversion(),
            b"nx" => {
                let child = self.expr()?;
                self.make(Node::Enclosing { text: &"noexcept ", child, precedence: Precedence::Unary })
            }
            b"rq" | b"rQ" => self.requires(code[1] == b'Q'),
            b"so" => self.subobject(),
            b"sp" => {
                let pattern = self.expr()?;
                self.make(Node::Expansion(pattern))
            }
            b"sZ" if self.look() == b'T' => {
                let pack = self.template_param()?;
                self.make(Node::SizeofPack(pack))
            }
            b"sZ" => {
                let child = self.function_param()?;
                self.make(Node::Enclosing { text: &"sizeof... ", child, precedence: Precedence::Primary })
            }
            b"sP" => {
                let args = self.list_until(b'E', Self::template_arg)?;
                let child = self.make(Node::Sequence(args))?;
                self.make(Node::Enclosing { text: &"sizeof... ", child, precedence: Precedence::Primary })
            }
            b"tr" => self.fixed(&"throw"),
            _ => {
                let operand = self.expr()?;
                self.make(Node::Throw(operand))
            }
        }
    }

    /// The operands of operator `op`.
    fn operation(&mut self, op: u8, global: bool) -> Option<NodeId> {
        let operator = &OPERATORS[op as usize];
        let node = match operator.kind {
            Kind::Binary => Node::Binary { op, left: self.expr()?, right: self.expr()? },
            Kind::Prefix => Node::Prefix { op, child: self.expr()? },
            Kind::Postfix if self.eat(b'_') => Node::Prefix { op, child: self.expr()? },
            Kind::Postfix => Node::Postfix { op, child: self.expr()? },
            Kind::Subscript => Node::Subscript { op, base: self.expr()?, index: self.expr()? },
            Kind::Dot | Kind::Arrow => Node::Member { op, object: self.expr()?, member: self.expr()? },
            Kind::New => return self.new_expr(global, false),
            Kind::NewArray => return self.new_expr(global, true),
            Kind::Delete => Node::Delete { operand: self.expr()?, global, array: false },
            Kind::DeleteArray => Node::Delete { operand: self.expr()?, global, array: true },
            Kind::Call | Kind::ParenCall => {
                let callee = self.expr()?;
                let args = self.list_until(b'E', Self::expr)?;
                Node::Call { callee, args, paren: operator.kind == Kind::ParenCall }
            }
            Kind::Cast => return self.cast(),
            Kind::Conditional => Node::Conditional { condition: self.expr()?, yes: self.expr()?, no: self.expr()? },
            Kind::NamedCast => Node::NamedCast { op, ty: self.ty()?, value: self.expr()? },
            Kind::OfType | Kind::OfExpression => {
                let child = if operator.kind == Kind::OfType { self.ty()? } else { self.expr()? };
                Node::Enclosing { text: &operator.name, child, precedence: operator.precedence }
            }
            Kind::NameOnly => return None,
        };
        self.make(node)
    }

    /// `cv <type> <expression>` or `cv <type> _ <expression>* E`
    fn cast(&mut self) -> Option<NodeId> {
        let outer = std::mem::replace(&mut self.try_template_args, false);
        let ty = self.ty();
        self.try_template_args = outer;
        let ty = ty?;
        let args = if self.eat(b'_') {
            self.list_until(b'E', Self::expr)?
        } else {
            let from = self.begin_list();
            let value = self.expr()?;
            self.push_item(value);
            self.end_list(from)
        };
        self.make(Node::Cast { ty, args })
    }

    /// `<placement>* _ <type> E`, or with an initializer `pi <expression>* E` last.
    fn new_expr(&mut self, global: bool, array: bool) -> Option<NodeId> {
        let placement = self.list_until(b'_', Self::expr)?;
        let ty = self.ty()?;
        let has_init = self.eat_all(b"pi");
        if !has_init {
            self.expect(b'E')?;
        }
        let init = if has_init { self.list_until(b'E', Self::expr)? } else { Default::default() };
        let news = &mut self.scratch.arena.news;
        let index = news.len() as u32;
        news.push(New { placement, ty, init, global, array });
        self.make(Node::New(index))
    }

    /// `<braced-expression>`
    fn braced(&mut self) -> Option<NodeId> {
        self.deeper(Self::braced_inner)
    }

    fn braced_inner(&mut self) -> Option<NodeId> {
        let node = if self.eat_all(b"di") {
            Node::Designated { field: self.source_name()?, value: self.braced()?, array: false }
        } else if self.eat_all(b"dx") {
            Node::Designated { field: self.expr()?, value: self.braced()?, array: true }
        } else if self.eat_all(b"dX") {
            Node::DesignatedRange { first: self.expr()?, last: self.expr()?, value: self.braced()? }
        } else {
            return self.expr();
        };
        self.make(node)
    }

    /// `<type> <expression> [<offset>] E`
    fn member_conversion(&mut self) -> Option<NodeId> {
        let ty = self.ty()?;
        let value = self.expr()?;
        self.number(true);
        self.expect(b'E')?;
        self.make(Node::MemberConversion { ty, value })
    }

    /// `<referent type> <expression> [<offset>] <union selector>* [p] E`
    fn subobject(&mut self) -> Option<NodeId> {
        let ty = self.ty()?;
        let expr = self.expr()?;
        let offset = self.number(true);
        while self.eat(b'_') {
            self.number(false);
        }
        self.eat(b'p');
        self.expect(b'E')?;
        let subobjects = &mut self.scratch.arena.subobjects;
        let index = subobjects.len() as u32;
        subobjects.push(Subobject { ty, expr, offset });
        self.make(Node::Subobject(index))
    }

    /// `<function-param>`
    fn function_param(&mut self) -> Option<NodeId> {
        if self.eat_all(b"fpT") {
            return self.fixed(&"this");
        }
        if self.eat_all(b"fL") {
            if self.number(false).is_empty() {
                return None;
            }
            self.expect(b'p')?;
        } else if !self.eat_all(b"fp") {
            return None;
        }
        self.cv_qualifiers();
        let number = self.number(false);
        self.expect(b'_')?;
        self.make(Node::FunctionParam(number))
    }

    /// A fold expression: `fl`, `fr`, `fL` or `fR`, its operator, the pack and for the last two the initial value.
    fn fold(&mut self) -> Option<NodeId> {
        self.expect(b'f')?;
        let (left, has_init) = match self.look() {
            b'l' => (true, false),
            b'r' => (false, false),
            b'L' => (true, true),
            b'R' => (false, true),
            _ => return None,
        };
        self.skip(1);
        let op = operators::find([self.look(), self.look_at(1)])?;
        if !OPERATORS[op as usize].foldable() {
            return None;
        }
        self.skip(2);
        let first = self.expr()?;
        let second = if has_init { Some(self.expr()?) } else { None };
        let (pack, init) = match second {
            Some(second) if left => (second, Some(first)),
            _ => (first, second),
        };
        self.make(Node::Fold { op, left, pack, init })
    }

    /// `u <source-name> <template-arg>* E`, and the older form of `__uuidof`.
    fn vendor_call(&mut self) -> Option<NodeId> {
        self.expect(b'u')?;
        let name = self.bare_source_name()?;
        let is_uuid = self.text(name) == b"__uuidof";
        let callee = self.make(Node::Source(name))?;
        let from = self.begin_list();
        let args = if is_uuid && self.eat(b't') {
            let ty = self.ty()?;
            self.push_item(ty);
            self.end_list(from)
        } else if is_uuid && self.eat(b'z') {
            let expr = self.expr()?;
            self.push_item(expr);
            self.end_list(from)
        } else {
            self.list_until(b'E', Self::template_arg)?
        };
        self.make(Node::Call { callee, args, paren: false })
    }

    /// `rq <requirement>+ E`, or `rQ <parameter types> _ <requirement>+ E`
    fn requires(&mut self, has_params: bool) -> Option<NodeId> {
        let mut params = None;
        if has_params {
            let types = self.list_until(b'_', Self::ty)?;
            params = if types.is_empty() { None } else { Some(self.make(Node::Sequence(types))?) };
        }
        let from = self.begin_list();
        loop {
            let requirement = self.requirement()?;
            self.push_item(requirement);
            if self.eat(b'E') {
                break;
            }
        }
        let requirements = self.end_list(from);
        self.make(Node::Requires { params, requirements })
    }

    fn requirement(&mut self) -> Option<NodeId> {
        let node = if self.eat(b'X') {
            let expr = self.expr()?;
            let noexcept = self.eat(b'N');
            let constraint = if self.eat(b'R') { Some(self.name(None)?) } else { None };
            Node::ExprRequirement { expr, noexcept, constraint }
        } else if self.eat(b'T') {
            Node::TypeRequirement(self.ty()?)
        } else if self.eat(b'Q') {
            Node::NestedRequirement(self.expr()?)
        } else {
            return None;
        };
        self.make(node)
    }
}
