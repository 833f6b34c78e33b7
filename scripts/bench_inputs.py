"""What scripts/bench links: how large programs are, multiplied copies of them, and whether the machine has room."""
import os
import pathlib
import shlex
import shutil
import subprocess

import links

SHARED = pathlib.Path(os.environ.get("SHARED", links.REPO.parent / "shared"))
TARGET = links.REPO / os.environ.get("CARGO_TARGET_DIR", "target")
# Where multiplied programs are made; git ignores it. Not among the corpus, of which tests link every program.
MULTIPLIED = links.REPO / "target/multiplied"


def memory_available():
    """Bytes that processes can still take, the page cache included; None where the system does not say."""
    try:
        lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def input_bytes(program, linker):
    """Bytes of all files that a link of the program reads: `linker`, which is Wold, lists them."""
    _, folder, file = program
    with links.scratch() as tmp:
        listed = pathlib.Path(tmp) / "files.d"
        command = [*linker, "@" + file, f"--dependency-file={listed}", "-o", f"{tmp}/out.wasm"]
        if subprocess.run(command, cwd=folder, capture_output=True).returncode:
            return 0
        rule = listed.read_text().replace("\\\n", " ").split("\n")[0].split(": ", 1)[1]
        return sum(os.path.getsize(folder / name) for name in shlex.split(rule))


def multiplier():
    """The program that clones objects, built from the corpus's source. None if that is not here."""
    source, program = SHARED / "corpus/multiply.rs", TARGET / "multiply"
    if not source.exists():
        return None
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["rustc", "-O", "--edition", "2021", "-o", str(program), str(source)], check=True)
    return str(program)


def split_arguments(folder, words):
    """The linker's arguments with absolute paths, and the program's own objects and archives, whose place in the
    arguments `@objects.rsp` takes."""
    own, rest = [], []
    for word in words:
        path = folder / word
        if word.startswith("-L"):
            rest.append(f"-L{(folder / word[2:]).resolve()}")
        elif word.startswith("-") or not path.exists():
            rest.append(word)
        elif path.suffix in (".o", ".a") and folder.resolve() in path.resolve().parents:
            if not own:
                rest.append("@objects.rsp")
            own.append(str(path.resolve()))
        else:
            rest.append(str(path.resolve()))
    return rest, own


def multiplied(corpus, name, copies, say):
    """The folder name of program `name` with `copies` copies of its objects in MULTIPLIED; made if it is not there.

    None, and the reason said, where it cannot be made.
    """
    folder = MULTIPLIED / f"{name}-x{copies}"
    if (folder / links.LINK_FILE).exists():
        return folder.name
    program = multiplier()
    if not program:
        return say(f"{folder.name}: no {SHARED}/corpus/multiply.rs")
    source = pathlib.Path(corpus).resolve() / name
    rest, own = split_arguments(source, (source / links.LINK_FILE).read_text().split())
    size = copies * sum(os.path.getsize(path) for path in own)
    MULTIPLIED.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(MULTIPLIED).free
    # The outputs are about as large as the inputs without their archives' indices.
    if size * 1.5 > free:
        return say(f"{folder.name}: wants {size * 1.5 / 2**30:.1f} GiB of disk, {free / 2**30:.1f} are free: left out")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    subprocess.run([program, "-k", str(copies), "-o", ".", *own], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    (folder / links.LINK_FILE).write_text("\n".join(rest) + "\n")
    return folder.name


def sections(path):
    """Bytes of each section of a module, by name: `code`, `data`, or the name of a custom section."""
    names = {1: "type", 2: "import", 3: "function", 4: "table", 5: "memory", 6: "global", 7: "export", 8: "start",
             9: "element", 10: "code", 11: "data", 12: "data count", 13: "tag"}
    found = {}
    with open(path, "rb") as file:
        file.seek(8)
        while kind := file.read(1):
            size = read_leb(file)
            end = file.tell() + size
            name = names.get(kind[0], "?") if kind[0] else file.read(read_leb(file)).decode(errors="replace")
            found[name] = found.get(name, 0) + size
            file.seek(end)
    return found


def read_leb(file):
    value = shift = 0
    while byte := file.read(1):
        value |= (byte[0] & 127) << shift
        shift += 7
        if byte[0] < 128:
            break
    return value


def left_out(ours, theirs):
    """In words: which sections of `ours`, or how much of them, `theirs` lacks; empty if little."""
    mine, other = sections(ours), sections(theirs)
    words = [f"{name}" for name, size in mine.items() if name not in other and size > 64]
    words += [f"{1 - other[name] / size:.0%} of {name}" for name, size in mine.items()
              if name in other and size > 4096 and other[name] < 0.9 * size]
    lost = sum(size - other.get(name, 0) for name, size in mine.items() if other.get(name, 0) < size)
    return f"leaves out {lost / 1e6:.1f} MB: {', '.join(words)}" if words else ""
