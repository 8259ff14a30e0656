/** The program knows the values that it wrote: it reports any other, and removes none but its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/s.env, format: dotenv }
  js: { kind: file, path: .motherduck/s.json, format: json }
token_policies:
  rw: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  rj: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: js }
accounts:
  etl:
    deletion_protection: false
    tokens:
      airflow: rw
      bi: rw
  ten: { deletion_protection: false, tokens: { app: rj } }
guardrails: { max_deletes: 2 }
`;
const ENV = '.motherduck/s.env';
const JSON_FILE = '.motherduck/s.json';

/** What a plan removes from stores, and what it leaves there. */
interface Removing {
  readonly removals: readonly { readonly store: string }[];
  readonly warnings: readonly { readonly kind: string; readonly cases: readonly object[] }[];
}

interface Secret {
  store: string;
  secret_path: string;
  at: string;
  fingerprint?: string;
}
interface Token {
  current?: { id: string; name: string; secret: Secret | 'unknown' };
  retiring: { secret?: Secret; retire_at?: string }[];
  intents: object[];
}
interface Document {
  accounts: Record<string, { username: string; tokens: Record<string, Token> }>;
}

function editState(stage: Stage, edit: (document: Document) => void): void {
  const document = JSON.parse(stage.read(STATE)) as Document;
  edit(document);
  stage.write(STATE, `${JSON.stringify(document, null, 2)}\n`);
}

function secretIn(stage: Stage, variable: string): string {
  return new RegExp(`^${variable}=(.*)$`, 'm').exec(stage.read(ENV))?.[1] ?? '';
}

function replaceValue(stage: Stage, variable: string, value: string): void {
  stage.write(ENV, stage.read(ENV).replace(new RegExp(`^${variable}=.*$`, 'm'), `${variable}=${value}`));
}

const AIRFLOW = 'MOTHERDUCK_TOKEN_ETL_AIRFLOW';

it('the state has the fingerprint of a secret and not the secret', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const { accounts } = JSON.parse(stage.read(STATE)) as Document;
  const secret = accounts.etl?.tokens.airflow?.current?.secret;
  expect(secret).toMatchObject({ store: 'local', fingerprint: expect.stringMatching(/^[\w-]{22}$/) });
  expect(stage.read(STATE)).not.toContain(secretIn(stage, AIRFLOW));
});

describe('a secret path that has another value than the one written', () => {
  const VALUES: [string, (stage: Stage) => string | Promise<string>][] = [
    ['garbage', () => 'foo'],
    ["another token's secret", (stage) => secretIn(stage, 'MOTHERDUCK_TOKEN_ETL_BI')],
    [
      'an old backup',
      async (stage) => {
        const old = secretIn(stage, AIRFLOW);
        expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
        return old;
      },
    ],
  ];
  it.each(VALUES)('is said of %s, and rotate replaces it', async (_, valueFor) => {
    const stage = await Stage.applied(CONFIGURATION);
    replaceValue(stage, AIRFLOW, await valueFor(stage));
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({
      warnings: [
        { kind: 'secret_lost', names: ['etl/airflow'], hint: { command: ['rotate', 'etl/airflow', '--sandbox'] } },
      ],
    });
    const smoke = await stage.run('smoke --sandbox --only etl');
    expect(smoke.stdout + smoke.stderr).toContain('mdacc rotate etl/airflow');
    const audit = await stage.json('audit --sandbox --only etl');
    expect(JSON.stringify(audit.document)).toContain('MDA035');
    expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
    expect((await stage.json('plan --sandbox')).document).not.toMatchObject({ warnings: [{ kind: 'secret_lost' }] });
  });

  it('is said of a file that cannot be read', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.write(JSON_FILE, '{ "ten": ');
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({ warnings: [{ kind: 'store_unreadable' }] });
    const smoke = await stage.run('smoke --sandbox --only ten');
    expect(smoke.stdout + smoke.stderr).toContain('is not JSON');
  });

  it('is said of the secret that another clone replaced', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    const [state, secrets] = [stage.read(STATE), stage.read(ENV)];
    expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
    await stage.advance(25 * 3600);
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    stage.write(STATE, state);
    stage.write(ENV, secrets);
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({ warnings: [{ kind: 'secret_lost', names: ['etl/airflow'] }] });
  });
});

it('a key that is renamed and back finds its own value, not a foreign one', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const renamed = CONFIGURATION.replace('airflow: rw', 'air: { policy: rw, name: airflow }');
  stage.edit(() => renamed);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  stage.edit(() => CONFIGURATION);
  expect((await stage.json('plan --sandbox')).document).toMatchObject({
    warnings: expect.not.arrayContaining([expect.objectContaining({ kind: 'secret_foreign' })]),
  });
  const { code, stderr } = await stage.run('apply --sandbox --yes --no-smoke');
  expect(stderr).not.toContain('STORE_FOREIGN');
  expect(code).toBe(0);
});

it('what an interrupted run stored long ago is no foreign value', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  editState(stage, ({ accounts }) => {
    const entry = accounts.etl?.tokens.airflow;
    const secret = entry?.current?.secret;
    if (entry === undefined || secret === undefined || secret === 'unknown') throw new Error('no secret');
    const { fingerprint = '' } = secret;
    delete entry.current;
    entry.intents = [{ name: 'airflow', generation: 1, at: '2020-01-01T00:00:00Z', storing: true, fingerprint }];
  });
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
});

describe('an edited state', () => {
  const PAST = '2020-01-01T00:00:00.000Z';
  const retired = (secret: Secret) => ({
    id: 'deadbeef',
    name: 'airflow.0',
    expires_at: null,
    retire_at: PAST,
    secret,
  });
  const at = '2026-11-29T11:57:58.000Z';
  const JWT = `${'a'.repeat(20)}.${Buffer.from('{"iss":"sandbox"}').toString('base64url')}.${'c'.repeat(20)}`;
  const EDITS: [string, (stage: Stage, document: Document) => void][] = [
    [
      'a file of the folder',
      (_stage, { accounts }) =>
        accounts.etl?.tokens.airflow?.retiring.push(
          retired({ store: 'local', at, secret_path: '.motherduck/x.env#OTHER_TOKEN' }),
        ),
    ],
    [
      "another token's secret through a link, with its fingerprint",
      (_stage, { accounts }) => {
        const secret = accounts.etl?.tokens.bi?.current?.secret;
        if (secret === undefined || secret === 'unknown') throw new Error('no secret');
        const path = secret.secret_path.replace('.motherduck/', 'lnk/');
        accounts.etl?.tokens.airflow?.retiring.push(retired({ ...secret, secret_path: path }));
      },
    ],
    [
      'an entry of a JSON file',
      (_stage, { accounts }) =>
        accounts.ten?.tokens.app?.retiring.push(
          retired({ store: 'js', at, secret_path: '.motherduck/s.json#foreign.x' }),
        ),
    ],
    [
      'an entry of a JSON file, with a fingerprint',
      (_stage, { accounts }) => {
        const secret = accounts.ten?.tokens.app?.current?.secret;
        if (secret === undefined || secret === 'unknown') throw new Error('no secret');
        accounts.ten?.tokens.app?.retiring.push(retired({ ...secret, secret_path: '.motherduck/s.json#foreign.x' }));
      },
    ],
  ];
  it.each(EDITS)('removes nothing from %s', async (_, edit) => {
    const stage = await Stage.applied(CONFIGURATION);
    const { symlinkSync } = await import('node:fs');
    symlinkSync('.motherduck', stage.file('lnk'));
    stage.write('.motherduck/x.env', `OTHER_TOKEN=${JWT}\n`, 0o600);
    const before = ['.motherduck/x.env', ENV, JSON_FILE].map((name) => stage.read(name));
    editState(stage, (document) => edit(stage, document));
    expect((await stage.json('plan --sandbox --due')).document).toMatchObject({ removals: [] });
    expect((await stage.run('apply --sandbox --due --yes --no-smoke')).code).toBe(0);
    expect(['.motherduck/x.env', ENV, JSON_FILE].map((name) => stage.read(name))).toEqual(before);
  });

  const NAMES: [string, (document: Document) => void][] = [
    ['a key with slashes', ({ accounts: { etl } }) => move(etl?.tokens, '../other/app')],
    ['a key that is an option', ({ accounts: { etl } }) => move(etl?.tokens, '--all')],
    ['a key of several lines', ({ accounts: { etl } }) => move(etl?.tokens, 'x\n::add-mask::y')],
    ['an account that is an option', ({ accounts }) => rename(accounts, '--all')],
    ['an account with a slash', ({ accounts }) => rename(accounts, 'a/b')],
    ['an account with an escape sequence', ({ accounts }) => rename(accounts, 'a\u001b[2Jb')],
    [
      "a token's name with a line break",
      ({ accounts: { etl } }) => {
        const current = etl?.tokens.airflow?.current;
        if (current) current.name = 'a\nb';
      },
    ],
  ];
  it.each(NAMES)('with %s is refused as damaged', async (_, edit) => {
    const stage = await Stage.applied(CONFIGURATION);
    editState(stage, edit);
    const { code, stderr } = await stage.run('apply --sandbox --due --yes --no-smoke');
    expect(code).toBe(1);
    expect(stderr).toContain('[STATE_INVALID]');
    expect(stderr).not.toContain('\u001b[2J');
    expect(stderr).not.toMatch(/^::add-mask/m);
  });

  function move(tokens: Record<string, Token> | undefined, to: string): void {
    const { airflow } = tokens ?? {};
    if (tokens === undefined || airflow === undefined) throw new Error('no token');
    tokens[to] = airflow;
    delete tokens.airflow;
  }

  function rename(accounts: Document['accounts'], to: string): void {
    const { etl } = accounts;
    if (etl === undefined) throw new Error('no account');
    accounts[to.toLowerCase()] = { ...etl, username: to };
    delete accounts.etl;
  }

  it('may have an account with Unicode letters', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    editState(stage, ({ accounts }) => {
      accounts.größe_1 = {
        ...structuredClone(accounts.ten as Document['accounts'][string]),
        username: 'größe_1',
        tokens: {},
      };
    });
    expect((await stage.run('plan --sandbox')).code).toBe(0);
  });
});

describe('the plan names the secrets that apply removes', () => {
  it('of a token that leaves the configuration, in every format', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(() => CONFIGURATION.replace('      airflow: rw\n', ''));
    const { document } = await stage.json('plan --sandbox');
    const path = `${ENV}#${AIRFLOW}`;
    expect(document).toMatchObject({
      removals: [{ account: 'etl', token: 'airflow', store: 'local', secret_path: path, by: 'file' }],
    });
    for (const format of ['text', 'markdown', 'html']) {
      const { stdout } = await stage.run(['plan', '--sandbox', '--format', format]);
      expect(stdout.replaceAll('&#95;', '_')).toContain(AIRFLOW);
    }
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect(stage.read(ENV)).not.toContain(AIRFLOW);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], removals: [] });
  });

  const without = 'etl/airflow';
  const kept = { kind: 'secret_not_removed', cases: [{ store: 'local', tokens: [without] }] };
  it.each([
    ['another value', (text: string) => text.replace(/^(\w+_AIRFLOW=).*$/m, '$1eyJh.eyJi.c2ln'), [kept]],
    ['no value', (text: string) => text.replace(/^\w+_AIRFLOW=.*\n/m, ''), []],
  ])('and none where its path has %s, which stays', async (_, change, warnings) => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(() => CONFIGURATION.replace('      airflow: rw\n', ''));
    stage.write(ENV, change(stage.read(ENV)));
    const before = stage.read(ENV);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ removals: [], warnings });
    expect((await stage.run('plan --sandbox')).stdout).not.toContain('to remove');
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect(stage.read(ENV)).toBe(before);
  });

  it('and none that only the real program of a rehearsed store has', async () => {
    const exec = '{ kind: exec, command: [tee, "{account}.{token}"], remove: [rm, "{account}.{token}"] }';
    const yaml = CONFIGURATION.replace(/ {2}js: .*/, `  js: ${exec}`);
    const stage = new Stage(yaml);
    expect((await stage.run('apply --sandbox --real-stores --yes --no-smoke')).code).toBe(0);
    stage.edit(() => yaml.replace('tokens: { app: rj }', 'tokens: {}'));
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      removals: [],
      warnings: [{ kind: 'secret_not_removed', cases: [{ store: 'js', rehearsed: true }] }],
    });
    expect(stage.has('ten.app')).toBe(true);
    const real = await stage.json('apply --sandbox --real-stores --yes --no-smoke');
    expect(real.document).toMatchObject({ removals: [{ by: 'command' }] });
    expect(stage.has('ten.app')).toBe(false);
  });

  it('and none that a real program without remove has, which --real-stores does not remove either', async () => {
    const yaml = CONFIGURATION.replace(/ {2}js: .*/, '  js: { kind: exec, command: [tee, "{account}.{token}"] }');
    const stage = new Stage(yaml);
    expect((await stage.run('apply --sandbox --real-stores --yes --no-smoke')).code).toBe(0);
    stage.edit(() => yaml.replace('tokens: { app: rj }', 'tokens: {}'));
    for (const words of ['plan --sandbox', 'plan --sandbox --destroy']) {
      const { removals, warnings } = (await stage.json(words)).document as Removing;
      expect(removals.filter(({ store }) => store === 'js')).toEqual([]);
      // Neither near nor shared: the store has no `remove`.
      expect(warnings).toMatchObject([{ kind: 'secret_stays' }]);
      expect(warnings[0]?.cases).toEqual([{ store: 'js', tokens: ['ten/app'] }]);
    }
  });

  it('and none of a program whose store is a file now', async () => {
    const exec = '{ kind: exec, command: [tee, "{account}.{token}"], remove: [rm, "{account}.{token}"] }';
    const yaml = CONFIGURATION.replace(/ {2}js: .*/, `  js: ${exec}`);
    const stage = new Stage(yaml);
    expect((await stage.run('apply --sandbox --real-stores --yes --no-smoke')).code).toBe(0);
    stage.edit(() => CONFIGURATION.replace('tokens: { app: rj }', 'tokens: {}'));
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      removals: [],
      warnings: [{ kind: 'secret_left' }],
    });
  });

  it('of a replaced token that is gone, also with --due', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((text) => text.replace('path: .motherduck/s.env', 'path: .motherduck/new.env'));
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    const { accounts } = JSON.parse(stage.read(STATE)) as Document;
    expect(accounts.etl?.tokens.airflow?.retiring[0]?.secret).toMatchObject({ secret_path: `${ENV}#${AIRFLOW}` });
    // Its expiry comes before the next apply.
    await stage.advance(91 * 86_400);
    await stage.run('apply --sandbox --yes --no-smoke --due --only ten');
    const due = await stage.run('plan --sandbox --due --only etl');
    expect(due.stdout).toContain(AIRFLOW);
    expect(due.stdout).not.toContain('Nothing is due');
    expect((await stage.run('apply --sandbox --yes --no-smoke --due --only etl')).code).toBe(0);
    expect(stage.read(ENV)).not.toContain(AIRFLOW);
  });

  it('and says that a secret moves, beside another change', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((text) =>
      text.replace('path: .motherduck/s.env', 'path: .motherduck/new.env').replace('ttl: 90d', 'ttl: 60d'),
    );
    const { stdout } = await stage.run('plan --sandbox');
    expect(stdout).toContain('ttl 90d -> 60d');
    expect(stdout).toContain(`${ENV}#${AIRFLOW} -> .motherduck/new.env#${AIRFLOW}`);
  });

  it('and what to delete by hand where the store left the configuration', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((text) =>
      text
        .replace(/^ {2}js: .*\n/m, '')
        .replace(/^ {2}rj: .*\n/m, '')
        .replace(/^ {2}ten: .*\n/m, ''),
    );
    const { document } = await stage.json('plan --sandbox --prune');
    expect(document).toMatchObject({
      warnings: [{ kind: 'secret_left', hint: { text: expect.stringContaining(`${JSON_FILE}#ten.app`) } }],
    });
    expect((await stage.run('apply --sandbox --prune --yes --allow-delete --no-smoke')).code).toBe(0);
  });

  it('and each value that is in the way once, by its store and path', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.remove(STATE);
    // Adopted tokens have no secret to store.
    const adopting = await stage.json('plan --sandbox');
    expect(JSON.stringify(adopting.document)).not.toContain('secret_foreign');
    await stage.run('sandbox reset');
    const { document } = await stage.json('plan --sandbox');
    const paths = [
      ['local', [`${ENV}#${AIRFLOW}`, `${ENV}#MOTHERDUCK_TOKEN_ETL_BI`]],
      ['js', [`${JSON_FILE}#ten.app`]],
    ];
    const { warnings } = document as {
      warnings: { kind: string; cases: { store: string; secret_paths: string[] }[] }[];
    };
    const foreign = warnings.filter(({ kind }) => kind === 'secret_foreign');
    expect(foreign.map(({ cases: [first] }) => [first?.store, first?.secret_paths])).toEqual(paths);
  });
});

it('the plan of a rotation names the replaced tokens that waited for one', async () => {
  const stage = await Stage.applied(CONFIGURATION);
  expect((await stage.run('rotate etl/airflow --sandbox --yes --no-smoke')).code).toBe(0);
  editState(stage, ({ accounts }) => {
    for (const old of accounts.etl?.tokens.airflow?.retiring ?? []) delete old.retire_at;
  });
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({
    actions: [{ action: 'rotate_token', after: { retiring: [{ name: 'airflow' }] } }],
  });
});

describe('a replaced token whose secret the store has again', () => {
  const restored = async (config = CONFIGURATION) => {
    const stage = await Stage.applied(config);
    const [env, json] = [stage.read(ENV), stage.read(JSON_FILE)];
    expect((await stage.run('rotate etl ten --sandbox --yes')).code).toBe(0);
    stage.write(ENV, env);
    stage.write(JSON_FILE, json);
    await stage.advance(3 * 86_400);
    return stage;
  };
  const liveOf = (stage: Stage) =>
    stage.inSandbox(async (organization) =>
      organization
        .inspect()
        .accounts.flatMap(({ username, tokens }) => tokens.map(({ name }) => `${username}/${name}`)),
    );

  it('stays until the store has another, and then for an overlap', async () => {
    const stage = await restored();
    const held = await stage.json('apply --due --sandbox --yes');
    const warnings = expect.arrayContaining([expect.objectContaining({ kind: 'overlap_held', count: 3 })]);
    expect([held.code, held.document]).toMatchObject([0, { actions: [], warnings }]);
    expect(await liveOf(stage)).toEqual(expect.arrayContaining(['etl/airflow', 'etl/bi', 'ten/app']));
    expect((await stage.run('rotate etl/airflow --sandbox --yes')).code).toBe(0);
    expect((await stage.run('apply --due --sandbox --yes')).code).toBe(0);
    expect(await liveOf(stage)).toContain('etl/airflow');
    await stage.advance(25 * 3600);
    expect((await stage.run('apply --due --sandbox --yes')).code).toBe(0);
    const left = await liveOf(stage);
    expect([left.includes('etl/airflow'), left.includes('etl/bi')]).toEqual([false, true]);
  });

  it('stays when its account left the configuration', async () => {
    const stage = await restored();
    stage.edit((yaml) => yaml.replace(/ {2}ten: .*\n/, ''));
    const { document } = await stage.json('apply --due --sandbox --yes');
    const { actions, warnings } = document as {
      actions: unknown[];
      warnings: { kind: string; names: string[] }[];
    };
    expect(actions).toEqual([]);
    const held = warnings.filter(({ kind }) => kind === 'overlap_held');
    expect(held.flatMap(({ names }) => names).sort()).toEqual(['etl/airflow', 'etl/bi', 'ten/app']);
    expect(await liveOf(stage)).toContain('ten/app');
  });
});

it('a rehearsal writes no secret, so that a run which is killed in it leaves none', async () => {
  const stage = await Stage.applied();
  const folder = stage.file('.motherduck');
  const before = stage.read('.motherduck/secrets.env');
  const handle = await open(stage.file('.motherduck/secrets.env'));
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = prototype;
  const written: string[] = [];
  vi.spyOn(prototype, 'sync').mockImplementation(function (this: unknown) {
    const temporary = readdirSync(folder).filter((name) => name.startsWith('secrets.env') && name.endsWith('.tmp'));
    written.push(...temporary.map((name) => readFileSync(path.join(folder, name), 'utf8')));
    return sync.call(this);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  expect((await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke')).code).toBe(0);
  const values = [...before.matchAll(/="?([^\n"]{20,})/g)].map(([, value = '']) => value);
  expect(values.length).toBeGreaterThan(1);
  const [rehearsed = '', stored = ''] = written;
  expect(values.filter((value) => rehearsed.includes(value.slice(0, 12)))).toEqual([]);
  expect(rehearsed.length).toBeGreaterThan(before.length / 2);
  expect(values.some((value) => stored.includes(value))).toBe(true);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
