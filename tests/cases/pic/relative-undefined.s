# What counts from the module's own data or table entries must be defined.
#! link: a.o -shared --experimental-pic --unresolved-symbols=import-dynamic
#! fails: $LD: error: a.o: relocation R_WASM_MEMORY_ADDR_REL_SLEB is not supported against an undefined symbol `data`
#!   $LD: error: a.o: relocation R_WASM_TABLE_INDEX_REL_SLEB is not supported against an undefined symbol `f`
	.functype f () -> ()
	.globl run
run:
	.functype run () -> ()
	i32.const data@MBREL
	drop
	i32.const f@TBREL
	drop
	end_function
