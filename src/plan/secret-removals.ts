/** The secrets of revoked tokens: which ones a plan removes, and its warnings about the others. */

import type { Action } from '../model/action.ts';
import { entryName } from '../model/entry-name.ts';
import type { PlanWarning } from '../model/notice.ts';
import type { SecretRemoval } from '../model/plan.ts';
import { type KeptSecret, recordPathKey, type SecretRecord, secretRecordKey } from '../model/secret-record.ts';
import type { StoreFacts } from './store-facts.ts';

/** The obsolete secrets that apply removes. */
export function removalsOf(
  obsolete: readonly SecretRecord[],
  { howRemoved, atSecretPaths }: StoreFacts,
): SecretRemoval[] {
  const removals = obsolete.flatMap((record) => {
    const { account, token, secret } = record;
    const isThere = (atSecretPaths?.get(secretRecordKey(record)) ?? 'secret') === 'secret';
    const by = isThere ? howRemoved(record) : undefined;
    const removal = { account, token, store: secret.store, secret_path: secret.secret_path };
    return by === undefined ? [] : [[recordPathKey(record), { ...removal, by }] as const];
  });
  return [...new Map(removals).values()];
}

/** Where a store put a secret before its command changed. */
export function byEarlierCommand(secretPath: string): string {
  return `${secretPath} by its earlier command`;
}

/** Obsolete secrets that stay as they are: they have values of others, or a rehearsal does not reach them. */
export function othersValues(
  obsolete: readonly SecretRecord[],
  { atSecretPaths, howRemoved, rehearsed, removing }: StoreFacts,
): PlanWarning[] {
  const removable = obsolete.filter((record) => howRemoved(record) !== undefined);
  const isOther = (record: SecretRecord) => atSecretPaths?.get(secretRecordKey(record)) === 'other';
  const removed = new Set(removable.filter((record) => !isOther(record)).map(recordPathKey));
  const stay = removable.filter((record) => isOther(record) && !removed.has(recordPathKey(record)));
  return [...new Set(stay.map(({ secret }) => secret.store))].map((store) => {
    const here = stay.filter(({ secret }) => secret.store === store);
    const tokens = [...new Set(here.map(entryName))];
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
export function earlierGenerations(
  actions: readonly Action[],
  obsolete: readonly SecretRecord[],
  { perGeneration = new Set(), users }: StoreFacts,
): PlanWarning[] {
  const known = new Set(obsolete.map(entryName));
  const replaced = actions.flatMap((action) => {
    const isReplaced = action.action === 'revoke_token' && ['overlap_ended', 'requested'].includes(action.reason.kind);
    return isReplaced ? [entryName(action)] : [];
  });
  return [...perGeneration].flatMap((store): PlanWarning[] => {
    const own = new Set(users?.get(store)?.tokens);
    const tokens = [...new Set(replaced)].filter((name) => own.has(name) && !known.has(name));
    return tokens.length === 0 ? [] : [{ kind: 'secret_stays', store, tokens, generations: true }];
  });
}

/** Obsolete secrets in stores that remove none, that changed, or that the configuration does not have any more. */
export function leftBehind(obsolete: readonly SecretRecord[], facts: StoreFacts): PlanWarning[] {
  type Left = Pick<PlanWarning & { kind: 'secret_left' }, 'store' | 'changed' | 'near'>;
  const kept = new Map<string, { readonly store: string; readonly why: KeptSecret; tokens: Set<string> }>();
  const left = new Map<string, Left & { readonly isLeft: boolean; tokens: Set<string>; paths: Set<string> }>();
  for (const record of obsolete) {
    if (facts.howRemoved(record) !== undefined || facts.isUsed(record)) continue;
    const { account, token, secret } = record;
    const { store, secret_path: path } = secret;
    const why = facts.whyKept?.(record);
    if (why !== undefined) {
      const key = `${why} ${store}`;
      const found = kept.get(key) ?? { store, why, tokens: new Set<string>() };
      kept.set(key, found);
      found.tokens.add(entryName({ account, token }));
      continue;
    }
    const isKnown = facts.removing.has(store);
    const isLeft = facts.removing.get(store) !== false || facts.isElsewhere(record);
    const near = isLeft && facts.mayBeInUse?.(record);
    const how = { ...(isKnown ? { changed: true as const } : {}), ...(near ? { near: true as const } : {}) };
    const key = `${isLeft} ${near} ${store}`;
    const found = left.get(key) ?? { store, ...how, isLeft, tokens: new Set<string>(), paths: new Set<string>() };
    left.set(key, found);
    found.tokens.add(entryName({ account, token }));
    found.paths.add(isKnown && secret.command !== undefined ? byEarlierCommand(path) : path);
  }
  return [
    ...[...left.values()].map(({ isLeft, store, tokens: all, paths, ...how }): PlanWarning => {
      const tokens = [...all];
      return isLeft
        ? { kind: 'secret_left', store, tokens, secret_paths: [...paths], ...how }
        : { kind: 'secret_stays', store, tokens };
    }),
    ...[...kept.values()].map(
      ({ store, why, tokens }): PlanWarning => ({ kind: 'secret_stays', store, tokens: [...tokens], [why]: true }),
    ),
  ];
}
