//! What went wrong, and where: typed, sited, collected in input order.

use std::fmt;

/// A place inside an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The file as messages show it: `a.o` or `libc.a(printf.o)`.
    pub file: String,
    /// Section name (`CODE`, `linking`, `reloc.CODE`, ...); empty for the file as a whole.
    pub section: String,
    /// Bytes from the start of the file (of the member, in an archive).
    pub offset: u64,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.section.is_empty() {
            return write!(f, "{}:({:#x})", self.file, self.offset);
        }
        write!(f, "{}:({}+{:#x})", self.file, self.section, self.offset)
    }
}

/// Whether the link can still succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The link goes on (an error under `--fatal-warnings`).
    Warning,
    /// The link fails.
    Error,
}

/// What a diagnostic is about, for programs that handle it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Command line or builder options.
    Option,
    /// An option of other linkers that is accepted without effect. Stays a warning under `--fatal-warnings`.
    Compatibility,
    /// A file that cannot be found, read or recognised.
    Input,
    /// A file whose contents break the format.
    Malformed,
    /// Something that is valid but that this version cannot link.
    Unsupported,
    /// Definitions and references of symbols.
    Symbol,
    /// Function signatures that disagree.
    Signature,
    /// Memory, table and stack layout.
    Layout,
    /// Target features.
    Feature,
    /// Writing the result.
    Output,
}

/// One message, without the `wold: error: ` in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What it is about.
    pub kind: Kind,
    /// Where in an input, if it has a place.
    pub site: Option<Box<Site>>,
    /// The text, as LLD words it where LLD has such a message.
    pub message: String,
    /// Further lines, shown behind `>>> `.
    pub notes: Vec<String>,
    /// Lines behind those that wasm-ld does not have: `--no-hints` leaves them out.
    pub hints: Vec<String>,
    /// What it is about in terms of the inputs, from which hints are made.
    pub subject: Option<Box<Subject>>,
}

/// A symbol of an input, by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of the member; `u32::MAX`: the linker.
    pub member: u32,
    /// Index into the member's symbol table.
    pub symbol: u32,
}

/// What a diagnostic is about, for the passes that explain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A reference to a symbol that nothing defines: its name, and the reference.
    Undefined(String, Place),
    /// The entry symbol of this name is not defined.
    Entry(String),
    /// An exported symbol of this name is not defined.
    Export(String),
    /// No folder has the library of this name.
    Library(String),
    /// Two definitions of a symbol.
    Duplicate(Place, Place),
    /// A function with two signatures.
    Signature(Place, Place),
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            kind,
            site: None,
            message: message.into(),
            notes: Vec::new(),
            hints: Vec::new(),
            subject: None,
        }
    }
    /// A warning without a place.
    pub fn warning(kind: Kind, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(kind, message) }
    }
    /// An error about the bytes at `site`.
    pub fn malformed(site: Site, message: impl Into<String>) -> Self {
        Self { site: Some(Box::new(site)), ..Self::error(Kind::Malformed, message) }
    }
    /// The error for a feature of the field that this version lacks.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::error(Kind::Unsupported, format!("not supported yet: {what}"))
    }
    /// Says what it is about.
    pub fn about(self, subject: Subject) -> Self {
        Self { subject: Some(Box::new(subject)), ..self }
    }
    /// Adds a line that wasm-ld does not have, shown behind `>>> `.
    pub fn hint(mut self, line: impl Into<String>) -> Self {
        self.hints.push(line.into());
        self
    }
    /// The message as the command line prints it: LLD's own lines first, then, if wanted, Wold's.
    pub fn text(&self, hints: bool) -> String {
        let mut text = match &self.site {
            Some(site) => format!("{}: {}", site.file, self.message),
            None => self.message.clone(),
        };
        let place = self.site.as_ref().filter(|_| hints).map(|site| match site.section.as_str() {
            "" => format!("at offset {:#x}", site.offset),
            section => format!("in section {section} at offset {:#x}", site.offset),
        });
        let hints = self.hints.iter().filter(|_| hints);
        for line in self.notes.iter().chain(&place).chain(hints) {
            text += "\n>>> ";
            text += line;
        }
        text
    }
    /// Adds a line, shown behind `>>> `.
    pub fn note(mut self, line: impl Into<String>) -> Self {
        self.notes.push(line.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(site) = &self.site {
            write!(f, "{site}: ")?;
        }
        f.write_str(&self.message)?;
        for line in self.notes.iter().chain(&self.hints) {
            write!(f, "\n>>> {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// The link stops here; the reasons are in [`Diagnostics`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed;

/// Everything that a link has to say, in the order in which a serial link would say it.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    errors: usize,
    fatal_warnings: bool,
    /// Lines for standard output: `--trace`, `--print-gc-sections`, `-M`, ...
    output: Vec<String>,
}

impl Diagnostics {
    /// No diagnostics yet. With `fatal_warnings`, warnings count as errors.
    pub fn new(fatal_warnings: bool) -> Self {
        Self { fatal_warnings, ..Self::default() }
    }
    /// A collection with the same rules that has nothing to say yet.
    pub(crate) fn empty(&self) -> Self {
        Self::new(self.fatal_warnings)
    }
    /// Appends `diagnostic`.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if self.fatal_warnings && diagnostic.kind != Kind::Compatibility {
            diagnostic.severity = Severity::Error;
        }
        self.errors += usize::from(diagnostic.severity == Severity::Error);
        self.list.push(diagnostic);
    }
    /// Appends an error.
    pub fn error(&mut self, kind: Kind, message: impl Into<String>) {
        self.push(Diagnostic::error(kind, message));
    }
    /// Appends a warning.
    pub fn warn(&mut self, kind: Kind, message: impl Into<String>) {
        self.push(Diagnostic::warning(kind, message));
    }
    /// Appends a line for standard output.
    pub fn print(&mut self, line: impl Into<String>) {
        self.output.push(line.into());
    }
    /// Takes over what another collection holds, behind this one's.
    pub fn append(&mut self, other: Diagnostics) {
        other.list.into_iter().for_each(|diagnostic| self.push(diagnostic));
        self.output.extend(other.output);
    }
    /// `Err` if any error was pushed: a place where LLD stops when it has errors.
    pub fn checkpoint(&self) -> Result<(), Failed> {
        if self.errors > 0 { Err(Failed) } else { Ok(()) }
    }
    /// All diagnostics, in order.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }
    /// All diagnostics, for the pass that adds notes. Severities must stay.
    pub(crate) fn list_mut(&mut self) -> &mut [Diagnostic] {
        &mut self.list
    }
    /// How many of them are errors.
    pub fn error_count(&self) -> usize {
        self.errors
    }
    /// The lines for standard output, in order.
    pub fn output(&self) -> &[String] {
        &self.output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_names_file_section_and_offset() {
        let site = Site { file: "libc.a(printf.o)".into(), section: "CODE".into(), offset: 0x1f4 };
        let diagnostic = Diagnostic::malformed(site, "expected a function body").note("more");
        assert_eq!(diagnostic.to_string(), "libc.a(printf.o):(CODE+0x1f4): expected a function body\n>>> more");
    }

    #[test]
    fn fatal_warnings_are_errors() {
        let mut diagnostics = Diagnostics::new(true);
        diagnostics.warn(Kind::Compatibility, "v");
        assert_eq!(diagnostics.checkpoint(), Ok(()));
        diagnostics.warn(Kind::Option, "w");
        assert_eq!(diagnostics.checkpoint(), Err(Failed));
    }
}
