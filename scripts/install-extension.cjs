// Downloads DuckDB's motherduck extension for the user who runs this, so that no later connection has to. The Dockerfile runs it.
const { existsSync, readdirSync } = require('node:fs');
const path = require('node:path');
const { DuckDBInstance } = require('@duckdb/node-api');

async function install() {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run('INSTALL motherduck');
  const read = async (sql) => (await connection.runAndReadAll(sql)).getRows()[0];
  const [version] = await read('SELECT version()');
  const [platform] = await read('PRAGMA platform');
  // With its first connection the extension downloads its second part. The connection itself fails: the token is none.
  const failure = await DuckDBInstance.create('md:', { motherduck_token: 'none' }).then(
    () => undefined,
    (error) => error,
  );
  const folder = path.join(process.env.HOME, '.duckdb/extensions', version, platform);
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith('.info')) : [];
  if (files.length < 2) throw failure ?? new Error(`${folder} has ${files.join(', ') || 'no file'}`);
  console.log(`${folder}: ${files.join(', ')}`);
}

install().catch((error) => {
  console.error(`The motherduck extension was not installed: ${error.message}`);
  console.error('An image without it: docker build --build-arg WITH_EXTENSION=no');
  process.exit(1);
});
