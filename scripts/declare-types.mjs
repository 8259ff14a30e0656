// Writes the types of a module as .d.ts files: its own, and those of the modules that its types speak of.
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
  try {
    await promisify(execFile)(process.execPath, [TSC, '--project', 'tsconfig.types.json', '--outDir', all]);
    await copyReached(path.relative('src', source).replace(/\.ts$/, '.d.ts'), all, folder);
  } finally {
    await rm(all, { recursive: true, force: true });
  }
}

/** The compiler declares every module of the program; most of them no type of the library speaks of. */
async function copyReached(first, all, folder) {
  const reached = new Set([first]);
  for (const file of reached) {
    const text = await readFile(path.join(all, file), 'utf8');
    for (const [, , , name] of text.matchAll(IMPORT)) reached.add(path.join(path.dirname(file), `${name}.d.ts`));
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text.replaceAll(IMPORT, '$1$2$3.js$2'));
  }
}
