// Compiles the JSON Schemas ahead of time, so that no command loads a schema compiler when it starts.
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A schema, where its validators go, and which: the exported name and the place in the schema (`''` is the whole). */
const SCHEMAS = [
  {
    schema: 'schemas/motherduck.accounts.schema.json',
    out: 'src/config/config-validator.generated.js',
    exports: { validateConfig: '', validateIncluded: '#/$defs/included_file' },
  },
  {
    schema: 'schemas/state.schema.json',
    out: 'src/state/state-validator.generated.js',
    exports: { validate: '' },
  },
];

/** Writes the validators of every schema that exists and changed. Gives the files it wrote, relative to the root. */
export async function compileSchemas() {
  const written = [];
  for (const entry of SCHEMAS) {
    if (!(await exists(path.join(root, entry.schema)))) continue;
    const schema = JSON.parse(await readFile(path.join(root, entry.schema), 'utf8'));
    const code = await bundled(validatorCode(schema, entry.exports));
    const banner = `// Made from ${entry.schema} by scripts/compile-schemas.mjs; do not edit.\n`;
    const files = {
      [entry.out]: banner + code,
      [entry.out.replace(/\.js$/, '.d.ts')]: banner + declarations(Object.keys(entry.exports)),
    };
    for (const [file, content] of Object.entries(files)) {
      if (await writeIfChanged(path.join(root, file), content)) written.push(file);
    }
  }
  return written;
}

function validatorCode(schema, exports) {
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    discriminator: true,
    verbose: true,
    code: { source: true, lines: true, esm: true },
  });
  ajv.addSchema(schema);
  const ids = Object.entries(exports).map(([name, place]) => [name, schema.$id + place]);
  return inLinearTime(standalone.default(ajv, Object.fromEntries(ids)));
}

// Ajv gathers the errors of a part by concat, a new array for each part: with errors in each of many thousand accounts
// that takes seconds. Its arrays are its own until it returns, so they can grow in place.
function inLinearTime(code) {
  const grown = code.replaceAll(/vErrors\.concat\((\w+\.errors)\)/g, 'append(vErrors, $1)');
  return `${grown}\nfunction append(all, more) { for (const one of more) all.push(one); return all; }\n`;
}

// Ajv's code requires small helpers from its package; bundled into the file, nothing of ajv is needed at run time.
async function bundled(code) {
  const result = await build({
    absWorkingDir: root,
    preserveSymlinks: true,
    stdin: { contents: code, resolveDir: root, loader: 'js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['main'],
    target: 'node20',
    logLevel: 'warning',
  });
  return result.outputFiles[0].text;
}

const declarations = (names) => `
export interface SchemaError {
  keyword: string;
  instancePath: string;
  schemaPath: string;
  params: Record<string, unknown>;
  message?: string;
  /** Set when the error is about a key of the object at instancePath. */
  propertyName?: string;
  parentSchema?: Record<string, unknown>;
}
export interface Validator {
  (data: unknown): boolean;
  errors?: SchemaError[] | null;
}
${names.map((name) => `export declare const ${name}: Validator;\n`).join('')}`;

async function writeIfChanged(file, content) {
  if ((await exists(file)) && (await readFile(file, 'utf8')) === content) return false;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return true;
}

async function exists(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const file of await compileSchemas()) process.stdout.write(`wrote ${file}\n`);
}
