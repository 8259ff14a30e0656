// Writes the licenses of the bundled packages, which must accompany the code.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

// Compiled into the validators, so the bundler does not report it.
const COMPILED_IN = ['node_modules/ajv'];

/** Writes the licenses to `file`, each text once. `inputs` are the paths of the bundled files. Throws if a package has no license file. */
export async function writeLicenses(inputs, file) {
  const bundled = inputs.map((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input)?.[0]);
  const folders = [...new Set([...bundled, ...COMPILED_IN])].filter((folder) => folder !== undefined).sort();
  const names = new Map();
  for (const { name, text } of await Promise.all(folders.map(licenseOf))) {
    names.set(text, [...(names.get(text) ?? []), name]);
  }
  const parts = [...names].map(([text, all]) => `\n${'-'.repeat(80)}\n${all.join('\n')}\n\n${text}\n`);
  await writeFile(file, `The code in this folder includes code of these packages.\n${parts.join('')}`);
}

async function licenseOf(folder) {
  const { name, version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const found = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
  if (found === undefined) throw new Error(`${name} is bundled and has no license file`);
  const text = await readFile(path.join(folder, found), 'utf8');
  return { name: `${name} ${version}`, text: text.replaceAll('\r\n', '\n').trim() };
}
