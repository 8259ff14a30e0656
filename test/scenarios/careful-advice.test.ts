/** What is advised can be typed, and is about what was typed. */
import { closeSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { outputOf, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv, variable: "{ACCOUNT}" }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  etl:
    tokens: { airflow: { policy: pipeline, name: af } }
    smoke: false
`;

it('of a state that was made in a named sandbox names that option', async () => {
  const stage = new Stage(CONFIGURATION);
  expect((await stage.run('apply --sandbox-dir one --yes --no-smoke')).code).toBe(0);
  const ran = await stage.run('plan', { MOTHERDUCK_ADMIN_TOKEN: 'x', MOTHERDUCK_API_URL: 'http://127.0.0.1:9' });
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('--sandbox-dir') });
});

it('a secret that stays at its path when its key is renamed is neither new nor elsewhere', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  stage.edit((text) => text.replace('airflow: {', 'loads: {'));
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({
    actions: [{ action: 'adopt_token', token: 'loads', reason: { kind: 'renamed', replaced: false } }],
  });
  const [store] = (document as { stores: object[] }).stores;
  expect(store).toMatchObject({ store: 'local', tokens: 1 });
  expect(store).not.toHaveProperty('new');
  expect(store).not.toHaveProperty('elsewhere');
});

it('what is said of a store counts the secrets that are written now, and knows those of accounts that are left out', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  stage.edit((text) => `${text}  dash: { tokens: { app: pipeline }, smoke: false }\n`);
  const { stdout } = await stage.run('plan --sandbox');
  expect(stdout).toContain('Secrets go to local: .motherduck/secrets.env (1 token now, 1 at later rotations)');
  const { document } = await stage.json('plan --sandbox --only dash');
  const [store] = (document as { stores: object[] }).stores;
  expect(store).toMatchObject({ store: 'local', tokens: 1 });
  expect(store).not.toHaveProperty('new');
});

it('what is said of a store counts the tokens that cannot be created apart from later rotations', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const account = (name: string) => `  ${name}: { tokens: { app: pipeline }, smoke: false }\n`;
  stage.edit((text) => `${text}${account('dash')}${account('no-such')}`);
  const { stdout } = await stage.run('plan --sandbox');
  expect(stdout).toContain('(1 token now, 1 at later rotations, 1 once created)');
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({ stores: [{ tokens: 3, uncreated: 1 }] });
  const only = await stage.json('plan --sandbox --only dash');
  expect((only.document as { stores: object[] }).stores[0]).not.toHaveProperty('uncreated');
});

it.each(['MOTHERDUCK_API_URL', 'MOTHERDUCK_API_BASE_URL'])(
  'an empty %s is wrong usage, where it is used',
  async (name) => {
    const stage = new Stage(CONFIGURATION);
    expect(await stage.run('plan', { [name]: '' })).toMatchObject({ code: 64, stderr: expect.stringContaining(name) });
    expect((await stage.run('plan --sandbox', { [name]: '' })).code).toBe(0);
    expect((await stage.run('validate', { [name]: '' })).code).toBe(0);
  },
);

it.skipIf(isWindows || process.platform === 'darwin').each([
  ['version', false],
  ['validate', false],
  ['apply --sandbox --yes --no-smoke', true],
])('on a full disk, what is left to do is said of what leaves something: %s', async (command, leaves) => {
  const stage = new Stage(CONFIGURATION);
  const full = openSync('/dev/full', 'w');
  const { code, stderr } = await outputOf(stage.spawn(command, {}, { stdio: ['ignore', full, 'pipe'] }));
  closeSync(full);
  expect(code).toBe(1);
  expect(stderr).toContain('ENOSPC');
  expect(stderr.includes('mdacc plan'), stderr).toBe(leaves);
});
