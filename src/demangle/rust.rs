//! Names mangled by rustc's second scheme, "v0" (`_R`).
//!
//! As LLVM shows them: crates without their hashes, constants without their types. Constants that are neither numbers,
//! `bool` nor `char` are not known to it; such names stay as they are. Text is written while parsing, for the order of
//! both is the same. Spec: the Rust compiler's documentation, "v0 Symbol Format".

mod punycode;
mod types;

/// How deeply paths and types may nest.
const MAX_DEPTH: u32 = 500;

/// How long a text may get, in bytes: back references can double it with every few bytes of the name.
const MAX_OUTPUT: usize = 1 << 20;

/// What [`BASE62`] has for bytes that are no digits.
const NO_DIGIT: u8 = u8::MAX;

/// The value of each byte as a digit: first 0 to 9, then lower-case, then capital letters.
const BASE62: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut value = 0;
    while value < digits.len() {
        values[digits[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Appends the text of the mangled `name` to `out`. Fails if the name does not fit the grammar, nests too deeply or
/// has too long a text; `out` may then have been added to.
pub(super) fn demangle(name: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let name = name.strip_prefix(b"_R")?;
    let end = if is_plain(name) { name.len() } else { name.iter().position(|&byte| byte == b'.')? };
    let (path, suffix) = name.split_at(end);
    if !is_plain(path) {
        return None;
    }
    let mut demangler = Demangler { input: path, pos: 0, out, silent: false, depth: 0, lifetimes: 0 };
    demangler.path(false, false)?;
    if demangler.pos < path.len() {
        // The crate that made this instance.
        demangler.silent = true;
        demangler.path(false, false)?;
    }
    if demangler.pos < path.len() {
        return None;
    }
    if !suffix.is_empty() {
        out.extend_from_slice(b" (");
        out.extend_from_slice(suffix);
        out.push(b')');
    }
    Some(())
}

/// Whether all bytes are letters, digits or underscores, as all of a mangled name are but its suffix. Without branches,
/// for the compiler to look at many bytes at once.
fn is_plain(text: &[u8]) -> bool {
    let is_plain = |byte: u8| ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'0') < 10) | (byte == b'_');
    text.iter().fold(true, |plain, &byte| plain & is_plain(byte))
}

/// A name, in Punycode or as it is.
#[derive(Clone, Copy)]
struct Identifier<'a> {
    text: &'a [u8],
    punycode: bool,
}

/// Reads a name and writes its text.
struct Demangler<'a> {
    /// What follows `_R`, less the suffix; back references count from its start.
    input: &'a [u8],
    pos: usize,
    out: &'a mut Vec<u8>,
    /// Read without writing.
    silent: bool,
    depth: u32,
    /// How many lifetimes the binders around declare.
    lifetimes: u64,
}

impl<'a> Demangler<'a> {
    #[inline]
    fn look(&self) -> u8 {
        self.input.get(self.pos).copied().unwrap_or(0)
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = *self.input.get(self.pos)?;
        self.pos += 1;
        Some(byte)
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.pos < self.input.len() && self.look() == byte;
        self.pos += usize::from(found);
        found
    }

    #[inline(always)]
    fn put(&mut self, text: &str) {
        if !self.silent {
            self.out.extend_from_slice(text.as_bytes());
        }
    }

    /// Writes one character of ASCII.
    fn put_char(&mut self, byte: u8) {
        if !self.silent {
            self.out.push(byte);
        }
    }

    /// Runs `parse` one level deeper.
    #[inline]
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= MAX_DEPTH || self.out.len() > MAX_OUTPUT {
            return None;
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// What `item` reads until an `E`, with `separator` between; returns how many there were.
    fn items(&mut self, separator: &str, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<usize> {
        let mut count = 0;
        while !self.eat(b'E') {
            if count > 0 {
                self.put(separator);
            }
            item(self)?;
            count += 1;
        }
        Some(count)
    }

    // Numbers and identifiers.

    /// `<base-62-number>`: `_` alone is 0, else one more than the digits say.
    #[inline]
    fn base62(&mut self) -> Option<u64> {
        /// This many digits fit in any case.
        const SAFE_DIGITS: usize = 10;
        let mut value = 0u64;
        for (count, &byte) in self.input.get(self.pos..)?.iter().enumerate() {
            let digit = BASE62[usize::from(byte)];
            if digit == NO_DIGIT {
                self.pos += count + 1;
                return match (byte, count) {
                    (b'_', 0) => Some(0),
                    (b'_', _) => value.checked_add(1),
                    _ => None,
                };
            }
            value = if count < SAFE_DIGITS {
                value * 62 + u64::from(digit)
            } else {
                value.checked_mul(62)?.checked_add(u64::from(digit))?
            };
        }
        None
    }

    /// A tagged number, one more than it says; 0 without the tag.
    #[inline]
    fn optional_base62(&mut self, tag: u8) -> Option<u64> {
        if self.eat(tag) { self.base62()?.checked_add(1) } else { Some(0) }
    }

    #[inline]
    fn identifier(&mut self) -> Option<Identifier<'a>> {
        let punycode = self.eat(b'u');
        let length = self.decimal()?;
        self.eat(b'_');
        let end = self.pos.checked_add(length)?;
        let text = self.input.get(self.pos..end)?;
        self.pos = end;
        Some(Identifier { text, punycode })
    }

    /// A number without leading zeros.
    #[inline]
    fn decimal(&mut self) -> Option<usize> {
        let digit = |byte: u8| Some(usize::from(byte.wrapping_sub(b'0'))).filter(|&digit| digit < 10);
        let mut value = digit(self.look())?;
        self.pos += 1;
        while value != 0
            && let Some(digit) = digit(self.look())
        {
            value = value.checked_mul(10)?.checked_add(digit)?;
            self.pos += 1;
        }
        Some(value)
    }

    #[inline]
    fn put_identifier(&mut self, identifier: Identifier) -> Option<()> {
        if self.silent {
            return Some(());
        }
        if identifier.punycode {
            return punycode::decode(identifier.text, self.out);
        }
        self.out.extend_from_slice(identifier.text);
        Some(())
    }

    /// `B <base-62-number>`: reads and writes what stands there. Skipped where nothing is written.
    fn back_reference<T>(&mut self, skipped: T, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let target = usize::try_from(self.base62()?).ok()?;
        if target >= self.pos {
            return None;
        }
        if self.silent {
            return Some(skipped);
        }
        let after = std::mem::replace(&mut self.pos, target);
        let parsed = parse(self);
        self.pos = after;
        parsed
    }

    // Paths.

    /// `<path>`. Within types, generic arguments have no `::` before; with `open`, the last ones have no `>` after,
    /// which the result tells.
    fn path(&mut self, in_type: bool, open: bool) -> Option<bool> {
        self.deeper(|demangler| demangler.path_inner(in_type, open))
    }

    fn path_inner(&mut self, in_type: bool, open: bool) -> Option<bool> {
        match self.next()? {
            b'C' => {
                self.optional_base62(b's')?;
                let name = self.identifier()?;
                self.put_identifier(name)?;
            }
            b'M' => {
                self.impl_path(in_type)?;
                self.put("<");
                self.ty()?;
                self.put(">");
            }
            b'X' => {
                self.impl_path(in_type)?;
                self.trait_impl()?;
            }
            b'Y' => self.trait_impl()?,
            b'N' => self.nested_path(in_type)?,
            b'I' => {
                self.path(in_type, false)?;
                self.put(if in_type { "<" } else { "::<" });
                self.items(", ", Self::generic_arg)?;
                if open {
                    return Some(true);
                }
                self.put(">");
            }
            b'B' => return self.back_reference(false, |demangler| demangler.path(in_type, open)),
            _ => return None,
        }
        Some(false)
    }

    /// Where an `impl` stands; not shown.
    fn impl_path(&mut self, in_type: bool) -> Option<()> {
        let outer = std::mem::replace(&mut self.silent, true);
        self.optional_base62(b's')?;
        self.path(in_type, false)?;
        self.silent = outer;
        Some(())
    }

    fn trait_impl(&mut self) -> Option<()> {
        self.put("<");
        self.ty()?;
        self.put(" as ");
        self.path(true, false)?;
        self.put(">");
        Some(())
    }

    /// What follows the `N` of a nested path. Ordinary names within ordinary names take no recursion.
    fn nested_path(&mut self, in_type: bool) -> Option<()> {
        let mut names = 1;
        let mut namespace = self.next()?;
        while namespace.is_ascii_lowercase() && self.eat(b'N') {
            namespace = self.next()?;
            names += 1;
        }
        if !namespace.is_ascii_alphabetic() {
            return None;
        }
        self.depth += names - 1;
        self.path(in_type, false)?;
        self.depth -= names - 1;
        if namespace.is_ascii_uppercase() {
            self.special_name(namespace)?;
            names -= 1;
        }
        for _ in 0..names {
            self.optional_base62(b's')?;
            let name = self.identifier()?;
            if !name.text.is_empty() {
                self.put("::");
                self.put_identifier(name)?;
            }
        }
        Some(())
    }

    /// The name of a closure or of something else that has no ordinary name.
    fn special_name(&mut self, namespace: u8) -> Option<()> {
        let disambiguator = self.optional_base62(b's')?;
        let name = self.identifier()?;
        self.put("::{");
        match namespace {
            b'C' => self.put("closure"),
            b'S' => self.put("shim"),
            _ => self.put_char(namespace),
        }
        if !name.text.is_empty() {
            self.put(":");
            self.put_identifier(name)?;
        }
        self.put("#");
        self.put_number(disambiguator);
        self.put("}");
        Some(())
    }

    fn put_number(&mut self, number: u64) {
        if !self.silent {
            self.out.extend_from_slice(number.to_string().as_bytes());
        }
    }

    fn generic_arg(&mut self) -> Option<()> {
        if self.eat(b'L') {
            let index = self.base62()?;
            return self.put_lifetime(index);
        }
        if self.eat(b'K') { self.constant() } else { self.ty() }
    }
}
