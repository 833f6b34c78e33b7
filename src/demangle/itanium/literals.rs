//! Literals and names that stand in expressions before overloads or types are known.
//!
//! Spec: Itanium C++ ABI, 5.1.6 "Expressions", from `<unresolved-name>` on.

use super::node::{Node, NodeId, Span, Text};
use super::parser::Parser;

/// The types whose literals are plain numbers, with what follows the number.
pub(super) fn number_suffix(letter: u8) -> Option<Text> {
    Some(match letter {
        b'i' => &"",
        b'j' => &"u",
        b'l' => &"l",
        b'm' => &"ul",
        b'x' => &"ll",
        b'y' => &"ull",
        _ => return None,
    })
}

/// The types whose literals are numbers after the type in parentheses.
pub(super) fn number_type(letter: u8) -> Option<Text> {
    Some(match letter {
        b'w' => &"wchar_t",
        b'c' => &"char",
        b'a' => &"signed char",
        b'h' => &"unsigned char",
        b's' => &"short",
        b't' => &"unsigned short",
        b'n' => &"__int128",
        b'o' => &"unsigned __int128",
        _ => return None,
    })
}

/// How many hexadecimal digits the value of a floating point type takes. `long double` as on x86.
fn float_digits(letter: u8) -> Option<usize> {
    match letter {
        b'f' => Some(8),
        b'd' => Some(16),
        b'e' => Some(20),
        _ => None,
    }
}

impl Parser<'_> {
    /// `<expr-primary>`
    pub(super) fn expr_primary(&mut self) -> Option<NodeId> {
        self.expect(b'L')?;
        let letter = self.look();
        if let Some(suffix) = number_suffix(letter) {
            self.skip(1);
            let value = self.literal_number()?;
            let suffix = self.fixed(suffix)?;
            return self.make(Node::Suffixed { suffix, value });
        }
        if let Some(text) = number_type(letter) {
            self.skip(1);
            let value = self.literal_number()?;
            let ty = self.fixed(text)?;
            return self.make(Node::Typed { ty, value });
        }
        if let Some(digits) = float_digits(letter) {
            self.skip(1);
            return self.float_literal(digits);
        }
        match letter {
            b'b' if self.eat_all(b"b0E") => self.make(Node::Bool(false)),
            b'b' if self.eat_all(b"b1E") => self.make(Node::Bool(true)),
            b'b' => None,
            b'_' => {
                if !self.eat_all(b"_Z") {
                    return None;
                }
                let encoding = self.encoding()?;
                self.expect(b'E')?;
                Some(encoding)
            }
            b'A' => {
                let ty = self.ty()?;
                self.expect(b'E')?;
                self.make(Node::StringLiteral(ty))
            }
            b'D' => {
                if !self.eat_all(b"Dn") {
                    return None;
                }
                self.eat(b'0');
                self.expect(b'E')?;
                self.fixed(&"nullptr")
            }
            // A template parameter's value is mangled as the parameter alone.
            b'T' => None,
            b'U' => {
                if self.look_at(1) != b'l' {
                    return None;
                }
                let closure = self.unnamed_type(None)?;
                self.expect(b'E')?;
                self.make(Node::Lambda(closure))
            }
            _ => {
                let ty = self.ty()?;
                let value = self.literal_number()?;
                self.make(Node::Typed { ty, value })
            }
        }
    }

    /// `[n] <digits> E`
    fn literal_number(&mut self) -> Option<Span> {
        let value = self.number(true);
        if value.is_empty() {
            return None;
        }
        self.expect(b'E')?;
        Some(value)
    }

    fn float_literal(&mut self, digits: usize) -> Option<NodeId> {
        let value = self.input.get(self.pos..self.pos + digits)?;
        if !value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let span = self.span(self.pos, self.pos + digits);
        self.skip(digits);
        self.expect(b'E')?;
        self.make(Node::FloatLiteral(span))
    }

    /// `<unresolved-name>`; `global` if `gs` came before.
    pub(super) fn unresolved_name(&mut self, global: bool) -> Option<NodeId> {
        let mut scope;
        if self.eat_all(b"srN") {
            scope = self.unresolved_type_with_args()?;
            while !self.eat(b'E') {
                let name = self.simple_id()?;
                scope = self.make(Node::Nested { scope, name })?;
            }
        } else if !self.eat_all(b"sr") {
            let name = self.base_unresolved_name()?;
            return if global { self.make(Node::Global(name)) } else { Some(name) };
        } else if self.look().is_ascii_digit() {
            scope = self.simple_id()?;
            if global {
                scope = self.make(Node::Global(scope))?;
            }
            while !self.eat(b'E') {
                let name = self.simple_id()?;
                scope = self.make(Node::Nested { scope, name })?;
            }
        } else {
            scope = self.unresolved_type_with_args()?;
        }
        let name = self.base_unresolved_name()?;
        self.make(Node::Nested { scope, name })
    }

    /// `<unresolved-type> [<template-args>]`
    fn unresolved_type_with_args(&mut self) -> Option<NodeId> {
        let name = self.unresolved_type()?;
        self.with_args(name)
    }

    fn with_args(&mut self, name: NodeId) -> Option<NodeId> {
        if self.look() != b'I' {
            return Some(name);
        }
        let args = self.template_args(false)?;
        self.make(Node::Template { name, args })
    }

    /// `<unresolved-type>`: a template parameter, a `decltype` or a substitution.
    fn unresolved_type(&mut self) -> Option<NodeId> {
        let ty = match self.look() {
            b'T' => self.template_param()?,
            b'D' if matches!(self.look_at(1), b't' | b'T') => self.decltype()?,
            _ => return self.substitution(),
        };
        self.push_sub(ty);
        Some(ty)
    }

    /// `<simple-id>`
    fn simple_id(&mut self) -> Option<NodeId> {
        let name = self.source_name()?;
        self.with_args(name)
    }

    /// `<base-unresolved-name>`
    fn base_unresolved_name(&mut self) -> Option<NodeId> {
        if self.look().is_ascii_digit() {
            return self.simple_id();
        }
        if self.eat_all(b"dn") {
            let name = if self.look().is_ascii_digit() { self.simple_id()? } else { self.unresolved_type()? };
            return self.make(Node::Destructor(name));
        }
        self.eat_all(b"on");
        let name = self.operator_name(None)?;
        self.with_args(name)
    }
}
