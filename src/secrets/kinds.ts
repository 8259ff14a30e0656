import * as catalog from './catalog.ts';
import type { StoreKind } from './kind.ts';

/** In the order in which people read of them: what keeps secrets on this computer, then what hands them on. */
export const STORE_KINDS: readonly StoreKind[] = Object.values<StoreKind>(catalog).sort(
  (a, b) => Number(a.recipient !== undefined) - Number(b.recipient !== undefined) || (a.kind < b.kind ? -1 : 1),
);

/** The kind of that name. */
export function storeKind(name: string | undefined): StoreKind | undefined {
  return STORE_KINDS.find(({ kind }) => kind === name);
}

/** The kind of a store that was read, so that there is one. */
export function kindOf(config: { readonly kind: string }): StoreKind {
  const kind = storeKind(config.kind);
  if (kind === undefined) throw new Error(`there is no kind of secret store "${config.kind}"`);
  return kind;
}
