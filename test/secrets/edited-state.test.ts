/** A state that someone edited says that a token which is gone has its secret where another's is: that one stays. */
import { expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

type Tokens = Record<string, { current: { id: string; name: string; secret: { secret_path: string } } }>;
interface Document {
  accounts: Record<string, { tokens: Tokens }>;
}

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: s.env, format: dotenv } }
token_policies: { loads: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local } }
accounts:
  etl_prod: { tokens: { airflow: loads } }
`;
const SECOND = '  left: { tokens: { app: loads } }\n';

it.each(['a retained account', 'another key of the account'])('the secret of %s stays', async (whose) => {
  const stage = await Stage.applied(CONFIGURATION + SECOND);
  const isRetained = whose === 'a retained account';
  if (isRetained) stage.write('motherduck.accounts.yaml', CONFIGURATION);
  const before = stage.read('s.env');
  const document = JSON.parse(stage.read(STATE)) as Document;
  const { etl_prod: own, left } = document.accounts;
  const taken = isRetained ? left?.tokens.app : own?.tokens.airflow;
  if (own === undefined || taken === undefined) throw new Error('no token');
  own.tokens.ghost = { ...structuredClone(taken), current: { ...structuredClone(taken.current), id: 'gone' } };
  stage.write(STATE, JSON.stringify(document));
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  expect(Object.keys((JSON.parse(stage.read(STATE)) as Document).accounts.etl_prod?.tokens ?? {})).toEqual(['airflow']);
  expect(stage.read('s.env')).toBe(before);
});

it("the secret of another configuration's account stays, whose path and fingerprint the state names", async () => {
  const stage = await Stage.applied(CONFIGURATION);
  const before = stage.read('s.env');
  const document = JSON.parse(stage.read(STATE)) as Document;
  const secret = document.accounts.etl_prod?.tokens.airflow?.current.secret;
  stage.write('staging.yaml', CONFIGURATION.replace('s.env', 't.env').replace('etl_prod', 'stg_one'));
  expect((await stage.run('apply --config staging.yaml --sandbox --yes --no-smoke')).code).toBe(0);
  const staging = JSON.parse(stage.read('staging.state.json'));
  const gone = { id: 'gone', name: 'airflow', expires_at: null, retire_at: '2026-01-01T00:00:00Z' };
  staging.accounts.stg_one.tokens.airflow.retiring.push({ ...gone, secret });
  stage.write('staging.state.json', JSON.stringify(staging));
  const { document: plan } = await stage.json('plan --config staging.yaml --sandbox');
  expect(plan).toMatchObject({ warnings: [] });
  expect(plan).not.toHaveProperty('removals.0');
  expect((await stage.run('apply --config staging.yaml --sandbox --yes --no-smoke --due')).code).toBe(0);
  expect(stage.read('s.env')).toBe(before);
});
