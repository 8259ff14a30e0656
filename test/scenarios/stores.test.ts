/** Secret stores as a user meets them: what the check finds, what is never overwritten, and what is removed. */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { isWindows } from '../platform.ts';
import { CONFIG, SANDBOX, STATE, Stage } from '../stage.ts';

const SECRETS = '.motherduck/secrets.env';
const VARIABLE = 'MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW';
const APPLY = 'apply --sandbox --yes --no-smoke';

const configuration = (store: string, accounts = 'etl_prod: { tokens: { airflow: pipeline } }') => `version: 1
organization: acme
secret_stores:
  local: ${store}
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  ${accounts}
`;
const DOTENV = `{ kind: file, path: ${SECRETS}, format: dotenv }`;

const usersOf = (stage: Stage) =>
  stage.inSandbox(async (organization) => organization.inspect().accounts.map(({ username }) => username));

describe('what cannot be written is found before an account is made', () => {
  const refused = async (stage: Stage) => {
    const ran = await stage.run(APPLY);
    expect(ran.code).toBe(1);
    expect(ran.stdout).not.toContain('done');
    expect(await usersOf(stage)).not.toContain('etl_prod');
    return ran.stderr;
  };

  it.each([
    ['the state file', STATE],
    ['the lock of the state', `${STATE}.lock`],
    ['the configuration', CONFIG],
    ['/dev/stdout', '/dev/stdout'],
    ['/proc/self/fd/1', '/proc/self/fd/1'],
    ['a file of git', '.git/info/exclude'],
  ])('validate refuses the path of %s', async (name, path) => {
    const stage = new Stage(configuration(`{ kind: file, path: ${path}, format: dotenv }`));
    const ran = await stage.run('validate');
    expect(ran.code).toBe(1);
    expectGolden('configuration', `a file store > ${name}`, ran.stdout);
    await refused(stage);
  });

  it('plan refuses the state file that --state names', async () => {
    const stage = new Stage(configuration(DOTENV));
    const ran = await stage.json(['plan', '--sandbox', '--state', SECRETS]);
    expect(ran).toMatchObject({ code: 1, document: { error: { code: 'CONFIG_INVALID' } } });
  });

  it('validate refuses the lock of another store', async () => {
    const stage = new Stage(
      configuration(`${DOTENV}\n  other: { kind: file, path: ${SECRETS}.lock, format: dotenv }`).replace(
        'airflow: pipeline',
        'airflow: pipeline, bi: { policy: pipeline, secret_store: other }',
      ),
    );
    const ran = await stage.run('validate');
    expect(ran.code).toBe(1);
    expectGolden('configuration', 'a file store > the lock of another store', ran.stdout);
  });

  it('a JSON file with something else where an account must be', async () => {
    const stage = new Stage(configuration('{ kind: file, path: secrets.json, format: json }'));
    stage.write('secrets.json', '{"etl_prod":"x"}', 0o600);
    expectGolden('errors', 'a JSON file with something else where an account must be', await refused(stage));
    expect(stage.read('secrets.json')).toBe('{"etl_prod":"x"}');
  });

  it('a lock that is a folder', async () => {
    const stage = new Stage(configuration(DOTENV));
    mkdirSync(stage.file(`${SECRETS}.lock`), { recursive: true });
    expect(await refused(stage)).toContain(`${SECRETS}.lock`);
  });

  it('a name that leaves no room for the lock', async () => {
    const stage = new Stage(configuration(`{ kind: file, path: ${'s'.repeat(252)}, format: dotenv }`));
    const values = { name: 's'.repeat(252) };
    expectGolden('errors', 'a name that leaves no room for the lock', await refused(stage), values);
  });

  it.skipIf(isWindows || process.getuid?.() === 0)('a folder that cannot be written', async () => {
    const stage = new Stage(configuration('{ kind: file, path: kept/secrets.env, format: dotenv }'));
    mkdirSync(stage.file('kept'));
    chmodSync(stage.file('kept'), 0o500);
    expect(await refused(stage)).toContain('not writable');
  });

  it('leaves nothing behind but the folder', async () => {
    const stage = new Stage(configuration(DOTENV));
    stage.write(SECRETS, 'OTHER=1\n', 0o600);
    stage.write('.motherduck/keep', '');
    const { code } = await stage.run(APPLY);
    expect(code).toBe(0);
    expect(stage.read(SECRETS)).toMatch(/^OTHER=1\nMOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=\S+\n$/);
  });
});

describe('the first secret of a token overwrites nothing that another program wrote', () => {
  it('in a file that two configurations share', async () => {
    const stage = new Stage(configuration(DOTENV));
    expect((await stage.run(APPLY)).code).toBe(0);
    const before = stage.read(SECRETS);
    stage.write('other.yaml', configuration(DOTENV).replace('acme', 'globex'));
    const ran = await stage.run(`${APPLY} --config other.yaml --state other.json`, { MDACC_SANDBOX: 'other' });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`${SECRETS}#${VARIABLE} already has a value`);
    expect(stage.read(SECRETS)).toBe(before);
    expect(stage.has('other.json')).toBe(false);
  });

  it.each([
    ['dotenv', 'secrets.env', `${VARIABLE}=mine\n`],
    ['json', 'secrets.json', '{"etl_prod": {"airflow": "mine"}}'],
  ])('in a %s file, until the store says overwrite', async (format, path, text) => {
    const store = `{ kind: file, path: ${path}, format: ${format} }`;
    const stage = new Stage(configuration(store));
    stage.write(path, text, 0o600);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      warnings: [{ kind: 'secret_foreign', cases: [{ store: 'local', tokens: ['etl_prod/airflow'] }] }],
    });
    const { code, stdout, stderr, document } = await stage.json(APPLY);
    expect([code, document]).toMatchObject([1, { error: { code: 'STORE_FOREIGN' } }]);
    expect(stdout + stderr).not.toContain('mine');
    expect(stage.read(path)).toBe(text);
    expect(await usersOf(stage)).not.toContain('etl_prod');
    stage.edit((yaml) => yaml.replace(store, store.replace(' }', ', overwrite: true }')));
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.read(path)).not.toContain('mine');
  });

  it('and not by a second run, nor after one that was killed before it stored anything', async () => {
    const stage = await Stage.applied(configuration(DOTENV));
    const state = JSON.parse(stage.read(STATE)) as { accounts: { etl_prod: { tokens: Record<string, object> } } };
    const intent = { name: 'airflow', generation: 1, at: new Date().toISOString(), storing: false };
    state.accounts.etl_prod.tokens.airflow = { generation: 1, retiring: [], intents: [intent] };
    stage.write(STATE, JSON.stringify(state));
    const text = `${VARIABLE}=mine\n`;
    stage.write(SECRETS, text, 0o600);
    for (const _run of [1, 2, 3]) {
      const { code, document } = await stage.json(APPLY);
      expect([code, document]).toMatchObject([1, { error: { code: 'STORE_FOREIGN' } }]);
      expect(stage.read(SECRETS)).toBe(text);
    }
  });

  it('and a rehearsal takes the place of no real secret at all', async () => {
    const stage = new Stage(configuration(DOTENV.replace(' }', ', overwrite: true }')));
    const real = `${VARIABLE}=eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uIjoieCJ9.c2lnbmF0dXJl\n`;
    stage.write(SECRETS, real, 0o600);
    const { stderr } = await stage.run(APPLY);
    expectGolden('errors', 'a rehearsal takes the place of no real secret', stderr);
    expect(stage.read(SECRETS)).toBe(real);
    expect(await usersOf(stage)).not.toContain('etl_prod');
  });

  it('but an empty value is no secret, and its own is replaced', async () => {
    const stage = new Stage(configuration(DOTENV));
    stage.write(SECRETS, `# to be filled\n${VARIABLE}=\n`, 0o600);
    expect((await stage.run(APPLY)).code).toBe(0);
    const first = stage.read(SECRETS);
    expect((await stage.run('rotate etl_prod --sandbox --yes --no-smoke')).code).toBe(0);
    expect(stage.read(SECRETS)).not.toBe(first);
    expect(stage.read(SECRETS)).toMatch(/^# to be filled\nMOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=\S+\n$/);
  });

  it('in a store that it moves to', async () => {
    const stage = new Stage(configuration(DOTENV));
    expect((await stage.run(APPLY)).code).toBe(0);
    stage.write('new.env', `${VARIABLE}=mine\n`, 0o600);
    stage.edit((yaml) => yaml.replace(SECRETS, 'new.env'));
    const ran = await stage.run(APPLY);
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(`new.env#${VARIABLE}`)]);
    expect(stage.read('new.env')).toBe(`${VARIABLE}=mine\n`);
  });
});

it('a JSON file keeps everything else byte for byte', async () => {
  const stage = new Stage(configuration('{ kind: file, path: secrets.json, format: json, overwrite: true }'));
  const text = '{\n    "id": 12345678901234567890,\n    "v" : 1.0,\n\t"etl_prod": { "n": 1e2 }\n}';
  stage.write('secrets.json', text, 0o600);
  expect((await stage.run(APPLY)).code).toBe(0);
  const [head, tail] = text.split(' }\n}');
  expect(stage.read('secrets.json')).toMatch(/"airflow": "[^"]+" \}\n\}$/);
  expect(stage.read('secrets.json').startsWith(`${head}, "airflow": "`)).toBe(true);
  expect(tail).toBe('');
});

describe('in the sandbox, a store that runs a program', () => {
  const exec = (program: string) =>
    `{ kind: exec, command: [${JSON.stringify(process.execPath)}, -e, ${JSON.stringify(program)}], check: [no-such-vault] }`;
  const writes = (name: string) =>
    exec(`require('fs').writeFileSync('${name}', require('fs').readFileSync(0, 'utf8'))`);
  const KEPT = `${SANDBOX}/stores/local/etl_prod/airflow`;

  it('is rehearsed: nothing is run, the secret goes to the sandbox, and the plan says so', async () => {
    const stage = new Stage(configuration(writes('ran')));
    const plan = await stage.json('plan --sandbox');
    expect(plan.document).toMatchObject({
      warnings: [
        {
          kind: 'stores_rehearsed',
          cases: [{ stores: [{ store: 'local', folder: `${SANDBOX}/stores/local` }] }],
        },
      ],
    });
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.has('ran')).toBe(false);
    const env = { MOTHERDUCK_TOKEN: stage.read(KEPT) };
    expect((await stage.run('sandbox connect', env)).stdout).toContain('Connected as etl_prod');
    const second = await stage.json('plan --sandbox');
    expect(second.document).toMatchObject({ actions: [], warnings: [] });
    expect((await stage.run('audit --sandbox --check-stores --fail-on error')).stdout).not.toContain('no-such-vault');
    await stage.run('sandbox reset');
    expect(stage.has(KEPT)).toBe(false);
  });

  it('is run with --real-stores, by apply and rotate', async () => {
    const stage = new Stage(configuration(writes('ran').replace(', check: [no-such-vault]', '')));
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    const { code, stderr } = await stage.run('rotate etl_prod --sandbox --yes --no-smoke --real-stores');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^Warning: .*\blocal\b/m)]);
    expect(stage.read('ran')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('is run by the command that show advises for a saved plan', async () => {
    const stage = new Stage(configuration(writes('ran').replace(', check: [no-such-vault]', '')));
    expect((await stage.run('plan --sandbox --only etl_prod --out a.plan')).code).toBe(0);
    const { stdout } = await stage.run('show a.plan');
    const [, command = ''] = /mdacc (apply .*--real-stores.*)$/m.exec(stdout) ?? [];
    expect(command).toBe('apply a.plan --real-stores --sandbox');
    expect((await stage.run(`${command} --yes --no-smoke`)).code).toBe(0);
    expect(stage.has('ran')).toBe(true);
  });

  it('is run by that command also where the plan is of another configuration than the default one', async () => {
    const stage = new Stage(configuration(writes('ran').replace(', check: [no-such-vault]', '')));
    mkdirSync(stage.file('.git'));
    stage.write('infra/prod.yaml', stage.read(CONFIG));
    const planned = 'plan --sandbox-dir lab --config infra/prod.yaml --only etl_prod --out a.plan';
    expect((await stage.run(planned)).code).toBe(0);
    const { stdout } = await stage.run('show a.plan --sandbox-dir lab');
    const [, command = ''] = /mdacc (apply .*--real-stores.*)$/m.exec(stdout) ?? [];
    expect(command).toBe('apply a.plan --real-stores --config infra/prod.yaml --sandbox-dir lab');
    expect((await stage.run(`${command} --yes --no-smoke`)).code).toBe(0);
    expect((await stage.run('show a.plan')).stderr).toContain('a.plan was applied, or another plan was');
  });

  it('that was rehearsed is not run later, and --real-stores names the rotation that runs it', async () => {
    const stage = new Stage(configuration(writes('ran').replace(', check: [no-such-vault]', '')));
    await stage.run('apply --sandbox --yes --no-smoke');
    const { stderr } = await stage.run('apply --sandbox --yes --no-smoke --real-stores');
    const [, command = ''] = /mdacc (rotate .*)$/m.exec(stderr) ?? [];
    expect(command).toBe('rotate etl_prod/airflow --real-stores --sandbox');
    expect(stage.has('ran')).toBe(false);
    expect((await stage.run(`${command} --yes --no-smoke`)).stderr).not.toContain('mdacc rotate');
    expect(stage.has('ran')).toBe(true);
    expect((await stage.run('apply --sandbox --yes --no-smoke --real-stores')).stderr).not.toContain('mdacc rotate');
  });

  it('is rehearsed in the folder of a served sandbox, and refused when that is not known', async () => {
    const stage = new Stage(configuration(writes('ran')));
    await stage.serve();
    expect((await stage.run('apply --yes --no-smoke')).code).toBe(0);
    expect(stage.has(KEPT)).toBe(true);
    delete stage.env.MDACC_SANDBOX;
    const { code, stderr } = await stage.run('rotate etl_prod --yes --no-smoke');
    expect([code, stderr]).toEqual([1, expect.stringContaining('MDACC_SANDBOX')]);
    expect(stage.has('ran')).toBe(false);
  });
});

it('--real-stores is for the sandbox', async () => {
  const stage = new Stage(configuration(DOTENV));
  const env = { MOTHERDUCK_API_URL: 'http://127.0.0.1:9', MOTHERDUCK_ADMIN_TOKEN: 'a.b.c' };
  const { code, stderr } = await stage.run('apply --yes --real-stores', env);
  expect([code, stderr]).toEqual([64, expect.stringContaining('--real-stores')]);
});

describe('a file store that lost a secret', () => {
  it('is noticed by plan, smoke and audit, and a rotation mends it', async () => {
    const stage = new Stage(configuration(DOTENV));
    expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
    rmSync(stage.file('.motherduck'), { recursive: true });
    const rotate = 'mdacc rotate etl_prod/airflow --sandbox';
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      warnings: [{ kind: 'secret_lost', cases: [{ store: 'local', tokens: ['etl_prod/airflow'] }] }],
    });
    expect((await stage.run('plan --sandbox')).stdout).toContain(rotate);
    expect((await stage.run('smoke --sandbox')).stdout).toContain(rotate);
    expect((await stage.json('audit --sandbox')).document).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA035' })]),
    });
    expect((await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke')).stdout).not.toContain(rotate);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
  });

  it('is noticed where one variable is gone, and not where the file cannot be read', async () => {
    const stage = new Stage(configuration(DOTENV).replace('airflow: pipeline', 'airflow: pipeline, bi: pipeline'));
    expect((await stage.run(APPLY)).code).toBe(0);
    stage.write(SECRETS, stage.read(SECRETS).replace(/^.*_BI=.*\n/m, ''));
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({
      warnings: [{ kind: 'secret_lost', cases: [{ store: 'local', tokens: ['etl_prod/bi'] }] }],
    });
  });
});

it('the lost secret of an account that left the configuration is noticed by plan, smoke and audit', async () => {
  const both = configuration(
    DOTENV,
    'etl_prod: { tokens: { airflow: pipeline } }\n  left: { tokens: { bi: pipeline } }',
  );
  const stage = await Stage.applied(both);
  stage.edit((yaml) => yaml.replace(/ {2}left:.*\n/, ''));
  const isSaid = async () => {
    const { document } = await stage.json('plan --sandbox');
    return JSON.stringify(document).includes('"secret_lost"');
  };
  expect(await isSaid()).toBe(false);
  stage.write(SECRETS, stage.read(SECRETS).replace(/^.*LEFT_BI=.*\n/m, ''));
  expect((await stage.json('plan --sandbox')).document).toMatchObject({
    actions: [],
    warnings: expect.arrayContaining([
      expect.objectContaining({
        kind: 'secret_lost',
        cases: [{ store: 'local', tokens: ['left/bi'], retained: true }],
        hint: expect.not.objectContaining({ command: expect.arrayContaining(['rotate']) }),
      }),
    ]),
  });
  expect((await stage.run('smoke --sandbox')).stdout).toContain('left/bi');
  expect((await stage.json('audit --sandbox')).document).toMatchObject({
    findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA035', account: 'left' })]),
  });
  // An account that goes needs none.
  const { stdout } = await stage.run('plan --sandbox --prune');
  expect(stdout).not.toContain('should have');
});

describe('the secret of a token that is gone for good', () => {
  const TWO = 'etl_prod: { tokens: { airflow: pipeline, bi: pipeline } }\n  other: { tokens: { bi: pipeline } }';
  const JSON_FILE = '{ kind: file, path: s.json, format: json }';
  const open = (store: string, accounts = TWO) =>
    Stage.applied(configuration(store, accounts).replace('accounts:', 'guardrails: { max_deletes: 9 }\naccounts:'));

  it.each([
    [DOTENV, SECRETS, /^(?!.*ETL_PROD_BI)/s, 'MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW'],
    [JSON_FILE, 's.json', /^(?!.*"etl_prod": \{[^}]*"bi")/s, '"airflow"'],
  ])('is removed when its key leaves the configuration: %s', async (store, file, without, kept) => {
    const stage = await open(store);
    stage.edit((yaml) => yaml.replace(', bi: pipeline', ''));
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.read(file)).toMatch(without);
    expect(stage.read(file)).toContain(kept);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
    // It can come back.
    stage.edit((yaml) => yaml.replace('airflow: pipeline', 'airflow: pipeline, bi: pipeline'));
    expect((await stage.run(APPLY)).code).toBe(0);
  });

  it('is removed with its account, also when someone else deleted that', async () => {
    const stage = await open(JSON_FILE, TWO.replaceAll('pipeline }', 'pipeline }, deletion_protection: false'));
    const url = await stage.serve();
    const headers = { authorization: `Bearer ${stage.env.MOTHERDUCK_ADMIN_TOKEN}` };
    expect((await fetch(`${url}/v1/users/other`, { method: 'DELETE', headers })).status).toBe(200);
    for (const name of Object.keys(stage.env)) delete stage.env[name];
    stage.edit((yaml) => yaml.replace(/ {2}other:.*\n/, ''));
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(JSON.parse(stage.read('s.json'))).toEqual({
      etl_prod: { airflow: expect.any(String), bi: expect.any(String) },
    });
    const { code } = await stage.run('destroy --sandbox --yes --allow-delete');
    expect([code, stage.read('s.json')]).toEqual([0, '{}\n']);
  });

  it('is removed by the `remove` command, and again by the next apply when that failed', async () => {
    const store = `{ kind: exec, command: [tee, "{account}.{token}"], remove: [sh, -c, 'rm "$0" && test ! -e sealed', "{account}.{token}"] }`;
    const stage = new Stage(configuration(store, TWO));
    const apply = `${APPLY} --real-stores`;
    expect((await stage.run(apply)).code).toBe(0);
    expect(stage.has('etl_prod.bi')).toBe(true);
    stage.edit((yaml) => yaml.replace(', bi: pipeline', ''));
    stage.write('sealed', '');
    const failed = await stage.json(apply);
    // The token is revoked; its secret is what is left to do.
    const applied = { outcomes: [{ token: 'bi', result: 'done' }], failures: [{ code: 'STORE_FAILED' }] };
    expect(failed).toMatchObject({ code: 3, document: { applied } });
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      actions: [{ action: 'forget', token: 'bi' }],
    });
    stage.remove('sealed');
    stage.write('etl_prod.bi', '');
    expect((await stage.run(apply)).code).toBe(0);
    expect([stage.has('etl_prod.bi'), stage.has('other.bi')]).toEqual([false, true]);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
  });

  describe('of a store that runs programs', () => {
    const PLACE = '[tee, "{account}.{token}"]';
    const EXEC = `{ kind: exec, command: ${PLACE}, remove: [rm, "{account}.{token}"] }`;
    const apply = `${APPLY} --real-stores`;
    const leave = (stage: Stage) =>
      stage.edit((yaml) => yaml.replace('etl_prod: { tokens: { airflow: pipeline } }', 'other: {}'));
    /** The token moves, its account leaves the configuration, and the overlap of the old one ends. */
    const moved = async (before: string, move: (yaml: string) => string) => {
      const stage = new Stage(configuration(before));
      expect((await stage.run(apply)).code).toBe(0);
      stage.edit(move);
      expect((await stage.run(apply)).code).toBe(0);
      leave(stage);
      await stage.advance(25 * 3600);
      expect((await stage.run(`${apply} --due`)).code).toBe(0);
      return stage;
    };

    it('is not removed when it is the current one, and that of another kind of store is obsolete', async () => {
      const stage = await moved('{ kind: file, path: s.json, format: json }', (yaml) =>
        yaml.replace('{ kind: file, path: s.json, format: json }', EXEC).replace('90d', '80d'),
      );
      expect(stage.has('etl_prod.airflow')).toBe(true);
    });

    it('of another kind is named as one to remove by hand', async () => {
      const stage = new Stage(configuration('{ kind: file, path: s.json, format: json }'));
      expect((await stage.run(apply)).code).toBe(0);
      stage.edit((yaml) => yaml.replace('{ kind: file, path: s.json, format: json }', EXEC));
      expect((await stage.run(apply)).code).toBe(0);
      await stage.advance(25 * 3600);
      const { document } = await stage.json('plan --sandbox');
      expect(document).toMatchObject({
        warnings: [{ kind: 'secret_left', hint: { text: expect.stringContaining('s.json#etl_prod.airflow') } }],
      });
    });

    it('is not removed when another store has the current one at its path', async () => {
      const stage = await moved(EXEC, (yaml) =>
        yaml.replace('token_policies', `  more: ${EXEC}\ntoken_policies`).replace('store: local', 'store: more'),
      );
      expect(stage.has('etl_prod.airflow')).toBe(true);
    });

    it('is stored anew when its key changes, and the old path is emptied after the overlap', async () => {
      const stage = new Stage(configuration(EXEC));
      expect((await stage.run(apply)).code).toBe(0);
      stage.edit((yaml) => yaml.replace('airflow: pipeline', 'loads: { policy: pipeline, name: airflow }'));
      expect((await stage.run(apply)).code).toBe(0);
      expect([stage.has('etl_prod.airflow'), stage.has('etl_prod.loads')]).toEqual([true, true]);
      await stage.advance(25 * 3600);
      expect((await stage.run(apply)).code).toBe(0);
      expect([stage.has('etl_prod.airflow'), stage.has('etl_prod.loads')]).toEqual([false, true]);
      expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
    });

    it('is not removed when another command stored it, and the plan says where it stays', async () => {
      const stage = new Stage(configuration(EXEC, TWO));
      expect((await stage.run(apply)).code).toBe(0);
      stage.write('victim.bi', 'of another program');
      stage.edit((yaml) => yaml.replace(EXEC, EXEC.replaceAll('{account}', 'victim')).replace(', bi: pipeline', ''));
      const { code, document } = await stage.json(apply);
      const cases = [
        { tokens: ['etl_prod/bi'], secret_paths: ['local#etl_prod/bi by its earlier command'], changed: true },
      ];
      expect([code, document]).toMatchObject([
        0,
        { removals: [], warnings: [{ kind: 'command_changed' }, { kind: 'secret_left', cases }] },
      ]);
      expect([stage.read('victim.bi'), stage.has('etl_prod.bi')]).toEqual(['of another program', true]);
    });

    it.each([
      ['a program', '{ kind: exec, command: [tee, "{account}_{token}"] }', 'aaa_b_c'],
      ['a file', '{ kind: file, path: s.env, format: dotenv }', 's.env'],
    ])(
      'is not overwritten by that of another account in %s, which has left the configuration',
      async (_, store, file) => {
        const stage = new Stage(configuration(store, 'aaa_b: { tokens: { c: pipeline } }'));
        expect((await stage.run(apply)).code).toBe(0);
        const before = stage.read(file);
        stage.edit((yaml) => yaml.replace('aaa_b: { tokens: { c: pipeline } }', 'aaa: { tokens: { b_c: pipeline } }'));
        const cases = [{ store: 'local', tokens: ['aaa/b_c'], holders: ['aaa_b/c'] }];
        const { document } = await stage.json('plan --sandbox');
        expect(document).toMatchObject({ warnings: expect.arrayContaining([expect.objectContaining({ cases })]) });
        expect(document).not.toMatchObject({
          warnings: expect.arrayContaining([expect.objectContaining({ kind: 'secret_foreign' })]),
        });
        expect(await stage.json(apply)).toMatchObject({ code: 1, document: { error: { code: 'STORE_FOREIGN' } } });
        expect(stage.read(file)).toBe(before);
        expect(await usersOf(stage)).not.toContain('aaa');
      },
    );

    it('is not overwritten by that of another key for which the command changed', async () => {
      const stage = new Stage(configuration(EXEC, 'etl_prod: { tokens: { bi: pipeline, x_bi: pipeline } }'));
      expect((await stage.run(apply)).code).toBe(0);
      const before = stage.read('etl_prod.x_bi');
      stage.edit((yaml) => yaml.replace(PLACE, '[tee, "{account}.x_{token}"]'));
      const rotated = await stage.json('rotate etl_prod/bi --sandbox --yes --no-smoke --real-stores');
      expect(rotated).toMatchObject({ code: 1, document: { error: { code: 'STORE_FOREIGN' } } });
      expect(stage.read('etl_prod.x_bi')).toBe(before);
      expect((await stage.run('rotate etl_prod --sandbox --yes --no-smoke --real-stores')).code).toBe(0);
      expect(stage.has('etl_prod.x_x_bi')).toBe(true);
    });

    it.each(['x_', 'a_'])('is said to be lost where a run ended after another key overwrote it: %sbi', async (x) => {
      const [old, moved] = ['[sh, put, "{account}.{token}"]', `[sh, put, "{account}.${x}{token}"]`];
      const stage = new Stage(
        configuration(`{ kind: exec, command: ${old} }`, `etl_prod: { tokens: { bi: pipeline, ${x}bi: pipeline } }`),
      );
      stage.write('put', 'cat > "$1"');
      expect((await stage.run(apply)).code).toBe(0);
      stage.edit((yaml) => yaml.replace(old, moved));
      stage.write('put', `case "$1" in *${x}${x}bi) exit 1;; esac; cat > "$1"`);
      expect((await stage.run('rotate etl_prod --sandbox --yes --no-smoke --real-stores')).code).toBe(3);
      const state = JSON.parse(stage.read(STATE));
      const { tokens } = state.accounts.etl_prod;
      tokens[`${x}bi`].intents = [];
      // All of it may have been within a second.
      tokens.bi.current.secret.at = tokens[`${x}bi`].current.secret.at;
      stage.write(STATE, JSON.stringify(state));
      const lost = { kind: 'secret_lost', cases: [{ store: 'local', tokens: [`etl_prod/${x}bi`] }] };
      const { document } = await stage.json('plan --sandbox');
      expect(document).toMatchObject({ warnings: expect.arrayContaining([expect.objectContaining(lost)]) });
      stage.write('put', 'cat > "$1"');
      expect((await stage.run(`rotate etl_prod/${x}bi --sandbox --yes --no-smoke --real-stores`)).code).toBe(0);
      // The script was another one when the other secret was stored.
      const changed = { kind: 'command_changed', cases: [{ store: 'local', tokens: ['etl_prod/bi'] }] };
      expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [changed] });
    });

    it('moves at the next rotation when the command changes, which every plan says until then', async () => {
      const stage = new Stage(configuration(EXEC));
      expect((await stage.run(apply)).code).toBe(0);
      stage.edit((yaml) => yaml.replace('[tee, "{account}.', '[tee, "evil.{account}.'));
      const cases = [{ store: 'local', tokens: ['etl_prod/airflow'] }];
      for (const command of ['plan --sandbox', apply]) {
        const { document } = await stage.json(command);
        expect(document).toMatchObject({ actions: [], warnings: [{ kind: 'command_changed', cases }] });
      }
      const markdown = await stage.run('plan --sandbox --format markdown');
      expect(markdown.stdout).toContain('the command of the secret store local changed since a secret was stored');
      await stage.advance(80 * 86_400);
      expect((await stage.json('plan --sandbox --due')).document).toMatchObject({
        actions: [{ after: { secret_moves: { before: 'local#etl_prod/airflow by its earlier command' } } }],
        warnings: expect.arrayContaining([expect.objectContaining({ kind: 'command_changed' })]),
      });
      expect((await stage.run(apply)).code).toBe(0);
      await stage.advance(25 * 3600);
      const paths = ['local#etl_prod/airflow by its earlier command'];
      const { document } = await stage.json(apply);
      expect(document).toMatchObject({
        removals: [],
        warnings: [{ kind: 'secret_left', cases: [{ secret_paths: paths }] }, { kind: 'late_applies' }],
      });
      expect([stage.has('etl_prod.airflow'), stage.has('evil.etl_prod.airflow')]).toEqual([true, true]);
      expect((await stage.json('plan --sandbox')).document).toMatchObject({
        actions: [],
        warnings: [{ kind: 'late_applies' }],
      });
    });

    it('does not move when a value from the environment differs', async () => {
      const stage = new Stage(configuration(EXEC.replace('[tee', '[tee, "${' + 'OTHER}"')));
      expect((await stage.run(apply, { OTHER: 'a' })).code).toBe(0);
      expect((await stage.json('plan --sandbox', { OTHER: 'b' })).document).toMatchObject({
        actions: [],
        warnings: [],
      });
    });

    it('is not named to be deleted by hand where another store has the current one', async () => {
      const stage = new Stage(configuration(EXEC));
      expect((await stage.run(apply)).code).toBe(0);
      // Which of two it is now called, nobody can tell.
      const two = (_: string, block: string) => `  more: ${block}\n  spare: ${block}`;
      stage.edit((yaml) => yaml.replace(/^ {2}local: (.*)$/m, two).replace('store: local', 'store: more'));
      expect((await stage.run(apply)).code).toBe(0);
      await stage.advance(25 * 3600);
      const { document } = await stage.json(apply);
      expect(document).toMatchObject({ actions: [{ action: 'revoke_token' }], removals: [], warnings: [] });
    });

    it.each([
      ['a file became a program', JSON_FILE, EXEC, 's.json#etl_prod.airflow'],
      ['a program became a file', EXEC, JSON_FILE, 'local#etl_prod/airflow by its earlier command'],
    ])('is named when it stays since %s', async (_, before, after, path) => {
      const stage = new Stage(configuration(before));
      expect((await stage.run(apply)).code).toBe(0);
      stage.edit((yaml) => yaml.replace(before, after).replace('90d', '80d'));
      expect((await stage.run(apply)).code).toBe(0);
      await stage.advance(25 * 3600);
      const { document } = await stage.json(apply);
      expect(document).toMatchObject({
        removals: [],
        warnings: [{ kind: 'secret_left', cases: [{ secret_paths: [path] }] }],
      });
    });
  });

  it.each([
    ['a file', DOTENV],
    ['a program', '{ kind: exec, command: [tee, "{account}_{token}"] }'],
  ])('of a retained account is not overwritten by another account in the store of %s', async (_, store) => {
    const stage = new Stage(configuration(store, 'aaa_b: { tokens: { c: pipeline } }'));
    const apply = `${APPLY}${store === DOTENV ? '' : ' --real-stores'}`;
    expect((await stage.run(apply)).code).toBe(0);
    const file = store === DOTENV ? SECRETS : 'aaa_b_c';
    const before = stage.read(file);
    stage.edit((yaml) => yaml.replace('aaa_b: { tokens: { c: pipeline } }', 'aaa: { tokens: { b_c: pipeline } }'));
    const { code, document } = await stage.json(apply);
    expect(code).toBe(1);
    expect(document).toMatchObject({ error: { code: 'STORE_FOREIGN', message: expect.stringContaining('aaa_b') } });
    expect(stage.read(file)).toBe(before);
  });

  it('stays where the store has no such command, and the plan says so', async () => {
    const stage = new Stage(configuration('{ kind: exec, command: [tee, "{account}.{token}"] }', TWO));
    expect((await stage.run(`${APPLY} --real-stores`)).code).toBe(0);
    stage.edit((yaml) => yaml.replace(', bi: pipeline', ''));
    const ran = await stage.json(`${APPLY} --real-stores`);
    expect(ran).toMatchObject({ code: 0, document: { warnings: [{ kind: 'secret_stays' }] } });
    expect(stage.has('etl_prod.bi')).toBe(true);
  });

  it.each([
    ['another file', (yaml: string) => yaml.replace(SECRETS, 'new.env')],
    [
      'another variable',
      (yaml: string) => yaml.replace('format: dotenv', 'format: dotenv, variable: "X_{ACCOUNT}_{TOKEN}"'),
    ],
    [
      'another store',
      (yaml: string) =>
        yaml
          .replace('token_policies', `  more: ${JSON_FILE}\ntoken_policies`)
          .replaceAll('store: local', 'store: more'),
    ],
    ['another key', (yaml: string) => yaml.replace('airflow: pipeline', 'loads: { policy: pipeline, name: airflow }')],
  ])('of a token that moved to %s stays for the overlap of the old one', async (_, change) => {
    const stage = await open(DOTENV, 'etl_prod: { tokens: { airflow: pipeline } }');
    stage.edit(change);
    expect((await stage.run(APPLY)).code).toBe(0);
    const isThere = () => stage.read(SECRETS).includes(`${VARIABLE}=`);
    expect(isThere()).toBe(true);
    await stage.advance(25 * 3600);
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(isThere()).toBe(false);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: [] });
  });

  describe('of a token that moved to another file goes at once', () => {
    const ONE = 'etl_prod: { tokens: { airflow: pipeline } }';
    const move = (yaml: string) => yaml.replace(SECRETS, 'new.env');
    const isThere = (stage: Stage) => stage.read(SECRETS).includes(`${VARIABLE}=`);
    /** Somebody revokes the first token. */
    const revoke = async (stage: Stage) => {
      const { tokens } = JSON.parse(stage.read(STATE)).accounts.etl_prod;
      const { current, retiring } = tokens.airflow;
      const { id } = retiring[0] ?? current;
      const url = await stage.serve();
      const headers = { authorization: `Bearer ${stage.env.MOTHERDUCK_ADMIN_TOKEN}` };
      expect((await fetch(`${url}/v1/users/etl_prod/tokens/${id}`, { method: 'DELETE', headers })).status).toBe(200);
      for (const name of Object.keys(stage.env)) delete stage.env[name];
    };

    it('without an overlap', async () => {
      const stage = await open(DOTENV, ONE);
      stage.edit((yaml) => move(yaml).replace(/overlap: \w+/, 'overlap: 0s'));
      expect((await stage.run(APPLY)).code).toBe(0);
      expect([isThere(stage), stage.read('new.env')]).toEqual([false, expect.stringContaining(`${VARIABLE}=`)]);
    });

    it('when somebody revoked it before', async () => {
      const stage = await open(DOTENV, ONE);
      await revoke(stage);
      stage.edit(move);
      expect((await stage.run(APPLY)).code).toBe(0);
      expect([isThere(stage), stage.read('new.env')]).toEqual([false, expect.stringContaining(`${VARIABLE}=`)]);
    });

    it('when somebody revokes it within its overlap', async () => {
      const stage = await open(DOTENV, ONE);
      stage.edit(move);
      expect((await stage.run(APPLY)).code).toBe(0);
      await revoke(stage);
      expect(isThere(stage)).toBe(true);
      expect((await stage.run(APPLY)).code).toBe(0);
      expect([isThere(stage), stage.read('new.env')]).toEqual([false, expect.stringContaining(`${VARIABLE}=`)]);
    });
  });

  it('is not removed where it is no secret of this tool, or where another token has the path', async () => {
    const stage = await open(DOTENV);
    const text = stage.read(SECRETS).replace(/(_ETL_PROD_BI=).*/, '$1by-hand');
    stage.write(SECRETS, text);
    stage.edit((yaml) => yaml.replace(', bi: pipeline', ''));
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(stage.read(SECRETS)).toBe(text);
  });
});

it.each([
  ['a file that both clones share', DOTENV],
  ['a program, whose store cannot be read', '{ kind: exec, command: [tee, "{account}.{token}"] }'],
])('what another clone created and stored is not revoked as never stored, in the store of %s', async (_, store) => {
  const stage = new Stage(configuration(store));
  const real = store === DOTENV ? '' : ' --real-stores';
  expect((await stage.run(`${APPLY}${real}`)).code).toBe(0);
  stage.write('b.state.json', stage.read(STATE));
  const rotated = await stage.json(`rotate etl_prod --sandbox --yes --no-smoke --state b.state.json${real}`);
  expect(rotated.code).toBe(0);
  const { current } = JSON.parse(stage.read('b.state.json')).accounts.etl_prod.tokens.airflow;
  const own = JSON.parse(stage.read(STATE));
  const { airflow } = own.accounts.etl_prod.tokens;
  airflow.intents.push({ name: current.name, generation: 2, at: current.created_at, storing: false });
  airflow.generation = 2;
  stage.write(STATE, JSON.stringify(own));
  const { document } = await stage.json(`${APPLY} --due${real}`);
  expect(document).not.toMatchObject({ actions: expect.arrayContaining([{ action: 'revoke_token' }]) });
  const ids = await stage.inSandbox(async (organization) =>
    organization.inspect().accounts.flatMap(({ tokens }) => tokens.map(({ id }) => id)),
  );
  expect(ids).toContain(current.id);
});

it('a saved plan whose stores are rehearsed says how it is applied with the real ones', async () => {
  const stage = new Stage(
    configuration(`{ kind: exec, command: [${process.execPath}, store.cjs], check: [${process.execPath}, -e, "0"] }`),
  );
  stage.write('store.cjs', `require('node:fs').writeFileSync('stored', require('node:fs').readFileSync(0));`);
  const hint = 'apply the.plan --real-stores --sandbox';
  const { warnings } = (await stage.json('plan --sandbox --out the.plan')).document as { warnings: unknown[] };
  expect(warnings).toMatchObject([{ kind: 'stores_rehearsed', hint: { command: hint.split(' ') } }]);
  // Nobody has answered, so nothing is done.
  expect((await stage.run('apply the.plan --sandbox')).stdout).toContain(`mdacc ${hint}\n`);
  expect(await stage.run(`${hint} --yes --no-smoke`)).toMatchObject({ code: 0 });
  expect(stage.read('stored')).toMatch(/^ey/);
});
