/** What a plan warns of about the secrets in stores: rehearsed, lost, or left behind. */
import type { LastWriter, PlanWarning } from '../model/notice.ts';
import {
  type Action,
  type CreateToken,
  type RotateToken,
  type SecretRemoval,
  type StoreDestination,
  storesOf,
  storingActions,
  type UsedStore,
} from '../model/plan.ts';
import type { Hint } from '../model/user-error.ts';
import { type DeadRecord, type KeptSecret, keyOfDead, placeOfDead } from './dead-secrets.ts';

/** Tokens by the store, as a person names them: `etl_prod/airflow`. */
type NamesByStore = ReadonlyMap<string, readonly string[]>;

/** Whether a store has the secret of a replaced token, or may have it, since it cannot be read. */
export type Held = 'stored' | 'unreadable';

/** What stores that can be read have. */
export interface StoreContents {
  /** The tokens whose secret a store lost. */
  readonly lost: NamesByStore;
  /** The same, of accounts that left the configuration. */
  readonly lostRetained: NamesByStore;
  /** The tokens whose first secret would take the place of a value that is not this state's. */
  readonly foreign: ReadonlyMap<string, { readonly tokens: readonly string[]; readonly places: readonly string[] }>;
  /** Tokens of which a store certainly has the current secret, and not that of an interrupted creation: the account's `accountKey`, and the key. */
  readonly unstored: ReadonlySet<string>;
  /** Fingerprints of replaced tokens whose secret a store has where that of their replacement must be, or may have. */
  readonly held: ReadonlyMap<string, Held>;
  /** What is at the places of the state's secrets, by `keyOfDead`: only a secret is removed when its token goes. */
  readonly atDead?: ReadonlyMap<string, 'secret' | 'nothing' | 'other'>;
  /** Stores in which nothing can be stored now. */
  readonly unusable?: ReadonlyMap<string, { readonly why: string; readonly hint: Hint }>;
  /** Stores whose program cannot be run, whether or not the plan stores anything there. */
  readonly broken?: ReadonlyMap<string, { readonly why: string; readonly hint: Hint }>;
  /** Stores whose file is of this machine, while the state is shared with others: the last run that stored secrets. */
  readonly shared?: ReadonlyMap<string, LastWriter>;
  /** Stores that cannot be read. */
  readonly unreadable: ReadonlyMap<string, { readonly why: string; readonly hint: Hint }>;
}

/** The tokens of a store: `etl_prod/airflow`. */
export interface StoreUsers {
  readonly tokens: readonly string[];
  /** Those with a secret elsewhere, or at a place that the state does not know. */
  readonly elsewhere: readonly string[];
  /** Those with a secret there that an earlier version of the command's script stored. */
  readonly byEarlierScript?: readonly string[];
  /** Those whose key was renamed, and whose secret the state has at the same place. */
  readonly renamed?: readonly string[];
  /** By the state, some secret is where the store puts it. */
  readonly isKnown: boolean;
}

/** What is known of the stores. */
export interface StoreFacts extends Partial<StoreContents> {
  /** Stores that are rehearsed, and where their secrets go, for output. */
  readonly rehearsed: ReadonlyMap<string, string>;
  /** The stores of the configuration, and whether they remove the secrets of tokens that are gone. */
  readonly removing: ReadonlyMap<string, boolean>;
  /** Whether the configuration or a current token has the place of a dead secret. */
  readonly isUsed: (dead: DeadRecord) => boolean;
  /** The current token of another account or key whose secret that of a new token would overwrite. */
  readonly holderOf?: (
    action: CreateToken | RotateToken,
    actions: readonly Action[],
  ) => { readonly store: string; readonly holder: string } | undefined;
  /** Whether a secret is not where its store puts secrets now. */
  readonly isElsewhere: (dead: DeadRecord) => boolean;
  /** The tokens whose secret another command than the present one of their store stored. */
  readonly changed?: NamesByStore;
  /** In a sandbox, tokens whose secret the program itself stored, not a rehearsal. */
  readonly ranReal?: ReadonlySet<string>;
  /** The tokens of stores that run programs of which no record says by which command their secret was stored. */
  readonly unknown?: NamesByStore;
  /** The tokens whose secrets go to each store. */
  readonly users?: ReadonlyMap<string, StoreUsers>;
  /** Why a secret stays that its store could remove. */
  readonly whyKept?: (dead: DeadRecord) => KeptSecret | undefined;
  /** Stores that may put each secret of a token at a place of its own. */
  readonly perGeneration?: ReadonlySet<string>;
  /** Whether a secret that stays where no store puts secrets now may be where one in use is. */
  readonly mayBeInUse?: (dead: DeadRecord) => boolean;
  /** How a dead secret is removed; undefined when it is not. */
  readonly howRemoved: (dead: DeadRecord) => SecretRemoval['by'] | undefined;
  /** Where each store puts secrets. */
  readonly destinations?: ReadonlyMap<string, StoreDestination>;
}

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
  const adopted = new Set(
    actions.flatMap((action) => (action.action === 'adopt_token' ? [`${action.account}/${action.token}`] : [])),
  );
  const stores = [...destinations].flatMap(([store, destination]): UsedStore[] => {
    const [writes, removes, own] = [written.has(store), left.has(store), users.get(store)];
    const { tokens = [], byEarlierScript = [], isKnown = false } = own ?? {};
    if (!writes && !removes && tokens.length === 0) return [];
    const [moving, renamed] = [new Set(own?.elsewhere), new Set(own?.renamed)];
    const elsewhere = tokens.filter((name) => moving.has(name) || (adopted.has(name) && !renamed.has(name)));
    return [
      {
        ...{ store, writes, removes, tokens: tokens.length },
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
  dead: readonly DeadRecord[],
  facts: StoreFacts | undefined,
  older: ReadonlySet<string> = new Set(),
): PlanWarning[] {
  if (facts === undefined) return [];
  const taken = takenPlaces(actions, facts);
  const ofStores = (kind: 'command_changed' | 'command_unknown', found: NamesByStore = new Map()) =>
    [...found].map(([store, tokens]) => {
      const isReal = tokens.some((name) => facts.ranReal?.has(name));
      return { kind, store, tokens, ...(isReal ? { real: true as const } : {}) };
    });
  return [
    ...rehearsals(actions, facts),
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
    ...leftBehind(dead, facts),
    ...earlierGenerations(actions, dead, facts),
    ...othersValues(dead, facts),
  ];
}

/** What apply refuses to store. Adopted tokens have no secret to store. @param taken tokens that are refused anyway */
function refusals(actions: readonly Action[], facts: StoreFacts, taken: ReadonlySet<string>): PlanWarning[] {
  const stored = actions.filter(({ action }) => action === 'create_token' || action === 'rotate_token');
  const stores = new Set(stored.flatMap(storesOf));
  const tokens = new Set(stored.map((action) => ('token' in action ? `${action.account}/${action.token}` : '')));
  const unusable = [...(facts.unusable ?? [])].filter(
    ([store]) => stores.has(store) && facts.unreadable?.has(store) !== true,
  );
  const foreign = [...(facts.foreign ?? [])].flatMap(([store, found]): PlanWarning[] => {
    const refused = found.tokens.flatMap((name, at) =>
      tokens.has(name) && !taken.has(name) ? [[name, found.places[at] ?? ''] as const] : [],
    );
    if (refused.length === 0) return [];
    return [foreignWarning('secret_foreign', store, refused)];
  });
  return [...unusable.map(([store, why]) => ({ kind: 'store_unusable' as const, store, ...why })), ...foreign];
}

/** Values that the state did not write in the places of tokens that this plan does not store, such as adopted ones. */
function laterRefusals(actions: readonly Action[], { foreign = new Map() }: StoreFacts): PlanWarning[] {
  const stored = new Set(storingActions(actions).map(({ account, token }) => `${account}/${token}`));
  return [...foreign].flatMap(([store, found]) => {
    const later = found.tokens.flatMap((name, at) =>
      stored.has(name) ? [] : [[name, found.places[at] ?? ''] as const],
    );
    return later.length === 0 ? [] : [foreignWarning('secret_unknown', store, later)];
  });
}

function foreignWarning(
  kind: 'secret_foreign' | 'secret_unknown',
  store: string,
  found: readonly (readonly [name: string, place: string])[],
): PlanWarning {
  return { kind, store, tokens: found.map(([name]) => name), secret_paths: found.map(([, place]) => place) };
}

/** New secrets where those of other accounts are. */
function takenPlaces(actions: readonly Action[], { holderOf }: StoreFacts) {
  const taken = new Map<string, PlanWarning & { kind: 'secret_taken' }>();
  for (const action of storingActions(actions)) {
    const { holder, store } = holderOf?.(action, actions) ?? {};
    if (holder === undefined || store === undefined) continue;
    const { tokens = [], holders = [] } = taken.get(store) ?? {};
    const [name, all] = [`${action.account}/${action.token}`, [...new Set([...holders, holder])]];
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
    ...actions.flatMap((action) =>
      'token' in action && action.after !== null ? [`${action.account}/${action.token}`] : [],
    ),
  ]);
  const gone = new Set(
    actions.flatMap(({ action, account }) => (action === 'delete_account' || action === 'forget' ? [account] : [])),
  );
  const kept = new Map(
    [...lostRetained].map(
      ([store, names]) => [store, names.filter((name) => !gone.has(accountOf(name)) && !older.has(name))] as const,
    ),
  );
  const left = new Map(
    [...lost].map(([store, names]) => [store, names.filter((name) => !replaced.has(name))] as const),
  );
  return secretLosses({ lost: left, lostRetained: kept, unreadable, shared });
}

function accountOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

/** The warnings of lost secrets, and of stores that cannot be read. */
export function secretLosses({
  lost,
  lostRetained,
  unreadable,
  shared = new Map(),
}: Pick<StoreContents, 'lost' | 'lostRetained' | 'unreadable' | 'shared'>): PlanWarning[] {
  const some = ([, tokens]: readonly [string, readonly string[]]) => tokens.length > 0;
  const loss = (store: string, tokens: readonly string[]) => {
    const last = shared.get(store);
    return { kind: 'secret_lost' as const, store, tokens, ...(last ? { shared: last } : {}) };
  };
  return [
    ...[...unreadable].map(([store, why]) => ({ kind: 'store_unreadable' as const, store, ...why })),
    ...[...lost].filter(some).map(([store, tokens]) => loss(store, tokens)),
    ...[...lostRetained].filter(some).map(([store, tokens]) => ({ ...loss(store, tokens), retained: true as const })),
  ];
}

/** The dead secrets that apply removes. */
export function removalsOf(dead: readonly DeadRecord[], { howRemoved, atDead }: StoreFacts): SecretRemoval[] {
  const removals = dead.flatMap((record) => {
    const { account, token, secret } = record;
    const isThere = (atDead?.get(keyOfDead(record)) ?? 'secret') === 'secret';
    const by = isThere ? howRemoved(record) : undefined;
    const removal = { account, token, store: secret.store, secret_path: secret.secret_path };
    return by === undefined ? [] : [[placeOfDead(record), { ...removal, by }] as const];
  });
  return [...new Map(removals).values()];
}

/** Where a store put a secret before its command changed. */
export function byEarlierCommand(secretPath: string): string {
  return `${secretPath} by its earlier command`;
}

/** Places of dead secrets that stay as they are: they have values of others, or a rehearsal does not reach them. */
function othersValues(
  dead: readonly DeadRecord[],
  { atDead, howRemoved, rehearsed, removing }: StoreFacts,
): PlanWarning[] {
  const removable = dead.filter((record) => howRemoved(record) !== undefined);
  const isOther = (record: DeadRecord) => atDead?.get(keyOfDead(record)) === 'other';
  const removed = new Set(removable.filter((record) => !isOther(record)).map(placeOfDead));
  const stay = removable.filter((record) => isOther(record) && !removed.has(placeOfDead(record)));
  return [...new Set(stay.map(({ secret }) => secret.store))].map((store) => {
    const here = stay.filter(({ secret }) => secret.store === store);
    const tokens = [...new Set(here.map(({ account, token }) => `${account}/${token}`))];
    // The program would not remove them either.
    if (rehearsed.has(store) && removing.get(store) === false) return { kind: 'secret_stays', store, tokens };
    return {
      kind: 'secret_not_removed',
      store,
      tokens,
      secret_paths: [...new Set(here.map(({ secret }) => secret.secret_path))],
      ...(rehearsed.has(store) ? { rehearsed: true as const } : {}),
    };
  });
}

/** Secrets of replaced tokens that may be beside those of their replacements. The state has only where the latter are. */
function earlierGenerations(
  actions: readonly Action[],
  dead: readonly DeadRecord[],
  { perGeneration = new Set(), users }: StoreFacts,
): PlanWarning[] {
  const known = new Set(dead.map(({ account, token }) => `${account}/${token}`));
  const replaced = actions.flatMap((action) => {
    const isReplaced = action.action === 'revoke_token' && ['overlap_ended', 'requested'].includes(action.reason.kind);
    return isReplaced ? [`${action.account}/${action.token}`] : [];
  });
  return [...perGeneration].flatMap((store): PlanWarning[] => {
    const own = new Set(users?.get(store)?.tokens);
    const tokens = [...new Set(replaced)].filter((name) => own.has(name) && !known.has(name));
    return tokens.length === 0 ? [] : [{ kind: 'secret_stays', store, tokens, generations: true }];
  });
}

/** Dead secrets in stores that remove none, that changed, or that the configuration does not have any more. */
function leftBehind(dead: readonly DeadRecord[], facts: StoreFacts): PlanWarning[] {
  type Left = Pick<PlanWarning & { kind: 'secret_left' }, 'store' | 'changed' | 'near'>;
  const kept = new Map<string, { readonly store: string; readonly why: KeptSecret; tokens: Set<string> }>();
  const left = new Map<string, Left & { readonly isLeft: boolean; tokens: Set<string>; places: Set<string> }>();
  for (const record of dead) {
    if (facts.howRemoved(record) !== undefined || facts.isUsed(record)) continue;
    const { account, token, secret } = record;
    const { store, secret_path: path } = secret;
    const why = facts.whyKept?.(record);
    if (why !== undefined) {
      const key = `${why} ${store}`;
      const found = kept.get(key) ?? { store, why, tokens: new Set<string>() };
      kept.set(key, found);
      found.tokens.add(`${account}/${token}`);
      continue;
    }
    const isKnown = facts.removing.has(store);
    const isLeft = facts.removing.get(store) !== false || facts.isElsewhere(record);
    const near = isLeft && facts.mayBeInUse?.(record);
    const how = { ...(isKnown ? { changed: true as const } : {}), ...(near ? { near: true as const } : {}) };
    const key = `${isLeft} ${near} ${store}`;
    const found = left.get(key) ?? { store, ...how, isLeft, tokens: new Set<string>(), places: new Set<string>() };
    left.set(key, found);
    found.tokens.add(`${account}/${token}`);
    found.places.add(isKnown && secret.command !== undefined ? byEarlierCommand(path) : path);
  }
  return [
    ...[...left.values()].map(({ isLeft, store, tokens: all, places, ...how }): PlanWarning => {
      const tokens = [...all];
      return isLeft
        ? { kind: 'secret_left', store, tokens, secret_paths: [...places], ...how }
        : { kind: 'secret_stays', store, tokens };
    }),
    ...[...kept.values()].map(
      ({ store, why, tokens }): PlanWarning => ({ kind: 'secret_stays', store, tokens: [...tokens], [why]: true }),
    ),
  ];
}
