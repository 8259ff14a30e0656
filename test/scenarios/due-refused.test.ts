/** Scheduled work that nobody attends: a store that refuses one token's secret stops no other rotation. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  nested: { kind: file, path: .motherduck/secrets.json, format: json }
  vault: { kind: exec, command: [tee, "{account}.{token}"], check: [test, -f, ready] }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  nested: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: nested }
  vault: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: vault }
accounts:
  adopted: { tokens: { app: pipeline, bi: pipeline } }
  fine: { tokens: { app: pipeline } }
  one: { tokens: { app: nested } }
  two: { tokens: { app: nested } }
  sealed: { tokens: { app: vault, bi: pipeline } }
`;
const DUE = 'apply --due --sandbox --real-stores --yes --no-smoke';

/** All tokens are due, and the state says of one that its secret is not known. */
async function due(): Promise<Stage> {
  const stage = new Stage(CONFIGURATION);
  stage.write('ready', '');
  expect((await stage.run('apply --sandbox --real-stores --yes --no-smoke')).code).toBe(0);
  await stage.advance(80 * 86_400);
  const state = JSON.parse(stage.read(STATE));
  state.accounts.adopted.tokens.app.current.secret = 'unknown';
  stage.write(STATE, JSON.stringify(state));
  return stage;
}

const tokensOf = (stage: Stage) =>
  stage.inSandbox(async (organization) =>
    organization.inspect().accounts.flatMap(({ username, tokens }) => tokens.map(({ name }) => `${username}/${name}`)),
  );

interface Outcome {
  readonly action: string;
  readonly account: string;
  readonly token: string;
  readonly result: string;
  readonly error?: { readonly code: string };
}

const brief = (document: unknown) =>
  (document as { readonly applied: { readonly outcomes: readonly Outcome[] } }).applied.outcomes.map(
    ({ account, token, result, error }) => `${account}/${token} ${result}${error ? ` ${error.code}` : ''}`,
  );

describe('apply --due', () => {
  it('leaves alone the tokens whose secrets a store refuses, does the rest, and says so by its exit code', async () => {
    const stage = await due();
    stage.remove('ready');
    const nested = JSON.parse(stage.read('.motherduck/secrets.json'));
    stage.write('.motherduck/secrets.json', JSON.stringify({ ...nested, one: 'mine' }));
    const { code, document } = await stage.json(DUE);
    expect(code).toBe(3);
    expect(brief(document)).toEqual([
      'adopted/app failed STORE_FOREIGN',
      'adopted/bi done',
      'fine/app done',
      'one/app failed STORE_UNUSABLE',
      'two/app done',
      'sealed/app failed STORE_UNUSABLE',
      'sealed/bi done',
    ]);
    expect(await tokensOf(stage)).toEqual(expect.arrayContaining(['adopted/bi.2', 'fine/app.2', 'two/app.2']));
    const refused = ['adopted/app.2', 'one/app.2', 'sealed/app.2'];
    expect((await tokensOf(stage)).filter((name) => refused.includes(name))).toEqual([]);
    await stage.advance(25 * 3600);
    expect(brief((await stage.json(DUE)).document)).toEqual(expect.arrayContaining(['fine/app done', 'two/app done']));
    expect(await tokensOf(stage)).not.toContain('fine/app');
    stage.write('ready', '');
    stage.write('.motherduck/secrets.json', JSON.stringify({ ...nested, one: {} }));
    stage.remove('.motherduck/secrets.env');
    expect((await stage.run(DUE)).code).toBe(0);
    expect(await tokensOf(stage)).toEqual(expect.arrayContaining(refused));
  });

  it('and an apply of everything, which somebody attends, refuses before anything is done', async () => {
    const stage = await due();
    const { code, document } = await stage.json(DUE.replace('--due ', ''));
    expect([code, document]).toMatchObject([1, { error: { code: 'STORE_FOREIGN' } }]);
    expect(await tokensOf(stage)).not.toContain('fine/app.2');
  });
});
