/** A fix says `mdacc import` only where import adopts; everything else gets another fix. */
import { describe, expect, it } from 'vitest';
import { forgetHint } from '../../src/audit/rule.ts';
import type { Audit } from '../../src/model/audit.ts';
import { ImportStage } from '../import/import-stage.ts';
import { CONFIG } from '../stage.ts';
import { DAY, HOUR, type World } from '../world.ts';
import { auditOf, found } from './auditing.ts';

const HEAD = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: secrets.env, format: dotenv }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
guardrails: { max_token_ttl: 180d, allowed_sizes: [jumbo] }
accounts:
`;

function staged(accounts: string): ImportStage {
  return new ImportStage(HEAD + accounts);
}

async function audited(stage: ImportStage): Promise<Audit> {
  const desired = await stage.desired();
  return auditOf(stage.world, desired, { secretPath: () => undefined });
}

/** The names that the fixes import. */
function adoptions({ findings }: Audit): string[] {
  const commands = findings.map(({ fix }) => fix.command ?? []).filter(([verb]) => verb === 'import');
  return [...new Set(commands.flatMap((command) => command.slice(1)))].sort();
}

/** An account at MotherDuck that has another name there than its API would give it. */
function renameLive(world: World, from: string, to: string): void {
  world.interfere = async (request) => {
    const url = request.url.replace(`/users/${encodeURIComponent(to)}/`, `/users/${from}/`);
    const answer = await world.organization.handle(new Request(url, request));
    return new Response((await answer.text()).replaceAll(`"${from}"`, `"${to}"`), answer);
  };
}

describe('the tokens of a configured account', () => {
  const ETL = '  etl_prod: { tokens: { load: pipeline } }\n';
  const ODD = [
    { name: 'laptop', ttl: 90 * DAY },
    { name: "o'clock $(id)", ttl: 90 * DAY },
    { name: 'forever' },
    { name: 'load.7', ttl: 90 * DAY },
    { name: 'motherduck extension', ttl: 90 * DAY },
    { name: 'MDACC smoke', ttl: 90 * DAY },
    { name: 'app', ttl: 90 * DAY },
    { name: 'app.2', ttl: 90 * DAY },
    { name: 'both', ttl: 90 * DAY },
    { name: 'both', ttl: 90 * DAY, type: 'read_scaling' },
    { name: 'x'.repeat(250), ttl: 90 * DAY },
    { name: 'brief', ttl: 300 },
    { name: 'session', ttl: HOUR },
  ] as const;
  const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImEifQ.c2lnbmF0dXJl';

  it('are said to be adopted where import takes them', async () => {
    const stage = staged(ETL);
    await stage.account('etl_prod', [{ name: 'load', ttl: 90 * DAY }, ...ODD]);
    const result = await audited(stage);
    const names = adoptions(result);
    expect(names).toEqual(['app.2', 'forever', 'laptop', "o'clock $(id)", 'session'].map((name) => `etl_prod/${name}`));
    for (const name of names) expect((await stage.decide([name])).tokens, name).toBe(1);
    // Of the series "load" a plan takes the newest, so that the first one is left.
    const odd = ['load', ...ODD.map(({ name }) => name)].filter((name) => name !== 'load.7');
    const others = odd.map((name) => `etl_prod/${name}`).filter((name) => !names.includes(name));
    for (const name of others)
      await expect(stage.decide([name]), name).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
  });

  it.each(['etl_prod', 'stray', 'idle'])(
    'are not when a secret is their name; the finding has the id: %s',
    async (account) => {
      const stage = staged(`${ETL}  idle: { suspended: true }\n`);
      await stage.account(account, [{ name: JWT }, { name: `old ${JWT}`, ttl: 90 * DAY }]);
      const [id, old] = [stage.id(account, JWT), stage.id(account, `old ${JWT}`)];
      const { findings } = await audited(stage);
      const about = (token: string) => findings.filter((finding) => finding.token === token);
      const shown = [`[secret ${id.slice(0, 8)}]`, `old [secret ${old.slice(0, 8)}]`];
      expect(about(shown[0] ?? '').map(({ rule }) => rule)).toContain(account === 'idle' ? 'MDA042' : 'MDA003');
      for (const { fix } of about(shown[0] ?? '')) expect(fix).toEqual({ text: expect.stringContaining(`(${id})`) });
      const unmanaged = findings.filter(({ rule, token }) => rule === 'MDA002' && token === shown[1]);
      expect(unmanaged).toHaveLength(account === 'etl_prod' ? 1 : 0);
      for (const { fix } of unmanaged) expect(fix).toEqual({ text: expect.stringContaining(`(${old})`) });
      for (const name of [...shown, id]) {
        await expect(stage.decide([`${account}/${name}`]), name).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
      }
    },
  );
});

describe('unmanaged accounts', () => {
  it('are said to be adopted where import takes them', async () => {
    const stage = staged('  other: {}\n');
    await stage.account('stray', [{ name: 'forever' }, { name: 'MDACC smoke' }]);
    const result = await audited(stage);
    expect(adoptions(result)).toEqual(['stray']);
    expect((await stage.decide(['stray'])).accounts).toBe(1);
    const fixes = result.findings.filter(({ token }) => token === 'MDACC smoke').map(({ fix }) => fix);
    expect(fixes).toEqual([{ text: expect.not.stringContaining('mdacc') }]);
  });

  it.each(['--yes', 'a/b', 'a\u202eb'])(
    'are not when the name "%s" cannot stand in the configuration',
    async (name) => {
      const stage = staged('  other: {}\n');
      await stage.account('stray', [{ name: 'forever' }]);
      renameLive(stage.world, 'stray', name);
      const result = await audited(stage);
      expect(found(result)).toEqual(
        ['MDA026 other', `MDA011 ${name}`, `MDA001 ${name}`, `MDA003 ${name}/forever`].sort(by(result)),
      );
      expect(adoptions(result)).toEqual([]);
      expect(result.findings.map(({ fix }) => fix.text).join()).toContain('under "ignore"');
    },
  );

  it('are after the state was told that the one before them is gone', async () => {
    const stage = staged('  etl_prod: {}\n');
    await stage.world.apply(await stage.desired());
    // A second change of the state notes the account's id.
    stage.write(CONFIG, `${HEAD}  etl_prod: { deletion_protection: false }\n`);
    await stage.world.apply(await stage.desired());
    stage.write(CONFIG, `${HEAD}  other: {}\n`);
    await stage.world.api.deleteUser('etl_prod');
    await stage.account('etl_prod', [{ name: 'forever' }]);
    const fixes = (await audited(stage)).findings.filter(({ account }) => account === 'etl_prod').map(({ fix }) => fix);
    expect(fixes).toContainEqual({
      text: expect.stringContaining('then import'),
      command: ['state', 'forget', 'etl_prod'],
    });
    expect(fixes.filter(({ command }) => command?.[0] === 'import')).toEqual([]);
    await expect(stage.decide(['etl_prod'])).rejects.toMatchObject({ code: 'IMPORT_REFUSED' });
  });
});

describe("MotherDuck's own tokens", () => {
  it('are one note of their account, none for an unmanaged account, and a note for each that never expires', async () => {
    const stage = staged('  etl_prod: {}\n');
    for (const username of ['etl_prod', 'stray']) {
      await stage.account(username, [], {
        read_write: { instance_size: 'jumbo' },
        read_scaling: { instance_size: 'jumbo', flock_size: 0 },
      });
      for (const ttl of [undefined, 365 * DAY, 8 * DAY]) {
        for (const name of ['MotherDuck Extension', 'MotherDuck Flights']) {
          await stage.world.organization.mint({ username, name, ...(ttl === undefined ? {} : { ttl }) });
        }
      }
    }
    await stage.world.organization.advance(2 * DAY);
    const { findings } = await audited(stage);
    expect(findings).toMatchObject([
      { rule: 'MDA001', account: 'stray' },
      {
        rule: 'MDA034',
        severity: 'note',
        account: 'etl_prod',
        message: expect.stringMatching(/: "MotherDuck Extension", "MotherDuck Flights"$/),
      },
      { rule: 'MDA038', account: 'etl_prod', token: 'MotherDuck Extension' },
      { rule: 'MDA038', account: 'etl_prod', token: 'MotherDuck Flights' },
      { rule: 'MDA038', account: 'stray', token: 'MotherDuck Extension' },
      { rule: 'MDA038', account: 'stray', token: 'MotherDuck Flights' },
    ]);
    expect(findings).toHaveLength(6);
  });
});

it.each([
  ['etl_prod/airflow', ['etl_prod/airflow']],
  ['--yes', ['--', '--yes']],
])('the name %s is no option of a command', (name, args) => {
  expect(forgetHint(name, 'Remove it.').command).toEqual(['state', 'forget', ...args]);
});

/** In the order of an audit. */
function by(result: Audit): (a: string, b: string) => number {
  const order = found(result);
  return (a, b) => order.indexOf(a) - order.indexOf(b);
}
