import { accountKey } from '../model/username.ts';
import type { StoredToken, WrittenStore } from '../secrets/store.ts';
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

/** Checks each store, and that no two tokens write the same secret path. `files` are the real paths of the configuration's own. */
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
  checkSecretPaths(stores, accounts, problems);
}

interface Writer {
  readonly account: ResolvedAccount;
  readonly token: ResolvedToken;
}

/**
 * No two tokens may write the same secret path of a store: the secret of one of them would be lost. Looks at all accounts:
 * `a-b` and `a_b` give the same variable, and so do `x` of `a_b` and `b_x` of `a`.
 */
function checkSecretPaths(
  stores: readonly WrittenStore[],
  accounts: readonly ResolvedAccount[],
  problems: Problems,
): void {
  const byName = new Map(stores.map((store) => [store.config.name, store]));
  const writers = new Map<string, Writer>();
  const alike = new Map<string, Writer>();
  // A token of a template is at one location for all its accounts; it is reported once.
  const reported = new Set<Span>();
  for (const account of accounts) {
    for (const token of account.tokens) {
      const writer = { account, token };
      const store = byName.get(token.settings.store?.value ?? '');
      const secretPath = store && kindOf(store.config).secretPaths.of(store.config, placed(writer), store.target);
      if (store === undefined || secretPath === undefined) continue;
      const near = secretPath.alike ?? secretPath.key;
      const same = writers.get(secretPath.key);
      const other = same ?? alike.get(near);
      if (same === undefined) writers.set(secretPath.key, writer);
      if (!alike.has(near)) alike.set(near, writer);
      if (other === undefined || reported.has(token.at) || areOneAccount(account, other.account)) continue;
      reported.add(token.at);
      report(writer, other, store, same === undefined ? 'near' : 'same', problems);
    }
  }
}

function placed({ account, token }: Writer): StoredToken {
  const type = token.settings.type?.value;
  return { account: account.username, token: token.key, ...(type === undefined ? {} : { type }) };
}

/** Whether they differ only in case, which has been reported. */
function areOneAccount(a: ResolvedAccount, b: ResolvedAccount): boolean {
  return a !== b && accountKey(a.username) === accountKey(b.username);
}

/** Secret paths that only some stores treat as the same are a warning. */
function report(writer: Writer, other: Writer, store: WrittenStore, how: 'same' | 'near', problems: Problems): void {
  const { secretPaths } = kindOf(store.config);
  const shown = secretPaths.shown(store, placed(writer));
  const name = ({ account, token }: Writer): string => `${account.username}/${token.key}`;
  const both = `${name(other)} and ${name(writer)}`;
  const related =
    other.token === writer.token ? {} : { related: { message: 'the other token is', at: other.token.at } };
  if (how === 'same') {
    const message = `${both} would write the same secret path: ${shown}`;
    problems.error('store-collision', writer.token.at, message, {
      ...related,
      hint: `rename a token, or ${secretPaths.change}`,
    });
  } else {
    const message = `${both} would write secret paths that differ only in case, or in - and _: ${shown}`;
    const hint = 'some stores treat them as the same and would lose a secret: rename a token if yours does';
    problems.warning('store-collision', writer.token.at, message, { ...related, hint });
  }
}
