/**
 * Secrets go into their stores and nowhere else. Every secret that the runs below make is known afterwards, from its
 * store or from what a hostile store recorded; each is then looked for, whole and in parts, in everything else that
 * was written, printed or passed: outputs with --debug, files of the folder and of the sandbox, arguments and
 * environments of every process that ran.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it, onTestFinished } from 'vitest';
import { madeByTerraform, TFSTATE } from '../import/terraform-stage.ts';
import { type Ran, ROOT } from '../in-process.ts';
import { hasProc } from '../platform.ts';
import { Stage } from '../stage.ts';

const CONFIGURATION = `
version: 1
organization: acme
secret_stores:
  env: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  json: { kind: file, path: .motherduck/secrets.json, format: json }
  vault:
    kind: exec
    command: [node, store.cjs, put, "{account}/{token}", "{generation}", "{expires_at}", "{type}"]
    check: [node, store.cjs, check]
    input: '{"plain":"{secret}","json":{secret_json},"base64":"{secret_base64}"}'
token_policies:
  a: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: env, description: loads }
  b: { type: read_scaling, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: json }
  c: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: [vault, json, env] }
audit: { accept: [{ rule: MDA001, accounts: [tenant_00001], reason: tenants of the demo }] }
accounts:
  etl_prod: { tokens: { env: a, json: b, vault: c }, ducklings: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 1 } } }
  tenant_1: { tokens: { env: a, vault: c }, smoke: { query: "SELECT 1" }, setup: [CREATE DATABASE IF NOT EXISTS a, SELECT md_user()] }
`;

/** Keeps the secret where the test finds it; with FAIL set, it shouts it out in every way and fails. */
const STORE = `
const fs = require('node:fs');
if (process.argv[2] === 'check' && process.env.DENY) {
  const { VAULT_TOKEN: own } = process.env;
  console.log('denied to ' + own + ' ' + Buffer.from(own).toString('base64'));
  console.error(JSON.stringify({ denied: own }));
  process.exit(9);
}
if (process.argv[2] === 'check') process.exit(0);
const input = JSON.parse(fs.readFileSync(0, 'utf8'));
const secret = Buffer.from(input.base64, 'base64').toString('utf8');
if (input.plain !== secret || input.json !== secret) process.exit(8);
fs.mkdirSync('vault', { recursive: true });
fs.appendFileSync('vault/kept', secret + '\\n');
if (!process.env.FAIL) process.exit(0);
const forms = [secret, ...secret.split('.'), Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('hex')];
console.log('stored ' + forms.join(' | '));
console.error(JSON.stringify({ error: 'denied', forms }));
process.exit(7);
`;

/** Looks again and again at the arguments and environments of every process that began since, until the test ends. */
function watchProcesses(): () => string {
  const seen = new Set<string>();
  const before = new Set(readdirSync('/proc'));
  // A process gets another environment only with the arguments of another program.
  const lookedAt = new Map<string, string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !before.has(name))) {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        if (lookedAt.get(pid) === words) continue;
        seen.add(words);
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        seen.add(environment);
        if (environment !== '') lookedAt.set(pid, words);
      } catch {
        // It ended meanwhile.
      }
    }
  }, 3);
  onTestFinished(() => clearInterval(timer));
  return () => [...seen].join('\n');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}

/** What was compiled of the program, which other tests run meanwhile. */
function compiledCode(): string[] {
  const folder = path.join(ROOT, 'dist/compiled');
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return names.filter((name) => name.endsWith('.cjs')).map((name) => path.join(folder, name));
}

/** A JWT's header is the same for all; its payload and signature are not. */
function partsOf(secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => [secret, ...secret.split('.').slice(1)]);
}

function git(folder: Stage, ...words: string[]): void {
  const own = ['user.name=Somebody', 'user.email=somebody@example.com', 'gc.auto=0'];
  execFileSync('git', [...own.flatMap((each) => ['-c', each]), ...words], { cwd: folder.path, stdio: 'pipe' });
}

/** Looks for marks in every output, and in every file of a folder but these. */
function expectNowhereElse(
  marks: readonly string[],
  runs: readonly Ran[],
  folder: Stage,
  but: readonly string[],
): void {
  const stores = new Set(but.map((name) => folder.file(name)));
  const places = new Map<string, string>([
    ...runs.flatMap((run, index): [string, string][] => [
      [`stdout of run ${index}`, run.stdout],
      [`stderr of run ${index}`, run.stderr],
    ]),
    ...[...filesBelow(folder.path).filter((file) => !stores.has(file)), ...compiledCode()].map(
      (file): [string, string] => [file, readFileSync(file, 'latin1')],
    ),
  ]);
  for (const mark of marks) {
    for (const form of [
      mark,
      Buffer.from(mark).toString('base64').replace(/=+$/, ''),
      Buffer.from(mark).toString('hex'),
    ]) {
      const found = [...places].filter(([, text]) => text.includes(form)).map(([secretPath]) => secretPath);
      expect(found, `${form.slice(0, 12)}… is found`).toEqual([]);
    }
  }
}

it.skipIf(!hasProc)('are in no output, file, argument or environment', { timeout: 120_000 }, async () => {
  const processes = watchProcesses();
  const runs: Ran[] = [];
  const folder = new Stage(CONFIGURATION);
  folder.write('store.cjs', STORE);
  folder.write('.gitignore', '.motherduck/\nvault/\n');
  // The sandbox takes this token over, so it is the admin's in every command.
  folder.env.MOTHERDUCK_ADMIN_TOKEN = 'aaaa.eyJ0b2tlblR5cGUiOiJyZWFkX3dyaXRlIn0.admin-marker-of-this-test';
  Object.assign(folder.env, { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: 'outputs', GITHUB_STEP_SUMMARY: 'summary.md' });
  await folder.serveByProgram();

  // What differs in its output alone is run in this process.
  runs.push(await folder.runProgram('plan --debug --out the.plan'));
  runs.push(await folder.runProgram('apply the.plan --real-stores --yes --debug'));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });
  runs.push(await folder.run('plan --format json --debug'));
  runs.push(await folder.run('plan --destroy --usage --format json --debug'));
  runs.push(await folder.run('plan --format markdown --debug'));
  runs.push(await folder.run('plan --format html --debug'));
  for (const format of ['sarif', 'github']) runs.push(await folder.run(`validate --format ${format}`));
  expect(folder.read('outputs')).toContain('\nchanges=false\nexitcode=0\n');
  runs.push(await folder.run('plan --rotate * --out rotation.plan --debug'));
  for (const format of ['text', 'json', 'markdown', 'html'])
    runs.push(await folder.run(`show rotation.plan --format ${format} --debug`));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });
  runs.push(await folder.runProgram('rotate */env --revoke-old --real-stores --yes --debug'));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });
  runs.push(await folder.runProgram('smoke --debug --format junit'));
  runs.push(await folder.run('smoke --format json'));
  await folder.run('sandbox seed 2');
  for (const format of ['text', 'json', 'markdown', 'html', 'sarif', 'junit'])
    runs.push(await folder.run(`audit --format ${format} --usage --debug`));
  expect(runs.at(-1)).toMatchObject({ code: 2, stdout: expect.stringContaining('accepted: tenants of the demo') });
  runs.push(await folder.runProgram('import --all --dry-run --debug --store json'));
  runs.push(await folder.runProgram('import --all --yes --debug --store json'));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });
  runs.push(await folder.runProgram('init --from-live --yes --debug --config other.yaml --state other.json'));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });

  for (const words of ['mv tenant_1/vault tenant_1/moved', 'mv tenant_1/moved tenant_1/vault', 'list tenant_1'])
    runs.push(await folder.run(`state ${words} --debug`));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });

  // What fails must not tell either: a store that shouts, an API that refuses, a sandbox that is gone.
  folder.edit((text) => text.replaceAll('90d', '80d'));
  // The check quotes what the command of the store connects with.
  const denied = { DENY: '1', VAULT_TOKEN: 'marker-of-the-vault' };
  for (const format of ['text', 'json', 'markdown', 'html']) {
    runs.push(await folder.run(`apply --real-stores --yes --debug --format ${format}`, denied));
    expect(runs.at(-1)?.stderr).toMatch(/denied.*\[secret\]/);
  }
  runs.push(await folder.runProgram('apply --real-stores --yes --debug', { FAIL: '1' }));
  expect(runs.at(-1)).toMatchObject({ code: 3 });
  runs.push(await folder.runProgram('apply --real-stores --yes --debug --format json', { FAIL: '1' }));
  runs.push(await folder.runProgram('plan --debug', { MOTHERDUCK_ADMIN_TOKEN: 'admin-marker-of-this-test-wrong' }));
  runs.push(await folder.runProgram('apply --real-stores --yes --debug --no-smoke'));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });

  const env = folder.read('.motherduck/secrets.env');
  const json = folder.read('.motherduck/secrets.json');
  const vault = folder.read('vault/kept').trim().split('\n');
  const secrets = [...(env + json).matchAll(/ey[\w-]+\.[\w-]+\.[\w-]+/g)].map(([secret]) => secret).concat(vault);
  expect(secrets.length).toBeGreaterThanOrEqual(8);

  folder.edit((text) => text.replaceAll(/(etl_prod|tenant_1): \{/g, '$1: { suspended: true,'));
  for (const format of ['text', 'json', 'markdown', 'html'])
    runs.push(await folder.run(`plan --format ${format} --debug`));
  runs.push(await folder.run('audit --debug'));
  runs.push(await folder.run('apply --real-stores --yes --debug'));
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });

  // What lives beside plans: checks, the history, a program's connection.
  for (const format of ['text', 'json'])
    for (const words of ['doctor', 'state history']) runs.push(await folder.run(`${words} --format ${format} --debug`));
  const [known = ''] = secrets;
  for (const token of [known, `${known}x`, 'admin-marker-of-this-test'])
    runs.push(await folder.run('sandbox connect --debug', { MOTHERDUCK_TOKEN: token }));

  // Accounts with identical changes, which the formats group.
  const alike = [1, 2, 3, 4, 5].map((at) => `  alike_${at}: { tokens: { env: a, json: b } }\n`).join('');
  folder.edit((text) => text.replace('accounts:\n', () => `accounts:\n${alike}`));
  runs.push(await folder.run('plan --out alike.plan --debug'));
  for (const format of ['text', 'json', 'markdown', 'html'])
    runs.push(await folder.run(`show alike.plan --format ${format} --debug`));
  expect(runs.at(-1)?.stdout).toContain('alike_5');

  const marks = [...partsOf(secrets), 'admin-marker-of-this-test', 'marker-of-the-vault'];
  expectNowhereElse(marks, runs, folder, ['.motherduck/secrets.env', '.motherduck/secrets.json', 'vault/kept']);
  // The admin token comes from the environment of mdacc and of the served sandbox; no child has it.
  const all = processes();
  for (const secret of secrets) expect(all.includes(secret)).toBe(false);
  const holders = all.split('\n').filter((text) => text.includes('admin-marker-of-this-test'));
  // That environments are found at all.
  expect(holders.length).toBeGreaterThan(0);
  expect(holders.filter((text) => !text.includes('MOTHERDUCK_ADMIN_TOKEN='))).toEqual([]);
});

it.skipIf(!hasProc)('are in no message of a setup that fails', { timeout: 120_000 }, async () => {
  const processes = watchProcesses();
  const folder = new Stage(CONFIGURATION.replace(/ {2}c: .*|, vault: c/g, ''));
  folder.env.MOTHERDUCK_ADMIN_TOKEN = 'aaaa.eyJ0b2tlblR5cGUiOiJyZWFkX3dyaXRlIn0.admin-marker-of-this-test';
  Object.assign(folder.env, { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: 'outputs', GITHUB_STEP_SUMMARY: 'summary.md' });
  const runs = [await folder.runProgram('apply --sandbox --yes --no-smoke --debug')];
  expect(runs.at(-1), runs.at(-1)?.stderr).toMatchObject({ code: 0 });
  const secrets = [...folder.read('.motherduck/secrets.env').matchAll(/ey[\w-]+\.[\w-]+\.[\w-]+/g)].map(
    ([each]) => each,
  );
  expect(secrets).toHaveLength(2);

  // A table of the account has a token, which the message of a statement quotes.
  const database = '.motherduck-sandbox/databases/tenant_1/a.duckdb';
  const duckdb = await (await DuckDBInstance.create(folder.file(database))).connect();
  await duckdb.run(`CREATE TABLE t AS SELECT '${secrets[1]}' AS token`);
  duckdb.closeSync();
  for (const sql of [
    "SELECT error('denied to ' || token) FROM a.t",
    "SELECT error('denied to ' || base64(token::BLOB) || hex(token)) FROM a.t",
    'SELECT token::INTEGER FROM a.t',
    "SELECT * FROM read_text('.motherduck/secrets.env')",
  ]) {
    folder.edit((text) => text.replace(/setup: \[.*\]/, `setup: [${JSON.stringify(sql)}]`));
    for (const format of ['text', 'json', 'markdown', 'html']) {
      runs.push(await folder.run(`apply --sandbox --yes --no-smoke --debug --format ${format}`));
      expect(runs.at(-1)).toMatchObject({ code: 4 });
    }
    for (const command of ['plan --format json', 'plan --format html', 'state show tenant_1', 'state history'])
      runs.push(await folder.run(`${command} --sandbox --debug`));
  }
  // In the configuration a secret is refused, and not quoted.
  folder.edit((text) => text.replace(/setup: \[.*\]/, `setup: [${JSON.stringify(`SELECT '${secrets[0]}'`)}]`));
  for (const command of ['validate --format json', 'validate --format sarif', 'apply --sandbox --yes --debug'])
    runs.push(await folder.run(command));
  expect(runs.slice(-3).map(({ code }) => code)).toEqual([1, 1, 1]);

  const marks = [...partsOf(secrets), 'admin-marker-of-this-test'];
  const kept = ['.motherduck/secrets.env', '.motherduck/secrets.json', 'motherduck.accounts.yaml', database];
  expectNowhereElse(marks, runs, folder, kept);
  const all = processes();
  for (const secret of secrets) expect(all.includes(secret)).toBe(false);
});

it('are neither shown nor sent when they are typed where a name is expected', { timeout: 120_000 }, async () => {
  const folder = new Stage(CONFIGURATION.replace(/ {2}c: .*|, vault: c/g, ''));
  const first = await folder.run('apply --sandbox --yes --no-smoke --debug');
  expect(first, first.stderr).toMatchObject({ code: 0 });
  const secret = /ey[\w-]+\.[\w-]+\.[\w-]+/.exec(folder.read('.motherduck/secrets.env'))?.[0] ?? '';
  const words = [
    ...[`rotate ${secret}`, `rotate etl_prod/${secret} --format json`, `plan --rotate ${secret}`, `smoke ${secret}`],
    ...[`plan --only=${secret}`, `import ${secret}`, `import etl_prod/${secret} --yes`, `apply -y --rotate ${secret}`],
    ...[
      `state show ${secret}`,
      `state mv ${secret} etl_prod/x`,
      `state forget ${secret} --yes`,
      `state list ${secret}`,
    ],
    ...[`audit --only ${secret}`, `destroy --only ${secret}`, `help ${secret}`, `${secret}`, `plan --${secret}`],
    ...[`apply ${secret}`, `show ${secret} --format json`, `plan -c${secret}`, `init --organization ${secret}`],
    ...[`rotate ${secret.slice(0, 40)}`, `__complete -- rotate ${secret}`],
  ];
  const runs = [];
  for (const each of words) runs.push(await folder.run(`${each} --sandbox --debug`));
  for (const { code, stderr } of runs) {
    expect(code).toBe(64);
    expect(stderr).toMatch(/^Error: a secret .*\n.*history.*docs\/leaked-token\.md/);
    expect(stderr).not.toContain('debug:');
  }
  expect(JSON.parse(runs[1]?.stdout ?? '')).toMatchObject({ error: { code: 'USAGE' } });
  expectNowhereElse([...partsOf([secret]), secret.slice(0, 40)], runs, folder, [
    '.motherduck/secrets.env',
    '.motherduck/secrets.json',
  ]);
});

it('are in nothing that a plan says of the settings of a branch', { timeout: 120_000 }, async () => {
  const folder = new Stage(CONFIGURATION.replace(/ {2}c: .*|, vault: c/g, ''));
  Object.assign(folder.env, { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: 'outputs', GITHUB_STEP_SUMMARY: 'summary.md' });
  const runs = [await folder.run('apply --sandbox --yes --no-smoke --debug')];
  const stored = folder.read('.motherduck/secrets.env') + folder.read('.motherduck/secrets.json');
  const [first = '', second = '', ...others] = [...stored.matchAll(/ey[\w-]+\.[\w-]+\.[\w-]+/g)].map(([each]) => each);
  expect(others).toHaveLength(1);
  // The target branch has secrets where the configuration may not have any, which the branch takes out again.
  const good = folder.read();
  folder.write('.gitignore', '.motherduck*\n*.lock\noutputs\nsummary.md\n*.plan\n');
  folder.edit((text) => text.replace('put, ', `put, --token=${first}, `).replace('check]', `check, "${second}"]`));
  git(folder, 'init', '--quiet', '-b', 'main');
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '-m', 'Leak secrets');
  git(folder, 'update-ref', 'refs/remotes/origin/main', 'main');
  folder.write('motherduck.accounts.yaml', `${good}guardrails: { max_deletes: 3 }\n`);
  const env = { GITHUB_BASE_REF: 'main' };
  for (const format of ['text', 'json', 'markdown', 'html']) {
    runs.push(await folder.run(`plan --sandbox --format ${format} --out branch.plan --debug`, env));
    runs.push(await folder.run(`show branch.plan --format ${format} --debug`, env));
    expect(runs.at(-1)?.stdout).toMatch(/max.{1,5}deletes/);
    expect(runs.at(-1)?.stdout).toMatch(/secret.{1,5}stores\.vault\.command/);
  }
  for (const format of ['text', 'json'])
    runs.push(await folder.run(`doctor --sandbox --format ${format} --debug`, env));
  expectNowhereElse(partsOf([first, second, ...others]), runs, folder, [
    '.motherduck/secrets.env',
    '.motherduck/secrets.json',
  ]);
});

it.skipIf(!hasProc)('of a Terraform state go to the store alone', { timeout: 120_000 }, async () => {
  const processes = watchProcesses();
  const runs: Ran[] = [];
  const { folder, secrets, write } = await madeByTerraform();
  write('motherduckdb', (state) => {
    const [tenant] = state.resources.filter(({ module }) => module?.includes('globex') === true).slice(-1);
    Object.assign(tenant?.instances[0]?.attributes ?? {}, { token: 'marker-of-terraform "quoted"' });
  });
  const text = folder.read(TFSTATE);
  const broken = {
    'cut.tfstate': text.slice(0, -99),
    'odd.tfstate': text.replaceAll('"username": "', '"username": 7, "was": "'),
    'odd2.tfstate': text.replace(/"version": 4/, '"version": "marker-of-terraform"'),
    'odd3.tfstate': text.replace(/("token": )("ey[^"]*")/, '$1[$2'),
  };
  for (const [name, content] of Object.entries(broken)) {
    folder.write(name, content);
    runs.push(await folder.run(`import --terraform ${name} --adopt-secrets --sandbox --debug`));
    expect(runs.at(-1)).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Error/m) });
  }
  const adopt = `import --terraform ${TFSTATE} --adopt-secrets --sandbox --debug`;
  for (const argv of [`${adopt} --dry-run`, adopt, `${adopt} --yes`, `${adopt} --yes`])
    runs.push(await folder.runProgram(argv));
  expect(runs.slice(-2).map(({ code }) => code)).toEqual([0, 0]);
  for (const command of ['plan --format json', 'plan --format html', 'state show --format json', 'state history'])
    runs.push(await folder.run(`${command} --sandbox --debug`));

  const marks = [...partsOf([...secrets.values()]), 'marker-of-terraform'];
  const kept = ['.motherduck/secrets.env', TFSTATE, ...Object.keys(broken)];
  expectNowhereElse(marks, runs, folder, kept);
  expect(folder.read('.motherduck/secrets.env')).not.toContain('marker-of-terraform');
  const all = processes();
  for (const secret of secrets.values()) expect(all.includes(secret)).toBe(false);
});
