import { accountKey } from '../model/username.ts';
import type { WrittenStore } from '../secrets/kind.ts';
import type { Problems } from '../yaml/problems.ts';
import { quote } from '../yaml/wording.ts';
import { checkDucklings } from './check-ducklings.ts';
import { checkStores } from './check-stores.ts';
import { checkTokens } from './check-tokens.ts';
import type { Limits } from './guardrails.ts';
import type { Resolved, ResolvedAccount } from './resolve.ts';

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
