//! What a source file says.

/// A file.
#[derive(Debug, Default)]
pub struct Source {
    pub externs: Vec<Extern>,
    pub data: Vec<Data>,
    pub enums: Vec<Enum>,
    pub functions: Vec<Function>,
}

/// A C function.
#[derive(Debug)]
pub struct Extern {
    pub name: String,
    pub parameters: usize,
}

/// Constant words.
#[derive(Debug)]
pub struct Data {
    pub name: String,
    pub line: u32,
    pub words: Vec<Word>,
}

#[derive(Debug)]
pub enum Word {
    Number(i32),
    Text(String),
    Function(String),
    Data(String),
}

#[derive(Clone, Debug)]
pub struct Enum {
    pub name: String,
    pub values: Vec<(u64, String)>,
}

#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub line: u32,
    pub parameters: Vec<String>,
    pub body: Vec<Statement>,
}

#[derive(Debug)]
pub struct Statement {
    pub line: u32,
    pub kind: StatementKind,
}

#[derive(Debug)]
pub enum StatementKind {
    Let(String, Expression),
    Set(String, Expression),
    /// Array, index, value.
    Store(Expression, Expression, Expression),
    If(Expression, Vec<Statement>, Vec<Statement>),
    While(Expression, Vec<Statement>),
    Break,
    Return(Option<Expression>),
    Print(Vec<Item>),
    Expression(Expression),
}

/// What `print` is given.
#[derive(Debug)]
pub enum Item {
    Text(String),
    Number(Expression),
    /// The name of a value of an enumeration.
    Name(String, Expression),
}

#[derive(Debug)]
pub enum Expression {
    Number(i32),
    Text(String),
    /// A variable, or the address of data.
    Name(String),
    Address(String),
    Call(String, Vec<Expression>),
    Index(Box<Expression>, Box<Expression>),
    Unary(&'static str, Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
}
