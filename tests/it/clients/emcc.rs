//! Emscripten. It takes `wasm-ld` from the folder of its clang, so it is given a copy of that folder, made of links.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Client, Ground, NODE, Need, Ran, need, node_version};

/// Large and of another LLVM: used where it is installed.
const EMCC: Need = need!(optional "emcc");
const NEEDS: &[Need] = &[EMCC, NODE];

pub const CLIENTS: &[Client] = &[
    Client { name: "emcc/c", needs: NEEDS, run: |ground| each(ground, C) },
    Client { name: "emcc/cpp", needs: NEEDS, run: |ground| each(ground, CPP) },
    Client { name: "emcc/exceptions", needs: NEEDS, run: |ground| each(ground, EXCEPTIONS) },
    Client { name: "emcc/pthread", needs: NEEDS, run: |ground| each(ground, PTHREAD) },
];

/// A program, the flags to build it with in turn, and what it prints.
type Program = (&'static str, &'static str, &'static [&'static [&'static str]], &'static str);

const C: Program = (
    "hello.c",
    "#include <stdio.h>\nint main(void) { printf(\"hello %zu\\n\", sizeof(void *)); return 0; }\n",
    &[&["-O0"], &["-O1"], &["-g"], &["-sALLOW_MEMORY_GROWTH", "-sEXPORTED_FUNCTIONS=_main,_malloc,_free"]],
    "hello 4",
);

const CPP: Program = (
    "program.cpp",
    "#include <iostream>\n#include <map>\nstruct Loud { Loud() { std::cout << \"first\" << std::endl; } } loud;\n\
     int main() { std::map<int, const char *> m{{2, \"two\"}, {1, \"one\"}};\n\
     for (auto &entry : m) std::cout << entry.first << entry.second << std::endl; }\n",
    &[&["-O0", "-std=c++17"], &["-O1", "-g", "-std=c++17"]],
    "first / 1one / 2two",
);

const EXCEPTIONS: Program = (
    "exceptions.cpp",
    "#include <cstdio>\n#include <stdexcept>\n\
     int main() { try { throw std::runtime_error(\"thrown\"); }\n\
     catch (const std::exception &error) { printf(\"caught %s\\n\", error.what()); } }\n",
    &[&["-fexceptions"], &["-fwasm-exceptions"]],
    "caught thrown",
);

const PTHREAD: Program = (
    "threads.cpp",
    "#include <atomic>\n#include <cstdio>\n#include <thread>\nthread_local int mine = 5;\nstd::atomic<int> sum{0};\n\
     int main() { std::thread a([] { sum += ++mine; }), b([] { sum += mine += 2; });\n\
     a.join(); b.join(); printf(\"%d %d\\n\", sum.load(), mine); return 0; }\n",
    &[&["-pthread", "-sPROXY_TO_PTHREAD", "-sEXIT_RUNTIME"]],
    "13 5",
);

fn each(ground: &Ground, (file, source, builds, prints): Program) -> Result<(), String> {
    ground.write(file, source)?;
    let compiler = if file.ends_with(".c") { "emcc" } else { "em++" };
    for flags in builds {
        // The defaults of LLVM 22 place the stack where an older Emscripten does not expect it.
        let layout = ["-Wl,--no-stack-first"];
        let same = ground.build_both("program.wasm", |linker: &Path| {
            let folder = tools_with(ground, linker)?;
            let mut command = ground.command(compiler);
            command.env("EM_LLVM_ROOT", &folder).args(*flags).args(layout).args([file, "-o", "program.js"]);
            ground.run(&mut command)?;
            ground.was_called_for("program.wasm")
        })?;
        let command = format!("EM_LLVM_ROOT=dir {compiler} {} {} {file}", flags.join(" "), layout.join(" "));
        ground.expect(&command, &run(ground)?, prints, same)?;
    }
    Ok(())
}

/// A folder of links to Emscripten's LLVM tools, in which `wasm-ld` is `linker`. Debian's tools have a version at the
/// end of their names.
fn tools_with(ground: &Ground, linker: &Path) -> Result<PathBuf, String> {
    let config = |key| ground.try_run(ground.command("em-config").arg(key)).map(|ran| ran.stdout.trim().to_string());
    let version = config("LLVM_ADD_VERSION")?;
    let suffix = if version.chars().any(|c| c.is_ascii_digit()) { format!("-{version}") } else { String::new() };
    let root = config("LLVM_ROOT")?;
    let files = fs::read_dir(&root).map_err(|error| format!("{root}: {error}"))?.flatten();
    let wasm_ld = format!("wasm-ld{suffix}");
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        if name.ends_with(&suffix) && name != wasm_ld {
            ground.links("llvm", &file.path(), &[&name])?;
        }
    }
    ground.links("llvm", &ground.logging(linker)?, &[&wasm_ld])
}

fn run(ground: &Ground) -> Result<Ran, String> {
    let mut node = ground.command("node");
    // An older Emscripten takes a node that has `fetch` for a browser.
    if node_version() >= 18 {
        node.arg("--no-experimental-fetch");
    }
    ground.try_run(node.arg("program.js"))
}
