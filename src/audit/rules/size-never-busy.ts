import { type Size, sizeFacts } from '../../model/ducklings.ts';
import { DAY_MS } from '../../model/time.ts';
import { USAGE_DAYS } from '../../model/usage.ts';
import { type AuditedAccount, firstSeen } from '../account.ts';
import { aboutAccount, type Rule } from '../rule.ts';

/** With --usage, of an account that is not suspended, and a record of compute that are both old enough to tell. */
export const sizeNeverBusy: Rule = {
  id: 'MDA041',
  name: 'size-never-busy',
  severity: 'note',
  title: `No Duckling of a size that is billed by the hour ran for ${USAGE_DAYS} days.`,
  help: `The size raises what the account costs at most, and nobody uses it. Reported with --usage, by COMPUTE_USAGE, where the account and the record are at least ${USAGE_DAYS} days old. A size that was set since then may be meant for later.`,
  yieldsTo: ['MDA023'],
  isChecked: ({ usage }) => usage?.compute?.ok === true,
  *check({ accounts, usage, now }) {
    if (!usage?.compute?.ok) return;
    const { hours, since } = usage.compute.value;
    const isOld = (time: number | undefined) => time !== undefined && now - time >= USAGE_DAYS * DAY_MS;
    if (!isOld(since)) return;
    for (const account of accounts) {
      if (!isOld(firstSeen(account)) || account.desired?.suspended) continue;
      const busy = hours.get(account.key);
      const idle = sizesOf(account).filter(({ size }) => sizeFacts(size).hourly && !busy?.get(size));
      if (idle.length === 0) continue;
      const list = idle.map(({ kind, size }) => `its ${kind} size is ${size}`).join(', ');
      yield {
        ...aboutAccount(account),
        message: `${list}, and no Duckling of that size ran in ${USAGE_DAYS} days`,
        fix: fix(account),
      };
    }
  },
};

function sizesOf({ ducklings }: AuditedAccount): { readonly kind: string; readonly size: Size }[] {
  if (ducklings === undefined) return [];
  const { read_write, read_scaling } = ducklings.live;
  const pool = read_scaling.pool_size > 0 ? [{ kind: 'read scaling', size: read_scaling.size }] : [];
  return [{ kind: 'read/write', size: read_write.size }, ...pool];
}

function fix({ standing }: AuditedAccount) {
  const where = standing === 'configured' ? 'in the configuration, and apply' : 'at MotherDuck';
  return { text: `Choose a smaller size, or no pool, ${where}, if nobody needs it.` };
}
