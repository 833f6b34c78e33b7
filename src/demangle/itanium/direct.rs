//! The short way for common names: their text is written while they are read, without a tree.
//!
//! A mangled name has its pieces mostly in the order of its text. What is written earlier in the mangling than in the
//! text, a template function's name before its result, is turned around in place; substitutions and template parameters
//! are copied from where their text stands already. Whatever needs more than that is given up and left to the tree:
//! packs, expressions, conversion operators, pointers to arrays and the like. So this never decides that a name is not
//! mangled, and its text is always what [`super::printer`] would have written.

use super::node::quals;

/// How deeply constructs may nest before the name is left to the tree.
const MAX_DEPTH: u32 = 96;

/// How long a text may get before the name is left to the tree, in bytes.
const MAX_TEXT: usize = 1 << 14;

/// Properties of the text of an [`Item`].
pub(super) mod flags {
    /// A class with template arguments.
    pub(in super::super) const TEMPLATE: u8 = 1;
    /// An lvalue reference.
    pub(in super::super) const LVALUE: u8 = 2;
    /// An rvalue reference.
    pub(in super::super) const RVALUE: u8 = 4;
    /// A declarator would stand within the text: no pointer to this can be made by adding to it.
    pub(in super::super) const WRAPS: u8 = 8;
    /// It has no text here.
    pub(in super::super) const GHOST: u8 = 16;
    /// An abbreviation of the standard library, which its constructors write out.
    pub(in super::super) const ABBREVIATED: u8 = 32;
}

/// A range of the text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Something that may be repeated: where its text stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Item {
    pub(super) text: Range,
    /// A class's own name, as its constructors are called; empty if there is none.
    pub(super) base: Range,
    pub(super) flags: u8,
}

impl Item {
    pub(super) fn is(self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Memory that one name after another uses.
///
/// Neighbours in an object mostly start alike, with the same class. So all stays in place after a name, and the next
/// one goes on from the last [`Mark`] that it shares.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What `S_`, `S0_`, ... stand for.
    pub(super) subs: Vec<Item>,
    /// The template arguments in scope, behind those of scopes around and before.
    pub(super) args: Vec<Item>,
    /// Where the last name can be gone on from, first to last.
    pub(super) trail: Vec<Mark>,
    /// The last name up to the last mark.
    shared: Vec<u8>,
    /// The text of the last name, but for what is to be turned around.
    text: Vec<u8>,
}

impl Memory {
    /// How much memory this keeps, in bytes, roughly.
    pub(super) fn capacity(&self) -> usize {
        let items = self.subs.capacity() + self.args.capacity();
        items * size_of::<Item>()
            + self.trail.capacity() * size_of::<Mark>()
            + self.shared.capacity()
            + self.text.capacity()
    }

    /// Goes back to the last mark that `input` shares, or to the start.
    fn go_back(&mut self, input: &[u8]) {
        let common = common_prefix(&self.shared, input);
        // A tag belongs to the name before it.
        let is_shared = |mark: &Mark| mark.pos <= common && input.get(mark.pos) != Some(&b'B');
        while self.trail.pop_if(|mark| !is_shared(mark)).is_some() {}
        let (text, subs, args) = self.trail.last().map_or((0, 0, 0), |mark| (mark.text, mark.subs, mark.args));
        self.text.truncate(text);
        self.subs.truncate(subs);
        self.args.truncate(args);
    }

    /// Keeps of `input` what the next name must share.
    fn keep(&mut self, input: &[u8]) {
        self.shared.clear();
        if let Some(mark) = self.trail.last() {
            self.shared.extend_from_slice(&input[..mark.pos]);
        }
    }
}

/// How many bytes `a` and `b` start with alike.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 16;
    let (mut steps_a, mut steps_b) = (a.chunks_exact(STEP), b.chunks_exact(STEP));
    let steps = (&mut steps_a).zip(&mut steps_b).take_while(|(a, b)| a == b).count();
    let start = steps * STEP;
    start + a[start..].iter().zip(&b[start..]).take_while(|(a, b)| a == b).count()
}

/// The state between two parts of the nested name that a name starts with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) pos: usize,
    /// How much text there was, and how many substitutions and template arguments.
    pub(super) text: usize,
    pub(super) subs: usize,
    pub(super) args: usize,
    pub(super) args_start: usize,
    pub(super) has_args: bool,
    pub(super) state: State,
    /// The nested name so far.
    pub(super) so_far: Item,
}

/// What a function's name says about the rest of its encoding.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) ctor_dtor: bool,
    pub(super) ends_with_args: bool,
    pub(super) quals: u8,
    /// `R`, `O`, or 0.
    pub(super) ref_qual: u8,
}

/// Reads one mangled name and writes its text.
pub(super) struct Direct<'a> {
    pub(super) input: &'a [u8],
    pub(super) pos: usize,
    pub(super) out: &'a mut Vec<u8>,
    pub(super) memory: &'a mut Memory,
    /// Where the template arguments of the current encoding start in `Memory::args`.
    pub(super) args_start: usize,
    /// Whether there are any, be it none yet.
    pub(super) has_args: bool,
    /// Within the parameters of a lambda that is in no template: template parameters are `auto`.
    pub(super) auto: bool,
    /// The result of the outermost function, which belongs before its name; empty if there is none.
    pub(super) result: Range,
    depth: u32,
}

/// Appends the text of the mangled `name` to `out`, or gives up; `out` is then as it was.
pub(super) fn demangle(name: &[u8], memory: &mut Memory, out: &mut Vec<u8>) -> Option<()> {
    let input = name.strip_prefix(b"_Z")?;
    memory.go_back(input);
    let mut text = std::mem::take(&mut memory.text);
    let result = Range::default();
    let mut direct =
        Direct { input, pos: 0, out: &mut text, memory, args_start: 0, has_args: false, auto: false, result, depth: 0 };
    let found = direct.whole();
    let result = direct.result;
    memory.keep(input);
    memory.text = text;
    found.map(|name_start| {
        let (name_end, end) = (result.start as usize, result.end as usize);
        let text = &memory.text[..];
        if name_end == end {
            return out.extend_from_slice(text);
        }
        for part in [&text[..name_start], &text[name_end..end], &text[name_start..name_end], &text[end..]] {
            out.extend_from_slice(part);
        }
    })
}

impl Direct<'_> {
    /// Reads it all; returns where the name starts that may stand before its result.
    fn whole(&mut self) -> Option<usize> {
        self.special_prefix()?;
        let start = if self.pos == 0 { 0 } else { self.out.len() };
        self.deeper(|direct| direct.encoding_inner(true))?;
        if let Some(suffix) = self.input.get(self.pos..).filter(|rest| rest.first() == Some(&b'.')) {
            self.put(b" (");
            self.out.extend_from_slice(suffix);
            self.put(b")");
            return Some(start);
        }
        (self.pos == self.input.len()).then_some(start)
    }

    /// What a thunk is called; other special names are left to the tree.
    fn special_prefix(&mut self) -> Option<()> {
        let numbers = match (self.look(), self.look_at(1)) {
            (b'T', b'h') => {
                self.put(b"non-virtual thunk to ");
                1
            }
            (b'T', b'v') => {
                self.put(b"virtual thunk to ");
                2
            }
            (b'T' | b'G', _) => return None,
            _ => return Some(()),
        };
        self.pos += 2;
        for _ in 0..numbers {
            self.eat(b'n');
            self.digits()?;
            self.expect(b'_')?;
        }
        if matches!(self.look(), b'T' | b'G') { None } else { Some(()) }
    }

    // The cursor.

    #[inline(always)]
    pub(super) fn look(&self) -> u8 {
        self.look_at(0)
    }

    #[inline(always)]
    pub(super) fn look_at(&self, ahead: usize) -> u8 {
        self.input.get(self.pos + ahead).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.input.get(self.pos) == Some(&byte);
        self.pos += usize::from(found);
        found
    }

    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// A decimal number as it stands: one digit at least.
    pub(super) fn digits(&mut self) -> Option<&[u8]> {
        let start = self.pos;
        while self.look().is_ascii_digit() {
            self.pos += 1;
        }
        if self.pos == start { None } else { Some(&self.input[start..self.pos]) }
    }

    /// The value of a decimal number of at most seven digits.
    #[inline]
    pub(super) fn small_number(&mut self) -> Option<usize> {
        let start = self.pos;
        let mut value = 0;
        loop {
            let digit = self.look().wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value * 10 + usize::from(digit);
            self.pos += 1;
            if self.pos - start > 7 {
                return None;
            }
        }
        if self.pos == start { None } else { Some(value) }
    }

    /// Runs `read` one level deeper.
    #[inline]
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let found = read(self);
        self.depth -= 1;
        found
    }

    // Text.

    #[inline]
    pub(super) fn put(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Where the next text will stand.
    #[inline(always)]
    pub(super) fn here(&self) -> u32 {
        self.out.len() as u32
    }

    /// What was written since `start`.
    #[inline(always)]
    pub(super) fn since(&self, start: u32) -> Range {
        Range { start, end: self.here() }
    }

    /// Writes the text of `item` once more.
    #[inline]
    pub(super) fn copy(&mut self, item: Item) -> Option<Item> {
        if item.is(flags::GHOST) || self.out.len() > MAX_TEXT {
            return None;
        }
        let start = self.here();
        self.out.extend_from_within(item.text.start as usize..item.text.end as usize);
        Some(Item { text: self.since(start), ..item })
    }

    /// Moves what was written since `middle` to `start`, in front of what was written between.
    pub(super) fn turn(&mut self, start: u32, middle: u32) {
        let end = self.here();
        self.out[start as usize..].rotate_left((middle - start) as usize);
        let moved = |range: &mut Range| {
            let by = if range.start >= middle {
                (middle - start).wrapping_neg()
            } else if range.start >= start && range.end > range.start {
                end - middle
            } else {
                0
            };
            (range.start, range.end) = (range.start.wrapping_add(by), range.end.wrapping_add(by));
        };
        for item in self.memory.subs.iter_mut().chain(&mut self.memory.args) {
            moved(&mut item.text);
            moved(&mut item.base);
        }
    }

    // Substitutions and template parameters.

    #[inline]
    pub(super) fn push_sub(&mut self, item: Item) {
        self.memory.subs.push(item);
    }

    /// `S_`, `S<seq>_` or an abbreviation, written out.
    pub(super) fn substitution(&mut self) -> Option<Item> {
        self.expect(b'S')?;
        let letter = self.look();
        if letter.is_ascii_lowercase() {
            return self.abbreviation(letter);
        }
        let mut index = 0;
        if letter != b'_' {
            let digit = match letter {
                b'0'..=b'9' => letter - b'0',
                b'A'..=b'Z' => letter - b'A' + 10,
                _ => return None,
            };
            self.pos += 1;
            index = usize::from(digit) + 1;
            if self.look() != b'_' {
                let next = match self.look() {
                    byte @ b'0'..=b'9' => byte - b'0',
                    byte @ b'A'..=b'Z' => byte - b'A' + 10,
                    _ => return None,
                };
                self.pos += 1;
                index = (index - 1) * 36 + usize::from(next) + 1;
            }
        }
        self.expect(b'_')?;
        let item = *self.memory.subs.get(index)?;
        self.copy(item)
    }

    fn abbreviation(&mut self, letter: u8) -> Option<Item> {
        let text: &[u8] = match letter {
            b'a' => b"std::allocator",
            b'b' => b"std::basic_string",
            b's' => b"std::string",
            b'i' => b"std::istream",
            b'o' => b"std::ostream",
            b'd' => b"std::iostream",
            _ => return None,
        };
        self.pos += 1;
        if self.look() == b'B' {
            return None;
        }
        let start = self.here();
        self.put(text);
        Some(Item { text: self.since(start), base: Range::default(), flags: flags::ABBREVIATED })
    }

    /// `T_` or `T<n>_`, written out.
    pub(super) fn template_param(&mut self) -> Option<Item> {
        self.expect(b'T')?;
        let mut index = 0;
        if self.look() != b'_' {
            index = self.small_number()? + 1;
        }
        self.expect(b'_')?;
        let args = &self.memory.args[self.args_start..];
        if self.has_args && index < args.len() {
            let item = args[index];
            // What is named through a parameter names no constructor here.
            return self.copy(item).map(|item| Item { base: Range::default(), ..item });
        }
        if !self.auto {
            return None;
        }
        let start = self.here();
        self.put(b"auto");
        Some(Item { text: self.since(start), ..Item::default() })
    }

    // Qualifiers.

    pub(super) fn cv_qualifiers(&mut self) -> u8 {
        let mut found = 0;
        for (byte, qualifier) in [(b'r', quals::RESTRICT), (b'V', quals::VOLATILE), (b'K', quals::CONST)] {
            found |= if self.eat(byte) { qualifier } else { 0 };
        }
        found
    }

    pub(super) fn put_quals(&mut self, found: u8) {
        for (qualifier, text) in
            [(quals::CONST, &b" const"[..]), (quals::VOLATILE, b" volatile"), (quals::RESTRICT, b" restrict")]
        {
            if found & qualifier != 0 {
                self.put(text);
            }
        }
    }
}
