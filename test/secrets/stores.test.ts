/** A kind of secret store is one file and one line: every file of the folder is in the catalog, and has all parts of a kind. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import schema from '../../schemas/motherduck.accounts.schema.json' with { type: 'json' };
import * as catalog from '../../src/secrets/catalog.ts';
import { STORE_KINDS, storeKind } from '../../src/secrets/stores.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const KINDS = 'src/secrets/kinds';
const files = readdirSync(path.join(ROOT, KINDS)).filter((name) => name.endsWith('.ts'));
const sources = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file.replaceAll(path.sep, '/')}`)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

describe('the kinds of secret stores', () => {
  it('are the files of the folder, with a line each in the catalog', () => {
    const lines = files.map((file) => `export { ${path.parse(file).name} } from './kinds/${file}';`);
    expect(read('src/secrets/catalog.ts').match(/^export .*$/gm)).toEqual(lines);
    expect(Object.entries(catalog).map(([name, { kind }]) => [name, kind])).toEqual(
      files.map((file) => [path.parse(file).name, path.parse(file).name]),
    );
  });

  it('have one order, in which stores that pass secrets on come last', () => {
    const handsOn = STORE_KINDS.map(({ recipient }) => recipient !== undefined);
    expect(handsOn).toEqual(handsOn.toSorted());
    expect(storeKind('flie')).toBeUndefined();
  });

  it('are named nowhere else', () => {
    const names = new RegExp(`kind [!=]== '(${STORE_KINDS.map(({ kind }) => kind).join('|')})'`);
    const knowing = sources.filter((file) => !file.startsWith(`${KINDS}/`) && names.test(read(file)));
    expect(knowing).toEqual([]);
  });
});

describe.each(STORE_KINDS.map((kind) => [kind.kind, kind] as const))('%s', (name, kind) => {
  const definitions: Readonly<Record<string, Readonly<Record<string, unknown>>>> = schema.$defs;

  it('has its block in the schema of the configuration', () => {
    const block = definitions[`${name}_store`];
    expect(schema.$defs.secret_store.oneOf).toContainEqual({ $ref: `#/$defs/${name}_store` });
    expect(block?.properties).toEqual({
      kind: { description: kind.schema.about, const: name },
      ...kind.schema.properties,
    });
    expect(block?.required).toEqual(['kind', ...kind.schema.required]);
  });

  it('can be read, checked and opened, and has secret paths', () => {
    for (const part of ['read', 'check', 'open'] as const) expect(kind[part], part).toBeTypeOf('function');
    for (const part of ['of', 'shown'] as const) expect(kind.secretPaths[part], part).toBeTypeOf('function');
  });

  it('explains every code that it reports', () => {
    const used = sources
      .filter((file) => file === `${KINDS}/${name}.ts` || file.startsWith(`${KINDS}/${name}/`))
      .flatMap((file) => [...read(file).matchAll(/problems\.(?:error|warning)\(\s*'(store-[a-z-]+)'/g)])
      .map((match) => match[1]);
    expect(Object.keys(kind.codes)).toEqual(expect.arrayContaining(used));
  });
});
