/** The folders that are prepared once and copied for each kill: one whose next apply does every kind of action, one without a state. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { SANDBOX } from '../stage.ts';
import { type CrashStage, DOTENV, JSON_FILE } from './crash-stage.ts';

const DAY = 86_400;
const RECORDER = fileURLToPath(new URL('recorder.sh', import.meta.url));

/** The database of the account `adopted` in which its setup notes that it ran. */
const COUNTING = 'counting';

const COMMON = `
version: 1
organization: acme
secret_stores:
  local: { kind: file, path: ${DOTENV}, format: dotenv }
  json: { kind: file, path: ${JSON_FILE}, format: json }
  vault: { kind: exec, command: ${JSON.stringify(['/bin/sh', RECORDER, '{account}', '{token}'])} }
token_policies:
  loads: { type: read_write, ttl: 60d, rotate_before: 2d, overlap: 24h, secret_store: local }
  shows: { type: read_scaling, ttl: 60d, rotate_before: 7d, overlap: 48h, secret_store: json }
`;

/** The tokens of etl_prod are named for what the last apply, eleven days after the first, finds of them. */
const KEPT = `
      due: { policy: loads, ttl: 12d, secret_store: [local, json] }
      due_at_once: { policy: loads, ttl: 12d, overlap: 0s, secret_store: json }
      expired: { policy: loads, ttl: 252h, rotate_before: 24h }
      lost: { policy: loads, secret_store: json }
      overlap_over: { policy: loads, ttl: 12d, rotate_before: 4d }
      in_overlap: { policy: loads, ttl: 12d, rotate_before: 4d, overlap: 3d, secret_store: vault }
      steady: loads`;

const FIRST = `${COMMON}
accounts:
  etl_prod:
    ducklings: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 1 } }
    tokens:${KEPT}
      removed: loads
      removed_and_gone: loads
  tenant_back: { tokens: { app: shows } }
  tenant_gone: { tokens: { app: shows } }
  tenant_left: { deletion_protection: false, tokens: { app: shows } }
`;

const LAST = `${COMMON}
guardrails: { max_deletes: 1 }
accounts:
  adopted:
    ducklings: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 1 } }
    setup: [CREATE DATABASE IF NOT EXISTS ${COUNTING}, CREATE TABLE IF NOT EXISTS ${COUNTING}.runs (moment TIMESTAMP), INSERT INTO ${COUNTING}.runs VALUES (now())]
    tokens:
      found: loads
      found_old: { policy: loads, secret_store: json }
  etl_prod:
    ducklings: { read_write: { size: standard }, read_scaling: { size: pulse, pool_size: 2 } }
    tokens:${KEPT}
  tenant_back: { deletion_protection: false, tokens: { app: shows } }
  tenant_new:
    ducklings: { read_write: { size: pulse }, read_scaling: { size: pulse, pool_size: 2 } }
    tokens: { app: { policy: shows, secret_store: [vault, json] } }
`;

/** How often the setup of the main plan ran. */
export async function setupRuns(stage: CrashStage): Promise<number> {
  const file = stage.file(`${SANDBOX}/databases/adopted/${COUNTING}.duckdb`);
  if (!existsSync(file)) return 0;
  const connection = await (await DuckDBInstance.create(file)).connect();
  try {
    return (await connection.runAndReadAll('SELECT 1 FROM runs')).currentRowCount;
  } finally {
    connection.closeSync();
  }
}

/** What the plan of the last apply holds at least: every kind of action, so that none is lost by mistake. */
export const ACTIONS = [
  'adopt_account adopted',
  'set_ducklings adopted',
  'adopt_token adopted/found',
  'adopt_token adopted/found_old',
  'rotate_token adopted/found_old',
  'run_setup adopted',
  'set_ducklings etl_prod',
  'rotate_token etl_prod/due',
  'rotate_token etl_prod/due_at_once',
  'create_token etl_prod/expired',
  'create_token etl_prod/lost',
  'revoke_token etl_prod/overlap_over',
  'revoke_token etl_prod/removed',
  'forget etl_prod/removed_and_gone',
  'create_account tenant_back',
  'create_token tenant_back/app',
  'create_account tenant_new',
  'set_ducklings tenant_new',
  'create_token tenant_new/app',
  'forget tenant_gone',
  'delete_account tenant_left',
];

/** Makes the folder, up to the moment before the last apply. */
export async function prepareMainPlan(stage: CrashStage): Promise<void> {
  const apply = async () => {
    const { code, stdout, stderr } = await stage.runUntil('apply --yes --no-smoke --real-stores');
    if (code !== 0) throw new Error(`the preparation failed: ${stdout}${stderr}`);
  };
  stage.write(DOTENV, '# written by hand\nOTHER=theirs\n', 0o600);
  stage.configure(FIRST);
  await apply();
  await stage.organization.advance(9 * DAY);
  await apply();
  await stage.organization.advance(2 * DAY);
  await changeByHand(stage);
  stage.configure(LAST);
}

async function changeByHand(stage: CrashStage): Promise<void> {
  const { accounts } = stage.organization.inspect();
  const tokens = accounts.find((account) => account.username === 'etl_prod')?.tokens ?? [];
  for (const name of ['lost', 'removed_and_gone']) {
    await stage.byHand('DELETE', `/etl_prod/tokens/${tokens.find((token) => token.name === name)?.id}`);
  }
  await stage.byHand('DELETE', '/tenant_back');
  await stage.byHand('DELETE', '/tenant_gone');
  await stage.byHand('POST', '', { username: 'adopted' });
  await stage.byHand('POST', '/adopted/tokens', { name: 'found', ttl: 60 * DAY });
  await stage.byHand('POST', '/adopted/tokens', { name: 'found_old', ttl: DAY });
  await stage.byHand('POST', '/adopted/tokens', { name: 'theirs' });
  await stage.byHand('POST', '/etl_prod/tokens', { name: 'theirs', ttl: 60 * DAY });
  await stage.byHand('POST', '', { username: 'legacy_bot' });
  await stage.byHand('POST', '/legacy_bot/tokens', { name: 'due', ttl: 60 * DAY });
  await stage.organization.addHuman('ada');
}

/** Read scaling only, so that the smoke test makes a read/write token of its own, which must be revoked. */
const FIRST_RUN = `
version: 1
organization: acme
secret_stores: { json: { kind: file, path: ${JSON_FILE}, format: json } }
token_policies:
  shows: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 0s, secret_store: json }
accounts:
  board: { tokens: { app: shows } }
`;

/** A token that leaked, and one of the same account that did not. */
const LEAKED = `${COMMON}
accounts:
  etl_prod: { tokens: { airflow: loads, steady: loads, other: { policy: loads, secret_store: vault } } }
  board: { tokens: { app: shows } }
`;

/** Makes a folder in which etl_prod/airflow has a current token and a replaced one in its overlap. */
export async function prepareLeak(stage: CrashStage): Promise<void> {
  stage.write(DOTENV, '# written by hand\nOTHER=theirs\n', 0o600);
  stage.configure(LEAKED);
  for (const words of ['apply', 'rotate etl_prod/airflow']) {
    const { code, stdout, stderr } = await stage.runUntil(`${words} --yes --no-smoke --real-stores`);
    if (code !== 0) throw new Error(`the preparation failed: ${stdout}${stderr}`);
  }
}

/** Makes a folder with nothing but a configuration, for a first apply with its smoke test. */
export async function prepareFirstRun(stage: CrashStage): Promise<void> {
  stage.write(DOTENV, '# written by hand\nOTHER=theirs\n', 0o600);
  stage.configure(FIRST_RUN);
}
