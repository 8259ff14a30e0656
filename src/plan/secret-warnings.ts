/** What a plan warns of about the secrets in stores: rehearsed, lost, or left behind. */
import type { PlanWarning } from '../model/notice.ts';
import type { Action } from '../model/plan.ts';
import type { State, StateToken } from '../model/state.ts';
import { accountKey } from '../model/username.ts';

/** What is known of the stores. */
export interface StoreFacts {
  /** Stores that are rehearsed, and where their secrets go, for output. */
  readonly rehearsed: ReadonlyMap<string, string>;
  /** Stores whose secrets are removed when their tokens are gone. */
  readonly removing: ReadonlySet<string>;
  /** The tokens whose secret a store lost, by the store: `etl_prod/airflow`. */
  readonly lost?: ReadonlyMap<string, readonly string[]>;
  /** The tokens whose first secret would take the place of a value that is not this state's, by the store. */
  readonly foreign?: ReadonlyMap<string, readonly string[]>;
}

/** The warnings of a plan's actions. */
export function secretWarnings(actions: readonly Action[], state: State, facts: StoreFacts | undefined): PlanWarning[] {
  if (facts === undefined) return [];
  const foreign = [...(facts.foreign ?? [])].map(([store, tokens]) => ({
    kind: 'secret_foreign' as const,
    store,
    tokens,
  }));
  return [...rehearsals(actions, facts), ...losses(actions, facts), ...foreign, ...leftBehind(actions, state, facts)];
}

/** The stores whose programs are not run, although the plan has secrets for them. */
function rehearsals(actions: readonly Action[], { rehearsed }: StoreFacts): PlanWarning[] {
  const used = new Set(actions.map(({ after }) => after && 'secret_store' in after && after.secret_store));
  const stores = [...rehearsed].filter(([store]) => used.has(store)).map(([store, folder]) => ({ store, folder }));
  return stores.length === 0 ? [] : [{ kind: 'stores_rehearsed', stores }];
}

/** Lost secrets that no action replaces. */
function losses(actions: readonly Action[], { lost = new Map() }: StoreFacts): PlanWarning[] {
  const replaced = new Set(
    actions.flatMap((action) =>
      'token' in action && action.after !== null ? [`${action.account}/${action.token}`] : [],
    ),
  );
  return [...lost].flatMap(([store, names]): PlanWarning[] => {
    const tokens = names.filter((name) => !replaced.has(name));
    return tokens.length === 0 ? [] : [{ kind: 'secret_lost', store, tokens }];
  });
}

/** Secrets of tokens that go for good, in stores that remove none. */
function leftBehind(actions: readonly Action[], state: State, { removing }: StoreFacts): PlanWarning[] {
  const stays = new Map<string, Set<string>>();
  for (const action of actions) {
    if (!isForGood(action)) continue;
    const tokens = state.accounts.get(accountKey(action.account))?.tokens ?? new Map<string, StateToken>();
    for (const [key, { current }] of tokens) {
      if ('token' in action && action.token !== key) continue;
      if (current === undefined || current.secret === 'unknown' || removing.has(current.secret.store)) continue;
      const { store } = current.secret;
      stays.set(store, (stays.get(store) ?? new Set()).add(`${action.account}/${key}`));
    }
  }
  return [...stays].map(([store, tokens]) => ({ kind: 'secret_stays', store, tokens: [...tokens] }));
}

function isForGood({ action, reason }: Action): boolean {
  return action === 'delete_account' || action === 'forget' || (action === 'revoke_token' && reason.kind === 'removed');
}
