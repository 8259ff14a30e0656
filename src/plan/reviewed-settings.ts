/** Settings of the configuration that change nothing by themselves, and that a reviewer must see: limits, and the accounts' own SQL. */
import { type Desired, type Guardrails, limitText } from '../model/desired.ts';
import type { GuardrailInForce, SmokeQuery } from '../model/plan.ts';
import { formatDuration } from '../model/time.ts';

/** The guardrails that differ from the defaults, in the words of the configuration. */
export function guardrailsInForce(guardrails: Guardrails): GuardrailInForce[] {
  const { maxDeletes, maxCreates, maxMissing, maxTokenTtl, allowedSizes, allowNeverExpiring } = guardrails;
  const values: Readonly<Record<string, string | undefined>> = {
    max_deletes: maxDeletes === 0 ? undefined : limitText(maxDeletes),
    max_creates: maxCreates === undefined ? undefined : limitText(maxCreates),
    max_missing: maxMissing === undefined ? undefined : limitText(maxMissing),
    max_compute_ceiling: guardrails.maxComputeCeiling?.toString(),
    max_token_ttl: maxTokenTtl === undefined ? undefined : formatDuration(maxTokenTtl),
    allow_never_expiring: allowNeverExpiring ? 'true' : undefined,
    allowed_sizes: allowedSizes?.join(', '),
    max_pool_size_total: guardrails.maxPoolSizeTotal?.toString(),
  };
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** SQL that does more than read, as far as its words tell. */
const CHANGES =
  /;\s*\S|\b(alter|attach|call|checkpoint|comment|copy|create|delete|detach|drop|execute|export|grant|import|insert|install|load|merge|pragma|replace|revoke|set|truncate|update|vacuum)\b/i;

/** The accounts' own smoke queries, those that may change something first. */
export function smokeQueries({ accounts }: Desired, only: (username: string) => boolean): SmokeQuery[] {
  const found = new Map<string, { query: string; accounts: string[] }>();
  for (const { username, smoke } of accounts.values()) {
    if (smoke === false || smoke.query === undefined || !only(username)) continue;
    const known = found.get(smoke.query) ?? { query: smoke.query, accounts: [] };
    known.accounts.push(username);
    found.set(smoke.query, known);
  }
  const all = [...found.values()].map((one) => (CHANGES.test(one.query) ? { ...one, changes: true as const } : one));
  return [...all.filter((one) => 'changes' in one), ...all.filter((one) => !('changes' in one))];
}
