// Builds dist/, or the folder that is named: a small main, each command, which is loaded when it is called, and the library
// with its types. All is CommonJS, which starts fastest. The same sources give the same bytes.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { commandsOutside, namesOfFormats, noChildProcess } from './commands-outside.mjs';
import { asCommonJs } from './common-js.mjs';
import { compileSchemas } from './compile-schemas.mjs';
import { declareTypes, reExport } from './declare-types.mjs';
import { fillSchemas } from './fill-schemas.mjs';
import { writeLicenses } from './licenses.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
process.chdir(root);
const { version } = JSON.parse(await readFile('package.json', 'utf8'));

// Built aside and put in its place at the end, so that a program that runs meanwhile finds its modules.
const fresh = `${target}.${process.pid}.new`;
const stale = `${target}.${process.pid}.old`;

const common = {
  absWorkingDir: root,
  // Where node_modules is a link, its files are named as if it were a folder here.
  preserveSymlinks: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'inline',
  outdir: fresh,
  outExtension: { '.js': '.cjs' },
  // Lines stay short, so that a place in a bug report is one.
  lineLimit: 160,
  metafile: true,
  define: { MDACC_VERSION: JSON.stringify(version) },
};

// The ES modules of yaml: bundled, they start in less time than its CommonJS ones, which Node would be given.
const yaml = path.join(root, 'node_modules/yaml/browser/dist/index.js');
// The main entry of jsonc-parser is a UMD file, which cannot be bundled.
const jsonc = path.join(root, 'node_modules/jsonc-parser/lib/esm/main.js');

await fillSchemas();
await compileSchemas();
const commands = (await readdir('src/commands')).sort().map((file) => path.basename(file, '.ts'));
const entry = (command) => ({ in: `src/commands/${command}.ts`, out: `commands/${command}` });
/** These run most often. Each is one file, because opening twenty modules would take a tenth of their time. */
const whole = ['plan', 'validate'];
const modules = {
  ...common,
  format: 'esm',
  minify: true,
  // The stack in a bug report names functions.
  keepNames: true,
  external: ['undici', 'undici/*', '@duckdb/node-api'],
  alias: { yaml, 'jsonc-parser': jsonc },
  write: false,
};
const [, ...bundles] = await Promise.all([
  declareTypes('src/library.ts', path.join(fresh, 'types')),
  build({
    ...common,
    entryPoints: { main: 'src/main.ts' },
    format: 'cjs',
    minify: true,
    supported: { 'dynamic-import': false },
    plugins: [commandsOutside, namesOfFormats, noChildProcess],
  }),
  ...whole.map((command) => build({ ...modules, entryPoints: [entry(command)] })),
  build({
    ...modules,
    entryPoints: [
      ...commands.filter((command) => !whole.includes(command)).map(entry),
      { in: 'src/library.ts', out: 'library' },
      { in: 'src/motherduck/probe.ts', out: 'probe' },
    ],
    chunkNames: 'chunk-[hash]',
    splitting: true,
  }),
]);
for (const { path: file, text } of bundles.flatMap(({ outputFiles = [] }) => outputFiles)) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, await asCommonJs(text, common.target));
}
await writeFile(path.join(fresh, 'library.js'), reExport('library'));
const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeLicenses(inputs, path.join(fresh, 'THIRD-PARTY-LICENSES.txt'));
await rename(target, stale).catch(() => undefined);
await rename(fresh, target);
await rm(stale, { recursive: true, force: true });
