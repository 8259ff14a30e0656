/** The library, as a program uses it, with an embedded sandbox. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  apply,
  audit,
  hasChanges,
  InvalidConfiguration,
  loadConfig,
  openService,
  openState,
  openStores,
  plan,
  readLive,
  readState,
  renderApplied,
  renderAudit,
  renderPlan,
  type Secret,
  type SecretStore,
  UserError,
} from '../../src/library.ts';
import { newFolder } from '../files/processes.ts';
import { S3Server } from '../state/servers/s3.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: secrets.env, format: dotenv } }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl: { deletion_protection: false, tokens: { airflow: pipeline } }
  bi_app: { deletion_protection: false, tokens: { app: pipeline } }
guardrails: { max_deletes: 5, max_token_ttl: 90d }
`;

/** Opens a new sandbox with a configuration; it is closed when the test ends. */
async function open(configuration = CONFIGURATION) {
  const folder = await newFolder();
  const file = join(folder, 'accounts.yaml');
  await writeFile(file, configuration);
  const { desired } = await loadConfig(file);
  const service = await openService({ sandbox: join(folder, 'sandbox'), env: {} });
  onTestFinished(() => service.close());
  return { folder, file, desired, service };
}

type Opened = Awaited<ReturnType<typeof open>>;
type Overrides = Partial<Parameters<typeof apply>[0]> & { readonly prune?: boolean };

/** Locks the state, plans, applies, and releases the lock. */
async function applyAll({ desired, service }: Pick<Opened, 'desired' | 'service'>, overrides: Overrides = {}) {
  const { prune = false, ...options } = overrides;
  const state = await openState({ desired, service });
  try {
    const live = await readLive({ desired, state, service });
    const planned = plan({
      desired,
      live,
      state,
      service,
      prune,
      ...(options.stores ? { stores: options.stores } : {}),
    });
    const applied = await apply({ plan: planned, desired, live, state, service, smoke: false, ...options });
    return { planned, applied };
  } finally {
    await state.close();
  }
}

/** The code of the UserError that a promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.code : '';
}

describe('a program', () => {
  it('plans, applies and audits, prints nothing, and has no changes afterwards', async () => {
    const printed = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    onTestFinished(() => void vi.restoreAllMocks());
    const opened = await open();
    const { planned, applied } = await applyAll(opened);
    expect(planned.actions.map(({ action, account }) => `${action} ${account}`)).toEqual([
      'create_account etl',
      'create_token etl',
      'create_account bi_app',
      'create_token bi_app',
    ]);
    expect(applied).toMatchObject({ succeeded: true, interrupted: false, failures: [] });
    expect(await readFile(join(opened.folder, 'secrets.env'), 'utf8')).toMatch(/^MOTHERDUCK_TOKEN_ETL_AIRFLOW=/m);

    const { desired, service } = opened;
    const state = await readState({ desired, service });
    const live = await readLive({ desired, state, service });
    expect(hasChanges(plan({ desired, live, state, service }))).toBe(false);
    expect((await audit({ desired, state, service })).checked).toEqual({ accounts: 2, tokens: 2 });
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  it.each([
    ['of readState', false],
    ['that is open', true],
  ])('audits while a run applies, with a state %s, and does not judge what it changes', async (_, isOpen) => {
    const opened = await open();
    await applyAll(opened);
    const { service, file } = opened;
    await writeFile(
      file,
      CONFIGURATION.replace('guardrails:', '  new_one: { tokens: { app: pipeline } }\nguardrails:'),
    );
    const { desired } = await loadConfig(file);
    const state = isOpen ? await openState({ desired, service }) : await readState({ desired, service });
    const { listUsers } = service.api;
    vi.spyOn(service.api, 'listUsers').mockImplementationOnce(async () => {
      const users = await listUsers();
      if (!('close' in state)) await applyAll({ desired, service });
      else {
        const live = await readLive({ desired, state, service });
        const planned = plan({ desired, live, state, service });
        await apply({ plan: planned, desired, live, state, service, smoke: false });
      }
      return users;
    });
    const warnings: string[] = [];
    const found = await audit({ desired, state, service, onWarning: (message) => warnings.push(message) });
    if ('close' in state) await state.close();
    expect(found.checked.accounts).toBe(2);
    expect(found.findings.filter(({ account }) => account === 'new_one')).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('new_one')]);
  });

  it('refuses to plan and to audit another organization', async () => {
    const opened = await open();
    await applyAll(opened);
    const { desired, service } = opened;
    const state = await readState({ desired, service });
    for (const name of ['etl', 'bi_app']) {
      await service.api.deleteUser(name);
      await service.api.createUser(name);
    }
    const live = await readLive({ desired, state, service });
    expect(() => plan({ desired, live, state, service })).toThrow(
      expect.objectContaining({ code: 'ORGANIZATION_DIFFERS' }),
    );
    expect(await codeOf(audit({ desired, state, service }))).toBe('ORGANIZATION_DIFFERS');
  });

  it('renders plans, their results and audits as the commands do', async () => {
    const opened = await open();
    const { planned, applied } = await applyAll(opened);
    const { desired, service } = opened;
    const found = await audit({ desired, state: await readState({ desired, service }), service });
    expect(renderPlan(planned, 'text')).toMatch(/^Plan: 2 accounts /m);
    expect(JSON.parse(renderPlan(planned, 'json')).actions).toHaveLength(4);
    expect(renderPlan(planned, 'markdown')).toMatch(/^\*\*Plan: 2 accounts /);
    expect(renderPlan(planned, 'html')).toContain('<!doctype html>');
    expect(renderApplied(planned, applied, 'text')).toMatch(/^Applied: 4 of 4 /m);
    expect(JSON.parse(renderApplied(planned, applied, 'json')).applied.outcomes).toHaveLength(4);
    expect(JSON.parse(renderAudit(found, 'json')).organization).toBe('acme');
    expect(JSON.parse(renderAudit(found, 'sarif')).version).toBe('2.1.0');
    expect(() => renderPlan(planned, 'pdf' as 'text')).toThrow(/\bpdf$/);
  });

  it('reads and plans only the accounts that match only', async () => {
    const { desired, service } = await open();
    const state = await readState({ desired, service });
    const live = await readLive({ desired, state, service, only: ['e*'] });
    expect([...live.accounts.keys()]).toEqual(['etl']);
    expect(plan({ desired, live, state, service, only: ['e*'] }).actions.map(({ account }) => account)).toEqual([
      'etl',
      'etl',
    ]);
    expect(plan({ desired, live, state, service }).errors.map(({ account }) => account)).toEqual(['bi_app']);
    expect(() => plan({ desired, live, state, service, only: ['x*'] })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('x*') }),
    );
  });
});

describe('a configuration', () => {
  it('with errors is thrown with every error and its location', async () => {
    const { file } = await open();
    await writeFile(file, CONFIGURATION.replaceAll(': pipeline', ': pipelin'));
    const error = await loadConfig(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidConfiguration);
    expect(String(error)).toContain(` 2 errors: ${file}:7:`);
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      diagnostics: [
        { code: 'unknown-policy', file, line: 7, hint: expect.stringContaining('"pipeline"') },
        { code: 'unknown-policy', file, line: 8 },
      ],
    });
  });

  it('that does not exist is an error; values come from the given environment', async () => {
    const { folder, file } = await open();
    expect(await codeOf(loadConfig(join(folder, 'other.yaml')))).toBe('CONFIG_NOT_FOUND');
    await writeFile(file, CONFIGURATION.replace('organization: acme', 'organization: ${COMPANY}'));
    const { desired, warnings, files } = await loadConfig(file, { env: { COMPANY: 'globex' } });
    expect(desired.organization).toBe('globex');
    expect({ warnings, files }).toEqual({ warnings: [], files: [file] });
  });
});

describe('the token', () => {
  it('is read from the options or the given environment; it is an error if neither has one', async () => {
    expect(await codeOf(openService({ env: {} }))).toBe('TOKEN_MISSING');
    expect(await codeOf(openService({ token: 'two lines\nof text', env: {} }))).toBe('TOKEN_REFUSED');
    expect(await codeOf(openService({ token: 't', apiUrl: 'ftp://x', env: {} }))).toBe('API_URL_INVALID');
    const service = await openService({ env: { motherduck_token: 'something' }, apiUrl: 'https://api.example.com' });
    expect(service.isSandbox).toBe(false);
    await service.close();
  });

  it('is in nothing that a log shows of the service', async () => {
    const token = 'admin_marker_0123456789';
    const service = await openService({ token, env: { HTTPS_PROXY: `http://user:${token}@127.0.0.1:1` } });
    for (const shown of [inspect(service), inspect(service, { depth: 30 }), JSON.stringify(service)]) {
      expect(shown).not.toContain('marker');
    }
    await service.close();
  });
});

describe('the state', () => {
  it('is locked while it is open, and unlocked afterwards', async () => {
    const { desired, service } = await open();
    const state = await openState({ desired, service });
    expect(await codeOf(openState({ desired, service }))).toBe('STATE_LOCKED');
    const waiting = openState({ desired, service, wait: 60 });
    await state.close();
    await (await waiting).close();
  });

  it('is where the environment of the service says', async () => {
    const server = await S3Server.start();
    onTestFinished(() => server.end());
    const known = { AWS_CONFIG_FILE: '/nonexistent', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent', ...S3Server.ENV };
    for (const [name, value] of Object.entries(known)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { folder, desired } = await open(`${CONFIGURATION}state: { kind: s3, bucket: acme-platform }\n`);
    const env = {
      AWS_ENDPOINT_URL: server.url,
      AWS_REGION: server.region,
      CI_JOB_URL: 'https://ci.example.com/jobs/1',
    };
    const service = await openService({ sandbox: join(folder, 'sandbox'), env });
    onTestFinished(() => service.close());
    expect((await readState({ desired, service })).accounts.size).toBe(0);
    await applyAll({ desired, service });
    const state = await readState({ desired, service });
    expect(state.accounts.size).toBe(2);
    expect(state.runs.map(({ who }) => who)).toEqual(['https://ci.example.com/jobs/1']);
    expect(server.objects.size).toBeGreaterThan(0);
  });

  it('of another organization is refused, and no lock remains', async () => {
    const opened = await open();
    await applyAll(opened);
    const desired = { ...opened.desired, organization: 'globex' };
    expect(await codeOf(openState({ desired, service: opened.service }))).toBe('STATE_FOREIGN');
    const state = await openState(opened);
    expect(state.state.accounts.size).toBe(2);
    await state.close();
  });
});

describe('an apply', () => {
  it('puts secrets into a store of the program; only reveal() shows them', async () => {
    const got = new Map<string, Secret>();
    const store: SecretStore = {
      name: 'local',
      secretPath: ({ account, token }) => `memory#${account}/${token}`,
      check: async () => {},
      put: async ({ account, token }, secret) => void got.set(`${account}/${token}`, secret),
    };
    const { applied } = await applyAll(await open(), { stores: new Map([['local', store]]) });
    expect(applied.succeeded).toBe(true);
    expect([...got.keys()].sort()).toEqual(['bi_app/app', 'etl/airflow']);
    expect(`${got.get('bi_app/app')} ${JSON.stringify([...got])}`).not.toMatch(/eyJ|\.\w+\./);
    expect(got.get('bi_app/app')?.reveal()).toMatch(/^eyJ/);
  });

  it('deletes accounts only when that is allowed', async () => {
    const opened = await open();
    await applyAll(opened);
    await writeFile(opened.file, CONFIGURATION.replace(/^ {2}bi_app:.*\n/m, ''));
    const { desired } = await loadConfig(opened.file);
    const { service } = opened;
    expect(await codeOf(applyAll({ desired, service }, { prune: true }))).toBe('NOT_CONFIRMED');
    const { applied } = await applyAll({ desired, service }, { prune: true, allowDelete: true });
    expect(applied.outcomes.map(({ action, result }) => `${action.action} ${result}`)).toEqual(['delete_account done']);
  });

  it('of a plan that breaks a guardrail is refused', async () => {
    const opened = await open();
    await applyAll(opened);
    await writeFile(
      opened.file,
      CONFIGURATION.replace(/^ {2}bi_app:.*\n/m, '').replace('max_deletes: 5', 'max_deletes: 0'),
    );
    const { desired } = await loadConfig(opened.file);
    const { service } = opened;
    expect(await codeOf(applyAll({ desired, service }, { prune: true, allowDelete: true }))).toBe('GUARDRAIL');
  });

  it('that is interrupted reports it, and the next one continues', async () => {
    const opened = await open();
    const stop = new AbortController();
    const { applied } = await applyAll(opened, {
      signal: stop.signal,
      onEvent: ({ kind }) => {
        if (kind === 'begin') stop.abort();
      },
    });
    expect(applied).toMatchObject({ succeeded: false, interrupted: true });
    expect(applied.outcomes.some(({ result }) => result === 'skipped')).toBe(true);
    expect((await applyAll(opened)).applied.succeeded).toBe(true);
  });

  it('with a store that cannot be written changes nothing', async () => {
    const opened = await open();
    const stores = openStores(opened.desired);
    await writeFile(join(opened.folder, 'secrets.env'), new Uint8Array([0xff, 0xfe]), { mode: 0o600 });
    expect(await codeOf(applyAll(opened, { stores }))).toBe('STORE_UNUSABLE');
    expect((await opened.service.api.listUsers()).users.filter((user) => user.is_service_account)).toEqual([]);
  });
});
