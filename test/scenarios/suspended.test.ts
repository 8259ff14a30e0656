/** `suspended: true`: nobody can connect as the account any more, and everything else of it stays. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  loads: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
templates:
  tenant:
    ducklings: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 2 } }
    tokens: { app: loads, bi: { policy: loads, name: "BI (old)" } }
    setup: ['CREATE DATABASE IF NOT EXISTS own']
accounts:
  tenant_acme: { template: tenant }
  tenant_late: { template: tenant }
`;
const APPLY = 'apply --sandbox --yes --no-smoke';
const suspend = (yaml: string) =>
  yaml.replace('late: { template: tenant }', 'late: { template: tenant, suspended: true }');
const resume = (yaml: string) => yaml.replace(', suspended: true', '');

interface Document {
  readonly actions: readonly {
    action: string;
    account: string;
    token?: string;
    risk: string;
    location?: { line: number };
    reason: { kind: string; text: string };
  }[];
  readonly warnings: readonly { kind: string; names?: readonly string[] }[];
}

async function planned(stage: Stage, more = ''): Promise<Document> {
  return (await stage.json(`plan --sandbox ${more}`)).document as Document;
}
const brief = ({ actions }: Document) =>
  actions.map(({ action, account, token, reason }) => `${action} ${account}${token ? `/${token}` : ''} ${reason.kind}`);

async function liveTokens(stage: Stage, account = 'tenant_late'): Promise<string[]> {
  const tokens = await stage.inSandbox(async (organization) =>
    organization
      .inspect()
      .accounts.find(({ username }) => username === account)
      ?.tokens.map(({ name }) => name),
  );
  return tokens ?? ['no account'];
}
const secretsOf = (stage: Stage, account = 'TENANT_LATE') =>
  stage
    .read('.motherduck/secrets.env')
    .split('\n')
    .filter((line) => line.includes(account));

describe('a suspended account', () => {
  it('leaves a token of the name, but another type, to whoever made it, also when its own are gone', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(suspend);
    await stage.inSandbox((organization) =>
      organization.mint({ username: 'tenant_late', name: 'app.5', type: 'read_scaling' }),
    );
    for (const _ of ['its own are revoked', 'nothing is left to do']) {
      expect(await planned(stage)).toMatchObject({ warnings: [{ kind: 'suspended_live' }] });
      await stage.run(APPLY);
      expect(await liveTokens(stage)).toEqual(['app.5']);
    }
    stage.edit((yaml) => yaml.replace(/ {2}tenant_late:.*\n/, ''));
    await stage.run(APPLY);
    await stage.run(APPLY);
    expect(await liveTokens(stage)).toEqual(['app.5']);
  });

  it('loses its tokens and their secrets, gets them again under later names, and each step is nothing twice', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    expect(secretsOf(stage)).toHaveLength(2);
    const first = secretsOf(stage).join();
    expect((await stage.run(`rotate tenant_late/app --sandbox --yes --no-smoke`)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['app', 'BI (old)', 'app.2']);

    stage.edit(suspend);
    const plan = await planned(stage);
    expect(brief(plan)).toEqual(Array(3).fill(expect.stringMatching(/^revoke_token tenant_late\/(app|bi) suspended$/)));
    for (const { risk, location, reason } of plan.actions) {
      expect({ risk, location }).toEqual({ risk: 'disruptive', location: { line: 13 } });
      expect(reason.text).toContain('(line 13)');
    }
    const { stdout: comment } = await stage.run('plan --sandbox --format markdown');
    expect(comment).toContain('\n-   tokens:\n');
    expect(comment).toContain('\n+   suspended: true\n');
    const applied = await stage.run(APPLY);
    expect(applied.code).toBe(0);
    expect(await liveTokens(stage)).toEqual([]);
    expect(secretsOf(stage)).toEqual([]);
    expect(secretsOf(stage, 'TENANT_ACME')).toHaveLength(2);
    const state = stage.read(STATE);
    expect(brief(await planned(stage))).toEqual([]);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.read(STATE)).toBe(state);

    stage.edit(resume);
    expect(brief(await planned(stage))).toEqual([
      'create_token tenant_late/app resumed',
      'create_token tenant_late/bi resumed',
    ]);
    expect((await stage.run('plan --sandbox')).stdout).toContain('no longer suspended');
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.read(STATE)).not.toContain('suspended');
    expect(await liveTokens(stage)).toEqual(['app.3', 'BI (old).2']);
    expect(secretsOf(stage)).toHaveLength(2);
    expect(secretsOf(stage).join()).not.toBe(first);
    expect(brief(await planned(stage))).toEqual([]);
    expect((await stage.run(APPLY)).code).toBe(0);
  });

  it('is created without tokens, Ducklings and setup, which it gets when it is suspended no longer', async () => {
    const stage = new Stage(suspend(CONFIGURATION));
    expect(brief(await planned(stage)).filter((line) => line.includes('late'))).toEqual([
      'create_account tenant_late new',
    ]);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual([]);
    expect(brief(await planned(stage))).toEqual([]);
    stage.edit(resume);
    expect(brief(await planned(stage))).toEqual([
      'set_ducklings tenant_late changed',
      'create_token tenant_late/app new',
      'create_token tenant_late/bi new',
      'run_setup tenant_late unset',
    ]);
  });

  it('is counted in every plan, in every format, and where there is none nothing is said', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const shown = async (more: string) => (await stage.run(`plan --sandbox ${more}`)).stdout;
    const all = async () => Promise.all(['', '-o json', '-o markdown', '-o html'].map(shown));
    for (const text of await all()) expect(text).not.toMatch(/suspended/i);
    stage.edit(suspend);
    for (const _ of ['planned', 'applied']) {
      const [text, json, markdown, html] = await all();
      expect(text).toContain('\nSuspended: 1 account (tenant_late)\n');
      expect(JSON.parse(json ?? '')).toMatchObject({ suspended: ['tenant_late'] });
      expect(markdown).toContain('\n\nSuspended: 1 account (tenant_late)\n');
      // Not among what is not touched: this plan may revoke its tokens.
      expect(html).toContain('<section id="suspended"><h2>Suspended</h2>');
      expect(await shown('--only tenant_acme')).not.toContain('Suspended');
      expect((await stage.run(APPLY)).code).toBe(0);
    }
  });

  it('is no scheduled work', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(suspend);
    await stage.run('sandbox advance 80d');
    const plan = await planned(stage, '--due');
    expect(brief(plan)).toEqual(['rotate_token tenant_acme/app due', 'rotate_token tenant_acme/bi due']);
    expect(plan.warnings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['not_scheduled']));
    expect((await stage.run(`${APPLY} --due`)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['app', 'BI (old)']);
  });

  it('keeps unmanaged tokens, which plans and audits name, and import leaves', async () => {
    const stage = await Stage.applied(suspend(CONFIGURATION));
    const create = (name: string) =>
      stage.inSandbox((organization) => organization.mint({ username: 'tenant_late', name, ttl: 7_000_000 }));
    await create('laptop');
    const plan = await planned(stage);
    expect(brief(plan)).toEqual([]);
    expect(plan.warnings).toMatchObject([{ kind: 'suspended_live', message: expect.stringContaining('laptop') }]);
    const audit = await stage.json('audit --sandbox');
    const { findings } = audit.document as { findings: { rule: string; account?: string; line?: number }[] };
    expect(findings.filter(({ account }) => account === 'tenant_late').map(({ rule }) => rule)).toEqual(['MDA042']);
    const named = await stage.run('import tenant_late --sandbox --yes');
    expect(named.code).toBe(1);
    const yaml = stage.read();
    expect((await stage.run('import --all --sandbox --yes')).code).toBe(0);
    expect(stage.read()).toBe(yaml);
  });

  it('is found by an audit until it is applied, and has no other findings than that', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(suspend);
    const rules = async () => {
      const { document } = await stage.json('audit --sandbox');
      const { findings } = document as { findings: { rule: string; account?: string }[] };
      return findings.filter(({ account }) => account === 'tenant_late').map(({ rule }) => rule);
    };
    expect(await rules()).toEqual(['MDA042', 'MDA042']);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(await rules()).toEqual([]);
  });

  it('is still found, and shown as suspended, when it has left the configuration', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(suspend);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect((await stage.run('state list tenant_late --sandbox')).stdout).toMatch(/^tenant_late .*suspended/m);
    stage.edit((yaml) => yaml.replace(/ {2}tenant_late: .*\n/, ''));
    const { document } = await stage.json('audit --sandbox');
    expect(document).toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({
          rule: 'MDA045',
          account: 'tenant_late',
          fix: {
            text: expect.stringContaining('"suspended: true"'),
            command: ['plan', '--prune', '--only', 'tenant_late', '--sandbox'],
          },
        }),
      ]),
      inventory: {
        accounts: expect.arrayContaining([expect.objectContaining({ account: 'tenant_late', suspended: true })]),
      },
    });
    expect((await stage.run('audit --sandbox --format html')).stdout).toContain(
      'no longer in the configuration, suspended',
    );
    expect((await stage.run('state list tenant_late --sandbox')).stdout).toMatch(/^tenant_late .*suspended/m);
  });

  it('has no tokens to rotate and nothing to test', async () => {
    const stage = await Stage.applied(suspend(CONFIGURATION));
    for (const names of ['tenant_late', 'tenant_late/app', 'tenant_late/*']) {
      const { code, stderr } = await stage.run(['rotate', names, '--sandbox', '--yes', '--no-smoke']);
      expect({ code, names: stderr.includes('suspended'), next: stderr.includes('apply --only tenant_late') }).toEqual({
        code: 64,
        names: true,
        next: true,
      });
    }
    const globs = await stage.run(['rotate', 'tenant_*/app', '--sandbox', '--yes', '--no-smoke']);
    expect(globs.code).toBe(0);
    expect(await liveTokens(stage)).toEqual([]);
    expect(await liveTokens(stage, 'tenant_acme')).toEqual(['app', 'BI (old)', 'app.2']);
    const { document } = await stage.json('smoke tenant_late --sandbox');
    expect(document).toMatchObject({
      accounts: [{ account: 'tenant_late', outcome: 'skipped', skipped: 'suspended' }],
    });
    expect((await stage.run('smoke tenant_late --sandbox')).stdout).toMatch(/^ {2}tenant_late +skipped {2}suspended$/m);
    const junit = await stage.run('smoke tenant_late --sandbox -o junit');
    expect(junit.stdout).toContain('<skipped>suspended</skipped>');
    stage.edit((yaml) => yaml.replace('suspended: true', 'smoke: false'));
    expect((await stage.run('smoke tenant_late --sandbox')).stdout).toMatch(/ {2}skipped {2}smoke: false$/m);
  });

  it('whose tokens are gone already has their secrets removed, and remembers their generations', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    await stage.inSandbox(async (organization) => {
      const tokens = organization.inspect().accounts.find(({ username }) => username === 'tenant_late')?.tokens ?? [];
      const headers = { authorization: `Bearer ${(await organization.mint()).reveal()}` };
      for (const { id } of tokens)
        await organization.handle(
          new Request(`https://x/v1/users/tenant_late/tokens/${id}`, { method: 'DELETE', headers }),
        );
    });
    stage.edit(suspend);
    expect(brief(await planned(stage))).toEqual([
      'forget tenant_late/app suspended',
      'forget tenant_late/bi suspended',
    ]);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(secretsOf(stage)).toEqual([]);
    expect(brief(await planned(stage))).toEqual([]);
    stage.edit(resume);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(await liveTokens(stage)).toEqual(['app.2', 'BI (old).2']);
  });

  it('forgets a key that leaves while it is suspended', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(suspend);
    await stage.run(APPLY);
    stage.edit((yaml) => yaml.replace(/, bi: \{.*?\} \}/, ' }'));
    expect(brief(await planned(stage))).toContain('forget tenant_late/bi removed');
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(brief(await planned(stage))).toEqual([]);
  });

  it('is of accounts alone, and a boolean', async () => {
    const errors = async (yaml: string) => {
      const { document } = await new Stage(yaml).json('validate');
      return (document as { findings: { code: string }[] }).findings.map(({ code }) => code);
    };
    expect(await errors(CONFIGURATION.replace('    tokens:', '    suspended: true\n    tokens:'))).toEqual([
      'unknown-key',
    ]);
    expect(await errors(suspend(CONFIGURATION).replace('suspended: true', 'suspended: yes'))).toEqual(['wrong-type']);
    expect(await errors(suspend(CONFIGURATION).replace('suspended: true', 'suspended: false'))).toEqual([]);
  });
});

it('state list shows that an account is suspended', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  stage.edit(suspend);
  expect(await stage.run(APPLY)).toMatchObject({ code: 0 });
  const { stdout } = await stage.run('state list tenant_late --sandbox');
  expect(stdout.match(/suspended/g)).toHaveLength(3);
  expect((await stage.run('state list tenant_acme --sandbox')).stdout).not.toContain('suspended');
});

it('beside others: smoke tests the named accounts that --only leaves', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const tested = async (words: string) => {
    const { code, document } = await stage.json(`smoke --sandbox ${words}`);
    const { accounts = [] } = document as { accounts?: { account: string }[] };
    return [code, ...accounts.map(({ account }) => account)];
  };
  expect(await tested('tenant_* --only tenant_acme')).toEqual([0, 'tenant_acme']);
  expect(await tested('tenant_late --only tenant_acme')).toEqual([64]);
  expect(await tested('tenant_* --only zz')).toEqual([64]);
  expect(await tested('zz --only tenant_acme')).toEqual([64]);
});
