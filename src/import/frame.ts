/** The configuration that `init --from-live` begins with: everything but what is live. */
import { SIZES } from '../model/ducklings.ts';
import { formatDuration } from '../model/duration.ts';
import type { Live } from '../model/live.ts';
import { lifeOf } from './lives.ts';
import { scalar } from './written.ts';

export interface Limits {
  /** Smallest first. */
  readonly sizes: readonly string[];
  /** As a configuration writes it. */
  readonly ttl?: string;
}

/** The tightest guardrails that what was read of the organization satisfies. */
export function limitsOf(live: Live): Limits {
  const found = [...live.accounts.values()].flatMap((reading) =>
    reading.presence === 'present' ? [reading.value] : [],
  );
  const inUse = new Set(found.flatMap(({ ducklings: d }) => (d ? [d.read_write.size, d.read_scaling.size] : [])));
  const lives = found.flatMap(({ tokens }) =>
    tokens
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > live.now)
      .map((token) => lifeOf(token, { maxDeletes: 0, allowNeverExpiring: false }).ttl ?? 0),
  );
  const longest = lives.reduce((most, ttl) => Math.max(most, ttl), 0);
  return { sizes: SIZES.filter((size) => inUse.has(size)), ...(longest > 0 ? { ttl: formatDuration(longest) } : {}) };
}

export function frame(organization: string, { sizes, ttl }: Limits = { sizes: [] }): string {
  return `# The service accounts of a MotherDuck organization, their access tokens and Ducklings, as they were found there.
# Checked by "mdacc validate", shown by "mdacc plan", done by "mdacc apply". "mdacc schema" prints what may stand here.
version: 1
organization: ${scalar(organization)} # a name of your own; a state file of another organization is refused

# Where a token's secret goes the moment it exists. The secrets of the tokens below are not known here until they are replaced.
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  # vault: { kind: exec, command: [vault, kv, put, "secret/motherduck/{account}/{token}", "value=-"] }

# How long replacements live, and when they are made.
token_policies:

# Compute that several accounts have: the read/write Duckling, and the read scaling pool.
duckling_pools:

accounts:

# What a plan must not do.
guardrails:
  max_deletes: 0
${sizes.length > 0 ? `  allowed_sizes: [${sizes.join(', ')}]\n` : ''}${ttl === undefined ? '' : `  max_token_ttl: ${ttl}\n`}`;
}
