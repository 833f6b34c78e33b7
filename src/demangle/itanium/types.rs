//! Types.
//!
//! Spec: Itanium C++ ABI, 5.1.5 "Type encodings".

use super::node::{FunctionType, Node, NodeId, RefQual, Text};
use super::operators::Precedence;
use super::parser::Parser;

/// The builtin types of one letter.
pub(super) fn builtin(letter: u8) -> Option<Text> {
    Some(match letter {
        b'v' => &"void",
        b'w' => &"wchar_t",
        b'b' => &"bool",
        b'c' => &"char",
        b'a' => &"signed char",
        b'h' => &"unsigned char",
        b's' => &"short",
        b't' => &"unsigned short",
        b'i' => &"int",
        b'j' => &"unsigned int",
        b'l' => &"long",
        b'm' => &"unsigned long",
        b'x' => &"long long",
        b'y' => &"unsigned long long",
        b'n' => &"__int128",
        b'o' => &"unsigned __int128",
        b'f' => &"float",
        b'd' => &"double",
        b'e' => &"long double",
        b'g' => &"__float128",
        b'z' => &"...",
        _ => return None,
    })
}

/// The builtin types of `D` and a letter.
fn builtin_d(letter: u8) -> Option<Text> {
    Some(match letter {
        b'd' => &"decimal64",
        b'e' => &"decimal128",
        b'f' => &"decimal32",
        b'h' => &"half",
        b'i' => &"char32_t",
        b's' => &"char16_t",
        b'u' => &"char8_t",
        b'a' => &"auto",
        b'c' => &"decltype(auto)",
        b'n' => &"std::nullptr_t",
        _ => return None,
    })
}

impl Parser<'_> {
    /// `<type>`
    #[inline]
    pub(super) fn ty(&mut self) -> Option<NodeId> {
        if let Some(text) = builtin(self.look()) {
            self.pos += 1;
            return self.fixed(text);
        }
        self.deeper(Self::compound_type)
    }

    /// A type that is not one letter. All but the builtin ones become substitutions.
    fn compound_type(&mut self) -> Option<NodeId> {
        let ty = match self.look() {
            b'r' | b'V' | b'K' if self.at_function_type() => self.function_type()?,
            b'r' | b'V' | b'K' | b'U' => self.qualified_type()?,
            b'u' => self.vendor_type()?,
            b'D' => match self.d_type()? {
                (ty, true) => ty,
                (ty, false) => return Some(ty),
            },
            b'F' => self.function_type()?,
            b'A' => self.array_type()?,
            b'M' => self.member_pointer()?,
            b'T' if !matches!(self.look_at(1), b's' | b'u' | b'e') => self.template_param_type()?,
            b'P' => self.wrapped(Node::Pointer)?,
            b'R' => self.wrapped(|ty| Node::Reference { ty, rvalue: false })?,
            b'O' => self.wrapped(|ty| Node::Reference { ty, rvalue: true })?,
            b'C' => self.wrapped(|ty| Node::Postfixed { ty, text: &" complex" })?,
            b'G' => self.wrapped(|ty| Node::Postfixed { ty, text: &" imaginary" })?,
            b'S' if self.look_at(1) != b't' => match self.substituted_type()? {
                (ty, true) => ty,
                (ty, false) => return Some(ty),
            },
            _ => self.class_type()?,
        };
        self.push_sub(ty);
        Some(ty)
    }

    /// A letter and the type that it makes another one of.
    fn wrapped(&mut self, make: impl Fn(NodeId) -> Node) -> Option<NodeId> {
        self.skip(1);
        let ty = self.ty()?;
        self.make(make(ty))
    }

    /// Whether a function type comes after qualifiers; they are then its own.
    fn at_function_type(&self) -> bool {
        let mut ahead = 0;
        for qualifier in [b'r', b'V', b'K'] {
            ahead += usize::from(self.look_at(ahead) == qualifier);
        }
        match self.look_at(ahead) {
            b'F' => true,
            b'D' => matches!(self.look_at(ahead + 1), b'o' | b'O' | b'w' | b'x'),
            _ => false,
        }
    }

    /// `<qualified-type>`: standard qualifiers, or one of a vendor.
    fn qualified_type(&mut self) -> Option<NodeId> {
        if !self.eat(b'U') {
            let quals = self.cv_qualifiers();
            let ty = self.ty()?;
            return if quals == 0 { Some(ty) } else { self.make(Node::Qualified { ty, quals }) };
        }
        let name = self.bare_source_name()?;
        if let Some(protocol) = self.text(name).strip_prefix(b"objcproto") {
            let digits = protocol.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let length: usize = std::str::from_utf8(&protocol[..digits]).ok()?.parse().ok()?;
            if length == 0 || length > protocol.len() - digits {
                return None;
            }
            let start = name.end as usize - protocol.len() + digits;
            let ty = self.deeper(Self::qualified_type)?;
            let name = self.span(start, start + length);
            return self.make(Node::Protocol { ty, name });
        }
        let args = if self.look() == b'I' { Some(self.template_args(false)?) } else { None };
        let ty = self.deeper(Self::qualified_type)?;
        let name = self.make(Node::Source(name))?;
        self.make(Node::VendorQualified { ty, name, args })
    }

    /// `u <source-name> [I <type> E]`
    fn vendor_type(&mut self) -> Option<NodeId> {
        self.skip(1);
        let name = self.bare_source_name()?;
        let name = self.make(Node::Source(name))?;
        if !self.eat(b'I') {
            return Some(name);
        }
        let ty = self.ty()?;
        self.expect(b'E')?;
        self.make(Node::Transformed { name, ty })
    }

    /// A type that starts with `D`. The flag tells whether it becomes a substitution.
    fn d_type(&mut self) -> Option<(NodeId, bool)> {
        let letter = self.look_at(1);
        if let Some(text) = builtin_d(letter) {
            self.skip(2);
            return Some((self.fixed(text)?, false));
        }
        match letter {
            b'F' => Some((self.float_type()?, false)),
            b'B' | b'U' => Some((self.bit_int()?, true)),
            b'A' | b'R' | b'S' => Some((self.fixed_point()?, false)),
            b'k' | b'K' => {
                self.skip(2);
                let ty = self.name(None)?;
                let text: Text = if letter == b'k' { &" auto" } else { &" decltype(auto)" };
                Some((self.make(Node::Postfixed { ty, text })?, false))
            }
            b't' | b'T' => Some((self.decltype()?, true)),
            b'v' => Some((self.vector_type()?, true)),
            b'p' => {
                self.skip(2);
                let ty = self.ty()?;
                Some((self.make(Node::Expansion(ty))?, true))
            }
            b'o' | b'O' | b'w' | b'x' => Some((self.function_type()?, true)),
            _ => None,
        }
    }

    /// `DF <bits> _` or `DF16b`
    fn float_type(&mut self) -> Option<NodeId> {
        self.skip(2);
        if self.eat_all(b"16b") {
            return self.fixed(&"std::bfloat16_t");
        }
        let bits = self.number(false);
        self.expect(b'_')?;
        self.make(Node::Float(bits))
    }

    /// `DB <bits> _` or `DU <bits> _`, the bits a number or an expression.
    fn bit_int(&mut self) -> Option<NodeId> {
        let signed = self.look_at(1) == b'B';
        self.skip(2);
        let size = if self.look().is_ascii_digit() {
            let bits = self.number(false);
            self.make(Node::Source(bits))?
        } else {
            self.expr()?
        };
        self.expect(b'_')?;
        self.make(Node::BitInt { size, signed })
    }

    /// `[DS] DA <size>` or `[DS] DR <size>`
    fn fixed_point(&mut self) -> Option<NodeId> {
        let saturated = self.eat_all(b"DS");
        self.expect(b'D')?;
        let fraction = match self.look() {
            b'A' => false,
            b'R' => true,
            _ => return None,
        };
        let text: [[Text; 2]; 2] = match self.look_at(1) {
            b's' => [[&"short _Accum", &"short _Fract"], [&"_Sat short _Accum", &"_Sat short _Fract"]],
            b't' => [
                [&"unsigned short _Accum", &"unsigned short _Fract"],
                [&"_Sat unsigned short _Accum", &"_Sat unsigned short _Fract"],
            ],
            b'i' => [[&"_Accum", &"_Fract"], [&"_Sat _Accum", &"_Sat _Fract"]],
            b'j' => [[&"unsigned _Accum", &"unsigned _Fract"], [&"_Sat unsigned _Accum", &"_Sat unsigned _Fract"]],
            b'l' => [[&"long _Accum", &"long _Fract"], [&"_Sat long _Accum", &"_Sat long _Fract"]],
            b'm' => [
                [&"unsigned long _Accum", &"unsigned long _Fract"],
                [&"_Sat unsigned long _Accum", &"_Sat unsigned long _Fract"],
            ],
            _ => return None,
        };
        self.skip(2);
        self.fixed(text[usize::from(saturated)][usize::from(fraction)])
    }

    /// `Dt <expression> E` or `DT <expression> E`
    pub(super) fn decltype(&mut self) -> Option<NodeId> {
        self.skip(2);
        let child = self.expr()?;
        self.expect(b'E')?;
        self.make(Node::Enclosing { text: &"decltype", child, precedence: Precedence::Primary })
    }

    /// `<vector-type>`
    fn vector_type(&mut self) -> Option<NodeId> {
        self.skip(2);
        let dimension = if matches!(self.look(), b'1'..=b'9') {
            let number = self.number(false);
            let dimension = self.make(Node::Source(number))?;
            self.expect(b'_')?;
            if self.eat(b'p') {
                return self.make(Node::PixelVector(dimension));
            }
            Some(dimension)
        } else if self.eat(b'_') {
            None
        } else {
            let dimension = self.expr()?;
            self.expect(b'_')?;
            Some(dimension)
        };
        let element = self.ty()?;
        self.make(Node::Vector { element, dimension })
    }

    /// `<array-type>`
    fn array_type(&mut self) -> Option<NodeId> {
        self.skip(1);
        let dimension = if self.look().is_ascii_digit() {
            let number = self.number(false);
            self.expect(b'_')?;
            Some(self.make(Node::Source(number))?)
        } else if self.eat(b'_') {
            None
        } else {
            let dimension = self.expr()?;
            self.expect(b'_')?;
            Some(dimension)
        };
        let element = self.ty()?;
        self.make(Node::Array { element, dimension })
    }

    /// `<pointer-to-member-type>`
    fn member_pointer(&mut self) -> Option<NodeId> {
        self.skip(1);
        let class = self.ty()?;
        let member = self.ty()?;
        self.make(Node::MemberPointer { class, member })
    }

    /// A template parameter, or what a template template parameter makes with arguments.
    fn template_param_type(&mut self) -> Option<NodeId> {
        let name = self.template_param()?;
        if !self.try_template_args || self.look() != b'I' {
            return Some(name);
        }
        self.push_sub(name);
        let args = self.template_args(false)?;
        self.make(Node::Template { name, args })
    }

    /// A type that starts with a substitution. The flag tells whether it is a new one.
    fn substituted_type(&mut self) -> Option<(NodeId, bool)> {
        let (name, is_sub) = self.unscoped_name(None)?;
        if self.look() == b'I' && (!is_sub || self.try_template_args) {
            if !is_sub {
                self.push_sub(name);
            }
            let args = self.template_args(false)?;
            return Some((self.make(Node::Template { name, args })?, true));
        }
        Some((name, !is_sub))
    }

    /// `<class-enum-type>`
    fn class_type(&mut self) -> Option<NodeId> {
        let keyword: Option<Text> = if self.eat_all(b"Ts") {
            Some(&"struct")
        } else if self.eat_all(b"Tu") {
            Some(&"union")
        } else if self.eat_all(b"Te") {
            Some(&"enum")
        } else {
            None
        };
        let ty = self.name(None)?;
        match keyword {
            Some(keyword) => self.make(Node::Elaborated { keyword, ty }),
            None => Some(ty),
        }
    }

    /// `<function-type>`
    fn function_type(&mut self) -> Option<NodeId> {
        let quals = self.cv_qualifiers();
        let exception = self.exception_spec()?;
        // A transactional function: not printed, and neither is `extern "C"`.
        self.eat_all(b"Dx");
        self.expect(b'F')?;
        self.eat(b'Y');
        let result = self.ty()?;
        let from = self.begin_list();
        let ref_qual = loop {
            if self.eat(b'E') {
                break RefQual::None;
            }
            if self.eat(b'v') {
                continue;
            }
            if self.eat_all(b"RE") {
                break RefQual::LValue;
            }
            if self.eat_all(b"OE") {
                break RefQual::RValue;
            }
            let param = self.ty()?;
            self.push_item(param);
        };
        let params = self.end_list(from);
        let functions = &mut self.scratch.arena.functions;
        let index = functions.len() as u32;
        functions.push(FunctionType { result, params, exception, quals, ref_qual });
        self.make(Node::Function(index))
    }

    /// `<exception-spec>`, if there is one.
    fn exception_spec(&mut self) -> Option<Option<NodeId>> {
        let spec = if self.eat_all(b"Do") {
            self.fixed(&"noexcept")?
        } else if self.eat_all(b"DO") {
            let condition = self.expr()?;
            self.expect(b'E')?;
            self.make(Node::Noexcept(condition))?
        } else if self.eat_all(b"Dw") {
            let types = self.list_until(b'E', Self::ty)?;
            self.make(Node::Throws(types))?
        } else {
            return Some(None);
        };
        Some(Some(spec))
    }
}
