/** An audit while another run applies: it does not judge what that run has just changed. */
import { expect, it } from 'vitest';
import { audit } from '../../src/audit/audit.ts';
import { gatherEvidence } from '../../src/engine/auditing.ts';
import type { OpenedService } from '../../src/engine/service.ts';
import type { LockHolder } from '../../src/files/lock-file.ts';
import type { State } from '../../src/model/state.ts';
import { DAY, desire, token, World } from '../world.ts';
import { found } from './auditing.ts';

const HOLDER: LockHolder = { pid: 7, host: 'ci-7', command: 'apply', since: '2026-01-01T00:00:00.000Z' };

/** `b` expires later, so only `a` is due. */
const OLD = { etl_prod: { tokens: [token('a')] }, ml_prod: { tokens: [token('b', { ttl: 365 * DAY })] } };
const BEFORE = desire(OLD);
const AFTER = desire({ ...OLD, new_one: {} });
const UNTESTED = desire({ ...OLD, etl_prod: { ...OLD.etl_prod, smoke: false }, new_one: {} });

async function world(): Promise<World> {
  const made = new World();
  await made.apply(BEFORE);
  await made.organization.advance(80 * DAY);
  return made;
}

/** Audits; `meanwhile` happens when the users are listed. */
async function auditing(
  of: World,
  meanwhile: () => Promise<unknown>,
  readStateAgain?: () => Promise<{ state: State; holder?: LockHolder }>,
  { smoke = true } = {},
) {
  const warnings: string[] = [];
  let isDone = false;
  of.interfere = async (request) => {
    if (isDone || !request.url.includes('/v1/users')) return undefined;
    isDone = true;
    await meanwhile();
    return undefined;
  };
  const service = { api: of.openApi(), isSandbox: true, claims: [] } as unknown as OpenedService;
  const options = { parallelism: 4, ...(readStateAgain ? { readStateAgain } : {}) };
  const context = { warn: (message: string) => warnings.push(message) };
  const evidence = await gatherEvidence(smoke ? AFTER : UNTESTED, of.stateWriter.state, service, options, context);
  return { result: audit(evidence), warnings };
}

it('says nothing of accounts that an apply changes while they are read', async () => {
  const first = await world();
  const without = await auditing(first, () => first.apply(AFTER));
  expect(found(without.result).join()).toContain('MDA043 etl_prod/a.2');

  const second = await world();
  const { result, warnings } = await auditing(
    second,
    () => second.apply(AFTER),
    async () => ({ state: second.stateWriter.state }),
  );
  expect(found(result).filter((each) => !each.includes('ml_prod'))).toEqual([]);
  expect(result.checked.accounts).toBe(1);
  expect(warnings).toEqual([
    expect.stringMatching(/^another run was changing 2 accounts, not checked: etl_prod, new_one/),
  ]);
});

it('leaves calls that a run with the lock has only announced to that run', async () => {
  const of = await world();
  const { state } = of.stateWriter;
  const account = state.accounts.get('etl_prod');
  const before = account?.tokens.get('a');
  if (account === undefined || before === undefined) throw new Error('not applied');
  await of.api.createToken('etl_prod', { name: 'a.2', ttl: 90 * 86_400 });
  const intents = [{ name: 'a.2', generation: 2, at: new Date(of.api.now()).toISOString() }];
  const tokens = new Map([...account.tokens, ['a', { ...before, intents }]]);
  of.stateWriter.state = { ...state, accounts: new Map([...state.accounts, ['etl_prod', { ...account, tokens }]]) };
  const again = async () => ({ state: of.stateWriter.state });
  const idle = await auditing(of, async () => {}, again);
  expect(found(idle.result).join()).toContain('etl_prod/a');
  const running = await auditing(
    of,
    async () => {},
    async () => ({ ...(await again()), holder: HOLDER }),
  );
  expect(found(running.result).join()).not.toContain('etl_prod');
  expect(running.warnings).toEqual([expect.stringContaining('another run is changing 2 accounts')]);
});

it.each([
  ['with a smoke test', true],
  ['without one', false],
])('leaves a token that was stored and not verified to a run with the lock, %s', async (_name, smoke) => {
  const of = await world();
  await of.apply(BEFORE);
  const { state } = of.stateWriter;
  const rotated = state.accounts.get('etl_prod');
  const token = rotated?.tokens.get('a');
  if (!rotated || !token?.current) throw new Error('not applied');
  const { verified_at: _verified, ...current } = token.current;
  const retiring = token.retiring.map(({ retire_at: _at, ...old }) => old);
  const tokens = new Map([...rotated.tokens, ['a', { ...token, current, retiring }]]);
  of.stateWriter.state = { ...state, accounts: new Map([...state.accounts, ['etl_prod', { ...rotated, tokens }]]) };
  const again = async () => ({ state: of.stateWriter.state });
  const idle = await auditing(of, async () => {}, again, { smoke });
  expect(found(idle.result).join()).toContain(smoke ? 'MDA033 etl_prod/a.2' : '');
  const running = await auditing(
    of,
    async () => {},
    async () => ({ ...(await again()), holder: HOLDER }),
    { smoke },
  );
  expect(found(running.result).join()).not.toContain('etl_prod');
  expect(running.warnings).toEqual([expect.stringContaining('etl_prod')]);
});

it('leaves a request to revoke at once to a run with the lock', async () => {
  const of = await world();
  const { state } = of.stateWriter;
  const account = state.accounts.get('etl_prod');
  const token = account?.tokens.get('a');
  if (!account || !token) throw new Error('not applied');
  const asked = { ...token, revoke_old: { at: new Date(of.api.now()).toISOString(), generation: 1 } };
  const tokens = new Map([...account.tokens, ['a', asked]]);
  of.stateWriter.state = { ...state, accounts: new Map([...state.accounts, ['etl_prod', { ...account, tokens }]]) };
  const again = async () => ({ state: of.stateWriter.state });
  const idle = await auditing(of, async () => {}, again);
  expect(found(idle.result).join()).toContain('MDA030 etl_prod/a');
  const running = await auditing(
    of,
    async () => {},
    async () => ({ ...(await again()), holder: HOLDER }),
  );
  expect(found(running.result).join()).not.toContain('etl_prod');
});

it('leaves what is not created yet to a run with the lock', async () => {
  const of = await world();
  const again = async () => ({ state: of.stateWriter.state });
  const idle = await auditing(of, async () => {}, again);
  expect(found(idle.result).join()).toContain('MDA026 new_one');
  const running = await auditing(
    of,
    async () => {},
    async () => ({ ...(await again()), holder: HOLDER }),
  );
  expect(found(running.result).join()).not.toContain('new_one');
  expect(found(running.result).join()).toContain('MDA025 etl_prod/a');
  expect(running.warnings).toEqual([expect.stringContaining('another run is changing 1 account')]);
});
