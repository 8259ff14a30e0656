/** For any configuration, organization and state: where a plan has more to do than time brought a moment ago, an audit is not silent. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { State } from '../../src/model/state.ts';
import { UserError } from '../../src/model/user-error.ts';
import { accountKey } from '../../src/model/username.ts';
import { type MakePlanOptions, makePlan } from '../../src/plan/plan.ts';
import { configuration, type OutsideChange, outsideChange } from '../plan/arbitraries.ts';
import { DAY, World } from '../world.ts';
import { auditOf, fails, liveOf, passes } from './auditing.ts';

const TWO_DAYS_MS = 2 * DAY * 1000;

/** What nobody has to look at: an entry of the state that is put right, and what may wait for the next apply. */
function mayWait(action: Action, desired: Desired, state: State, now: number): boolean {
  switch (action.action) {
    case 'adopt_account':
    case 'adopt_token':
    case 'forget':
      return true;
    case 'rotate_token': {
      const token = desired.accounts.get(accountKey(action.account))?.tokens.get(action.token);
      if (action.reason.kind !== 'due' || token === undefined || action.before.expires_at === null) return false;
      const late = now - (Date.parse(action.before.expires_at) - token.rotateBefore * 1000);
      return late <= TWO_DAYS_MS && late <= token.rotateBefore * 500;
    }
    case 'revoke_token': {
      const { expires_at: end, id } = action.before;
      if (end !== null && Date.parse(end) <= now) return true;
      const tokens = [...(state.accounts.get(accountKey(action.account))?.tokens.values() ?? [])];
      const at = tokens.flatMap(({ retiring }) => retiring).find((old) => old.id === id)?.retire_at;
      return action.reason.kind === 'overlap_ended' && at !== undefined && now - Date.parse(at) <= TWO_DAYS_MS;
    }
    default:
      return false;
  }
}

/** The accounts that a plan has something to say of, which cannot wait. */
function inNeed(plan: Plan, desired: Desired, state: State): string[] {
  const now = Date.parse(plan.at);
  const actions = plan.actions.filter((action) => !mayWait(action, desired, state, now));
  const named = [...actions, ...plan.protection, ...plan.errors].map(({ account }) => account ?? '');
  const left = plan.retained.filter((username) => hasToken(state, username));
  return [...new Set([...named, ...plan.retest, ...left])].sort();
}

function hasToken(state: State, username: string): boolean {
  return [...(state.accounts.get(accountKey(username))?.tokens.values() ?? [])].some(({ current }) => current);
}

async function disagreement(world: World, desired: Desired): Promise<string[]> {
  const live = await liveOf(world, desired);
  const { state } = world.stateWriter;
  const secretPath: MakePlanOptions['secretPath'] = (account, { key }) =>
    world.store.secretPath({ account, token: key });
  const plan = makePlan(desired, live, state, { secretPath });
  const audit = await auditOf(world, desired, { live, secretPath });
  const grave = audit.findings.filter(({ severity }) => severity !== 'note').map(({ account }) => account);
  const needy = inNeed(plan, desired, state);
  const about = plan.actions.map(({ action, account, reason }) => `${action} ${account}: ${reason}`);
  return needy.some((account) => !grave.includes(account))
    ? [`plan ${needy.join(', ')}; audit ${grave.join(', ')}`, ...about]
    : [];
}

/** How an apply goes; what goes wrong is mended before the next one. */
const RUNS: Readonly<Record<string, (world: World, desired: Desired) => Promise<unknown>>> = {
  none: async () => {},
  untested: (world, desired) => world.apply(desired),
  passes: (world, desired) => world.apply(desired, { verify: passes }),
  fails: (world, desired) => world.apply(desired, { verify: fails }),
  rotates: (world, desired) => world.apply(desired, { verify: passes, rotate: () => true }),
  'is stopped before the verification': async (world, desired) => {
    const stopped = () => Promise.reject(new UserError('INTERRUPTED', 'stopped', 'Run it again.'));
    await world.apply(desired, { verify: stopped, rotate: () => true }).catch(() => undefined);
  },
  'cannot store': async (world, desired) => {
    world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
    await world.apply(desired, { verify: passes, rotate: () => true });
    world.store.fails = undefined;
  },
  'cannot store nor revoke': async (world, desired) => {
    world.store.fails = new UserError('STORE_FAILED', 'the vault is sealed', 'Unseal it.');
    world.interfere = ({ method }) => (method === 'DELETE' ? new Response('<html>', { status: 503 }) : undefined);
    await world.apply(desired, { verify: passes, rotate: () => true });
    world.store.fails = undefined;
    world.interfere = undefined;
  },
  'hears nothing of its tokens': async (world, desired) => {
    let isLost = false;
    world.interfere = async (request) => {
      if (isLost) return new Response('<html>', { status: 503 });
      if (request.method !== 'POST' || !request.url.endsWith('/tokens')) return undefined;
      isLost = true;
      await world.organization.handle(request);
      return Response.error();
    };
    await world.apply(desired, { rotate: () => true });
    world.interfere = undefined;
  },
};

interface Round {
  readonly desired: Desired;
  readonly changes: readonly OutsideChange[];
  readonly run: string;
}

const round: fc.Arbitrary<Round> = fc.record({
  desired: configuration,
  changes: fc.array(outsideChange, { maxLength: 4 }),
  run: fc.constantFrom(...Object.keys(RUNS)),
});

it('an audit finds something in every account that a plan would change', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 5 }), async (rounds) => {
      const world = new World();
      for (const { desired, changes, run } of rounds) {
        expect(await disagreement(world, desired)).toEqual([]);
        await RUNS[run]?.(world, desired);
        expect(await disagreement(world, desired)).toEqual([]);
        for (const change of changes) await change(world);
        expect(await disagreement(world, desired)).toEqual([]);
      }
    }),
    { numRuns: 120 },
  );
}, 120_000);
