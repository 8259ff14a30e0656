/** What editors show: every key of the schema is described with an example, and a language server completes and explains it. */
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';
import { LanguageServer, type OpenFile } from './language-server.ts';

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly [key: string]: unknown;
}

const NAME = 'motherduck.accounts.schema.json';
const FILE = path.join(ROOT, 'schemas', NAME);
const schema = JSON.parse(readFileSync(FILE, 'utf8')) as Schema & { readonly $defs: Readonly<Record<string, Schema>> };
const EXAMPLE = readFileSync(path.join(ROOT, 'motherduck.accounts.yaml'), 'utf8');

/** The keys of a schema, as `guardrails.max_deletes`, each with what it says itself before what it refers to. */
function keysOf(part: Schema, at: string): [string, Schema][] {
  return Object.entries(part).flatMap(([name, value]): [string, Schema][] => {
    if (typeof value !== 'object' || value === null) return [];
    const where = ['properties', '$defs', 'items', 'accept'].includes(name) ? at : `${at}.${name}`;
    if (name !== 'properties') return keysOf(value as Schema, where);
    const found = Object.entries(value as Record<string, Schema>);
    return found.flatMap(([key, own]): [string, Schema][] => {
      const general = schema.$defs[own.$ref?.replace('#/$defs/', '') ?? ''] ?? {};
      return [[`${at}.${key}`, { ...general, ...own }], ...keysOf(own, `${at}.${key}`)];
    });
  });
}

describe('the schema', () => {
  const keys = keysOf(schema, '');

  it('describes every key', () => {
    expect(keys.length).toBeGreaterThan(100);
    expect(keys.filter(([, { description = '' }]) => description.length < 20).map(([key]) => key)).toEqual([]);
  });

  it('shows an example of every key, where its values are not listed', () => {
    const isListed = (key: Schema) =>
      key.const !== undefined || key.enum !== undefined || key.type === 'boolean' || key.oneOf !== undefined;
    const silent = keys.filter(([, key]) => !isListed(key) && key.examples === undefined && key.default === undefined);
    expect(silent.map(([key]) => key)).toEqual([]);
  });

  it('says what holds when a switch is left out', () => {
    const silent = keys.filter(
      ([, key]) => key.type === 'boolean' && key.default === undefined && !/default/i.test(key.description ?? ''),
    );
    expect(silent.map(([key]) => key)).toEqual([]);
  });
});

/** The place of a text in another one. */
function placeOf(text: string, words: string, offset = 0) {
  const before = text.slice(0, text.indexOf(words) + offset).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

describe.each([
  ['a line in the file', `# yaml-language-server: $schema=./${NAME}\n`, undefined],
  ['the settings of VS Code', '', 'examples/editors/settings.json'],
])('yaml-language-server, which knows the schema by %s', (_, line, settingsFile) => {
  let folder: string;
  let server: LanguageServer;
  let edited: string;
  let file: OpenFile;

  beforeAll(async () => {
    folder = await newFolder();
    copyFileSync(FILE, path.join(folder, NAME));
    const settings = settingsFile === undefined ? {} : JSON.parse(readFileSync(path.join(ROOT, settingsFile), 'utf8'));
    const schemas = (settings['yaml.schemas'] ?? {}) as Record<string, unknown>;
    server = await LanguageServer.start(folder, {
      completion: true,
      hover: true,
      validate: true,
      schemas,
    });
    edited = `${line}${EXAMPLE.replace(/^# yaml-language-server.*\n/, '').replace('\nguardrails:\n', '\nguardrails:\n  \n')}`;
    file = server.open(path.join(folder, 'motherduck.accounts.yaml'), edited);
  });
  afterAll(() => server.stop());

  it('completes keys and values', async () => {
    const keys = () => file.complete(placeOf(edited, 'guardrails:\n  \n', 'guardrails:\n  '.length));
    // The server reads its settings a moment after it has got them.
    await expect
      .poll(keys, { timeout: 20_000 })
      .toEqual(expect.arrayContaining(['max_creates', 'max_missing', 'allow_never_expiring']));
    const sizes = await file.complete(placeOf(edited, 'size: pulse', 'size: '.length));
    expect(sizes).toEqual(expect.arrayContaining(['pulse', 'standard', 'jumbo', 'mega', 'giga']));
  });

  it('explains a key with its description and an example', async () => {
    const text = await file.hover(placeOf(edited, 'rotate_before', 3));
    expect(text).toContain('replaced');
    expect(text).toMatch(/example/i);
    expect(text).toContain('14d');
  });

  it('finds nothing wrong in the example, and a wrong size', async () => {
    expect(await file.problems()).toEqual([]);
    const wrong = edited.replace('size: pulse', 'size: tiny');
    const found = await server.open(path.join(folder, 'prod.motherduck.accounts.yaml'), wrong).problems();
    expect(found.join('\n')).toContain('pulse');
  });
});

describe('the entry for the JSON Schema Store', () => {
  const entry = JSON.parse(readFileSync(path.join(ROOT, 'examples/editors/schema-store.json'), 'utf8'));

  it('has what its catalog wants, and names a file of this repository', () => {
    expect(Object.keys(entry)).toEqual(['name', 'description', 'fileMatch', 'url']);
    expect(entry.url).toMatch(/\/schemas\/motherduck\.accounts\.schema\.json$/);
    expect(entry.description.length).toBeLessThan(100);
  });

  it('matches the same files as the settings of VS Code', () => {
    const settings = JSON.parse(readFileSync(path.join(ROOT, 'examples/editors/settings.json'), 'utf8'));
    expect(Object.values(settings['yaml.schemas'])).toEqual([entry.fileMatch]);
  });

  it('matches the default configuration and its siblings by environment', () => {
    const match = (name: string) =>
      (entry.fileMatch as readonly string[]).some((glob) =>
        new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(name),
      );
    expect(['motherduck.accounts.yaml', 'prod.motherduck.accounts.yml', 'motherduck.accounts.yml'].map(match)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['accounts.yaml', 'motherduck.accounts.state.json'].map(match)).toEqual([false, false]);
  });
});
