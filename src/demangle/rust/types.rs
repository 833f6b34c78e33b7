//! Types and constants of mangled Rust names.

use super::*;

/// The types of one letter.
fn basic_type(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'a' => "i8",
        b'b' => "bool",
        b'c' => "char",
        b'd' => "f64",
        b'e' => "str",
        b'f' => "f32",
        b'h' => "u8",
        b'i' => "isize",
        b'j' => "usize",
        b'l' => "i32",
        b'm' => "u32",
        b'n' => "i128",
        b'o' => "u128",
        b'p' => "_",
        b's' => "i16",
        b't' => "u16",
        b'u' => "()",
        b'v' => "...",
        b'x' => "i64",
        b'y' => "u64",
        b'z' => "!",
        _ => return None,
    })
}

impl<'a> Demangler<'a> {
    pub(super) fn ty(&mut self) -> Option<()> {
        self.deeper(Self::ty_inner)
    }

    fn ty_inner(&mut self) -> Option<()> {
        let letter = self.next()?;
        if let Some(text) = basic_type(letter) {
            self.put(text);
            return Some(());
        }
        match letter {
            b'A' => {
                self.put("[");
                self.ty()?;
                self.put("; ");
                self.constant()?;
                self.put("]");
            }
            b'S' => {
                self.put("[");
                self.ty()?;
                self.put("]");
            }
            b'T' => {
                self.put("(");
                let count = self.items(", ", Self::ty)?;
                self.put(if count == 1 { ",)" } else { ")" });
            }
            b'R' | b'Q' => {
                self.put("&");
                if self.eat(b'L') {
                    let index = self.base62()?;
                    if index != 0 {
                        self.put_lifetime(index)?;
                        self.put(" ");
                    }
                }
                self.put(if letter == b'Q' { "mut " } else { "" });
                self.ty()?;
            }
            b'P' | b'O' => {
                self.put(if letter == b'P' { "*const " } else { "*mut " });
                self.ty()?;
            }
            b'F' => self.bound(Self::fn_signature)?,
            b'D' => {
                self.bound(Self::dyn_bounds)?;
                if !self.eat(b'L') {
                    return None;
                }
                let index = self.base62()?;
                if index != 0 {
                    self.put(" + ");
                    self.put_lifetime(index)?;
                }
            }
            b'B' => self.back_reference((), Self::ty)?,
            _ => {
                self.pos -= 1;
                self.path(true, false)?;
            }
        }
        Some(())
    }

    /// Runs `parse`; the lifetimes that a binder in it declares end with it.
    fn bound(&mut self, parse: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let outer = self.lifetimes;
        parse(self)?;
        self.lifetimes = outer;
        Some(())
    }

    fn fn_signature(&mut self) -> Option<()> {
        self.optional_binder()?;
        if self.eat(b'U') {
            self.put("unsafe ");
        }
        if self.eat(b'K') {
            self.put("extern \"");
            if self.eat(b'C') {
                self.put("C");
            } else {
                let abi = self.identifier()?;
                if abi.punycode {
                    return None;
                }
                for &byte in abi.text {
                    self.put_char(if byte == b'_' { b'-' } else { byte });
                }
            }
            self.put("\" ");
        }
        self.put("fn(");
        self.items(", ", Self::ty)?;
        self.put(")");
        if !self.eat(b'u') {
            self.put(" -> ");
            self.ty()?;
        }
        Some(())
    }

    fn dyn_bounds(&mut self) -> Option<()> {
        self.put("dyn ");
        self.optional_binder()?;
        self.items(" + ", Self::dyn_trait)?;
        Some(())
    }

    /// A trait with what its associated types are.
    fn dyn_trait(&mut self) -> Option<()> {
        let mut open = self.path(true, true)?;
        while self.eat(b'p') {
            self.put(if open { ", " } else { "<" });
            open = true;
            let name = self.identifier()?;
            self.put_identifier(name)?;
            self.put(" = ");
            self.ty()?;
        }
        self.put(if open { ">" } else { "" });
        Some(())
    }

    /// `G <base-62-number>`: declares lifetimes.
    fn optional_binder(&mut self) -> Option<()> {
        let count = self.optional_base62(b'G')?;
        if count == 0 {
            return Some(());
        }
        // No name needs more lifetimes than it has letters.
        if count >= (self.input.len() as u64).saturating_sub(self.lifetimes) {
            return None;
        }
        self.put("for<");
        for index in 0..count {
            self.put(if index > 0 { ", " } else { "" });
            self.lifetimes += 1;
            self.put_lifetime(1)?;
        }
        self.put("> ");
        Some(())
    }

    /// The lifetime that the `index`th binder counts from within declares, from 1; 0 is one without a name.
    pub(super) fn put_lifetime(&mut self, index: u64) -> Option<()> {
        if index == 0 {
            self.put("'_");
            return Some(());
        }
        let from_outermost = self.lifetimes.checked_sub(index)?;
        match u8::try_from(from_outermost) {
            Ok(letter @ 0..26) => {
                self.put("'");
                self.put_char(b'a' + letter);
            }
            _ => {
                self.put("'z");
                self.put_number(from_outermost - 26 + 1);
            }
        }
        Some(())
    }

    // Constants.

    pub(super) fn constant(&mut self) -> Option<()> {
        match self.next()? {
            b'B' => self.back_reference((), |demangler| demangler.deeper(Self::constant)),
            b'p' => {
                self.put("_");
                Some(())
            }
            b'a' | b'h' | b'i' | b'j' | b'l' | b'm' | b'n' | b'o' | b's' | b't' | b'x' | b'y' => self.integer(),
            b'b' => {
                let text = match self.hexadecimal()? {
                    b"0" => "false",
                    b"1" => "true",
                    _ => return None,
                };
                self.put(text);
                Some(())
            }
            b'c' => self.character(),
            _ => None,
        }
    }

    fn integer(&mut self) -> Option<()> {
        if self.eat(b'n') {
            self.put("-");
        }
        let digits = std::str::from_utf8(self.hexadecimal()?).ok()?;
        match u64::from_str_radix(digits, 16) {
            Ok(value) => self.put_number(value),
            Err(_) => {
                self.put("0x");
                self.put(digits);
            }
        }
        Some(())
    }

    fn character(&mut self) -> Option<()> {
        let digits = std::str::from_utf8(self.hexadecimal()?).ok()?;
        if digits.len() > 6 {
            return None;
        }
        self.put("'");
        match u32::from_str_radix(digits, 16).ok()? {
            0x09 => self.put("\\t"),
            0x0a => self.put("\\n"),
            0x0d => self.put("\\r"),
            0x27 => self.put("\\'"),
            0x5c => self.put("\\\\"),
            code @ 0x20..0x7f => self.put_char(code as u8),
            _ => {
                self.put("\\u{");
                self.put(digits);
                self.put("}");
            }
        }
        self.put("'");
        Some(())
    }

    /// `<hex digits> _`, without leading zeros.
    fn hexadecimal(&mut self) -> Option<&'a [u8]> {
        let start = self.pos;
        while matches!(self.look(), b'0'..=b'9' | b'a'..=b'f') {
            self.pos += 1;
        }
        let digits = &self.input[start..self.pos];
        let canonical = digits == b"0" || !(digits.is_empty() || digits.starts_with(b"0"));
        if canonical && self.eat(b'_') { Some(digits) } else { None }
    }
}
