/** The configurations of the journey, as a person would write them. */
import type { Size } from '../../src/model/ducklings.ts';
import { JOURNEY } from './names.ts';

export interface Chapter {
  readonly run: string;
  readonly size: Size;
  readonly accounts?: readonly (keyof typeof JOURNEY)[];
  readonly deletionProtection?: boolean;
  readonly maxDeletes?: number;
  /** Whether `etl` has SQL that sets it up. */
  readonly setup?: boolean;
  /** Whether `bi` is suspended. */
  readonly suspended?: boolean;
}

/** Read scaling pools are offered up to jumbo. */
const LARGEST_POOLED: readonly Size[] = ['pulse', 'standard', 'jumbo'];

/** What it makes goes with the account. */
const SETUP = [
  'CREATE DATABASE IF NOT EXISTS "{account}"',
  'CREATE TABLE IF NOT EXISTS "{account}".main.t AS SELECT 42 AS answer',
];

/** The text of `motherduck.accounts.yaml`; by default with the two accounts that it makes. */
export function configuration(chapter: Chapter): string {
  const { run, size, accounts = ['etl', 'bi'], deletionProtection = true, maxDeletes = 0 } = chapter;
  const setup = chapter.setup ? `, setup: ${JSON.stringify(SETUP)}` : '';
  const suspended = chapter.suspended ? ', suspended: true' : '';
  const protection = deletionProtection ? '' : ', deletion_protection: false';
  const pooled = LARGEST_POOLED.includes(size) ? size : 'pulse';
  const blocks = {
    etl: `{ ducklings: { pool: small, read_scaling: { pool_size: 0 } }, tokens: { load: pipeline }${setup}${protection} }`,
    bi: `{ ducklings: small, tokens: { app: dashboard }${suspended}${protection} }`,
    found: `{ tokens: { load: pipeline }${protection} }`,
  };
  return `version: 1
organization: live_suite
secret_stores:
  local: { kind: file, path: secrets.env, format: dotenv }
token_policies:
  pipeline: { type: read_write, ttl: 30m, rotate_before: 5m, overlap: 1s, description: by the live suite, secret_store: local }
  dashboard: { type: read_scaling, ttl: 30m, rotate_before: 5m, overlap: 1s, secret_store: local }
duckling_pools:
  small: { read_write: { ${sized(size)} }, read_scaling: { ${sized(pooled)}, pool_size: 1 } }
accounts:${accounts.length === 0 ? ' {}' : ''}
${accounts.map((word) => `  ${run}_${JOURNEY[word]}: ${blocks[word]}\n`).join('')}guardrails: { max_deletes: ${maxDeletes} }
`;
}

/** The shortest cooldown that there is; a pulse has none. */
function sized(size: Size): string {
  return size === 'pulse' ? 'size: pulse' : `size: ${size}, cooldown: 60s`;
}
