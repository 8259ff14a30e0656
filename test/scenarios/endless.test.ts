/** Configurations that a hostile pull request makes to keep a runner busy. Each ends with its findings, in a process that would be killed. */
import { expect, it, onTestFinished } from 'vitest';
import { CONFIG, outputOf, Stage } from '../stage.ts';

/** Only catches what hangs. */
const LIMIT_MS = 60_000;

const BASE = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  app: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
`;

const many = (count: number, line: (n: number) => string) => Array.from({ length: count }, (_, n) => line(n)).join('');
const accounts = (count: number, account: (n: number) => string) =>
  `accounts:\n${many(count, (n) => `  acc_${n}: ${account(n)}\n`)}`;

const CASES: Readonly<Record<string, string>> = {
  'a wrong template in each of 20,000 accounts': accounts(20_000, () => '{ template: tenantt }'),
  'another wrong pool in each': accounts(20_000, (n) => `{ ducklings: pool${n}, tokens: { a: polizy${n} } }`),
  'another unknown key in each': accounts(20_000, (n) => `{ tokenz${n}: {} }`),
  'names of many templates that are nearly right': `templates:\n${many(3000, (n) => `  ${'t'.repeat(40)}${n}: {}\n`)}${accounts(10_000, (n) => `{ template: ${'t'.repeat(39)}y${n} }`)}`,
  'all accounts on one line': `accounts: { ${many(20_000, (n) => `acc_${n}: { template: x }, `)} }\n`,
  'globs with many stars': `include: [${many(300, (n) => `"**/${'*a'.repeat(200)}${n}.yaml", `)}]\naccounts: {}\n`,
  'globs in globs': `include: ["${'**/'.repeat(300)}*.yaml"]\naccounts: {}\n`,
  'braces that multiply': `include: ["${'{a,b}'.repeat(100)}.yaml"]\naccounts: {}\n`,
  'ignored names with many stars': `ignore: [${many(3000, (n) => `"${'*a'.repeat(50)}${n}", `)}]\n${accounts(3000, () => '{}')}`,
  'aliases that multiply': `x:\n  n0: &n0 [x]\n${many(40, (n) => `  n${n + 1}: &n${n + 1} [${`*n${n}, `.repeat(9)}]\n`)}`,
  'open brackets': `x: ${'['.repeat(500_000)}`,
  'mappings in each other': `x: ${'{a: '.repeat(200_000)}`,
  'references that never end': `ignore: ["${'${'.repeat(500_000)}"]\naccounts: {}\n`,
  'blanks and empty lines': `${' '.repeat(3_000_000)}\n${'\n'.repeat(1_000_000)}accounts: {}\n`,
  'an open quote': `x: "${'\\"'.repeat(1_000_000)}\naccounts: {}\n`,
};

it.each(Object.keys(CASES))('validate ends soon with %s', { timeout: 2 * LIMIT_MS }, async (name) => {
  const stage = new Stage(BASE + CASES[name]);
  stage.write(`${'a'.repeat(120)}.yaml`, '');
  const child = stage.spawn('validate');
  const late = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  onTestFinished(() => clearTimeout(late));
  const { code, signal, stdout, stderr } = await outputOf(child);
  expect([code, signal, stderr]).toEqual([expect.any(Number), null, expect.not.stringContaining('bug')]);
  expect(stdout).toContain(CONFIG);
  expect(stdout.length).toBeLessThan(2_000_000);
});
