// Compiles the JSON Schemas ahead of time, so that no command loads a schema compiler when it starts.
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A schema, the file for its validators, and their exported names with the part of the schema (`''`: all of it). */
const SCHEMAS = [
  {
    schema: 'schemas/motherduck.accounts.schema.json',
    out: 'src/config/config-validator.generated.js',
    exports: { validateConfig: '', validateIncluded: '#/$defs/included_file' },
    // The program has its own words for these errors.
    messages: false,
  },
  {
    schema: 'schemas/state.schema.json',
    out: 'src/state/state-validator.generated.js',
    exports: { validate: '' },
    messages: true,
  },
];

/** Writes the validators of every schema that changed. Returns the files that were written, relative to the root. */
export async function compileSchemas() {
  const written = [];
  for (const entry of SCHEMAS) {
    if (!(await exists(path.join(root, entry.schema)))) continue;
    const schema = JSON.parse(await readFile(path.join(root, entry.schema), 'utf8'));
    const code = await bundled(validatorCode(withoutProse(schema), entry));
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

/** The schema without what only its readers need; the description beside a pattern stays, because errors quote it. */
function withoutProse(schema) {
  return JSON.parse(JSON.stringify(schema), function (key, value) {
    const isProse =
      typeof value === 'string' && ['description', '$comment'].includes(key) && this.pattern === undefined;
    return isProse || (key === 'examples' && Array.isArray(value)) ? undefined : value;
  });
}

function validatorCode(schema, { exports, messages }) {
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    discriminator: true,
    verbose: true,
    messages,
    code: { source: true, lines: true, esm: true },
  });
  ajv.addSchema(schema);
  const ids = Object.entries(exports).map(([name, part]) => [name, schema.$id + part]);
  return inLinearTime(withoutUnused(standalone.default(ajv, Object.fromEntries(ids))));
}

// Of each error the program reads `instancePath`, `keyword`, `params`, `message`, `propertyName` and `parentSchema`. Without the
// rest, and with one expression to add an error, the code is a third shorter.
function withoutUnused(code) {
  const error =
    /const (err\d+) = \{(.*?)schemaPath:"[^"]*",(.*),schema:.*,(parentSchema:.*),data(?::data\d+)?\};\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}/g;
  return code.replaceAll(error, 'const $1 = {$2$3,$4};\n(vErrors ??= []).push($1);');
}

// Ajv concatenates the errors of each part into a new array, which takes seconds with errors in thousands of accounts. The
// arrays are not shared before the validator returns, so they can grow in place.
function inLinearTime(code) {
  const grown = code.replaceAll(/vErrors\.concat\((\w+\.errors)\)/g, 'append(vErrors, $1)');
  return `${grown}\nfunction append(all, more) { for (const one of more) all.push(one); return all; }\n`;
}

// Ajv's code requires small helpers from its package. They are bundled, so that ajv is not needed at run time.
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
