/** A `destroy` that did not do everything is continued with `destroy`: an apply would create again what is gone. */
import { describe, expect, it } from 'vitest';
import { STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  vault: { kind: exec, command: [node, store.cjs], remove: [node, remove.cjs, "{account}/{token}"] }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: vault }
accounts:
  etl: { deletion_protection: false, smoke: false, tokens: { air: { policy: p } } }
  bix: { deletion_protection: false, smoke: false }
guardrails: { max_deletes: 2 }
`;
const BEGUN = { action: 'delete_account', at: '2026-11-29T10:00:00.000Z' };
const REAL = '--sandbox --real-stores --yes --no-smoke';

async function destroyed(): Promise<Stage> {
  const stage = new Stage(CONFIGURATION);
  stage.write('store.cjs', 'process.stdin.resume();');
  stage.write('remove.cjs', 'process.exit(1);');
  expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
  return stage;
}

function removeBix(stage: Stage) {
  return stage.inSandbox((organization) => {
    const authorization = `Bearer ${organization.newAdminToken().reveal()}`;
    return organization.respond({ method: 'DELETE', target: '/v1/users/bix', authorization, body: '' });
  });
}

it('where a secret could not be removed, and the account is gone', async () => {
  const stage = await destroyed();
  const ran = await stage.run(`destroy ${REAL} --allow-delete --only etl`);
  expect(ran.code).toBe(3);
  expect(ran.stdout).toContain('1 of 1 action done');
  expect(ran.stdout).toContain('did not remove the secret of etl/air');
  expect(ran.stdout).toContain('mdacc destroy --sandbox --real-stores --only etl --allow-delete');
  expect(ran.stdout).not.toContain('run apply again');
  const { document } = await stage.json('plan --sandbox --only etl');
  expect(document).toMatchObject({ actions: [{ action: 'create_account', reason: { kind: 'deleted' } }, {}] });
  stage.write('remove.cjs', "require('node:fs').writeFileSync('removed', process.argv[2]);");
  expect((await stage.run(`destroy ${REAL} --allow-delete --only etl`)).code).toBe(0);
  expect(stage.read('removed')).toBe('etl/air');
  const again = await stage.json('plan --sandbox --only etl');
  expect(again.document).toMatchObject({ actions: [{ reason: { kind: 'new' } }, {}] });
});

it('and does nothing more when its account is gone, which the configuration still names', async () => {
  const stage = new Stage(CONFIGURATION);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  const destroy = 'destroy --sandbox --yes --no-smoke --allow-delete --only etl';
  expect((await stage.run(destroy)).code).toBe(0);
  const state = stage.read(STATE);
  const again = await stage.json(destroy);
  expect(again).toMatchObject({ code: 0, document: { actions: [] } });
  expect((await stage.run(destroy)).stdout).not.toContain('matches the configuration');
  expect(stage.read(STATE)).toBe(state);
  expect((await stage.run(`${destroy}x`)).code).toBe(64);
});

it('names an account of the state that left the configuration, and tells what a refusal needs once', async () => {
  const stage = new Stage(CONFIGURATION.replace('etl: { deletion_protection: false,', 'etl: {'));
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  const yaml = stage.read();
  stage.edit((text) => text.replace(/^ {2}etl:.*\n/m, ''));
  const destroy = 'destroy --sandbox --yes --no-smoke --allow-delete --only etl';
  for (const words of [destroy, 'apply --sandbox --yes --no-smoke --allow-delete --prune']) {
    const { code, stdout, stderr } = await stage.run(words);
    expect([code, `${stdout}${stderr}`.match(/deletion_protection: false/g)]).toMatchObject([1, { length: 1 }]);
  }
  stage.edit(() => yaml.replace('etl: {', 'etl: { deletion_protection: false,'));
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  stage.edit((text) => text.replace(/^ {2}etl:.*\n/m, ''));
  expect((await stage.json(destroy)).document).toMatchObject({ actions: [{ action: 'delete_account' }] });
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], retained: [] });
});

it('where the account is pruned', async () => {
  const stage = await destroyed();
  stage.edit((text) => text.replace(/^ {2}etl:.*\n/m, ''));
  const ran = await stage.run(`apply ${REAL} --prune --allow-delete`);
  expect([ran.code, ran.stdout]).toEqual([3, expect.stringContaining('1 of 1 action done')]);
  stage.write('remove.cjs', "require('node:fs').writeFileSync('removed', process.argv[2]);");
  expect((await stage.run(`apply ${REAL} --prune --allow-delete`)).code).toBe(0);
  expect(stage.read('removed')).toBe('etl/air');
});

it('where it was killed before the account was forgotten', async () => {
  const stage = await destroyed();
  await removeBix(stage);
  const state = JSON.parse(stage.read(STATE)) as { accounts: { bix: { intent?: object } } };
  state.accounts.bix.intent = BEGUN;
  stage.write(STATE, JSON.stringify(state));
  const { document } = await stage.json('plan --sandbox --only bix');
  expect(document).toMatchObject({
    actions: [{ action: 'create_account', reason: { kind: 'deleted', at: BEGUN.at } }],
  });
  const audit = await stage.run('audit --sandbox --only bix');
  expect(audit.stdout).toContain('deleted with mdacc on 2026-11-29');
});

describe('where it was killed, and a colleague created an account of that name', () => {
  /** The deletion of `bix` was begun, and another account has its name. */
  async function recreated(): Promise<Stage> {
    const stage = await destroyed();
    await removeBix(stage);
    await stage.inSandbox((organization) => {
      const authorization = `Bearer ${organization.newAdminToken().reveal()}`;
      const body = JSON.stringify({ username: 'bix' });
      return organization.respond({ method: 'POST', target: '/v1/users', authorization, body });
    });
    const state = JSON.parse(stage.read(STATE)) as { accounts: { bix: { intent?: object } } };
    state.accounts.bix.intent = BEGUN;
    stage.write(STATE, JSON.stringify(state));
    return stage;
  }
  const WHAT = 'deleted with mdacc on 2026-11-29 10:00 UTC, in a run that did not end; created again outside of mdacc';
  const isThere = (stage: Stage) =>
    stage.inSandbox(async (organization) => organization.inspect().accounts.some(({ username }) => username === 'bix'));

  it.each(['apply --prune --allow-delete', 'destroy --allow-delete --only bix', 'apply'])(
    '%s forgets it, and the other account stays',
    async (command) => {
      const stage = await recreated();
      if (command.startsWith('apply')) stage.edit((text) => text.replace(/^ {2}bix:.*\n/m, ''));
      const { code, document } = await stage.json(`${command} ${REAL}`);
      const reason = { kind: 'deleted', at: BEGUN.at };
      expect([code, document]).toMatchObject([0, { actions: [{ action: 'forget', account: 'bix', reason }] }]);
      expect([await isThere(stage), Object.keys(JSON.parse(stage.read(STATE)).accounts)]).toEqual([true, ['etl']]);
    },
  );

  it('adopts the other account while the configuration names it, and says so after a --due run too', async () => {
    const stage = await recreated();
    await stage.run(`apply --due ${REAL}`);
    const { document } = await stage.json('plan --sandbox');
    const reason = { kind: 'deleted', at: '2026-11-29T10:00:00.000Z' };
    expect(document).toMatchObject({ actions: [{ action: 'adopt_account', account: 'bix', reason }] });
    const { stdout } = await stage.run('plan --sandbox');
    expect(stdout).toContain(WHAT);
    expect(stdout).not.toContain('deleted outside');
    expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
    expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  });
});

it('unless the account is there, and an apply finds that it stays', async () => {
  const stage = await destroyed();
  const state = JSON.parse(stage.read(STATE)) as { accounts: { bix: { intent?: object } } };
  state.accounts.bix.intent = BEGUN;
  stage.write(STATE, JSON.stringify(state));
  expect((await stage.run(`apply ${REAL}`)).code).toBe(0);
  await removeBix(stage);
  const { document } = await stage.json('plan --sandbox --only bix');
  expect(document).toMatchObject({ actions: [{ action: 'create_account', reason: { kind: 'deleted_outside' } }] });
});

it('after a rotation that failed, with the same stores', async () => {
  const stage = await destroyed();
  stage.write('store.cjs', 'process.stdin.resume(); process.exitCode = 3;');
  const ran = await stage.run(`rotate etl/air ${REAL}`);
  expect([ran.code, ran.stdout]).toEqual([3, expect.stringContaining('mdacc rotate etl/air --sandbox --real-stores')]);
});
