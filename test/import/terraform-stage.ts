/** Folders whose sandbox was made by Terraform: accounts and tokens live, their secrets in a Terraform state. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONFIG, STATE, Stage } from '../stage.ts';

export const TFSTATE = 'terraform.tfstate';

/** What Terraform made. */
const MADE = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  quarter: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  etl_prod:
    ducklings: { read_write: { size: standard, cooldown: 5m }, read_scaling: { size: pulse, pool_size: 4 } }
    tokens: { airflow: quarter, dbt: quarter }
  tenant_acme: { tokens: { app: quarter } }
  tenant_globex: { tokens: { app: quarter } }
`;

/** The example of a provider, in which ids and secrets are the names of tokens. */
export function exampleOf(provider: 'motherduckdb' | 'jpig18'): string {
  return readFileSync(fileURLToPath(new URL(`./terraform/${provider}.tfstate`, import.meta.url)), 'utf8');
}

export interface Made {
  readonly folder: Stage;
  /** Of each token: `etl_prod/airflow`. */
  readonly ids: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
  /** The example of a provider with the ids and secrets of this folder. */
  write(provider?: 'motherduckdb' | 'jpig18', change?: (state: TfState) => void): void;
}

export interface TfState {
  version: number;
  resources: TfResource[];
  [field: string]: unknown;
}

export interface TfResource {
  module?: string;
  type: string;
  name: string;
  instances: { attributes: Record<string, unknown>; index_key?: string | number; [field: string]: unknown }[];
}

/** A folder with a sandbox and nothing else: no configuration, no state. */
export async function madeByTerraform(): Promise<Made> {
  const folder = await Stage.applied(MADE);
  const { accounts } = JSON.parse(folder.read(STATE));
  const [ids, secrets] = [new Map<string, string>(), new Map<string, string>()];
  const dotenv = folder.read('.motherduck/secrets.env');
  for (const [account, { tokens }] of Object.entries<Record<string, object>>(accounts)) {
    for (const [key, { current }] of Object.entries<{ current: { id: string; secret: { secret_path: string } } }>(
      (tokens ?? {}) as never,
    )) {
      const [, variable] = current.secret.secret_path.split('#');
      ids.set(`${account}/${key}`, current.id);
      secrets.set(`${account}/${key}`, new RegExp(`^${variable}=["']?([^"'\\n]+)`, 'm').exec(dotenv)?.[1] ?? '');
    }
  }
  for (const name of [CONFIG, STATE, '.motherduck/secrets.env']) folder.remove(name);
  const write: Made['write'] = (provider = 'motherduckdb', change) => {
    const filled = exampleOf(provider)
      .replace(/"id of ([^"]+)"/g, (_, name) => JSON.stringify(ids.get(name)))
      .replace(/"secret of ([^"]+)"/g, (_, name) => JSON.stringify(secrets.get(name)));
    const state: TfState = JSON.parse(filled);
    change?.(state);
    folder.write(TFSTATE, JSON.stringify(state, null, 2));
  };
  return { folder, ids, secrets, write };
}
