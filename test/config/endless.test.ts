/** Hostile files end soon, which the time limit of a test holds, and say as much as a person reads. */
import { describe, expect, test } from 'vitest';
import { globMatcher, matchesGlob } from '../../src/model/username.ts';
import { MAX_DIAGNOSTICS } from '../../src/yaml/problems.ts';
import { all, BASE, load } from './loading.ts';

const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('');
const long = (index: number) => `template_${String(index).padStart(5, '0')}_of_a_customer`;

describe('many errors', () => {
  test.each<[string, string, string]>([
    [
      'wrong template names, each near thousands of others',
      `templates:\n${many(20_000, (i) => `  ${long(i)}: { smoke: false }\n`)}accounts:\n${many(20_000, (i) => `  acc_${i}: { template: ${long(i)}s }\n`)}`,
      'unknown-template',
    ],
    ['unknown keys', `accounts:\n  abc:\n${many(20_000, (i) => `    templat${i}: 1\n`)}`, 'unknown-key'],
    ['repeated keys', `accounts:\n${'  abc: {}\n'.repeat(20_000)}`, 'duplicate-key'],
    ['missing variables', `ignore:\n${'  - ${A}${B}${C}\n'.repeat(20_000)}`, 'variable-missing'],
  ])('%s', async (_name, yaml, code) => {
    const found = all(await load(BASE + yaml));
    expect(found).toHaveLength(MAX_DIAGNOSTICS + 1);
    expect(found[0]?.code).toBe(code);
    expect(found.at(-1)).toMatchObject({ code: 'too-many', message: expect.stringMatching(/^[\d,]+ more errors are/) });
  });
});

describe('too much of one thing', () => {
  test.each<[string, string, string[]]>([
    ['globs to ignore', `ignore:\n${many(5000, (i) => `  - '*a*a*${i}*b'\n`)}`, ['too-large']],
    [
      'globs of accepted findings',
      `audit:\n  accept:\n    - rule: MDA014\n      reason: r\n      accounts:\n${many(5000, (i) => `        - '*a*a*${i}*b'\n`)}`,
      ['too-large'],
    ],
    ['names to ignore are no globs', `ignore:\n${many(20_000, (i) => `  - legacy_${i}\n`)}`, []],
    ['included files', `include:\n${'  - a.yaml\n'.repeat(20_000)}`, ['too-large']],
    ['braces', `include: ['${'{a,b}'.repeat(30)}.yaml']\n`, ['include-glob']],
    ['mappings to merge', `x-a: &a {}\nx-b:\n  <<: [${'*a, '.repeat(150_000)}]\n`, []],
    ['stars', `include: ['${'*a'.repeat(400)}b.yaml']\n`, ['include-nothing']],
    ['a long glob', `include: ['${'*a'.repeat(4000)}b.yaml']\n`, ['include-glob']],
  ])('%s', async (_name, yaml, codes) => {
    const text = `${BASE}accounts:\n  abc: { tokens: { a: app } }\n${yaml}`;
    const loaded = await load({ 'motherduck.accounts.yaml': text, [`${'a'.repeat(200)}.yaml`]: '' });
    expect(all(loaded).map(({ code }) => code)).toEqual(codes);
  });

  test('globs that look at many files end, and the next ones are not followed', async () => {
    const names = many(1200, (i) => `f_${i} `)
      .trim()
      .split(' ');
    const files = Object.fromEntries(names.map((name) => [name, '']));
    const text = `${BASE}include: ['${'{aaa,bbb}'.repeat(9)}x.yaml', '*.yaml']\n`;
    const loaded = await load({ ...files, 'motherduck.accounts.yaml': text });
    expect(all(loaded).map(({ code }) => code)).toEqual(['include-glob', 'include-glob']);
    expect(all(loaded)[1]?.message).toContain('others looked at too many files');
  });

  test.each<[string, string]>([
    ['accounts, each with an error', many(50_001, (i) => `  abc${i}: { tokens: { app: nope } }\n`)],
    ['empty accounts', many(50_001, (i) => `  abc${i}: {}\n`)],
    [
      'tokens of aliases',
      `  abc: &a { tokens: { ${many(900, (i) => `t${i}: app, `)} } }\n${many(1000, (i) => `  abc${i}: *a\n`)}`,
    ],
  ])('%s', async (_name, accounts) => {
    const found = all(await load(`${BASE}accounts:\n${accounts}`));
    expect(found.map(({ code }) => code)).toEqual(['too-large']);
    expect(found[0]?.message).toMatch(/more than (50,000 accounts|200,000 tokens)$/);
  });

  test('tokens of one account', async () => {
    const keys = (count: number) => `{ tokens: { ${many(count, (i) => `t${i}: app, `)} } }\n`;
    const template = `templates:\n  big: ${keys(1500)}`;
    const load600 = await load(`${BASE}${template}accounts:\n  abc: { template: big, ${keys(600).slice(2)}`);
    expect(all(load600).map(({ code, message }) => [code, message])).toEqual([
      ['too-large', 'an account has more than 2,000 tokens'],
    ]);
    expect(await load(`${BASE}accounts:\n  abc: ${keys(2000)}`)).toMatchObject({ ok: true });
  });

  test('tokens of templates', async () => {
    const template = `templates:\n  big: { tokens: { ${many(1000, (i) => `t${i}: app, `)} } }\n`;
    const accounts = `accounts:\n${many(300, (i) => `  abc${i}: { template: big }\n`)}`;
    expect(all(await load(BASE + template + accounts)).map(({ code }) => code)).toEqual(['too-large']);
  });

  test('50,000 accounts are not too many', async () => {
    const accounts = `accounts:\n${many(50_000, (i) => `  abc${i}: { tokens: { a: app } }\n`)}`;
    expect(await load(BASE + accounts)).toMatchObject({ ok: true });
  });

  test('secret stores', async () => {
    const stores = many(20_000, (i) => `  s${i}: { kind: file, path: s.env, format: dotenv }\n`);
    const loaded = await load(BASE.replace('secret_stores:\n', `secret_stores:\n${stores}`));
    expect(all(loaded).map(({ code }) => code)).toEqual(['too-large']);
  });
});

test('a glob takes at most the product of both lengths', () => {
  let compared = 0;
  const text = [...'a'.repeat(500)];
  const pattern = [...`${'*a'.repeat(200)}b`];
  const same = (one: string, other: string) => {
    compared += 1;
    return one === other;
  };
  expect(matchesGlob(pattern, text, same)).toBe(false);
  expect(compared).toBeLessThanOrEqual(pattern.length * text.length);
  const isIgnored = globMatcher(['a*', '*_old', 'x?z', '**', 'é?']);
  expect(globMatcher(['a*', '*_old', 'x?z'])('B')).toBe(false);
  expect(['abc', 'b_OLD', 'xyz', ''].map(isIgnored)).toEqual([true, true, true, true]);
});
