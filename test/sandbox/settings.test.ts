/** The settings of the sandbox's organization: its file, and the options of `sandbox serve`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claimsOf } from '../../src/model/jwt.ts';
import { Secret } from '../../src/model/secret.ts';
import { program } from '../../src/program.ts';
import { openSandbox, resetSandbox } from '../../src/sandbox/open.ts';
import type { Organization } from '../../src/sandbox/organization.ts';
import { type SandboxSetting, SETTING_NAMES, SETTINGS, SETTINGS_FILE, settingsOf } from '../../src/sandbox/settings.ts';
import { readSettings, saveSettings } from '../../src/sandbox/settings-file.ts';
import { ADMIN, ask, folder } from './support.ts';

function withFile(text: string): string {
  const made = folder();
  writeFileSync(join(made, SETTINGS_FILE), text);
  return made;
}

async function refusal(text: string): Promise<string> {
  const error = await readSettings(withFile(text)).catch((one: unknown) => one);
  expect(error).toMatchObject({ code: 'SANDBOX_FAILED' });
  const { message, location } = error as { message: string; location?: { line: number; column: number } };
  return `${location?.line}:${location?.column} ${message}`;
}

describe(SETTINGS_FILE, () => {
  test('is the behaviour of the organization in its folder', async () => {
    const made = withFile('{"$schema": "x", "plan": "lite", "shifting_pages": true, "max_pool_size": 2}');
    const sandbox = await openSandbox(made);
    expect(sandbox.settings).toEqual({ ...settingsOf({}), plan: 'lite', shifting_pages: true, max_pool_size: 2 });
    sandbox.close();
  });

  test('may be absent, empty, or have comments, a mark at its beginning and null for no limit', async () => {
    expect(await readSettings(folder())).toEqual({});
    expect(await readSettings(join(folder(), 'not-there'))).toEqual({});
    expect(await readSettings(withFile(' \n'))).toEqual({});
    const text = '\uFEFF{\n  // like ours\n  "plan": "lite", "max_pool_size": null,\n}\n';
    expect(await readSettings(withFile(text))).toEqual({ plan: 'lite', max_pool_size: null });
  });

  test('that is wrong is refused with every error, its location and a near name', async () => {
    const text =
      '{\n  "plna": "lite",\n  "users_list": "mising",\n  "max_pool_size": 65,\n  "plan": "lite", "plan": []\n}';
    const said = await refusal(text);
    expect(said).toContain('2:3 ');
    expect(said).toContain('unknown setting "plna" (did you mean "plan"?)');
    expect(said).toContain(`; line 3: users_list: expected one of ok, missing, forbidden, found "mising"`);
    expect(said).toContain('did you mean "missing"?');
    expect(said).toContain('; line 4: max_pool_size: expected a whole number from 0 to 64, found 65');
    expect(said).toContain('; line 5: "plan" is repeated');
  });

  test.each([
    ['{"slow_starts": 1.5}', '1:17 ', 'a whole number from 0 to 600, found 1.5'],
    ['{"slow_starts": null}', '1:17 ', 'found null'],
    ['{"unknown_values": "true"}', '1:20 ', 'expected true or false, found "true"'],
    ['{"plan": ["lite"]}', '1:10 ', 'found a JSON array'],
    ['{"plan": lite}', '1:10 ', 'not JSON'],
    ['["plan"]', '1:1 ', 'expected a JSON object'],
  ])('%s is refused', async (text, location, words) => {
    const said = await refusal(text);
    expect(said).toContain(location);
    expect(said).toContain(words);
  });

  test('that has a token by mistake is quoted without it', async () => {
    const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZXNzaW9uIjoibWFya2VyIn0.bWFya2VyLW1hcmtlci1tYXJrZXI';
    expect(await refusal(JSON.stringify({ plan: token }))).not.toContain('bWFya2Vy');
    expect(await refusal(JSON.stringify({ [token]: true }))).not.toContain('bWFya2Vy');
  });

  test('stays as it is where settings are saved, and is not written without need', async () => {
    const text = '{\n  // as in production\n  "users_list": "missing"\n}\n';
    const made = withFile(text);
    await saveSettings(made, { users_list: 'missing' });
    expect(readFileSync(join(made, SETTINGS_FILE), 'utf8')).toBe(text);
    await saveSettings(made, { plan: 'lite', users_list: 'ok' });
    const saved = readFileSync(join(made, SETTINGS_FILE), 'utf8');
    expect(saved).toContain('// as in production');
    expect(await readSettings(made)).toEqual({ plan: 'lite', users_list: 'ok' });
    const fresh = join(folder(), 'fresh');
    await saveSettings(fresh, { plan: 'lite' });
    expect(readFileSync(join(fresh, SETTINGS_FILE), 'utf8')).toBe('{\n  "plan": "lite"\n}\n');
  });

  test('stays after a reset', async () => {
    const made = withFile('{"plan": "lite"}');
    await resetSandbox(made);
    expect(await readSettings(made)).toEqual({ plan: 'lite' });
  });
});

describe('the table of settings', () => {
  test('is the options of sandbox serve', () => {
    const serve = program()
      .commands.find((each) => each.name() === 'sandbox')
      ?.commands.find((each) => each.name() === 'serve');
    const typed = serve?.options.filter(({ helpGroupHeading }) => helpGroupHeading?.startsWith('The organization'));
    expect(typed?.map(({ long }) => long?.slice(2).replaceAll('-', '_'))).toEqual(SETTING_NAMES);
  });

  test('is its JSON Schema', () => {
    const schema = JSON.parse(readFileSync('schemas/organization.schema.json', 'utf8')) as {
      properties: Record<string, Record<string, unknown>>;
    };
    const { $schema, ...properties } = schema.properties;
    expect($schema).toBeDefined();
    const described = SETTING_NAMES.map((name) => {
      const setting: SandboxSetting = SETTINGS[name];
      const values = setting.kind === 'choice' ? { enum: setting.values } : {};
      return [
        name,
        { description: expect.stringContaining(setting.about.slice(1)), default: setting.fallback, ...values },
      ];
    });
    expect(properties).toMatchObject(Object.fromEntries(described));
    expect(Object.keys(properties)).toEqual(SETTING_NAMES);
  });
});

describe('unknown_values', () => {
  const list = async (sandbox: Organization) =>
    (await ask(sandbox, 'GET /v1/users')).body.users as { username: string }[];

  test('is an account with a size, a token type and a role that nobody knows, while it is on', async () => {
    const made = folder();
    const open = async (unknown_values: boolean) => {
      const sandbox = await openSandbox(made, { adminToken: new Secret(ADMIN), unknown_values });
      onTestFinished(() => sandbox.close());
      return sandbox;
    };
    const sandbox = await open(true);
    expect(await list(sandbox)).toMatchObject([{ username: 'newer_values', roles: ['operator'] }, {}]);
    const { body } = await ask(sandbox, 'GET /v1/users/newer_values/tokens');
    expect(body.tokens).toMatchObject([{ name: 'newer', token_type: 'write_only' }]);
    const ducklings = await ask(sandbox, 'GET /v1/users/newer_values/instances');
    expect(ducklings.body.read_write.instance_size).toBe('tera');
    expect(await list(await open(false))).toMatchObject([{ username: 'sandbox_admin' }]);
    await ask(sandbox, 'DELETE /v1/users/newer_values');
    expect(await list(await open(true))).toMatchObject([{ username: 'sandbox_admin' }]);
  });

  test('is there again after a reset', async () => {
    const made = folder();
    const sandbox = await openSandbox(made, { adminToken: new Secret(ADMIN), unknown_values: true });
    onTestFinished(() => sandbox.close());
    await resetSandbox(made);
    expect(await list(sandbox)).toMatchObject([{ username: 'newer_values' }, {}]);
  });
});

test('the admin token of a process is a token like others, and is nowhere in the log', async () => {
  const sandbox = await openSandbox(folder());
  onTestFinished(() => sandbox.close());
  const token = sandbox.newAdminToken();
  expect((await ask(sandbox, 'GET /v1/active_accounts', { token: token.reveal() })).status).toBe(200);
  expect(claimsOf(token.reveal())).toMatchObject({ iss: 'sandbox', tokenType: 'read_write', readOnly: false });
  expect(sandbox.inspect().events).toEqual([]);
});
