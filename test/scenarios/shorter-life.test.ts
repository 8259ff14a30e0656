/** MotherDuck gives less life than asked: who applies hears of it, with the place where to change that. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CONFIG, Stage } from '../stage.ts';

const DAY = 86_400;
const CONFIGURATION = `version: 1
organization: acme
guardrails: { allow_never_expiring: true }
secret_stores:
  local: { kind: file, path: .motherduck/s.env, format: dotenv }
token_policies:
  short: { type: read_write, ttl: 90d, rotate_before: 5d, jitter: 4d, overlap: 1d, secret_store: local }
accounts:
  etl:
    smoke: false
    tokens:
      app: short
      own: { policy: short, ttl: 60d }
      ever: { policy: short, ttl: never }
`;

/** A stage whose organization gives no token more than 7 days. */
async function limited(): Promise<Stage> {
  const stage = new Stage(CONFIGURATION);
  const target = await stage.serve();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const isToken = request.method === 'POST' && request.url?.endsWith('/tokens');
    const body = isToken ? JSON.stringify({ ...JSON.parse(text), ttl: 7 * DAY }) : text;
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: request.headers.authorization ?? '',
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === '' ? {} : { body }),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  stage.env.MOTHERDUCK_API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return stage;
}

const APPLY = 'apply --yes --no-smoke';

describe('an apply whose tokens get less life than asked', () => {
  it('says so at once, as the next plan and an audit do, and the hints lead out of it', async () => {
    const stage = await limited();
    const text = await stage.run(APPLY);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/ 7 days .* 90 days/);
    const again = await stage.json(APPLY);
    expect(again.document).toMatchObject({ applied: { outcomes: [], warnings: [] } });
    const planned = (await stage.json('plan')).document as {
      warnings: { kind: string; names: string[]; hint: object }[];
    };
    const warnings = planned.warnings.filter(({ kind }) => kind === 'shorter_life');
    expect(warnings.map(({ names }) => names)).toEqual([['etl/app'], ['etl/own'], ['etl/ever']]);
    expect(warnings[0]?.hint).toMatchObject({ text: expect.stringMatching(/in its policy, with a shorter jitter,/) });
    // Each was asked for another life, and only one of them would need a shorter jitter.
    for (const { hint } of warnings.slice(1)) expect(hint).toMatchObject({ text: expect.stringMatching(/itself,/) });
    expect(warnings.slice(1).filter(({ hint }) => JSON.stringify(hint).includes('shorter jitter'))).toHaveLength(1);
    const { findings } = (await stage.json('audit --fail-on never')).document as {
      findings: { rule: string; token: string }[];
    };
    expect(findings.flatMap(({ rule, token }) => (rule === 'MDA046' ? [token] : [])).sort()).toEqual([
      'app',
      'ever',
      'own',
    ]);

    stage.write(
      CONFIG,
      CONFIGURATION.replace('ttl: 90d', 'ttl: 7d')
        .replace('jitter: 4d', 'jitter: 1d')
        .replaceAll(/ttl: (60d|never)/g, 'ttl: 7d'),
    );
    expect((await stage.run('validate')).code).toBe(0);
    const rotated = await stage.json(APPLY);
    expect(rotated.document).toMatchObject({ applied: { warnings: [] } });
    expect((await stage.run(APPLY)).stdout).not.toContain('lifetime');
  });

  it('is told of again when a rotation gets no more', async () => {
    const stage = await limited();
    await stage.run(APPLY);
    const { document } = await stage.json('rotate etl/app --yes --no-smoke');
    const cases = [expect.objectContaining({ token: 'app', name: 'app.2', asked: 90 * DAY, given: 7 * DAY })];
    expect(document).toMatchObject({ applied: { warnings: [{ kind: 'shorter_life', count: 1, cases }] } });
  });
});
