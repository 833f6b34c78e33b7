//! The short way for types and template arguments: see [`super::direct`].

use super::direct::{Direct, Item, Range, flags};
use super::literals::{number_suffix, number_type};
use super::types::builtin;

impl Direct<'_> {
    /// `<type>`
    pub(super) fn ty(&mut self) -> Option<Item> {
        if let Some(text) = builtin(self.look()) {
            self.pos += 1;
            let start = self.here();
            self.put(text.as_bytes());
            return Some(Item { text: self.since(start), ..Item::default() });
        }
        self.deeper(Self::compound_type)
    }

    fn compound_type(&mut self) -> Option<Item> {
        let start = self.here();
        let item = match self.look() {
            b'P' | b'R' | b'O' if let Some(run) = self.enclosed_declarators() => self.enclosed(run, start)?,
            b'P' => {
                self.pos += 1;
                self.plain_type()?;
                self.put(b"*");
                Item { text: self.since(start), ..Item::default() }
            }
            b'R' | b'O' => self.reference(start)?,
            b'r' | b'V' | b'K' => self.qualified_type(start)?,
            b'F' => self.function_type(start)?,
            b'T' => match self.look_at(1) {
                b'_' | b'0'..=b'9' => {
                    let item = self.template_param()?;
                    if self.look() == b'I' {
                        return None;
                    }
                    item
                }
                _ => return None,
            },
            b'S' if self.look_at(1) != b't' => {
                let item = self.substitution()?;
                if self.look() != b'I' {
                    return Some(item);
                }
                if item.is(flags::WRAPS) {
                    return None;
                }
                self.template_args(false)?;
                Item { text: self.since(start), base: item.base, flags: flags::TEMPLATE }
            }
            b'S' | b'N' | b'Z' | b'1'..=b'9' => self.name(None)?,
            b'D' => return self.d_type(start),
            _ => return None,
        };
        self.push_sub(item);
        Some(item)
    }

    /// `Da`, `Dc` and `Dn`.
    fn d_type(&mut self, start: u32) -> Option<Item> {
        match self.look_at(1) {
            b'a' => self.put(b"auto"),
            b'c' => self.put(b"decltype(auto)"),
            b'n' => self.put(b"std::nullptr_t"),
            _ => return None,
        }
        self.pos += 2;
        Some(Item { text: self.since(start), ..Item::default() })
    }

    /// A type that can be added to.
    fn plain_type(&mut self) -> Option<Item> {
        self.ty().filter(|item| !item.is(flags::WRAPS))
    }

    fn reference(&mut self, start: u32) -> Option<Item> {
        let rvalue = self.look() == b'O';
        self.pos += 1;
        let referred = self.ty()?;
        let wraps = referred.flags & flags::WRAPS;
        let flag = match (referred.is(flags::LVALUE), referred.is(flags::RVALUE), rvalue) {
            (true, ..) => flags::LVALUE,
            (_, true, true) => flags::RVALUE,
            // The text would get shorter.
            (_, true, false) => return None,
            _ if wraps != 0 => return None,
            _ => {
                self.put(if rvalue { b"&&" } else { b"&" });
                if rvalue { flags::RVALUE } else { flags::LVALUE }
            }
        };
        Some(Item { text: self.since(start), base: Range::default(), flags: flag | wraps })
    }

    fn qualified_type(&mut self, start: u32) -> Option<Item> {
        let quals = self.cv_qualifiers();
        // A function type has its qualifiers elsewhere.
        if matches!(self.look(), b'F' | b'D') {
            return None;
        }
        self.plain_type()?;
        self.put_quals(quals);
        Some(Item { text: self.since(start), ..Item::default() })
    }

    /// `F <result> <parameter>+ E`
    fn function_type(&mut self, start: u32) -> Option<Item> {
        self.function(0, b"")?;
        Some(Item { text: self.since(start), base: Range::default(), flags: flags::WRAPS })
    }

    /// How many pointers, below a reference perhaps, stand here in front of a function or an array: their text is
    /// enclosed by it.
    fn enclosed_declarators(&self) -> Option<usize> {
        let rest = &self.input[self.pos..];
        let pointers = rest.iter().skip(1).take_while(|&&byte| byte == b'P').count();
        match rest.get(1 + pointers..)? {
            [b'F', ..] | [b'A', b'0'..=b'9', ..] => Some(1 + pointers),
            _ => None,
        }
    }

    /// A function or an array with the `count` declarators in front of it.
    fn enclosed(&mut self, count: usize, start: u32) -> Option<Item> {
        let (declarator, flag) = match self.look() {
            b'R' => (&b"&"[..], flags::LVALUE),
            b'O' => (&b"&&"[..], flags::RVALUE),
            _ => (&b"*"[..], 0),
        };
        self.pos += count;
        if self.look() == b'F' {
            self.function(count - 1, declarator)?;
        } else {
            self.array(count - 1, declarator)?;
        }
        // What is enclosed stands nowhere alone.
        let ghost = Item { text: Range::default(), base: Range::default(), flags: flags::GHOST | flags::WRAPS };
        (0..count).for_each(|_| self.push_sub(ghost));
        Some(Item { text: self.since(start), base: Range::default(), flags: flags::WRAPS | flag })
    }

    /// `<pointers>` stars and one more declarator, in parentheses.
    fn put_declarators(&mut self, pointers: usize, last: &[u8]) {
        self.put(b" (");
        (0..pointers).for_each(|_| self.put(b"*"));
        self.put(last);
        self.put(b")");
    }

    /// `A <number> _ <element>`, referred to by the declarators.
    fn array(&mut self, pointers: usize, last: &[u8]) -> Option<()> {
        self.pos += 1;
        let digits = self.pos;
        self.digits()?;
        let digits = digits..self.pos;
        self.expect(b'_')?;
        self.plain_type()?;
        self.put_declarators(pointers, last);
        self.put(b" [");
        self.out.extend_from_slice(&self.input[digits]);
        self.put(b"]");
        Some(())
    }

    /// `F <result> <parameter>+ E`, referred to by the declarators, if there is a `last` one.
    fn function(&mut self, pointers: usize, last: &[u8]) -> Option<()> {
        self.pos += 1;
        self.eat(b'Y');
        self.plain_type()?;
        if last.is_empty() {
            self.put(b" ");
        } else {
            self.put_declarators(pointers, last);
        }
        self.put(b"(");
        let mut first = true;
        while !self.eat(b'E') {
            if self.eat(b'v') {
                continue;
            }
            if matches!(self.look(), b'R' | b'O') && self.look_at(1) == b'E' {
                return None;
            }
            if !first {
                self.put(b", ");
            }
            first = false;
            self.ty()?;
        }
        self.put(b")");
        Some(())
    }

    /// `<template-args>`. With `outer`, they are what the template parameters of the current encoding refer to.
    pub(super) fn template_args(&mut self, outer: bool) -> Option<()> {
        self.expect(b'I')?;
        if outer {
            self.args_start = self.memory.args.len();
            self.has_args = true;
        }
        self.put(b"<");
        let mut first = true;
        while !self.eat(b'E') {
            let before = self.out.len();
            if !first {
                self.put(b", ");
            }
            let after = self.out.len();
            let item = self.template_arg(outer)?;
            if self.out.len() == after {
                self.out.truncate(before);
            } else {
                first = false;
            }
            if outer {
                self.memory.args.push(item);
            }
        }
        self.put(b">");
        Some(())
    }

    /// `<template-arg>`; elements of a pack are kept if `kept`.
    fn template_arg(&mut self, kept: bool) -> Option<Item> {
        match self.look() {
            b'J' => {
                self.pos += 1;
                let start = self.memory.elements.len() as u32;
                let mut first = true;
                while !self.eat(b'E') {
                    if !first {
                        self.put(b", ");
                    }
                    first = false;
                    // An empty pack would take its comma back.
                    let before = self.out.len();
                    let element = self.deeper(|direct| direct.template_arg(false))?;
                    if self.out.len() == before {
                        return None;
                    }
                    if kept {
                        self.memory.elements.push(element);
                    }
                }
                let end = self.memory.elements.len() as u32;
                let pack = if kept { flags::PACK } else { 0 };
                let flags = flags::GHOST | flags::WRAPS | pack;
                Some(Item { text: Range { start, end }, base: Range::default(), flags })
            }
            b'L' => self.literal(),
            _ => self.ty(),
        }
    }

    /// `<expr-primary>`: numbers, truth values and enumerators.
    fn literal(&mut self) -> Option<Item> {
        let start = self.here();
        let letter = self.look_at(1);
        self.pos += 1;
        if let Some(suffix) = number_suffix(letter) {
            self.pos += 1;
            self.literal_number()?;
            self.put(suffix.as_bytes());
        } else if let Some(text) = number_type(letter) {
            self.pos += 1;
            self.put(b"(");
            self.put(text.as_bytes());
            self.put(b")");
            self.literal_number()?;
        } else if letter == b'b' {
            self.put(match self.look_at(1) {
                b'0' => b"false",
                b'1' => b"true",
                _ => return None,
            });
            self.pos += 2;
            self.expect(b'E')?;
        } else if matches!(letter, b'N' | b'S' | b'1'..=b'9') {
            self.put(b"(");
            self.plain_type()?;
            self.put(b")");
            self.literal_number()?;
        } else {
            return None;
        }
        Some(Item { text: self.since(start), base: Range::default(), flags: flags::WRAPS })
    }

    /// `[n] <digits> E`
    fn literal_number(&mut self) -> Option<()> {
        if self.eat(b'n') {
            self.put(b"-");
        }
        let start = self.pos;
        self.digits()?;
        self.out.extend_from_slice(&self.input[start..self.pos]);
        self.expect(b'E')
    }
}
