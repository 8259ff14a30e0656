/** What happens in the sections "Admin token and address" and "MotherDuck". */
import { expect } from 'vitest';
import { refusal, startProxy } from '../../proxy/connect-proxy.ts';
import { CONFIG, SANDBOX, Stage } from '../../stage.ts';
import { type Exchange, request, serveAsMotherDuck, serveBetween } from './between.ts';
import type { Story } from './trouble.ts';

const DAY = 86_400;

/** A folder that was applied, with a server between it and its organization. */
async function appliedBehind(change: (exchange: Exchange) => unknown = () => {}): Promise<Stage> {
  const stage = await Stage.applied();
  await serveBetween(stage, change);
  return stage;
}

export const SERVICE: Readonly<Record<string, Story>> = {
  async TOKEN_MISSING(trouble) {
    await trouble.type('plan', 1);
    await trouble.type('plan --sandbox');
    await trouble.stage.serve();
    await trouble.type('plan');
  },

  async TOKEN_REFUSED(trouble) {
    const { stage } = trouble;
    await stage.serve();
    const { MOTHERDUCK_ADMIN_TOKEN: right = '' } = stage.env;
    await trouble.type('plan', 1, { env: { MOTHERDUCK_ADMIN_TOKEN: 'wrong' } });
    await trouble.type('plan', 1, { env: { MOTHERDUCK_ADMIN_TOKEN: `"${right}"` } });
    await trouble.type('plan');
  },

  async NOT_ADMIN(trouble) {
    const { stage } = trouble;
    await stage.serve();
    const token = await stage.inSandbox((organization) => organization.mint({ type: 'read_scaling' }));
    const env = { MOTHERDUCK_ADMIN_TOKEN: token.reveal() };
    await trouble.type('plan', 1, { env });
    await trouble.type('doctor', 1, { env });
    await trouble.type('plan');
  },

  async API_URL_INVALID(trouble) {
    const { stage } = trouble;
    await stage.serve();
    // What goes there does not leave this machine.
    const { url: HTTPS_PROXY } = await startProxy({ answer: () => refusal(403) });
    await trouble.type('plan --api-url https://api.motherduck.com/v1', 1);
    const { stderr } = await trouble.type('plan --api-url https://api.motherduck.com', 1, { env: { HTTPS_PROXY } });
    expect(stderr).toContain('API_UNREACHABLE');
    await trouble.type('plan');
  },

  async PROXY_INVALID(trouble) {
    const { stage } = trouble;
    await stage.serve();
    await trouble.type('plan --api-url https://mdacc-test.invalid', 1, { env: { HTTPS_PROXY: 'proxy example' } });
    const env = { HTTPS_PROXY: 'http://proxy.example:8080' };
    await trouble.type('plan', 0, { env });
  },

  async API_UNREACHABLE(trouble) {
    const { stage } = trouble;
    await stage.serve();
    const { url: HTTPS_PROXY } = await startProxy({ answer: () => refusal(403) });
    await trouble.type('plan --api-url https://api.motherduck.com', 1, { env: { HTTPS_PROXY } });
    await trouble.type('plan --timeout 1s --api-url https://mdacc-test.invalid', 1);
    await trouble.type('doctor');
    await trouble.type('plan');
  },

  async API_NOT_MOTHERDUCK(trouble) {
    const { stage } = trouble;
    let isOpen = false;
    await serveBetween(stage, (exchange) => {
      if (isOpen) return;
      exchange.text = '<html>Sign in</html>';
      exchange.headers['content-type'] = 'text/html';
    });
    await trouble.type('plan', 1);
    isOpen = true;
    await trouble.type(`plan --api-url ${stage.env.MOTHERDUCK_API_URL}`);
  },

  async API_FAILED(trouble) {
    let left = 1;
    const { stage } = trouble;
    await serveBetween(stage, (exchange) => {
      if (!exchange.request.startsWith('PUT') || left-- <= 0) return;
      exchange.status = 400;
      exchange.text = JSON.stringify({ code: 'BAD_REQUEST', message: 'This is not a size' });
    });
    await trouble.type('apply --yes --no-smoke', 3);
    await trouble.type('apply --yes --no-smoke --parallelism 2');
  },

  async CLOCK_DIFFERS(trouble) {
    let ahead = -2 * DAY - 60;
    await serveAsMotherDuck(trouble.stage, ({ headers }) => {
      headers.date = new Date(Date.now() + ahead * 1000).toUTCString();
    });
    await trouble.type('plan', 1);
    ahead = 0;
    await trouble.type('plan');
  },

  async ORGANIZATION_DIFFERS(trouble) {
    const { stage } = trouble;
    await serveAsMotherDuck(stage);
    await trouble.type('apply --yes --no-smoke');
    const right = { ...stage.env };
    const other = new Stage();
    await serveAsMotherDuck(other);
    Object.assign(stage.env, other.env);
    await trouble.type('plan', 1);
    await trouble.type('plan --allow-missing');
    Object.assign(stage.env, right);
    await trouble.type('plan --state motherduck.accounts.state.json');
  },

  async MANY_MISSING(trouble) {
    trouble.stage = await appliedBehind();
    const { stage } = trouble;
    stage.edit((text) => text.replace('guardrails:', '$&\n  max_missing: 33%'));
    await request(stage, 'DELETE', 'users/tenant_acme');
    await trouble.type('plan', 1);
    expect((await trouble.type('audit', 2)).stdout).toContain('tenant_acme');
    await trouble.type('apply --allow-missing --yes --no-smoke');
    await trouble.type('plan');
  },

  async ACCOUNT_UNREADABLE(trouble) {
    let isNew = true;
    trouble.stage = await appliedBehind((exchange) => {
      if (isNew && exchange.request === 'GET /v1/users/tenant_acme/tokens')
        exchange.text = exchange.text.replaceAll('"read_scaling"', '"read_turbo"');
    });
    await trouble.type('plan', 1);
    isNew = false;
    await trouble.type('plan');
  },

  async ACCOUNT_UNUSABLE(trouble) {
    trouble.stage = await appliedBehind();
    const { stage } = trouble;
    const correct = stage.read();
    stage.edit((text) => text.replace(/^accounts:$/m, '$&\n  bi: {}\n  anna: {}'));
    await stage.inSandbox((organization) => organization.addHuman('anna'));
    await trouble.type('plan', 1);
    stage.write(CONFIG, correct);
    await request(stage, 'DELETE', 'users/tenant_acme');
    await stage.inSandbox((organization) => organization.addHuman('tenant_acme'));
    stage.edit((text) => text.replace(/^ {2}tenant_acme:.*\n/m, ''));
    await trouble.type('plan --prune', 1);
    await trouble.followHint(0, { answer: 'yes' });
    await trouble.type('plan');
  },

  async TOKEN_AMBIGUOUS(trouble) {
    const { stage } = trouble;
    await stage.serve();
    await stage.inSandbox(async (organization) => {
      await organization.addServiceAccount('etl_prod');
      for (let count = 0; count < 2; count += 1)
        await organization.mint({ username: 'etl_prod', name: 'airflow', ttl: 90 * DAY });
    });
    await trouble.type('plan', 1);
    const { accounts } = await stage.inSandbox(async (organization) => organization.inspect());
    const [unused] = accounts.find(({ username }) => username === 'etl_prod')?.tokens ?? [];
    await request(stage, 'DELETE', `users/etl_prod/tokens/${unused?.id}`);
    await trouble.type('plan');
  },

  async TOKEN_LOST(trouble) {
    const lost = new Set(['POST /v1/users/etl_prod/tokens', 'POST /v1/users/tenant_acme/tokens']);
    let isUnlisted = true;
    await serveBetween(trouble.stage, (exchange) => {
      const { request } = exchange;
      if (lost.delete(request)) exchange.broken = true;
      if (isUnlisted && request === 'GET /v1/users/tenant_acme/tokens' && lost.size === 0) exchange.status = 400;
    });
    await trouble.type('apply --yes --no-smoke', 3);
    isUnlisted = false;
    const { stdout } = await trouble.type('apply --yes --no-smoke');
    expect(stdout).toContain('app.2');
    await trouble.type('plan --detailed-exitcode');
  },

  async TOKEN_DIFFERS(trouble) {
    let left = 1;
    await serveBetween(trouble.stage, (exchange) => {
      if (exchange.request !== 'POST /v1/users/etl_prod/tokens' || left-- <= 0) return;
      exchange.text = JSON.stringify({ ...JSON.parse(exchange.text), token: 'opaque', token_type: 'read_scaling' });
    });
    await trouble.type('apply --yes --no-smoke', 3);
    await trouble.type('apply --yes --no-smoke');
    await trouble.type('plan --detailed-exitcode');
  },

  async USAGE_UNREADABLE(trouble) {
    trouble.stage = await Stage.applied();
    trouble.stage.write(`${SANDBOX}/organization.json`, JSON.stringify({ connections: 'unavailable' }));
    await trouble.type('audit --usage --sandbox', 2);
    await trouble.type('audit --sandbox');
  },
};
