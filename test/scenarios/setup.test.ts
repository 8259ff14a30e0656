/** `setup`: SQL that is run as each account, so that a tenant has its database and sees its shares without anybody's hands. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const HEAD = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  dashboard: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 48h, secret_store: local }
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
`;
const ETL = `accounts:
  etl:
    tokens: { load: pipeline }
    setup:
      - CREATE DATABASE IF NOT EXISTS sales
      - CREATE TABLE IF NOT EXISTS sales.orders AS SELECT 42 AS amount
      - CREATE SHARE IF NOT EXISTS reporting FROM sales (ACCESS ORGANIZATION)
`;
const TENANT = `templates:
  tenant:
    tokens: { app: dashboard }
    smoke: { query: "SELECT amount FROM reporting.orders" }
    setup:
      - CREATE DATABASE IF NOT EXISTS "{account}"
      - ATTACH IF NOT EXISTS 'md:_share/reporting/0f4c' AS reporting
`;
const tenants = (count: number) =>
  [...Array(count).keys()].map((index) => `  tenant_${index + 1}: { template: tenant }\n`).join('');

/** An account with these statements. */
const one = (...statements: readonly string[]) =>
  `${HEAD}accounts:\n  etl:\n    tokens: { load: pipeline }\n    setup:\n${statements.map((sql) => `      - ${JSON.stringify(sql)}\n`).join('')}`;

interface AppliedDocument {
  readonly applied: { readonly outcomes: readonly { action: string; result: string; error?: { message: string } }[] };
}

/** Applies, and returns what became of the setup. */
async function setUp(stage: Stage, more = '') {
  const { code, document } = await stage.json(`apply --sandbox --yes ${more}`);
  const outcomes = (document as AppliedDocument).applied.outcomes.filter(({ action }) => action === 'run_setup');
  return {
    code,
    results: outcomes.map(({ result }) => result),
    error: outcomes.find(({ error }) => error)?.error?.message,
  };
}

it('gives tenants a database and a share in one apply, and a second does nothing', async () => {
  const stage = new Stage(HEAD + ETL);
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
  stage.edit(() => HEAD + TENANT + ETL + tenants(20));
  expect(await setUp(stage)).toEqual({ code: 0, results: Array(20).fill('done') });
  expect(await setUp(stage)).toEqual({ code: 0, results: [] });
  expect(await stage.run('plan --sandbox --detailed-exitcode')).toMatchObject({ code: 0 });
}, 120_000);

it.each([1, 4])(
  'sets up a share of a share of a share in one apply, %s at a time',
  async (parallelism) => {
    const account = (name: string, ...sql: readonly string[]) =>
      `  ${name}:\n    tokens: { load: pipeline }\n    setup: ${JSON.stringify(sql)}\n`;
    const link = (from: string, to: string) =>
      account(
        `of_${from}`,
        `ATTACH IF NOT EXISTS 'md:_share/${from}/1' AS ${from}`,
        'CREATE DATABASE IF NOT EXISTS own',
        `CREATE TABLE IF NOT EXISTS own.t AS SELECT * FROM ${from}.t`,
        `CREATE SHARE IF NOT EXISTS ${to} FROM own (ACCESS ORGANIZATION)`,
      );
    const first = account(
      'first',
      'CREATE DATABASE IF NOT EXISTS own',
      'CREATE TABLE IF NOT EXISTS own.t AS SELECT 1 AS one',
      'CREATE SHARE IF NOT EXISTS s1 FROM own (ACCESS ORGANIZATION)',
    );
    const stage = new Stage(`${HEAD}accounts:\n${link('s3', 's4')}${link('s2', 's3')}${link('s1', 's2')}${first}`);
    expect(await setUp(stage, `--parallelism ${parallelism}`)).toEqual({ code: 0, results: Array(4).fill('done') });
    expect(await setUp(stage)).toEqual({ code: 0, results: [] });
  },
  120_000,
);

it('runs a setup that was refused once more when those of others have succeeded, in one apply', async () => {
  const stage = new Stage(HEAD + TENANT + ETL.replace('accounts:\n', `accounts:\n${tenants(2)}`));
  const { code, stdout, stderr } = await stage.run('apply --sandbox --yes --parallelism 1');
  expect(code, stdout + stderr).toBe(0);
  expect(stderr.match(/tenant_1: run setup/g)).toHaveLength(1);
  expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
});

it('shows in the rehearsal that a reader without setup sees no share', async () => {
  const stage = new Stage(HEAD + ETL);
  await setUp(stage);
  stage.edit(() => HEAD + TENANT.replace(/ {4}setup:[\s\S]*/, '') + ETL + tenants(1));
  const { code, document } = await stage.json('apply --sandbox --yes');
  expect(code).toBe(4);
  expect(document).toMatchObject({
    smoke: {
      accounts: [
        {
          account: 'tenant_1',
          connections: [
            { type: 'read_write', passed: true },
            {
              type: 'read_scaling',
              checks: expect.arrayContaining([
                expect.objectContaining({
                  name: 'query',
                  passed: false,
                  hint: { text: expect.stringMatching(/\btenant_1\b.*\bsetup\b.*\bsmoke\.query\b/) },
                }),
              ]),
            },
          ],
        },
      ],
    },
  });
});

it('names a failing statement, goes on with other accounts, and runs all again', async () => {
  const stage = new Stage(HEAD + TENANT + ETL.replace(/ {4}setup:[\s\S]*/, '') + tenants(1));
  const failed = await setUp(stage, '--no-smoke');
  expect(failed).toMatchObject({ code: 4, results: ['failed'] });
  expect(failed.error).toMatch(
    /^statement 2 .*motherduck\.accounts\.yaml:14.*no database\/share named 'reporting' found/,
  );
  const again = await stage.json('plan --sandbox');
  expect(again.document).toMatchObject({
    actions: [
      {
        action: 'run_setup',
        reason: { kind: 'interrupted' },
        after: {
          new_statements: [expect.stringMatching(/^ATTACH/)],
          statements: [expect.stringMatching(/^CREATE/), expect.stringMatching(/^ATTACH/)],
        },
      },
    ],
  });
  stage.edit(() => HEAD + TENANT + ETL + tenants(1));
  expect(await setUp(stage)).toMatchObject({ results: expect.arrayContaining(['done']) });
  expect(await setUp(stage)).toMatchObject({ code: 0 });
  expect(await setUp(stage)).toEqual({ code: 0, results: [] });
});

it('is called disruptive also where the account is new', async () => {
  const stage = new Stage(one('CREATE DATABASE IF NOT EXISTS a', 'DROP DATABASE IF EXISTS b'));
  expect((await stage.run('plan --sandbox')).stdout).toMatch(/\+ setup .* with DROP \(disruptive\)\n/);
  stage.edit(() => one('CREATE DATABASE IF NOT EXISTS a'));
  expect((await stage.run('plan --sandbox')).stdout).not.toContain('disruptive');
});

it('runs without a smoke test, and again when the list changes', async () => {
  const stage = new Stage(one('CREATE DATABASE IF NOT EXISTS a'));
  expect(await setUp(stage, '--no-smoke')).toEqual({ code: 0, results: ['done'] });
  stage.edit(() =>
    one('CREATE DATABASE IF NOT EXISTS a', 'CREATE DATABASE IF NOT EXISTS b', '/* old */ DROP DATABASE IF EXISTS c'),
  );
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({
    summary: { setups: 1 },
    actions: [
      {
        risk: 'disruptive',
        reason: { kind: 'changed' },
        after: { new_statements: ['CREATE DATABASE IF NOT EXISTS b', '/* old */ DROP DATABASE IF EXISTS c'] },
      },
    ],
  });
  expect((await stage.run('plan --sandbox --format markdown')).stdout).toContain(
    '```sql\nCREATE DATABASE IF NOT EXISTS b;\n/* old */ DROP DATABASE IF EXISTS c;\n```',
  );
  for (const format of ['text', 'html']) {
    expect((await stage.run(`plan --sandbox --format ${format}`)).stdout).toContain('DROP DATABASE IF EXISTS c;');
  }
  Object.assign(stage.env, { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: 'outputs' });
  expect(await setUp(stage, '--no-smoke')).toEqual({ code: 0, results: ['done'] });
  expect(stage.read('outputs')).toMatch(/^summary=Plan: .*\bsetup of 1 account\b/);
  expect(await setUp(stage, '--no-smoke')).toEqual({ code: 0, results: [] });
});

it('shows the whole list where it is in another order, shorter, or runs a disruptive statement again', async () => {
  const [create, drop, view] = ['CREATE DATABASE IF NOT EXISTS a', 'DROP DATABASE IF EXISTS b', 'SELECT 1'];
  const stage = new Stage(one(create, drop, view));
  expect(await setUp(stage, '--no-smoke')).toEqual({ code: 0, results: ['done'] });
  stage.edit(() => one(view, drop));
  expect((await stage.run('plan --sandbox')).stdout).toContain('; 2 statements run again');
  for (const list of [
    [drop, create, view],
    [view, drop],
    [drop, 'SELECT 2', view],
  ]) {
    stage.edit(() => one(...list));
    const { document } = await stage.json('plan --sandbox');
    expect(document).toMatchObject({ actions: [{ risk: 'disruptive', after: { statements: list } }] });
    const { stdout } = await stage.run('plan --sandbox --format markdown');
    expect(stdout).toContain(`\`\`\`sql\n${list.map((sql) => `${sql};\n`).join('')}\`\`\``);
    for (const format of ['text', 'html']) {
      const shown = (await stage.run(`plan --sandbox --format ${format}`)).stdout;
      for (const sql of list) expect(shown).toContain(`${sql};`);
    }
  }
  // What runs again and harms nothing is not repeated.
  stage.edit(() => one(view, 'SELECT 3'));
  expect((await stage.run('plan --sandbox --format markdown')).stdout).toContain('```sql\nSELECT 3;\n```');
});

it('drops, detaches and attaches databases as MotherDuck does', async () => {
  const stage = new Stage(
    one(
      'CREATE DATABASE IF NOT EXISTS a',
      'CREATE DATABASE IF NOT EXISTS b',
      'USE a',
      'CREATE TABLE IF NOT EXISTS t (i INT)',
      'USE my_db',
      'DETACH DATABASE IF EXISTS a',
    ),
  );
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
  const home = '.motherduck-sandbox/databases/etl';
  expect([stage.has(`${home}/a.duckdb`), stage.has(`${home}/b.duckdb`)]).toEqual([true, true]);
  stage.edit(() => one("ATTACH IF NOT EXISTS 'md:a'", 'DROP DATABASE IF EXISTS b', 'SELECT * FROM a.t'));
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
  expect([stage.has(`${home}/a.duckdb`), stage.has(`${home}/b.duckdb`)]).toEqual([true, false]);
});

it('drops a database and creates it again, empty, in one list', async () => {
  const home = '.motherduck-sandbox/databases/etl';
  const again = ['DROP DATABASE IF EXISTS a', 'CREATE DATABASE a', 'CREATE TABLE a.t AS SELECT 2 AS i'];
  const stage = new Stage(one('CREATE DATABASE a', 'CREATE TABLE a.t AS SELECT 1 AS i'));
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
  const share = 'CREATE OR REPLACE SHARE s FROM a';
  const isTwo = "SELECT CASE WHEN count(*) = 1 AND max(i) = 2 THEN 1 ELSE error('no') END FROM a.t";
  for (const list of [
    [...again, share],
    [...again, ...again, share, isTwo],
  ]) {
    stage.edit(() => one(...list));
    expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
    expect(readdirSync(stage.file(home)).sort()).toEqual(['a.duckdb', 'attachments.json', 'my_db.duckdb']);
    expect(await setUp(stage)).toEqual({ code: 0, results: [] });
  }
  stage.edit(() => one(isTwo, "ATTACH IF NOT EXISTS 'md:_share/s/1'", isTwo.replace('a.t', 's.t')));
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
});

it('runs a statement as often as it is in the list', async () => {
  const create = 'CREATE DATABASE IF NOT EXISTS a';
  const stage = new Stage(one(create, create, 'CREATE TABLE a.t AS SELECT 1 AS i'));
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
});

it.each([
  ["COPY (SELECT content FROM read_text('.motherduck/secrets.env')) TO 'stolen.txt'", /disabled/],
  ["ATTACH 'stolen.txt' AS stolen", /LocalFileSystem/],
  ["ATTACH 'md:_share/../../x/1' AS x", /LocalFileSystem|found/],
  ["ATTACH 'md:nothing'", /no database\/share named 'nothing' found/],
  ['CREATE DATABASE "../../stolen"', /Invalid database name/],
  ['CREATE SNAPSHOT OF my_db', /does not know this statement/],
  ['SET enable_external_access = true', /lock|Cannot change/],
])('refuses %s', async (sql, message) => {
  const stage = new Stage(one(sql));
  const { code, error } = await setUp(stage, '--no-smoke');
  expect({ code, error }).toEqual({ code: 4, error: expect.stringMatching(message) });
  expect(stage.has('stolen.txt')).toBe(false);
});

it('keeps no secret in the state when a statement fails', async () => {
  const stage = new Stage(one('CREATE DATABASE IF NOT EXISTS a', "SELECT error('no ' || md_user())"));
  const { error } = await setUp(stage);
  expect(error).toMatch(/no etl/);
  const [, secret = ''] = /=(\S+)/.exec(stage.read('.motherduck/secrets.env')) ?? [];
  const state = readFileSync(stage.file('motherduck.accounts.state.json'), 'utf8');
  expect(state.includes(secret)).toBe(false);
});

it.each([
  ['SELECT 1; DROP DATABASE a', 'several SQL statements'],
  ['-- nothing', 'found none'],
  ["ATTACH 'md:?motherduck_token=x'", 'must not contain a token'],
  // A JWT after another character in base64, and one in two pieces whose header has a space.
  ["SELECT 'eGV5SmhiR2NpT2lKSVV6STFOaUo5LmV5SmxiV0ZwYkNJNkltRWlmUQ'", 'must not contain a token'],
  ["SELECT 'eyAiYWxn' || 'IjogIkhTMjU2In0'", 'must not contain a token'],
  ["CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')", 'cannot create a SECRET'],
])('refuses %s in the configuration', async (sql, message) => {
  const stage = new Stage(one(sql));
  expect(await stage.run('validate')).toMatchObject({ code: 1, stdout: expect.stringContaining(message) });
});

it('refuses a username that needs quotes where the statement has none', async () => {
  const stage = new Stage(one('CREATE DATABASE {account}').replace('  etl:', '  "a--b":'));
  expect(await stage.run('validate')).toMatchObject({ code: 1, stdout: expect.stringContaining('without quotes') });
  stage.edit((text) => text.replace('CREATE DATABASE {account}', 'CREATE DATABASE \\"{account}\\"'));
  expect(await stage.run('validate')).toMatchObject({ code: 0 });
});

it.each([
  ['SELECT 5 -- x\r; DROP TABLE m', 'setup-character'],
  ['SELECT 5\0; DROP TABLE m', 'setup-character'],
  ['SELECT 5 \u2028', 'setup-character'],
  ['SELECT \u200b5', 'setup-character'],
  ["SELECT 1 AS a$$$$, '$$$$ -- '; DROP TABLE m", 'setup-statement'],
  ['SELECT $$é$$ -- $$é$$; DROP TABLE m', 'setup-statement'],
])('refuses a statement that hides another: %j', async (sql, code) => {
  const stage = new Stage(one('CREATE TABLE IF NOT EXISTS m (i INT)', sql));
  const { document } = await stage.json('validate');
  expect(JSON.stringify(document)).toContain(`"${code}"`);
});

it('shows every character that is sent, and names what makes a setup disruptive', async () => {
  const sql = "CREATE TABLE IF NOT EXISTS m AS -- all rows\n  SELECT 'x' AS a -- of x";
  const long = `UPDATE m SET a = '${'y'.repeat(9000)}'`;
  const stage = new Stage(one(sql, long));
  const { document } = await stage.json('plan --sandbox');
  const setup = (document as { actions: { action: string }[] }).actions.find(({ action }) => action === 'run_setup');
  expect(setup).toMatchObject({
    risk: 'disruptive',
    after: { new_statements: [sql, long], disruptive_words: ['UPDATE'] },
  });
  const { stdout } = await stage.run('plan --sandbox --format markdown');
  expect(stdout).toContain(`\`\`\`sql\n${sql}\n;\n${long};\n\`\`\``);
  expect(stdout).toContain('run setup with UPDATE');
  const text = (await stage.run('plan --sandbox')).stdout;
  expect(text).toContain('2 SQL statements with UPDATE');
  expect(text).toContain(`          ${sql.replace('\n', '\n          ')}\n          ;\n          ${long};`);
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
  expect(await setUp(stage)).toEqual({ code: 0, results: [] });
});

it('shows disruptive statements where a comment cannot show all, and names the words of those that it cuts', async () => {
  const filler = [...Array(200).keys()].map((at) => `SELECT '${at}${'y'.repeat(380)}'`);
  const stage = new Stage(one(...filler, 'DROP TABLE IF EXISTS m', ...filler));
  const { stdout } = await stage.run('plan --sandbox --format markdown');
  expect(stdout).toContain('```sql\nDROP TABLE IF EXISTS m;\n```');
  expect(stdout).toContain('and 400 other SQL statements, not shown here');
  expect(stdout.length).toBeLessThan(65_000);

  const long = [...Array(8).keys()].map(
    (at) => `SELECT ${at} /* ${'y'.repeat(9000)} ${at === 5 ? 'DELETE' : ''} yyy */`,
  );
  stage.edit(() => one(...long));
  const cut = (await stage.run('plan --sandbox --format markdown')).stdout;
  expect(cut).toContain('run setup with DELETE');
  expect(cut).toContain(' characters …');
});

it('takes statements of several lines from a file with Windows line ends', async () => {
  const lines = `${HEAD}accounts:\n  etl:\n    tokens: { load: pipeline }\n    setup:\n      - |\n        SELECT 1 -- one\n        , 2\n      - SELECT\n        3\n      - "SELECT\n        4"\n`;
  const stage = new Stage(lines.replaceAll('\n', '\r\n'));
  expect(await stage.run('validate')).toMatchObject({ code: 0 });
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
});

it('counts nothing of a transaction as done that a failing statement rolled back', async () => {
  const create = 'CREATE TABLE IF NOT EXISTS sales.t AS SELECT 42 AS amount';
  const [before, nothing] = ['CREATE DATABASE IF NOT EXISTS sales', 'SELECT * FROM sales.nothing'];
  const stage = new Stage(one(before, 'START TRANSACTION', create, nothing, 'COMMIT'));
  for (const _ of ['first', 'second']) {
    const failed = await setUp(stage);
    expect(failed).toMatchObject({ code: 4, results: ['failed'], error: expect.stringMatching(/^statement 4 of 5/) });
  }
  const { document } = await stage.json('plan --sandbox');
  const statements = ['START TRANSACTION', create, nothing, 'COMMIT'];
  expect(document).toMatchObject({ actions: [{ action: 'run_setup', after: { new_statements: statements } }] });
  const transactions = ['BEGIN', create, 'COMMIT', 'BEGIN', 'DELETE FROM sales.t', 'ROLLBACK'];
  stage.edit(() => one(before, ...transactions, 'SELECT amount FROM sales.t'));
  expect(await setUp(stage)).toEqual({ code: 0, results: ['done'] });
  expect(await setUp(stage)).toEqual({ code: 0, results: [] });
});

it('refuses a setup that leaves a transaction open, in whatever spelling, once for a template', async () => {
  const codes = async (...statements: readonly string[]) => {
    const { document } = await new Stage(one(...statements)).json('validate');
    return (document as { findings: { code: string; line: number }[] }).findings
      .map(({ code, line }) => `${code} ${line}`)
      .filter((each) => each.startsWith('setup'));
  };
  const create = 'CREATE TABLE IF NOT EXISTS t (i INT)';
  expect(await codes(create, '/* all */ begin', create)).toEqual(['setup-transaction 13']);
  expect(await codes('BEGIN', 'COMMIT', 'START TRANSACTION READ WRITE', create)).toEqual(['setup-transaction 14']);
  expect(await codes('BEGIN WORK;', create, '-- done\nEND', 'SELECT 1 AS begin')).toEqual([]);
  const tenant = TENANT.replace(/ {4}setup:/, '    setup:\n      - BEGIN');
  const { stdout, code } = await new Stage(HEAD + tenant + ETL + tenants(2)).run('validate');
  expect([code, stdout.match(/transaction/g)]).toEqual([1, ['transaction']]);
});
