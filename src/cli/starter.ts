/** The file that `mdacc init` writes. */
import { scalar } from '../import/yaml-writer.ts';
import { SIZES } from '../model/ducklings.ts';

/** The name that stands for the organization until someone gives another. */
export const UNNAMED = 'my_organization';

export function starter(organization: string): string {
  return `# The service accounts of a MotherDuck organization, their access tokens and Ducklings.
# Checked by "mdacc validate", shown by "mdacc plan", done by "mdacc apply". "mdacc schema" prints what may stand here.
version: 1
organization: ${scalar(organization)} # a name of your own; a state file of another organization is refused

# Where a token's secret goes the moment it exists. It is shown once, and never kept anywhere else.
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
  # vault: { kind: exec, command: [vault, kv, put, "secret/motherduck/{account}/{token}", "value=-"] }

# How long tokens live, and when they are replaced.
token_policies:
  pipeline:
    type: read_write # or read_scaling
    ttl: 90d # 5m to 365d
    rotate_before: 14d # replaced when less life than this is left
    overlap: 24h # the replaced token lives on this long
    secret_store: local

# Compute: the read/write Duckling, and the read scaling pool.
duckling_pools:
  small:
    read_write: { size: pulse } # ${SIZES.join(', ')}
    read_scaling: { size: pulse, pool_size: 0 } # more, once a read_scaling token uses it

accounts:
  my_pipeline: # the username at MotherDuck
    ducklings: small
    tokens:
      loader: pipeline

# What a plan must not do.
guardrails:
  max_deletes: 0
  allowed_sizes: [pulse, standard]
`;
}
