//! CMake and Meson: they ask a linker what it is, and call it through the compiler.

use std::path::Path;

use super::clang::{HELLO, WASI_TOOLS};
use super::{Client, Ground, NODE, Need, Same, need};

const CMAKE: Need = need!("cmake");
const MESON: Need = need!("meson");
const NINJA: Need = need!("ninja");
/// The first CMake that has `CMAKE_LINKER_TYPE` and asks linkers for their version.
const CMAKE_TYPES: Need = Need { name: "CMake 3.29", ours: false, there: || cmake_version() >= (3, 29) };
const WASI: Need =
    Need { name: "clang-22 for WASI", ours: true, there: || WASI_TOOLS.iter().all(|need| (need.there)()) };

pub const CLIENTS: &[Client] = &[
    Client { name: "cmake/flags", needs: &[CMAKE, NINJA, WASI, NODE], run: cmake_flags },
    Client { name: "cmake/linker-type", needs: &[CMAKE_TYPES, NINJA, WASI, NODE], run: cmake_type },
    Client { name: "meson/cross", needs: &[MESON, NINJA, WASI, NODE], run: meson },
    Client { name: "meson/gnu-options", needs: &[MESON, NINJA, WASI, NODE], run: meson_gnu_options },
];

fn cmake_version() -> (u32, u32) {
    let output = std::process::Command::new("cmake").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut numbers = text.split_whitespace().nth(2).unwrap_or_default().split('.').map(|part| part.parse().ok());
    (numbers.next().flatten().unwrap_or(0), numbers.next().flatten().unwrap_or(0))
}

/// A library in an archive and a program that uses it.
fn sources(ground: &Ground) -> Result<(), String> {
    ground.write(
        "hello.c",
        &HELLO.replace("\"nobody\"", "nobody()").replace("int main", "const char *nobody(void);\nint main"),
    )?;
    ground.write("nobody.c", "const char *nobody(void) { return \"nobody\"; }\n")?;
    let lists = "cmake_minimum_required(VERSION 3.20)\nproject(hello C)\n\
        add_library(nobody STATIC nobody.c)\nadd_executable(hello hello.c)\ntarget_link_libraries(hello nobody)\n\
        set_target_properties(hello PROPERTIES SUFFIX .wasm)\n";
    ground.write("CMakeLists.txt", lists)?;
    let build = "project('hello', 'c')\nnobody = static_library('nobody', 'nobody.c')\n\
        executable('hello', 'hello.c', link_with: nobody, name_suffix: 'wasm')\n";
    ground.write("meson.build", build)
}

const TOOLCHAIN: &str = "set(CMAKE_SYSTEM_NAME Generic)\nset(CMAKE_SYSTEM_PROCESSOR wasm32)\n\
    set(CMAKE_C_COMPILER clang-22)\nset(CMAKE_C_COMPILER_TARGET wasm32-wasi)\nset(CMAKE_C_FLAGS_INIT \"-Wno-deprecated --no-wasm-opt\")\n\
    set(CMAKE_AR llvm-ar-22)\nset(CMAKE_RANLIB llvm-ranlib-22)\n";

/// Configures and builds with CMake; returns what the configuration printed.
fn cmake(ground: &Ground, build_type: &str, definitions: &[String]) -> Result<String, String> {
    let _ = std::fs::remove_dir_all(ground.path("build"));
    let mut command = ground.command("cmake");
    command.args(["-G", "Ninja", "-S", ".", "-B", "build", "-DCMAKE_TOOLCHAIN_FILE=toolchain.cmake"]);
    let configured = ground.run(command.arg(format!("-DCMAKE_BUILD_TYPE={build_type}")).args(definitions))?;
    ground.run(ground.command("cmake").args(["--build", "build"]))?;
    ground.was_called_for("hello.wasm")?;
    Ok(configured.stdout)
}

fn runs(ground: &Ground, command: &str, same: Same) -> Result<(), String> {
    ground.expect(command, &ground.wasi("build/hello.wasm", &["world"])?, "hello world", same)?;
    ground.expect(command, &ground.wasi("build/hello.wasm", &[])?, "hello nobody (exit 7)", same)
}

fn cmake_flags(ground: &Ground) -> Result<(), String> {
    sources(ground)?;
    ground.write("toolchain.cmake", TOOLCHAIN)?;
    for build_type in ["Debug", "Release"] {
        let same = ground.build_both("build/hello.wasm", |linker: &Path| {
            let flag = format!("-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld={}", ground.logging(linker)?.display());
            cmake(ground, build_type, &[flag]).map(|_| ())
        })?;
        let command = format!("cmake -DCMAKE_BUILD_TYPE={build_type} -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=/path/to/wold");
        runs(ground, &command, same)?;
    }
    Ok(())
}

fn cmake_type(ground: &Ground) -> Result<(), String> {
    sources(ground)?;
    ground.write("toolchain.cmake", TOOLCHAIN)?;
    let same = ground.build_both("build/hello.wasm", |linker: &Path| {
        // CMake knows a linker by its file's name: `ld`, or `ld.` and letters.
        let linker = ground.links("dir", &ground.logging(linker)?, &["ld.wold"])?.join("ld.wold");
        let definitions = [
            "-DCMAKE_LINKER_TYPE=WOLD".to_string(),
            format!("-DCMAKE_C_USING_LINKER_WOLD=-fuse-ld={}", linker.display()),
            "-DCMAKE_C_USING_LINKER_MODE=FLAG".to_string(),
        ];
        cmake(ground, "Release", &definitions)?;
        detected(ground)
    })?;
    let command = "cmake -DCMAKE_LINKER_TYPE=WOLD -DCMAKE_C_USING_LINKER_WOLD=-fuse-ld=/path/to/ld.wold";
    runs(ground, command, same)
}

/// CMake asked the linker for its version and takes it for LLD.
fn detected(ground: &Ground) -> Result<(), String> {
    let folder = std::fs::read_dir(ground.path("build/CMakeFiles")).map_err(|error| error.to_string())?;
    let files = folder.flatten().map(|entry| entry.path().join("CMakeCCompiler.cmake"));
    let text: String = files.filter_map(|file| std::fs::read_to_string(file).ok()).collect();
    let line = |name: &str| text.lines().find(|line| line.contains(name)).unwrap_or_default().to_string();
    let (id, version) = (line("set(CMAKE_C_COMPILER_LINKER_ID "), line("set(CMAKE_C_COMPILER_LINKER_VERSION "));
    if id.contains("\"LLD\"") && version.contains("\"22.") {
        Ok(())
    } else {
        Err(format!("CMake found: {id} {version}"))
    }
}

/// Configures and builds with Meson.
fn build_meson(ground: &Ground, linker: &Path, flags: &[&str]) -> Result<(), String> {
    let linker = ground.logging(linker)?;
    let _ = std::fs::remove_dir_all(ground.path("build"));
    ground.write("cross", &cross_file(&linker))?;
    let said = ground.run(ground.command("meson").args(["setup", "--cross-file=cross"]).args(flags).arg("build"))?;
    if !said.stdout.lines().any(|line| line.starts_with("C linker for the host machine:") && line.contains("lld")) {
        return Err(format!("Meson does not take the linker for LLD:\n{}", said.stdout));
    }
    ground.run(ground.command("ninja").args(["-C", "build"]))?;
    ground.was_called_for("hello.wasm")
}

/// With the options that make Meson's command line one that `wasm-ld` takes too.
fn meson(ground: &Ground) -> Result<(), String> {
    sources(ground)?;
    ground.write(
        "meson.build",
        "project('hello', 'c')\nexecutable('hello', 'hello.c', 'nobody.c', name_suffix: 'wasm')\n",
    )?;
    for build_type in ["debug", "release"] {
        let flags = ["--buildtype", build_type, "-Db_asneeded=false", "-Db_lundef=false"];
        let same = ground.build_both("build/hello.wasm", |linker: &Path| build_meson(ground, linker, &flags))?;
        let command = format!("meson setup --cross-file=cross {} (c_ld = '/path/to/wold')", flags.join(" "));
        runs(ground, &command, same)?;
    }
    Ok(())
}

/// Meson's defaults: `--as-needed`, `--no-undefined`, `--start-group`, which `wasm-ld` refuses.
fn meson_gnu_options(ground: &Ground) -> Result<(), String> {
    sources(ground)?;
    build_meson(ground, &crate::check::linker(), &[])?;
    runs(ground, "meson setup --cross-file=cross (static library; wasm-ld refuses this link)", Same::Unknown)
}

fn cross_file(linker: &Path) -> String {
    let linker = linker.display();
    format!(
        "[binaries]\nc = ['clang-22', '--target=wasm32-wasi', '-Wno-deprecated', '--no-wasm-opt']\nc_ld = '{linker}'\nar = 'llvm-ar-22'\n\
         [host_machine]\nsystem = 'wasi'\ncpu_family = 'wasm32'\ncpu = 'wasm32'\nendian = 'little'\n"
    )
}
