import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingChanges as changesOf } from '../../src/config/setting-changes.ts';

const settingChanges = (before: string, after: string) => changesOf({ main: before }, { main: after });

const MAIN = `version: 1
organization: acme
ignore: ["bot_*"]
compute_rates: { standard: 2.40 }
secret_stores:
  ex: { kind: exec, command: [store, "{account}", "{token}"], timeout: 10s }
guardrails: { max_deletes: 0 }
`;

const ACCOUNT = `
    template: t
    ducklings: { pool: small, read_write: { size: standard, cooldown: 10m } }
    tokens: { load: { policy: p } }
    suspended: true
    deletion_protection: true
    smoke: { database: sales }
    setup: [SELECT 1]
`;

/** Edits of ACCOUNT, and the settings that are named. A plan has actions for others, and none where a setting is left out from now on. */
const EDITS: readonly (readonly [setting: string, from: string, to: string, names: readonly string[]])[] = [
  ['template', 'template: t', 'template: u', ['template']],
  ['ducklings', 'size: standard', 'size: jumbo', []],
  ['ducklings', ', cooldown: 10m', '', ['ducklings.read_write.cooldown']],
  ['tokens', '{ policy: p }', '{ policy: p, type: read_scaling }', []],
  ['suspended', 'suspended: true', 'suspended: false', []],
  ['deletion_protection', 'deletion_protection: true', 'deletion_protection: false', []],
  ['smoke', 'smoke: { database: sales }', 'smoke: false', ['smoke']],
  ['smoke', 'database: sales', 'database: other', ['smoke.database']],
  ['setup', 'SELECT 1', 'SELECT 2', []],
  ['setup', 'setup: [SELECT 1]', '', ['setup']],
];

/** The settings of tokens whose changes replace a token. */
const REPLACING = ['name', 'type', 'secret_store'];

describe('the changes of settings', () => {
  it.each<[string, string, string, object]>([
    [
      'a guardrail',
      'max_deletes: 0',
      'max_deletes: 50%',
      { name: 'guardrails.max_deletes', before: '0', after: '50%' },
    ],
    ['a price', '2.40', '0.01', { name: 'compute_rates.standard', before: '2.4', after: '0.01' }],
    ['a word of a command', '[store,', '[evil,', { name: 'secret_stores.ex.command' }],
    ['a new command', 'timeout: 10s', 'timeout: 10s, check: [a]', { name: 'secret_stores.ex.check', after: '["a"]' }],
    ['what is ignored', '"bot_*"', '"*"', { name: 'ignore', before: '["bot_*"]', after: '["*"]' }],
    [
      'a block that is new',
      'version: 1',
      'version: 1\naudit: { accept: [] }',
      { name: 'audit', after: '{"accept":[]}' },
    ],
    ['a variable', '"bot_*"', '"${BOTS}"', { name: 'ignore', after: '["${BOTS}"]' }],
    ['an unknown key', 'version: 1', 'version: 1\n__proto__: 1', { name: '__proto__', after: '1' }],
  ])('have %s', (_, from, to, change) => {
    expect(settingChanges(MAIN, MAIN)).toEqual([]);
    expect(
      settingChanges(
        MAIN,
        MAIN.replace(from, () => to),
      ),
    ).toMatchObject([change]);
  });

  it('tell a variable from the text of the same letters', () => {
    const [text, variable] = ['ignore: ["$${X}"]\n', 'ignore: ["${X}"]\n'];
    expect(settingChanges(text, variable)).toMatchObject([{ before: '["$${X}"]', after: '["${X}"]' }]);
  });

  it('follow aliases, and do not have what a plan shows by itself', () => {
    const before = `x-bots: &bots ["bot_*"]\nignore: *bots\naccounts: { a: {} }\n`;
    const after = `x-bots: &bots ["*"]\nignore: *bots\naccounts: { b: {} }\ninclude: [b.yaml]\ntemplates: {}\n`;
    expect(settingChanges(before, after).map(({ name }) => name)).toEqual(['ignore']);
  });

  it.each<[string, string, string, readonly string[]]>([
    ['an override', '{ policy: p }', '{ policy: p, overlap: 5m }', ['accounts.etl.tokens.load.overlap']],
    ['the first override', '{ policy: p }', 'p', []],
    [
      'one of a name',
      '{ policy: p }',
      '{ policy: q, jitter: 1d }',
      ['policy', 'jitter'].map((key) => `accounts.etl.tokens.load.${key}`),
    ],
    ['one of a template', 'app: d', 'app: { policy: d, rotate_before: 1d }', ['templates.t.tokens.app.rotate_before']],
    [
      'one over a template',
      '{ template: t }',
      '{ template: t, tokens: { app: { overlap: 5m } } }',
      ['accounts.tenant.tokens.app.overlap'],
    ],
    ['another template', '{ template: t }', '{ template: u }', ['accounts.tenant.template']],
    ['a new token', '{ policy: p }', '{ policy: p }, more: { policy: p, overlap: 5m }', []],
    ['a new account', 'tenant:', 'other: { tokens: { a: { policy: p, overlap: 5m } } }\n  tenant:', []],
  ])('of tokens have %s', (_, from, to, names) => {
    const text = `templates: { t: { tokens: { app: d } } }
accounts:
  etl: { tokens: { load: { policy: p } } }
  tenant: { template: t }
`;
    expect(settingChanges(text, text.replace(from, to)).map(({ name }) => name)).toEqual(names);
  });

  it.each(EDITS)('of accounts and templates have what no plan shows of %s', (_, from, to, names) => {
    for (const block of ['accounts', 'templates']) {
      const [before, after] = [ACCOUNT, ACCOUNT.replace(from, to)].map((text) => `${block}:\n  etl:${text}`);
      const found = settingChanges(before ?? '', after ?? '').map(({ name }) => name);
      expect(found).toEqual(names.map((name) => `${block}.etl.${name}`));
    }
  });

  it('of accounts and tokens are looked for in each setting of the schema', () => {
    const { account, token } = JSON.parse(readFileSync('schemas/motherduck.accounts.schema.json', 'utf8')).$defs;
    expect([...new Set(EDITS.map(([setting]) => setting))].sort()).toEqual(Object.keys(account.properties).sort());
    const text = (token: string) => `accounts: { etl: { tokens: { load: ${token} } } }`;
    const found = Object.keys(token.properties).filter(
      (name) => settingChanges(text('{}'), text(`{ ${name}: 1 }`)).length === 0,
    );
    expect(found.sort()).toEqual([...REPLACING].sort());
  });

  it('have a pool that says less, and a new account that is not tested', () => {
    const text = 'duckling_pools: { small: { read_write: { size: pulse, cooldown: 1m } } }\naccounts: { etl: {} }\n';
    expect(
      settingChanges(text, text.replace(', cooldown: 1m', '').replace('etl: {}', 'etl: {}, bi: { smoke: false }')),
    ).toEqual([
      { name: 'duckling_pools.small.read_write.cooldown', before: '1m' },
      { name: 'accounts.bi.smoke', after: 'false' },
    ]);
  });

  it('are those of all files as one', () => {
    const [policy, longer] = ['24h', '48h'].map((time) => `token_policies: { p: { ttl: 90d, overlap: ${time} } }\n`);
    const account = (overlap: string) =>
      `accounts: { etl: { tokens: { load: { policy: p, overlap: ${overlap} } } } }\n`;
    const before = { main: `version: 1\n${policy}`, included: [account('1h')] };
    expect(changesOf(before, { main: `version: 1\n${account('1h')}`, included: [policy ?? ''] })).toEqual([]);
    expect(changesOf(before, { main: 'version: 1\n', included: [account('2h'), longer ?? ''] })).toEqual([
      { name: 'token_policies.p.overlap', before: '24h', after: '48h' },
      { name: 'accounts.etl.tokens.load.overlap', before: '1h', after: '2h' },
    ]);
  });

  it('begin with those that decide most, and mask credentials, which differ all the same', () => {
    const secret = (last: string) => `ghp_${'a1B2'.repeat(9)}${last}`;
    const text = (last: string) =>
      `ignore: [a${last}]\nsecret_stores: { ex: { command: [curl, ${secret(last)}] } }\nguardrails: { max_deletes: ${last} }\n`;
    const changes = settingChanges(text('1'), text('2'));
    expect(changes.map(({ name }) => name)).toEqual(['guardrails.max_deletes', 'secret_stores.ex.command', 'ignore']);
    expect(JSON.stringify(changes)).not.toContain('ghp_');
  });
});
