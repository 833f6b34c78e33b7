//! A compilation unit: what a compiler declares, and the buffers that its workers hand over.

use super::builder::{Data, Func, Global, Table, Tag, Type};
use super::worker::{Buffer, Worker};
use super::{BuildError, FunctionBuilder};
use parking_lot::{Mutex, RwLock};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// The place of a declaration among those of its module: where declarations come from many threads, it is what their
/// order in the output hangs on. Without one, a declaration stands behind those that have one, in order of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ordinal(pub u32);

/// Who sees a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// Its module.
    Local,
    /// All inputs of the link.
    Global,
    /// All inputs; a definition that is not weak goes before.
    Weak,
    /// All inputs and, by its name, the module's host.
    Export,
}

/// What kind of data it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// It never changes.
    Const,
    /// It can be written.
    Mutable,
    /// Each thread has its own.
    ThreadLocal,
}

/// A name: a part of one of the texts of its module's declarations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    /// Number of the compiler's text; [`OWN_TEXT`]: it is the declarations' own.
    text: u32,
    start: u32,
    end: u32,
}

const OWN_TEXT: u32 = u32::MAX;

/// What is declared.
#[derive(Clone, Debug)]
pub(crate) enum Entity {
    Func {
        ty: u32,
        linkage: Linkage,
    },
    ImportFunc {
        /// Module and field of the host's.
        names: Box<[Name; 2]>,
        ty: u32,
        weak: bool,
    },
    Data {
        kind: DataKind,
        linkage: Linkage,
    },
    ImportData {
        weak: bool,
    },
    Absolute {
        value: u64,
        linkage: Linkage,
    },
    ImportGlobal {
        value_type: u8,
        mutable: bool,
    },
    ImportTable {
        element: u8,
    },
    Tag {
        ty: u32,
        linkage: Linkage,
    },
    ImportTag {
        ty: u32,
    },
    /// It was there, and is no more.
    Removed {
        ty: Option<u32>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Declaration {
    pub name: Name,
    pub ordinal: Option<Ordinal>,
    pub entity: Entity,
}

/// Everything that a module says but bodies and bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declarations {
    text: String,
    /// What the compiler has names in: these are not copied.
    texts: Vec<Arc<str>>,
    pub list: Vec<Declaration>,
    /// Function types in their canonical encoding (see [`crate::object::Signature`]).
    pub types: Vec<Box<[u8]>>,
    type_ids: HashMap<Box<[u8]>, u32>,
    /// Name, function.
    pub exports: Vec<(Name, u32)>,
    /// Priority, function.
    pub init_functions: Vec<(u32, u32)>,
    /// Declarations whose namesakes in other modules must mean the same, with a hash of what they mean.
    pub agreements: Vec<(u32, u128)>,
    /// Features of WebAssembly that the code uses, sorted.
    features: Vec<Name>,
    /// What is declared once at most.
    once: [Option<u32>; 2],
}

/// What is declared once at most, and how it is numbered.
#[derive(Clone, Copy)]
enum Once {
    StackPointer,
    IndirectTable,
}

impl Declarations {
    /// A name.
    pub fn text(&self, name: &Name) -> &str {
        let text = self.texts.get(name.text as usize).map_or(self.text.as_str(), |text| text);
        &text[name.start as usize..name.end as usize]
    }
    /// Names of the features that the code uses.
    pub fn features(&self) -> impl ExactSizeIterator<Item = &str> {
        self.features.iter().map(|name| self.text(name))
    }
    fn parameters_of(&self, ty: Type) -> u32 {
        let encoded = self.types.get(ty.0 as usize);
        encoded.and_then(|encoded| crate::leb::read_u32(encoded, &mut 0).ok()).unwrap_or(0)
    }
    fn intern(&mut self, text: &str) -> Name {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Name { text: OWN_TEXT, start, end: self.text.len() as u32 }
    }
    fn declare(&mut self, name: Name, ordinal: Option<Ordinal>, entity: Entity) -> u32 {
        self.list.push(Declaration { name, ordinal, entity });
        self.list.len() as u32 - 1
    }
}

/// What a module is made of at a point in time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub declarations: Arc<Declarations>,
    /// In the order in which they were handed over, which nothing may depend on.
    pub buffers: Vec<Arc<Buffer>>,
    /// Like `buffers`, in the order in which they replaced what was there, each with its number.
    pub replacements: Vec<(u64, Arc<Buffer>)>,
    /// How many workers have replaced something: the number that the next one's buffer gets.
    pub replaced: u64,
    /// Counts changes of anything but `replacements`.
    pub version: u64,
}

impl Parts {
    /// Drops replacements of which nothing is left, once they may be the greater part.
    fn drop_garbage(&mut self) {
        const MANY: usize = 64;
        if self.replacements.len() < MANY || !self.replacements.len().is_power_of_two() {
            return;
        }
        let mut seen = HashSet::new();
        let mut kept = std::mem::take(&mut self.replacements);
        kept.reverse();
        kept.retain(|(_, buffer)| {
            let data = buffer.data.iter().map(|&(declaration, _)| declaration);
            let defined: Vec<u32> = buffer.functions.iter().copied().chain(data).collect();
            defined.into_iter().filter(|&declaration| seen.insert(declaration)).count() > 0
        });
        kept.reverse();
        self.replacements = kept;
    }
}

/// A compilation unit of a [`crate::Session`].
///
/// Any thread may declare; whoever does so from many threads gives ordinals, so that the output does not depend on who
/// came first. Definitions come from [`Module::worker`]s.
#[derive(Debug)]
pub struct Module {
    pub(crate) name: String,
    pub(super) is_64: bool,
    parts: Mutex<Parts>,
    /// Parameters of each declared function: workers read it for every function.
    parameters: RwLock<Vec<u32>>,
}

impl Module {
    pub(crate) fn new(name: &str, is_64: bool) -> Self {
        let (parts, parameters) = (Mutex::default(), RwLock::default());
        Self { name: name.to_owned(), is_64, parts, parameters }
    }
    /// What the module is made of now.
    pub(crate) fn parts(&self) -> Parts {
        self.parts.lock().clone()
    }
    pub(super) fn is_64(&self) -> bool {
        self.is_64
    }
    /// Appends to `known`, which holds those of the first declarations, the parameter counts of all others.
    pub(super) fn add_parameter_counts(&self, known: &mut Vec<u32>) {
        let all = self.parameters.read();
        known.extend_from_slice(all.get(known.len()..).unwrap_or(&[]));
    }
    pub(super) fn parameter_count(&self, func: Func) -> u32 {
        self.parameters.read().get(func.0 as usize).copied().unwrap_or(0)
    }
    pub(super) fn hand_over(&self, buffer: Buffer, replaces: bool) {
        let mut parts = self.parts.lock();
        match replaces {
            true => {
                let number = parts.replaced;
                parts.replacements.push((number, Arc::new(buffer)));
                parts.replaced += 1;
                parts.drop_garbage();
            }
            false => {
                parts.buffers.push(Arc::new(buffer));
                parts.version += 1;
            }
        }
    }
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Declarations) -> R) -> R {
        self.change_unless(|_| None, change)
    }
    /// What is known, or else what a change gives.
    fn change_unless<R>(
        &self,
        known: impl FnOnce(&Declarations) -> Option<R>,
        change: impl FnOnce(&mut Declarations) -> R,
    ) -> R {
        let mut parts = self.parts.lock();
        if let Some(known) = known(&parts.declarations) {
            return known;
        }
        parts.version += 1;
        change(Arc::make_mut(&mut parts.declarations))
    }
    pub(super) fn declare(&self, name: &str, ordinal: Option<Ordinal>, entity: Entity, parameters: u32) -> u32 {
        self.change(|declarations| self.declare_in(declarations, name, ordinal, (entity, parameters)))
    }
    fn declare_in(
        &self,
        declarations: &mut Declarations,
        name: &str,
        ordinal: Option<Ordinal>,
        (entity, parameters): (Entity, u32),
    ) -> u32 {
        let name = declarations.intern(name);
        let index = declarations.declare(name, ordinal, entity);
        self.parameters.write().push(parameters);
        index
    }

    /// The function type that takes and gives values of these types, as their bytes in the binary format.
    pub fn func_type(&self, parameters: &[u8], results: &[u8]) -> Type {
        let mut encoded = Vec::with_capacity(parameters.len() + results.len() + 2);
        crate::leb::push_name(&mut encoded, parameters);
        crate::leb::push_name(&mut encoded, results);
        // Workers ask for types that are there: that is no change.
        let known = |declarations: &Declarations| declarations.type_ids.get(encoded.as_slice()).copied();
        Type(self.change_unless(known, |declarations| {
            let index = declarations.types.len() as u32;
            declarations.type_ids.insert(encoded.clone().into(), index);
            declarations.types.push(encoded.clone().into());
            index
        }))
    }
    /// Takes memory for `count` further declarations, so that those that are there need not move for them.
    pub fn reserve(&self, count: usize) {
        self.change(|declarations| declarations.list.reserve(count));
        self.parameters.write().reserve(count);
    }
    /// Declares many functions and data at once: `declare` is given what declares them, with names that are parts of
    /// `names`, which is kept as it is.
    ///
    /// `declare` must not use the module.
    ///
    /// ```
    /// # use wold::{Session, mir::{Linkage, Ordinal}, options::Options};
    /// # let session = Session::new(Options::default());
    /// let module = session.module("unit");
    /// let ty = module.func_type(&[], &[]);
    /// let functions = module.declare_all("firstsecond".into(), |all| {
    ///     [all.func(0..5, ty, Linkage::Local, Some(Ordinal(0))), all.func(5..11, ty, Linkage::Local, Some(Ordinal(1)))]
    /// });
    /// # assert!(functions[0] < functions[1]);
    /// ```
    pub fn declare_all<R>(&self, names: Arc<str>, declare: impl FnOnce(&mut Declaring<'_>) -> R) -> R {
        self.change(|declarations| {
            let text = declarations.texts.len() as u32;
            declarations.texts.push(Arc::clone(&names));
            let parameters = &mut *self.parameters.write();
            declare(&mut Declaring { declarations, parameters, names: &names, text })
        })
    }
    /// Declares a function that a worker will define.
    pub fn declare_func(&self, name: &str, ty: Type, linkage: Linkage, ordinal: Option<Ordinal>) -> Func {
        let parameters = self.parameters_of(ty);
        Func(self.declare(name, ordinal, Entity::Func { ty: ty.0, linkage }, parameters))
    }
    /// Declares a function `name` that another input defines or, if none does, the host as `module`'s `field`.
    pub fn import_func(&self, name: &str, module: &str, field: &str, ty: Type, weak: bool) -> Func {
        Func(self.change(|declarations| {
            let names = Box::new([declarations.intern(module), declarations.intern(field)]);
            let entity = Entity::ImportFunc { names, ty: ty.0, weak };
            self.declare_in(declarations, name, None, (entity, 0))
        }))
    }
    /// Declares a function of the run-time library: of any input, an archive's member included.
    pub fn intrinsic(&self, name: &str, ty: Type) -> Func {
        self.import_func(name, "env", name, ty, false)
    }
    /// Declares data that a worker will define.
    pub fn declare_data(&self, name: &str, kind: DataKind, linkage: Linkage, ordinal: Option<Ordinal>) -> Data {
        Data(self.declare(name, ordinal, Entity::Data { kind, linkage }, 0))
    }
    /// Declares data that another input defines.
    pub fn import_data(&self, name: &str, weak: bool) -> Data {
        Data(self.declare(name, None, Entity::ImportData { weak }, 0))
    }
    /// Defines a number that has a name: [`FunctionBuilder::names_len`] takes it.
    pub fn absolute(&self, name: &str, value: u64, linkage: Linkage) -> Data {
        Data(self.declare(name, None, Entity::Absolute { value, linkage }, 0))
    }
    /// Gives an absolute number another value.
    pub fn replace_absolute(&self, data: Data, value: u64) {
        self.change(|declarations| {
            if let Some(Declaration { entity: Entity::Absolute { value: old, .. }, .. }) =
                declarations.list.get_mut(data.0 as usize)
            {
                *old = value;
            }
        });
    }
    /// Declares a global that another input or the linker defines.
    pub fn import_global(&self, name: &str, value_type: u8, mutable: bool) -> Global {
        Global(self.declare(name, None, Entity::ImportGlobal { value_type, mutable }, 0))
    }
    /// The linker's stack pointer. To ask for it again changes nothing.
    pub fn stack_pointer(&self) -> Global {
        let value_type = if self.is_64 { 0x7e } else { 0x7f };
        let entity = Entity::ImportGlobal { value_type, mutable: true };
        Global(self.once("__stack_pointer", entity, Once::StackPointer))
    }
    /// The table of functions whose address is taken. To ask for it again changes nothing.
    pub fn indirect_table(&self) -> Table {
        const FUNCREF: u8 = 0x70;
        let entity = Entity::ImportTable { element: FUNCREF };
        Table(self.once("__indirect_function_table", entity, Once::IndirectTable))
    }
    /// Declares `name` unless it is declared.
    fn once(&self, name: &str, entity: Entity, which: Once) -> u32 {
        let known = |declarations: &Declarations| declarations.once[which as usize];
        self.change_unless(known, |declarations| {
            let index = self.declare_in(declarations, name, None, (entity, 0));
            *declarations.once[which as usize].insert(index)
        })
    }
    /// Defines an exception tag.
    pub fn define_tag(&self, name: &str, ty: Type, linkage: Linkage, ordinal: Option<Ordinal>) -> Tag {
        Tag(self.declare(name, ordinal, Entity::Tag { ty: ty.0, linkage }, 0))
    }
    /// Declares an exception tag that another input defines.
    pub fn import_tag(&self, name: &str, ty: Type) -> Tag {
        Tag(self.declare(name, None, Entity::ImportTag { ty: ty.0 }, 0))
    }
    /// Exports a function under a further name.
    pub fn export(&self, name: &str, func: Func) {
        self.change(|declarations| {
            let name = declarations.intern(name);
            declarations.exports.push((name, func.0));
        });
    }
    /// Takes an export back. Returns whether there was one.
    pub fn remove_export(&self, name: &str) -> bool {
        self.change(|declarations| {
            let before = declarations.exports.len();
            let mut exports = std::mem::take(&mut declarations.exports);
            exports.retain(|(known, _)| declarations.text(known) != name);
            declarations.exports = exports;
            declarations.exports.len() < before
        })
    }
    /// Has `func` called at start-up; lower priorities run first, and of equal ones whoever is declared first
    /// ([`Ordinal`]).
    pub fn init_func(&self, func: Func, priority: u32) {
        self.change(|declarations| declarations.init_functions.push((priority, func.0)));
    }
    /// Says that the module's code uses a feature of WebAssembly that not all hosts have, such as `atomics`. Options may
    /// ask for some, and the module that is linked lists them.
    pub fn use_feature(&self, name: &str) {
        self.change(|declarations| {
            if let Err(at) = declarations.features.binary_search_by(|known| declarations.text(known).cmp(name)) {
                let name = declarations.intern(name);
                declarations.features.insert(at, name);
            }
        });
    }
    /// A worker: one for each thread.
    pub fn worker(&self) -> Worker<'_> {
        Worker::new(self, false)
    }

    /// A worker whose definitions replace those that were there before: of two such workers, those of the later one
    /// that is dropped.
    pub fn replacing_worker(&self) -> Worker<'_> {
        Worker::new(self, true)
    }
    /// Replaces the body of `func`, or defines it.
    ///
    /// # Errors
    /// The first slip of `build`; the old body then stays.
    pub fn replace_func(&self, func: Func, build: impl FnOnce(&mut FunctionBuilder<'_>)) -> Result<(), BuildError> {
        self.replacing_worker().func(func, build)
    }
    /// Replaces `data`, or defines it.
    pub fn replace_data(&self, data: Data, bytes: &[u8], alignment: u32, fixups: &[super::Fixup]) {
        self.replacing_worker().data(data, bytes, alignment, fixups);
    }
    /// Removes a function: it is as if it had been declared by an object that is not there.
    pub fn remove_func(&self, func: Func) {
        self.remove(func.0);
    }
    /// Removes data.
    pub fn remove_data(&self, data: Data) {
        self.remove(data.0);
    }
    fn remove(&self, index: u32) {
        self.change(|declarations| {
            declarations.exports.retain(|&(_, func)| func != index);
            declarations.init_functions.retain(|&(_, func)| func != index);
            if let Some(declaration) = declarations.list.get_mut(index as usize) {
                let ty = match declaration.entity {
                    Entity::Func { ty, .. } | Entity::ImportFunc { ty, .. } => Some(ty),
                    _ => None,
                };
                declaration.entity = Entity::Removed { ty };
            }
        });
    }
    fn parameters_of(&self, ty: Type) -> u32 {
        self.parts.lock().declarations.parameters_of(ty)
    }
}

/// Declares many functions and data: see [`Module::declare_all`].
#[derive(Debug)]
pub struct Declaring<'m> {
    declarations: &'m mut Declarations,
    parameters: &'m mut Vec<u32>,
    names: &'m str,
    /// The number of `names`.
    text: u32,
}

impl Declaring<'_> {
    /// Declares a function that a worker will define.
    ///
    /// # Panics
    /// If `name` is no part of the names.
    pub fn func(&mut self, name: Range<u32>, ty: Type, linkage: Linkage, ordinal: Option<Ordinal>) -> Func {
        let parameters = self.declarations.parameters_of(ty);
        Func(self.declare(name, ordinal, Entity::Func { ty: ty.0, linkage }, parameters))
    }
    /// Declares data that a worker will define.
    ///
    /// # Panics
    /// If `name` is no part of the names.
    pub fn data(&mut self, name: Range<u32>, kind: DataKind, linkage: Linkage, ordinal: Option<Ordinal>) -> Data {
        Data(self.declare(name, ordinal, Entity::Data { kind, linkage }, 0))
    }
    fn declare(&mut self, name: Range<u32>, ordinal: Option<Ordinal>, entity: Entity, parameters: u32) -> u32 {
        let Range { start, end } = name;
        assert!(self.names.get(start as usize..end as usize).is_some(), "a name is a part of the names");
        self.parameters.push(parameters);
        self.declarations.declare(Name { text: self.text, start, end }, ordinal, entity)
    }
}
