//! The operators: their two-letter codes, their place in an expression, and how they bind.
//!
//! Spec: Itanium C++ ABI, 5.1.3.3 "Operator Encodings" and 5.1.6 "Expressions".

/// How tightly an expression binds, tightest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Precedence {
    Primary,
    Postfix,
    Unary,
    Cast,
    PointerToMember,
    Multiplicative,
    Additive,
    Shift,
    Spaceship,
    Relational,
    Equality,
    And,
    Xor,
    Or,
    AndIf,
    OrIf,
    Conditional,
    Assign,
    Comma,
    /// Never needs parentheses.
    Default,
}

/// The operands of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Prefix,
    Postfix,
    Binary,
    Subscript,
    /// `.`, which no function can be named after, nor its pointer-to-member form.
    Dot,
    /// `->` and its pointer-to-member form.
    Arrow,
    New,
    NewArray,
    Delete,
    DeleteArray,
    Call,
    ParenCall,
    /// `cv`, a conversion.
    Cast,
    Conditional,
    /// Only the name of a function, not part of an expression.
    NameOnly,
    NamedCast,
    OfType,
    OfExpression,
}

impl Kind {
    /// Whether `operator` with this can be a function's name.
    pub(super) fn nameable(self) -> bool {
        !matches!(self, Kind::Dot | Kind::Cast | Kind::NamedCast | Kind::OfType | Kind::OfExpression)
    }
}

/// One row of [`OPERATORS`].
#[derive(Debug)]
pub(super) struct Operator {
    code: [u8; 2],
    pub(super) kind: Kind,
    pub(super) precedence: Precedence,
    /// As a function is named: `operator+`. For those that name none, the bare symbol.
    pub(super) name: &'static str,
}

impl Operator {
    /// The operator as it stands in an expression.
    pub(super) fn symbol(&self) -> &'static str {
        let symbol = self.name.strip_prefix("operator").unwrap_or(self.name);
        symbol.strip_prefix(' ').unwrap_or(symbol)
    }

    /// Whether a fold expression can fold with it.
    pub(super) fn foldable(&self) -> bool {
        match self.kind {
            Kind::Binary => true,
            Kind::Dot | Kind::Arrow => self.name.ends_with('*'),
            _ => false,
        }
    }
}

const fn row(code: &[u8; 2], kind: Kind, precedence: Precedence, name: &'static str) -> Operator {
    Operator { code: *code, kind, precedence, name }
}

/// All operators, sorted by code.
pub(super) static OPERATORS: [Operator; 63] = {
    use Kind::*;
    use Precedence as P;
    [
        row(b"aN", Binary, P::Assign, "operator&="),
        row(b"aS", Binary, P::Assign, "operator="),
        row(b"aa", Binary, P::AndIf, "operator&&"),
        row(b"ad", Prefix, P::Unary, "operator&"),
        row(b"an", Binary, P::And, "operator&"),
        row(b"at", OfType, P::Unary, "alignof "),
        row(b"aw", NameOnly, P::Primary, "operator co_await"),
        row(b"az", OfExpression, P::Unary, "alignof "),
        row(b"cc", NamedCast, P::Postfix, "const_cast"),
        row(b"cl", Call, P::Postfix, "operator()"),
        row(b"cm", Binary, P::Comma, "operator,"),
        row(b"co", Prefix, P::Unary, "operator~"),
        row(b"cp", ParenCall, P::Postfix, "operator()"),
        row(b"cv", Cast, P::Cast, "operator"),
        row(b"dV", Binary, P::Assign, "operator/="),
        row(b"da", DeleteArray, P::Unary, "operator delete[]"),
        row(b"dc", NamedCast, P::Postfix, "dynamic_cast"),
        row(b"de", Prefix, P::Unary, "operator*"),
        row(b"dl", Delete, P::Unary, "operator delete"),
        row(b"ds", Dot, P::PointerToMember, "operator.*"),
        row(b"dt", Dot, P::Postfix, "operator."),
        row(b"dv", Binary, P::Assign, "operator/"),
        row(b"eO", Binary, P::Assign, "operator^="),
        row(b"eo", Binary, P::Xor, "operator^"),
        row(b"eq", Binary, P::Equality, "operator=="),
        row(b"ge", Binary, P::Relational, "operator>="),
        row(b"gt", Binary, P::Relational, "operator>"),
        row(b"ix", Subscript, P::Postfix, "operator[]"),
        row(b"lS", Binary, P::Assign, "operator<<="),
        row(b"le", Binary, P::Relational, "operator<="),
        row(b"ls", Binary, P::Shift, "operator<<"),
        row(b"lt", Binary, P::Relational, "operator<"),
        row(b"mI", Binary, P::Assign, "operator-="),
        row(b"mL", Binary, P::Assign, "operator*="),
        row(b"mi", Binary, P::Additive, "operator-"),
        row(b"ml", Binary, P::Multiplicative, "operator*"),
        row(b"mm", Postfix, P::Postfix, "operator--"),
        row(b"na", NewArray, P::Unary, "operator new[]"),
        row(b"ne", Binary, P::Equality, "operator!="),
        row(b"ng", Prefix, P::Unary, "operator-"),
        row(b"nt", Prefix, P::Unary, "operator!"),
        row(b"nw", New, P::Unary, "operator new"),
        row(b"oR", Binary, P::Assign, "operator|="),
        row(b"oo", Binary, P::OrIf, "operator||"),
        row(b"or", Binary, P::Or, "operator|"),
        row(b"pL", Binary, P::Assign, "operator+="),
        row(b"pl", Binary, P::Additive, "operator+"),
        row(b"pm", Arrow, P::PointerToMember, "operator->*"),
        row(b"pp", Postfix, P::Postfix, "operator++"),
        row(b"ps", Prefix, P::Unary, "operator+"),
        row(b"pt", Arrow, P::Postfix, "operator->"),
        row(b"qu", Conditional, P::Conditional, "operator?"),
        row(b"rM", Binary, P::Assign, "operator%="),
        row(b"rS", Binary, P::Assign, "operator>>="),
        row(b"rc", NamedCast, P::Postfix, "reinterpret_cast"),
        row(b"rm", Binary, P::Multiplicative, "operator%"),
        row(b"rs", Binary, P::Shift, "operator>>"),
        row(b"sc", NamedCast, P::Postfix, "static_cast"),
        row(b"ss", Binary, P::Spaceship, "operator<=>"),
        row(b"st", OfType, P::Unary, "sizeof "),
        row(b"sz", OfExpression, P::Unary, "sizeof "),
        row(b"te", OfExpression, P::Postfix, "typeid "),
        row(b"ti", OfType, P::Postfix, "typeid "),
    ]
};

/// The index into [`OPERATORS`] of the operator with this code.
pub(super) fn find(code: [u8; 2]) -> Option<u8> {
    OPERATORS.binary_search_by_key(&code, |operator| operator.code).ok().map(|index| index as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(OPERATORS.is_sorted_by_key(|operator| operator.code));
    }

    #[test]
    fn a_symbol_has_no_operator_and_no_space() {
        let symbol = |code| find(code).map(|index| OPERATORS[index as usize].symbol());
        assert_eq!(symbol(*b"ss"), Some("<=>"));
        assert_eq!(symbol(*b"dl"), Some("delete"));
        assert_eq!(symbol(*b"st"), Some("sizeof "));
        assert_eq!(symbol(*b"zz"), None);
    }
}
