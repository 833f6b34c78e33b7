// run-wasi.cjs MODULE [ARGUMENT...]: runs a WASI program under node, with this process's standard streams.
'use strict';
process.removeAllListeners('warning');
process.on('warning', () => {});
const { readFileSync } = require('fs');
const { WASI } = require('wasi');

async function main([file, ...args]) {
  const wasi = new WASI({ version: 'preview1', args: [file, ...args], env: process.env, returnOnExit: true });
  const imports = { wasi_snapshot_preview1: wasi.wasiImport };
  const { instance } = await WebAssembly.instantiate(readFileSync(file), imports);
  process.exitCode = wasi.start(instance);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(String(error));
  process.exitCode = 1;
});
