# Position-independent output cannot refer to addresses that are fixed at link time.
#! link: a.o -shared --experimental-pic --unresolved-symbols=import-dynamic
#! fails: $LD: error: a.o: relocation R_WASM_MEMORY_ADDR_SLEB cannot be used against symbol `data`; recompile with -fPIC
#!   $LD: error: a.o: relocation R_WASM_TABLE_INDEX_SLEB cannot be used against symbol `f`; recompile with -fPIC
#!   $LD: error: a.o: relocation R_WASM_MEMORY_ADDR_LEB cannot be used against symbol `data`; recompile with -fPIC
	.functype f () -> ()
	.globl run
run:
	.functype run () -> ()
	i32.const data
	drop
	i32.const f
	drop
	i32.const 0
	i32.load data
	drop
	end_function
