// Packs package.json without its scripts: they need files that are not in the package.
// `prepack` runs this with "strip", `postpack` with "restore". Meanwhile the original is in package.json.orig.
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';

const [, , action] = process.argv;
const original = 'package.json.orig';

if (action === 'strip') {
  if (existsSync(original))
    throw new Error(`A pack was interrupted: move ${original} back to package.json, then pack again.`);
  await rename('package.json', original);
  const { scripts: _, ...manifest } = JSON.parse(await readFile(original, 'utf8'));
  await writeFile('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
} else if (action === 'restore') {
  await rename(original, 'package.json');
} else {
  throw new Error(`expected "strip" or "restore", found ${JSON.stringify(action)}`);
}
