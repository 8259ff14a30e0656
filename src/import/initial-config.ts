/** The configuration to which `init --from-live` adds the live accounts. */
import { DEFAULT_SECRETS } from '../model/defaults.ts';
import { SIZES } from '../model/ducklings.ts';
import type { Live } from '../model/live.ts';
import { formatDuration } from '../model/time.ts';
import { lifetimeFor } from './policies.ts';
import { scalar } from './yaml-writer.ts';

/** Guardrails for a new configuration. */
export interface Limits {
  /** Smallest first. */
  readonly sizes: readonly string[];
  /** A duration as in the configuration. */
  readonly ttl?: string;
}

/** The tightest guardrails that the live organization satisfies, also after a change to smaller sizes. */
export function tightestLimits(live: Live): Limits {
  const found = [...live.accounts.values()].flatMap((reading) =>
    reading.presence === 'present' ? [reading.value] : [],
  );
  const inUse = new Set(found.flatMap(({ ducklings: d }) => (d ? [d.read_write.size, d.read_scaling.size] : [])));
  const lifetimes = found.flatMap(({ tokens }) =>
    tokens
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > live.now)
      .map((token) => lifetimeFor(token, { maxDeletes: 0, allowNeverExpiring: false }).ttl ?? 0),
  );
  const longest = lifetimes.reduce((most, ttl) => Math.max(most, ttl), 0);
  const largest = SIZES.findLastIndex((size) => inUse.has(size));
  return { sizes: SIZES.slice(0, largest + 1), ...(longest > 0 ? { ttl: formatDuration(longest) } : {}) };
}

/** The text of a configuration without accounts. */
export function initialConfig(organization: string, { sizes, ttl }: Limits = { sizes: [] }): string {
  return `# The service accounts of a MotherDuck organization, their access tokens and Ducklings, as imported from MotherDuck.
# Check with "mdacc validate", preview with "mdacc plan", apply with "mdacc apply". "mdacc schema" prints the schema.
version: 1
organization: ${scalar(organization)} # a name of your own; a state file of another organization is refused

# Where secrets are stored: of new tokens, and of adopted ones once they are rotated.
secret_stores:
  local: { kind: file, path: ${DEFAULT_SECRETS}, format: dotenv }
  # vault: { kind: exec, command: [vault, kv, put, "secret/motherduck/{account}/{token}", "value=-"] }

# How long new tokens live, and when they are rotated.
token_policies:

# Compute that several accounts share: the read/write Duckling, and the read scaling pool.
duckling_pools:

accounts:

# Limits for every plan.
guardrails:
  max_deletes: 0 # accounts that one apply may delete
${sizes.length > 0 ? `  allowed_sizes: [${sizes.join(', ')}] # up to the largest in use\n` : ''}${ttl === undefined ? '' : `  max_token_ttl: ${ttl} # the longest in use\n`}`;
}

/** The text of a new configuration without the sections to which an import added nothing. */
export function withoutEmptySections(text: string): string {
  return text.replace(/^# .*\n(token_policies|duckling_pools):\n\n/gm, '');
}
