/** Audits through the command line: what they print, and with which exit code. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { serve } from '../../src/sandbox/server.ts';
import { saveSettings } from '../../src/sandbox/settings-file.ts';
import { expectGolden } from '../golden/golden.ts';
import { memorySandbox } from '../sandbox/memory.ts';
import { SANDBOX, Stage } from '../stage.ts';
import { AUDITED } from './audited.ts';

const CONFIGURATION = `${AUDITED}ignore: [legacy_*]
`;

describe('mdacc audit', () => {
  it('of an organization as configured finds nothing, and writes nothing', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    const state = folder.read('motherduck.accounts.state.json');
    const ran = await folder.run('audit --sandbox');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expectGolden('audits', 'audit --sandbox, without findings', ran.stdout);
    expect(await folder.json('audit --sandbox')).toMatchObject({
      document: { organization: 'acme', sandbox: true, checked: { accounts: 1, tokens: 1 }, findings: [] },
    });
    expect(folder.read('motherduck.accounts.state.json')).toBe(state);
  });

  it('exits with 2 from the severity that --fail-on names; notes fail nothing', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    folder.edit((text) => text.replace('    smoke: false\n', ''));
    expect(await folder.json('audit --sandbox')).toMatchObject({
      code: 0,
      document: { summary: { errors: 0, warnings: 0, notes: 1 } },
    });
    await folder.inSandbox((organization) =>
      organization.mint({ username: 'etl_prod', name: 'laptop', ttl: 7_000_000 }),
    );
    const ran = await folder.run('audit --sandbox');
    expectGolden('audits', 'audit --sandbox, with a token that is not in the configuration', ran.stdout, {
      id: /[0-9a-f]{8}-[0-9a-f-]{27}/g,
      date: /\d{4}-\d\d-\d\d/g,
    });
    expect(await folder.json('audit --sandbox')).toMatchObject({
      document: {
        checked: { accounts: 1, tokens: 2 },
        findings: [
          { rule: 'MDA002', severity: 'warning', account: 'etl_prod', token: 'laptop', location: { line: 8 } },
          { severity: 'note' },
        ],
      },
    });
    expect(ran.code).toBe(2);
    expect((await folder.run('audit --sandbox --fail-on error')).code).toBe(0);
    folder.edit((text) => text.replace('size: pulse }, read_scaling', 'size: standard }, read_scaling'));
    expect((await folder.run('audit --sandbox --fail-on error')).code).toBe(2);
    expect((await folder.run('audit --sandbox --fail-on never')).code).toBe(0);
  });

  it('needs no state, looks at a part with --only, and leaves alone what is ignored', async () => {
    const folder = new Stage(CONFIGURATION);
    await folder.serve();
    const api = (path: string, body: object) =>
      fetch(`${folder.env.MOTHERDUCK_API_URL}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${folder.env.MOTHERDUCK_ADMIN_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (const username of ['etl_prod', 'stray', 'legacy_1']) await api('/v1/users', { username });
    for (const username of ['etl_prod', 'stray']) await api(`/v1/users/${username}/tokens`, { name: 'airflow' });
    const ran = await folder.run('audit');
    expect(folder.has('motherduck.accounts.state.json')).toBe(false);
    expect(ran.stdout.match(/MDA\d+ {2}\S+/g)).toEqual([
      'MDA010  etl_prod',
      'MDA003  etl_prod/airflow',
      'MDA003  stray/airflow',
      'MDA001  stray',
    ]);
    expect(ran.stdout).toMatch(/"ignore".*\(legacy_1\)/);
    const part = await folder.run('audit --only s*');
    expect(part.stdout.match(/MDA\d+ {2}\S+/g)).toEqual(['MDA001  stray', 'MDA003  stray/airflow']);
    expect(part.stdout).not.toContain('legacy_1');
    const none = await folder.run('audit --only nobody');
    expect(none.code).toBe(64);
    expectGolden('errors', 'audit --only nobody', none.stderr);
  });

  it('prints JSON that is valid against the schema that it prints, an error too', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    await folder.inSandbox((organization) => organization.deprovision('etl_prod'));
    const schema = JSON.parse((await folder.run('schema audit')).stdout) as object;
    const validate = new Ajv2020({ strict: true }).compile(schema);
    const ran = await folder.run('audit --sandbox --format json');
    expect(ran.code).toBe(2);
    const document = JSON.parse(ran.stdout) as { findings: object[] };
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(document.findings).toMatchObject([{ rule: 'MDA015', account: 'etl_prod', location: { line: 8 } }]);
    const failed = await folder.run('audit --format json');
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'TOKEN_MISSING' } });
    expect(validate(JSON.parse(failed.stdout))).toBe(true);
  });

  it('warns of secrets in a file where it runs in CI, which an entry of audit.accept settles', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    expect(await folder.json('audit --sandbox')).toMatchObject({ document: { findings: [] } });
    const jenkins = { BUILD_URL: 'https://ci.example.org/1' };
    for (const env of [{ CI: 'true' }, jenkins]) {
      expect(await folder.json('audit --sandbox', env)).toMatchObject({
        code: 2,
        document: { findings: [{ rule: 'MDA039', severity: 'warning', location: { line: 4 } }] },
      });
    }
    folder.edit((text) => `${text}audit: { accept: [{ rule: MDA039, reason: our runner keeps its disk }] }\n`);
    for (const ci of ['true', 'false']) {
      folder.env.CI = ci;
      expect(await folder.json('audit --sandbox')).toMatchObject({ code: 0, document: { findings: [] } });
    }
  });

  it('warns of a rotation that a Flight may not survive, unless the token is never rotated', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    await folder.inSandbox((organization) =>
      organization.mint({ username: 'etl_prod', name: 'MotherDuck Flights', ttl: 7_000_000 }),
    );
    const flights = [{ rule: 'MDA040', account: 'etl_prod', token: 'airflow' }, { rule: 'MDA034' }];
    const { document } = await folder.json('audit --sandbox');
    expect(document).toMatchObject({ findings: flights });
    expect(JSON.stringify(document)).toContain('\\"airflow.2\\"');
    expect((await folder.run('rotate etl_prod --sandbox --yes')).code).toBe(0);
    expect(JSON.stringify((await folder.json('audit --sandbox')).document)).toContain('\\"airflow.3\\"');
  });

  it('finds what it cannot read: a list of users without the privilege', async () => {
    const folder = new Stage(CONFIGURATION);
    const organization = memorySandbox({ adminToken: new Secret('the-admin'), users_list: 'forbidden' });
    const server = await serve({ organization, port: 0 });
    onTestFinished(() => server.close());
    Object.assign(folder.env, { MOTHERDUCK_API_URL: server.url, MOTHERDUCK_ADMIN_TOKEN: 'the-admin' });
    await folder.run('apply --yes --no-smoke');
    const ran = await folder.json('audit');
    expect(ran).toMatchObject({ code: 2, document: { checked: { accounts: 1, tokens: 1 }, findings: [{}] } });
    const [finding] = (ran.document as { findings: object[] }).findings;
    expect(finding).toMatchObject({ rule: 'MDA024', severity: 'error' });
    expect(finding).not.toHaveProperty('account');
    expect((await folder.run('audit', { MOTHERDUCK_ADMIN_TOKEN: 'wrong' })).code).toBe(1);
  });

  it('finds a secret store that cannot be written, at its line', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    folder.edit((text) => text.replace('path: secrets.env', 'path: motherduck.accounts.yaml/secrets.env'));
    const ran = await folder.run('audit --sandbox --only etl_prod');
    expect(ran.stdout).toMatch(/^error {4}MDA019 .* \(line 4\)$/m);
    expect(ran.code).toBe(2);
  });

  it('finds a token whose secret was to lie elsewhere, as a plan does, and is clean again after an apply', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    folder.edit((text) => text.replace('path: secrets.env', 'path: moved.env'));
    const ran = await folder.run('audit --sandbox');
    expect(ran.stdout).toMatch(
      /^error {4}MDA028 {2}etl_prod\/airflow {2}.* secrets\.env#\S+ -> moved\.env#\S+ \(line 10\)$/m,
    );
    expect(ran.code).toBe(2);
    expect((await folder.run('apply --sandbox --yes --only etl_prod')).code).toBe(0);
    expect(await folder.json('audit --sandbox')).toMatchObject({ code: 0, document: { findings: [] } });
  });

  it("is not failed by MotherDuck's own tokens, whatever their life", async () => {
    const folder = await Stage.applied(CONFIGURATION);
    await folder.inSandbox((organization) => organization.mint({ username: 'etl_prod', name: 'MotherDuck Extension' }));
    expect(await folder.json('audit --sandbox')).toMatchObject({
      code: 0,
      document: { summary: { errors: 0, warnings: 0, notes: 1 }, checked: { accounts: 1, tokens: 2 } },
    });
  });

  it('shows with --usage what accounts used and store, twice the same', async () => {
    const folder = await Stage.applied(CONFIGURATION.replace('    smoke: false\n', ''));
    await folder.run('smoke --sandbox');
    await folder.inSandbox((organization) => organization.advance(31 * 86_400));
    const compute = [{ size: 'pulse', hours: 0, ceiling: 720 }];
    expect((await folder.json('audit --sandbox --usage')).document).toMatchObject({
      usage: { days: 30, accounts: [{ account: 'etl_prod', compute, databases: 1, bytes: expect.any(Number) }] },
    });
    const text = (await folder.run('audit --sandbox --usage')).stdout;
    expect(text).toMatch(/etl_prod +pulse 0 of 720 h +1 database, /);
    expect((await folder.run('audit --sandbox --usage')).stdout).toBe(text);
    for (const format of ['markdown', 'html'])
      expect((await folder.run(`audit --sandbox --usage --format ${format}`)).stdout).toMatch(/pulse 0 of 720 h/);
    expect((await folder.json('audit --sandbox')).document).not.toHaveProperty('usage');
  });

  it('says once why compute and storage are not known', async () => {
    const folder = await Stage.applied(CONFIGURATION);
    await saveSettings(folder.file(SANDBOX), { plan: 'lite' });
    const { stdout } = await folder.run('audit --sandbox --usage');
    expect(stdout.match(/^Compute is not known: .*compute_usage/gm)).toHaveLength(1);
    expect(stdout.match(/^Storage is not known: .*storage_info/gm)).toHaveLength(1);
    expectGolden('audits', 'audit --sandbox --usage, on a Lite plan', stdout, { date: /\d{4}-\d\d-\d\d/g });
    expect((await folder.json('audit --sandbox --usage')).document).toMatchObject({
      findings: [{ rule: 'MDA024' }],
      usage: { accounts: [{ account: 'etl_prod', compute: null, databases: null, bytes: null }] },
    });
  });

  it('takes --idle with --usage only', async () => {
    const ran = await new Stage(CONFIGURATION).run('audit --sandbox --idle 10d');
    expect(ran.code).toBe(64);
    expect(ran.stderr).toContain('mdacc audit --usage --idle 10d');
  });

  it('of an account whose block is gone tells what deletes it, also while it is protected', async () => {
    const folder = await Stage.applied();
    const block = /^ {2}tenant_globex: .*\n/m;
    const without = folder
      .read('motherduck.accounts.yaml')
      .replace(block, '')
      .replace('max_deletes: 0', 'max_deletes: 1');
    folder.write('motherduck.accounts.yaml', without);
    const advice = (await folder.run('audit --sandbox')).stdout;
    expectGolden('audits', 'audit --sandbox, of an account whose block is gone', advice, {
      date: /\d{4}-\d\d-\d\d/g,
    });
    const [, prune = ''] = /mdacc plan (--prune --only tenant_globex)/.exec(advice) ?? [];
    const protectedStill = await folder.run(`plan ${prune} --sandbox`);
    expect(protectedStill).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('mdacc apply --only tenant_globex'),
    });
    folder.edit((text) => text.replace(/^accounts:$/m, '$&\n  tenant_globex: { deletion_protection: false }'));
    expect(await folder.run('apply --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
    folder.write('motherduck.accounts.yaml', without);
    const unprotected = (await folder.run('audit --sandbox')).stdout;
    expect(unprotected).not.toContain('deletion_protection');
    const pruned = await folder.json(`apply ${prune} --sandbox --yes --allow-delete`);
    expect(pruned).toMatchObject({
      code: 0,
      document: { applied: { outcomes: [{ action: 'delete_account', account: 'tenant_globex', result: 'done' }] } },
    });
  });
});
