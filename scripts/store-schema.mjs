// Puts the secret stores into the configuration's schema: each kind of store says in its own file what its block holds.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const BIOME = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
const FILE = path.join(root, 'schemas/motherduck.accounts.schema.json');

/** Writes the schema when a kind has changed, laid out as the linter wants it. */
export async function writeStoreSchema() {
  const text = await readFile(FILE, 'utf8');
  const fresh = withStores(text, await storeKinds());
  if (JSON.stringify(JSON.parse(fresh)) === JSON.stringify(JSON.parse(text))) return;
  await writeFile(FILE, fresh);
  await promisify(execFile)(process.execPath, [BIOME, 'format', '--write', FILE], { cwd: root });
}

/** The kinds, from their sources. */
async function storeKinds() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/secrets/stores.ts'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return (await import(`data:text/javascript;base64,${code}`)).STORE_KINDS;
}

/** The definitions from `secret_store` up to the token policies are the stores'; the rest of the text stays as it is. */
function withStores(text, kinds) {
  const start = text.indexOf('\n    "secret_store": {');
  const end = text.indexOf('\n    "token_policies": {', start);
  if (start === -1 || end === -1) throw new Error(`${FILE} has no place for the secret stores`);
  const made = Object.entries(definitions(kinds)).map(([name, one]) => `\n    "${name}": ${JSON.stringify(one)},`);
  return text.slice(0, start) + made.join('') + text.slice(end);
}

function definitions(kinds) {
  const nouns = kinds.map(({ schema }) => schema.is);
  const secret_store = {
    description: `One place for secrets: ${nouns.slice(0, -1).join(', ')}, or ${nouns.at(-1)}.`,
    type: 'object',
    required: ['kind'],
    discriminator: { propertyName: 'kind' },
    oneOf: kinds.map(({ kind }) => ({ $ref: `#/$defs/${kind}_store` })),
  };
  return Object.assign({ secret_store }, ...kinds.map((kind) => ({ [`${kind.kind}_store`]: blockSchema(kind) })));
}

function blockSchema({ kind, schema: { description, about, required, properties } }) {
  return {
    description,
    type: 'object',
    required: ['kind', ...required],
    additionalProperties: false,
    properties: { kind: { description: about, const: kind }, ...properties },
  };
}
