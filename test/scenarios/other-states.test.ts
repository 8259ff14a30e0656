/** An account belongs to one configuration of a folder or repository: the states of the others say which are theirs. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const OTHER = `version: 1
organization: acme
secret_stores: { other: { kind: file, path: .motherduck/other.env, format: dotenv } }
token_policies: { dash: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 48h, secret_store: other } }
accounts: { tenant_acme: { tokens: { app: dash } }, tenant_new: {} }
`;
const FOREIGN = { code: 'STATE_FOREIGN' };

const liveTokens = (stage: Stage) =>
  stage.inSandbox(async (organization) =>
    organization
      .inspect()
      .accounts.flatMap(({ username, tokens }) => tokens.map(({ name }) => `${username}/${name}`))
      .sort(),
  );

describe('another configuration of the folder', () => {
  it.each(['acme', 'other'])(
    'of the organization %s adopts no account of the first, and does the rest',
    async (organization) => {
      const stage = await Stage.applied();
      stage.write('staging.yaml', OTHER.replace('acme', organization));
      const before = await liveTokens(stage);
      const { code, document, stdout } = await stage.json('plan --sandbox -c staging.yaml');
      expect([code, document]).toMatchObject([1, { actions: [{ account: 'tenant_new' }], errors: [FOREIGN] }]);
      expect(stdout).toContain(STATE);
      expect((await stage.run('apply --sandbox --yes --no-smoke -c staging.yaml')).code).toBe(3);
      expect(await liveTokens(stage)).toEqual(before);
      const imported = await stage.run('import tenant_acme --sandbox --yes -c staging.yaml');
      expect([imported.code, imported.stderr]).toEqual([1, expect.stringContaining(STATE)]);
    },
  );

  it('does nothing to an account that its own state claims too', async () => {
    const stage = await Stage.applied();
    stage.write('staging.yaml', OTHER);
    const state = JSON.parse(stage.read(STATE));
    const forged = { ...state, lineage: 'e1c1cd80-0000-4000-8000-000000000000', configuration: 'staging.yaml' };
    stage.write('staging.state.json', JSON.stringify(forged));
    const before = await liveTokens(stage);
    for (const options of ['', '--prune --allow-delete', '--due']) {
      await stage.run(`apply --sandbox --yes --no-smoke -c staging.yaml ${options}`);
    }
    await stage.run('rotate tenant_acme --sandbox --yes --no-smoke -c staging.yaml');
    expect(await liveTokens(stage)).toEqual(before);
    expect(await stage.json('plan --sandbox')).toMatchObject({ code: 1 });
  });

  it('is refused with a copy of the state, although it says that it is its own', async () => {
    const stage = await Stage.applied();
    stage.write('staging.yaml', OTHER);
    const state = JSON.parse(stage.read(STATE));
    stage.write('staging.state.json', JSON.stringify({ ...state, configuration: 'staging.yaml' }));
    const { document, stderr } = await stage.json('plan --sandbox -c staging.yaml');
    expect(document).toMatchObject({ error: FOREIGN });
    for (const name of [STATE, 'staging.state.json']) expect(stderr).toContain(name);
  });

  it('manages an account after the first one forgot it', async () => {
    const stage = await Stage.applied();
    stage.write('staging.yaml', OTHER);
    const { stdout } = await stage.run('plan --sandbox -c staging.yaml');
    expect(stdout).toContain(`mdacc state forget tenant_acme --state ${STATE}`);
    expect((await stage.run(`state forget tenant_acme --yes --state ${STATE}`)).code).toBe(0);
    const { document } = await stage.json('plan --sandbox -c staging.yaml');
    expect(document).toMatchObject({
      errors: [],
      actions: expect.arrayContaining([expect.objectContaining({ action: 'adopt_account' })]),
    });
  });
});

it('a configuration in another folder of the repository adopts none of its accounts', async () => {
  const stage = await Stage.applied();
  const git = (...words: string[]) => execFileSync('git', words, { cwd: stage.path, stdio: 'ignore' });
  git('init', '-q');
  git('add', '-f', STATE);
  stage.write('staging/main.yaml', OTHER);
  expect(await stage.json('plan --sandbox-dir .motherduck-sandbox -c staging/main.yaml')).toMatchObject({
    code: 1,
    document: { errors: [FOREIGN] },
  });
});

it('a state whose configuration is gone claims nothing', async () => {
  const stage = await Stage.applied();
  stage.write('archive/motherduck.accounts.state.json', stage.read(STATE));
  stage.write('old.state.json', JSON.stringify({ ...JSON.parse(stage.read(STATE)), configuration: 'old.yaml' }));
  expect(await stage.json('plan --sandbox')).toMatchObject({ code: 0, document: { actions: [] } });
});

it.each([
  ['damaged', (text: string) => `${text}x\n`],
  [
    'with a merge conflict',
    (text: string) => text.replace(/^ {2}"serial".*$/m, '<<<<<<< a\n$&\n=======\n$&\n>>>>>>> b'),
  ],
  ['of a newer version', (text: string) => text.replace(/"version": \d+/, '"version": 99')],
  ['empty', () => ''],
  ['all zeros, after a power loss', (text: string) => '\0'.repeat(text.length)],
  ['a pointer of Git LFS', () => 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'],
  ['cut to its first bytes', (text: string) => text.slice(0, 10)],
  ['an empty list', () => '[]\n'],
])('a state that is %s may manage every account, so another configuration adopts none', async (_, change) => {
  const stage = await Stage.applied();
  stage.write('staging.yaml', OTHER);
  stage.write(STATE, change(stage.read(STATE)));
  const before = await liveTokens(stage);
  const { code, document, stdout } = await stage.json('plan --sandbox -c staging.yaml');
  expect([code, document]).toMatchObject([
    1,
    { actions: [{ account: 'tenant_new' }], errors: [{ kind: 'not_adopted' }], warnings: [{ kind: 'state_unread' }] },
  ]);
  expect(stdout).toContain(STATE);
  expect((await stage.run('plan --sandbox -c staging.yaml --format markdown')).stdout).toMatch(/⚠️.*cannot be read/);
  const audit = await stage.json('audit --sandbox -c staging.yaml');
  expect(audit.document).toMatchObject({
    findings: expect.arrayContaining([
      expect.objectContaining({ rule: 'MDA024', message: expect.stringContaining(STATE) }),
    ]),
  });
  for (const selection of ['tenant_acme', 'etl_prod']) {
    const imported = await stage.run(`import ${selection} --sandbox --yes -c staging.yaml`);
    expect([imported.code, imported.stderr]).toEqual([1, expect.stringContaining(STATE)]);
  }
  const all = await stage.run('import --all --sandbox --yes -c staging.yaml');
  expect(all.stderr).toContain(STATE);
  expect(stage.read('staging.yaml')).toBe(OTHER);
  expect(stage.has('staging.state.json')).toBe(false);
  expect((await stage.run('apply --sandbox --yes --no-smoke -c staging.yaml')).code).toBe(3);
  expect(await liveTokens(stage)).toEqual(before);
});

it('a file that only has the name of a state stops nothing', async () => {
  const stage = await Stage.applied();
  stage.write('staging.yaml', OTHER.replace('tenant_acme: { tokens: { app: dash } }, ', ''));
  stage.write('door.yaml', 'x: 1\n');
  stage.write('door.state.json', '{ "initial": "closed" }\n');
  expect(await stage.json('plan --sandbox -c staging.yaml')).toMatchObject({ code: 0, document: { warnings: [] } });
});
