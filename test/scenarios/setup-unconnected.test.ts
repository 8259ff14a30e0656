/** A setup that cannot connect: what to type next is an apply, and a failure of many accounts is said once. */
import { expect, it } from 'vitest';
import type { Settings } from '../../src/sandbox/settings.ts';
import { saveSettings } from '../../src/sandbox/settings-file.ts';
import { SANDBOX, Stage } from '../stage.ts';

const NAMES = [...Array(12).keys()].map((index) => `tenant_${index + 1}`);
const WITHOUT_SETUP = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: .motherduck/secrets.env, format: dotenv }
token_policies:
  app: { type: read_write, ttl: 30d, rotate_before: 7d, overlap: 1d, secret_store: local }
templates:
  tenant: { tokens: { app: app } }
accounts:
${NAMES.map((name) => `  ${name}: { template: tenant }`).join('\n')}
`;

/** Applies a setup that is new, where connections fail. */
async function setUp(connections: Settings['connections']) {
  const stage = new Stage(WITHOUT_SETUP);
  expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  await saveSettings(stage.file(SANDBOX), { connections });
  stage.edit((text) => text.replace('{ app: app }', '{ app: app }, setup: ["CREATE DATABASE IF NOT EXISTS own"]'));
  return stage.run('apply --sandbox --yes --no-smoke --timeout 2s');
}

it.each(['compute_limit', 'unavailable'] as const)(
  'setups that fail to connect by %s are reported as one failure',
  async (connections) => {
    const { code, stdout } = await setUp(connections);
    expect(code).toBe(4);
    const said = stdout.slice(stdout.indexOf('Failed:'));
    expect(said.match(/Failed:/g)).toHaveLength(1);
    expect(said).toMatch(/^Failed: tenant_\d+, .* and 2 more: run setup: /);
    expect(said).toContain('Then continue: mdacc apply --sandbox\n');
    expect(said).not.toMatch(/--no-smoke|mdacc smoke|[Tt]est again/);
  },
);
