/** The inventory of what accounts used and store, beside the most that their Ducklings could use. */
import type { AccountUsage, Audit, SizeUsage } from '../model/audit.ts';
import { type Ducklings, SIZES } from '../model/ducklings.ts';
import { USAGE_DAYS } from '../model/usage.ts';
import type { AuditedAccount } from './account.ts';
import type { Evidence, Usage } from './evidence.ts';

/** For `Audit.usage`: of the accounts that were checked. Empty without --usage, and without a connection. */
export function usageOf({ usage, accounts }: Evidence): Pick<Audit, 'usage'> {
  if (usage?.compute === undefined || usage.storage === undefined) return {};
  const { compute, storage } = usage;
  return {
    usage: {
      days: USAGE_DAYS,
      ...(compute.ok ? {} : { compute_unknown: compute.why }),
      ...(storage.ok ? {} : { storage_unknown: storage.why }),
      accounts: accounts
        .filter(({ live }) => live !== undefined)
        .map((account) => accountUsage(account, usage))
        .sort((a, b) => (a.account < b.account ? -1 : 1)),
    },
  };
}

function accountUsage(account: AuditedAccount, { compute, storage }: Usage): AccountUsage {
  const stored = storage?.ok ? (storage.value.get(account.key) ?? { databases: 0, bytes: 0 }) : undefined;
  return {
    account: account.username,
    compute: compute?.ok ? sizesOf(account, compute.value.hours.get(account.key) ?? new Map()) : null,
    databases: stored?.databases ?? null,
    bytes: stored?.bytes ?? null,
  };
}

function sizesOf({ ducklings }: AuditedAccount, hours: ReadonlyMap<string, number>): SizeUsage[] {
  const most = ducklings === undefined ? undefined : ceilings(ducklings.live);
  const names = [...new Set([...hours.keys(), ...(most?.keys() ?? [])])];
  const rank = (size: string) => (SIZES as readonly string[]).indexOf(size);
  return names
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((size) => ({
      size,
      hours: hours.get(size) ?? 0,
      ceiling: most === undefined ? null : (most.get(size) ?? 0),
    }));
}

/** The hours of each size when every Duckling always runs. */
function ceilings({ read_write, read_scaling }: Ducklings): ReadonlyMap<string, number> {
  const most = new Map<string, number>([[read_write.size, USAGE_DAYS * 24]]);
  if (read_scaling.pool_size > 0) {
    most.set(read_scaling.size, (most.get(read_scaling.size) ?? 0) + read_scaling.pool_size * USAGE_DAYS * 24);
  }
  return most;
}
