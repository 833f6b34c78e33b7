"""Shared by scripts/demo, scripts/compare and scripts/bench: finding linkers and corpora, running one link."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

REPO = pathlib.Path(__file__).resolve().parent.parent

# What a program folder of a corpus holds: the linker's arguments, relative to the folder, without -o.
LINK_FILE = "link.rsp"

# A linker that takes longer than this is killed.
PATIENCE_SECONDS = 600


def wold():
    """The linker under test: $LINKER, else the release build."""
    return os.environ.get("LINKER") or str(REPO / os.environ.get("CARGO_TARGET_DIR", "target") / "release/wold")


def peer(name):
    """A linker to compare with, `wasm-ld-22` or `wild`: from the folder $PEERS, else from PATH. None if absent."""
    folder = os.environ.get("PEERS")
    if folder and (pathlib.Path(folder) / name / "wasm-ld").exists():
        return str(pathlib.Path(folder).resolve() / name / "wasm-ld")
    return shutil.which(name)


def as_wasm_ld(linkers, folder):
    """Makes FOLDER/NAME/wasm-ld for each name -> linker, so that argv[0] and thus the messages are alike."""
    named = {}
    for name, path in linkers.items():
        target = pathlib.Path(path).resolve()
        if not os.access(target, os.X_OK):
            sys.exit(f"{name}: no linker at {path} (cargo build --release makes Wold's)")
        link = pathlib.Path(folder) / name / "wasm-ld"
        link.parent.mkdir(parents=True)
        link.symlink_to(target)
        named[name] = str(link)
    return named


def programs(corpus, wanted):
    """The links of a corpus as (label, folder, response file), by name.

    `wanted` holds folder names, or `folder:other.rsp` for another response file; empty means every folder.
    """
    corpus = pathlib.Path(corpus).resolve()
    if not wanted:
        wanted = sorted(f.parent.name for f in corpus.glob("*/" + LINK_FILE))
    found = []
    for label in wanted:
        name, _, file = label.partition(":")
        if not (corpus / name / (file or LINK_FILE)).exists():
            sys.exit(f"{corpus}: no program {label}")
        found.append((label, corpus / name, file or LINK_FILE))
    if not found:
        sys.exit(f"{corpus}: no program folders (a folder with a {LINK_FILE})")
    return found


class Run:
    """One run of a linker: wall and CPU (user + system) seconds, peak RSS in bytes, exit code, messages."""

    def __init__(self, command, folder):
        with tempfile.TemporaryFile() as messages:
            start = time.perf_counter()
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=messages, stderr=messages)
            watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
            watchdog.start()
            _, status, usage = os.wait4(process.pid, 0)
            self.wall = time.perf_counter() - start
            watchdog.cancel()
            process.returncode = self.code = os.waitstatus_to_exitcode(status)
            self.cpu = usage.ru_utime + usage.ru_stime
            self.rss = usage.ru_maxrss * 1024
            messages.seek(0)
            self.messages = messages.read().decode(errors="replace")


def scratch():
    """A temporary folder, in memory where the machine has one, so that no disk is timed."""
    memory = "/dev/shm"
    return tempfile.TemporaryDirectory(prefix="wold-", dir=memory if os.access(memory, os.W_OK) else None)


def ratio(ours, theirs):
    """`ours / theirs` of two equally long lists of interleaved runs: ratio of the medians, (least - greatest of a round)."""
    rounds = [a / b for a, b in zip(ours, theirs) if b]
    if not rounds:
        return "-"
    medians = statistics.median(ours) / statistics.median(theirs)
    return f"{medians:.2f} ({min(rounds):.2f}-{max(rounds):.2f})"
