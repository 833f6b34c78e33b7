"""race.py LINKER PEER COMMANDS: runs the link that clang's -### wrote to the file COMMANDS with both linkers in turn
and prints their times and sizes as ratios."""
import pathlib
import shlex
import statistics
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import links  # noqa: E402

ROUNDS = 11


def main():
    ours, theirs, commands = sys.argv[1:]
    arguments = shlex.split(pathlib.Path(commands).read_text().splitlines()[-1])[1:]
    arguments = arguments[:arguments.index("-o")] + arguments[arguments.index("-o") + 2:]
    with links.scratch() as folder:
        named = links.as_wasm_ld({"ours": ours, "theirs": theirs}, folder)
        outputs = {name: pathlib.Path(path).with_name("demo.wasm") for name, path in named.items()}
        runs = {name: [] for name in named}
        for _ in range(ROUNDS + 1):
            for name, path in named.items():
                run = links.Run([path, *arguments, "-o", str(outputs[name])], None)
                if run.code:
                    sys.exit(f"{path} failed:\n{run.messages}")
                runs[name].append(run)
        wall = {name: [run.wall for run in all_runs[1:]] for name, all_runs in runs.items()}
        modules = {name: path.read_bytes() for name, path in outputs.items()}
    size = len(modules["ours"]) / len(modules["theirs"])
    same = "byte for byte the same" if modules["ours"] == modules["theirs"] else "not the same bytes"
    print(f"  link time   {links.ratio(wall['ours'], wall['theirs'])} of its time"
          f" (median of {ROUNDS}, least-greatest; {1000 * statistics.median(wall['ours']):.1f} ms here)")
    print(f"  size        {size:.3f} of its size, {same}")


main()
