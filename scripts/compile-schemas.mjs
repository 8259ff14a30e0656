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
  },
  {
    // Says yes or no, in a third of the code: it runs at each start, and most files are right.
    schema: 'schemas/motherduck.accounts.schema.json',
    out: 'src/config/config-check.generated.js',
    exports: { isConfig: '', isIncluded: '#/$defs/included_file' },
    errors: false,
  },
  {
    schema: 'schemas/state.schema.json',
    out: 'src/state/state-validator.generated.js',
    exports: { validate: '' },
    // Of the configuration's errors the program has its own words.
    messages: true,
  },
];

/** Writes the validators of every schema that changed. Returns the files that were written, relative to the root. */
export async function compileSchemas() {
  const written = [];
  for (const entry of SCHEMAS) {
    if (!(await exists(path.join(root, entry.schema)))) continue;
    const schema = JSON.parse(await readFile(path.join(root, entry.schema), 'utf8'));
    const code = await bundled(validatorCode(withoutProse(schema, entry), entry));
    const banner = `// Made from ${entry.schema} by scripts/compile-schemas.mjs; do not edit.\n`;
    const files = {
      [entry.out]: banner + code,
      [entry.out.replace(/\.js$/, '.d.ts')]: banner + declarations(entry),
    };
    for (const [file, content] of Object.entries(files)) {
      if (await writeIfChanged(path.join(root, file), content)) written.push(file);
    }
  }
  return written;
}

/** The schema without what only its readers need; titles, and the description beside a pattern, stay where errors quote them. */
function withoutProse(schema, { errors = true }) {
  const prose = errors ? ['description', '$comment'] : ['description', '$comment', 'title'];
  return JSON.parse(JSON.stringify(schema), function (key, value) {
    const isProse = typeof value === 'string' && prose.includes(key) && !(errors && this.pattern !== undefined);
    return isProse || (key === 'examples' && Array.isArray(value)) ? undefined : value;
  });
}

function validatorCode(schema, { exports, errors = true, messages = false }) {
  const ajv = new Ajv2020({
    allErrors: errors,
    allowUnionTypes: true,
    discriminator: true,
    verbose: errors,
    inlineRefs: errors,
    messages,
    code: { source: true, lines: true, esm: true },
  });
  // The class sets them, and no schema here has their keywords.
  Object.assign(ajv.opts, { unevaluated: false, dynamicRef: false });
  ajv.addSchema(schema);
  const ids = Object.entries(exports).map(([name, part]) => [name, schema.$id + part]);
  const code = standalone.default(ajv, Object.fromEntries(ids));
  return asciiFirst(errors ? inLinearTime(withoutUnused(code)) : withoutErrors(code));
}

// A validator that stops at the first error needs no list of them: only whether there is one.
function withoutErrors(code) {
  const yesOrNo = code
    .replaceAll(/^validate\d+\.errors = \[\{.*\}\];\n/gm, '')
    .replaceAll(
      /^const (err\d+) = .*;\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\n/gm,
      '',
    )
    .replaceAll(/^vErrors = vErrors === null \? .*;\nerrors = vErrors\.length;\n/gm, 'errors++;\n')
    .replaceAll(
      /^if\(vErrors !== null\)\{\nif\(\w+\)\{\nvErrors\.length = \w+;\n\}\nelse \{\nvErrors = null;\n\}\n\}\n/gm,
      '',
    )
    .replaceAll(/^(let vErrors = null|validate\d+\.errors = (vErrors|null));\n/gm, '')
    .replaceAll(/, \{instancePath="".*?\}=\{\}\)/g, ')')
    .replaceAll(/, \{instancePath[^{}]*\}\)/g, ')')
    // Of a long list of keys it looks only whether a key is there.
    .replaceAll(/^const (schema\d+) = (\{.*\});$/gm, (_, name, json) => {
      const keys = Object.keys(JSON.parse(json).properties ?? {}).map((key) => [key, true]);
      return `const ${name} = ${JSON.stringify({ properties: Object.fromEntries(keys) })};`;
    });
  const rest = /.*(?:vErrors|instancePath|\.errors\b).*/.exec(yesOrNo);
  if (rest) throw new Error(`ajv writes its errors in another way than is removed here: ${rest[0]}`);
  return yesOrNo;
}

// Of each error the program reads `instancePath`, `keyword`, `params`, `message`, `propertyName` and `parentSchema`. Without the
// rest, and with one expression to add an error, the code is a third shorter.
function withoutUnused(code) {
  const error =
    /const (err\d+) = \{(.*?)schemaPath:"[^"]*",(.*),schema:.*,(parentSchema:.*),data(?::data\d+)?\};\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}/g;
  return replacedAll(code, error, 'const $1 = {$2$3,$4};\n(vErrors ??= []).push($1);');
}

// Ajv concatenates the errors of each part into a new array, which takes seconds with errors in thousands of accounts. The
// arrays are not shared before the validator returns, so they can grow in place.
function inLinearTime(code) {
  const grown = replacedAll(code, /vErrors\.concat\((\w+\.errors)\)/g, 'append(vErrors, $1)');
  const rest = /.*\bconcat\(.*/.exec(grown);
  if (rest) throw new Error(`ajv concatenates errors in another way than is replaced here: ${rest[0]}`);
  return `${grown}\nfunction append(all, more) { for (const one of more) all.push(one); return all; }\n`;
}

/** What of a class of Unicode is ASCII, between brackets. */
const ASCII_OF = { L: 'A-Za-z', N: '0-9', M: '', Cc: '\\0-\\x1f\\x7f', Cf: '', Cs: '', Zl: '', Zp: '' };

// A pattern with classes of Unicode takes a millisecond to compile, at each start. Nearly every text is ASCII, and needs none.
function asciiFirst(code) {
  const made = code.replaceAll(/new RegExp\(("[^\n]*\\\\p\{[^\n]*"), "u"\)/g, (_, json) => {
    const ascii = JSON.parse(json)
      .replaceAll('(?!.*\\p{DI})', '')
      .replaceAll(/\\p\{(\w+)\}/g, (found, name) => {
        if (ASCII_OF[name] === undefined)
          throw new Error(`${found} is not among the classes of which the ASCII is known`);
        return ASCII_OF[name];
      });
    return `asciiFirst(${JSON.stringify(ascii)}, ${json})`;
  });
  return made === code ? code : `${made}\n${ASCII_FIRST}`;
}

const ASCII_FIRST = `function asciiFirst(ascii, all) {
  const [isAscii, inAscii] = [/^[\\0-\\x7f]*$/, new RegExp(ascii, "u")];
  let inAll;
  return { test: (text) => isAscii.test(text) ? inAscii.test(text) : (inAll ??= new RegExp(all, "u")).test(text) };
}
`;

/** As `replaceAll`. @throws where there is nothing to replace: ajv writes its code in another way. */
function replacedAll(code, pattern, by) {
  const replaced = code.replaceAll(pattern, by);
  if (replaced === code) throw new Error(`ajv writes nothing any more that is like ${pattern}`);
  return replaced;
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

function declarations({ exports, errors = true }) {
  const names = Object.keys(exports);
  return errors
    ? `${ERROR_TYPES}${names.map((name) => `export declare const ${name}: Validator;\n`).join('')}`
    : names.map((name) => `export declare function ${name}(data: unknown): boolean;\n`).join('');
}

const ERROR_TYPES = `
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
`;

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
