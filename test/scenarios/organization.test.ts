/** The wrong organization, and the wrong clock: nothing is done. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { Stage } from '../stage.ts';

const NOBODY = { first_name: null, last_name: null, email: null, is_deprovisioned: false, roles: ['admin'] };
const ADMIN = { id: 'u-1', username: 'root', is_service_account: false, ...NOBODY };

/** An organization with one person, whose server's clock is wrong. Returns the commands' environment. */
async function serveAt(ahead: number): Promise<Record<string, string>> {
  const server = createServer((_request, response) => {
    response.setHeader('Date', new Date(Date.now() + ahead * 1000).toUTCString());
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ users: [ADMIN], total_count: 1, next_page_token: null }));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { MOTHERDUCK_API_URL: `http://127.0.0.1:${port}`, MOTHERDUCK_ADMIN_TOKEN: 'admin' };
}

const DAY = 86_400;

describe("MotherDuck's clock", () => {
  it.each([
    ['a year ahead', 365 * DAY],
    ['two days behind', -2 * DAY],
  ])('%s is an error, and nothing is done', async (_what, ahead) => {
    const env = await serveAt(ahead);
    const folder = new Stage();
    for (const command of ['plan', 'apply --yes', 'audit', 'import --all --yes']) {
      const ran = await folder.run(command, env);
      expect(ran.code, ran.stderr).toBe(1);
      expect(ran.stderr, command).toContain("this machine's clock is");
    }
    expect(folder.has('motherduck.accounts.state.json')).toBe(false);
    const { stderr } = await folder.run('plan', env);
    expectGolden('errors', `MotherDuck's clock > ${_what}`, stderr, { span: /\d+ (days|hours)/g });
  });

  it('minutes ahead is a warning', async () => {
    const ran = await new Stage().run('plan', await serveAt(600));
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/clock is \d+ minutes behind MotherDuck's/);
  });
});
