// The floor of a smoke test's connection: DuckDB is loaded, and asked one thing.
import { DuckDBInstance } from '@duckdb/node-api';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.runAndReadAll('SELECT 1');
