/** Who may attach a share in the sandbox: by its ACCESS, and by GRANT and REVOKE READ ON SHARE. */
import { describe, expect, it } from 'vitest';
import { SANDBOX, Stage } from '../stage.ts';

const HEAD = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  app: { type: read_write, ttl: 30d, rotate_before: 7d, overlap: 48h, secret_store: local }
accounts:
`;

const account = (name: string, ...setup: readonly string[]) =>
  `  ${name}: { tokens: { app: app }, setup: ${JSON.stringify(setup)} }\n`;
const CREATE = ['CREATE DATABASE IF NOT EXISTS sales', 'CREATE OR REPLACE TABLE sales.t AS SELECT 42 AS amount'];
const share = (options: string) => `CREATE OR REPLACE SHARE reporting FROM sales ${options}`;
const ATTACH = "ATTACH IF NOT EXISTS 'md:_share/reporting/0f4c' AS reporting";
const READ = 'CREATE OR REPLACE VIEW my_db.amounts AS SELECT amount FROM reporting.t';
const READER = account('reader', ATTACH, READ);

/** The exit code of an apply, and what it says. */
async function apply(stage: Stage): Promise<{ code: number | null; text: string }> {
  const { code, stdout, stderr } = await stage.run('apply --sandbox --yes --no-smoke');
  return { code, text: stdout + stderr };
}

describe('a share of the sandbox', () => {
  it.each(['', '(ACCESS ORGANIZATION, UPDATE AUTOMATIC)', '(access unrestricted, visibility hidden)'])(
    'is for every account of the organization, unless it is restricted: %s',
    async (options) => {
      const stage = new Stage(HEAD + account('etl', ...CREATE, share(options)) + READER);
      const { code, text } = await apply(stage);
      expect(code, text).toBe(0);
    },
  );

  it('that is restricted is for those that it is granted to, and for its owner', async () => {
    const restricted = [...CREATE, share('(ACCESS RESTRICTED)')];
    const stage = new Stage(HEAD + account('etl', ...restricted, ATTACH) + READER);
    const refused = await apply(stage);
    expect(refused.code, refused.text).toBe(4);
    expect(refused.text).toContain('GRANT READ ON SHARE reporting TO reader');
    stage.edit(() => HEAD + account('etl', ...restricted, 'GRANT READ ON SHARE reporting TO other, "READER"') + READER);
    const granted = await apply(stage);
    expect(granted.code, granted.text).toBe(0);
    stage.edit(() => HEAD + account('etl', ...CREATE, 'REVOKE READ ON SHARE reporting FROM reader') + READER);
    expect((await apply(stage)).code).toBe(0);
    stage.edit((text) => text.replace(READ, READ.replace('amounts', 'again')));
    const revoked = await apply(stage);
    expect(revoked.code, revoked.text).toBe(4);
    expect(revoked.text).toContain('restricted');
  });

  it.each([
    ['another account grants', [], ['GRANT READ ON SHARE reporting TO reader'], 'only the owner'],
    ['it is not restricted', ['GRANT READ ON SHARE reporting TO reader'], [], 'not restricted'],
    ['an option is unknown', [share('(ACCESS PUBLIC)')], [], 'unknown options'],
    ['it does not exist', ['REVOKE READ ON SHARE other FROM reader'], [], "no database/share named 'other' found"],
  ])('refuses where %s', async (_what, owner, other, says) => {
    const stage = new Stage(HEAD + account('etl', ...CREATE, share(''), ...owner) + account('reader', ...other));
    const { code, text } = await apply(stage);
    expect(code, text).toBe(4);
    expect(text).toContain(says);
  });

  it('that you put there is for the organization', async () => {
    const stage = new Stage(HEAD + account('etl', ...CREATE, share('(ACCESS RESTRICTED)')));
    expect((await apply(stage)).code).toBe(0);
    stage.remove(`${SANDBOX}/shares/reporting.duckdb.access.json`);
    stage.edit((text) => text + READER);
    const { code, text } = await apply(stage);
    expect(code, text).toBe(0);
  });
});
