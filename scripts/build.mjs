// Builds dist/, or the folder given as the argument: the program, a module for each command, which is loaded when the command is
// called, and the library with its types. All code is CommonJS, which starts fastest. Builds are reproducible.
import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import {
  lateBuiltins,
  lazyText,
  lazyTextInOneFile,
  loadedLate,
  modulesOutside,
  namesOfFormats,
  noChildProcess,
  withLateChunks,
} from './bundle-plugins.mjs';
import { compileSchemas } from './compile-schemas.mjs';
import { declareTypes, reExport } from './declare-types.mjs';
import { fillSchemas } from './fill-schemas.mjs';
import { writeLicenses } from './licenses.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.resolve(process.argv[2] ?? path.join(root, 'dist'));
process.chdir(root);
const { version } = JSON.parse(await readFile('package.json', 'utf8'));

// The build goes to a temporary folder, which is renamed at the end, so that a program that runs meanwhile finds its modules.
const fresh = `${target}.${process.pid}.new`;
const stale = `${target}.${process.pid}.old`;
// After a build that failed; one that ended well has renamed it.
process.once('exit', () => rmSync(fresh, { recursive: true, force: true }));

const common = {
  absWorkingDir: root,
  // Name files in node_modules by the same paths if it is a link.
  preserveSymlinks: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'inline',
  outdir: fresh,
  outExtension: { '.js': '.cjs' },
  // Lines, so that a line number in a bug report is useful.
  lineLimit: 500,
  metafile: true,
  define: { MDACC_VERSION: JSON.stringify(version), 'import.meta.dirname': '__dirname' },
};

// The ES modules of yaml start faster when bundled than its CommonJS modules, which are the default for Node.
const yaml = path.join(root, 'node_modules/yaml/browser/dist/index.js');
// The main entry of jsonc-parser is a UMD file, which cannot be bundled.
const jsonc = path.join(root, 'node_modules/jsonc-parser/lib/esm/main.js');

/**
 * Converts a module of a bundle to CommonJS. esbuild shares code between entry points in ES modules only, and CommonJS starts
 * faster: Node needs no second loader and compiles only what is called.
 */
async function asCommonJs(text) {
  const { code } = await transform(withLateChunks(text), {
    format: 'cjs',
    platform: 'node',
    target: common.target,
    minify: true,
    lineLimit: 500,
    legalComments: 'inline',
    // ES modules, and so the tests of the sources, run in strict mode.
    banner: '"use strict";',
    // Turns `import()` into a `require` that is still called late.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname' },
  });
  return code;
}

/**
 * A chunk with its exports as plain values. esbuild would give each chunk 600 bytes of helpers, and each export two getters that
 * every use calls: for variables that change later, and nothing here exports one.
 */
function withPlainExports(text) {
  const found = /\bexport\s*\{([^}]*)\};?\s*$/.exec(text);
  if (found === null) throw new Error(`a chunk does not end with its exports: …${text.slice(-200)}`);
  const exports = found[1].split(',').map((one) => {
    const [name, exported = name] = one.trim().split(/\s+as\s+/);
    return `${exported}:${name}`;
  });
  return `${text.slice(0, found.index)}module.exports={${exports.join(',')}};`;
}

/** The chunks that a file of src/ always loads, as absolute paths, its own first. @param late A file that it loads late, but usually. */
function chunksOf(entryPoint, { outputs }, late) {
  const found = new Set();
  const visit = (file) => {
    found.add(file);
    for (const { path: imported, kind, external } of outputs[file].imports) {
      if (external || found.has(imported)) continue;
      if (kind === 'import-statement' || outputs[imported].entryPoint === late) visit(imported);
    }
  };
  visit(Object.keys(outputs).find((file) => outputs[file].entryPoint === entryPoint));
  return [...found].map((file) => path.resolve(root, file));
}

/**
 * Puts the chunks of each group into one file, which runs a chunk when it is first asked for: to open twenty files takes a
 * tenth of the time that a plan takes.
 *
 * @param texts The modules by path.
 * @param groups The chunks of a file by its name.
 */
function withGroups(texts, groups) {
  const groupOf = new Map();
  for (const [group, chunks] of Object.entries(groups))
    for (const file of chunks) groupOf.set(path.basename(file), group);
  const redirected = (text, own) =>
    // esbuild may break a line in a string.
    text.replaceAll('\\\n', '').replaceAll(/require\("(\.\.?\/)(chunk-\w+\.cjs)"\)/g, (call, folder, name) => {
      const group = groupOf.get(name);
      if (group === undefined) return call;
      return group === own ? `load("${name}")` : `require("${folder}${group}.cjs")("${name}")`;
    });
  const files = Object.entries(groups).map(([group, chunks]) => {
    const odd = chunks.map((file) => /.{0,40}[^\0-\x7f].{0,40}/.exec(texts.get(file))).find((found) => found !== null);
    // V8 would keep the text of the whole group in two bytes a character.
    if (odd) throw new Error(`${group}.cjs has a character that is not ASCII, which its source can escape: ${odd[0]}`);
    // In parentheses, so that V8 compiles a chunk at once rather than twice.
    const bodies = chunks.map(
      (file) => `"${path.basename(file)}":(function(module,exports){${redirected(texts.get(file), group)}\n})`,
    );
    const text = `"use strict";const chunks={${bodies.join(',\n')}};const loaded={};function load(name){
if(loaded[name]===undefined)chunks[name](loaded[name]={exports:{}},loaded[name].exports);return loaded[name].exports;}
module.exports=load;\n`;
    return [path.join(fresh, `${group}.cjs`), text];
  });
  const rest = [...texts].filter(([file]) => !groupOf.has(path.basename(file)));
  return [...files, ...rest.map(([file, text]) => [file, redirected(text)])];
}

await fillSchemas();
await compileSchemas();
const commands = (await readdir('src/commands')).sort().map((file) => path.basename(file, '.ts'));
const [, main, modules] = await Promise.all([
  declareTypes('src/library.ts', path.join(fresh, 'types')),
  build({
    ...common,
    entryPoints: ['src/main.ts', 'src/command-line.ts'],
    format: 'cjs',
    minify: true,
    supported: { 'dynamic-import': false },
    plugins: [modulesOutside, namesOfFormats, noChildProcess, lazyTextInOneFile],
  }),
  build({
    ...common,
    entryPoints: [
      ...commands.map((command) => ({ in: `src/commands/${command}.ts`, out: `commands/${command}` })),
      { in: 'src/library.ts', out: 'library' },
      { in: 'src/motherduck/probe.ts', out: 'probe' },
    ],
    chunkNames: 'chunk-[hash]',
    format: 'esm',
    splitting: true,
    minify: true,
    external: ['undici', 'undici/*', '@duckdb/node-api', '@aws-sdk/*', '@google-cloud/*', '@azure/*'],
    alias: { yaml, 'jsonc-parser': jsonc },
    plugins: [loadedLate, lateBuiltins, lazyText],
    write: false,
  }),
]);
const texts = new Map();
for (const { path: file, text } of modules.outputFiles) {
  const isChunk = path.basename(file).startsWith('chunk-');
  texts.set(file, await asCommonJs(isChunk ? withPlainExports(text) : text));
}
const [, ...configuration] = chunksOf('src/commands/validate.ts', modules.metafile, 'src/report/validate/text.ts');
const [, ...planned] = chunksOf('src/commands/plan.ts', modules.metafile, 'src/report/plan/text.ts');
const planning = planned.filter((file) => !configuration.includes(file));
const sandbox = chunksOf('src/sandbox/sandbox-transport.ts', modules.metafile).filter(
  (file) => !planned.includes(file),
);
for (const [file, text] of withGroups(texts, { configuration, planning, sandbox })) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}
await writeFile(path.join(fresh, 'library.js'), reExport('library'));
const inputs = [main, modules].flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeLicenses(inputs, path.join(fresh, 'THIRD-PARTY-LICENSES.txt'));
await rename(target, stale).catch(() => undefined);
await rename(fresh, target);
await rm(stale, { recursive: true, force: true });
