import { describe, expect, test } from 'vitest';
import { all, BASE, desired, expectText, findings, load, MAIN, textOf } from './loading.ts';

const ACCOUNT = 'accounts:\n  etl_prod: { tokens: { a: app } }\n';

describe('the structure of the main file', () => {
  test.each<[string, string, string[]]>([
    ['no version', `organization: acme\n`, ['missing-key 1 o']],
    ['no organization', `version: 1\n`, ['missing-key 1 v']],
    ['a newer version', `version: 2\nwhatever: x\n`, ['version-unsupported 1 2']],
    ['no such version', `version: 0\norganization: acme\n`, ['version-unsupported 1 0']],
    ['a version that is text', `version: "1"\norganization: acme\n`, ['wrong-type 1 "1"']],
    ['a list', `- version\n`, ['wrong-type 1 - version']],
    ['a text', `version\n`, ['wrong-type 1 version']],
    ['nothing', ``, ['empty-file 1 ']],
    ['comments only', `# version: 1\n`, ['empty-file 1 #']],
    ['an empty organization', `version: 1\norganization: ""\n`, ['bad-value 2 ""']],
    ['an organization of 100 characters', `version: 1\norganization: ${'é'.repeat(100)}\n`, []],
    ['a longer one', `version: 1\norganization: ${'x'.repeat(101)}\n`, [`bad-value 2 ${'x'.repeat(101)}`]],
    ['an organization of many scripts', 'version: 1\norganization: "Büro Nr. 1 🦆 (東京)"\n', []],
    ...['\\e[31mx', 'a\\nb', 'a\\tb', '\\x9b31m', '\\u202ex', 'a\\u200bb', 'a\\u2028b', '\\u2029', '\\0'].map(
      (text): [string, string, string[]] => [
        `an organization with ${text}`,
        `version: 1\norganization: "${text}"\n`,
        [`bad-value 2 "${text}"`],
      ],
    ),
    ['an unknown section', `${BASE}account: {}\n`, ['unknown-key 8 account']],
    ['a section of the wrong kind', `${BASE}accounts: [a]\n`, ['wrong-type 8 [a]']],
    ['a guardrail below zero', `${BASE}guardrails: { max_deletes: -1 }\n`, ['bad-value 8 -1']],
    ['a guardrail that is no whole number', `${BASE}guardrails: { max_deletes: 1.5 }\n`, ['wrong-type 8 1.5']],
    ['a percentage above 100', `${BASE}guardrails: { max_deletes: 101% }\n`, ['bad-value 8 101%']],
    ['a fraction of a percent', `${BASE}guardrails: { max_creates: 0.5% }\n`, ['bad-value 8 0.5%']],
    ['an empty list of sizes', `${BASE}guardrails: { allowed_sizes: [] }\n`, ['bad-value 8 []']],
    ['an unknown size', `${BASE}guardrails: { allowed_sizes: [puls] }\n`, ['bad-value 8 puls']],
    ['a rate of an unknown size', `${BASE}compute_rates: { jumb: 1 }\n`, ['unknown-key 8 jumb']],
    ['a rate that is no number', `${BASE}compute_rates: { jumbo: cheap }\n`, ['wrong-type 8 cheap']],
  ])('%s', async (_name, yaml, expected) => {
    expect(await findings(yaml)).toEqual(expected);
  });

  test.each([
    'accounts:\n',
    'accounts: {}\n',
    'accounts:\n  # none yet\ninclude:\nignore:\nguardrails:\ntemplates:\n',
    '',
  ])('sections may be empty: %j', async (yaml) => {
    expect(await findings(BASE + yaml)).toEqual([]);
    expect((await desired(BASE + yaml)).accounts.size).toBe(0);
  });
});

describe('the structure of accounts, policies, pools and stores', () => {
  test.each<[string, string, string[]]>([
    ['an unknown key of an account', 'accounts:\n  abc: { token: { a: app } }\n', ['unknown-key 9 token']],
    ['Ducklings that are a number', 'accounts:\n  abc: { ducklings: 5 }\n', ['wrong-type 9 5']],
    ['a size that is missing', 'accounts:\n  abc: { ducklings: { read_write: { size: } } }\n', ['wrong-type 9 size']],
    ['a pool above 64', 'accounts:\n  abc: { ducklings: { read_scaling: { pool_size: 65 } } }\n', ['bad-value 9 65']],
    ['a pool below 0', 'accounts:\n  abc: { ducklings: { read_scaling: { pool_size: -1 } } }\n', ['bad-value 9 -1']],
    [
      'read_write has no pool',
      'accounts:\n  abc: { ducklings: { read_write: { pool_size: 1 } } }\n',
      ['unknown-key 9 pool_size'],
    ],
    ['a token without a policy', 'accounts:\n  abc: { tokens: { a: { ttl: 90d } } }\n', ['missing-key 9 a']],
    ['a token that is nothing', 'accounts:\n  abc: { tokens: { a: } }\n', ['wrong-type 9 a']],
    ['a token key', 'accounts:\n  abc: { tokens: { 1a: app } }\n', ['bad-name 9 1a']],
    ['a number as a token key', 'accounts:\n  abc: { tokens: { 12: app } }\n', ['bad-name 9 12']],
    ['a long username', `accounts:\n  ${'a'.repeat(256)}:\n`, [`bad-name 9 ${'a'.repeat(256)}`]],
    ['a username like an option', 'accounts:\n  -abc:\n', ['bad-name 9 -abc']],
    ['a username like a path', 'accounts:\n  a/bc:\n  .abc:\n', ['bad-name 9 a/bc', 'bad-name 10 .abc']],
    ['a username with a space at its end', 'accounts:\n  "abc ":\n', ['bad-name 9 "abc "']],
    ['a username like a placeholder', 'accounts:\n  "a{token}":\n', ['bad-name 9 "a{token}"']],
    ['a username with a control character', 'accounts:\n  "a\\e[1m":\n', ['bad-name 9 "a\\e[1m"']],
    ['a username with a character that is not seen', 'accounts:\n  "a\\u202eb":\n', ['bad-name 9 "a\\u202eb"']],
    ['a username with a mark that is not seen', 'accounts:\n  "a\\ufe0fb":\n', ['bad-name 9 "a\\ufe0fb"']],
    ['protection that is a word', 'accounts:\n  abc: { deletion_protection: yes }\n', ['wrong-type 9 yes']],
    ['smoke that is a word', 'accounts:\n  abc: { smoke: never }\n', ['wrong-type 9 never']],
    [
      'an empty description',
      'accounts:\n  abc: { tokens: { a: { policy: app, description: "" } } }\n',
      ['bad-value 9 ""'],
    ],
    [
      'a long description',
      `accounts:\n  abc: { tokens: { a: { policy: app, description: ${'x'.repeat(1001)} } } }\n`,
      [`bad-value 9 ${'x'.repeat(1001)}`],
    ],
    [
      'a long name',
      `accounts:\n  abc: { tokens: { a: { policy: app, name: ${'x'.repeat(246)} } } }\n`,
      [`bad-value 9 ${'x'.repeat(246)}`],
    ],
    [
      'a name with a line break',
      'accounts:\n  abc: { tokens: { a: { policy: app, name: "a\\nb" } } }\n',
      ['bad-value 9 "a\\nb"'],
    ],
    ['a template on a template', 'templates:\n  t: { template: t }\n', ['unknown-key 9 template']],
    [
      'a policy of an unknown type',
      'templates:\n  t: { tokens: { a: { policy: app, type: rw } } }\n',
      ['bad-value 9 rw'],
    ],
    [
      'a ttl that is no duration',
      'templates:\n  t: { tokens: { a: { policy: app, ttl: 90 days } } }\n',
      ['bad-value 9 90 days'],
    ],
  ])('%s', async (_name, yaml, expected) => {
    expect(await findings(BASE + yaml)).toEqual(expected);
  });

  test.each<[string, string, string[]]>([
    ['no kind', '{ path: x }', ['missing-key 4 local']],
    ['an unknown kind', '{ kind: fil, path: x }', ['bad-value 4 fil']],
    ['no path and no format', '{ kind: file }', ['missing-key 4 local', 'missing-key 4 local']],
    ['an unknown format', '{ kind: file, path: x, format: yaml }', ['bad-value 4 yaml']],
    ['a key of the other kind', '{ kind: exec, command: [a], path: x }', ['unknown-key 4 path']],
    ['no command', '{ kind: exec }', ['missing-key 4 local']],
    ['an empty command', '{ kind: exec, command: [] }', ['bad-value 4 []']],
    ['a command in one text', '{ kind: exec, command: vault write }', ['wrong-type 4 vault write']],
    ['a word that is a number', '{ kind: exec, command: [a, 1] }', ['wrong-type 4 1']],
  ])('a store with %s', async (_name, store, expected) => {
    const yaml = BASE.replace(/local: \{.*/, `local: ${store}`) + ACCOUNT;
    expect(await findings(yaml)).toEqual(expected);
  });

  test('characters, not code units, are counted', async () => {
    const description = '🦆'.repeat(1000);
    const yaml = `${BASE}accounts:\n  abc: { tokens: { a: { policy: app, description: ${description} } } }\n`;
    expect((await desired(yaml)).accounts.get('abc')?.tokens.get('a')?.description).toBe(description);
  });

  test('all errors of a file come at once, in its order, meaning included', async () => {
    const yaml = `${BASE}templates:\n  t: { tokens: { a: nope } }\naccounts:\n  abc: { template: u, smoke: 1 }\n  ABC: { tokenz: {} }\n`;
    expect(await findings(yaml)).toEqual([
      'unknown-policy 9 nope',
      'unknown-template 11 u',
      'wrong-type 11 1',
      'duplicate-account 12 ABC',
      'unknown-key 12 tokenz',
    ]);
  });

  test.each<[string, string]>([
    ['deletion_protection: yes', ' true'],
    ['deletion_protection: off', ' false'],
    ['tokens: { a: { policy: app, ttl: 90 } }', ' 90d'],
    ['smoke: { querry: x }', '"query"?'],
    ['ducklings: { readwrite: {} }', '"read_write"?'],
    ['ducklings: { read_write: { size: Standard } }', '"standard"?'],
    ['tokens: { a: { policy: app, rotatebefore: 1d } }', '"rotate_before"?'],
    ['xyz: 1', ': template, ducklings, tokens, suspended, deletion_protection, smoke and setup'],
  ])('%s: %s', async (account, hint) => {
    const text = await expectText(`a slip, with a hint > ${account}`, `${BASE}accounts:\n  abc: { ${account} }\n`);
    expect(text).toContain(hint);
  });
});

test('an organization with control characters has a message that shows none', async () => {
  const yaml = 'version: 1\norganization: "${ORG}"\n';
  const text = await expectText('an organization with control characters', yaml, { ORG: 'a\u001b[31m' });
  expect(text).toContain('"${ORG}"');
  expect(text).not.toContain('\u001b');
});

test.each<[string, string]>([
  ['guardrails: { allowed_sizes: pulse }', '[pulse]'],
  ['ignore: legacy_*', '[legacy_*]'],
  ['ignore: "*_old"', '["*_old"]'],
  ['include: accounts/*.yaml', '[accounts/*.yaml]'],
  ['ignore: "true"', '["true"]'],
])('a text where a list belongs: %s', async (yaml, hint) => {
  expect(await findings(`${BASE}${yaml}\n`)).toEqual([expect.stringMatching(/^wrong-type 8 /)]);
  expect(await expectText(`a text where a list belongs > ${yaml}`, `${BASE}${yaml}\n`)).toContain(` ${hint}\n`);
});

test('an SQL statement where a list belongs is told to be an entry of one', async () => {
  const yaml = `${BASE}accounts:\n  abc:\n    setup: CREATE DATABASE IF NOT EXISTS x\n`;
  expect(await findings(yaml)).toEqual([expect.stringMatching(/^wrong-type 10 /)]);
  expect(await expectText('an SQL statement where a list belongs', yaml)).toContain('"- "');
});

test('a command in one text is shown as words, where they are plain', async () => {
  const command = (text: string): string => BASE.replace(/local: \{.*/, `local: { kind: exec, command: ${text} }`);
  expect(textOf(await load(command('vault write')))).toContain(' [vault, write]\n');
  expect(textOf(await load(command('"vault write {token} -"')))).toContain(' [vault, write, "{token}", "-"]\n');
  await expectText('a command in one text', command(`"sh -c 'a b'"`));
});

describe('a block of another type', () => {
  test.each([
    ['ducklings: { read_write: standard }', 'read_write: { size: standard }'],
    ['ducklings: { read_scaling: pulse }', 'read_scaling: { size: pulse }'],
    ['tokens: [app]', 'tokens: { NAME: POLICY }'],
    ['tokens: app', 'tokens: { NAME: POLICY }'],
  ])('has a hint at what to write: %s', async (block, written) => {
    const [found, ...more] = all(await load(`${BASE}accounts:\n  etl_prod: { ${block} }\n`));
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code: 'wrong-type', hint: expect.stringContaining(written) });
  });

  test.each([
    ['- version: 1\n', 'a list'],
    ['version\n', '"version"'],
    ['12\n', 'the number 12'],
  ])('is reported by its type when it is the file: %j', async (text, found) => {
    const [own, ...more] = all(await load(text));
    expect(more).toEqual([]);
    expect(own).toMatchObject({ code: 'wrong-type', message: expect.stringMatching(new RegExp(`${found}$`)) });
    const included = { [MAIN]: `${BASE}include: [a.yaml]\n`, 'a.yaml': text };
    expect(all(await load(included))).toMatchObject([
      { code: 'wrong-type', message: own?.message, location: { file: 'a.yaml' } },
    ]);
    await expectText(`a file of another type > ${found}`, text);
  });
});
