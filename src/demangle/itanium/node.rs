//! The tree between parsing and printing: small nodes in one vector, children by index.

use std::num::NonZeroU32;

use super::operators::Precedence;

/// Index into [`Arena::nodes`]. Never 0, so that an absent child costs no space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(NonZeroU32);

impl NodeId {
    pub(super) fn index(self) -> usize {
        self.0.get() as usize
    }
}

/// A run of children: a range of [`Arena::children`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    start: u32,
    len: u32,
}

impl List {
    pub(super) fn len(self) -> usize {
        self.len as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// A piece of the mangled name: bytes `start..end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A fixed text, by thin reference: keeps [`Node`] at 16 bytes.
pub(super) type Text = &'static &'static str;

/// `const`, `volatile` and `restrict`, as bits.
pub(super) mod quals {
    pub(in super::super) const CONST: u8 = 1;
    pub(in super::super) const VOLATILE: u8 = 2;
    pub(in super::super) const RESTRICT: u8 = 4;
}

/// The `&` or `&&` after a member function's parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RefQual {
    #[default]
    None,
    LValue,
    RValue,
}

/// The standard library's abbreviated names (`<substitution>` with a lower-case letter).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Abbreviation {
    Allocator,
    BasicString,
    String,
    Istream,
    Ostream,
    Iostream,
}

/// What an invented template parameter of a generic lambda stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParamKind {
    Type,
    Value,
    Template,
}

/// A function with its name: what an `<encoding>` says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoding {
    pub(super) result: Option<NodeId>,
    pub(super) name: NodeId,
    pub(super) params: List,
    pub(super) enable_if: Option<List>,
    pub(super) requires: Option<NodeId>,
    pub(super) quals: u8,
    pub(super) ref_qual: RefQual,
    pub(super) explicit_object: bool,
}

/// A function type.
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionType {
    pub(super) result: NodeId,
    pub(super) params: List,
    pub(super) exception: Option<NodeId>,
    pub(super) quals: u8,
    pub(super) ref_qual: RefQual,
}

/// The unnamed class of a lambda.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closure {
    pub(super) template_params: List,
    pub(super) requires_before: Option<NodeId>,
    pub(super) params: List,
    pub(super) requires_after: Option<NodeId>,
    pub(super) count: Span,
}

/// A `new` expression.
#[derive(Clone, Copy, Debug)]
pub(super) struct New {
    pub(super) placement: List,
    pub(super) ty: NodeId,
    pub(super) init: List,
    pub(super) global: bool,
    pub(super) array: bool,
}

/// A subobject of a constant (`so`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Subobject {
    pub(super) ty: NodeId,
    pub(super) expr: NodeId,
    pub(super) offset: Span,
}

/// One construct of the grammar. Operator fields index [`super::operators::OPERATORS`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    /// Text of the mangled name itself.
    Source(Span),
    Static(Text),

    // Names.
    Nested {
        scope: NodeId,
        name: NodeId,
    },
    Friend {
        scope: NodeId,
        name: NodeId,
    },
    Local {
        encoding: NodeId,
        entity: NodeId,
    },
    Template {
        name: NodeId,
        args: NodeId,
    },
    TemplateArgs {
        args: List,
        requires: Option<NodeId>,
    },
    AbiTag {
        base: NodeId,
        tag: Span,
    },
    ModuleName {
        parent: Option<NodeId>,
        name: NodeId,
        partition: bool,
    },
    ModuleEntity {
        module: NodeId,
        name: NodeId,
    },
    Bindings(List),
    CtorDtor {
        class: NodeId,
        dtor: bool,
    },
    Abbreviated(Abbreviation),
    /// As [`Node::Abbreviated`], but written out in full: the scope of a constructor or destructor.
    AbbreviatedInFull(Abbreviation),
    Unnamed(Span),
    /// Index into [`Arena::closures`].
    Closure(u32),
    Conversion(NodeId),
    LiteralOperator(NodeId),
    Global(NodeId),
    Destructor(NodeId),
    Special {
        text: Text,
        child: NodeId,
    },
    ConstructionVtable {
        object: NodeId,
        base: NodeId,
    },
    DotSuffix {
        child: NodeId,
        suffix: Span,
    },
    /// Index into [`Arena::encodings`].
    Encoding(u32),

    // Template arguments and parameters.
    /// A `J..E` argument, printed whole.
    ArgumentPack(List),
    /// What a template parameter that names a pack refers to: one element at a time is printed.
    Pack(List),
    Expansion(NodeId),
    /// A template parameter of a conversion operator's type: its argument comes later in the name.
    Forward {
        index: u32,
        target: Option<NodeId>,
    },
    /// A template argument after the declaration of its parameter; only the argument is printed.
    QualifiedArg {
        arg: NodeId,
    },
    Invented {
        kind: ParamKind,
        index: u32,
    },
    TypeParam {
        name: NodeId,
    },
    ConstrainedParam {
        constraint: NodeId,
        name: NodeId,
    },
    ValueParam {
        name: NodeId,
        ty: NodeId,
    },
    /// `params` is a [`Node::TemplateArgs`].
    TemplateParam {
        name: NodeId,
        params: NodeId,
    },
    PackParam(NodeId),

    // Types.
    Qualified {
        ty: NodeId,
        quals: u8,
    },
    VendorQualified {
        ty: NodeId,
        name: NodeId,
        args: Option<NodeId>,
    },
    Postfixed {
        ty: NodeId,
        text: Text,
    },
    Protocol {
        ty: NodeId,
        name: Span,
    },
    Pointer(NodeId),
    Reference {
        ty: NodeId,
        rvalue: bool,
    },
    MemberPointer {
        class: NodeId,
        member: NodeId,
    },
    Array {
        element: NodeId,
        dimension: Option<NodeId>,
    },
    /// Index into [`Arena::functions`].
    Function(u32),
    Noexcept(NodeId),
    Throws(List),
    Vector {
        element: NodeId,
        dimension: Option<NodeId>,
    },
    PixelVector(NodeId),
    BitInt {
        size: NodeId,
        signed: bool,
    },
    Float(Span),
    Elaborated {
        keyword: Text,
        ty: NodeId,
    },
    Transformed {
        name: NodeId,
        ty: NodeId,
    },

    // Expressions.
    Binary {
        op: u8,
        left: NodeId,
        right: NodeId,
    },
    Prefix {
        op: u8,
        child: NodeId,
    },
    Postfix {
        op: u8,
        child: NodeId,
    },
    Subscript {
        op: u8,
        base: NodeId,
        index: NodeId,
    },
    Member {
        op: u8,
        object: NodeId,
        member: NodeId,
    },
    Conditional {
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
    },
    NamedCast {
        op: u8,
        ty: NodeId,
        value: NodeId,
    },
    /// `text(child)`
    Enclosing {
        text: Text,
        child: NodeId,
        precedence: Precedence,
    },
    Call {
        callee: NodeId,
        args: List,
        paren: bool,
    },
    Cast {
        ty: NodeId,
        args: List,
    },
    /// Index into [`Arena::news`].
    New(u32),
    Delete {
        operand: NodeId,
        global: bool,
        array: bool,
    },
    Throw(NodeId),
    SizeofPack(NodeId),
    Fold {
        op: u8,
        left: bool,
        pack: NodeId,
        init: Option<NodeId>,
    },
    InitList {
        ty: Option<NodeId>,
        items: List,
    },
    /// `.field = value` or `[index] = value`.
    Designated {
        field: NodeId,
        value: NodeId,
        array: bool,
    },
    DesignatedRange {
        first: NodeId,
        last: NodeId,
        value: NodeId,
    },
    MemberConversion {
        ty: NodeId,
        value: NodeId,
    },
    /// Index into [`Arena::subobjects`].
    Subobject(u32),
    /// `params` is a [`Node::Sequence`].
    Requires {
        params: Option<NodeId>,
        requirements: List,
    },
    ExprRequirement {
        expr: NodeId,
        noexcept: bool,
        constraint: Option<NodeId>,
    },
    TypeRequirement(NodeId),
    NestedRequirement(NodeId),
    /// A list that stands where one expression is expected.
    Sequence(List),
    FunctionParam(Span),
    Lambda(NodeId),
    Bool(bool),
    /// A number followed by the suffix of its type: `1ul`.
    Suffixed {
        suffix: NodeId,
        value: Span,
    },
    /// A number after its type in parentheses: `(E)1`.
    Typed {
        ty: NodeId,
        value: Span,
    },
    /// The hexadecimal digits of a `float`, `double` or `long double`.
    FloatLiteral(Span),
    StringLiteral(NodeId),
}

/// Whether a property of a type holds, as far as it is known before packs are expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    No,
    Yes,
    AtPrinting,
}

/// How a type takes part in a C declarator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Something is printed right of the declared name.
    pub(super) right: Known,
    pub(super) array: Known,
    pub(super) function: Known,
}

impl Shape {
    const PLAIN: Self = Self { right: Known::No, array: Known::No, function: Known::No };
    const RIGHT: Self = Self { right: Known::Yes, ..Self::PLAIN };
    const ARRAY: Self = Self { right: Known::Yes, array: Known::Yes, function: Known::No };
    const FUNCTION: Self = Self { right: Known::Yes, array: Known::No, function: Known::Yes };
    const UNKNOWN: Self = Self { right: Known::AtPrinting, array: Known::AtPrinting, function: Known::AtPrinting };
}

/// The nodes of one name.
#[derive(Debug, Default)]
pub(super) struct Arena {
    nodes: Vec<(Node, Shape)>,
    children: Vec<NodeId>,
    pub(super) encodings: Vec<Encoding>,
    pub(super) functions: Vec<FunctionType>,
    pub(super) closures: Vec<Closure>,
    pub(super) news: Vec<New>,
    pub(super) subobjects: Vec<Subobject>,
    /// Whether a forward reference was resolved: only then can the tree have a cycle.
    pub(super) has_forward: bool,
}

impl Arena {
    /// Forgets everything but keeps the memory.
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.children.clear();
        self.encodings.clear();
        self.functions.clear();
        self.closures.clear();
        self.news.clear();
        self.subobjects.clear();
        self.has_forward = false;
        // The node that no id names.
        self.nodes.push((Node::Bool(false), Shape::PLAIN));
    }

    /// How many ids there are, unused ones included: one more than the greatest.
    pub(super) fn id_count(&self) -> usize {
        self.nodes.len()
    }

    /// Bytes of the largest vectors.
    pub(super) fn capacity(&self) -> usize {
        self.nodes.capacity() * size_of::<(Node, Shape)>() + self.children.capacity() * size_of::<NodeId>()
    }

    #[inline]
    pub(super) fn node(&self, id: NodeId) -> Node {
        self.nodes[id.index()].0
    }

    #[inline]
    pub(super) fn shape(&self, id: NodeId) -> Shape {
        self.nodes[id.index()].1
    }

    #[inline]
    pub(super) fn list(&self, list: List) -> &[NodeId] {
        &self.children[list.start as usize..][..list.len as usize]
    }

    /// Element `index` of `list`, or nothing past its end.
    #[inline]
    pub(super) fn element(&self, list: List, index: usize) -> Option<NodeId> {
        self.list(list).get(index).copied()
    }

    /// Moves what `stack` holds from `from` on into a list.
    #[inline]
    pub(super) fn make_list(&mut self, stack: &mut Vec<NodeId>, from: usize) -> List {
        let start = self.children.len() as u32;
        let len = (stack.len() - from) as u32;
        self.children.extend(stack.drain(from..));
        List { start, len }
    }

    /// Adds a node. Fails after 2^32 - 1 of them. Inlined, so that its shape is known where the node is.
    #[inline(always)]
    pub(super) fn make(&mut self, node: Node) -> Option<NodeId> {
        let id = NodeId(NonZeroU32::new(u32::try_from(self.nodes.len()).ok()?)?);
        let shape = self.shape_of(&node);
        self.nodes.push((node, shape));
        Some(id)
    }

    /// Says what the forward reference `id` stands for.
    pub(super) fn resolve_forward(&mut self, id: NodeId, to: NodeId) {
        if let Node::Forward { target, .. } = &mut self.nodes[id.index()].0 {
            *target = Some(to);
            self.has_forward = true;
        }
    }

    #[inline(always)]
    fn shape_of(&self, node: &Node) -> Shape {
        match *node {
            Node::Qualified { ty, .. } => self.shape(ty),
            Node::Pointer(ty) | Node::Reference { ty, .. } | Node::MemberPointer { member: ty, .. } => {
                Shape { right: self.shape(ty).right, ..Shape::PLAIN }
            }
            Node::Array { .. } => Shape::ARRAY,
            Node::Function(_) | Node::Encoding(_) => Shape::FUNCTION,
            Node::Forward { .. } => Shape::UNKNOWN,
            Node::Pack(list) => self.shape_of_pack(list),
            Node::TypeParam { .. }
            | Node::ConstrainedParam { .. }
            | Node::ValueParam { .. }
            | Node::TemplateParam { .. }
            | Node::PackParam(_) => Shape::RIGHT,
            _ => Shape::PLAIN,
        }
    }

    /// A property that no element has, the pack has not; else it depends on the element being printed.
    fn shape_of_pack(&self, list: List) -> Shape {
        let any = |property: fn(Shape) -> Known| {
            let none = self.list(list).iter().all(|&id| property(self.shape(id)) == Known::No);
            if none { Known::No } else { Known::AtPrinting }
        };
        Shape { right: any(|s| s.right), array: any(|s| s.array), function: any(|s| s.function) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_small() {
        assert!(size_of::<Node>() <= 16, "{}", size_of::<Node>());
    }
}
