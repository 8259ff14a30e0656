/** What validate says of texts that are probably not meant: of setup, of a store's input, and of lists. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const configuration = ({ setup = '["SELECT 1"]', input = '{secret}', stores = '[f, e]' }) => `version: 1
organization: acme
secret_stores:
  f: { kind: file, path: secrets.env, format: dotenv }
  e: { kind: exec, command: [store, "{account}", "{token}"], input: '${input}' }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: ${stores} }
accounts:
  etl: { tokens: { app: p }, setup: ${setup} }
`;

async function findings(given: Parameters<typeof configuration>[0]) {
  const { code, document } = await new Stage(configuration(given)).json('validate');
  const all = (document as { findings: { severity: string; message: string; hint?: string }[] }).findings;
  return {
    code,
    told: all
      .filter(({ message }) => !message.includes('not used'))
      .map(({ severity, message, hint = '' }) => `${severity} ${message} ${hint}`),
  };
}

it.each([
  [{ setup: '[""]' }, 1, /^error .*empty/],
  [{ setup: `['CREATE DATABASE "{acount}"']` }, 0, /^warning .*\{acount\}.*\{account\}/],
  [{ setup: `['SELECT "{token}"', 'SELECT "{token}"']` }, 0, /^warning .*\{token\}.*\{account\}/],
  [{ stores: '[f, f]' }, 1, /^error .*"f".*twice/],
  [{ input: '{"a":"{secret_json}"}' }, 0, /^warning .*\{secret_json\}.*quotes/],
])('validate reports %j once', async (given, code, told) => {
  const found = await findings(given);
  expect(found.code).toBe(code);
  expect([...new Set(found.told)].slice(1)).toEqual([]);
  expect(found.told[0]).toMatch(told);
});

it.each([
  { setup: `['CREATE DATABASE "{account}"', "SELECT {'a': 1}, MAP {'x': 2}"]` },
  { input: '{"a":{secret_json},"b":"{secret}"}' },
  { stores: '[f, e]' },
])('validate reports nothing of %j', async (given) => {
  expect(await findings(given)).toEqual({ code: 0, told: [] });
});

it('tells a token in setup also where an included file is missing', async () => {
  const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJlbWFpbCI6ImEifQ.abcdefghijklmnopqrstuvwxyz012345';
  const stage = new Stage(`${configuration({ setup: `["SELECT '${token}'"]` })}include: [missing.yaml]\n`);
  const { code, stdout, stderr } = await stage.run('validate');
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/missing\.yaml/);
  expect(stdout + stderr).toMatch(/statement of setup .* token/);
  expect(stdout + stderr).not.toContain(token);
});
