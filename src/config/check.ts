import { accountKey } from '../model/username.ts';
import type { PlacedToken, WrittenStore } from '../secrets/kind.ts';
import { kindOf, STORE_KINDS } from '../secrets/stores.ts';
import type { Problems } from '../yaml/diagnostic.ts';
import type { Span } from '../yaml/source.ts';
import { quote } from '../yaml/wording.ts';
import { checkDucklings } from './check-ducklings.ts';
import { checkTokens } from './check-tokens.ts';
import type { Limits } from './guardrails.ts';
import type { Resolved, ResolvedAccount, ResolvedToken } from './resolve.ts';

/**
 * Reports what is well-formed and cannot be meant: limits, names that collide, settings that contradict each other.
 * `files` are the real paths of the configuration's own files.
 */
export function checkMeaning(
  resolved: Resolved,
  stores: readonly WrittenStore[],
  limits: Limits,
  files: readonly string[],
  problems: Problems,
): void {
  checkAccountNames(resolved.accounts, problems);
  checkTokens(resolved, limits, problems);
  checkDucklings(resolved, limits, problems);
  checkStores(stores, resolved.accounts, files, problems);
  if (limits.maxComputeCeiling !== undefined && limits.rates === undefined) {
    const hint = 'give your prices under compute_rates, for example { standard: 2.40, jumbo: 4.80 }';
    problems.error('rates-missing', limits.maxComputeCeiling.node.at, 'max_compute_ceiling needs compute_rates', {
      hint,
    });
  } // What is wrong elsewhere may be the use; and someone who has no accounts yet is still writing.
  if (!problems.hasErrors && resolved.accounts.length > 0) for (const names of resolved.names) names.reportUnused();
}

// MotherDuck compares usernames without regard to case, so both would be one account.
function checkAccountNames(accounts: readonly ResolvedAccount[], problems: Problems): void {
  const first = new Map<string, ResolvedAccount>();
  for (const account of accounts) {
    const key = accountKey(account.username);
    const other = first.get(key);
    if (other === undefined) first.set(key, account);
    else {
      const message = `accounts ${quote(other.username)} and ${quote(account.username)} differ only in case`;
      problems.error('duplicate-account', account.at, message, {
        related: { message: 'the first stands', at: other.at },
        hint: 'MotherDuck takes them for one account: remove one, or give it another name',
      });
    }
  }
}

/** Checks each store, and that no two tokens write the same place. `files` are the real paths of the configuration's own. */
export function checkStores(
  stores: readonly WrittenStore[],
  accounts: readonly ResolvedAccount[],
  files: readonly string[],
  problems: Problems,
): void {
  for (const kind of STORE_KINDS) {
    kind.check(
      stores.filter(({ config }) => config.kind === kind.kind),
      files,
      problems,
    );
  }
  checkPlaces(stores, accounts, problems);
}

interface Writer {
  readonly account: ResolvedAccount;
  readonly token: ResolvedToken;
}

/**
 * No two tokens may write the same place of a store: the secret of one of them would be lost. Looks at all accounts:
 * `a-b` and `a_b` come to the same variable, as `x` of `a_b` and `b_x` of `a` do.
 */
function checkPlaces(stores: readonly WrittenStore[], accounts: readonly ResolvedAccount[], problems: Problems): void {
  const byName = new Map(stores.map((store) => [store.config.name, store]));
  const writers = new Map<string, Writer>();
  const alike = new Map<string, Writer>();
  // A token of a template stands at one place for all its accounts; it is pointed at once.
  const reported = new Set<Span>();
  for (const account of accounts) {
    for (const token of account.tokens) {
      const writer = { account, token };
      const store = byName.get(token.settings.store?.value ?? '');
      const place = store && kindOf(store.config).places.of(store.config, placed(writer), store.target);
      if (store === undefined || place === undefined) continue;
      const near = place.alike ?? place.key;
      const same = writers.get(place.key);
      const other = same ?? alike.get(near);
      if (same === undefined) writers.set(place.key, writer);
      if (!alike.has(near)) alike.set(near, writer);
      if (other === undefined || reported.has(token.at) || areOneAccount(account, other.account)) continue;
      reported.add(token.at);
      report(writer, other, store, same === undefined ? 'near' : 'same', problems);
    }
  }
}

function placed({ account, token }: Writer): PlacedToken {
  const type = token.settings.type?.value;
  return { account: account.username, token: token.key, ...(type === undefined ? {} : { type }) };
}

/** Whether they differ only in case, which has been reported. */
function areOneAccount(a: ResolvedAccount, b: ResolvedAccount): boolean {
  return a !== b && accountKey(a.username) === accountKey(b.username);
}

/** Places that only some stores take for one are a warning. */
function report(writer: Writer, other: Writer, store: WrittenStore, how: 'same' | 'near', problems: Problems): void {
  const { places } = kindOf(store.config);
  const shown = places.shown(store, placed(writer));
  const name = ({ account, token }: Writer): string => `${account.username}/${token.key}`;
  const both = `${name(other)} and ${name(writer)}`;
  const related = other.token === writer.token ? {} : { related: { message: 'the other stands', at: other.token.at } };
  if (how === 'same') {
    const message = `${both} both write ${shown}`;
    problems.error('store-collision', writer.token.at, message, {
      ...related,
      hint: `rename a token, or ${places.change}`,
    });
  } else {
    const message = `${both} write names that differ only in case, or in - and _: ${shown}`;
    const hint = 'some stores take them for one, and would lose a secret: rename a token if yours does';
    problems.warning('store-collision', writer.token.at, message, { ...related, hint });
  }
}
