/** Organizations of every size, for pages that the program itself writes: a few accounts that differ, and tenants that are alike. */
import { afterAll } from 'vitest';
import { Stage } from '../stage.ts';

/** How the tenants differ from one configuration to the next. */
interface Tenants {
  readonly count: number;
  readonly size?: 'pulse' | 'standard';
}

/** Four accounts of their own, `changed` or not, and tenants. */
function configuration({ count, size = 'pulse' }: Tenants, isChanged: boolean): string {
  const tenants = Array.from({ length: count }, (_, index) => `  tenant_${index + 1}: { template: tenant }\n`);
  return `version: 1
organization: acme
guardrails: { max_deletes: 1 }
compute_rates: { currency: USD, pulse: 0.5, standard: 2.4, jumbo: 4.8 }
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  app: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 72h, secret_store: local }
  dashboard: { type: read_scaling, ttl: 365d, rotate_before: 30d, overlap: 48h, secret_store: local }
duckling_pools:
  small: { read_write: { size: ${size} }, read_scaling: { size: pulse, pool_size: 2 } }
templates:
  tenant: { ducklings: small, tokens: { app: dashboard } }
accounts:
  etl_prod:
    ducklings: { read_write: { size: ${isChanged ? 'jumbo' : 'standard'}, cooldown: 10m }, read_scaling: { size: pulse, pool_size: 1 } }
    tokens: { airflow: app, dbt: app${isChanged ? '' : ', old: app'} }
  bi_dashboard: { ducklings: small, tokens: { looker: dashboard${isChanged ? ', superset: dashboard' : ''} } }
  ${isChanged ? 'ml_training: { ducklings: small, tokens: { trainer: app }, setup: [CREATE DATABASE IF NOT EXISTS features] }' : 'legacy: { deletion_protection: false, tokens: { app: dashboard } }'}
${tenants.join('')}`;
}

/** A folder whose sandbox has the organization as it was 77 days ago, and whose configuration is what it becomes. */
export async function organizationOf(accounts: number): Promise<Stage> {
  const count = accounts - 4;
  const stage = new Stage(configuration({ count: Math.ceil(count * 0.9) }, false), { leave: afterAll });
  const { code, stderr } = await stage.run('apply --sandbox --yes --no-smoke');
  if (code !== 0) throw new Error(stderr);
  await stage.advance(77 * 24 * 60 * 60);
  stage.edit(() => configuration({ count, size: 'standard' }, true));
  return stage;
}

/** The page of the plan of such an organization. */
export async function planPageOf(accounts: number): Promise<string> {
  const stage = await organizationOf(accounts);
  const { code, stdout, stderr } = await stage.run('plan --sandbox --prune --format html');
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** The page of the audit of such an organization, where accounts are also without a configuration, and one finding is accepted. */
export async function auditPageOf(accounts: number): Promise<string> {
  const stage = await organizationOf(accounts);
  await stage.run('sandbox seed 3');
  stage.edit(
    (text) => `${text}audit: { accept: [{ rule: MDA001, accounts: [tenant_00001], reason: its owner left }] }\n`,
  );
  return auditPage(stage);
}

/** The page of the audit of an organization that is as it is configured. */
export async function cleanAuditPage(): Promise<string> {
  const stage = new Stage(configuration({ count: 3 }, false), { leave: afterAll });
  await stage.run('apply --sandbox --yes');
  return auditPage(stage);
}

/** The page of the audit of an organization with so many accounts, of which none is configured. */
export async function unmanagedAuditPage(accounts: number): Promise<string> {
  const stage = new Stage('version: 1\norganization: acme\n', { leave: afterAll });
  await stage.run(`sandbox seed ${accounts}`);
  return auditPage(stage);
}

async function auditPage(stage: Stage): Promise<string> {
  const { stdout, stderr } = await stage.run('audit --sandbox --usage --format html --fail-on never');
  if (stdout === '') throw new Error(stderr);
  return stdout;
}
