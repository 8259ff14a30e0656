/** Accounts that exist under names that no new one could have are managed as all others; only creating one is refused. */
import { describe, expect, it } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';

const NAMES = ['x', 'jo.hn@ex-ample.com', 'Ünï_cödé', 'with two spaces', '7eleven', 'true', 'été'];
const START = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  program:
    kind: exec
    command: [node, write.mjs, "{account}", "{token}"]
token_policies:
  loader: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  passed: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: program }
guardrails: { max_deletes: 10 }
accounts:
`;
const WRITE = `import { mkdirSync, writeFileSync } from 'node:fs';
let text = '';
for await (const part of process.stdin) text += part;
mkdirSync('kept', { recursive: true });
writeFileSync('kept/' + process.argv.slice(2).join('~'), text);
`;

async function stageOf(names: readonly string[], configuration: string): Promise<Stage> {
  const stage = new Stage(configuration);
  stage.write('.gitignore', '.motherduck/\n');
  stage.write('write.mjs', WRITE);
  await stage.inSandbox(async (organization) => {
    for (const name of names) await organization.addServiceAccount(name);
  });
  return stage;
}

describe('accounts that exist under names that no new one could have', () => {
  it('are imported, given tokens, rotated, tested, audited and pruned', async () => {
    const stage = await stageOf(NAMES, `${START}  etl_prod: { tokens: { app: loader, pipe: passed } }\n`);
    const imported = await stage.run('import --all --sandbox --yes');
    expect([imported.code, imported.stderr]).toEqual([0, expect.not.stringContaining('skipped')]);
    expect(Object.keys(JSON.parse(stage.read(STATE)).accounts).length).toBe(NAMES.length);
    for (const name of NAMES) expect((await stage.run(['state', 'show', name])).code, name).toBe(0);

    stage.edit((text) => {
      const lines = NAMES.map((name) => `  ${JSON.stringify(name)}: { tokens: { app: loader, pipe: passed } }\n`);
      return text.replace(/^accounts:\n.*/ms, `accounts:\n${lines.join('')}`);
    });
    const validated = await stage.run('validate');
    expect(validated.code, validated.stdout).toBe(0);
    for (const name of NAMES.filter((each) => each !== 'true'))
      expect(validated.stdout).toContain(`as ${JSON.stringify(name)}`);
    const applied = await stage.run('apply --sandbox --yes --real-stores');
    expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    expect(applied.stderr).not.toContain('no new account');
    const variables = [...stage.read('.motherduck/secrets.env').matchAll(/^(?:export )?(\w+)=/gm)].map(
      ([, name]) => name,
    );
    expect(variables.sort()).toEqual([
      'MOTHERDUCK_TOKEN_7ELEVEN_APP',
      'MOTHERDUCK_TOKEN_JO_HN_EX_AMPLE_COM_APP',
      'MOTHERDUCK_TOKEN_TRUE_APP',
      'MOTHERDUCK_TOKEN_WITH_TWO_SPACES_APP',
      'MOTHERDUCK_TOKEN_X_APP',
      'MOTHERDUCK_TOKEN__N__C_D__APP',
      'MOTHERDUCK_TOKEN__T__APP',
    ]);
    for (const name of NAMES) expect(stage.has(`kept/${name}~pipe`), name).toBe(true);

    for (const name of NAMES) {
      const rotated = await stage.run(['rotate', `${name}/app`, '--sandbox', '--yes', '--real-stores']);
      expect(rotated.code, rotated.stderr + rotated.stdout).toBe(0);
      expect((await stage.run(['smoke', name, '--sandbox'])).code, name).toBe(0);
      expect((await stage.json(['plan', '--only', name, '--sandbox'])).document).toMatchObject({
        actions: [],
        errors: [],
      });
    }
    const audited = await stage.run('audit --sandbox --fail-on error');
    expect(audited.code, audited.stdout).toBe(0);
    expect(audited.stdout).not.toContain('MDA001');
    stage.edit((text) => text.replace(/^ {2}"?(été|with two spaces|jo.*com)"?:.*\n/gm, ''));
    const state = JSON.parse(stage.read(STATE));
    for (const entry of Object.values<{ deletion_protection: boolean }>(state.accounts))
      entry.deletion_protection = false;
    stage.write(STATE, JSON.stringify(state));
    const pruned = await stage.run('apply --prune --sandbox --yes --allow-delete --real-stores');
    expect(pruned.code, pruned.stderr + pruned.stdout).toBe(0);
    expect(Object.keys(JSON.parse(stage.read(STATE)).accounts).sort()).toEqual(
      ['7eleven', 'true', 'x', 'Ünï_cödé'].sort(),
    );
  });

  it('are not created: the plan refuses with the line, validate warns', async () => {
    const stage = await stageOf([], `${START}  etl-prod: {}\n  été: {}\n`);
    const { code, document } = await stage.json('plan --sandbox');
    expect(code).toBe(1);
    expect(document).toMatchObject({
      actions: [],
      errors: [
        { kind: 'not_a_new_name', account: 'etl-prod', location: { line: 13 } },
        { kind: 'not_a_new_name', account: 'été', location: { line: 14 } },
      ],
    });
    const validated = await stage.json('validate');
    expect(validated.code).toBe(0);
    const { findings } = validated.document as { readonly findings: readonly { readonly code: string }[] };
    expect(findings.filter(({ code: each }) => each === 'not-a-new-name')).toMatchObject([
      { severity: 'warning', file: CONFIG, line: 13, hint: expect.stringMatching(/\betl_prod\b/) },
      { severity: 'warning', file: CONFIG, line: 14, hint: expect.stringMatching(/\bete\b/) },
    ]);
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(1);
    const { accounts } = JSON.parse(stage.read(STATE));
    expect(accounts).toEqual({});
  });

  it('share no secret path: names that give one variable are an error', async () => {
    const stage = await stageOf([], `${START}  été: { tokens: { app: loader } }\n  àtà: { tokens: { app: loader } }\n`);
    const { code, stdout } = await stage.run('validate');
    expect([code, stdout]).toEqual([1, expect.stringContaining('MOTHERDUCK_TOKEN__T__APP')]);
  });
});

it('the smoke test of an account that cannot be created advises another name, and no apply', async () => {
  const stage = await stageOf(
    [],
    `${START}  orders-loader: { tokens: { app: loader } }\n  bi_team: { tokens: { app: loader } }\n`,
  );
  const { stdout } = await stage.run('smoke orders-loader --sandbox');
  expect(stdout).toContain('orders_loader');
  expect(stdout).not.toContain('mdacc apply');
  expect((await stage.run('smoke bi_team --sandbox')).stdout).toContain('mdacc apply');
});
