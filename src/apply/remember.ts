/** What the state learns from a reading alone, before any action: protections, and what has ceased to exist, and that a run was. */
import type { Desired } from '../model/desired.ts';
import type { Live, LiveAccount } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { State, StateAccount, StateToken, TokenIntent } from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { accountKey } from '../model/username.ts';

/** An intent whose token has not appeared in this time never will: the call that would have made it is long over. */
const INTENT_LIFE_MS = 24 * 3_600_000;
const RUN_INTERVAL_MS = 12 * 3_600_000;
const RUNS_KEPT = 5;

/** What was read and planned. */
export interface Remembered {
  readonly desired: Desired;
  readonly live: Live;
  readonly plan: Pick<Plan, 'protection'>;
}

/**
 * The state with deletion protection as planned, without replaced tokens that are gone at MotherDuck and without
 * intents that came to nothing. Gives the same object when nothing changes, so that nothing is written for it.
 */
export function remember(state: State, { desired, live, plan }: Remembered): State {
  const protection = new Map(plan.protection.map(({ account, after }) => [accountKey(account), after]));
  const accounts = new Map(state.accounts);
  const runs = rememberRun(state.runs, live.now);
  for (const [key, account] of state.accounts) {
    const reading = live.accounts.get(key);
    if (reading === undefined) continue;
    const found = reading.presence === 'present' && isRead(reading.value) ? reading.value : undefined;
    const want = desired.accounts.get(key);
    const deletionProtection = protection.get(key) ?? account.deletion_protection;
    const tokens = found
      ? rememberTokens(account, found, live.now, (token) => want?.tokens.has(token) ?? true)
      : account.tokens;
    // What has the name of an account that left the configuration may be somebody else's by now.
    const id = (want && found?.user?.id) ?? account.id;
    // That an account is first seen with its id is worth no write of its own.
    const isNews = id !== account.id && runs !== state.runs;
    if (isNews || deletionProtection !== account.deletion_protection || tokens !== account.tokens) {
      accounts.set(key, {
        ...account,
        ...(id === undefined ? {} : { id }),
        deletion_protection: deletionProtection,
        tokens,
      });
    }
  }
  const same = runs === state.runs && [...accounts].every(([key, account]) => state.accounts.get(key) === account);
  return same ? state : { ...state, runs, accounts };
}

/** While no newer token was stored, what an interrupted run may have put into the store counts. */
function isInDoubt({ current }: StateToken, intent: TokenIntent): boolean {
  return current !== undefined && intent.generation > current.generation;
}

/** The tokens of people and of deprovisioned accounts are not read, so they are not known to be gone. */
function isRead({ user }: LiveAccount): boolean {
  return user === undefined || (user.isServiceAccount && !user.isDeprovisioned);
}

/** A run soon after another says nothing about how often they come. */
function rememberRun(runs: readonly string[], now: number): readonly string[] {
  const latest = Date.parse(runs.at(-1) ?? '');
  return now - latest < RUN_INTERVAL_MS ? runs : [...runs.slice(1 - RUNS_KEPT), isoTime(now)];
}

function rememberTokens(
  account: StateAccount,
  live: LiveAccount,
  now: number,
  isWanted: (token: string) => boolean,
): ReadonlyMap<string, StateToken> {
  const ids = new Set(live.tokens.map((token) => token.id));
  const names = new Set(live.tokens.map((token) => token.name));
  const tokens = new Map<string, StateToken>();
  let changed = false;
  for (const [key, token] of account.tokens) {
    const retiring = token.retiring.filter((record) => ids.has(record.id));
    const intents = token.intents.filter(
      (intent) => names.has(intent.name) || isInDoubt(token, intent) || now - Date.parse(intent.at) < INTENT_LIFE_MS,
    );
    const { current, ...rest } = token;
    const gone = current !== undefined && !ids.has(current.id) && !isWanted(key);
    const same = retiring.length === token.retiring.length && intents.length === token.intents.length && !gone;
    changed ||= !same;
    tokens.set(key, same ? token : { ...rest, ...(current && !gone ? { current } : {}), retiring, intents });
  }
  return changed ? tokens : account.tokens;
}
