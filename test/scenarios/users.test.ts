/** Users as MotherDuck has them: deprovisioned ones, people, and names that no new account could have. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SANDBOX, STATE, Stage } from '../stage.ts';

describe('a managed account that is deprovisioned', () => {
  it('is neither absent nor healthy: every command names it, and none changes it', async () => {
    const stage = await Stage.applied();
    await stage.inSandbox((organization) => organization.deprovision('tenant_acme'));
    const before = stage.read(STATE);
    for (const command of ['plan', 'apply --yes --no-smoke', 'rotate tenant_acme --yes --no-smoke', 'plan --due']) {
      const { document } = await stage.json(`${command} --sandbox`);
      const { plan = document } = document as { readonly plan?: unknown };
      expect(plan, command).toMatchObject({ errors: [{ kind: 'deprovisioned', account: 'tenant_acme' }], actions: [] });
    }
    const { document } = await stage.json('audit --sandbox');
    const { findings } = document as { readonly findings: readonly { rule: string; account?: string }[] };
    expect(findings.filter(({ account }) => account === 'tenant_acme').map(({ rule }) => rule)).toEqual(['MDA015']);
    const named = await stage.run('import tenant_acme --sandbox --yes');
    expect([named.code, named.stderr]).toEqual([1, expect.stringContaining('deprovisioned')]);
    expect((await stage.run('import --all --sandbox --yes')).code).toBe(0);
    const smoke = await stage.run('smoke --sandbox --only tenant_acme');
    expect(smoke.code).toBe(4);
    expect(smoke.stdout).toContain('deprovisioned');
    expect(smoke.stdout).not.toContain('export');
    expect(JSON.parse(stage.read(STATE)).accounts.tenant_acme.tokens).toEqual(
      JSON.parse(before).accounts.tenant_acme.tokens,
    );
  });

  it('stays in the state when it leaves the configuration, and is named by the audit', async () => {
    const stage = await Stage.applied();
    await stage.inSandbox((organization) => organization.deprovision('tenant_acme'));
    stage.edit((text) => text.replace(/^ {2}tenant_acme:.*\n/m, ''));
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ errors: [], retained: ['tenant_acme'] });
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
    expect(JSON.parse(stage.read(STATE)).accounts).toHaveProperty('tenant_acme');
    expect((await stage.run('audit --sandbox')).stdout).toContain('MDA015');
  });

  it('is not told from others where users cannot be listed, and its refusals have MotherDuck’s words', async () => {
    const stage = await Stage.applied();
    await stage.inSandbox((organization) => organization.deprovision('tenant_acme'));
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ users_list: 'missing' }));
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      errors: [],
      warnings: [{ kind: 'users_unlisted', message: expect.not.stringContaining('not from MotherDuck') }],
    });
    const rotated = await stage.run('rotate tenant_acme --sandbox --yes --no-smoke');
    expect([rotated.code, rotated.stdout + rotated.stderr]).toEqual([3, expect.stringContaining('deprovisioned')]);
  });
});

describe('a person who is deprovisioned', () => {
  it('is no account: its name is not created, imported or audited', async () => {
    const stage = await Stage.applied();
    await stage.inSandbox(async (organization) => {
      await organization.addHuman('anna');
      await organization.deprovision('anna');
    });
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ errors: [], unmanaged: { accounts: [] } });
    expect((await stage.run('audit --sandbox')).stdout).not.toContain('anna');
    stage.edit((text) => text.replace(/^accounts:$/m, 'accounts:\n  anna: {}'));
    expect((await stage.json('plan --sandbox')).document).toMatchObject({
      errors: [{ kind: 'person', account: 'anna' }],
      actions: [],
    });
  });
});

const ODD = ['x', 'jo.hn@ex-ample.com', 'Ünï_cödé', 'with space', 'sla/sh?q=1#f', '%41', '..a', '🦆'];

/** Serves a sandbox in which the accounts `svc_0`, `svc_1`, ... have odd names. */
async function serveOdd(target: string): Promise<{ url: string; paths: string[] }> {
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk as Buffer);
    const { method = 'GET', url = '', headers } = request;
    paths.push(url);
    const [, version, users, name = '', ...rest] = url.split('/');
    const index = ODD.indexOf(decodeURIComponent(name));
    const path = index === -1 ? url : ['', version, users, `svc_${index}`, ...rest].join('/');
    const answer = await fetch(target + path, {
      method,
      headers: { authorization: headers.authorization ?? '', 'content-type': 'application/json' },
      ...(body.length > 0 ? { body: Buffer.concat(body) } : {}),
    });
    const text = (await answer.text()).replace(/"svc_(\d)"/g, (_, at) => JSON.stringify(ODD[Number(at)]));
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '', 'x-sandbox': '1' });
    response.end(text);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

describe('live service accounts with names that no new account could have', () => {
  it('are read, named, ignored by globs, and nothing fails because of them', async () => {
    const stage = new Stage();
    const target = await stage.serve();
    const headers = { Authorization: `Bearer ${stage.env.MOTHERDUCK_ADMIN_TOKEN}` };
    for (const index of ODD.keys()) {
      const body = JSON.stringify({ username: `svc_${index}` });
      expect((await fetch(`${target}/v1/users`, { method: 'POST', headers, body })).status).toBe(200);
    }
    const { url, paths } = await serveOdd(target);
    stage.env.MOTHERDUCK_API_URL = url;
    expect((await stage.run('apply --yes --no-smoke')).code).toBe(0);
    const { document } = await stage.json('plan');
    const { unmanaged } = document as { readonly unmanaged: { readonly accounts: readonly string[] } };
    expect([...unmanaged.accounts].sort()).toEqual([...ODD].sort());
    paths.length = 0;
    const audit = await stage.run('audit');
    expect(audit.code, audit.stderr).toBe(2);
    for (const name of ODD) {
      expect(audit.stdout).toContain(name);
      expect(paths).toContain(`/v1/users/${encodeURIComponent(name)}/tokens`);
    }
    const imported = await stage.run('import --all --yes');
    expect(imported.code, imported.stderr).toBe(0);
    for (const name of ODD) expect(imported.stderr + imported.stdout).toContain(name);
    const one = await stage.run(['import', '%41', '--yes']);
    expect([one.code, one.stderr]).toEqual([1, expect.stringContaining('%41')]);
    stage.edit((text) =>
      `${text}\n`
        .replace(/^ignore:.*\n/m, '')
        .concat('ignore: ["*.*", "x", "?nï_*", "with space", "sla/*", "%41", "🦆"]\n'),
    );
    expect((await stage.json('plan')).document).toMatchObject({ unmanaged: { accounts: [] }, actions: [] });
    expect((await stage.run('audit')).stdout).not.toContain('MDA001');
  });
});

describe('an organization whose users come and go while they are listed', () => {
  it('loses no account: repeats are dropped, skips are noticed, and what is managed is asked for', async () => {
    const stage = await Stage.applied();
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ shifting_pages: true, page_size: 1 }));
    for (const _ of Array(3)) {
      const { code, document } = await stage.json('plan --sandbox --detailed-exitcode');
      expect(code).toBe(0);
      const { warnings } = document as { readonly warnings: readonly { readonly kind: string }[] };
      expect(warnings.map(({ kind }) => kind)).toEqual(['users_incomplete']);
    }
    expect((await stage.run('apply --sandbox --yes --no-smoke')).code).toBe(0);
  });
});

describe.each(['conflict', 'unique_constraint'])('an organization that refuses a taken name as a %s', (taken_name) => {
  it('lets every command work, also where the names of tokens are unique', async () => {
    const stage = new Stage();
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ taken_name, token_names: 'unique' }));
    expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
    expect((await stage.run('rotate etl_prod --sandbox --yes')).code).toBe(0);
    expect((await stage.run('smoke --sandbox')).code).toBe(0);
    expect((await stage.run('plan --sandbox --detailed-exitcode')).code).toBe(0);
  });
});

describe('the limits of a Lite plan', () => {
  it('are said to be probable, with MotherDuck’s words, and nothing else fails', async () => {
    const stage = new Stage();
    stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ plan: 'lite' }));
    const { code, document } = await stage.json('apply --sandbox --yes --no-smoke');
    expect(code).toBe(3);
    const { applied } = document as {
      readonly applied: { readonly outcomes: readonly { error?: { hint: object } }[] };
    };
    const hints = applied.outcomes.flatMap(({ error }) => (error === undefined ? [] : [JSON.stringify(error)]));
    expect(hints.filter((hint) => hint.includes('probably a limit'))).not.toEqual([]);
    expect(hints.some((hint) => hint.includes('NOT_ADMIN'))).toBe(false);
  });
});
