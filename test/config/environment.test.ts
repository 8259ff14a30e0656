import { describe, expect, test } from 'vitest';
import { diagnosticJson } from '../../src/model/diagnostic.ts';
import { all, BASE, desired, expectText, findings, load, textOf } from './loading.ts';

const account = (text: string): string => `${BASE}accounts:\n  abc:\n    tokens: { a: app }\n    ${text}\n`;

describe('values from the environment', () => {
  const query = async (text: string, env: NodeJS.ProcessEnv) => {
    const smoke = (await desired(account(`smoke: { query: '${text}' }`), env)).accounts.get('abc')?.smoke;
    return smoke === false ? undefined : smoke?.query;
  };

  test.each<[string, NodeJS.ProcessEnv, string]>([
    [`FROM \${DB}.x`, { DB: 'sales' }, 'FROM sales.x'],
    [`\${A}\${B}\${A}`, { A: '1', B: '2' }, '121'],
    [`a\${A}b`, { A: '' }, 'ab'],
    [`$$\${A}$$`, { A: 'x' }, '$x$'],
    [`$\${A}`, {}, `\${A}`],
    ['$A $ 5$', { A: 'no' }, '$A $ 5$'],
    [`\${A}`, { A: `\${B}$$` }, `\${B}$$`],
    [`\${toString_x}`, { toString_x: 'own' }, 'own'],
  ])('%s', async (text, env, result) => {
    expect(await query(text, env)).toBe(result);
  });

  test.each(['MOTHERDUCK_ADMIN_TOKEN', 'motherduck_token', 'MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW'])(
    '%s has no place in a configuration, set or not',
    async (name) => {
      const yaml = account(`smoke: { query: "\${${name}}" }`);
      const expected = [`variable-secret 11 \${${name}}`];
      expect(await findings(yaml, { [name]: 'eyJhbGciOiJ.secret.secret' })).toEqual(expected);
      expect(await findings(yaml, {})).toEqual(expected);
    },
  );

  test('the admin token has no place in a configuration under another name either, nor has a JWT', async () => {
    const yaml = account(`smoke: { query: "\${OTHER}" }`);
    const admin = 'an-admin-token-of-no-shape';
    const env = { MOTHERDUCK_ADMIN_TOKEN: admin, OTHER: `Bearer ${admin}` };
    expect(await findings(yaml, env)).toEqual(['variable-secret 11 ${OTHER}']);
    const encoded = { ...env, OTHER: Buffer.from(`me:${admin}`).toString('base64') };
    expect(await findings(yaml, encoded)).toEqual(['variable-secret 11 ${OTHER}']);
    const wrapped = { ...env, OTHER: encoded.OTHER.replace(/.{20}/g, '$&\n') };
    expect(await findings(yaml, wrapped)).toEqual(['variable-secret 11 ${OTHER}']);
    expect(await findings(yaml, { OTHER: 'eyJhbGciOi.eyJzdWIi.c2ln' })).toEqual(['variable-secret 11 ${OTHER}']);
    expect(await findings(yaml, { OTHER: 'sales' })).toEqual([]);
  });

  test('are replaced in values, not in keys and comments', async () => {
    const yaml = `${BASE}# \${NOT_SET}\naccounts:\n  abc: { tokens: { "\${KEY}": app } }\n`;
    expect(await findings(yaml, { KEY: 'k' })).toEqual([`bad-name 10 "\${KEY}"`]);
  });

  test.each<[string, string, unknown]>([
    ['pool_size', '7', 7],
    ['pool_size', '0x10', 16],
    ['cooldown', '5m', 300],
  ])('%s takes %s', async (key, value, result) => {
    const yaml = account(`ducklings: { read_scaling: { ${key}: "\${N}" } }`);
    expect((await desired(yaml, { N: value })).accounts.get('abc')?.ducklings?.read_scaling).toEqual({ [key]: result });
  });

  test('are numbers and booleans only where those are wanted', async () => {
    const yaml = account(
      `deletion_protection: \${FLAG}\n    smoke: \${FLAG}\nignore: ["\${N}"]\nguardrails:\n  max_deletes: \${N}\n  max_creates: \${PERCENT}\n  max_compute_ceiling: \${F}\ncompute_rates: { jumbo: "\${F}" }`,
    );
    const read = await desired(yaml.replace('version: 1', `version: \${ONE}`), {
      FLAG: 'false',
      N: '12',
      PERCENT: '5%',
      F: '2.5',
      ONE: '1',
    });
    expect(read.accounts.get('abc')).toMatchObject({ deletionProtection: false, smoke: false });
    expect(read).toMatchObject({
      ignore: ['12'],
      guardrails: { maxDeletes: 12, maxCreates: { percent: 5 }, maxComputeCeiling: 2.5 },
    });
    expect(read.computeRates?.get('jumbo')).toBe(2.5);
  });

  test.each<[string, string, string[]]>([
    ['a number that is too large', '99', [`bad-value 11 "\${N}"`]],
    ['no number', 'many', [`wrong-type 11 "\${N}"`]],
    ['nothing', '', [`wrong-type 11 "\${N}"`]],
    ['a fraction', '1.5', [`wrong-type 11 "\${N}"`]],
  ])('%s is refused at its place', async (_name, value, expected) => {
    expect(await findings(account(`ducklings: { read_scaling: { pool_size: "\${N}" } }`), { N: value })).toEqual(
      expected,
    );
  });

  test('only a whole value can be a number', async () => {
    const yaml = account(`ducklings: { read_scaling: { pool_size: "1\${N}" } }`);
    expect(await findings(yaml, { N: '2' })).toEqual([`wrong-type 11 "1\${N}"`]);
  });
});

describe('variables that are missing', () => {
  test('are each reported where they stand, and nothing follows from them', async () => {
    const yaml = `${BASE}accounts:
  abc: { template: "\${T}", tokens: { a: { policy: "\${P}", ttl: "\${TTL}" }, b: "\${P}" } }
  abd: { ducklings: { read_scaling: { size: "x\${S}", pool_size: "\${N}" } }, tokens: { a: app } }
ignore: ["a\${ONE}b\${TWO}"]
`;
    expect(await findings(yaml)).toEqual([
      `variable-missing 9 \${T}`,
      `variable-missing 9 \${P}`,
      `variable-missing 9 \${TTL}`,
      `variable-missing 9 \${P}`,
      `variable-missing 10 \${S}`,
      `variable-missing 10 \${N}`,
      `variable-missing 11 \${ONE}`,
      `variable-missing 11 \${TWO}`,
    ]);
  });

  test.each<[string, string]>([
    [`"\${}"`, '${'],
    [`"a \${b-c}"`, '${'],
    [`"\${1A}"`, '${'],
    [`"\${A"`, '${'],
  ])('%s names none', async (value, marked) => {
    expect(await findings(account(`smoke: { query: ${value} }`), { A: 'x', b: 'x' })).toEqual([
      `variable-malformed 11 ${marked}`,
    ]);
  });

  test('names that every object has are no variables', async () => {
    expect(await findings(account(`smoke: { query: "\${toString} \${__proto__}" }`))).toHaveLength(2);
  });

  test('in a block text too', async () => {
    const yaml = account(`smoke:\n      query: |\n        SELECT 1\n        FROM \${T}\n`);
    expect(await findings(yaml)).toEqual([`variable-missing 14 \${T}`]);
  });
});

test('no diagnostic shows a value from the environment', async () => {
  const MARK = 's3cr3tmarker';
  const values = [
    MARK,
    `${MARK}-x`,
    `~/${MARK}/`,
    `{${MARK}}`,
    `{s3cr3t} ${MARK} {scrt}`,
    `1${MARK}{TOKEN}`,
    `{markerabc}`,
  ];
  const yaml = `version: 1
organization: acme
secret_stores:
  one: { kind: file, path: "\${X}", format: dotenv, variable: "\${X}" }
  two: { kind: file, path: "\${X}", format: json, variable: "\${X}" }
  six: { kind: exec, command: ["\${X}", "a\${X}", "{account}\${X}"], check: ["\${X}"], timeout: "\${X}" }
  bad: { kind: "\${X}", path: x, format: dotenv }
token_policies:
  app: { type: "\${X}", ttl: "\${X}", rotate_before: "\${X}", overlap: "\${X}", secret_store: "\${X}", description: "\${X}" }
  bpp: { type: read_write, ttl: "\${D}", rotate_before: "\${D}", overlap: "\${D}", secret_store: one }
accounts:
  abc:
    template: "\${X}"
    ducklings: "\${X}"
    smoke: "\${X}"
    deletion_protection: "\${X}"
    tokens: { a: "\${X}", b: { policy: bpp, name: "\${X}" }, c: { policy: bpp, name: "\${X}" }, d: { policy: "\${X}" } }
  abd: { ducklings: { pool: "\${X}", read_write: { size: "\${X}", cooldown: "\${X}" }, read_scaling: { pool_size: "\${X}" } } }
  abe: { tokens: { b: bpp, B: bpp } }
include: ["\${X}", "\${X}/*.yaml", "a\${X}"]
ignore: "\${X}"
compute_rates: { jumbo: "\${X}" }
guardrails: { max_deletes: "\${X}", max_token_ttl: "\${X}", allowed_sizes: ["\${X}"], allow_never_expiring: "\${X}" }
`;
  for (const X of values) {
    for (const text of [yaml, yaml.replace(/include:.*\n/, '')]) {
      const loaded = await load(text, { X, D: '77m' });
      const shown = textOf(loaded) + JSON.stringify(all(loaded).map(diagnosticJson));
      expect(all(loaded).length).toBeGreaterThan(2);
      expect(shown).not.toMatch(/s3cr3t|marker|77m/);
    }
  }
  // The count would be small if the first error hid the others.
  expect((await findings(yaml.replace(/include:.*\n/, ''), { X: MARK, D: '77m' })).length).toBeGreaterThan(20);
});

test('include takes no variables, whose values a plan would not show', async () => {
  const files = {
    'motherduck.accounts.yaml': `${BASE}accounts:\n  abc: { tokens: { a: app } }\ninclude: ["\${TEAM}.yaml"]\n`,
    'red.yaml': 'accounts: 5\n',
  };
  const text = await expectText('an include pattern with a variable', files, { TEAM: 'red' });
  expect(text).toContain('"${TEAM}.yaml"');
  expect(text).not.toContain('red.yaml');
});

test.each(
  `CI CI_COMMIT_BRANCH GITHUB_EVENT_NAME GITHUB_HEAD_REF github_run_attempt RUNNER_TEMP GITLAB_USER_NAME BUILD_NUMBER BUILD_URL
  BRANCH_NAME CHANGE_ID BITBUCKET_BRANCH CIRCLE_BRANCH SYSTEM_PULLREQUEST_SOURCEBRANCH HOSTNAME`.split(/\s+/),
)('%s differs between jobs, so it is refused, set or not, until it is allowed', async (name) => {
  const yaml = account(`smoke: { query: "\${${name}}" }`);
  expect(await findings(yaml, { [name]: 'value' })).toEqual([`variable-job 11 \${${name}}`]);
  expect(await findings(yaml, {})).toEqual([`variable-job 11 \${${name}}`]);
  expect(await load(yaml, { [name]: 'value' }, [name])).toMatchObject({ ok: true });
});

test.each(['CITY', 'CIRCLE', 'BUILDER', 'GITHUB', 'JOBS', 'DEPLOYMENT', 'TEAM'])('%s is not of a job', async (name) => {
  expect(await findings(account(`smoke: { query: "\${${name}}" }`), { [name]: 'value' })).toEqual([]);
});
