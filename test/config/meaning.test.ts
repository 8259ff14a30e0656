import { describe, expect, test } from 'vitest';
import type { Loaded } from '../../src/config/load.ts';
import { all, BASE, desired, expectText, findings, load, MAIN } from './loading.ts';

const account = (text: string): string => `${BASE}accounts:\n  abc: { ${text} }\n`;
const token = (text: string, rest = ''): string =>
  `${BASE}accounts:\n  abc: { tokens: { a: { policy: app, ${text} } } }\n${rest}`;
const policy = (text: string, rest = ''): string =>
  BASE.replace(/app: \{.*/, `app: { ${text}, secret_store: local }`) +
  `accounts:\n  abc: { tokens: { a: app } }\n${rest}`;
const ducklings = (text: string, rest = ''): string =>
  `${BASE}accounts:\n  abc: { ducklings: { ${text} }, tokens: { a: app } }\n${rest}`;

test('a query of the smoke test is one statement', async () => {
  const sql = 'CREATE OR REPLACE TABLE t AS FROM range(3); SELECT count(*) FROM t';
  expect(await findings(account(`tokens: { a: app }, smoke: { query: "${sql}" }`))).toEqual([`smoke-query 9 "${sql}"`]);
  expect(await findings(account(`tokens: { a: app }, smoke: { query: "SELECT ';'" }`))).toEqual([]);
});

test('a query of the smoke test has the username in quotes where it needs them', async () => {
  const named = (name: string, sql: string) =>
    `${BASE}accounts:\n  ${name}: { tokens: { a: app }, smoke: { query: '${sql}' } }\n`;
  expect(await findings(named('"jo.doe"', 'SELECT 1 FROM {account}.t'))).toEqual(['setup-name 9 "jo.doe"']);
  expect(await findings(named('"jo.doe"', 'SELECT 1 FROM "{account}".t'))).toEqual([]);
  expect(await findings(named('jo_doe', 'SELECT 1 FROM {account}.t'))).toEqual([]);
});

describe('names', () => {
  test.each<[string, string, string[]]>([
    ['policy', account('tokens: { a: ap }'), ['unknown-policy 9 ap']],
    ['policy in the long form', account('tokens: { a: { policy: ap } }'), ['unknown-policy 9 ap']],
    ['pool', account('ducklings: small'), ['unknown-pool 9 small']],
    ['pool beside overrides', account('ducklings: { pool: small }'), ['unknown-pool 9 small']],
    ['template', account('template: tenant'), ['unknown-template 9 tenant']],
    ['store of a token', token('secret_store: vault'), ['unknown-store 9 vault']],
    [
      'store of a policy',
      account('tokens: { a: app }').replace('store: local', 'store: loca'),
      ['unknown-store 6 loca'],
    ],
    ['__proto__', account('template: __proto__'), ['unknown-template 9 __proto__']],
    ['constructor', account('tokens: { a: constructor }'), ['unknown-policy 9 constructor']],
  ])('an unknown %s', async (_name, yaml, expected) => {
    expect(await findings(yaml)).toEqual(expected);
  });

  test('an unknown name gets a near one, or the known ones, or where to add it', async () => {
    expect(await expectText('an unknown name > near one', account('tokens: { a: aap }'))).toContain('"app"?');
    expect(await expectText('an unknown name > near none', account('tokens: { a: zebra }'))).toContain(': app');
    await expectText('an unknown name > where there is none', account('template: t'));
  });

  test('what is never used is a warning, once there are accounts', async () => {
    const unused = `duckling_pools: { p: {} }\ntemplates: { t: {} }\n`;
    const used = account('tokens: { a: app }');
    const more = used.replace('token_policies:', '  other: { kind: exec, command: [x] }\ntoken_policies:\n  spare: {}');
    expect(await findings(more + unused)).toEqual([
      'warning unused 5 other',
      'warning unused 7 spare',
      'warning unused 12 p',
      'warning unused 13 t',
    ]);
    expect(await findings(BASE + unused)).toEqual([]);
  });

  test('with errors, nothing is called unused', async () => {
    expect(await findings(`${BASE}accounts:\n  abc: { tokens: { a: apq } }\n`)).toEqual(['unknown-policy 9 apq']);
  });
});

describe('tokens', () => {
  test.each<[string, string, string[]]>([
    ['a ttl below 5m', policy('type: read_write, ttl: 299s, rotate_before: 1m, overlap: 1m'), ['ttl-range 6 299s']],
    ['a ttl above 365d', policy('type: read_write, ttl: 53w, rotate_before: 1m, overlap: 1m'), ['ttl-range 6 53w']],
    [
      'a ttl above the guardrail',
      token('ttl: 80d', 'guardrails: { max_token_ttl: 70d }'),
      ['ttl-guardrail 6 90d', 'ttl-guardrail 9 80d'],
    ],
    ['never', token('ttl: never'), ['ttl-never 9 never']],
    ['rotate_before as long as ttl', token('ttl: 14d'), ['rotate-before 9 14d']],
    ['rotate_before that the token gives', token('rotate_before: 90d'), ['rotate-before 9 90d']],
    ['rotate_before of a policy on its own', `${BASE.replace('14d', '90d')}`, ['rotate-before 6 90d']],
    ['no time to rotate', token('rotate_before: 0d'), ['rotate-before 9 0d', 'warning overlap-cut-short 9 0d']],
    ['a jitter that reaches the beginning', token('jitter: 76d'), ['rotate-before 9 76d']],
    [
      'a jitter that a shorter ttl cuts',
      `${BASE.replace('14d', '14d, jitter: 10d')}accounts:\n  abc: { tokens: { a: { policy: app, ttl: 20d } } }\n`,
      ['rotate-before 9 20d'],
    ],
    ['a jitter that leaves a second', token('ttl: 15d, jitter: 86399s'), ['warning rotate-before-long 9 15d']],
    ['rotate_before of half the ttl', token('ttl: 28d'), []],
    ['rotate_before of more than half', token('ttl: 27d'), ['warning rotate-before-long 9 27d']],
    ['rotate_before that is meant as an age', token('rotate_before: 80d'), ['warning rotate-before-long 9 80d']],
    ['no jitter', token('jitter: 0s'), []],
    ['a jitter without a unit', token('jitter: 3'), ['wrong-type 9 3']],
    ['overlap as long as ttl', token('overlap: 90d'), ['overlap 9 90d']],
    ['overlap longer than what is left', token('overlap: 15d'), ['warning overlap-cut-short 9 15d']],
    ['a policy without a type', policy('ttl: 90d, rotate_before: 1d, overlap: 1d'), ['policy-incomplete 6 app']],
    ['a policy without times', policy('type: read_write'), ['policy-incomplete 6 app']],
    ['a reserved name', token('name: MotherDuck Extension'), ['token-name 9 MotherDuck Extension']],
    ['a reserved name in other letters', token('name: "motherduck flights"'), ['token-name 9 "motherduck flights"']],
    ['a name that stands for a secret', token('name: "[secret 0f4c1a2b]"'), ['token-name 9 "[secret 0f4c1a2b]"']],
    ["the smoke test's name", token('name: mdacc smoke'), ['token-name 9 mdacc smoke']],
    ["a name as the smoke test's tokens have", token('name: Mdacc smoke 1f'), ['token-name 9 Mdacc smoke 1f']],
    ['a key that leaves no room', account(`tokens: { ${'k'.repeat(246)}: app }`), [`token-name 9 ${'k'.repeat(246)}`]],
    ['two equal names', account('tokens: { a: app, b: { policy: app, name: a } }'), ['token-name-series 9 a']],
    [
      'a name in the series of another',
      account('tokens: { a: app, b: { policy: app, name: a.17 } }'),
      ['token-name-series 9 a.17'],
    ],
    [
      'a name that later generations come to',
      account('tokens: { b: { policy: app, name: a.2 }, a: app }'),
      ['token-name-series 9 a.2'],
    ],
    [
      'names that only look like a series',
      account('tokens: { a: app, b: { policy: app, name: a.1 }, c: { policy: app, name: a.x } }'),
      [],
    ],
  ])('%s', async (_name, yaml, expected) => {
    expect(await findings(yaml)).toEqual(expected);
  });

  test('the limits themselves are allowed', async () => {
    expect(await findings(token('ttl: 365d'))).toEqual([]);
    expect(await findings(token('ttl: 300s, rotate_before: 1m, overlap: 1m'))).toEqual([]);
    expect(await findings(account(`tokens: { ${'k'.repeat(245)}: app }`))).toEqual([]);
  });

  test('an incomplete policy is one error however many tokens use it, and none when they complete it', async () => {
    const bare = policy('type: read_write').replace('tokens: { a: app }', 'tokens: { a: app, b: app, c: app }');
    await expectText('an incomplete policy', bare);
    expect(await findings(bare)).toHaveLength(1);
    const completed = bare.replaceAll(/([abc]): app/g, '$1: { policy: app, ttl: 90d, rotate_before: 1d, overlap: 1d }');
    expect(await findings(completed)).toEqual([]);
  });

  test.each([
    ['', '365d'],
    ['guardrails: { max_token_ttl: 30d }', '30d'],
    ['guardrails: { max_token_ttl: 100w }', '365d'],
  ])('never, where it is not allowed, is told of a ttl that is: %s', async (rest, ttl) => {
    const text = await expectText(`never, where it is not allowed > ${ttl}`, token('ttl: never', rest));
    expect(text).toMatch(new RegExp(`^   .*\\b${ttl}\\b`, 'm'));
  });

  test('never, where it is allowed, needs no rotate_before and says that one is ignored', async () => {
    const allowed = 'guardrails: { allow_never_expiring: true, max_token_ttl: 30d }';
    const bare = policy('type: read_write, ttl: never, overlap: 1d', allowed);
    expect(await findings(bare)).toEqual([]);
    expect((await desired(bare)).accounts.get('abc')?.tokens.get('a')).toMatchObject({ ttl: null, rotateBefore: 0 });
    const ignored = policy('type: read_write, ttl: never, rotate_before: 1d, overlap: 1d', allowed);
    expect(await findings(ignored)).toEqual(['warning rotate-before-ignored 6 1d']);
    const jitter = policy('type: read_write, ttl: never, jitter: 2d, overlap: 1d', allowed);
    expect(await findings(jitter)).toEqual(['warning rotate-before-ignored 6 2d']);
    expect((await desired(jitter)).accounts.get('abc')?.tokens.get('a')?.earlier).toBeUndefined();
    // A token cannot take its policy's rotate_before away.
    expect(await findings(token('ttl: never', 'guardrails: { allow_never_expiring: true }'))).toEqual([]);
  });

  test('a fault of a template is one error however many accounts use it', async () => {
    const accounts = Array.from({ length: 5 }, (_, index) => `  abc${index}: { template: t }\n`).join('');
    const yaml = `${BASE}templates:\n  t: { ducklings: { read_write: { size: pulse, cooldown: 1m } }, tokens: { a: nope } }\naccounts:\n${accounts}`;
    expect(await findings(yaml)).toEqual(['cooldown-pulse 9 1m', 'unknown-policy 9 nope']);
  });
});

describe('Ducklings', () => {
  const rates = 'compute_rates: { standard: 1 }\n';
  test.each<[string, string, string[]]>([
    ['a cooldown on pulse', ducklings('read_write: { size: pulse, cooldown: 5m }'), ['cooldown-pulse 9 5m']],
    ['a cooldown below 60s', ducklings('read_write: { cooldown: 59s }'), ['cooldown-range 9 59s']],
    ['a cooldown above 24h', ducklings('read_scaling: { cooldown: 25h }'), ['cooldown-range 9 25h']],
    ['mega read scaling', ducklings('read_scaling: { size: mega }'), ['warning size-read-scaling 9 mega']],
    ['mega read/write', ducklings('read_write: { size: mega }'), []],
    [
      'a size that is not allowed',
      ducklings('read_write: { size: jumbo }', 'guardrails: { allowed_sizes: [pulse] }'),
      ['size-not-allowed 9 jumbo'],
    ],
    ['a ceiling without rates', ducklings('', 'guardrails: { max_compute_ceiling: 5 }'), ['rates-missing 10 5']],
    ['a size without a rate', ducklings('read_write: { size: jumbo }', rates), ['rate-missing 9 jumbo']],
    ['pulse without a rate', ducklings('read_write: { size: pulse }', rates), ['warning rate-missing 9 pulse']],
    ['a size with a rate', ducklings('read_write: { size: standard }', rates), []],
  ])('%s', async (_name, yaml, expected) => {
    expect(await findings(yaml)).toEqual(expected);
  });

  test('the limits themselves are allowed', async () => {
    expect(
      await findings(ducklings('read_write: { cooldown: 60s }, read_scaling: { cooldown: 24h, pool_size: 64 }')),
    ).toEqual([]);
    expect(await findings(ducklings('read_scaling: { pool_size: 0 }'))).toEqual([]);
  });

  test('pool sizes are added up over all accounts', async () => {
    const yaml = (most: number): string => `${BASE}duckling_pools:
  p: { read_scaling: { pool_size: 4 } }
templates:
  t: { ducklings: p, tokens: { a: app } }
accounts:
  abc: { template: t }
  abd: { template: t, ducklings: { read_scaling: { pool_size: 3 } } }
  abe: { ducklings: { read_write: { size: pulse } } }
guardrails: { max_pool_size_total: ${most} }
`;
    expect(await findings(yaml(7))).toEqual([]);
    expect(await findings(yaml(6))).toEqual(['pool-size-total 16 6']);
    expect(await expectText('pool sizes beyond max_pool_size_total', yaml(6))).toMatch(/\b2 accounts\b.*\b7\b/);
  });

  test('a pool of size 0 serves no read scaling token, said once where the pool is written', async () => {
    const yaml = (
      size: number,
    ) => `${BASE}  ro: { type: read_scaling, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
duckling_pools:
  p: { read_scaling: { pool_size: ${size} } }
templates:
  t: { ducklings: p, tokens: { a: app, dashboard: ro } }
accounts:
  abc: { template: t }
  abd: { template: t }
  abe: { template: t, suspended: true }
  abf: { ducklings: p, tokens: { a: app } }
  abg: { template: t, ducklings: { read_scaling: { pool_size: 1 } } }
`;
    expect(await findings(yaml(0))).toEqual(['warning pool-empty 10 0']);
    expect(await findings(yaml(1))).toEqual([]);
  });

  /** The line of each finding, and of what it names beside it. */
  const lines = (loaded: Loaded) => all(loaded).map(({ location, related }) => [location.line, related?.location.line]);

  test('a cooldown that an account cannot take away is pointed at where it is written', async () => {
    const yaml = `${BASE}duckling_pools:
  p: { read_write: { size: standard, cooldown: 5m } }
  q: { read_write: { size: pulse } }
templates:
  t: { ducklings: { pool: p, read_write: { cooldown: 7m } } }
accounts:
  abc: { ducklings: { pool: p, read_write: { size: pulse } }, tokens: { a: app } }
  abd: { ducklings: { pool: p, read_write: { size: pulse } } }
  abe: { template: t, ducklings: { read_write: { size: pulse } } }
  abf: { ducklings: { pool: q, read_write: { cooldown: 6m } } }
  abg: { template: t, ducklings: { read_write: { cooldown: 10m } } }
`;
    // All accounts are named, since each can be given another size.
    expect(lines(await load(yaml))).toEqual([
      [9, 14],
      [9, 15],
      [12, 16],
      [17, 10],
    ]);
    await expectText('a cooldown that a pulse Duckling inherits', yaml);
  });

  test('a cooldown of the main file that an included account inherits', async () => {
    const main = `${BASE}duckling_pools:\n  p: { read_write: { size: standard, cooldown: 5m } }\ninclude: [more.yaml]\n`;
    const more = 'accounts:\n  abc: { ducklings: { pool: p, read_write: { size: pulse } }, tokens: { a: app } }\n';
    const [found, ...others] = all(await load({ [MAIN]: main, 'more.yaml': more }));
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      location: { file: MAIN, line: 9 },
      related: { location: { file: 'more.yaml', line: 2 } },
    });
  });
});

describe('what stands beside a name overrides it, key by key', () => {
  const resolved = async (text: string) => {
    const yaml = `${BASE}duckling_pools:
  small: { read_write: { size: standard, cooldown: 5m }, read_scaling: { size: pulse, pool_size: 2 } }
  large: { read_write: { size: jumbo } }
templates:
  t:
    ducklings: { pool: small, read_scaling: { pool_size: 3 } }
    tokens: { a: app, b: { policy: app, ttl: 60d } }
    deletion_protection: false
    smoke: { query: SELECT 1, database: d }
  u: { ducklings: large }
accounts:
  abc: { template: t, ${text} }
  xyz: { template: u }
`;
    return (await desired(yaml)).accounts.get('abc');
  };
  const small = { read_write: { size: 'standard', cooldown: 300 }, read_scaling: { size: 'pulse', pool_size: 3 } };

  test('Ducklings', async () => {
    expect((await resolved(''))?.ducklings).toMatchObject(small);
    expect((await resolved('ducklings: { read_scaling: { pool_size: 9 } }'))?.ducklings).toMatchObject({
      ...small,
      read_scaling: { size: 'pulse', pool_size: 9 },
    });
    const ownPool = (await resolved('ducklings: large'))?.ducklings;
    expect(ownPool).toEqual({ read_write: { size: 'jumbo' }, read_scaling: {}, location: expect.anything() });
    const both = (await resolved('ducklings: { pool: large, read_scaling: { pool_size: 1 } }'))?.ducklings;
    expect(both).toMatchObject({ read_write: { size: 'jumbo' }, read_scaling: { pool_size: 1 } });
  });

  test('tokens', async () => {
    const tokens = (await resolved('tokens: { b: app, c: app }'))?.tokens;
    expect(
      [...(tokens?.values() ?? [])].map(({ key, ttl, location }) => [key, (ttl ?? 0) / 86_400, location.line]),
    ).toEqual([
      ['a', 90, 14],
      ['b', 90, 19],
      ['c', 90, 19],
    ]);
  });

  test('deletion protection and smoke', async () => {
    expect(await resolved('')).toMatchObject({
      deletionProtection: false,
      smoke: { query: 'SELECT 1', database: 'd' },
    });
    expect(await resolved('deletion_protection: true, smoke: false')).toMatchObject({
      deletionProtection: true,
      smoke: false,
    });
    expect(await resolved('smoke: { query: SELECT 2 }')).toMatchObject({ smoke: { query: 'SELECT 2', database: 'd' } });
    expect(await resolved('smoke: true')).toMatchObject({ smoke: { query: 'SELECT 1' } });
  });

  test('without Ducklings anywhere they are not managed', async () => {
    expect((await desired(account('tokens: { a: app }'))).accounts.get('abc')).not.toHaveProperty('ducklings');
  });
});

describe('jitter', () => {
  const earlier = async (yaml: string) => (await desired(yaml)).accounts.get('abc')?.tokens.get('a')?.earlier;

  test('is of the policy or of the token, and not of the name of the policy', async () => {
    const ofPolicy = BASE.replace('14d', '14d, jitter: 10d');
    const use = (name: string) => `accounts:\n  abc: { tokens: { a: ${name} } }\n`;
    const share = await earlier(ofPolicy + use('app'));
    expect(share).toBeGreaterThan(0);
    expect(await earlier(ofPolicy.replace('app:', 'other:') + use('other'))).toBe(share);
    expect(await earlier(token('jitter: 10d'))).toBe(share);
    expect(await earlier(ofPolicy + use('{ policy: app, jitter: 0s }'))).toBeUndefined();
    expect(await earlier(BASE + use('app'))).toBeUndefined();
  });
});

describe("the user's own keys", () => {
  const own = 'x-tokens: &tokens { a: app }\nx-note: [any, { thing: 1 }]\nx-: null\n';

  test('are accepted at the top, of included files too, and hold anchors', async () => {
    const used = `${BASE}${own}accounts:\n  abc: { tokens: *tokens }\n  def: { tokens: { <<: *tokens } }\n`;
    expect(await findings(used)).toEqual([]);
    expect([...((await desired(used)).accounts.get('def')?.tokens.keys() ?? [])]).toEqual(['a']);
    const more = `${own}accounts:\n  ghi: { tokens: *tokens }\n`;
    expect(await findings({ [MAIN]: `${BASE}include: [more.yaml]\n`, 'more.yaml': more })).toEqual([]);
  });

  test('are nowhere else, and begin with x-', async () => {
    expect(await findings(`${BASE}accounts:\n  abc: { x-note: 1, tokens: { a: app } }\n`)).toEqual([
      'unknown-key 9 x-note',
    ]);
    expect(await findings(`${BASE}x_note: 1\nX-note: 1\n`)).toEqual(['unknown-key 8 x_note', 'unknown-key 9 X-note']);
  });
});
