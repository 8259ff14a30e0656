/** A token whose secret goes into several stores: into each, or into none. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { isWindows } from '../platform.ts';
import { STATE, Stage } from '../stage.ts';

const DAY = 86_400;
const [ENV, JSON_FILE] = ['.motherduck/secrets.env', '.motherduck/secrets.json'];
const APPLY = 'apply --sandbox --real-stores --yes --no-smoke';
const PLAN = 'plan --sandbox --detailed-exitcode';

/** `sh` keeps the secret in a file of the folder, which a failing one does not. */
const exec = (name: string) =>
  `{ kind: exec, command: [sh, store.sh, ${name}, "{account}.{token}"], remove: [rm, -f, "${name}.{account}.{token}"] }`;
const SCRIPT = 'secret=$(cat)\n[ ! -e "fail.$1" ] || exit 9\nprintf %s "$secret" > "$1.$2"\n';

const configuration = (stores: string) => `version: 1
organization: acme
secret_stores:
  env: { kind: file, path: ${ENV}, format: dotenv }
  json: { kind: file, path: ${JSON_FILE}, format: json }
  vault: ${exec('vault')}
  k8s: ${exec('k8s')}
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: ${stores} }
accounts:
  etl: { tokens: { app: p }, smoke: false }
`;

function staged(stores: string): Stage {
  const stage = new Stage(configuration(stores));
  stage.write('store.sh', SCRIPT);
  return stage;
}

const READ: Readonly<Record<string, (stage: Stage) => string | undefined>> = {
  env: (stage) => /^MOTHERDUCK_TOKEN_ETL_APP=(.*)$/m.exec(textOf(stage, ENV))?.[1],
  json: (stage) => JSON.parse(textOf(stage, JSON_FILE) || '{}').etl?.app,
  vault: (stage) => textOf(stage, 'vault.etl.app') || undefined,
  k8s: (stage) => textOf(stage, 'k8s.etl.app') || undefined,
};

function textOf(stage: Stage, name: string): string {
  return existsSync(stage.file(name)) ? stage.read(name) : '';
}

/** The secrets in these stores, which are one if the stores agree. */
function secretsIn(stage: Stage, ...stores: readonly string[]): (string | undefined)[] {
  return [...new Set(stores.map((name) => READ[name]?.(stage)))];
}

async function liveTokens(stage: Stage): Promise<string[]> {
  return stage.inSandbox(async (organization) =>
    organization
      .inspect()
      .accounts.flatMap(({ tokens }) => tokens.map(({ name }) => name))
      .sort(),
  );
}

async function done(stage: Stage, command = APPLY): Promise<void> {
  const ran = await stage.run(command);
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 });
}

describe.skipIf(isWindows)('a token with a list of stores', () => {
  it('has its secret in each, first and after a rotation, and a second apply does nothing', async () => {
    const stage = staged('[env, vault, json]');
    const planned = await stage.json('plan --sandbox');
    expect(planned.document).toMatchObject({
      actions: [{ action: 'create_account' }, { after: { secret_store: ['env', 'vault', 'json'] } }],
      stores: [
        { store: 'env', writes: true },
        { store: 'json', writes: true },
        { store: 'vault', writes: true },
      ],
    });
    await done(stage);
    const first = secretsIn(stage, 'env', 'vault', 'json');
    expect(first).toEqual([expect.stringMatching(/^ey/)]);
    expect(JSON.parse(stage.read(STATE)).accounts.etl.tokens.app.current.secret).toMatchObject({
      store: 'env',
      also: [
        { store: 'vault', secret_path: 'vault#etl/app', command: expect.any(String) },
        { store: 'json', secret_path: `${JSON_FILE}#etl.app` },
      ],
    });
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
    for (const path of [`${ENV}#`, 'vault#etl/app', `${JSON_FILE}#etl.app`])
      expect((await stage.run('state list --sandbox')).stdout).toContain(path);
    await done(stage, 'rotate etl/app --sandbox --real-stores --yes --no-smoke');
    const second = secretsIn(stage, 'env', 'vault', 'json');
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it('is created in none when one fails: files get back what they had, the new token is revoked, and the next apply fills all', async () => {
    const stage = staged('[vault, env, json]');
    await done(stage);
    const before = secretsIn(stage, 'vault', 'env', 'json');
    stage.write('fail.vault', '');
    const rotate = 'rotate etl/app --sandbox --real-stores --yes --no-smoke';
    expect(await stage.json(rotate)).toMatchObject({ code: 3 });
    expect(secretsIn(stage, 'vault', 'env', 'json')).toEqual(before);
    expect(await liveTokens(stage)).toEqual(['app']);
    stage.remove('fail.vault');
    // A program that failed may have stored it nevertheless.
    await done(stage);
    const after = secretsIn(stage, 'vault', 'env', 'json');
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it('says which store holds an obsolete secret when a later one fails, and makes another token next', async () => {
    const stage = staged('[vault, k8s, env]');
    await done(stage);
    const before = secretsIn(stage, 'env');
    stage.write('fail.k8s', '');
    const rotate = 'rotate etl/app --sandbox --real-stores --yes --no-smoke';
    const ran = await stage.json(rotate);
    expect(ran).toMatchObject({ code: 3 });
    const { error } = (ran.document as { applied: { outcomes: { error: { message: string } }[] } }).applied
      .outcomes[0] ?? { error: undefined };
    expectGolden('errors', 'a later store fails', `${error?.message}\n${JSON.stringify(error, null, 2)}\n`);
    expect(secretsIn(stage, 'env', 'k8s')).toEqual(before);
    expect(secretsIn(stage, 'vault')).not.toEqual(before);
    expect(await liveTokens(stage)).toEqual(['app']);
    stage.remove('fail.k8s');
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      actions: [{ action: 'rotate_token', reason: { kind: 'interrupted' } }],
    });
    await done(stage);
    expect(secretsIn(stage, 'vault', 'k8s', 'env')).toHaveLength(1);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it('leaves nothing of a first secret in files when a program fails, and is created next', async () => {
    const stage = staged('[vault, env, json]');
    stage.write('fail.vault', '');
    expect(await stage.run(APPLY)).toMatchObject({ code: 3 });
    expect(secretsIn(stage, 'vault', 'env', 'json')).toEqual([undefined]);
    expect(await liveTokens(stage)).toEqual([]);
    stage.remove('fail.vault');
    await done(stage);
    expect(secretsIn(stage, 'vault', 'env', 'json')).toEqual([expect.stringMatching(/^ey/)]);
  });

  it('is not created when one of the stores has a value of somebody else, or cannot be written', async () => {
    const stage = staged('[vault, json, env]');
    stage.write(ENV, 'MOTHERDUCK_TOKEN_ETL_APP=eyJhbGciOiJIUzI1NiJ9.e30.theirs\n', 0o600);
    expect(await stage.json(APPLY)).toMatchObject({ code: 1, document: { error: { code: 'STORE_FOREIGN' } } });
    stage.write(ENV, '', 0o600);
    stage.write(JSON_FILE, 'MOTHERDUCK_TOKEN_X=y\n', 0o600);
    expect(await stage.json(APPLY)).toMatchObject({ code: 1, document: { error: { code: 'STORE_UNUSABLE' } } });
    expect(existsSync(stage.file('vault.etl.app'))).toBe(false);
    expect(await liveTokens(stage)).toEqual([]);
  });

  it('keeps the old token and its secrets when a leaked one is replaced and a store fails', async () => {
    const stage = staged('[env, vault, json]');
    await done(stage);
    const first = secretsIn(stage, 'env', 'vault', 'json');
    stage.write('fail.vault', '');
    const rotate = 'rotate etl/app --revoke-old --force --sandbox --real-stores --yes --no-smoke';
    expect((await stage.run(rotate)).code).toBe(3);
    expect(await liveTokens(stage)).toEqual(['app']);
    expect(secretsIn(stage, 'env', 'vault', 'json')).toEqual(first);
    stage.remove('fail.vault');
    await done(stage, rotate);
    expect(await liveTokens(stage)).toHaveLength(1);
    expect(await liveTokens(stage)).not.toContain('app');
    const second = secretsIn(stage, 'env', 'vault', 'json');
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it('gets a new secret when a store is added, and one that is taken out loses it when the overlap ends', async () => {
    const stage = staged('vault');
    await done(stage);
    const first = secretsIn(stage, 'vault');
    stage.edit(() => configuration('[vault, env]'));
    const added = await stage.run('plan --sandbox');
    expectGolden('plans', 'a store is added', added.stdout);
    await done(stage);
    const second = secretsIn(stage, 'vault', 'env');
    expect(second).toHaveLength(1);
    expect(second).not.toEqual(first);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });

    await stage.advance(2 * DAY);
    await done(stage);
    stage.edit(() => configuration('[json, vault]'));
    const taken = await stage.run('plan --sandbox');
    expectGolden('plans', 'a store is taken out', taken.stdout);
    await done(stage);
    expect(secretsIn(stage, 'vault', 'json')).toHaveLength(1);
    expect(secretsIn(stage, 'env')).toEqual(second);
    await stage.advance(2 * DAY);
    await done(stage);
    expect(secretsIn(stage, 'env')).toEqual([undefined]);
    expect(secretsIn(stage, 'vault', 'json')).toEqual([expect.stringMatching(/^ey/)]);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it('is not rotated into a store that is added and has a value of somebody else', async () => {
    const stage = staged('[vault, json]');
    await done(stage);
    const before = secretsIn(stage, 'vault', 'json');
    stage.write(ENV, 'MOTHERDUCK_TOKEN_ETL_APP=eyJhbGciOiJIUzI1NiJ9.e30.theirs\n', 0o600);
    stage.edit(() => configuration('[vault, json, env]'));
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      actions: [{ reason: { change: { before: ['vault', 'json'], after: ['vault', 'json', 'env'] } } }],
      warnings: expect.arrayContaining([expect.objectContaining({ kind: 'secret_foreign' })]),
    });
    expect(await stage.json(APPLY)).toMatchObject({ code: 1, document: { error: { code: 'STORE_FOREIGN' } } });
    expect(secretsIn(stage, 'vault', 'json')).toEqual(before);
    expect(await liveTokens(stage)).toEqual(['app']);
  });

  it('loses its secrets in all of them when it leaves the configuration', async () => {
    const stage = staged('[env, vault, json]');
    await done(stage);
    stage.edit((text) => text.replace('app: p', ''));
    await done(stage);
    expect(secretsIn(stage, 'vault', 'env', 'json')).toEqual([undefined]);
    expect(await stage.run(PLAN)).toMatchObject({ code: 0 });
  });

  it('is rotated when one of the stores lost its secret', async () => {
    const stage = staged('[vault, env, json]');
    await done(stage);
    stage.write(JSON_FILE, '{}\n', 0o600);
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({ warnings: [{ kind: 'secret_lost', names: ['etl/app'] }] });
    const audit = await stage.json('audit --sandbox');
    expect(JSON.stringify(audit.document)).toContain('MDA035');
    await done(stage, 'rotate etl/app --sandbox --real-stores --yes --no-smoke');
    expect(secretsIn(stage, 'vault', 'env', 'json')).toHaveLength(1);
  });

  it.each(['[]', '[vault, vault]', '[vault, valt]', '[env, [json]]'])('is refused with the list %s', async (list) => {
    const ran = await staged(list).json('validate');
    expect(ran).toMatchObject({ code: 1 });
  });

  it('is refused when two of its stores have one secret path', async () => {
    const stage = staged('[env, other]');
    stage.edit((text) => text.replace('  json:', `  other: { kind: file, path: ./${ENV}, format: dotenv }\n  json:`));
    const ran = await stage.run('validate');
    expect(ran.code).toBe(1);
    expectGolden('configuration', 'two stores of a token are one', ran.stdout);
  });
});
