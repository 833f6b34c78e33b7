//! Names: nested, local, unqualified, of operators, constructors and unnamed types.
//!
//! Spec: Itanium C++ ABI, 5.1.3 "Mangling" and 5.1.6 "Scope Encoding".

use super::node::{Closure, Node, NodeId, RefQual};
use super::operators::{self, Kind, OPERATORS};
use super::parser::{NameState, Parser};

/// The name of an entity, with the state that an encoding wants to know if there is one.
pub(super) type State<'s> = Option<&'s mut NameState>;

impl Parser<'_> {
    /// `<name>`
    pub(super) fn name(&mut self, state: State) -> Option<NodeId> {
        self.deeper(|parser| parser.name_inner(state))
    }

    fn name_inner(&mut self, mut state: State) -> Option<NodeId> {
        match self.look() {
            b'N' => return self.nested_name(state),
            b'Z' => return self.local_name(state),
            _ => {}
        }
        let (name, is_sub) = self.unscoped_name(state.as_deref_mut())?;
        if self.look() != b'I' {
            // A substitution alone is a type, not a name.
            return if is_sub { None } else { Some(name) };
        }
        if !is_sub {
            self.push_sub(name);
        }
        let args = self.template_args(state.is_some())?;
        if let Some(state) = state {
            state.ends_with_template_args = true;
        }
        self.make(Node::Template { name, args })
    }

    /// `<unscoped-name>` or a substitution for one; the flag tells which.
    pub(super) fn unscoped_name(&mut self, state: State) -> Option<(NodeId, bool)> {
        let std = if self.eat_all(b"St") { Some(self.fixed(&"std")?) } else { None };
        let mut module = None;
        if self.look() == b'S' {
            let sub = self.substitution()?;
            if matches!(self.node(sub), Node::ModuleName { .. }) {
                module = Some(sub);
            } else {
                return if std.is_none() { Some((sub, true)) } else { None };
            }
        }
        Some((self.unqualified_name(state, std, module)?, false))
    }

    /// `<nested-name>`
    fn nested_name(&mut self, mut state: State) -> Option<NodeId> {
        self.expect(b'N')?;
        self.member_qualifiers(state.as_deref_mut());
        let mut so_far = None;
        while !self.eat(b'E') {
            if let Some(state) = state.as_deref_mut() {
                state.ends_with_template_args = false;
            }
            let name = match (self.look(), so_far) {
                // Most names by far.
                (b'1'..=b'9', Some(scope)) => {
                    let name = self.source_name()?;
                    let name = self.abi_tags(name)?;
                    self.make(Node::Nested { scope, name })?
                }
                (b'T', None) => self.template_param()?,
                (b'T', Some(_)) => return None,
                (b'I', Some(name)) if !matches!(self.node(name), Node::Template { .. }) => {
                    let args = self.template_args(state.is_some())?;
                    if let Some(state) = state.as_deref_mut() {
                        state.ends_with_template_args = true;
                    }
                    self.make(Node::Template { name, args })?
                }
                (b'I', _) => return None,
                (b'D', _) if matches!(self.look_at(1), b't' | b'T') => {
                    if so_far.is_some() {
                        return None;
                    }
                    self.decltype()?
                }
                (b'S', _) => {
                    let (name, is_new) = self.prefix_substitution(state.as_deref_mut(), so_far)?;
                    so_far = Some(name);
                    if !is_new {
                        continue;
                    }
                    name
                }
                _ => self.unqualified_name(state.as_deref_mut(), so_far, None)?,
            };
            so_far = Some(name);
            self.push_sub(name);
            // The initializer of a member: nothing to print.
            self.eat(b'M');
        }
        // The name as a whole is no candidate here; whoever asked for it makes it one.
        self.pop_sub()?;
        so_far
    }

    /// What a member function's `this` is qualified with.
    fn member_qualifiers(&mut self, state: State) {
        let explicit_object = self.eat(b'H');
        let mut quals = 0;
        let mut ref_qual = RefQual::None;
        if !explicit_object {
            quals = self.cv_qualifiers();
            if self.eat(b'O') {
                ref_qual = RefQual::RValue;
            } else if self.eat(b'R') {
                ref_qual = RefQual::LValue;
            }
        }
        if let Some(state) = state {
            state.explicit_object |= explicit_object;
            if !explicit_object {
                state.quals = quals;
                state.ref_qual = ref_qual;
            }
        }
    }

    /// The `S` that starts a nested name, or names the module of its next part. The flag tells whether the name is
    /// a new one.
    fn prefix_substitution(&mut self, state: State, so_far: Option<NodeId>) -> Option<(NodeId, bool)> {
        let sub = if self.eat_all(b"St") { self.fixed(&"std")? } else { self.substitution()? };
        if matches!(self.node(sub), Node::ModuleName { .. }) {
            return Some((self.unqualified_name(state, so_far, Some(sub))?, true));
        }
        if so_far.is_some() { None } else { Some((sub, false)) }
    }

    /// `<local-name>`
    fn local_name(&mut self, state: State) -> Option<NodeId> {
        self.expect(b'Z')?;
        let encoding = self.encoding()?;
        self.expect(b'E')?;
        if self.eat(b's') {
            self.discriminator();
            let entity = self.fixed(&"string literal")?;
            return self.make(Node::Local { encoding, entity });
        }
        // The template parameters within are not those of what the name stands in.
        let saved = self.save_params();
        let entity = self.local_entity(state);
        self.restore_params(saved);
        self.make(Node::Local { encoding, entity: entity? })
    }

    fn local_entity(&mut self, state: State) -> Option<NodeId> {
        if self.eat(b'd') {
            self.number(true);
            self.expect(b'_')?;
            return self.name(state);
        }
        let entity = self.name(state)?;
        self.discriminator();
        Some(entity)
    }

    /// The number that tells local entities of one name apart; it is not printed.
    fn discriminator(&mut self) {
        let rest = &self.input[self.pos..];
        let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        match rest {
            [b'_', b'0'..=b'9', ..] => self.pos += 2,
            [b'_', b'_', ..] => {
                let end = 2 + digits(2);
                self.pos += if rest.get(end) == Some(&b'_') { end + 1 } else { 0 };
            }
            [b'0'..=b'9', ..] if digits(0) == rest.len() => self.pos = self.input.len(),
            _ => {}
        }
    }

    /// `<unqualified-name>`, within `scope` if there is one.
    pub(super) fn unqualified_name(
        &mut self,
        state: State,
        scope: Option<NodeId>,
        module: Option<NodeId>,
    ) -> Option<NodeId> {
        let module = if self.look() == b'W' { self.module_name(module)? } else { module };
        let friend = scope.is_some() && self.eat(b'F');
        self.eat(b'L');
        let mut scope = scope;
        let mut name = match self.look() {
            b'1'..=b'9' => self.source_name()?,
            b'U' => self.unnamed_type(state)?,
            b'D' if self.look_at(1) == b'C' => {
                self.skip(2);
                self.bindings()?
            }
            b'C' | b'D' => match scope {
                Some(class) if module.is_none() => {
                    let class = self.in_full(class)?;
                    scope = Some(class);
                    self.ctor_dtor_name(class, state)?
                }
                _ => return None,
            },
            _ => self.operator_name(state)?,
        };
        if let Some(module) = module {
            name = self.make(Node::ModuleEntity { module, name })?;
        }
        name = self.abi_tags(name)?;
        match scope {
            Some(scope) if friend => self.make(Node::Friend { scope, name }),
            Some(scope) => self.make(Node::Nested { scope, name }),
            None => Some(name),
        }
    }

    /// Any number of `W [P] <source-name>`, after `module`.
    pub(super) fn module_name(&mut self, mut module: Option<NodeId>) -> Option<Option<NodeId>> {
        while self.eat(b'W') {
            let partition = self.eat(b'P');
            let name = self.source_name()?;
            let longer = self.make(Node::ModuleName { parent: module, name, partition })?;
            self.push_sub(longer);
            module = Some(longer);
        }
        Some(module)
    }

    /// The names of a structured binding: one at least.
    fn bindings(&mut self) -> Option<NodeId> {
        let from = self.begin_list();
        loop {
            let name = self.source_name()?;
            self.push_item(name);
            if self.eat(b'E') {
                break;
            }
        }
        let names = self.end_list(from);
        self.make(Node::Bindings(names))
    }

    /// `<source-name>`
    #[inline]
    pub(super) fn source_name(&mut self) -> Option<NodeId> {
        let span = self.bare_source_name()?;
        let text = self.text(span);
        if text[0] == b'_' && text.starts_with(b"_GLOBAL__N") {
            return self.fixed(&"(anonymous namespace)");
        }
        self.make(Node::Source(span))
    }

    /// Any number of `B <source-name>`.
    #[inline]
    pub(super) fn abi_tags(&mut self, mut base: NodeId) -> Option<NodeId> {
        while self.eat(b'B') {
            let tag = self.bare_source_name()?;
            base = self.make(Node::AbiTag { base, tag })?;
        }
        Some(base)
    }

    /// `class`, written out if it is abbreviated, as it is where a constructor or destructor is named.
    fn in_full(&mut self, class: NodeId) -> Option<NodeId> {
        match self.node(class) {
            Node::Abbreviated(name) => self.make(Node::AbbreviatedInFull(name)),
            _ => Some(class),
        }
    }

    /// `<ctor-dtor-name>` of `class`.
    fn ctor_dtor_name(&mut self, class: NodeId, state: State) -> Option<NodeId> {
        let dtor = self.eat(b'D');
        let inherited = !dtor && self.eat_all(b"CI");
        if !dtor && !inherited {
            self.expect(b'C')?;
        }
        match self.look() {
            b'0' if !dtor => return None,
            b'3' if dtor => return None,
            b'0'..=b'5' => self.skip(1),
            _ => return None,
        }
        if let Some(state) = state {
            state.ctor_dtor_conversion = true;
            if inherited {
                self.name(Some(state))?;
            }
        } else if inherited {
            self.name(None)?;
        }
        self.make(Node::CtorDtor { class, dtor })
    }

    /// `<operator-name>`
    pub(super) fn operator_name(&mut self, state: State) -> Option<NodeId> {
        if let Some(op) = operators::find([self.look(), self.look_at(1)]) {
            self.skip(2);
            let operator = &OPERATORS[op as usize];
            return match operator.kind {
                Kind::Cast => self.conversion_operator(state),
                kind if kind.nameable() => self.fixed(&operator.name),
                _ => None,
            };
        }
        if self.eat_all(b"li") {
            let name = self.source_name()?;
            return self.make(Node::LiteralOperator(name));
        }
        // A vendor's own operator, with the number of its operands.
        if self.look() == b'v' && self.look_at(1).is_ascii_digit() {
            self.skip(2);
            let name = self.source_name()?;
            return self.make(Node::Conversion(name));
        }
        None
    }

    /// The type after `cv`. Its template parameters may be those of the operator's own arguments, which come later.
    fn conversion_operator(&mut self, state: State) -> Option<NodeId> {
        let (args, forward) = (self.try_template_args, self.permit_forward);
        self.try_template_args = false;
        self.permit_forward |= state.is_some();
        let ty = self.ty();
        self.try_template_args = args;
        self.permit_forward = forward;
        if let Some(state) = state {
            state.ctor_dtor_conversion = true;
        }
        self.make(Node::Conversion(ty?))
    }

    /// `<unnamed-type-name>`: a class without a name, a lambda or a block.
    pub(super) fn unnamed_type(&mut self, state: State) -> Option<NodeId> {
        // Parameters here are those of the innermost template arguments.
        if state.is_some() {
            self.clear_levels();
        }
        if self.eat_all(b"Ut") {
            let count = self.number(false);
            self.expect(b'_')?;
            return self.make(Node::Unnamed(count));
        }
        if self.eat_all(b"Ul") {
            return self.deeper(Self::closure);
        }
        if self.eat_all(b"Ub") {
            self.number(false);
            self.expect(b'_')?;
            return self.fixed(&"'block-literal'");
        }
        None
    }

    fn closure(&mut self) -> Option<NodeId> {
        let outer_level = self.lambda_level.replace(self.level_count());
        let level = self.open_level();
        let from = self.begin_list();
        while self.at_param_decl() {
            let decl = self.param_decl(true)?;
            self.push_item(decl);
        }
        let template_params = self.end_list(from);
        if template_params.is_empty() {
            self.drop_level();
        }
        let requires_before = if self.eat(b'Q') { Some(self.constraint()?) } else { None };
        let from = self.begin_list();
        if !self.eat(b'v') {
            loop {
                let param = self.ty()?;
                self.push_item(param);
                if matches!(self.look(), b'E' | b'Q') {
                    break;
                }
            }
        }
        let params = self.end_list(from);
        let requires_after = if self.eat(b'Q') { Some(self.constraint()?) } else { None };
        self.expect(b'E')?;
        let count = self.number(false);
        self.expect(b'_')?;
        self.close_level(level);
        self.lambda_level = outer_level;
        let closures = &mut self.scratch.arena.closures;
        let index = closures.len() as u32;
        closures.push(Closure { template_params, requires_before, params, requires_after, count });
        self.make(Node::Closure(index))
    }
}
