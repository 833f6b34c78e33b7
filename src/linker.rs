//! The library's front door: options and bytes in, module and messages out.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::input::Files;
use crate::options::{Options, Positional};
use crate::pipeline;

/// A link to be: options, and inputs in memory.
///
/// Links share nothing: any number may run at once, each in the rayon pool of the thread that starts it, and the same
/// inputs and options give the same bytes whatever the size of the pool.
///
/// ```no_run
/// # fn objects() -> Vec<(String, Vec<u8>)> { Vec::new() }
/// use wold::Linker;
///
/// let mut linker = Linker::new();
/// linker.options.entry = None;
/// linker.options.exports.push("run".into());
/// for (name, bytes) in objects() {
///     linker.input(name, bytes);
/// }
/// match linker.link() {
///     Ok(linked) => println!("{} bytes, {} warnings", linked.module.len(), linked.warnings.len()),
///     Err(diagnostics) => diagnostics.iter().for_each(|diagnostic| eprintln!("{diagnostic}")),
/// }
/// ```
#[derive(Debug, Default)]
pub struct Linker {
    /// What the command line's options say. `options.output` names the module in its name section.
    pub options: Options,
    files: Files,
}

/// What a successful link gives.
#[derive(Debug)]
pub struct Linked {
    /// The module.
    pub module: Vec<u8>,
    /// Warnings, in order.
    pub warnings: Vec<Diagnostic>,
    /// Lines that the command line prints to standard output: `--trace`, `-M`, ...
    pub output: Vec<String>,
}

impl Linker {
    /// A link with wasm-ld's default options and no inputs.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds an object, archive or stub library behind the others. `name` stands for it in messages.
    pub fn input(&mut self, name: impl Into<String>, bytes: Vec<u8>) -> &mut Self {
        let name = name.into();
        self.options.inputs.push(Positional::File(name.clone()));
        self.files.insert(name, bytes);
        self
    }
    /// Links.
    ///
    /// # Errors
    /// All diagnostics, errors and warnings, in the order in which wasm-ld would print them.
    pub fn link(&self) -> Result<Linked, Vec<Diagnostic>> {
        let mut diagnostics = Diagnostics::new(self.options.fatal_warnings);
        let module = pipeline::link(&self.options, &self.files, &mut diagnostics);
        let (list, output) = (diagnostics.list().to_vec(), diagnostics.output().to_vec());
        match module {
            Ok(module) => Ok(Linked { module, warnings: list, output }),
            Err(_) => Err(list),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object with nothing in it: a header and an empty `linking` section.
    const EMPTY: &[u8] = b"\0asm\x01\0\0\0\x00\x09\x07linking\x02";

    #[test]
    fn an_empty_object_gives_a_module_with_a_memory() {
        let mut linker = Linker::new();
        linker.options.entry = None;
        linker.input("empty.o", EMPTY.to_vec());
        let linked = linker.link().expect("links");
        wasmparser::validate(&linked.module).expect("valid");
        assert!(linked.warnings.is_empty());
    }

    #[test]
    fn errors_are_values() {
        let mut linker = Linker::new();
        linker.input("empty.o", EMPTY.to_vec());
        let errors = linker.link().expect_err("no entry");
        assert_eq!(errors[0].message, "entry symbol not defined (pass --no-entry to suppress): _start");
    }

    #[test]
    fn links_may_run_at_once() {
        let modules: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let links: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut linker = Linker::new();
                        linker.options.entry = None;
                        linker.input("empty.o", EMPTY.to_vec()).link().expect("links").module
                    })
                })
                .collect();
            links.into_iter().map(|link| link.join().expect("no panic")).collect()
        });
        assert!(modules.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
