// The reference of the configuration, from its JSON Schema.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const SCHEMA = JSON.parse(readFileSync(path.join(root, 'schemas/motherduck.accounts.schema.json'), 'utf8'));
/** More values than these are described, not listed. */
const VALUES_LISTED = 10;

/** Every key, block by block, as Markdown: what it is, its type, default and an example. */
export function configurationReference() {
  const blocks = blocksOf(SCHEMA, '', new Set());
  return blocks
    .map(({ heading, description, keys }) => [`### ${heading}`, description, keys].filter(Boolean).join('\n\n'))
    .join('\n\n');
}

/** The block of a schema and those below it. A block that stands in several places is described in the first. */
function blocksOf(schema, at, seen) {
  const described = { ...schema, ...resolved(schema) };
  const { properties, oneOf, additionalProperties, items, description } = described;
  if (oneOf !== undefined) return oneOf.flatMap((kind) => blocksOf(kind, at, seen));
  if (typeof additionalProperties === 'object') return blocksOf(additionalProperties, `${at}.NAME`, seen);
  if (items !== undefined) return blocksOf(items, `${at}[]`, seen);
  if (properties === undefined || seen.has(schema.$ref)) return [];
  if (schema.$ref !== undefined) seen.add(schema.$ref);
  const heading = at === '' ? 'The file' : headingOf(at, properties);
  const below = Object.entries(properties).sort(accountsFirst);
  return [
    { heading, description, keys: keysOf(described) },
    ...below.flatMap(([key, value]) => blocksOf(value, at === '' ? key : `${at}.${key}`, seen)),
  ];
}

function headingOf(at, { kind }) {
  return kind?.const === undefined ? `\`${at}\`` : `\`${at}\` of kind \`${kind.const}\``;
}

/** What templates have too is described with the accounts. */
function accountsFirst([a], [b]) {
  return Number(b === 'accounts' && a === 'templates') - Number(a === 'accounts' && b === 'templates');
}

function keysOf({ properties, required = [] }) {
  return Object.entries(properties)
    .map(([key, value]) => keyText(key, resolved(value), required.includes(key)))
    .join('\n');
}

function keyText(key, schema, isRequired) {
  const example = schema.examples?.[0];
  const about = [
    typeOf(schema),
    ...(isRequired ? ['required'] : []),
    ...(schema.default === undefined ? [] : [`default ${yaml(schema.default)}`]),
    ...(example === undefined ? [] : [`for example ${yaml(example)}`]),
  ];
  return `- \`${key}\`: ${schema.description}\\\n  _${about.join('; ')}_`;
}

function typeOf(schema) {
  if (schema.const !== undefined) return yaml(schema.const);
  if (schema.enum !== undefined && schema.enum.length <= VALUES_LISTED) return schema.enum.map(yaml).join(', ');
  if (schema.title !== undefined) return schema.title.replace(/ \([a-z].*\)/, '');
  const type = [schema.type ?? 'object'].flat().find((each) => each !== 'null');
  if (type !== 'array') return TYPES[type];
  const { title } = resolved(schema.items);
  return title === undefined ? 'a list' : `a list, each ${title}`;
}

const TYPES = {
  boolean: '`true` or `false`',
  integer: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  string: 'a text',
};

/** A schema with what it refers to; what it says itself goes first. */
function resolved(schema) {
  if (schema?.$ref === undefined) return schema;
  return { ...resolved(SCHEMA.$defs[schema.$ref.replace('#/$defs/', '')]), ...schema };
}

function yaml(value) {
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trim();
  return `\`${text}\``;
}
