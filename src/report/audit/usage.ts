/** How compute and storage of an audit are worded in every format for people. */
import type { AccountUsage, AuditUsage } from '../../model/audit.ts';
import { storageText } from '../../model/usage.ts';

/** What the numbers are. */
export function usageTitle({ days }: AuditUsage): string {
  return `Hours of compute in ${days} days (of those if every Duckling always ran), and storage`;
}

/** Why something is not known, once for each. */
export function usageUnknowns({ compute_unknown: compute, storage_unknown: storage }: AuditUsage): string[] {
  return [
    ...(compute === undefined ? [] : [`Compute is not known: ${compute}`]),
    ...(storage === undefined ? [] : [`Storage is not known: ${storage}`]),
  ];
}

/** The accounts with the most hours first, then those with the most bytes. Empty when nothing is known. */
export function usageRows({ accounts, compute_unknown, storage_unknown }: AuditUsage): readonly AccountUsage[] {
  if (compute_unknown !== undefined && storage_unknown !== undefined) return [];
  const total = ({ compute }: AccountUsage) => (compute ?? []).reduce((sum, { hours }) => sum + hours, 0);
  return [...accounts].sort((a, b) => total(b) - total(a) || (b.bytes ?? 0) - (a.bytes ?? 0));
}

/** `jumbo 12 of 720 h, pulse 3 h`; a size without a ceiling is not set now. */
export function computeText({ compute }: AccountUsage): string {
  if (compute === null) return 'unknown';
  return (
    compute.map(({ size, hours, ceiling }) => `${size} ${hours}${ceiling ? ` of ${ceiling}` : ''} h`).join(', ') ||
    'none'
  );
}

/** `3 databases, 1.2 GB` */
export function storedText({ databases, bytes }: AccountUsage): string {
  return databases === null ? 'unknown' : storageText({ databases, bytes });
}
