// The floor of a smoke test's connection: DuckDB is loaded, and asked one thing.
const { DuckDBInstance } = require('@duckdb/node-api');

(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.runAndReadAll('SELECT 1');
})();
