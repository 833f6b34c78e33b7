//! Objects that Zig makes: with its C compiler, with LLVM, and with its own code generator.

use std::path::Path;

use super::clang::{HELLO, builtins};
use super::{Client, Ground, NODE, Need, need};

const ZIG: Need = need!(optional "zig");
const WASI: Need =
    Need { name: "wasi-libc", ours: false, there: || super::clang::WASI_TOOLS.iter().all(|n| (n.there)()) };

pub const CLIENTS: &[Client] = &[
    Client { name: "zig/cc", needs: &[ZIG, WASI, NODE], run: cc },
    Client { name: "zig/object", needs: &[ZIG, NODE], run: object },
];

const SOURCE: &str = r#"
const Point = extern struct { x: i32, y: i32 };
var counter: i32 = 40;
const table = [_]*const fn (i32) callconv(.c) i32{ &twice, &square };
fn twice(n: i32) callconv(.c) i32 { return 2 * n; }
fn square(n: i32) callconv(.c) i32 { return n * n; }
export fn run() i32 { counter += 2; return counter; }
export fn apply(which: u32, n: i32) i32 { return table[which](n); }
export fn manhattan(p: *const Point) i32 { return p.x + p.y; }
"#;

fn zig(ground: &Ground, args: &[&str]) -> Result<(), String> {
    let mut command = ground.command("zig");
    command.env("ZIG_GLOBAL_CACHE_DIR", "cache").env("ZIG_LOCAL_CACHE_DIR", "cache");
    ground.run(command.args(args)).map(|_| ())
}

/// C objects of `zig cc`, linked with the C library of Debian's package.
fn cc(ground: &Ground) -> Result<(), String> {
    ground.write("hello.c", HELLO)?;
    let builtins = builtins().unwrap_or_default();
    for flags in [&["-O0"][..], &["-O2"], &["-g"]] {
        zig(
            ground,
            &[
                &["cc", "-target", "wasm32-wasi", "-c", "-fno-sanitize=undefined", "hello.c", "-o", "hello.o"][..],
                flags,
            ]
            .concat(),
        )?;
        let same = ground.build_both("hello.wasm", |linker: &Path| {
            let mut command = ground.command(&linker.display().to_string());
            command.args(["/usr/lib/wasm32-wasi/crt1.o", "hello.o", "-L/usr/lib/wasm32-wasi", "-lc"]).arg(&builtins);
            ground.run(command.args(["-o", "hello.wasm"])).map(|_| ())
        })?;
        let command = format!("zig cc -target wasm32-wasi {} -c hello.c; wold crt1.o hello.o -lc", flags.join(" "));
        ground.expect(&command, &ground.wasi("hello.wasm", &["world"])?, "hello world", same)?;
    }
    Ok(())
}

fn object(ground: &Ground) -> Result<(), String> {
    ground.write("lib.zig", SOURCE)?;
    let modes = [
        &["-fllvm", "-ODebug"][..],
        &["-fllvm", "-OReleaseSmall"],
        &["-fno-llvm", "-fstrip", "-ODebug"],
        &["-fno-llvm", "-OReleaseSmall"],
    ];
    for mode in modes {
        let fixed = ["build-obj", "-fsingle-threaded", "-target", "wasm32-freestanding", "lib.zig", "-femit-bin=lib.o"];
        zig(ground, &[&fixed[..], mode].concat())?;
        let same = ground.build_both("lib.wasm", |linker: &Path| {
            let mut command = ground.command(&linker.display().to_string());
            let exports = ["--export=run", "--export=apply", "--export=manhattan"];
            ground.run(command.args(["lib.o", "--no-entry", "-o", "lib.wasm"]).args(exports)).map(|_| ())
        })?;
        let script = "new Int32Array(e.memory.buffer, 64, 2).set([3, 4]);\n\
            console.log(e.run(), e.run(), e.apply(0, 5), e.apply(1, 5), e.manhattan(64))";
        let ran = ground.node("lib.wasm", script)?;
        let command = format!("zig build-obj {} lib.zig; wold lib.o", mode.join(" "));
        ground.expect(&command, &ran, "42 44 10 25 7", same)?;
    }
    Ok(())
}
