"""Compares two WebAssembly modules part by part and says in the module's own terms what differs first.

Reads the binary format of the core specification (section 5.5), the name section (appendix 7.4.1) and nothing else:
a section that it cannot split is compared as bytes.
"""
import os

SECTIONS = ["custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code",
            "data", "data count", "tag"]
KINDS = ["function", "table", "memory", "global", "tag"]
VALUE_TYPES = {0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128", 0x70: "funcref", 0x6f: "externref",
               0x69: "exnref"}
NAME_PARTS = ["module", "function", "local", "label", "type", "table", "memory", "global", "element segment",
              "data segment", "field", "tag"]


class Malformed(Exception):
    """The bytes are not what the format says."""


class Reader:
    """A cursor over bytes."""

    def __init__(self, data, at=0, end=None):
        self.data, self.at, self.end = data, at, len(data) if end is None else end

    def byte(self):
        if self.at >= self.end:
            raise Malformed(f"ends at {self.at:#x}")
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        """An unsigned LEB128."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 70:
                raise Malformed(f"number too long at {self.at:#x}")

    def take(self, count):
        if count > self.end - self.at:
            raise Malformed(f"{count} bytes wanted at {self.at:#x}")
        self.at += count
        return self.data[self.at - count:self.at]

    def text(self):
        return self.take(self.number()).decode(errors="replace")

    def many(self, read):
        return [read(self) for _ in range(self.number())]


def value_type(r):
    code = r.byte()
    if code in (0x63, 0x64):
        return f"ref {r.number()}"
    return VALUE_TYPES.get(code, f"type {code:#x}")


def function_type(r):
    form = r.byte()
    if form != 0x60:
        raise Malformed(f"type form {form:#x}")
    params, results = r.many(value_type), r.many(value_type)
    return f"({', '.join(params)}) -> ({', '.join(results)})"


def limits(r):
    flags = r.byte()
    least = r.number()
    most = r.number() if flags & 1 else None
    page = r.number() if flags & 8 else None
    return f"flags {flags:#x}, {least} to {most}" + (f", page 2^{page}" if page is not None else "")


def table_type(r):
    return f"{value_type(r)} {limits(r)}"


def global_type(r):
    kind = value_type(r)
    return kind + (" mutable" if r.byte() else "")


def tag_type(r):
    r.byte()
    return f"type {r.number()}"


EXTERNAL = [lambda r: f"type {r.number()}", table_type, limits, global_type, tag_type]


def import_entry(r):
    module, field, kind = r.text(), r.text(), r.byte()
    if kind >= len(KINDS):
        raise Malformed(f"import kind {kind}")
    return f"{KINDS[kind]} {module}.{field}: {EXTERNAL[kind](r)}"


def export_entry(r):
    name, kind, index = r.text(), r.byte(), r.number()
    return f"`{name}` = {KINDS[kind] if kind < len(KINDS) else kind} {index}"


def constant_expression(r):
    """Skips over the few instructions that a constant expression may have; returns a readable form."""
    parts = []
    while True:
        code = r.byte()
        if code == 0x0b:
            return " ".join(parts)
        if code in (0x41, 0x42):
            parts.append(f"{'i32' if code == 0x41 else 'i64'}.const {signed(r)}")
        elif code in (0x43, 0x44):
            parts.append(f"float {r.take(4 if code == 0x43 else 8).hex()}")
        elif code == 0x23:
            parts.append(f"global.get {r.number()}")
        elif code == 0xd2:
            parts.append(f"ref.func {r.number()}")
        elif code == 0xd0:
            parts.append(f"ref.null {r.number()}")
        elif code in (0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e):
            parts.append(f"op {code:#x}")
        else:
            raise Malformed(f"constant expression with opcode {code:#x}")


def signed(r):
    value = shift = 0
    while True:
        byte = r.byte()
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value - (1 << shift) if byte & 0x40 else value
        if shift > 70:
            raise Malformed("number too long")


def global_entry(r):
    kind = global_type(r)
    return f"{kind} = {constant_expression(r)}"


def element_segment(r):
    flags = r.number()
    head = f"flags {flags}"
    if not flags & 1:
        table = r.number() if flags & 2 else 0
        head += f", table {table} at {constant_expression(r)}"
    if flags & 3:
        head += f", kind {r.byte():#x}"
    read = constant_expression if flags & 4 else Reader.number
    return head, [f"function {item}" if isinstance(item, int) else item for item in r.many(read)]


def data_segment(r):
    flags = r.number()
    head = f"flags {flags}"
    if flags == 2:
        head += f", memory {r.number()}"
    if not flags & 1:
        head += f", at {constant_expression(r)}"
    return head, r.take(r.number())


def body(r):
    return r.take(r.number())


ENTRIES = {1: function_type, 2: import_entry, 3: Reader.number, 4: table_type, 5: limits, 6: global_entry,
           7: export_entry, 9: element_segment, 10: body, 11: data_segment, 13: tag_type}


class Module:
    """A module cut into sections; entries are read only when asked for."""

    def __init__(self, data):
        if data[:4] != b"\0asm":
            raise Malformed("not a WebAssembly module")
        self.data = data
        self.sections = {}  # label -> (id, first byte of the contents, end), in file order
        r = Reader(data, 8)
        while r.at < r.end:
            kind, size = r.byte(), r.number()
            start, end = r.at, r.at + size
            if end > r.end:
                raise Malformed(f"section at {start:#x} runs over the end")
            label = SECTIONS[kind] if 0 < kind < len(SECTIONS) else f"section {kind}"
            if kind == 0:
                inner = Reader(data, start, end)
                label = f"custom section {inner.text()}"
                start = inner.at
                while label in self.sections:
                    label += " (again)"
            self.sections[label] = (kind, start, end)
            r.at = end
        self._names = None
        self._by_index = {}  # subsection -> {index: name}

    def contents(self, label):
        _, start, end = self.sections[label]
        return self.data[start:end]

    def entries(self, label):
        """The section's entries, or None for a section that holds no list."""
        kind, start, end = self.sections[label]
        if kind not in ENTRIES:
            return None
        r = Reader(self.data, start, end)
        found = r.many(ENTRIES[kind])
        if r.at != end:
            raise Malformed(f"{label}: {end - r.at} bytes after the last entry")
        return found

    def imported(self, kind):
        """How many imports are of the kind, so where the index space of the module's own begins."""
        if "import" not in self.sections:
            return 0
        return sum(entry.startswith(kind + " ") for entry in self.entries("import"))

    def name_parts(self):
        """The name section's subsections: number -> [(index or None, name)]. Nested maps are flattened."""
        if self._names is None:
            self._names = {}
            if "custom section name" in self.sections:
                _, start, end = self.sections["custom section name"]
                r = Reader(self.data, start, end)
                while r.at < end:
                    part, size = r.byte(), r.number()
                    self._names[part] = name_map(part, Reader(self.data, r.at, r.at + size))
                    r.at += size
        return self._names

    def name_of(self, part, index):
        """The name of the index in a subsection, in backquotes, or nothing."""
        try:
            if part not in self._by_index:
                self._by_index[part] = dict(self.name_parts().get(part, []))
        except Malformed:
            return ""
        name = self._by_index[part].get(index)
        return "" if name is None else f" `{name}`"


def name_map(part, r):
    if part == 0:
        return [(None, r.text())]
    if part in (2, 3, 10):
        return [((outer, inner), name) for outer, names in r.many(lambda r: (r.number(), r.many(pair)))
                for inner, name in names]
    return r.many(pair)


def pair(r):
    return r.number(), r.text()


def first_difference(a, b):
    """The first offset where two byte strings differ; the shorter one's length if it begins the other."""
    shorter = min(len(a), len(b))
    for start in range(0, shorter, 1 << 16):
        if a[start:start + (1 << 16)] != b[start:start + (1 << 16)]:
            return start + len(os.path.commonprefix([a[start:start + (1 << 16)], b[start:start + (1 << 16)]]))
    return shorter


def around(data, at):
    """A few bytes at an offset, for a message."""
    return data[at:at + 8].hex(" ") or "end"


def bytes_differ(a, b):
    at = first_difference(a, b)
    sizes = f"{len(a)} bytes" if len(a) == len(b) else f"{len(a)} and {len(b)} bytes"
    return f"{sizes}, first at offset {at:#x}: {around(a, at)} / {around(b, at)}"


def compare(a, b):
    """What differs between modules `a` and `b`: two lists of texts, (of the program, of custom sections and encoding)."""
    if a.data == b.data:
        return [], []
    program, rest = [], []
    for label in dict.fromkeys([*a.sections, *b.sections]):
        custom = label.startswith("custom")
        found = program if not custom else rest
        if label not in b.sections or label not in a.sections:
            found.append(f"{label}: only in the {'first' if label in a.sections else 'second'}")
        elif a.contents(label) != b.contents(label):
            text, same = compare_section(label, a, b)
            (rest if same else found).append(f"{label}: {text}")
    if list(a.sections) != list(b.sections) and set(a.sections) == set(b.sections):
        rest.append(f"order of sections: {', '.join(a.sections)} / {', '.join(b.sections)}")
    if not program and not rest:
        rest.append("encoding of section headers: " + bytes_differ(a.data, b.data))
    return program, rest


def compare_section(label, a, b):
    """Text of the first difference, and whether the meaning is the same all the same."""
    try:
        if label == "custom section name":
            return compare_names(a, b), False
        if label == "custom section producers" or label == "custom section target_features":
            return f"{strings(a.contents(label))} / {strings(b.contents(label))}", False
        ours, theirs = a.entries(label), b.entries(label)
    except Malformed as error:
        return f"malformed ({error}); {bytes_differ(a.contents(label), b.contents(label))}", False
    if ours is None:
        return bytes_differ(a.contents(label), b.contents(label)), False
    at = next((i for i, (x, y) in enumerate(zip(ours, theirs)) if x != y), min(len(ours), len(theirs)))
    if at == len(ours) == len(theirs):
        return "the same entries, encoded otherwise", True
    counts = f"{len(ours)} entries" if len(ours) == len(theirs) else f"{len(ours)} and {len(theirs)} entries"
    many = sum(x != y for x, y in zip(ours, theirs))
    counts += f", {many} differ" if len(ours) == len(theirs) else ""
    x = ours[at] if at < len(ours) else None
    y = theirs[at] if at < len(theirs) else None
    text = f"{counts}; first {entry_differs(label, a, b, at, x, y)}"
    return text + (function_sets(a, b) if label == "code" else ""), False


def function_sets(a, b):
    """Text for functions, by name, that only one module has, or that come in another order."""
    try:
        ours, theirs = ([name for _, name in m.name_parts().get(1, [])] for m in (a, b))
    except Malformed:
        return ""
    if ours == theirs:
        return ""
    text = ""
    for which, names, others in (("first", ours, set(theirs)), ("second", theirs, set(ours))):
        alone = [name for name in names if name not in others]
        if alone:
            more = f" and {len(alone) - 3} more" if len(alone) > 3 else ""
            text += f"; only in the {which}: " + ", ".join(f"`{name}`" for name in alone[:3]) + more
    return text or "; the same function names in another order or number"


def entry_differs(label, a, b, at, x, y):
    """Text for entry number `at`, which is `x` in `a` and `y` in `b` (None where there is no such entry)."""
    kind = {"code": "function", "function": "function", "global": "global", "table": "table", "memory": "memory",
            "tag": "tag"}.get(label)
    name_part = {"code": 1, "function": 1, "global": 7, "data": 9, "element": 8}.get(label)
    index = at + (a.imported(kind) if kind else 0)
    where = f"#{index}"
    if name_part is not None:
        names = a.name_of(name_part, index), b.name_of(name_part, index)
        where += names[0] if names[0] == names[1] else f"{names[0] or ' nameless'} /{names[1] or ' nameless'}"
    if x is None or y is None:
        return f"{where} is only in the {'second' if x is None else 'first'}" + readable(y if x is None else x)
    if isinstance(x, bytes):
        return f"{where}: {bytes_differ(x, y)}"
    if isinstance(x, tuple):
        if x[0] != y[0]:
            return f"{where}: {x[0]} / {y[0]}"
        if isinstance(x[1], bytes):
            return f"{where} ({x[0]}): {bytes_differ(x[1], y[1])}"
        slot = next((i for i, (p, q) in enumerate(zip(x[1], y[1])) if p != q), min(len(x[1]), len(y[1])))
        items = [f"{z[1][slot]}" + m.name_of(1, function_number(z[1][slot])) if slot < len(z[1]) else "none"
                 for m, z in ((a, x), (b, y))]
        return f"{where} ({x[0]}; {len(x[1])} and {len(y[1])} items) item {slot}: {items[0]} / {items[1]}"
    return f"{where}: {x} / {y}"


def readable(entry):
    return f": {entry}" if isinstance(entry, (str, int)) else ""


def function_number(item):
    words = item.split()
    return int(words[1]) if len(words) == 2 and words[0] == "function" else None


def strings(data):
    """The printable runs of a small custom section."""
    text = "".join(chr(c) if 32 <= c < 127 else " " for c in data)
    return " ".join(text.split())


def compare_names(a, b):
    found = []
    ours, theirs = a.name_parts(), b.name_parts()
    if list(ours) != list(theirs):
        found.append(f"subsections {list(ours)} / {list(theirs)}")
    for part in sorted(set(ours) & set(theirs)):
        x, y = ours[part], theirs[part]
        if x == y:
            continue
        label = NAME_PARTS[part] if part < len(NAME_PARTS) else f"subsection {part}"
        at = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
        entries = [f"{z[at][0]} `{z[at][1]}`" if at < len(z) else "none" for z in (x, y)]
        found.append(f"{label} names ({len(x)} and {len(y)}), entry {at}: {entries[0]} / {entries[1]}")
    return "; ".join(found) or "the same names, encoded otherwise"
