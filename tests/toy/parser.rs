//! Tokens -> syntax: recursive descent.

use super::lexer::{Token, tokens};
use super::syntax::*;

/// How deep expressions and blocks may be nested.
const DEPTH_MAX: u32 = 200;

/// Parses a file.
///
/// # Errors
/// The first mistake: its line, and what was expected.
pub fn parse(text: &str) -> Result<Source, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let mut source = Source::default();
    while parser.at < parser.tokens.len() {
        parser.item(&mut source).map_err(|error| format!("line {}: {error}", parser.line()))?;
    }
    Ok(source)
}

/// Binary operators, weakest first.
const OPERATORS: [&[&str]; 5] = [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">"], &["+", "-"], &["*", "/", "%"]];

struct Parser {
    tokens: Vec<(u32, Token)>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }
    fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |&(line, _)| line)
    }
    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += token.is_some() as usize;
        token
    }
    fn accept(&mut self, mark: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Mark(found)) if *found == mark);
        self.at += is_there as usize;
        is_there
    }
    fn accept_word(&mut self, word: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Name(found)) if found == word);
        self.at += is_there as usize;
        is_there
    }
    fn expect(&mut self, mark: &str) -> Result<(), String> {
        if self.accept(mark) { Ok(()) } else { Err(format!("expected {mark}")) }
    }
    fn name(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err("expected a name".into()),
        }
    }
    /// What `one` parses, between commas, up to `close`.
    fn list<T>(&mut self, close: &str, one: fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut list = Vec::new();
        while !self.accept(close) {
            if !list.is_empty() {
                self.expect(",")?;
                if self.accept(close) {
                    break;
                }
            }
            list.push(one(self)?);
        }
        Ok(list)
    }
    /// Runs `parse` one level deeper.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("nested too deep".into());
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn item(&mut self, source: &mut Source) -> Result<(), String> {
        let line = self.line();
        match self.name()?.as_str() {
            "extern" => {
                let name = self.name()?;
                self.expect("(")?;
                let parameters = self.list(")", Self::name)?.len();
                self.expect(";")?;
                source.externs.push(Extern { name, parameters });
            }
            "data" => {
                let name = self.name()?;
                self.expect("=")?;
                self.expect("[")?;
                let words = self.list("]", Self::word)?;
                self.expect(";")?;
                source.data.push(Data { name, line, words });
            }
            "enum" => {
                let name = self.name()?;
                self.expect("{")?;
                let list = self.list("}", Self::value)?;
                source.enums.push(Enum { name, values: number(list) });
            }
            "fn" => {
                let name = self.name()?;
                self.expect("(")?;
                let parameters = self.list(")", Self::name)?;
                let body = self.block()?;
                source.functions.push(Function { name, line, parameters, body });
            }
            _ => return Err("expected extern, data, enum or fn".into()),
        }
        Ok(())
    }
    fn word(&mut self) -> Result<Word, String> {
        let minus = self.accept("-");
        match self.next() {
            Some(Token::Number(number)) => Ok(Word::Number(if minus { -number } else { number })),
            Some(Token::Text(text)) => Ok(Word::Text(text)),
            Some(Token::Mark("&")) => Ok(Word::Function(self.name()?)),
            Some(Token::Name(name)) => Ok(Word::Data(name)),
            _ => Err("expected a number, a string or a name".into()),
        }
    }
    /// A value's name and, if it has one, its number.
    fn value(&mut self) -> Result<(String, Option<u64>), String> {
        let name = self.name()?;
        if !self.accept("=") {
            return Ok((name, None));
        }
        match self.next() {
            Some(Token::Number(number)) => Ok((name, Some(number as u64))),
            _ => Err("expected a number".into()),
        }
    }

    fn block(&mut self) -> Result<Vec<Statement>, String> {
        self.expect("{")?;
        let mut statements = Vec::new();
        while !self.accept("}") {
            statements.push(self.deeper(Self::statement)?);
        }
        Ok(statements)
    }
    fn statement(&mut self) -> Result<Statement, String> {
        let line = self.line();
        let kind = if self.accept_word("if") {
            self.condition()?
        } else if self.accept_word("while") {
            StatementKind::While(self.expression()?, self.block()?)
        } else {
            let kind = self.simple()?;
            self.expect(";")?;
            kind
        };
        Ok(Statement { line, kind })
    }
    fn condition(&mut self) -> Result<StatementKind, String> {
        let (condition, then) = (self.expression()?, self.block()?);
        let line = self.line();
        let otherwise = match self.accept_word("else") {
            false => Vec::new(),
            true if self.accept_word("if") => vec![Statement { line, kind: self.deeper(Self::condition)? }],
            true => self.block()?,
        };
        Ok(StatementKind::If(condition, then, otherwise))
    }
    /// A statement that ends in a semicolon.
    fn simple(&mut self) -> Result<StatementKind, String> {
        if self.accept_word("let") {
            let name = self.name()?;
            self.expect("=")?;
            return Ok(StatementKind::Let(name, self.expression()?));
        }
        if self.accept_word("break") {
            return Ok(StatementKind::Break);
        }
        if self.accept_word("return") {
            let is_empty = matches!(self.peek(), Some(Token::Mark(";")));
            return Ok(StatementKind::Return(if is_empty { None } else { Some(self.expression()?) }));
        }
        if self.accept_word("print") {
            let mut items = vec![self.print_item()?];
            while self.accept(",") {
                items.push(self.print_item()?);
            }
            return Ok(StatementKind::Print(items));
        }
        let expression = self.expression()?;
        if !self.accept("=") {
            return Ok(StatementKind::Expression(expression));
        }
        let value = self.expression()?;
        match expression {
            Expression::Name(name) => Ok(StatementKind::Set(name, value)),
            Expression::Index(array, index) => Ok(StatementKind::Store(*array, *index, value)),
            _ => Err("only variables and elements of arrays can be set".into()),
        }
    }
    /// A call of something whose name is capitalised is about an enumeration.
    fn print_item(&mut self) -> Result<Item, String> {
        Ok(match self.expression()? {
            Expression::Text(text) => Item::Text(text),
            Expression::Call(name, mut arguments) if is_type(&name) && arguments.len() == 1 => {
                Item::Name(name, arguments.remove(0))
            }
            expression => Item::Number(expression),
        })
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.deeper(|parser| parser.binary(0))
    }
    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = OPERATORS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.accept(operator)) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, left.into(), right.into());
        }
        Ok(left)
    }
    fn unary(&mut self) -> Result<Expression, String> {
        if self.accept("&") {
            return Ok(Expression::Address(self.name()?));
        }
        for operator in ["-", "!"] {
            if self.accept(operator) {
                return Ok(Expression::Unary(operator, self.deeper(Self::unary)?.into()));
            }
        }
        let mut value = self.primary()?;
        while self.accept("[") {
            let index = self.expression()?;
            self.expect("]")?;
            value = Expression::Index(value.into(), index.into());
        }
        Ok(value)
    }
    fn primary(&mut self) -> Result<Expression, String> {
        match self.next() {
            Some(Token::Number(number)) => Ok(Expression::Number(number)),
            Some(Token::Text(text)) => Ok(Expression::Text(text)),
            Some(Token::Name(name)) if self.accept("(") => {
                Ok(Expression::Call(name, self.list(")", Self::expression)?))
            }
            Some(Token::Name(name)) => Ok(Expression::Name(name)),
            Some(Token::Mark("(")) => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            _ => Err("expected an expression".into()),
        }
    }
}

pub fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// A value without a number has the one behind the value before it.
fn number(list: Vec<(String, Option<u64>)>) -> Vec<(u64, String)> {
    let mut next = 0;
    let numbered = list.into_iter().map(|(name, value)| {
        let value = value.unwrap_or(next);
        next = value + 1;
        (value, name)
    });
    numbered.collect()
}
