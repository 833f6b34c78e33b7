//! The parser's state and the parts of the grammar that everything else uses.
//!
//! Every method that parses a construct returns nothing when the name does not fit the grammar, which makes the whole
//! name unchanged; there is no way back and nothing to undo.

use super::node::{Abbreviation, Arena, List, Node, NodeId, RefQual, Span, Text, quals};

/// How deeply constructs may nest. Bounds the stack, here and in the printer.
pub(super) const MAX_DEPTH: u32 = 1024;

/// Memory that one name after another uses.
#[derive(Debug, Default)]
pub(in super::super) struct Scratch {
    pub(super) arena: Arena,
    /// For names that need no tree.
    pub(super) direct: super::direct::Memory,
    /// What `S_`, `S0_`, ... stand for.
    subs: Vec<NodeId>,
    /// Children of constructs that are still being parsed.
    pub(super) stack: Vec<NodeId>,
    /// The template parameters in scope, outermost level first, each a range of `params`.
    levels: Vec<Level>,
    params: Vec<NodeId>,
    /// For the printer.
    pub(super) printed: Vec<Span>,
    /// Forward references that wait for the template arguments of the current encoding.
    forwards: Vec<NodeId>,
}

impl Scratch {
    /// Bytes of the vectors that grow most.
    pub(in super::super) fn capacity(&self) -> usize {
        self.direct.capacity()
            + self.arena.capacity()
            + (self.subs.capacity() + self.stack.capacity()) * size_of::<NodeId>()
    }

    fn clear(&mut self) {
        self.arena.clear();
        self.subs.clear();
        self.stack.clear();
        self.levels.clear();
        self.params.clear();
        self.forwards.clear();
    }
}

/// A range of `Scratch::params`.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    start: usize,
    end: usize,
}

/// What a function's name says about the rest of its encoding.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NameState {
    pub(super) ctor_dtor_conversion: bool,
    pub(super) ends_with_template_args: bool,
    pub(super) explicit_object: bool,
    pub(super) quals: u8,
    pub(super) ref_qual: RefQual,
    /// The first of `Scratch::forwards` that belongs to this name.
    forwards_begin: usize,
}

/// A place to return to in the template parameter stacks.
#[derive(Clone, Copy, Debug)]
pub(super) struct SavedParams {
    levels_base: usize,
    outer_start: usize,
}

/// Reads one mangled name and builds its tree in a [`Scratch`].
pub(super) struct Parser<'a> {
    pub(super) input: &'a [u8],
    pub(super) pos: usize,
    pub(super) scratch: &'a mut Scratch,
    depth: u32,
    /// Where the template parameters of the current encoding start in `Scratch::levels`.
    levels_base: usize,
    /// Where those of its own template arguments start in `Scratch::params`.
    outer_start: usize,
    /// The level at which an unknown parameter is the `auto` of a lambda that is being parsed.
    pub(super) lambda_level: Option<usize>,
    /// Off within the type of a conversion operator, whose `I` belongs to the operator's name.
    pub(super) try_template_args: bool,
    /// On there too: its parameters may be known only later.
    pub(super) permit_forward: bool,
    /// On within constraints: their parameters are printed as they are mangled.
    pub(super) raw_params: bool,
    /// How many template parameters of each [`super::node::ParamKind`] were invented.
    pub(super) invented: [u32; 3],
}

impl<'a> Parser<'a> {
    pub(super) fn new(input: &'a [u8], scratch: &'a mut Scratch) -> Self {
        scratch.clear();
        Self {
            input,
            pos: 0,
            scratch,
            depth: 0,
            levels_base: 0,
            outer_start: 0,
            lambda_level: None,
            try_template_args: true,
            permit_forward: false,
            raw_params: false,
            invented: [0; 3],
        }
    }

    // The cursor.

    /// The byte `ahead` of the next one; 0 past the end.
    #[inline(always)]
    pub(super) fn look_at(&self, ahead: usize) -> u8 {
        self.input.get(self.pos + ahead).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub(super) fn look(&self) -> u8 {
        self.look_at(0)
    }

    pub(super) fn left(&self) -> usize {
        self.input.len() - self.pos
    }

    #[inline(always)]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.input.get(self.pos) == Some(&byte);
        self.pos += usize::from(found);
        found
    }

    #[inline]
    pub(super) fn eat_all(&mut self, text: &[u8]) -> bool {
        let found = self.input[self.pos..].starts_with(text);
        self.pos += if found { text.len() } else { 0 };
        found
    }

    /// Fails unless `byte` comes next.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// Skips `count` bytes that were looked at.
    #[inline]
    pub(super) fn skip(&mut self, count: usize) {
        self.pos = (self.pos + count).min(self.input.len());
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    pub(super) fn text(&self, span: Span) -> &'a [u8] {
        &self.input[span.start as usize..span.end as usize]
    }

    /// Runs `parse` one level deeper; fails at [`MAX_DEPTH`].
    #[inline]
    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    // Nodes.

    #[inline(always)]
    pub(super) fn make(&mut self, node: Node) -> Option<NodeId> {
        self.scratch.arena.make(node)
    }

    pub(super) fn fixed(&mut self, text: Text) -> Option<NodeId> {
        self.make(Node::Static(text))
    }

    #[inline]
    pub(super) fn node(&self, id: NodeId) -> Node {
        self.scratch.arena.node(id)
    }

    #[inline]
    pub(super) fn push_sub(&mut self, id: NodeId) {
        self.scratch.subs.push(id);
    }

    /// Takes back the latest substitution; fails if there is none.
    pub(super) fn pop_sub(&mut self) -> Option<()> {
        self.scratch.subs.pop().map(|_| ())
    }

    #[inline]
    pub(super) fn begin_list(&self) -> usize {
        self.scratch.stack.len()
    }

    #[inline]
    pub(super) fn push_item(&mut self, id: NodeId) {
        self.scratch.stack.push(id);
    }

    #[inline]
    pub(super) fn end_list(&mut self, from: usize) -> List {
        self.scratch.arena.make_list(&mut self.scratch.stack, from)
    }

    /// Items up to and including the `end` byte.
    pub(super) fn list_until(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Option<NodeId>) -> Option<List> {
        let from = self.begin_list();
        while !self.eat(end) {
            let id = item(self)?;
            self.push_item(id);
        }
        Some(self.end_list(from))
    }

    // Numbers and qualifiers.

    /// `[n] <decimal digits>`, as it stands; empty if no digit comes.
    pub(super) fn number(&mut self, allow_negative: bool) -> Span {
        let start = self.pos;
        if allow_negative {
            self.eat(b'n');
        }
        if !self.look().is_ascii_digit() {
            return Span::default();
        }
        while self.look().is_ascii_digit() {
            self.pos += 1;
        }
        self.span(start, self.pos)
    }

    /// A decimal number; fails without a digit. Stays at the greatest value on overflow.
    #[inline]
    pub(super) fn positive(&mut self) -> Option<usize> {
        let mut value = usize::from(self.look().wrapping_sub(b'0'));
        if value > 9 {
            return None;
        }
        self.pos += 1;
        while let Some(&byte) = self.input.get(self.pos) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.saturating_mul(10).saturating_add(usize::from(digit));
            self.pos += 1;
        }
        Some(value)
    }

    /// A number in base 36, in digits and capital letters; fails without one.
    pub(super) fn seq_id(&mut self) -> Option<usize> {
        let mut value = None;
        loop {
            let digit = match self.look() {
                byte @ b'0'..=b'9' => byte - b'0',
                byte @ b'A'..=b'Z' => byte - b'A' + 10,
                _ => return value,
            };
            value = Some(value.unwrap_or(0usize).saturating_mul(36).saturating_add(usize::from(digit)));
            self.pos += 1;
        }
    }

    pub(super) fn cv_qualifiers(&mut self) -> u8 {
        let mut found = 0;
        if !matches!(self.look(), b'r' | b'V' | b'K') {
            return found;
        }
        for (byte, qualifier) in [(b'r', quals::RESTRICT), (b'V', quals::VOLATILE), (b'K', quals::CONST)] {
            found |= if self.eat(byte) { qualifier } else { 0 };
        }
        found
    }

    /// `<length> <that many bytes>`; fails if there are fewer. The length is not 0.
    #[inline]
    pub(super) fn bare_source_name(&mut self) -> Option<Span> {
        let length = self.positive()?;
        if length == 0 || length > self.left() {
            return None;
        }
        self.pos += length;
        Some(self.span(self.pos - length, self.pos))
    }

    /// `S_`, `S<seq>_` or one of the abbreviations, with its ABI tags.
    pub(super) fn substitution(&mut self) -> Option<NodeId> {
        self.expect(b'S')?;
        if self.look().is_ascii_lowercase() {
            let name = match self.look() {
                b'a' => Abbreviation::Allocator,
                b'b' => Abbreviation::BasicString,
                b's' => Abbreviation::String,
                b'i' => Abbreviation::Istream,
                b'o' => Abbreviation::Ostream,
                b'd' => Abbreviation::Iostream,
                _ => return None,
            };
            self.pos += 1;
            let plain = self.make(Node::Abbreviated(name))?;
            let tagged = self.abi_tags(plain)?;
            if tagged != plain {
                self.push_sub(tagged);
            }
            return Some(tagged);
        }
        let mut index = 0;
        if !self.eat(b'_') {
            index = self.seq_id()?.saturating_add(1);
            self.expect(b'_')?;
        }
        self.scratch.subs.get(index).copied()
    }

    // Template parameters in scope.

    /// Hides all template parameters, for an encoding of its own.
    pub(super) fn save_params(&mut self) -> SavedParams {
        let saved = SavedParams { levels_base: self.levels_base, outer_start: self.outer_start };
        self.levels_base = self.scratch.levels.len();
        self.outer_start = self.scratch.params.len();
        saved
    }

    /// Undoes [`Self::save_params`].
    pub(super) fn restore_params(&mut self, saved: SavedParams) {
        self.scratch.levels.truncate(self.levels_base);
        self.scratch.params.truncate(self.outer_start);
        self.levels_base = saved.levels_base;
        self.outer_start = saved.outer_start;
    }

    /// How many levels of template parameters are in scope.
    pub(super) fn level_count(&self) -> usize {
        self.scratch.levels.len() - self.levels_base
    }

    pub(super) fn clear_levels(&mut self) {
        self.scratch.levels.truncate(self.levels_base);
    }

    /// Starts the template arguments that the current encoding's parameters refer to; each may refer to those before.
    pub(super) fn begin_outer_params(&mut self) {
        self.clear_levels();
        self.scratch.params.truncate(self.outer_start);
        self.scratch.levels.push(Level { start: self.outer_start, end: self.outer_start });
    }

    pub(super) fn push_outer_param(&mut self, id: NodeId) {
        self.scratch.params.push(id);
        if let Some(level) = self.scratch.levels.get_mut(self.levels_base) {
            level.end = self.scratch.params.len();
        }
    }

    /// Opens a level for the parameters of a generic lambda or a template template parameter; returns what
    /// [`Self::close_level`] needs.
    pub(super) fn open_level(&mut self) -> (usize, usize) {
        let start = self.scratch.params.len();
        let count = self.scratch.levels.len();
        self.scratch.levels.push(Level { start, end: start });
        (count, start)
    }

    pub(super) fn close_level(&mut self, (count, start): (usize, usize)) {
        self.scratch.levels.truncate(count);
        self.scratch.params.truncate(start);
    }

    /// Drops the latest level while its construct goes on.
    pub(super) fn drop_level(&mut self) {
        self.scratch.levels.pop();
    }

    /// Adds a parameter to the latest level.
    pub(super) fn push_param(&mut self, id: NodeId) {
        self.scratch.params.push(id);
        if let Some(level) = self.scratch.levels.last_mut() {
            level.end = self.scratch.params.len();
        }
    }

    fn param(&self, level: usize, index: usize) -> Option<NodeId> {
        let level = self.scratch.levels.get(self.levels_base.checked_add(level)?)?;
        let at = level.start.checked_add(index)?;
        if at < level.end { self.scratch.params.get(at).copied() } else { None }
    }

    /// `T_`, `T<n>_`, `TL<level>__` or `TL<level>_<n>_`.
    pub(super) fn template_param(&mut self) -> Option<NodeId> {
        let begin = self.pos;
        self.expect(b'T')?;
        let mut level = 0;
        if self.eat(b'L') {
            level = self.positive()?.saturating_add(1);
            self.expect(b'_')?;
        }
        let mut index = 0;
        if !self.eat(b'_') {
            index = self.positive()?.saturating_add(1);
            self.expect(b'_')?;
        }
        if self.raw_params {
            return self.make(Node::Source(self.span(begin, self.pos - 1)));
        }
        if self.permit_forward && level == 0 {
            let index = u32::try_from(index).ok()?;
            let forward = self.make(Node::Forward { index, target: None })?;
            self.scratch.forwards.push(forward);
            return Some(forward);
        }
        if let Some(param) = self.param(level, index) {
            return Some(param);
        }
        // In a generic lambda, each `auto` is mangled as the template parameter that it stands for.
        if self.lambda_level != Some(level) || level > self.level_count() {
            return None;
        }
        if level == self.level_count() {
            self.scratch.levels.push(Level::default());
        }
        self.fixed(&"auto")
    }

    // Forward references.

    pub(super) fn name_state(&self) -> NameState {
        NameState { forwards_begin: self.scratch.forwards.len(), ..NameState::default() }
    }

    /// Resolves what the name behind `state` referred to ahead of time; fails if that does not exist.
    pub(super) fn resolve_forwards(&mut self, state: &NameState) -> Option<()> {
        for at in state.forwards_begin..self.scratch.forwards.len() {
            let id = self.scratch.forwards[at];
            let Node::Forward { index, .. } = self.node(id) else { return None };
            let target = self.param(0, index as usize)?;
            self.scratch.arena.resolve_forward(id, target);
        }
        self.scratch.forwards.truncate(state.forwards_begin);
        Some(())
    }
}
