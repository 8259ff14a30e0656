/** `mdacc state mv`: an entry of the state follows its key in the configuration, and nothing is created or revoked for it. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl: { smoke: false, tokens: { air: { policy: p, name: Airflow }, bi: p } }
  bix: { smoke: false, tokens: { x: p } }
`;

const keysOf = async (stage: Stage) => {
  const { document } = await stage.json('state list');
  const { accounts } = document as { accounts: Record<string, { username: string; tokens: object }> };
  return Object.values(accounts).map(({ username, tokens }) => [username, Object.keys(tokens).sort()]);
};

it('moves a token to another key: it is replaced for its new secret path, with its overlap, and then the plan is empty', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  stage.edit((text) => text.replace('air: {', 'loads: {'));
  expect(await stage.run('state mv etl/air etl/loads')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('.motherduck/secrets.env#MOTHERDUCK_TOKEN_ETL_AIR'),
  });
  expect(await keysOf(stage)).toEqual(expect.arrayContaining([['etl', ['bi', 'loads']]]));
  const written = stage.read(STATE);
  expect((await stage.run('state mv etl/air etl/loads')).code).toBe(0);
  expect(stage.read(STATE)).toBe(written);

  expect((await stage.json('plan --sandbox')).document).toMatchObject({
    actions: [{ action: 'rotate_token', token: 'loads', before: { name: 'Airflow' }, after: { name: 'Airflow.2' } }],
  });
  await stage.run('apply --sandbox --yes --no-smoke');
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  await stage.advance(25 * 3600);
  await stage.run('apply --sandbox --yes --no-smoke');
  expect(stage.read('.motherduck/secrets.env')).not.toContain('ETL_AIR');
  expect((await stage.json('state history')).document).toMatchObject({
    runs: [{}, { command: 'state mv', counts: { move: 1 }, exit_code: 0 }, {}, {}],
  });
});

it('says why a token is replaced for another store that has the same file and variable', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  stage.edit((text) =>
    text
      .replace(
        'local: {',
        'same: { kind: file, path: .motherduck/secrets.env, format: dotenv, variable: MOTHERDUCK_TOKEN_ETL_AIR }\n  $&',
      )
      .replace('air: { policy: p,', 'loads: { policy: p, secret_store: same,'),
  );
  const { stdout } = await stage.run('plan --sandbox');
  expect(stdout).toContain('its secret stays at .motherduck/secrets.env#MOTHERDUCK_TOKEN_ETL_AIR, ');
  expect(stdout).not.toContain('secrets.env#MOTHERDUCK_TOKEN_ETL_AIR -> ');
});

it('gives an account its username in another case, and back', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const before = await keysOf(stage);
  expect((await stage.run('state mv etl Etl')).code).toBe(0);
  expect(await keysOf(stage)).toEqual(expect.arrayContaining([['Etl', ['air', 'bi']]]));
  expect((await stage.run('state mv Etl Etl')).code).toBe(0);
  expect((await stage.run('state mv etl etl')).code).toBe(0);
  expect(await keysOf(stage)).toEqual(expect.arrayContaining(before));
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
});

describe('refuses', () => {
  it.each([
    ['a token whose new key is taken', 'etl/air etl/bi', 'mdacc state show etl/bi'],
    ['another username, which no account can get', 'etl etl_prod', 'username'],
    ['the username of another account', 'etl bix', 'username'],
    ['an account that is not there, for one that is', 'etk bix', '"etk"'],
    ['a token without its account', 'etl/air loads', 'mdacc state mv etl/air etl/loads'],
    ['another account of a token', 'etl/air bix/air', 'bix/air'],
    ['a token for an account', 'etl etl/air', 'etl/air'],
    ['an entry that is not there', 'etl/ait etl/loads', '"air"'],
    ['a key that none can be', 'etl/air etl/7', '"7"'],
    ['a name that none can be', 'etl ../etl', '../etl'],
  ])('%s', async (_, words, said) => {
    const stage = await Stage.applied(CONFIGURATION);
    const written = stage.read(STATE);
    expect(await stage.run(`state mv ${words}`)).toMatchObject({ code: 64, stderr: expect.stringContaining(said) });
    expect(stage.read(STATE)).toBe(written);
  });

  it('an account whose creation was interrupted', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const state = JSON.parse(stage.read(STATE)) as { accounts: { etl: { intent?: object } } };
    state.accounts.etl.intent = { action: 'create_account', at: '2026-11-29T10:00:00.000Z' };
    stage.write(STATE, JSON.stringify(state));
    const ran = await stage.run('state mv etl ETL');
    expect(ran).toMatchObject({ code: 64, stderr: expect.stringContaining('mdacc apply --only etl') });
  });
});

describe('state list', () => {
  it('lists the named accounts, in each format', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    expect((await stage.run('state list e* BIX')).stdout.match(/^\w+ {2}created/gm)).toHaveLength(2);
    const { document } = await stage.json('state list b*');
    expect(Object.keys((document as { accounts: object }).accounts)).toEqual(['bix']);
  });

  it('refuses each name that the state does not have', async () => {
    const ran = await (await Stage.applied(CONFIGURATION)).run('state list etl bixx nobody');
    expect(ran).toMatchObject({ code: 64, stdout: '', stderr: expect.stringMatching(/bixx nobody .*\n.*\bbix\b/) });
  });
});

it('mdacc version shows what --version does', async () => {
  const stage = new Stage();
  const shown = await stage.run('version');
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect((await stage.run('--version')).stdout).toBe(shown.stdout);
});

it.each([
  '--sandbox version',
  '--sandbox-dir x -c y schema plan',
  'completion bash --state x --api-url y',
  'validate --parallelism 2 --timeout 5s',
  'show p --api-url http://localhost --parallelism 1',
  '--timeout 1m sandbox advance 1d --api-url http://localhost',
])('takes the options on all commands: %s', async (words) => {
  const { code, stderr } = await new Stage().run(words);
  expect(stderr).not.toMatch(/option/);
  expect(code).not.toBe(64);
});

it('takes no name with two slashes for a missing account', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  for (const words of ['show etl/air/x', 'forget etl/air/x --yes', 'mv etl/air/x etl/b', 'mv etl/air etl/b/x']) {
    const { code, stderr } = await stage.run(`state ${words}`);
    expect({ code, stderr }, words).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('/x has more than one'),
    });
  }
});
