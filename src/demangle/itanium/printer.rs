//! Printing a tree: the cursor, lists, packs, and which parts of a declarator go left and right of its name.

use super::node::{Arena, Known, List, Node, NodeId, Shape, Span};
use super::operators::Precedence;
use super::parser::MAX_DEPTH;

/// How long a text may get, in bytes, before the name is left unchanged: substitutions can double it with every few
/// bytes of the name.
const MAX_OUTPUT: usize = 1 << 20;

/// How many nodes may be printed, those that print nothing included.
const MAX_STEPS: u32 = 1 << 22;

/// Appends the text of a tree to `out`.
pub(super) struct Printer<'a> {
    pub(super) input: &'a [u8],
    pub(super) arena: &'a Arena,
    pub(super) out: &'a mut Vec<u8>,
    /// For each node where in `out` its text stands already: most nodes of long names are substitutions for earlier
    /// ones. Empty ranges where it does not, or would be another one elsewhere.
    printed: &'a mut Vec<Span>,
    /// How often something was printed that can look different elsewhere.
    volatile: u32,
    /// Which element of the packs within the innermost expansion is being printed, of how many. Nothing outside of
    /// expansions, and within one until its first pack is met.
    pack: Option<(usize, usize)>,
    /// How many expansions are being printed, one within the other.
    expansions: u32,
    /// Within template arguments, however deep.
    in_args: bool,
    /// Within brackets within the innermost template arguments: only there `>` is printed without parentheses.
    pub(super) plain_gt: bool,
    /// References that are being printed, if the tree has cycles.
    busy: Vec<NodeId>,
    depth: u32,
    steps: u32,
    failed: bool,
}

impl<'a> Printer<'a> {
    /// Prints the tree below `root` after what is in `out`. Fails if it is too deep or too large.
    ///
    /// `printed` is memory to use, whatever it holds.
    pub(super) fn run(
        input: &'a [u8],
        arena: &'a Arena,
        root: NodeId,
        printed: &'a mut Vec<Span>,
        out: &'a mut Vec<u8>,
    ) -> Option<()> {
        printed.clear();
        printed.resize(arena.id_count(), Span::default());
        let mut printer = Printer {
            input,
            arena,
            out,
            printed,
            volatile: 0,
            pack: None,
            expansions: 0,
            in_args: false,
            plain_gt: false,
            busy: Vec::new(),
            depth: 0,
            steps: 0,
            failed: false,
        };
        printer.print(root);
        if printer.failed { None } else { Some(()) }
    }

    /// Says that what is being printed would not look the same everywhere.
    pub(super) fn mark_volatile(&mut self) {
        self.volatile += 1;
    }

    // Text.

    #[inline]
    pub(super) fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    #[inline]
    pub(super) fn put_span(&mut self, span: Span) {
        self.out.extend_from_slice(self.bytes(span));
    }

    pub(super) fn bytes(&self, span: Span) -> &'a [u8] {
        &self.input[span.start as usize..span.end as usize]
    }

    /// A number as mangled: `n` is its minus sign.
    pub(super) fn put_number(&mut self, span: Span) {
        let digits = self.bytes(span);
        if let Some(digits) = digits.strip_prefix(b"n") {
            self.out.push(b'-');
            self.out.extend_from_slice(digits);
        } else {
            self.out.extend_from_slice(digits);
        }
    }

    // Nodes.

    /// The node as a whole.
    pub(super) fn print(&mut self, id: NodeId) {
        match self.arena.node(id) {
            Node::Source(span) => self.put_span(span),
            Node::Static(text) => self.put(text),
            _ if self.arena.shape(id).right == Known::No => self.once_or_copy(id),
            _ => {
                self.left_half(id);
                self.right(id);
            }
        }
    }

    /// What is left of the declared name; for most nodes, all there is.
    pub(super) fn left(&mut self, id: NodeId) {
        if self.arena.shape(id).right == Known::No {
            self.print(id);
        } else {
            self.left_half(id);
        }
    }

    /// A node that has nothing on its right: copied if it was printed before.
    fn once_or_copy(&mut self, id: NodeId) {
        let Span { start, end } = self.printed[id.index()];
        if start < end && self.out.len() <= MAX_OUTPUT {
            return self.out.extend_from_within(start as usize..end as usize);
        }
        let (start, volatile) = (self.out.len(), self.volatile);
        self.left_half(id);
        // Within expansions, the text may be taken back.
        if self.volatile == volatile && self.expansions == 0 && !self.arena.has_forward {
            self.printed[id.index()] = Span { start: start as u32, end: self.out.len() as u32 };
        }
    }

    fn left_half(&mut self, id: NodeId) {
        if let Some(node) = self.enter(id) {
            self.left_of_name(id, node);
            self.depth -= 1;
        }
    }

    /// What is right of the declared name: parameters, array bounds, closing parentheses.
    pub(super) fn right(&mut self, id: NodeId) {
        if let Some(node) = self.enter(id) {
            self.right_of_type(id, node);
            self.depth -= 1;
        }
    }

    #[inline]
    fn enter(&mut self, id: NodeId) -> Option<Node> {
        self.steps += 1;
        if self.failed || self.depth >= MAX_DEPTH || self.steps > MAX_STEPS || self.out.len() > MAX_OUTPUT {
            self.failed = true;
            return None;
        }
        self.depth += 1;
        Some(self.arena.node(id))
    }

    /// The node as an operand, in parentheses if it binds no tighter than `than`; with `or_equal`, if it binds less
    /// tight.
    #[inline]
    pub(super) fn operand(&mut self, id: NodeId, than: Precedence, or_equal: bool) {
        let own = self.precedence(id);
        let parens = if or_equal { own > than } else { own >= than };
        if parens {
            self.in_parens(|printer| printer.print(id));
        } else {
            self.print(id);
        }
    }

    /// What `inner` prints, between parentheses.
    #[inline]
    pub(super) fn in_parens(&mut self, inner: impl FnOnce(&mut Self)) {
        self.in_brackets("(", ")", inner);
    }

    /// What `inner` prints, between brackets of any kind but `<` and `>`.
    pub(super) fn in_brackets(&mut self, open: &str, close: &str, inner: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.plain_gt, self.in_args);
        self.put(open);
        inner(self);
        self.put(close);
        self.plain_gt = outer;
    }

    /// What `inner` prints, between `<` and `>`.
    pub(super) fn in_angles(&mut self, inner: impl FnOnce(&mut Self)) {
        let outer = (self.in_args, self.plain_gt);
        (self.in_args, self.plain_gt) = (true, false);
        self.out.push(b'<');
        inner(self);
        self.out.push(b'>');
        (self.in_args, self.plain_gt) = outer;
    }

    /// The items, with commas between those that print anything.
    pub(super) fn list(&mut self, list: List) {
        let arena = self.arena;
        let mut first = true;
        for &id in arena.list(list) {
            let before = self.out.len();
            if !first {
                self.put(", ");
            }
            let after = self.out.len();
            self.operand(id, Precedence::Comma, false);
            if self.out.len() == after {
                self.out.truncate(before);
            } else {
                first = false;
            }
            if self.out.len() > MAX_OUTPUT || self.failed {
                self.failed = true;
                break;
            }
        }
    }

    // Packs.

    /// The pattern once for each element of the packs in it.
    pub(super) fn expansion(&mut self, pattern: NodeId) {
        let outer = self.pack.take();
        self.expansions += 1;
        let start = self.out.len();
        self.print(pattern);
        match self.pack {
            // A pack of function parameters: how many there are is not known.
            None => self.put("..."),
            Some((_, 0)) => self.out.truncate(start),
            Some((_, count)) => {
                for index in 1..count {
                    if self.failed {
                        break;
                    }
                    self.put(", ");
                    self.pack = Some((index, count));
                    self.print(pattern);
                }
            }
        }
        self.expansions -= 1;
        self.pack = outer;
    }

    /// The element of this pack that is to be printed now. The first pack met in an expansion tells how many there are.
    pub(super) fn current_element(&mut self, list: List) -> Option<NodeId> {
        self.mark_volatile();
        let (index, _) = *self.pack.get_or_insert((0, list.len()));
        self.arena.element(list, index)
    }

    // Shapes that are known only now.

    /// Whether `property` holds for `id`, where it may depend on forward references and packs.
    fn holds(&mut self, mut id: NodeId, property: fn(Shape) -> Known) -> bool {
        for _ in 0..MAX_DEPTH {
            match property(self.arena.shape(id)) {
                Known::No => return false,
                Known::Yes => return true,
                Known::AtPrinting => {}
            }
            let next = match self.arena.node(id) {
                Node::Qualified { ty, .. }
                | Node::Pointer(ty)
                | Node::Reference { ty, .. }
                | Node::MemberPointer { member: ty, .. } => Some(ty),
                Node::Forward { target, .. } if !self.busy.contains(&id) => target,
                Node::Pack(list) => self.current_element(list),
                _ => None,
            };
            match next {
                Some(next) => id = next,
                None => return false,
            }
        }
        false
    }

    pub(super) fn has_right(&mut self, id: NodeId) -> bool {
        self.holds(id, |shape| shape.right)
    }

    pub(super) fn is_array(&mut self, id: NodeId) -> bool {
        self.holds(id, |shape| shape.array)
    }

    pub(super) fn is_function(&mut self, id: NodeId) -> bool {
        self.holds(id, |shape| shape.function)
    }

    /// The node that `id` stands for, past forward references and packs.
    fn meant(&mut self, mut id: NodeId) -> NodeId {
        for _ in 0..MAX_DEPTH {
            let next = match self.arena.node(id) {
                Node::Forward { target, .. } if !self.busy.contains(&id) => target,
                Node::Pack(list) => self.current_element(list),
                _ => None,
            };
            match next {
                Some(next) => id = next,
                None => break,
            }
        }
        id
    }

    /// Follows references to references: what is referred to at last, and whether by an rvalue reference. Nothing
    /// if there is no end.
    pub(super) fn collapse(&mut self, ty: NodeId, rvalue: bool) -> Option<(NodeId, bool)> {
        let (mut ty, mut rvalue) = (ty, rvalue);
        for _ in 0..MAX_DEPTH {
            let meant = self.meant(ty);
            let Node::Reference { ty: inner, rvalue: inner_rvalue } = self.arena.node(meant) else {
                return Some((ty, rvalue));
            };
            ty = inner;
            rvalue &= inner_rvalue;
        }
        None
    }

    /// Runs `print` unless `id` is being printed already, further out.
    pub(super) fn once(&mut self, id: NodeId, print: impl FnOnce(&mut Self)) {
        if !self.arena.has_forward {
            return print(self);
        }
        if self.busy.contains(&id) {
            return;
        }
        self.busy.push(id);
        print(self);
        self.busy.pop();
    }
}
