/** Doctor and audits say of stores and locks what an apply would: by the same check, and without writing anything. */
import { mkdirSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Audit } from '../../src/model/audit.ts';
import type { DoctorReport } from '../../src/model/doctor.ts';
import { CONFIG, STATE, Stage } from '../stage.ts';

const configuration = (store: string) => `version: 1
organization: acme
secret_stores:
  local: ${store}
token_policies:
  app: { type: read_write, ttl: 30d, rotate_before: 7d, overlap: 1d, secret_store: local }
accounts:
  etl_prod:
    tokens: { app: app }
    smoke: false
`;
const JSON_STORE = '{ kind: file, path: .motherduck/s.json, format: json }';
const DOTENV_STORE = '{ kind: file, path: .motherduck/s.env, format: dotenv }';

type Situation = readonly [what: string, store: string, prepare: (stage: Stage) => void, code: string];

const SITUATIONS: readonly Situation[] = [
  [
    'an account in the file is not an object',
    JSON_STORE,
    (stage) => stage.write('.motherduck/s.json', '{"etl_prod":"x"}', 0o600),
    'STORE_UNUSABLE',
  ],
  [
    'the path of the lock is a folder',
    DOTENV_STORE,
    (stage) => mkdirSync(stage.file('.motherduck/s.env.lock'), { recursive: true }),
    'STORE_UNUSABLE',
  ],
  [
    'the place has a value of others',
    DOTENV_STORE,
    (stage) => stage.write('.motherduck/s.env', 'MOTHERDUCK_TOKEN_ETL_PROD_APP=theirs\n', 0o600),
    'STORE_FOREIGN',
  ],
];

async function doctor(stage: Stage, name: string) {
  const ran = await stage.json('doctor --sandbox');
  return { code: ran.code, check: (ran.document as DoctorReport).checks.find((check) => check.name === name) };
}

describe.each(SITUATIONS)('%s', (_, store, prepare, code) => {
  it('is found by doctor, plan and an audit, as by apply, and nothing is written', async () => {
    const stage = new Stage(configuration(store));
    prepare(stage);
    const before = readdirSync(stage.file('.motherduck'));
    for (let time = 0; time < 2; time += 1) {
      expect(await doctor(stage, 'store')).toMatchObject({ code: 1, check: { status: 'failed', code } });
      const audited = (await stage.json('audit --sandbox --check-stores')).document;
      expect(audited).toMatchObject({
        findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA019' })]),
      });
    }
    const kind = code === 'STORE_FOREIGN' ? 'secret_foreign' : 'store_unusable';
    const planned = (await stage.json('plan --sandbox')).document;
    expect(planned).toMatchObject({ warnings: expect.arrayContaining([expect.objectContaining({ kind })]) });
    expect(readdirSync(stage.file('.motherduck'))).toEqual(before);
    const applied = await stage.json('apply --sandbox --yes --no-smoke');
    expect(applied).toMatchObject({ code: 1, document: { error: { code } } });
  });
});

describe('a state that was lost, whose token is live and in its store', () => {
  const TWO = configuration(DOTENV_STORE).replace('{ app: app }', '{ app: app, new: app }');

  it('is a warning, as in the plan, and an apply adopts the token', async () => {
    const stage = await Stage.applied(configuration(DOTENV_STORE));
    stage.remove(STATE);
    for (const _ of Array(2)) {
      const { code, check } = await doctor(stage, 'store');
      expect({ code, status: check?.status }).toEqual({ code: 0, status: 'warning' });
      expect(check?.message).toContain('next rotation of etl_prod/app');
      expect(`${check?.message} ${check?.hint?.text}`).not.toMatch(/nothing was stored|mv |move/);
      const audited = (await stage.json('audit --sandbox --check-stores')).document;
      expect(JSON.stringify((audited as Audit).findings)).not.toContain('MDA019');
      expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    }
  });

  it('does not have its file moved aside where a new token finds a value in its place', async () => {
    const stage = await Stage.applied(configuration(DOTENV_STORE));
    stage.remove(STATE);
    const [, secret] = stage.read('.motherduck/s.env').trim().split(/=(.*)/s);
    stage.write('.motherduck/s.env', `${stage.read('.motherduck/s.env')}MOTHERDUCK_TOKEN_ETL_PROD_NEW=${secret}\n`);
    stage.write(CONFIG, TWO);
    const { code, check } = await doctor(stage, 'store');
    expect({ code, failed: check?.code }).toEqual({ code: 1, failed: 'STORE_FOREIGN' });
    expect(check?.message).not.toContain('ETL_PROD_APP');
    const applied = await stage.run('apply --sandbox --yes --no-smoke');
    expect(applied.code).toBe(1);
    expect(applied.stderr).toContain('ETL_PROD_NEW');
    expect(`${check?.hint?.text} ${applied.stderr}`).not.toContain('mv ');
  });

  it('is a warning where the account is suspended, whose tokens are not stored', async () => {
    const stage = await Stage.applied(configuration(DOTENV_STORE));
    stage.remove(STATE);
    stage.write(CONFIG, stage.read().replace('    smoke:', '    suspended: true\n    smoke:'));
    const { code } = await doctor(stage, 'store');
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(code);
  });
});

it('a store that nothing is wrong with passes, before and after it has the secrets', async () => {
  const stage = new Stage(configuration(DOTENV_STORE));
  expect((await doctor(stage, 'store')).check).toMatchObject({ status: 'ok' });
  expect(stage.has('.motherduck')).toBe(false);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect((await doctor(stage, 'store')).check).toMatchObject({ status: 'ok' });
  expect((await stage.json('audit --sandbox --check-stores')).document).not.toMatchObject({
    findings: expect.arrayContaining([expect.objectContaining({ rule: 'MDA019' })]),
  });
});

it('a damaged lock, which apply refuses, is not free', async () => {
  const stage = await Stage.applied(configuration(DOTENV_STORE));
  stage.write(`${STATE}.lock`, 'damaged');
  expect(await doctor(stage, 'lock')).toMatchObject({ code: 1, check: { status: 'failed', code: 'STATE_LOCKED' } });
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(5);
});

it('a configuration that was named and is not there fails', async () => {
  const stage = new Stage(configuration(DOTENV_STORE));
  const ran = await stage.json('doctor --sandbox -c other.yaml');
  expect(ran.code).toBe(1);
  expect((ran.document as DoctorReport).checks).toContainEqual(
    expect.objectContaining({ name: 'configuration', status: 'failed', code: 'CONFIG_NOT_FOUND' }),
  );
});
