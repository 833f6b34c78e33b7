//! clang as a linker driver, with the C and C++ libraries for WASI of Debian's packages.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Client, Ground, NODE, Need, Same, need, symlink};

const CLANG: Need = need!("clang-22");
/// Headers, C library, start files and compiler runtime.
const WASI: Need = Need {
    name: "wasi-libc and libclang-rt-22-dev-wasm32",
    ours: true,
    there: || wasi_file("crt1.o") && has_builtins(),
};
const CXX: Need = Need { name: "libc++-22-dev-wasm32", ours: true, there: || wasi_file("libc++.a") };
const WASM_OPT: Need = need!(optional "wasm-opt");
const DWARFDUMP: Need = need!("llvm-dwarfdump-22");

pub(super) const WASI_TOOLS: &[Need] = &[CLANG, WASI, NODE];
const C: &[Need] = WASI_TOOLS;

pub const CLIENTS: &[Client] = &[
    Client { name: "clang/fuse-ld", needs: C, run: fuse_ld },
    Client { name: "clang/wasip1", needs: C, run: wasip1 },
    Client { name: "clang/folder", needs: C, run: folder },
    Client { name: "clang/cpp", needs: &[CLANG, WASI, CXX, NODE], run: cpp },
    Client { name: "clang/options", needs: C, run: options },
    Client { name: "clang/reactor", needs: C, run: reactor },
    Client { name: "clang/freestanding", needs: &[CLANG, NODE], run: freestanding },
    Client { name: "clang/lto", needs: &[CLANG], run: lto },
    Client { name: "clang/response-file", needs: C, run: response_file },
    Client { name: "clang/wasm-opt", needs: &[CLANG, WASI, NODE, WASM_OPT], run: wasm_opt },
    Client { name: "clang/debug", needs: &[CLANG, WASI, CXX, NODE, DWARFDUMP], run: debug },
];

const HEADERS: &str = "/usr/include/wasm32-wasi";
const LIBRARIES: &str = "/usr/lib/wasm32-wasi";

fn wasi_file(name: &str) -> bool {
    Path::new(LIBRARIES).join(name).is_file()
}

/// clang's folder of headers and runtime libraries; its name is clang's version.
fn resource_dir() -> String {
    let output = Command::new("clang-22").arg("-print-resource-dir").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()).unwrap_or_default()
}

/// The compiler runtime for WASI, if it is there.
pub(super) fn builtins() -> Option<std::path::PathBuf> {
    let path = Path::new(&resource_dir()).join("lib/wasi/libclang_rt.builtins-wasm32.a");
    path.is_file().then_some(path)
}

fn has_builtins() -> bool {
    builtins().is_some()
}

/// A program that prints its last argument and returns 7 if it has none.
pub(super) const HELLO: &str = r#"
#include <stdio.h>
int main(int argc, char **argv) {
  printf("hello %s\n", argc > 1 ? argv[argc - 1] : "nobody");
  return argc > 1 ? 0 : 7;
}
"#;

const PROGRAM: &str = r#"
#include <iostream>
#include <map>
#include <memory>
#include <string>
struct Loud {
  std::string name;
  Loud(const char *name) : name(name) { std::cout << "+" << name << std::endl; }
  ~Loud() { std::cout << "-" << name << std::endl; }
};
static Loud first("first"), second("second");
struct Shape { virtual ~Shape() = default; virtual double area() const = 0; };
struct Square : Shape { double side = 1.5; double area() const override { return side * side; } };
int main() {
  std::map<std::string, int> words{{"b", 2}, {"a", 1}};
  for (const auto &[word, count] : words) std::cout << word << count << std::endl;
  std::unique_ptr<Shape> shape = std::make_unique<Square>();
  std::cout << shape->area() << std::endl;
  return 3;
}
"#;
const PROGRAM_PRINTS: &str = "+first / +second / a1 / b2 / 2.25 / -second / -first (exit 3)";

/// Options of every clang here: `wasm-opt`, if it is on PATH, would change the module behind the linker's back.
const PLAIN: [&str; 3] = ["--target=wasm32-wasi", "-Wno-deprecated", "--no-wasm-opt"];

/// clang for the target of Debian's packages.
fn clang(ground: &Ground, linker: &Path, args: &[&str]) -> Command {
    let mut command = ground.command("clang-22");
    command.args(PLAIN).arg(fuse(linker)).args(args);
    command
}

fn fuse(linker: &Path) -> String {
    format!("-fuse-ld={}", linker.display())
}

fn fuse_ld(ground: &Ground) -> Result<(), String> {
    ground.write("hello.c", HELLO)?;
    for option in ["-O0", "-O2", "-s"] {
        let build = |linker: &Path| {
            ground.run(&mut clang(ground, linker, &[option, "hello.c", "-o", "hello.wasm"])).map(|_| ())
        };
        let same = ground.build_both("hello.wasm", build)?;
        let command = format!("clang-22 --target=wasm32-wasi {option} -fuse-ld=/path/to/wold hello.c");
        ground.expect(&command, &ground.wasi("hello.wasm", &["world"])?, "hello world", same)?;
        ground.expect(&command, &ground.wasi("hello.wasm", &[])?, "hello nobody (exit 7)", same)?;
    }
    Ok(())
}

/// `wasm32-wasip1`: Debian's packages do not have the libraries under this name.
fn wasip1(ground: &Ground) -> Result<(), String> {
    ground.write("hello.c", HELLO)?;
    fs::create_dir_all(ground.path("sysroot/lib")).map_err(|error| error.to_string())?;
    fs::create_dir_all(ground.path("sysroot/include")).map_err(|error| error.to_string())?;
    symlink(Path::new(LIBRARIES), &ground.path("sysroot/lib/wasm32-wasip1"))?;
    symlink(Path::new(HEADERS), &ground.path("sysroot/include/wasm32-wasip1"))?;
    let paths = [format!("-isystem{HEADERS}"), format!("-B{LIBRARIES}"), format!("-L{LIBRARIES}")];
    let spellings = [("--sysroot=DIR", vec!["--sysroot=sysroot".to_string()]), ("-isystem… -B… -L…", paths.to_vec())];
    for (spelling, flags) in spellings {
        let build = |linker: &Path| {
            let mut command = ground.command("clang-22");
            command.arg("--target=wasm32-wasip1").arg(fuse(linker)).args(&flags);
            ground.run(command.args(["hello.c", "-o", "hello.wasm"])).map(|_| ())
        };
        let same = ground.build_both("hello.wasm", build)?;
        let command = format!("clang-22 --target=wasm32-wasip1 {spelling} -fuse-ld=/path/to/wold hello.c");
        ground.expect(&command, &ground.wasi("hello.wasm", &["world"])?, "hello world", same)?;
    }
    Ok(())
}

/// Found under the name that clang looks for, with `-B`, `COMPILER_PATH` and `PATH`.
fn folder(ground: &Ground) -> Result<(), String> {
    ground.write("hello.c", HELLO)?;
    let version = resource_dir().rsplit('/').next().unwrap_or_default().to_string();
    let versioned = format!("wasm-ld-{version}");
    let names = ["wasm-ld", &versioned];
    let path = std::env::var("PATH").unwrap_or_default();
    for way in ["-B dir", "COMPILER_PATH=dir", "PATH=dir:$PATH"] {
        let build = |linker: &Path| {
            let logging = ground.logging(linker)?;
            let folder = ground.links("dir", &logging, &names)?;
            let mut command = ground.command("clang-22");
            command.args(PLAIN).args(["hello.c", "-o", "hello.wasm"]);
            match way {
                "-B dir" => command.arg("-B").arg("dir"),
                "COMPILER_PATH=dir" => command.env("COMPILER_PATH", folder),
                _ => command.env("PATH", format!("{}:{path}", folder.display())),
            };
            ground.run(&mut command).map(|_| ())
        };
        let same = ground.build_both("hello.wasm", build)?;
        let ran = ground.wasi("hello.wasm", &["world"])?;
        match way {
            // Some clangs prefer the linker beside them.
            "PATH=dir:$PATH" if ground.was_called_for("hello.wasm").is_err() => continue,
            _ => ground.was_called_for("hello.wasm")?,
        }
        ground.expect(&format!("clang-22 with {way}, in it {versioned} -> wold"), &ran, "hello world", same)?;
    }
    Ok(())
}

fn build_cpp(ground: &Ground, flags: &[&str]) -> Result<Same, String> {
    ground.write("program.cpp", PROGRAM)?;
    ground.build_both("program.wasm", |linker| {
        let mut command = ground.command("clang++-22");
        command.args(PLAIN).args(["-fno-exceptions", "-std=c++20"]);
        ground.run(command.args(flags).arg(fuse(linker)).args(["program.cpp", "-o", "program.wasm"])).map(|_| ())
    })
}

fn cpp(ground: &Ground) -> Result<(), String> {
    for option in ["-O0", "-O2", "-Os"] {
        let same = build_cpp(ground, &[option])?;
        let command = format!("clang++-22 --target=wasm32-wasi {option} -fuse-ld=/path/to/wold program.cpp");
        ground.expect(&command, &ground.wasi("program.wasm", &[])?, PROGRAM_PRINTS, same)?;
    }
    Ok(())
}

/// Linker options through `-Wl` and `-Xlinker`.
fn options(ground: &Ground) -> Result<(), String> {
    ground.write("hello.c", &format!("{HELLO}\nint twice(int n) {{ return 2 * n; }}\n"))?;
    let flags = [
        "-Wl,--export=twice,-z,stack-size=131072",
        "-Wl,--Map=map",
        "-Wl,--no-gc-sections",
        "-Xlinker",
        "--export-if-defined=thrice",
        "-Wl,--initial-memory=1048576,--max-memory=2097152",
        "-Wl,--no-entry,--entry=_start",
    ];
    let build = |linker: &Path| {
        let mut command = clang(ground, linker, &flags);
        ground.run(command.args(["hello.c", "-o", "hello.wasm"])).map(|_| ())
    };
    let same = ground.build_both("hello.wasm", build)?;
    let map = String::from_utf8_lossy(&ground.read("map")?).into_owned();
    if !map.contains("twice") {
        return Err(format!("no `twice` in the map:\n{map}"));
    }
    let script = "console.log(e.twice(21), e.memory.buffer.byteLength, Object.keys(e).sort().join())";
    let ran = ground.node("hello.wasm", script)?;
    let command = format!("clang-22 {} hello.c", flags.join(" "));
    ground.expect(&command, &ran, "42 1048576 _start,memory,twice", same)?;
    ground.expect(&command, &ground.wasi("hello.wasm", &["world"])?, "hello world", same)
}

fn reactor(ground: &Ground) -> Result<(), String> {
    let source = r#"
        #include <stdlib.h>
        static int start;
        __attribute__((constructor)) static void set(void) { start = abs(-40); }
        __attribute__((export_name("answer"))) int answer(void) { return start + 2; }
    "#;
    ground.write("lib.c", source)?;
    let flags = ["-O1", "-mexec-model=reactor", "lib.c", "-o", "lib.wasm"];
    let same = ground.build_both("lib.wasm", |linker| ground.run(&mut clang(ground, linker, &flags)).map(|_| ()))?;
    let ran = ground.node("lib.wasm", "e._initialize(); console.log(e.answer())")?;
    ground.expect("clang-22 -mexec-model=reactor -fuse-ld=/path/to/wold lib.c", &ran, "42", same)
}

fn freestanding(ground: &Ground) -> Result<(), String> {
    ground.write("sum.c", "int sum(int n) { return n ? n + sum(n - 1) : 0; }\n")?;
    for target in ["wasm32", "wasm32-unknown-unknown"] {
        let target = format!("--target={target}");
        let build = |linker: &Path| {
            let mut command = ground.command("clang-22");
            command.args([&target, "-nostdlib", "-Wl,--no-entry", "-Wl,--export-all"]).arg(fuse(linker));
            ground.run(command.args(["sum.c", "-o", "sum.wasm"])).map(|_| ())
        };
        let same = ground.build_both("sum.wasm", build)?;
        let ran = ground.node("sum.wasm", "console.log(e.sum(9))")?;
        let command = format!("clang-22 {target} -nostdlib -Wl,--no-entry,--export-all -fuse-ld=/path/to/wold sum.c");
        ground.expect(&command, &ran, "45", same)?;
    }
    Ok(())
}

/// Bitcode needs LLVM: an error that says so and names the file, and no module.
fn lto(ground: &Ground) -> Result<(), String> {
    ground.write("sum.c", "int sum(int n) { return n ? n + sum(n - 1) : 0; }\n")?;
    let mut command = ground.command("clang-22");
    ground.run(command.args(["--target=wasm32", "-flto", "-c", "sum.c", "-o", "sum.o"]))?;
    let mut command = ground.command("clang-22");
    command.args(["--target=wasm32", "-flto", "-nostdlib"]).arg(fuse(&crate::check::linker()));
    let ran = ground.try_run(command.args(["sum.o", "-o", "sum.wasm"]))?;
    let line = ran.stderr.lines().find(|line| line.contains("LLVM bitcode") && line.contains("sum.o"));
    match line {
        Some(line) if ran.code == Some(1) && !ground.path("sum.wasm").exists() => {
            ground.note("clang-22 -flto -fuse-ld=/path/to/wold sum.o", &format!("({line})"), Same::NoModule)
        }
        _ => Err(format!("expected an error about LLVM bitcode, found exit {:?} and\n{}", ran.code, ran.stderr)),
    }
}

/// A command line that is too long for the system: clang passes the linker a response file.
fn response_file(ground: &Ground) -> Result<(), String> {
    ground.write("hello.c", HELLO)?;
    let long = "x".repeat(200);
    let folders: String = (0..12_000).map(|number| format!("-L/none/{long}/\\\"{number}\\\"\n")).collect();
    ground.write("args", &format!("{folders}hello.c\n-o\nhello.wasm\n"))?;
    let build = |linker: &Path| {
        let ran = ground.run(&mut clang(ground, linker, &["-v", "@args"]))?;
        let name = linker.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match ran.stderr.lines().any(|line| line.contains(&format!("{name}\" @"))) {
            true => Ok(()),
            false => Err(format!("clang did not use a response file: {}", &ran.stderr[..ran.stderr.len().min(2000)])),
        }
    };
    let same = ground.build_both("hello.wasm", build)?;
    let ran = ground.wasi("hello.wasm", &["world"])?;
    ground.expect("clang-22 with 2.5 MB of options (a response file)", &ran, "hello world", same)
}

/// clang runs `wasm-opt` over what is linked if it finds it, and has the linker keep the features for it.
fn wasm_opt(ground: &Ground) -> Result<(), String> {
    ground.write("hello.c", HELLO)?;
    for flags in [&["-O1"][..], &["-O2", "-s"]] {
        let same = ground.build_both("hello.wasm", |linker: &Path| {
            let mut command = ground.command("clang-22");
            command.args(["--target=wasm32-wasi", "-Wno-deprecated"]).arg(fuse(linker)).args(flags);
            let ran = ground.run(command.args(["-v", "hello.c", "-o", "hello.wasm"]))?;
            let called = ran.stderr.contains("--keep-section=target_features") && ran.stderr.contains("wasm-opt\" ");
            if called { Ok(()) } else { Err(format!("clang did not call wasm-opt:\n{}", ran.stderr)) }
        })?;
        let ran = ground.wasi("hello.wasm", &["world"])?;
        ground.expect(&format!("clang-22 {} hello.c, wasm-opt on PATH", flags.join(" ")), &ran, "hello world", same)?;
    }
    Ok(())
}

/// Debug information: the verifier finds nothing in it that it does not find in `wasm-ld`'s.
fn debug(ground: &Ground) -> Result<(), String> {
    for flags in [&["-g", "-O0"][..], &["-g", "-O2", "-gdwarf-5"]] {
        let same = build_cpp(ground, flags)?;
        let verify = |module: &str| {
            let ran = ground.try_run(ground.command("llvm-dwarfdump-22").args(["--verify", module]))?;
            let text = format!("{}{}", ran.stdout, ran.stderr).replace(module, "$MODULE");
            Ok::<_, String>((text, ran.code))
        };
        let (text, code) = verify("program.wasm")?;
        let clean = code == Some(0);
        let like_peer = clean || matches!(same, Same::Yes) && verify("program.wasm.wasm-ld")? == (text.clone(), code);
        if !like_peer {
            return Err(format!("llvm-dwarfdump --verify:\n{text}"));
        }
        let found = if clean { "verifies" } else { "verifies like wasm-ld's" };
        let command = format!("clang++-22 {} -fuse-ld=/path/to/wold program.cpp", flags.join(" "));
        ground.expect(&command, &ground.wasi("program.wasm", &[])?, PROGRAM_PRINTS, same)?;
        ground.note("llvm-dwarfdump-22 --verify of it", found, same)?;
    }
    Ok(())
}
