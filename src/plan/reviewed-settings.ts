/** Settings of the configuration that change nothing by themselves, and that a reviewer must see: limits, and the accounts' own SQL. */
import { type Desired, type Guardrails, limitText } from '../model/desired.ts';
import type { GuardrailInForce, SmokeQuery } from '../model/plan.ts';
import { mayChange } from '../model/setup.ts';
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

/** The accounts' own smoke queries, those that may change something first. */
export function smokeQueries({ accounts }: Desired, only: (username: string) => boolean): SmokeQuery[] {
  const found = new Map<string, { query: string; accounts: string[] }>();
  for (const { username, smoke } of accounts.values()) {
    if (smoke === false || smoke.query === undefined || !only(username)) continue;
    const known = found.get(smoke.query) ?? { query: smoke.query, accounts: [] };
    known.accounts.push(username);
    found.set(smoke.query, known);
  }
  const all = [...found.values()].map((one) => (mayChange(one.query) ? { ...one, changes: true as const } : one));
  return [...all.filter((one) => 'changes' in one), ...all.filter((one) => !('changes' in one))];
}
