// Writes the licenses of the bundled packages, which must accompany the code.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

// Compiled into the validators, so the bundler does not report it.
const COMPILED_IN = ['ajv'];

/** Writes the licenses to `file`. `inputs` are the paths of the bundled files. Throws if a package has no license file. */
export async function writeLicenses(inputs, file) {
  const bundled = inputs.map((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  const names = [...new Set([...bundled, ...COMPILED_IN])].filter((name) => name !== undefined).sort();
  const texts = await Promise.all(names.map(licenseOf));
  await writeFile(file, `The code in this folder includes code of these packages.\n${texts.join('')}`);
}

async function licenseOf(name) {
  const folder = path.join('node_modules', name);
  const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const found = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
  if (found === undefined) throw new Error(`${name} is bundled and has no license file`);
  const text = await readFile(path.join(folder, found), 'utf8');
  return `\n${'-'.repeat(80)}\n${name} ${version}\n\n${text.replaceAll('\r\n', '\n').trim()}\n`;
}
