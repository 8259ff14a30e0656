/** A policy that gives programs less time: a plan says so, and nobody's nightly run revokes what they use because of it. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts: { etl_prod: { tokens: { airflow: pipeline } } }
`;
const APPLY = 'apply --sandbox --yes --no-smoke';
const hastened = (yaml: string) => yaml.replace('rotate_before: 14d, overlap: 24h', 'rotate_before: 88d, overlap: 0s');
const warning = (kind: string) => expect.arrayContaining([expect.objectContaining({ kind })]);

const liveTokens = (stage: Stage) =>
  stage.inSandbox(async (organization) =>
    organization.inspect().accounts.flatMap(({ username, tokens }) => tokens.map(({ name }) => `${username}/${name}`)),
  );

describe('an overlap that became 0', () => {
  it.each([
    ['since the last apply', (stage: Stage) => stage.edit(hastened)],
    [
      'and which the state does not have',
      (stage: Stage) => {
        stage.edit(hastened);
        stage.write(STATE, stage.read(STATE).replace(/^ *"(overlap|rotate_before)".*\n/gm, ''));
      },
    ],
    [
      'of a token whose secret is not known',
      (stage: Stage) => {
        stage.edit(hastened);
        const state = JSON.parse(stage.read(STATE));
        const { current } = state.accounts.etl_prod.tokens.airflow;
        Object.assign(current, { secret: 'unknown', overlap: 0, rotate_before: 88 * 86_400 });
        stage.write(STATE, JSON.stringify(state));
      },
    ],
  ])('%s is left to an apply that somebody attends', async (_, change) => {
    const stage = await Stage.applied(CONFIGURATION);
    change(stage);
    await stage.advance(3 * 86_400);
    const { document } = await stage.json(`${APPLY} --due`);
    expect(document).toMatchObject({ actions: [], warnings: warning('not_scheduled') });
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow']);
    expect(await stage.json('plan --sandbox')).toMatchObject({
      document: { actions: [{ action: 'rotate_token', risk: 'disruptive' }] },
    });
  });

  it('is said by the plan until somebody applied it, and then done at night', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit(hastened);
    for (const _ of [1, 2]) {
      expect(await stage.json('plan --sandbox')).toMatchObject({
        document: { actions: [], warnings: warning('policy_hastened'), next: [{ change: 'rotates', overlap: 0 }] },
      });
      await stage.run(`${APPLY} --due`);
    }
    expect((await stage.run(APPLY)).code).toBe(0);
    expect(await stage.json('plan --sandbox')).toMatchObject({ document: { actions: [], warnings: [] } });
    await stage.advance(3 * 86_400);
    await stage.run(`${APPLY} --due`);
    expect(await liveTokens(stage)).toEqual(['etl_prod/airflow.2']);
  });
});

describe('a rotation', () => {
  const rotation = (risk: string) => ({ document: { actions: [{ action: 'rotate_token', risk }] } });

  it('with an overlap of a second is disruptive', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((yaml) => yaml.replace('24h', '1s').replace('ttl: 90d', 'ttl: 80d'));
    expect(await stage.json('plan --sandbox')).toMatchObject(rotation('disruptive'));
  });

  it.each(['read_write', 'read_scaling'])('from the type %s is disruptive', async (type) => {
    const other = type === 'read_write' ? 'read_scaling' : 'read_write';
    const stage = await Stage.applied(CONFIGURATION.replace('read_write', type));
    stage.edit((yaml) => yaml.replace(`type: ${type}`, `type: ${other}`));
    expect(await stage.json('plan --sandbox')).toMatchObject(rotation('disruptive'));
  });

  it('to a token that never expires is named in a warning', async () => {
    const stage = await Stage.applied(CONFIGURATION);
    stage.edit((yaml) =>
      `${yaml}guardrails: { allow_never_expiring: true }\n`.replace('ttl: 90d, rotate_before: 14d', 'ttl: never'),
    );
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({ ...rotation('safe').document, warnings: warning('never_expires') });
  });
});
