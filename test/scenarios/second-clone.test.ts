/** A shared state whose secrets are in a file: another machine has the state and not the secrets. */
import { beforeEach, describe, expect, it } from 'vitest';
import { SANDBOX, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
state: { kind: motherduck, database: ops }
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  rw: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
accounts:
  etl: { tokens: { airflow: rw, dbt: rw } }
`;

describe('a second clone', () => {
  let clone: Stage;
  beforeEach(async () => {
    const stage = new Stage(CONFIGURATION);
    expect(await stage.run('apply --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
    clone = new Stage(CONFIGURATION);
    clone.env.MDACC_SANDBOX = stage.file(SANDBOX);
  });

  it('is told that another machine may have the secrets, and not to rotate', async () => {
    const { document } = await clone.json('plan --sandbox');
    expect(document).toMatchObject({
      actions: [],
      warnings: [
        {
          kind: 'secret_lost',
          cases: [{ store: 'local', shared: { who: expect.any(String), at: expect.any(String) } }],
          hint: { command: ['state', 'history', '--sandbox'] },
        },
      ],
    });
    for (const command of ['plan', 'smoke', 'audit']) {
      const { stdout } = await clone.run(`${command} --sandbox`);
      expect(stdout, command).toContain('another machine');
      expect(stdout, command).not.toContain('mdacc rotate');
    }
  });

  it('is warned of the store by doctor', async () => {
    const { document } = await clone.json('doctor --sandbox');
    expect(document).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({
          name: 'store',
          subject: 'local',
          status: 'warning',
          hint: { text: expect.stringContaining('docs/shared-state.md') },
        }),
      ]),
    });
  });
});
