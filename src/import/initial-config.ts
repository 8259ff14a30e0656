/** What `init` writes: a starter file, or the configuration to which `--from-live` adds the live accounts. */
import { DEFAULT_SECRETS } from '../model/defaults.ts';
import { SIZES } from '../model/ducklings.ts';
import type { Live } from '../model/live.ts';
import { formatDuration } from '../model/time.ts';
import { TOKEN_TTL_SECONDS } from '../model/tokens.ts';
import { lifetimeFor } from './policies.ts';
import { scalar } from './yaml-writer.ts';

/** Guardrails for a new configuration. */
interface InitialGuardrails {
  /** Smallest first. */
  readonly sizes: readonly string[];
  /** A duration as in the configuration. */
  readonly ttl?: string;
}

/** The tightest guardrails that the live organization satisfies, also after a change to smaller sizes. */
export function tightestGuardrails(live: Live): InitialGuardrails {
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
export function initialConfig(organization: string, { sizes, ttl }: InitialGuardrails = { sizes: [] }): string {
  return `${beginning(', as imported from MotherDuck', organization)}
# Where secrets are stored: of new tokens, and of adopted ones once they are rotated.
${STORES}
# How long new tokens live, and when they are rotated.
token_policies:

# Compute that several accounts share: the read/write Duckling, and the read scaling pool.
duckling_pools:

accounts:

# Limits for every plan.
guardrails:
${MAX_DELETES}
${sizes.length > 0 ? `  allowed_sizes: [${sizes.join(', ')}] # up to the largest in use\n` : ''}${ttl === undefined ? '' : `  max_token_ttl: ${ttl} # the longest in use\n`}`;
}

/** The text of a configuration with an account as an example. */
export function starterConfig(organization: string): string {
  return `${beginning('', organization)}
# Where the secret of a new token is stored. MotherDuck shows it once, and it is kept nowhere else.
${STORES}
# How long tokens live, and when they are replaced.
token_policies:
  pipeline:
    type: read_write # or read_scaling
    ttl: 90d # ${formatDuration(TOKEN_TTL_SECONDS.min)} to ${formatDuration(TOKEN_TTL_SECONDS.max)}
    rotate_before: 14d # replaced this long before it expires
    # jitter: 3d # spread: each token is replaced up to this much earlier
    overlap: 24h # the replaced token stays valid this long
    secret_store: local

# Compute: the read/write Duckling, and the read scaling pool.
duckling_pools:
  small:
    read_write: { size: ${SIZES[0]} } # ${SIZES.join(', ')}
    read_scaling: { size: ${SIZES[0]}, pool_size: 0 } # increase it for read_scaling tokens

accounts:
  my_pipeline: # the username at MotherDuck
    ducklings: small
    tokens:
      loader: pipeline
    # suspended: true # its tokens are revoked; the account and its data stay

# Limits for every plan.
guardrails:
${MAX_DELETES}
  max_creates: 50 # likewise; default: no limit
  allowed_sizes: [${SIZES.slice(0, 2).join(', ')}]
`;
}

/** How both begin. */
function beginning(which: string, organization: string): string {
  return `# The service accounts of a MotherDuck organization, their access tokens and Ducklings${which}.
# Check with "mdacc validate", preview with "mdacc plan", apply with "mdacc apply". "mdacc schema" prints the schema.
version: 1
organization: ${scalar(organization)} # a name of your own; a state of another organization is refused

# Where the state is. Left out: in a file beside this one, to commit. In a bucket, machines and pipelines share it.
# state: { kind: s3, bucket: acme-platform, prefix: motherduck/prod, region: eu-central-1 }
`;
}

const STORES = `secret_stores:
  local: { kind: file, path: ${DEFAULT_SECRETS}, format: dotenv }
  # vault: { kind: exec, command: [vault, kv, put, "secret/motherduck/{account}/{token}", "value=-"] }
`;

const MAX_DELETES = '  max_deletes: 0 # accounts that one apply may delete: a number, or 5% of the managed ones';

/** The text of a new configuration without the sections to which an import added nothing. */
export function withoutEmptySections(text: string): string {
  return text.replace(/^# .*\n(token_policies|duckling_pools):\n\n/gm, '');
}
