/** The data that is deleted with accounts, in words. */
import type { DeletedData, Plan } from '../../model/plan.ts';
import { storageText } from '../../model/usage.ts';
import { few } from '../../model/wording.ts';

/** A sentence about the data of deleted accounts, also without --usage; undefined when no account is deleted. */
export function deletedText({ deleted_data: data, actions }: Plan): string | undefined {
  if (!actions.some(({ action }) => action === 'delete_account')) return undefined;
  return (
    deletedDataText(data) ?? 'all databases and shares that they own, not counted; with --usage the plan counts them'
  );
}

/** `3 databases, 1.2 GB`; undefined when that was not asked. Of several accounts with data, the first are listed with theirs. */
export function deletedDataText(data: DeletedData | undefined): string | undefined {
  if (data === undefined) return undefined;
  if (data.unknown !== undefined) return `databases unknown: ${data.unknown}`;
  const { accounts } = data;
  const total = storageText({
    databases: accounts.reduce((sum, { databases }) => sum + databases, 0),
    bytes: accounts.reduce<number | null>((sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes), 0),
  });
  const owners = accounts.filter(({ databases }) => databases > 0);
  if (accounts.length === 1 || owners.length === 0) return total;
  return `${total} (${few(owners.map((each) => `${each.account}: ${storageText(each)}`))})`;
}
