/** What a plan warns of about the secrets in stores: rehearsed, lost, or left behind. */
import type { PlanWarning } from '../model/notice.ts';
import type { Action } from '../model/plan.ts';
import type { State, StateToken } from '../model/state.ts';
import { accountKey } from '../model/username.ts';

/** Tokens by the store, as a person names them: `etl_prod/airflow`. */
type NamesByStore = ReadonlyMap<string, readonly string[]>;

/** What stores that can be read have. */
export interface StoreContents {
  /** The tokens whose secret a store lost. */
  readonly lost: NamesByStore;
  /** The same, of accounts that left the configuration. */
  readonly lostRetained: NamesByStore;
  /** The tokens whose first secret would take the place of a value that is not this state's. */
  readonly foreign: NamesByStore;
}

/** What is known of the stores. */
export interface StoreFacts extends Partial<StoreContents> {
  /** Stores that are rehearsed, and where their secrets go, for output. */
  readonly rehearsed: ReadonlyMap<string, string>;
  /** Stores whose secrets are removed when their tokens are gone. */
  readonly removing: ReadonlySet<string>;
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
function losses(
  actions: readonly Action[],
  { lost = new Map(), lostRetained = new Map() }: Partial<StoreContents>,
): PlanWarning[] {
  const replaced = new Set(
    actions.flatMap((action) =>
      'token' in action && action.after !== null ? [`${action.account}/${action.token}`] : [],
    ),
  );
  const gone = new Set(
    actions.flatMap(({ action, account }) => (action === 'delete_account' || action === 'forget' ? [account] : [])),
  );
  const kept = new Map(
    [...lostRetained].map(([store, names]) => [store, names.filter((name) => !gone.has(accountOf(name)))] as const),
  );
  const left = new Map(
    [...lost].map(([store, names]) => [store, names.filter((name) => !replaced.has(name))] as const),
  );
  return secretLosses({ lost: left, lostRetained: kept });
}

function accountOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

/** The warnings of lost secrets. */
export function secretLosses({ lost, lostRetained }: Pick<StoreContents, 'lost' | 'lostRetained'>): PlanWarning[] {
  const some = ([, tokens]: readonly [string, readonly string[]]) => tokens.length > 0;
  return [
    ...[...lost].filter(some).map(([store, tokens]) => ({ kind: 'secret_lost' as const, store, tokens })),
    ...[...lostRetained]
      .filter(some)
      .map(([store, tokens]) => ({ kind: 'secret_lost' as const, store, tokens, retained: true as const })),
  ];
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
