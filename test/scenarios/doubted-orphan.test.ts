/** An orphan is revoked at once only where its store shows that it does not have its secret; a state alone does not. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const FILE = '{ kind: file, path: .motherduck/secrets.env, format: dotenv }';
const OTHER = '{ kind: file, path: .motherduck/other.env, format: dotenv }';
const EXEC = '{ kind: exec, command: [tee, "{account}.{token}"] }';

const configuration = (store: string) => `version: 1
organization: acme
secret_stores:
  local: ${store}
  more: ${OTHER}
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl_prod: { deletion_protection: false, tokens: { airflow: pipeline } }
`;
const without = (yaml: string) => yaml.replace(/ {2}etl_prod:.*/, '  other: {}');
const unused = (yaml: string) => yaml.replace('overlap: 24h, secret_store: local', 'overlap: 24h, secret_store: more');

/** The state says of the live token that it was created by an interrupted run which stored nothing. */
async function forged(store: string): Promise<Stage> {
  const stage = await Stage.applied(configuration(store));
  const state = JSON.parse(stage.read(STATE));
  const { current } = state.accounts.etl_prod.tokens.airflow;
  const { secret_path } = current.secret;
  const intent = { name: 'airflow', generation: 1, at: current.created_at, storing: false, secret_path };
  state.accounts.etl_prod.tokens.airflow = { generation: 1, retiring: [], intents: [intent] };
  stage.write(STATE, JSON.stringify(state));
  return stage;
}

const liveTokens = (stage: Stage) =>
  stage.inSandbox(async (organization) =>
    organization.inspect().accounts.flatMap(({ username, tokens }) => tokens.map(({ name }) => `${username}/${name}`)),
  );

describe.each([
  ['that runs a program', EXEC, (yaml: string) => yaml],
  ['that runs a program, of an account that left the configuration', EXEC, without],
  ['that runs a program, which is another store now', EXEC, unused],
  ['of a file that has a value, of an account that left the configuration', FILE, without],
])('an orphan of a store %s', (_, store, change) => {
  it.each(['apply --due', 'apply'])('is not revoked at once by %s', async (command) => {
    const stage = await forged(store);
    stage.edit(change);
    const { document } = await stage.json(command.replace('apply', 'plan').concat(' --sandbox'));
    expect(document).not.toMatchObject({
      actions: expect.arrayContaining([expect.objectContaining({ action: 'revoke_token' })]),
    });
    await stage.run(`${command} --sandbox --yes --no-smoke`);
    expect(await liveTokens(stage)).toContain('etl_prod/airflow');
  });
});

it('an orphan whose file has nothing is revoked at once', async () => {
  const stage = await forged(FILE);
  stage.write('.motherduck/secrets.env', '');
  const { document } = await stage.json('plan --sandbox --due');
  expect(document).toMatchObject({
    actions: expect.arrayContaining([expect.objectContaining({ action: 'revoke_token' })]),
  });
});
