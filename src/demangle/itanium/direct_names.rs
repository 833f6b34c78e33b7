//! The short way for names and functions: see [`super::direct`].

use super::direct::{Direct, Item, Mark, Memory, Range, State, flags};
use super::operators::{self, Kind, OPERATORS};

/// The template arguments around an encoding.
struct OuterArgs {
    start: usize,
    end: usize,
    has_args: bool,
}

impl Direct<'_> {
    /// `<encoding>` within another one, not of a special name.
    fn encoding(&mut self) -> Option<()> {
        self.deeper(|direct| {
            let outer = direct.hide_args()?;
            let found = direct.encoding_inner(false);
            direct.show_args(outer);
            found
        })
    }

    /// Hides all template arguments, for an encoding of its own.
    fn hide_args(&mut self) -> Option<OuterArgs> {
        if self.auto {
            return None;
        }
        let outer = OuterArgs { start: self.args_start, end: self.memory.args.len(), has_args: self.has_args };
        (self.args_start, self.has_args) = (outer.end, false);
        Some(outer)
    }

    /// Undoes [`Self::hide_args`].
    fn show_args(&mut self, outer: OuterArgs) {
        self.memory.args.truncate(outer.end);
        (self.args_start, self.has_args) = (outer.start, outer.has_args);
    }

    /// The same, without template arguments around. The result of the `outermost` is left where it is.
    pub(super) fn encoding_inner(&mut self, outermost: bool) -> Option<()> {
        if matches!(self.look(), b'G' | b'T') {
            return None;
        }
        let start = self.here();
        let mut state = State::default();
        self.name(Some(&mut state))?;
        if self.at_encoding_end() {
            return Some(());
        }
        if state.ends_with_args && !state.ctor_dtor {
            let middle = self.here();
            if self.ty()?.is(flags::WRAPS) {
                return None;
            }
            self.put(b" ");
            if outermost {
                self.result = self.since(middle);
            } else {
                self.turn(start, middle);
            }
        }
        self.put(b"(");
        if !self.eat(b'v') {
            self.ty()?;
            while !self.at_encoding_end() {
                self.put(b", ");
                self.ty()?;
            }
        }
        self.put(b")");
        self.put_quals(state.quals);
        match state.ref_qual {
            b'R' => self.put(b" &"),
            b'O' => self.put(b" &&"),
            _ => {}
        }
        Some(())
    }

    fn at_encoding_end(&self) -> bool {
        self.pos == self.input.len() || matches!(self.look(), b'E' | b'.' | b'_')
    }

    /// `<name>`
    pub(super) fn name(&mut self, state: Option<&mut State>) -> Option<Item> {
        self.deeper(|direct| match direct.look() {
            b'N' => direct.nested_name(state),
            b'Z' => direct.local_name(state),
            _ => direct.unscoped_name(state),
        })
    }

    /// `<unscoped-name>`, or a substitution for one, with template arguments.
    fn unscoped_name(&mut self, mut state: Option<&mut State>) -> Option<Item> {
        let start = self.here();
        let is_sub = self.look() == b'S' && self.look_at(1) != b't';
        let base = if is_sub {
            let item = self.substitution()?;
            if self.look() != b'I' || item.is(flags::WRAPS) {
                return None;
            }
            item.base
        } else {
            let in_std = self.eat_std();
            if in_std {
                self.put(b"std");
            }
            self.unqualified_name(state.as_deref_mut(), in_std.then(Item::default))?
        };
        let mut item = Item { text: self.since(start), base, flags: 0 };
        if self.look() == b'I' {
            if !is_sub {
                self.push_sub(item);
            }
            self.template_args(state.is_some())?;
            if let Some(state) = state {
                state.ends_with_args = true;
            }
            (item.text, item.flags) = (self.since(start), flags::TEMPLATE);
        }
        Some(item)
    }

    fn eat_std(&mut self) -> bool {
        let found = self.look() == b'S' && self.look_at(1) == b't';
        self.pos += if found { 2 } else { 0 };
        found
    }

    /// `<nested-name>`
    fn nested_name(&mut self, mut state: Option<&mut State>) -> Option<Item> {
        if self.pos == 0
            && let Some(state) = state.as_deref_mut()
        {
            return self.first_nested_name(state);
        }
        self.nested_name_prefix(state.as_deref_mut());
        self.nested_name_parts(state, self.here(), None, false)
    }

    /// The `<nested-name>` that the whole name starts with: goes on from the last mark, and leaves marks.
    fn first_nested_name(&mut self, state: &mut State) -> Option<Item> {
        let mut so_far = None;
        if let Some(mark) = self.memory.trail.pop() {
            self.pos = mark.pos;
            (self.args_start, self.has_args) = (mark.args_start, mark.has_args);
            *state = mark.state;
            so_far = Some(mark.so_far);
        } else {
            self.nested_name_prefix(Some(state));
        }
        self.nested_name_parts(Some(state), 0, so_far, true)
    }

    /// Notes where another name can go on.
    fn leave_mark(&mut self, state: State, so_far: Item) {
        let Memory { subs, args, trail, .. } = &mut *self.memory;
        trail.push(Mark {
            pos: self.pos,
            text: self.out.len(),
            subs: subs.len(),
            args: args.len(),
            args_start: self.args_start,
            has_args: self.has_args,
            state,
            so_far,
        });
    }

    /// The qualifiers of a member function, behind the `N`.
    fn nested_name_prefix(&mut self, state: Option<&mut State>) {
        self.pos += 1;
        let quals = self.cv_qualifiers();
        let ref_qual = if matches!(self.look(), b'R' | b'O') { self.look() } else { 0 };
        self.pos += usize::from(ref_qual != 0);
        if let Some(state) = state {
            (state.quals, state.ref_qual) = (quals, ref_qual);
        }
    }

    /// The parts of a nested name whose text begins at `start`, after those `so_far`, which then are candidates for
    /// substitution. Leaves marks if `marked`.
    fn nested_name_parts(
        &mut self,
        mut state: Option<&mut State>,
        start: u32,
        mut so_far: Option<Item>,
        marked: bool,
    ) -> Option<Item> {
        let mut any_candidate = so_far.is_some();
        while !self.eat(b'E') {
            if let Some(state) = state.as_deref_mut() {
                if let (true, true, Some(so_far)) = (marked, any_candidate, so_far) {
                    self.leave_mark(*state, so_far);
                }
                state.ends_with_args = false;
            }
            let mut flags = 0;
            let base = match (self.look(), so_far) {
                (b'T', None) => {
                    let item = self.template_param()?;
                    flags = item.flags;
                    item.base
                }
                (b'I', Some(name)) if !name.is(flags::TEMPLATE) => {
                    self.template_args(state.is_some())?;
                    if let Some(state) = state.as_deref_mut() {
                        state.ends_with_args = true;
                    }
                    flags = flags::TEMPLATE;
                    name.base
                }
                (b'S', None) => {
                    so_far = Some(if self.eat_std() {
                        self.put(b"std");
                        Item { text: self.since(start), ..Item::default() }
                    } else {
                        self.substitution()?
                    });
                    continue;
                }
                (b'T' | b'I' | b'S', _) => return None,
                _ => self.unqualified_name(state.as_deref_mut(), so_far)?,
            };
            let item = Item { text: self.since(start), base, flags };
            so_far = Some(item);
            self.push_sub(item);
            any_candidate = true;
        }
        if !any_candidate {
            return None;
        }
        // The name as a whole is no candidate here; whoever asked for it makes it one.
        self.memory.subs.pop();
        so_far
    }

    /// `<local-name>`
    fn local_name(&mut self, state: Option<&mut State>) -> Option<Item> {
        self.pos += 1;
        let start = self.here();
        self.encoding()?;
        self.expect(b'E')?;
        if matches!(self.look(), b's' | b'd') {
            return None;
        }
        self.put(b"::");
        let outer = self.hide_args()?;
        let entity = self.name(state);
        self.show_args(outer);
        self.discriminator()?;
        Some(Item { text: self.since(start), base: entity?.base, flags: 0 })
    }

    /// The number that tells local entities of one name apart; it is not printed. Not the rare forms.
    fn discriminator(&mut self) -> Option<()> {
        match (self.look(), self.look_at(1)) {
            (b'_', b'0'..=b'9') => self.pos += 2,
            (b'_', b'_') | (b'0'..=b'9', _) => return None,
            _ => {}
        }
        Some(())
    }

    /// `<unqualified-name>`, behind `scope` if there is one. Returns where the plain name stands.
    fn unqualified_name(&mut self, state: Option<&mut State>, scope: Option<Item>) -> Option<Range> {
        if scope.is_some() {
            self.put(b"::");
        }
        self.eat(b'L');
        let base = match self.look() {
            b'1'..=b'9' => self.source_name()?,
            b'U' => {
                self.unnamed_type(state)?;
                Range::default()
            }
            b'C' | b'D' => self.ctor_dtor_name(state?, scope?)?,
            _ => self.operator_name()?,
        };
        while self.eat(b'B') {
            self.put(b"[abi:");
            self.bare_source_name()?;
            self.put(b"]");
        }
        Some(base)
    }

    /// `<source-name>`
    fn source_name(&mut self) -> Option<Range> {
        let start = self.here();
        self.bare_source_name()?;
        if self.out[start as usize..].starts_with(b"_GLOBAL__N") {
            self.out.truncate(start as usize);
            self.put(b"(anonymous namespace)");
        }
        Some(self.since(start))
    }

    /// `<length> <that many bytes>`, written out.
    #[inline]
    fn bare_source_name(&mut self) -> Option<()> {
        let length = self.small_number()?;
        let text = self.input.get(self.pos..self.pos + length)?;
        if text.is_empty() {
            return None;
        }
        self.out.extend_from_slice(text);
        self.pos += length;
        Some(())
    }

    /// `<ctor-dtor-name>` of the class `scope`, not an inherited one.
    fn ctor_dtor_name(&mut self, state: &mut State, scope: Item) -> Option<Range> {
        let base = scope.base;
        if base.start == base.end || scope.is(flags::ABBREVIATED) {
            return None;
        }
        match (self.look(), self.look_at(1)) {
            (b'C', b'1'..=b'5') => {}
            (b'D', b'0' | b'1' | b'2' | b'4' | b'5') => self.put(b"~"),
            _ => return None,
        }
        self.pos += 2;
        state.ctor_dtor = true;
        self.out.extend_from_within(base.start as usize..base.end as usize);
        // Nothing is named after a constructor.
        Some(Range::default())
    }

    /// `<operator-name>`, not a conversion or a literal's.
    fn operator_name(&mut self) -> Option<Range> {
        let operator = &OPERATORS[operators::find([self.look(), self.look_at(1)])? as usize];
        if operator.kind == Kind::Cast || !operator.kind.nameable() {
            return None;
        }
        self.pos += 2;
        self.put(operator.name.as_bytes());
        Some(Range::default())
    }

    /// `<unnamed-type-name>`: a class without a name or a lambda.
    fn unnamed_type(&mut self, state: Option<&mut State>) -> Option<()> {
        // Parameters here are those of the innermost template arguments.
        if state.is_some() {
            self.args_start = self.memory.args.len();
            self.has_args = false;
        }
        let start = self.here();
        match self.look_at(1) {
            b't' => self.pos += 2,
            b'l' => {
                self.pos += 2;
                self.deeper(Self::lambda_params)?;
            }
            _ => return None,
        }
        let middle = self.here();
        self.put(if middle == start { b"'unnamed" } else { b"'lambda" });
        let digits = self.pos;
        if self.look() != b'_' {
            self.digits()?;
        }
        self.out.extend_from_slice(&self.input[digits..self.pos]);
        self.expect(b'_')?;
        self.put(b"'");
        self.turn(start, middle);
        Some(())
    }

    /// The parameters of a lambda, with parentheses.
    fn lambda_params(&mut self) -> Option<()> {
        if self.auto {
            return None;
        }
        self.auto = !self.has_args;
        self.put(b"(");
        if !self.eat(b'v') {
            self.ty()?;
            while self.look() != b'E' {
                self.put(b", ");
                self.ty()?;
            }
        }
        self.put(b")");
        self.auto = false;
        self.expect(b'E')
    }
}
