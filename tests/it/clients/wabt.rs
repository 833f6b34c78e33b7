//! Objects of `wat2wasm --relocatable`: an older form of the format, without segment names or features.

use std::path::Path;

use super::{Client, Ground, NODE, Need, Same, need};

const WABT: Need = need!("wat2wasm");

pub const CLIENTS: &[Client] = &[
    Client { name: "wabt/relocatable", needs: &[WABT, NODE], run: relocatable },
    Client { name: "wabt/names-first", needs: &[WABT], run: names_first },
];

const MAIN: &str = r#"(module
  (import "env" "abs" (func $abs (param i32) (result i32)))
  (memory 1)
  (data (i32.const 0) "text")
  (func $helper (export "helper") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "run") (param i32) (result i32) (call $helper (call $abs (local.get 0)))))
"#;

/// The symbols of such objects are local in spite of their exports: `wasm-ld` exports the memory alone, and so does Wold.
fn relocatable(ground: &Ground) -> Result<(), String> {
    ground.write("main.wat", MAIN)?;
    ground.run(ground.command("wat2wasm").args(["--relocatable", "main.wat", "-o", "main.o"]))?;
    for options in [&["--export-all"][..], &["--export-dynamic"], &["--export-all", "--no-gc-sections", "-O2"]] {
        let same = ground.build_both("main.wasm", |linker: &Path| {
            let mut command = ground.command(&linker.display().to_string());
            command.args(["main.o", "--no-entry", "--allow-undefined", "-o", "main.wasm"]);
            ground.run(command.args(options)).map(|_| ())
        })?;
        let ran = ground.node("main.wasm", "console.log(e.run ? e.run(5) : 'nothing', 'memory' in e)")?;
        let command = format!("wat2wasm --relocatable main.wat; wold main.o {}", options.join(" "));
        ground.expect(&command, &ran, "nothing true", same)?;
    }
    Ok(())
}

/// With `--debug-names` names come before the symbols they belong to, which no linker of the LLVM kind takes.
fn names_first(ground: &Ground) -> Result<(), String> {
    ground.write("main.wat", MAIN)?;
    ground.run(ground.command("wat2wasm").args(["--relocatable", "--debug-names", "main.wat", "-o", "main.o"]))?;
    let mut command = ground.command(&crate::check::linker().display().to_string());
    let ran = ground.try_run(command.args(["main.o", "--no-entry", "--export-all", "-o", "main.wasm"]))?;
    let said = ran.stderr.trim();
    match said.contains("main.o") && said.contains("out of order section type: 0") && ran.code == Some(1) {
        true => ground.note(
            "wat2wasm --relocatable --debug-names main.wat; wold main.o",
            &format!("({said})"),
            Same::NoModule,
        ),
        false => Err(format!("expected an error about the order of sections, found exit {:?} and {said}", ran.code)),
    }
}
