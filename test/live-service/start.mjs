// Runs main.ts: Node 20 reads no TypeScript, so it is bundled first.
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const outfile = path.join(root, 'node_modules/.cache/mdacc-live', `main.${process.pid}.mjs`);
await build({
  entryPoints: [path.join(root, 'test/live-service/main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  // The UMD entry of jsonc-parser cannot be bundled.
  mainFields: ['module', 'main'],
  target: 'node20',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(outfile).href);
rmSync(outfile);
process.exitCode = await main(process.argv.slice(2), {
  root,
  version: JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version,
  env: process.env,
  result: (text) => process.stdout.write(text),
  note: (line) => process.stderr.write(`${line}\n`),
});
