/** A person's own plan and region, rehearsed: `organization.json` in the sandbox's folder, and the options of `sandbox serve`. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SETTINGS_FILE, type Settings } from '../../src/sandbox/settings.ts';
import type { Ran } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { SANDBOX, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  loads: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  reads: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 48h, secret_store: local }
accounts:
  etl_prod:
    ducklings: { read_write: { size: mega }, read_scaling: { size: standard, pool_size: 4 } }
    tokens: { airflow: loads, app: reads }
  tenant_a: { tokens: { app: reads } }
  tenant_b: { tokens: { app: loads } }
`;
const APPLY = 'apply --sandbox --yes --no-smoke';
const EMPTY = 'plan --sandbox --detailed-exitcode';

const outputOf = ({ stdout, stderr }: Ran): string => stdout + stderr;

function stageWith(settings: Partial<Settings>): Stage {
  const stage = new Stage(CONFIGURATION);
  stage.write(`${SANDBOX}/${SETTINGS_FILE}`, JSON.stringify(settings));
  return stage;
}

describe('with each setting, half a year is applied and the plan is empty', () => {
  it.each<Partial<Settings>>([
    { users_list: 'missing' },
    { users_list: 'forbidden' },
    { page_size: 1 },
    { shifting_pages: true },
    { taken_name: 'unique_constraint', token_names: 'unique' },
    { token_names: 'unique' },
    { descriptions: 'dropped' },
    { unknown_values: true },
    { slow_starts: 600 },
    { default_cooldown: 'minute', read_scaling_sizes: 'all' },
    { max_service_accounts: 3, max_pool_size: 4 },
  ])('%j', async (settings) => {
    const stage = stageWith(settings);
    for (const days of [0, 20, 60, 100]) {
      if (days > 0) await stage.advance(days * 86_400);
      const ran = await stage.run(APPLY);
      expect([days, ran.code, ran.stderr]).toEqual([days, 0, expect.any(String)]);
      expect([days, (await stage.run(EMPTY)).code]).toEqual([days, 0]);
    }
  });
});

describe("a plan's limits", () => {
  it('on Lite are said for the sizes and for the third account, and the rest is applied', async () => {
    const stage = stageWith({ plan: 'lite' });
    const { code, document } = await stage.json(APPLY);
    expect(code).toBe(3);
    const refused = (said: string, limit: RegExp) =>
      expect.objectContaining({
        result: 'failed',
        error: {
          code: 'API_FAILED',
          message: expect.stringContaining(said),
          hint: { text: expect.stringMatching(limit) },
        },
      });
    const sizes = refused('Invalid config for tier lite', /: the Lite plan has pulse Ducklings/);
    const count = refused('at most 2', /: the Lite plan has 2 service accounts/);
    expect(document).toMatchObject({ applied: { outcomes: expect.arrayContaining([sizes, count]) } });
    const { accounts } = await stage.inSandbox(async (organization) => organization.inspect());
    expect(accounts.filter((each) => each.isServiceAccount)).toHaveLength(2);
    // Without the Ducklings and with a larger plan, it goes on.
    stage.edit((text) => text.replace(/ {4}ducklings.*\n/, ''));
    stage.write(`${SANDBOX}/${SETTINGS_FILE}`, '{"plan": "lite", "max_service_accounts": 3}');
    expect((await stage.run(APPLY)).code).toBe(0);
    expect((await stage.run(EMPTY)).code).toBe(0);
  });

  it('of pools are said', async () => {
    const ran = await stageWith({ max_pool_size: 3 }).run(APPLY);
    expect([ran.code, outputOf(ran)]).toEqual([3, expect.stringContaining('flock_size must be at most 3')]);
  });
});

it.each(['builder', 'explorer'] as const)(
  'a token of the role %s changes nothing, and the role is named',
  async (role) => {
    const stage = stageWith({ role });
    const ran = await stage.run(APPLY);
    expect(ran.code).not.toBe(0);
    expect(outputOf(ran)).toContain('minimum role');
    expect((await stage.inSandbox(async (organization) => organization.inspect())).events).toEqual([]);
  },
);

describe('connections', () => {
  it('that fail for a moment are tried again', async () => {
    const ran = await stageWith({ connections: 'momentary' }).run('apply --sandbox --yes');
    expect([ran.code, outputOf(ran)]).toEqual([0, expect.stringContaining('3 of 3 accounts passed')]);
  });

  it.each([
    ['compute_limit', 'no compute left'],
    ['newer_duckdb', 'does not accept DuckDB'],
  ] as const)('that all fail (%s) are explained, and what was applied stays', async (connections, words) => {
    const stage = stageWith({ connections });
    const ran = await stage.run('apply --sandbox --yes');
    expect([ran.code, outputOf(ran)]).toEqual([4, expect.stringContaining(words)]);
  });

  it('to a mega Duckling that starts slowly pass in time, and else fail with advice', async () => {
    const stage = stageWith({ slow_starts: 3 });
    expect((await stage.run(APPLY)).code).toBe(0);
    const late = await stage.run('smoke --sandbox --only etl_prod --timeout 2s');
    expect([late.code, late.stdout]).toEqual([4, expect.stringContaining('A start of mega can take minutes')]);
    await stage.advance(3600);
    expect((await stage.run('smoke --sandbox --only etl_prod')).code).toBe(0);
  });
});

describe('sandbox serve', () => {
  it('saves its options, so that connections and later runs find the same organization', async () => {
    const stage = new Stage(CONFIGURATION);
    await stage.serveByProgram('--plan', 'lite', '--max-service-accounts', '3', '--shifting-pages');
    const saved = JSON.parse(stage.read(`${SANDBOX}/${SETTINGS_FILE}`));
    expect(saved).toEqual({ plan: 'lite', max_service_accounts: 3, shifting_pages: true });
    stage.edit((text) => text.replace(/ {4}ducklings.*\n/, ''));
    const ran = await stage.run('apply --yes');
    expect([ran.code, outputOf(ran)]).toEqual([0, expect.stringContaining('3 of 3 accounts passed')]);
  });

  it.skipIf(isWindows)('prints with --export what a shell can eval, whatever the name of the folder', async () => {
    const stage = new Stage(CONFIGURATION);
    const child = stage.spawn(['sandbox', 'serve', '--export', '--sandbox-dir', "a b/it's $HOME"]);
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    for await (const text of child.stdout ?? []) {
      said += text;
      if (said.includes('MDACC_SANDBOX=')) break;
    }
    const script = `${said}\nprintf '%s\\n' "$MDACC_SANDBOX" "$MOTHERDUCK_API_URL" "$MOTHERDUCK_ADMIN_TOKEN"`;
    const [folder, url, token] = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n');
    expect(folder).toBe(stage.file("a b/it's $HOME"));
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(said.split('\n')).toContain(`export MOTHERDUCK_ADMIN_TOKEN=${token}`);
  });

  it('is refused settings that are wrong, with the location of the first', async () => {
    const stage = new Stage(CONFIGURATION);
    stage.write(`${SANDBOX}/${SETTINGS_FILE}`, '{\n  "plna": "lite"\n}');
    for (const command of ['sandbox serve', 'plan --sandbox']) {
      const ran = await stage.run(command);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain(`${SETTINGS_FILE}:2:3: unknown setting "plna" (did you mean "plan"?)`);
    }
  });
});
