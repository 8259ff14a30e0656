/** What a plan warns of about the secrets in stores: rehearsed, lost, or left behind. */

import { type Action, storesOf, storingActions } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import { entryName } from '../model/entry-name.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { SecretRemoval, UsedStore } from '../model/plan.ts';
import type { TokenAddress } from '../model/secret.ts';
import type { SecretRecord } from '../model/secret-record.ts';
import { earlierGenerations, leftBehind, othersValues } from './secret-removals.ts';
import type { NamesByStore, StoreContents, StoreFacts } from './store-facts.ts';

/**
 * The stores that a plan writes to or removes from, and those to which a later apply writes without being asked again: first
 * those where secrets go that are elsewhere now, then new ones, then others, each in the order of the configuration.
 */
export function usedStores(
  actions: readonly Action[],
  removals: readonly SecretRemoval[],
  { destinations = new Map(), users = new Map() }: Partial<StoreFacts> = {},
): UsedStore[] {
  const written = new Set(actions.flatMap(storesOf));
  const left = new Set(removals.map(({ store }) => store));
  const adopted = new Set(actions.flatMap((action) => (action.action === 'adopt_token' ? [entryName(action)] : [])));
  const stored = new Set(
    actions.flatMap((action) => ('token' in action && action.after !== null ? [entryName(action)] : [])),
  );
  const stores = [...destinations].flatMap(([store, destination]): UsedStore[] => {
    const [writes, removes, own] = [written.has(store), left.has(store), users.get(store)];
    const { tokens = [], byEarlierScript = [], isKnown = false } = own ?? {};
    if (!writes && !removes && tokens.length === 0) return [];
    const [moving, renamed] = [new Set(own?.elsewhere), new Set(own?.renamed)];
    const elsewhere = tokens.filter((name) => moving.has(name) || (adopted.has(name) && !renamed.has(name)));
    const uncreated = (own?.unrecorded ?? []).filter((name) => !stored.has(name)).length;
    return [
      {
        ...{ store, writes, removes, tokens: tokens.length },
        ...(uncreated === 0 ? {} : { uncreated }),
        ...(isKnown || byEarlierScript.length > 0 || tokens.length === 0 ? {} : { new: true }),
        ...(elsewhere.length === 0 ? {} : { elsewhere }),
        ...(byEarlierScript.length === 0 ? {} : { by_earlier_script: byEarlierScript }),
        ...destination,
      },
    ];
  });
  const rank = (store: UsedStore) =>
    (store.elsewhere ?? store.by_earlier_script) !== undefined ? 0 : store.new ? 1 : 2;
  return stores.sort((a, b) => rank(a) - rank(b));
}

/** The warnings of a plan's actions. @param older tokens of which only a newer state knows what their stores have */
export function secretWarnings(
  actions: readonly Action[],
  obsolete: readonly SecretRecord[],
  facts: StoreFacts | undefined,
  older: ReadonlySet<string> = new Set(),
): PlanWarning[] {
  if (facts === undefined) return [];
  const taken = takenPaths(actions, facts);
  const ofStores = (kind: 'command_changed' | 'command_unknown', found: NamesByStore = new Map()) =>
    [...found].map(([store, tokens]) => {
      const isReal = tokens.some((name) => facts.ranReal?.has(name));
      return { kind, store, tokens, ...(isReal ? { real: true as const } : {}) };
    });
  return [
    ...rehearsals(actions, facts),
    ...(facts.renamed ?? []).map((store) => ({ kind: 'store_renamed' as const, ...store })),
    ...losses(actions, facts, older),
    ...taken,
    ...refusals(actions, facts, new Set(taken.flatMap(({ tokens }) => tokens))),
    ...[...(facts.broken ?? [])].map(([store, why]) => {
      const rehearsed = facts.rehearsed.has(store) ? { rehearsed: true as const } : {};
      return { kind: 'store_unusable' as const, store, ...why, ...rehearsed };
    }),
    ...ofStores('command_changed', facts.changed),
    ...ofStores('command_unknown', facts.unknown),
    ...laterRefusals(actions, facts),
    ...leftBehind(obsolete, facts),
    ...earlierGenerations(actions, obsolete, facts),
    ...othersValues(obsolete, facts),
  ];
}

/** What apply refuses to store. Adopted tokens have no secret to store. @param taken tokens that are refused anyway */
function refusals(actions: readonly Action[], facts: StoreFacts, taken: ReadonlySet<string>): PlanWarning[] {
  const stored = storingActions(actions);
  const stores = new Set(stored.flatMap(storesOf));
  const tokens = new Set(stored.map(entryName));
  const unusable = [...(facts.unusable ?? [])].filter(
    ([store]) => stores.has(store) && facts.unreadable?.has(store) !== true,
  );
  const foreign = [...(facts.foreign ?? [])].flatMap(([store, found]): PlanWarning[] => {
    const refused = found.tokens.flatMap((name, at) =>
      tokens.has(name) && !taken.has(name) ? [[name, found.secretPaths[at] ?? ''] as const] : [],
    );
    if (refused.length === 0) return [];
    return [foreignWarning('secret_foreign', store, refused)];
  });
  return [...unusable.map(([store, why]) => ({ kind: 'store_unusable' as const, store, ...why })), ...foreign];
}

/** Values that the state did not write at the secret paths of tokens that this plan does not store, such as adopted ones. */
function laterRefusals(actions: readonly Action[], { foreign = new Map() }: StoreFacts): PlanWarning[] {
  const stored = new Set(storingActions(actions).map(entryName));
  return [...foreign].flatMap(([store, found]) => {
    const later = found.tokens.flatMap((name, at) =>
      stored.has(name) ? [] : [[name, found.secretPaths[at] ?? ''] as const],
    );
    return later.length === 0 ? [] : [foreignWarning('secret_unknown', store, later)];
  });
}

function foreignWarning(
  kind: 'secret_foreign' | 'secret_unknown',
  store: string,
  found: readonly (readonly [name: string, secretPath: string])[],
): PlanWarning {
  return { kind, store, tokens: found.map(([name]) => name), secret_paths: found.map(([, secretPath]) => secretPath) };
}

/** New secrets that would overwrite those of other accounts. */
function takenPaths(actions: readonly Action[], { holderOf }: StoreFacts) {
  const taken = new Map<string, PlanWarning & { kind: 'secret_taken' }>();
  for (const action of storingActions(actions)) {
    const { holder, store } = holderOf?.(action, actions) ?? {};
    if (holder === undefined || store === undefined) continue;
    const { tokens = [], holders = [] } = taken.get(store) ?? {};
    const [name, all] = [entryName(action), [...new Set([...holders, holder])]];
    taken.set(store, { kind: 'secret_taken', store, tokens: [...tokens, name], holders: all });
  }
  return [...taken.values()];
}

/** The stores whose programs are not run, although the plan has secrets for them. */
function rehearsals(actions: readonly Action[], { rehearsed }: StoreFacts): PlanWarning[] {
  const used = new Set(actions.flatMap(storesOf));
  const stores = [...rehearsed].filter(([store]) => used.has(store)).map(([store, folder]) => ({ store, folder }));
  return stores.length === 0 ? [] : [{ kind: 'stores_rehearsed', stores }];
}

/** Lost secrets that no action replaces. */
function losses(
  actions: readonly Action[],
  { lost = new Map(), lostRetained = new Map(), unreadable = new Map(), shared = new Map() }: Partial<StoreContents>,
  older: ReadonlySet<string>,
): PlanWarning[] {
  const replaced = new Set([
    ...older,
    ...actions.flatMap((action) => ('token' in action && action.after !== null ? [entryName(action)] : [])),
  ]);
  const gone = new Set(
    actions.flatMap(({ action, account }) => (action === 'delete_account' || action === 'forget' ? [account] : [])),
  );
  const kept = new Map(
    [...lostRetained].map(
      ([store, tokens]) =>
        [store, tokens.filter((each) => !gone.has(each.account) && !older.has(entryName(each)))] as const,
    ),
  );
  const left = new Map(
    [...lost].map(([store, tokens]) => [store, tokens.filter((each) => !replaced.has(entryName(each)))] as const),
  );
  return secretLosses({ lost: left, lostRetained: kept, unreadable, shared });
}

/** The warnings of lost secrets, and of stores that cannot be read. */
export function secretLosses({
  lost,
  lostRetained,
  unreadable,
  shared = new Map(),
}: Pick<StoreContents, 'lost' | 'lostRetained' | 'unreadable' | 'shared'>): PlanWarning[] {
  const some = ([, tokens]: readonly [string, readonly TokenAddress[]]) => tokens.length > 0;
  const loss = (store: string, lost: readonly TokenAddress[]) => {
    const last = shared.get(store);
    return { kind: 'secret_lost' as const, store, tokens: lost.map(entryName), ...defined({ shared: last }) };
  };
  return [
    ...[...unreadable].map(([store, why]) => ({ kind: 'store_unreadable' as const, store, ...why })),
    ...[...lost].filter(some).map(([store, tokens]) => loss(store, tokens)),
    ...[...lostRetained].filter(some).map(([store, tokens]) => ({ ...loss(store, tokens), retained: true as const })),
  ];
}
