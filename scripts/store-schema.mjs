// Puts the secret stores into the configuration's schema: each kind of store says in its own file what its block holds.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const FILE = path.join(root, 'schemas/motherduck.accounts.schema.json');

/** Writes the schema when a kind has changed. */
export async function writeStoreSchema() {
  const text = await readFile(FILE, 'utf8');
  const fresh = withStores(text, await storeKinds());
  if (fresh !== text) await writeFile(FILE, fresh);
}

/** The kinds, from their sources. */
async function storeKinds() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/secrets/kinds.ts'],
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
  const made = Object.entries(definitions(kinds)).map(([name, one]) => `\n    "${name}": ${laidOut(one, 4)},`);
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

/** JSON as the schema is written: a mapping of more than two keys, and what is too long for a line, on lines of its own. */
function laidOut(value, indent) {
  if (Array.isArray(value)) return `[${value.map((one) => laidOut(one, indent)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = (deeper) =>
    Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${laidOut(one, deeper)}`);
  const line = `{ ${members(indent).join(', ')} }`;
  if (Object.keys(value).length <= 2 && indent + line.length < 116) return line;
  const pad = ' '.repeat(indent + 2);
  return `{\n${members(indent + 2)
    .map((member) => pad + member)
    .join(',\n')}\n${' '.repeat(indent)}}`;
}
