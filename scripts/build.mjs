// Builds dist/: a small CommonJS main, which starts fastest, and an ES module for each command, loaded when it is called.
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileSchemas } from './compile-schemas.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const { version } = JSON.parse(await readFile('package.json', 'utf8'));

// Built aside and put in its place at the end, so that a program that runs meanwhile finds its modules.
const fresh = `dist.${process.pid}.new`;
const stale = `dist.${process.pid}.old`;

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  legalComments: 'inline',
  define: { MDACC_VERSION: JSON.stringify(version) },
};

// A command stays outside of main, under its built name.
const commandsOutside = {
  name: 'commands-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/commands\/.*\.ts$/ }, ({ path: file, kind }) =>
      kind === 'dynamic-import' ? { path: file.replace(/\.ts$/, '.js'), external: true } : undefined,
    );
  },
};

await compileSchemas();
const commands = (await readdir('src/commands')).map((file) => `src/commands/${file}`);
await Promise.all([
  build({
    ...common,
    entryPoints: { main: 'src/main.ts' },
    outdir: fresh,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    supported: { 'dynamic-import': true },
    plugins: [commandsOutside],
  }),
  build({
    ...common,
    entryPoints: [
      ...commands.map((file) => ({ in: file, out: `commands/${path.basename(file, '.ts')}` })),
      { in: 'src/motherduck/probe.ts', out: 'probe' },
    ],
    outdir: fresh,
    chunkNames: 'chunk-[hash]',
    format: 'esm',
    splitting: true,
    external: ['undici', '@duckdb/node-api'],
    // CommonJS libraries in the bundle ask for Node's own modules by require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  }),
]);
await rename('dist', stale).catch(() => undefined);
await rename(fresh, 'dist');
await rm(stale, { recursive: true, force: true });
