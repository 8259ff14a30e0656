import { describe, expect, test } from 'vitest';
import { BASE, desired, expectText, findings, load, MAIN, textOf } from './loading.ts';

const ACCOUNT = 'accounts:\n  abc: { tokens: { a: app } }\n';
const codes = async (yaml: string | Uint8Array): Promise<string[]> =>
  (await findings({ [MAIN]: yaml })).map((line) => line.split(' ').slice(0, 2).join(' '));

describe('bytes', () => {
  test('a byte order mark and CRLF are fine, and positions stay right', async () => {
    const crlf = `\ufeff${BASE}${ACCOUNT}`.replaceAll('\n', '\r\n');
    expect((await desired(crlf)).accounts.size).toBe(1);
    expect(textOf(await load(crlf.replace('tokens', 'tokenz')))).toMatch(
      /:9:10: .*"tokenz"\n {4}9 \| {3}abc: { tokenz: { a: app } }\n {6}\| {10}\^{6}\n/,
    );
    expect(await findings('\ufeffvercion: 1\r\norganization: a\r\nversion: 1')).toEqual(['unknown-key 1 vercion']);
  });

  test.each<[string, Uint8Array]>([
    ['UTF-16', Buffer.from(`\ufeff${BASE}`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(BASE, 'utf16le')],
    ['a program', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0])],
    ['Latin-1', Buffer.from('version: 1 # \xe9t\xe9', 'latin1')],
  ])('%s is refused', async (name, bytes) => {
    const loaded = await load({ [MAIN]: bytes });
    expect(loaded.ok ? [] : loaded.diagnostics).toMatchObject([{ code: 'encoding', location: { line: 1, column: 1 } }]);
    await expectText(`a file of another encoding > ${name}`, { [MAIN]: bytes });
  });

  test('more than 10 MB are refused unread, also together', async () => {
    const six = `# ${'x'.repeat(6 * 1024 * 1024)}\n`;
    expect(await codes(six + six)).toEqual(['too-large 1']);
    const files = { [MAIN]: `${BASE}include: [a.yaml, b.yaml]\n`, 'a.yaml': six, 'b.yaml': six };
    expect(await findings(files)).toEqual(['b.yaml: too-large 1 ']);
    expect(await findings({ ...files, 'b.yaml': '' })).toEqual([]);
  });
});

describe('nesting', () => {
  const deep = 200_000;
  test.each<[string, string]>([
    ['open lists', `a: ${'['.repeat(deep)}`],
    ['closed lists', `a: ${'['.repeat(deep)}${']'.repeat(deep)}`],
    ['mappings', `a: ${'{a: '.repeat(deep)}`],
    ['block lists', `a:\n ${'- '.repeat(deep)}x`],
    ['complex keys', `${'? '.repeat(deep)}x`],
    ['block mappings', Array.from({ length: 2000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')],
    ['just above the limit', `a: ${'['.repeat(80)}${']'.repeat(80)}`],
  ])('%s', async (_name, yaml) => {
    const found = await codes(yaml);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^too-deep \d+/);
  });

  test('chains of aliases', async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `  n${index + 1}: &n${index + 1} [*n${index}]`);
    expect(
      (await codes(`${BASE}x:\n  n0: &n0 []\n${lines.join('\n')}\n`)).some((code) => code.startsWith('too-deep')),
    ).toBe(true);
  });

  test('what people write is not deep', async () => {
    const nested = `x: ${'['.repeat(20)}${']'.repeat(20)}\n`;
    expect(await findings(BASE + nested)).toEqual(['unknown-key 8 x']);
  });
});

describe('aliases', () => {
  const bomb = (item: (name: string) => string): string =>
    [
      `  n0: &n0 ${item('x')}`,
      ...Array.from({ length: 30 }, (_, index) => `  n${index + 1}: &n${index + 1} ${item(`*n${index}`)}`),
    ].join('\n');

  test.each<[string, string]>([
    ['lists', bomb((name) => `[${Array(9).fill(name).join(', ')}]`)],
    ['mappings', bomb((name) => `{ a: ${name}, b: ${name}, c: ${name} }`)],
  ])('%s that explode are refused at once', async (_name, lines) => {
    const found = await codes(`${BASE}x:\n${lines}\n`);
    expect(found.filter((code) => code.startsWith('yaml-alias'))).toHaveLength(1);
  });

  test('merge keys that explode are refused at once', async () => {
    const wide = Array.from({ length: 1000 }, (_, index) => `k${index}: 1`).join(', ');
    const lines = Array.from({ length: 3000 }, () => '  - <<: *wide').join('\n');
    const found = await codes(`${BASE}w: &wide { ${wide} }\nx:\n${lines}\n`);
    expect(found.filter((code) => code.startsWith('yaml-alias'))).toHaveLength(1);
  });

  test('anchors, aliases and merge keys of people work', async () => {
    const yaml = `${BASE}accounts:
  abc: &base
    tokens: &tokens { a: app }
    ducklings: { read_write: { size: pulse } }
    smoke: false
  abd: *base
  abe: { tokens: *tokens }
  abf:
    <<: *base
    smoke: { query: &q SELECT 1 }
  abg: { <<: [{ smoke: { query: *q } }, *base], tokens: { <<: *tokens, b: app } }
`;
    const { accounts } = await desired(yaml);
    expect(accounts.get('abd')).toMatchObject({ smoke: false, ducklings: { read_write: { size: 'pulse' } } });
    expect([...(accounts.get('abe')?.tokens.keys() ?? [])]).toEqual(['a']);
    expect(accounts.get('abf')).toMatchObject({
      smoke: { query: 'SELECT 1' },
      ducklings: { read_write: { size: 'pulse' } },
    });
    expect(accounts.get('abg')).toMatchObject({ smoke: { query: 'SELECT 1' } });
    expect(new Set(accounts.get('abg')?.tokens.keys())).toEqual(new Set(['a', 'b']));
  });

  test('a later anchor of the same name counts from there on', async () => {
    const yaml = `${BASE}accounts:\n  abc: { smoke: &s { query: one } }\n  abd: { smoke: *s }\n  abe: { smoke: &s { query: two } }\n  abf: { smoke: *s }\n`;
    const { accounts } = await desired(yaml);
    expect(['abd', 'abf'].map((name) => accounts.get(name)?.smoke)).toEqual([{ query: 'one' }, { query: 'two' }]);
  });

  test.each<[string, string, string]>([
    ['to nothing', 'x: *nope', 'yaml-alias 8'],
    ['to itself', 'x: &x [*x]', 'yaml-alias 8'],
    ['merged from a text', 'x: { <<: text }', 'yaml-alias 8'],
  ])('%s', async (_name, yaml, code) => {
    expect(await codes(BASE + yaml)).toContain(code);
  });

  test('an error in what an alias repeats stands once, where it is written', async () => {
    const yaml = `${BASE}accounts:\n  abc: &a { tokens: { a: nope } }\n  abd: *a\n  abe: *a\n`;
    expect(await findings(yaml)).toEqual(['unknown-policy 9 nope']);
  });
});

describe('names that JavaScript knows', () => {
  test('are only names', async () => {
    const yaml = `version: 1
organization: acme
secret_stores:
  __proto__: { kind: file, path: s.env, format: json }
token_policies:
  __proto__: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: __proto__ }
  hasOwnProperty: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: __proto__ }
duckling_pools:
  __proto__: { read_write: { size: jumbo } }
templates:
  __proto__: { ducklings: __proto__ }
accounts:
  constructor: { template: __proto__, tokens: { toString: __proto__, valueOf: hasOwnProperty } }
`;
    const account = (await desired(yaml)).accounts.get('constructor');
    expect(account?.ducklings?.read_write).toEqual({ size: 'jumbo' });
    expect([...(account?.tokens.values() ?? [])].map(({ key, policy, stores }) => [key, policy, ...stores])).toEqual([
      ['toString', '__proto__', '__proto__'],
      ['valueOf', 'hasOwnProperty', '__proto__'],
    ]);
  });

  test('give ordinary errors where they cannot stand, and change nothing', async () => {
    const yaml = `${BASE}__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\naccounts:\n  __proto__: { polluted: 1, tokens: { __proto__: app } }\n  abc: { __proto__: { polluted: 1 }, hasOwnProperty: 1, <<: { __proto__: 1 } }\n`;
    expect(await findings(yaml)).toEqual([
      'unknown-key 8 __proto__',
      'unknown-key 9 constructor',
      'bad-name 11 __proto__',
      'unknown-key 11 polluted',
      'bad-name 11 __proto__',
      'unknown-key 12 __proto__',
      'unknown-key 12 hasOwnProperty',
    ]);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('YAML that is not meant', () => {
  test.each<[string, string, string[]]>([
    ['two documents', `${BASE}---\n${BASE}`, ['yaml-documents 8']],
    ['an ended document and another', `${BASE}...\nx: 1\n`, ['yaml-documents 8']],
    ['a key twice', `${BASE}${ACCOUNT}accounts: {}\n`, ['duplicate-key 10']],
    ['a key twice in another way of writing', `${BASE}"accounts": {}\naccounts: {}\n`, ['duplicate-key 9']],
    ['a key that is a list', `${BASE}? [a]\n: 1\n`, ['yaml-syntax 8']],
    ['a tag', `${BASE}ignore: !secret x\n`, ['yaml-tag 8', 'wrong-type 8']],
    ['a binary tag', `${BASE}ignore: [!!binary aGk=]\n`, ['yaml-tag 8', 'wrong-type 8']],
    ['a set', `${BASE}ignore: !!set { a }\n`, ['yaml-tag 8', 'wrong-type 8']],
    ['YAML 1.1', `%YAML 1.1\n---\n${BASE}`, ['yaml-syntax 1']],
    ['a tab', `${BASE}accounts:\n\tabc: {}\n`, ['yaml-syntax 9']],
    ['an unclosed quote', `${BASE}ignore: ["x]\n`, ['yaml-syntax 9']],
    ['an unclosed bracket at the end', `${BASE}ignore: [x`, ['yaml-syntax 8']],
    ['an unclosed bracket over lines', `${BASE}ignore: [\n  x,\n  y\naccounts: {}\n`, ['yaml-syntax 8']],
    ['two unclosed brackets', `${BASE}ignore: [x\ninclude: [{\n`, ['yaml-syntax 8', 'yaml-syntax 9', 'yaml-syntax 9']],
    ['a bracket that is closed too far left', `${BASE}accounts:\n  abc: {\n    smoke: false\n}\n`, ['yaml-syntax 11']],
    ['a bracket too many', `${BASE}ignore: [x]]\n`, ['yaml-syntax 8']],
    ['brackets in texts', `${BASE}ignore: ["[", '{', a[, "]"] # [\n`, ['yaml-syntax 8']],
    ['brackets in a block', `${BASE}ignore:\n  - >-\n    {\n    [ x\n`, []],
    ['a value that holds a colon', `${BASE}ignore: a: b\n`, ['yaml-syntax 8']],
    [
      'unquoted variables before other lines',
      `${BASE}x-a: { b: \${V} }\ninclude: []\nx-b: { c: \${V} }\nignore: []\n`,
      ['yaml-syntax 8', 'yaml-syntax 10'],
    ],
    ['a bracket too many before other lines', `${BASE}ignore: [x]]\ninclude: []\n`, ['yaml-syntax 8']],
    ['several faults', `${BASE}ignore: a: b\ninclude: "\\q"\n`, ['yaml-syntax 8', 'yaml-syntax 9']],
  ])('%s', async (_name, yaml, expected) => {
    expect(await codes(yaml)).toEqual(expected);
  });

  test('names both places of a key that is repeated', async () => {
    const loaded = await load(`${BASE}${ACCOUNT}accounts: {}\n`);
    expect(loaded.ok ? [] : loaded.diagnostics.map(({ related }) => related?.location.line)).toEqual([8]);
  });

  test('a document that begins with --- and ends with ... is fine', async () => {
    expect(await findings(`---\n${BASE}...\n`)).toEqual([]);
  });
});
