/** What `duckdb customers.duckdb < tenants.sql` does in a copy of the tenants' example. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { Stage } from '../stage.ts';

export const TENANTS = 'accounts/tenants.yaml';

/** @param customers rows of slug, plan and whether it is active, as SQL */
export async function generateTenants(folder: Stage, customers: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`CREATE TABLE customers AS SELECT * FROM (VALUES ${customers}) AS t(slug, plan, active)`);
    await connection.run(folder.read('tenants.sql').replaceAll(TENANTS, folder.file(TENANTS)));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
