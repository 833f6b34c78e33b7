"""generate.py FOLDER: writes the program that scripts/instructions links: FOLDER/link.rsp and what it names.

The same bytes on every machine: no compiler takes part and nothing is drawn from the system. Sizes, the number of
relocations in a function and of functions with copies in other objects (comdats), names and debug information are in
the proportions of C++ as clang compiles it. The module is valid; it is not meant to run.
Format: tool-conventions, Linking.md.
"""
import pathlib
import sys

# Objects that are named one by one, those in the archive that are linked, and those in it that nothing needs.
LOOSE, NEEDED, UNUSED = 200, 60, 60
FUNCTIONS, COMDATS, SEGMENTS = 56, 16, 14
# How many different inline functions the program has; objects have copies of some.
INLINE_FUNCTIONS = 700

# Symbol kinds, flags, and relocation types.
FUNCTION, DATA, GLOBAL, SECTION, TABLE = 0, 1, 2, 3, 5
WEAK, LOCAL, HIDDEN, UNDEFINED = 1, 2, 4, 0x10
FUNCTION_LEB, TABLE_SLEB, TABLE_I32, ADDRESS_LEB, ADDRESS_SLEB, ADDRESS_I32 = 0, 1, 2, 3, 4, 5
TYPE_LEB, GLOBAL_LEB, FUNCTION_OFFSET, SECTION_OFFSET, TABLE_NUMBER_LEB = 6, 7, 8, 9, 20
WITH_ADDEND = {ADDRESS_LEB, ADDRESS_SLEB, ADDRESS_I32, FUNCTION_OFFSET, SECTION_OFFSET}
I32 = 0x7F
TYPES = [([], []), ([I32], [I32]), ([I32, I32], [I32])]
PADDED = b"\x80\x80\x80\x80\x00"
WORDS = "parse index table value block entry count limit state merge visit write range scope token label".split()


class Draw:
    """A stream of numbers that looks random and is the same everywhere."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 1) % 2**64

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit


def leb(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed_leb(value):
    """Of a number that is not negative: the last byte's sign bit must be clear."""
    out = leb(value)
    return out[:-1] + bytes([out[-1] | 128, 0]) if out[-1] & 64 else out


def text(string):
    return leb(len(string)) + string.encode()


def section(number, body):
    return bytes([number]) + leb(len(body)) + body


def custom(name, body):
    return section(0, text(name) + body)


def vector(items):
    return leb(len(items)) + b"".join(items)


def inline_name(number):
    word = WORDS[number % len(WORDS)]
    return f"_ZNK4wold6detail{len(word)}{word}ILi{number}ENS_8IteratorINS_5ValueEEEE3getERKS3_i"


def function_name(number, function):
    """Name of a function that an object defines for all, or, from `LOCALS` on, for itself."""
    word = WORDS[(number + function) % len(WORDS)]
    scope = WORDS[(number * 7 + function // 5) % len(WORDS)]
    return f"_ZN4wold5Unit{number:03}{len(scope)}{scope}E{len(word) + 2}{word}{function:02}iRKNS_6StringE"


class Patched:
    """Bytes with relocations, which it keeps as (type, offset, symbol, addend)."""

    def __init__(self):
        self.bytes, self.relocations = bytearray(), []

    def relocate(self, kind, symbol, addend=0):
        self.relocations.append((kind, len(self.bytes), symbol, addend))
        is_word = kind in (TABLE_I32, ADDRESS_I32, FUNCTION_OFFSET, SECTION_OFFSET)
        self.bytes += bytes(4) if is_word else PADDED

    def append(self, other):
        base = len(self.bytes)
        self.relocations += [(kind, base + offset, symbol, addend) for kind, offset, symbol, addend in other.relocations]
        self.bytes += other.bytes

    def reloc_section(self, name, number):
        entries = [
            bytes([kind]) + leb(offset) + leb(symbol) + (signed_leb(addend) if kind in WITH_ADDEND else b"")
            for kind, offset, symbol, addend in self.relocations
        ]
        return custom("reloc." + name, leb(number) + vector(entries))


class Unit:
    """One object file."""

    def __init__(self, number, last):
        self.number, self.draw = number, Draw(number + 1)
        self.symbols, self.defined_names = [], []
        self.functions, self.addressed = [], []
        copies = {self.draw.below(INLINE_FUNCTIONS) for _ in range(COMDATS)}
        self.inline = sorted(copies)
        self.import_functions(last)
        self.define_functions()
        self.global_symbol = self.symbol(GLOBAL, UNDEFINED, leb(0))
        self.table_symbol = self.symbol(TABLE, UNDEFINED, leb(0))
        self.segments = [self.segment(index) for index in range(SEGMENTS)]
        self.plan_data()
        self.bodies = [self.body(index) for index in range(len(self.functions))]

    def symbol(self, kind, flags, rest):
        self.symbols.append(bytes([kind]) + leb(flags) + rest)
        return len(self.symbols) - 1

    def import_functions(self, last):
        """The first object needs something of each object; others call functions of a few."""
        if self.number == 0:
            wanted = [(other, 0) for other in range(1, last)]
        else:
            wanted = sorted({(self.draw.below(last), self.draw.below(FUNCTIONS // 2)) for _ in range(20)})
            wanted = [(other, function) for other, function in wanted if other != self.number]
        self.imports = [(function_name(*one), 1 + one[1] % 2) for one in wanted]
        self.callees = []
        for index, (_, ty) in enumerate(self.imports):
            self.callees.append((self.symbol(FUNCTION, UNDEFINED, leb(index)), ty))

    def define_functions(self):
        first = len(self.imports)
        own = [(function_name(self.number, index), 1 + index % 2, 0 if index < FUNCTIONS * 3 // 4 else LOCAL)
               for index in range(FUNCTIONS)]
        own += [(inline_name(number), 2, WEAK | HIDDEN) for number in self.inline]
        if self.number == 0:
            own.append(("_start", 0, 0))
        own.append((f"_GLOBAL__sub_I_unit{self.number}.cpp", 0, LOCAL))
        for name, ty, flags in own:
            symbol = self.symbol(FUNCTION, flags, leb(first + len(self.functions)) + text(name))
            self.functions.append((symbol, ty, name))
            if ty:
                self.callees.append((symbol, ty))
            if flags == 0:
                self.defined_names.append(name)
        self.addressed = [self.draw.below(len(self.callees)) for _ in range(12)]

    def segment(self, index):
        """Name, alignment, flags, size; symbols follow in `plan_data`."""
        kind = (".rodata", ".rodata", ".data", ".data.rel.ro", ".bss", ".rodata", ".data.rel.ro")[index % 7]
        if index == 0:
            return [".rodata..L.str", 0, 1, 0]
        return [f"{kind}._ZN4wold5Unit{self.number:03}5entryE_{index}", 2 + index % 2, 0, 16 + 4 * self.draw.below(60)]

    def strings(self):
        """Literals: some that many objects have, some of this one."""
        out, starts = bytearray(), []
        for index in range(24):
            starts.append(len(out))
            shared = self.draw.below(3) > 0
            owner = self.draw.below(400) if shared else self.number * 100 + index
            out += f"{WORDS[owner % len(WORDS)]}: expected {WORDS[owner // 16 % 16]} {owner} before the end".encode() + b"\0"
        return bytes(out), starts

    def plan_data(self):
        literals, starts = self.strings()
        self.segments[0][3] = len(literals)
        self.literals, self.data_symbols = literals, []
        for start, end in zip(starts, starts[1:] + [len(literals)]):
            name = f".L.str.{len(self.data_symbols)}"
            self.data_symbols.append(self.symbol(DATA, LOCAL, text(name) + leb(0) + leb(start) + leb(end - start)))
        for index, (name, _, _, size) in enumerate(self.segments[1:], 1):
            name = name[name.index("._Z") + 1:]
            self.data_symbols.append(self.symbol(DATA, 0, text(name) + leb(index) + leb(0) + leb(size)))

    def any(self, items):
        return items[self.draw.below(len(items))]

    def body(self, index):
        """Locals, then steps on local 0, each as long as compiled code is on average between relocations."""
        _, ty, name = self.functions[index]
        out = Patched()
        out.bytes += b"\x01\x04\x7f"
        local = b"\x00"
        out.bytes += b"\x23"
        out.relocate(GLOBAL_LEB, self.global_symbol)
        out.bytes += b"\x21" + local
        callees = self.callees
        if name == "_start":
            for symbol, callee_type in callees[:len(self.imports)]:
                self.call(out, symbol, callee_type)
        for _ in range(4 + self.draw.below(12)):
            step = self.draw.below(10)
            if step < 4:
                # Most calls go to the functions that come soon after: unlike these, the rest may turn out unused.
                near = len(self.imports) + min(index + 1 + self.draw.below(4), len(callees) - len(self.imports) - 1)
                self.call(out, *(callees[near] if step < 2 and near < len(callees) else self.any(callees)))
            elif step < 8:
                self.access(out)
            elif step == 8:
                out.bytes += b"\x20" + local + b"\x41"
                out.relocate(TABLE_SLEB, callees[self.addressed[self.draw.below(12)]][0])
                out.bytes += b"\x11"
                out.relocate(TYPE_LEB, 1)
                out.relocate(TABLE_NUMBER_LEB, self.table_symbol)
                out.bytes += b"\x21" + local
            for _ in range(1 + self.draw.below(6)):
                out.bytes += b"\x20\x00\x41" + leb(self.draw.below(60)) + self.any((b"\x6a", b"\x6c", b"\x73")) + b"\x21\x00"
        out.bytes += b"\x0b" if ty == 0 else b"\x20\x00\x0b"
        return out

    @staticmethod
    def call(out, symbol, ty):
        out.bytes += b"\x20\x00" * ty + b"\x10"
        out.relocate(FUNCTION_LEB, symbol)
        out.bytes += b"\x21\x00"

    def access(self, out):
        """Adds the address of some data, or what lies there."""
        symbol = self.any(self.data_symbols)
        if self.draw.below(2):
            out.bytes += b"\x41"
            out.relocate(ADDRESS_SLEB, symbol, self.draw.below(8))
        else:
            out.bytes += b"\x41\x00\x28\x00"
            out.relocate(ADDRESS_LEB, symbol)
        out.bytes += b"\x20\x00\x6a\x21\x00"

    def code(self):
        out = Patched()
        out.bytes += leb(len(self.bodies))
        for body in self.bodies:
            out.bytes += leb(len(body.bytes))
            out.append(body)
        return out

    def data(self):
        out = Patched()
        out.bytes += leb(len(self.segments))
        for index, (name, _, _, size) in enumerate(self.segments):
            out.bytes += b"\x00\x41\x00\x0b" + leb(size)
            end = len(out.bytes) + size
            if index == 0:
                out.bytes += self.literals
            elif name.startswith(".data.rel.ro"):
                while len(out.bytes) < end:
                    if self.draw.below(2):
                        out.relocate(TABLE_I32, self.callees[self.any(self.addressed)][0])
                    else:
                        out.relocate(ADDRESS_I32, self.any(self.data_symbols), self.draw.below(4))
            elif name.startswith(".bss"):
                out.bytes += bytes(size)
            else:
                out.bytes += bytes(self.draw.below(256) for _ in range(size))
        return out

    def debug_sections(self):
        """(name, contents) of what stands in for DWARF: its relocations and strings, not its meaning."""
        strings, starts = bytearray(), []
        own = [name for _, _, name in self.functions]
        for string in own + [f"{first}_{second}" for first in WORDS[:8] for second in WORDS]:
            starts.append(len(strings))
            strings += string.encode() + b"\0"
        info, line = Patched(), Patched()
        for symbol, _, _ in self.functions:
            info.bytes += b"\x02"
            info.relocate(FUNCTION_OFFSET, symbol)
            for _ in range(9):
                info.bytes += bytes([3 + self.draw.below(9), 1 + self.draw.below(9)])
                info.relocate(SECTION_OFFSET, self.debug_symbols[".debug_str"], self.any(starts))
            line.bytes += b"\x00\x05\x02"
            line.relocate(FUNCTION_OFFSET, symbol)
            line.bytes += bytes(self.draw.below(256) for _ in range(24))
        plain = Patched()
        plain.bytes = strings
        return [(".debug_info", info), (".debug_line", line), (".debug_str", plain)]

    def linking(self):
        info = vector([text(name) + leb(align) + leb(flags) for name, align, flags, _ in self.segments])
        init = vector([leb(65535) + leb(self.functions[-1][0])]) if self.number % 4 == 0 else vector([])
        first = len(self.imports)
        comdats = vector([
            text(inline_name(number)) + leb(0) + vector([b"\x01" + leb(first + FUNCTIONS + index)])
            for index, number in enumerate(self.inline)
        ])
        parts = [(8, vector(self.symbols)), (5, info), (6, init), (7, comdats)]
        return custom("linking", leb(2) + b"".join(section(kind, body) for kind, body in parts))

    def object(self):
        imports = [text("env") + text(name) + b"\x00" + leb(ty) for name, ty in self.imports]
        imports.insert(0, text("env") + text("__linear_memory") + b"\x02\x00\x01")
        imports.append(text("env") + text("__stack_pointer") + b"\x03\x7f\x01")
        imports.append(text("env") + text("__indirect_function_table") + b"\x01\x70\x00\x00")
        # Callees are in the order of the function index space: imports, then the object's own.
        named = sorted(set(self.addressed))
        code, data = self.code(), self.data()
        sections = [
            section(1, vector([b"\x60" + vector([bytes([p]) for p in ps]) + vector([bytes([r]) for r in rs])
                               for ps, rs in TYPES])),
            section(2, vector(imports)),
            section(3, vector([leb(ty) for _, ty, _ in self.functions])),
            section(9, vector([b"\x00\x41\x01\x0b" + vector([leb(at) for at in named])])),
            section(10, bytes(code.bytes)),
            section(11, bytes(data.bytes)),
        ]
        names = (".debug_info", ".debug_line", ".debug_str")
        self.debug_symbols = {
            name: self.symbol(SECTION, LOCAL, leb(len(sections) + at)) for at, name in enumerate(names)
        }
        debug = self.debug_sections()
        first_debug = len(sections)
        sections += [custom(name, bytes(contents.bytes)) for name, contents in debug]
        sections += [self.linking(), code.reloc_section("CODE", 4), data.reloc_section("DATA", 5)]
        for at, (name, contents) in enumerate(debug):
            if contents.relocations:
                sections.append(contents.reloc_section(name, first_debug + at))
        sections.append(custom("producers", vector([text("language") + vector([text("C_plus_plus_14") + text("")])])))
        sections.append(custom("target_features", vector([b"+" + text("mutable-globals"), b"+" + text("sign-ext")])))
        return b"\0asm\x01\0\0\0" + b"".join(sections)


def member(name, body):
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(body):<10}`\n".encode()
    return header + body + b"\n" * (len(body) % 2)


def archive(members):
    """An archive with an index. `members`: (file name, bytes, names that it defines)."""
    names = b"".join(name.encode() + b"\0" for _, _, defined in members for name in defined)
    count = sum(len(defined) for _, _, defined in members)
    offset = 8 + len(member("/", bytes(4 + 4 * count) + names))
    index = count.to_bytes(4, "big")
    for name, body, defined in members:
        index += offset.to_bytes(4, "big") * len(defined)
        offset += len(member(name, body))
    return b"!<arch>\n" + member("/", index + names) + b"".join(member(name + "/", body) for name, body, _ in members)


def write(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    linked, members, words = LOOSE + NEEDED, [], []
    for number in range(linked + UNUSED):
        unit = Unit(number, linked)
        body = unit.object()
        if number < LOOSE:
            words.append(f"unit{number:03}.o")
            (folder / words[-1]).write_bytes(body)
        else:
            members.append((f"unit{number:03}.o", body, unit.defined_names))
    (folder / "libmore.a").write_bytes(archive(members))
    (folder / "link.rsp").write_text("\n".join([*words, "libmore.a"]) + "\n")


if __name__ == "__main__":
    write(sys.argv[1])
