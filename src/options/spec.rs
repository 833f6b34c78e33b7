//! What a row of the option table is made of.

use super::Options;
use super::apply::{Check, State};

/// How many dashes an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dashes {
    /// `-x`: the one-letter options.
    One,
    /// `--x` only. With one dash, most of these would read as a one-letter option with a value (`-export-all`).
    Two,
    /// `-x` and `--x`.
    Either,
}

/// Where an option's value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No value.
    Flag,
    /// `--x=VALUE`.
    Equals,
    /// `--x=VALUE` or `--x VALUE`.
    EqualsOrNext,
    /// `--xVALUE`.
    Joined,
    /// `-x VALUE`.
    Next,
    /// `-xVALUE` or `-x VALUE`.
    JoinedOrNext,
}

/// Sections of the README's table, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Files and libraries.
    Inputs,
    /// The output file and its kind.
    Output,
    /// Entry, exports, undefined symbols.
    Symbols,
    /// Linear memory, stack, table.
    Memory,
    /// What is kept, dropped and merged.
    Contents,
    /// Target features.
    Features,
    /// Messages and reports.
    Reports,
    /// Threads, response files, options of the program itself.
    Program,
    /// Link-time optimisation: accepted, without effect.
    Lto,
}

impl Category {
    /// All of them, in the README's order.
    pub const ALL: [Self; 9] = [
        Self::Inputs,
        Self::Output,
        Self::Symbols,
        Self::Memory,
        Self::Contents,
        Self::Features,
        Self::Reports,
        Self::Program,
        Self::Lto,
    ];

    /// The heading in the README.
    pub fn title(self) -> &'static str {
        match self {
            Self::Inputs => "Inputs",
            Self::Output => "Output",
            Self::Symbols => "Symbols",
            Self::Memory => "Memory, stack and table",
            Self::Contents => "What the output contains",
            Self::Features => "Target features",
            Self::Reports => "Messages and reports",
            Self::Program => "The program",
            Self::Lto => "Link-time optimisation (accepted, without effect)",
        }
    }
}

/// What an option does.
#[derive(Clone, Copy, Debug)]
pub enum Set {
    /// A flag sets fields.
    Flag(fn(&mut Options)),
    /// A value is stored.
    Text(fn(&mut Options, String)),
    /// A decimal number is stored. A negative one wraps around, as in LLD; errors are reported at the place of `Check`.
    Number(Check, fn(&mut Options, u64)),
    /// Anything else.
    State(fn(&mut State, Argument)),
    /// The same as the option of this spelling (without dashes), with a fixed value if that one needs a value.
    Alias(&'static str, &'static str),
    /// Accepted without effect; whether a warning says so.
    Ignored(bool),
}

/// An option as it was found on the command line.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The option with its dashes, and the joined value if it has one: how messages name it.
    pub spelled: String,
    /// Its value; empty for flags.
    pub value: String,
}

/// One option: a row of [`super::table::OPTIONS`].
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Without dashes and `=`.
    pub name: &'static str,
    /// Accepted number of dashes.
    pub dashes: Dashes,
    /// Place of the value.
    pub shape: Shape,
    /// What the help calls the value, brackets included; empty for flags.
    pub meta: &'static str,
    /// One line for `--help` and the README; generated for aliases.
    pub help: &'static str,
    /// Section of the README.
    pub category: Category,
    /// What it does.
    pub set: Set,
}

impl Spec {
    const fn new(name: &'static str, dashes: Dashes, shape: Shape, set: Set) -> Self {
        Self { name, dashes, shape, meta: "", help: "", category: Category::Program, set }
    }
    /// A flag with one or two dashes.
    pub(super) const fn flag(name: &'static str, set: fn(&mut Options)) -> Self {
        Self::new(name, Dashes::Either, Shape::Flag, Set::Flag(set))
    }
    /// `--x=VALUE` or `--x VALUE`, with one or two dashes.
    pub(super) const fn text(name: &'static str, set: fn(&mut Options, String)) -> Self {
        Self::new(name, Dashes::Either, Shape::EqualsOrNext, Set::Text(set)).meta("<value>")
    }
    /// `--x=NUMBER`, with two dashes.
    pub(super) const fn number(name: &'static str, check: Check, set: fn(&mut Options, u64)) -> Self {
        Self::new(name, Dashes::Two, Shape::Equals, Set::Number(check, set)).meta("<number>")
    }
    /// A flag or value that touches more than one field.
    pub(super) const fn state(name: &'static str, set: fn(&mut State, Argument)) -> Self {
        Self::new(name, Dashes::Either, Shape::Flag, Set::State(set))
    }
    /// Another spelling of the flag `of`.
    pub(super) const fn alias(name: &'static str, of: &'static str) -> Self {
        Self::new(name, Dashes::Either, Shape::Flag, Set::Alias(of, ""))
    }
    /// Accepted without effect, with one or two dashes.
    pub(super) const fn ignored(name: &'static str, shape: Shape, warns: bool) -> Self {
        let meta = if matches!(shape, Shape::Flag) { "" } else { "<value>" };
        Self::new(name, Dashes::Either, shape, Set::Ignored(warns)).meta(meta)
    }
    /// Sets the shape.
    pub(super) const fn shape(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }
    /// Accepts one dash only.
    pub(super) const fn one_dash(self) -> Self {
        Self { dashes: Dashes::One, ..self }
    }
    /// Accepts two dashes only.
    pub(super) const fn two_dashes(self) -> Self {
        Self { dashes: Dashes::Two, ..self }
    }
    /// `-xVALUE` or `-x VALUE`.
    pub(super) const fn short(self) -> Self {
        self.one_dash().shape(Shape::JoinedOrNext)
    }
    /// `--x=VALUE` only.
    pub(super) const fn equals(self) -> Self {
        self.shape(Shape::Equals)
    }
    /// What the help calls the value.
    pub(super) const fn meta(self, meta: &'static str) -> Self {
        Self { meta, ..self }
    }
    /// The fixed value that an alias passes on.
    pub(super) const fn with(self, value: &'static str) -> Self {
        match self.set {
            Set::Alias(of, _) => Self { set: Set::Alias(of, value), ..self },
            _ => self,
        }
    }
    /// Section and help text.
    pub(super) const fn help(self, category: Category, help: &'static str) -> Self {
        Self { category, help, ..self }
    }

    /// Dashes and name.
    pub fn spelled(&self) -> String {
        format!("{}{}", if self.dashes == Dashes::One { "-" } else { "--" }, self.name)
    }

    /// The option as the help shows it: `--export=<symbol>`, `-L <dir>`.
    pub fn usage(&self) -> String {
        let between = match self.shape {
            Shape::Flag | Shape::Joined => "",
            Shape::Equals | Shape::EqualsOrNext => "=",
            Shape::Next | Shape::JoinedOrNext => " ",
        };
        format!("{}{between}{}", self.spelled(), self.meta)
    }
}
