// Writes the types of a module as declaration files: its own, and those of the modules that its types use. They are CommonJS
// (.d.cts), as the module is; a .d.ts beside the first one has the same types for the ES module that re-exports it.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const TSC = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const IMPORT = /(from |import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g;

/** Declares `source`, a file in src/, into `folder`. `tsconfig.types.json` names the same file. */
export async function declareTypes(source, folder) {
  const all = await mkdtemp(path.join(tmpdir(), 'mdacc-types-'));
  const name = path.relative('src', source).replace(/\.ts$/, '');
  try {
    await promisify(execFile)(process.execPath, [TSC, '--project', 'tsconfig.types.json', '--outDir', all]);
    await copyUsed(name, all, folder);
    await writeFile(path.join(folder, `${name}.d.ts`), reExport(name));
  } finally {
    await rm(all, { recursive: true, force: true });
  }
}

/** An ES module with the exports of the CommonJS module beside it, so that each class exists once for `import` and `require`. */
export function reExport(name) {
  return `export * from './${name}.cjs';\n`;
}

/** The compiler declares every module of the program; the types of the library use only some of them. */
async function copyUsed(first, all, folder) {
  const used = new Set([first]);
  for (const name of used) {
    const text = await readFile(path.join(all, `${name}.d.ts`), 'utf8');
    for (const [, , , imported] of text.matchAll(IMPORT)) used.add(path.join(path.dirname(name), imported));
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    const inCommonJs = text.replaceAll(IMPORT, '$1$2$3.cjs$2');
    await writeFile(path.join(folder, `${name}.d.cts`), withTabs(inCommonJs));
  }
}

/** The compiler indents by four spaces, which are 8 kB of the package. */
function withTabs(text) {
  return text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
}
