// Fills in what the JSON Schemas repeat from the sources: Duckling sizes and limits, token types, and the secret stores,
// each of which says in its own file what its block holds. The rest of a schema's text stays as it is.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { parseDocument } from 'yaml';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const BIOME = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
const CONFIG = path.join(root, 'schemas/motherduck.accounts.schema.json');
const STATE = path.join(root, 'schemas/state.schema.json');
const ORGANIZATION = path.join(root, 'schemas/organization.schema.json');
const OPENAPI = path.join(root, 'schemas/motherduck-rest.openapi.json');

/** Writes the schemas whose facts have changed in the sources, formatted for the linter. */
export async function fillSchemas() {
  const facts = await readFacts();
  await update(CONFIG, (text) =>
    withState(withStores(withValues(text, configValues(facts)), facts.STORE_KINDS), facts.STATE_KINDS),
  );
  await update(STATE, (text) => withValues(text, [['$defs.type.enum', facts.TOKEN_TYPES]]));
  await update(ORGANIZATION, (text) => withValues(text, [['properties', settingProperties(facts.SETTINGS)]]));
  await update(OPENAPI, (text) => withValues(text, openApiValues(facts)));
}

async function update(file, change) {
  const text = await readFile(file, 'utf8');
  const fresh = change(text);
  if (JSON.stringify(JSON.parse(fresh)) === JSON.stringify(JSON.parse(text))) return;
  await writeFile(file, fresh);
  await promisify(execFile)(process.execPath, [BIOME, 'format', '--write', file], { cwd: root });
}

/** The tables of the sources. */
async function readFacts() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: {
      contents: `
        export { STORE_KINDS } from './src/secrets/stores.ts';
        export { STATE_KINDS } from './src/state/backends.ts';
        export { COOLDOWN_SECONDS, DUCKLING_SIZES, POOL_SIZE } from './src/model/ducklings.ts';
        export * from './src/model/tokens.ts';
        export { NEW_USERNAME_PATTERN } from './src/model/username.ts';
        export { MAX_USERS_A_PAGE } from './src/model/wire.ts';
        export { formatDuration } from './src/model/time.ts';
        export { RULES } from './src/audit/audit.ts';
        export { SETTINGS } from './src/sandbox/settings.ts';
      `,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return await import(`data:text/javascript;base64,${code}`);
}

/** The settings of the sandbox's organization. */
function settingProperties(settings) {
  const schema = { description: 'The address of this schema, for editors.', type: 'string' };
  return {
    $schema: schema,
    ...Object.fromEntries(Object.entries(settings).map(([name, one]) => [name, setting(one)])),
  };
}

function setting({ kind, about, fallback, ...facts }) {
  const description = `${about.charAt(0).toUpperCase()}${about.slice(1)}.`;
  if (kind === 'choice') return { description, enum: facts.values, default: fallback };
  if (kind === 'flag') return { description, type: 'boolean', default: fallback };
  const type = fallback === null ? ['integer', 'null'] : 'integer';
  return { description, type, minimum: facts.min, maximum: facts.max, default: fallback };
}

/** What the configuration's schema repeats, by its path there. */
function configValues(facts) {
  const { COOLDOWN_SECONDS, DUCKLING_SIZES, POOL_SIZE, formatDuration } = facts;
  const { MAX_FIRST_NAME, TOKEN_DESCRIPTION_LENGTH, TOKEN_TTL_SECONDS, TOKEN_TYPES } = facts;
  const sizes = Object.entries(DUCKLING_SIZES);
  const named = (hold) => enumerated(sizes.filter(([, facts]) => hold(facts)).map(([size]) => size));
  const rate = (size) => ({
    description: `The price of an hour of a ${size} Duckling.`,
    type: 'number',
    minimum: 0,
    examples: [0.5],
  });
  const currency = {
    description: 'The currency of the prices, which plans show.',
    title: 'the code of a currency such as USD',
    type: 'string',
    pattern: '^[A-Z]{3}$',
    examples: ['EUR'],
  };
  const pool = '$defs.read_scaling.properties.pool_size';
  const name = '$defs.token.properties.name';
  const ttls = `${formatDuration(TOKEN_TTL_SECONDS.min)} to ${formatDuration(TOKEN_TTL_SECONDS.max)}`;
  const { min, max } = POOL_SIZE;
  const cooldowns = `${COOLDOWN_SECONDS.min}s to ${COOLDOWN_SECONDS.max / 3600}h`;
  return [
    [
      'properties.compute_rates.properties',
      { currency, ...Object.fromEntries(sizes.map(([size]) => [size, rate(size)])) },
    ],
    [
      'properties.audit.properties.accept.items.properties.rule.enum',
      facts.RULES.filter(({ afterOthers }) => !afterOthers).map(({ id }) => id),
    ],
    ['$defs.size.enum', sizes.map(([size]) => size)],
    [
      '$defs.size.description',
      `A Duckling size, smallest first. Read scaling supports ${named((facts) => facts.readScaling)} unless MotherDuck support enables more. A start of ${named((facts) => facts.startsIn >= 60)} can take minutes.`,
    ],
    [
      '$defs.cooldown.description',
      `How long an idle Duckling stays awake, ${cooldowns}. Not for ${named((facts) => !facts.cooldown.settable)}. MotherDuck's default: ${defaults(sizes, formatDuration)}.`,
    ],
    [`${pool}.title`, `a whole number from ${min} to ${max}`],
    [`${pool}.description`, `How many read scaling Ducklings may run at once, ${min} to ${max}.`],
    [`${pool}.minimum`, min],
    [`${pool}.maximum`, max],
    ['$defs.token_type.enum', TOKEN_TYPES],
    [
      '$defs.ttl.description',
      `The lifetime of a token, ${ttls}, or never (which guardrails.allow_never_expiring must allow).`,
    ],
    [
      '$defs.token_description.title',
      `a description of ${TOKEN_DESCRIPTION_LENGTH.min} to ${TOKEN_DESCRIPTION_LENGTH.max} characters`,
    ],
    ['$defs.token_description.minLength', TOKEN_DESCRIPTION_LENGTH.min],
    ['$defs.token_description.maxLength', TOKEN_DESCRIPTION_LENGTH.max],
    [`${name}.title`, `a token name of 1 to ${MAX_FIRST_NAME} characters without control characters`],
    [`${name}.maxLength`, MAX_FIRST_NAME],
  ];
}

/** What the description of MotherDuck's REST API repeats, by its path there. */
function openApiValues(facts) {
  const { COOLDOWN_SECONDS, DUCKLING_SIZES, MAX_USERS_A_PAGE, POOL_SIZE, NEW_USERNAME_PATTERN } = facts;
  const { RESERVED_TOKEN_NAMES, TOKEN_DESCRIPTION_LENGTH, TOKEN_NAME_LENGTH, TOKEN_TTL_SECONDS, TOKEN_TYPES } = facts;
  const sizes = Object.keys(DUCKLING_SIZES);
  const sizesThat = (hold) => sizes.filter((size) => hold(DUCKLING_SIZES[size]));
  const schemas = 'components.schemas';
  const token = `${schemas}.NewToken.properties`;
  const scaling = `${schemas}.NewDucklings.properties.config.properties.read_scaling.properties`;
  const limits = (where, { min, max }, [least, most] = ['minimum', 'maximum']) => [
    [`${where}.${least}`, min],
    [`${where}.${most}`, max],
  ];
  return [
    ['components.parameters.Limit.schema.maximum', MAX_USERS_A_PAGE],
    [`${schemas}.NewUser.properties.username.x-portable-pattern`, NEW_USERNAME_PATTERN.source],
    [`${schemas}.TokenType.enum`, TOKEN_TYPES],
    [`${schemas}.KnownTokenType.x-extensible-enum`, TOKEN_TYPES],
    ...limits(`${token}.name`, TOKEN_NAME_LENGTH, ['minLength', 'maxLength']),
    [`${token}.name.not.enum`, RESERVED_TOKEN_NAMES],
    ...limits(`${token}.ttl`, TOKEN_TTL_SECONDS),
    [`${token}.description.maxLength`, TOKEN_DESCRIPTION_LENGTH.max],
    [`${schemas}.Size.enum`, sizes],
    [`${schemas}.KnownSize.x-extensible-enum`, sizes],
    ...limits(`${schemas}.NewCooldown`, COOLDOWN_SECONDS),
    [`${scaling}.instance_size.x-without-support`, sizesThat(({ readScaling }) => readScaling)],
    ...limits(`${scaling}.flock_size`, POOL_SIZE),
    [`${schemas}.NoCooldown.if.properties.instance_size.enum`, sizesThat(({ cooldown }) => !cooldown.settable)],
  ];
}

/** `1m for standard and jumbo, 5m for mega`. */
function defaults(sizes, formatDuration) {
  const settable = sizes.filter(([, { cooldown }]) => cooldown.settable);
  const seconds = [...new Set(settable.map(([, { cooldown }]) => cooldown.seconds))];
  const sizesOf = (each) => settable.filter(([, { cooldown }]) => cooldown.seconds === each).map(([size]) => size);
  return seconds.map((each) => `${formatDuration(each)} for ${enumerated(sizesOf(each))}`).join(', ');
}

function enumerated(names) {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Replaces values in JSON text, each by its dotted path, where they differ. JSON is YAML, whose parser tells where values are. */
function withValues(text, values) {
  return values.reduce((all, [where, value]) => {
    const node = parseDocument(all).getIn(where.split('.'), true);
    if (node === undefined) throw new Error(`the schema has no ${where}`);
    const [start, end] = node.range;
    const fresh = JSON.stringify(value);
    return JSON.stringify(JSON.parse(all.slice(start, end))) === fresh
      ? all
      : all.slice(0, start) + fresh + all.slice(end);
  }, text);
}

/** The definitions from `secret_store` up to the token policies are the stores'. */
function withStores(text, kinds) {
  const start = text.indexOf('\n    "secret_store": {');
  const end = text.indexOf('\n    "token_policies": {', start);
  if (start === -1 || end === -1) throw new Error(`${CONFIG} has no place for the secret stores`);
  const made = Object.entries(definitions(kinds)).map(([name, one]) => `\n    "${name}": ${JSON.stringify(one)},`);
  return text.slice(0, start) + made.join('') + text.slice(end);
}

function definitions(kinds) {
  const nouns = kinds.map(({ schema }) => schema.is);
  const secret_store = {
    description: `A secret store: ${nouns.slice(0, -1).join(', ')}, or ${nouns.at(-1)}.`,
    type: 'object',
    required: ['kind'],
    discriminator: { propertyName: 'kind' },
    oneOf: kinds.map(({ kind }) => ({ $ref: `#/$defs/${kind}_store` })),
  };
  return Object.assign({ secret_store }, ...kinds.map((kind) => ({ [`${kind.kind}_store`]: blockSchema(kind) })));
}

/** The definitions from `state` up to the secret stores are the kinds of state. */
function withState(text, kinds) {
  const start = text.indexOf('\n    "state": {', text.indexOf('"$defs"'));
  const end = text.indexOf('\n    "secret_store": {', start);
  if (start === -1 || end === -1) throw new Error(`${CONFIG} has no place for the kinds of state`);
  const nouns = kinds.map(({ schema }) => schema.is);
  const state = {
    description: `Where the state is kept: ${enumerated(nouns)}.`,
    type: 'object',
    required: ['kind'],
    discriminator: { propertyName: 'kind' },
    oneOf: kinds.map(({ kind }) => ({ $ref: `#/$defs/${kind}_state` })),
  };
  const all = Object.assign({ state }, ...kinds.map((kind) => ({ [`${kind.kind}_state`]: blockSchema(kind) })));
  const made = Object.entries(all).map(([name, one]) => `\n    "${name}": ${JSON.stringify(one)},`);
  return text.slice(0, start) + made.join('') + text.slice(end);
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
