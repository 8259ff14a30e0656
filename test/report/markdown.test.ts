import { describe, expect, it } from 'vitest';
import type { Action } from '../../src/model/action.ts';
import type { Plan } from '../../src/model/plan.ts';
import { commentMarker } from '../../src/report/comment.ts';
import { planMarkdown } from '../../src/report/plan/markdown.ts';
import { expectGolden } from '../golden/golden.ts';
import { DAY, desire, token, World } from '../world.ts';
import { large, SMALL } from './plans.ts';

async function rotating(): Promise<Plan> {
  const world = new World();
  const desired = (size: 'pulse' | 'standard') =>
    desire({ etl_prod: { tokens: [token('airflow')], ducklings: { ...SMALL, read_write: { size } } } });
  await world.apply(desired('pulse'));
  await world.organization.advance(80.5 * DAY);
  return world.plan(desired('standard'));
}

/** Accounts to create, none of which is like another. */
function different(accounts: number): Promise<Plan> {
  const names = Array.from({ length: accounts }, (_, index) => `tenant_${index}`);
  return new World().plan(
    desire(Object.fromEntries(names.map((name) => [name, { ducklings: SMALL, tokens: [token(`own_${name}`)] }]))),
  );
}

/** Many tenants to create, and after them in the configuration an account to delete, and a token to revoke. */
async function risky(tenants: number, first: Parameters<typeof desire>[0] = {}) {
  const world = new World();
  await world.apply(desire({ zz_kept: { tokens: [token('app'), token('old')] }, zz_leaving: { protected: false } }));
  const names = Array.from({ length: tenants }, (_, index) => `tenant_${index}`);
  const created = Object.fromEntries(names.map((name) => [name, { ducklings: SMALL, tokens: [token(`own_${name}`)] }]));
  const after = desire(
    { ...first, ...created, zz_kept: { tokens: [token('app')] } },
    { guardrails: { maxDeletes: 1 } },
  );
  return world.plan(after, { prune: true });
}

describe('a plan as Markdown', () => {
  it('has the summary first, a marker, a table, and a diff of each account', async () => {
    const text = planMarkdown(await rotating())
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
      .replace(/\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?/g, '<time>');
    expectGolden('plans', 'as Markdown, of a change and a rotation', text);
  });

  it('shortens a very long command, and says so', async () => {
    const command = ['sh', '-c', `cat > /dev/null # ${'x'.repeat(70_000)}`];
    const store = { kind: 'exec', store: 'vault', writes: true, removes: false, tokens: 1, command } as const;
    const text = planMarkdown({
      ...(await rotating()),
      stores: [store, { ...store, store: 'other', command: ['cat'] }],
    });
    const lines = text.split('\n').filter((line) => line.includes('🔑'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/vault.*cat > \/dev\/null.*70,0\d\d/);
    expect(lines[1]).toMatch(/other.*`cat`/);
    expect(text.length).toBeLessThan(65_000);
  });

  it('names every store and begins every command, the changed ones first', async () => {
    const stores = Array.from({ length: 30 }, (_, n) => ({
      kind: 'exec',
      store: `pad${n}`,
      writes: true,
      removes: false,
      tokens: 1,
      command: ['sh', '-c', 'x'.repeat(1400)],
    }));
    const vault = {
      ...{ kind: 'exec', store: 'vault', writes: false, removes: false, tokens: 1 },
      command: ['curl', 'y'.repeat(3000)],
      elsewhere: ['a/b'],
    };
    const changed = { kind: 'command_changed', store: 'vault', tokens: ['a/b'] } as const;
    const text = planMarkdown({ ...(await rotating()), stores: [vault, ...stores], warnings: [changed] });
    const lines = text.split('\n').filter((line) => line.includes('🔑'));
    expect(lines).toHaveLength(31);
    expect(lines[0]).toMatch(/vault.*curl y{3000}`/);
    expect(text.length).toBeLessThan(65_000);
  });

  it('is at most 65,000 characters, cut at the border of an account, and says what was left out', async () => {
    const text = planMarkdown(await different(600));
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text.length).toBeGreaterThan(50_000);
    const left = Number(/… and .*the diffs of (\d+) accounts \(/.exec(text)?.[1]);
    const folded = text.includes('rows of safe changes</summary>') ? 1 : 0;
    expect(text.match(/<details>/g)).toHaveLength(600 - left + folded);
    expect(text.match(/<\/details>/g)).toHaveLength(600 - left + folded);
    expect(text).toContain('600 accounts');
    expect(text).toContain('Unmanaged, not touched');
  });

  it('names identical changes of many accounts in one row', async () => {
    const text = planMarkdown(await large(30));
    expect(text.match(/\| create account \|/g)).toHaveLength(1);
    expect(text).toContain('| tenant_0 ... tenant_29 (30 accounts) | create account |');
    expect(text.match(/\| create token app \|/g)).toHaveLength(1);
  });

  it('orders the table by risk, whatever the order of the configuration', async () => {
    const plan = await risky(180);
    const text = planMarkdown(plan);
    expect(text.length).toBeLessThanOrEqual(65_000);
    const risks = [...text.matchAll(/\| (?:\*\*)?(destructive|disruptive|safe)(?:\*\*)? \|$/gm)].map(
      ([, risk]) => risk,
    );
    expect(risks).toEqual([...risks].sort());
    expect(text).toMatch(/\| zz_leaving \| delete account \|.*\*\*destructive\*\*/);
    expect(text).toMatch(/\| zz_kept \| revoke token old \|.*\*\*disruptive\*\*/);
    const details = [...text.matchAll(/<summary>(.+?)<\/summary>/g)].map(([, name]) => name);
    expect(details[0]).toMatch(/^\d+ more rows of safe changes$/);
    expect(details.slice(1, 3).sort()).toEqual(['zz_kept', 'zz_leaving']);
  });

  it('shows five rows before anything is folded, the table before warnings, and of risky ones all', async () => {
    const warned = { ...(await risky(20)), warnings: (await rotating()).warnings };
    const text = planMarkdown(warned);
    const [begin = '', rest = ''] = text.split(/<details>(.*)/s);
    expect(begin.match(/^\| `/gm)).toHaveLength(5);
    expect(rest.match(/^\| `/gm)?.length).toBeGreaterThan(10);
    expect(text.lastIndexOf('| safe |')).toBeLessThan(text.indexOf('⚠️'));
    const revoked = { ...(await different(1)).actions[0], risk: 'disruptive' } as Action;
    const many = Array.from({ length: 30 }, (_, at) => ({ ...revoked, account: `of_${at}_`, line: at }));
    const all = planMarkdown({ ...warned, actions: [...many, ...warned.actions] });
    for (const { account } of many) expect(all.split('<details>')[0]).toContain(account.replace(/_$/, '&#95;'));
  });

  it('shows one diff of identical accounts, with their SQL as it is configured', async () => {
    const setup = (account: string, sql: string): Action => ({
      ...{ action: 'run_setup', account, risk: 'safe', before: null },
      location: { line: 1 },
      reason: { kind: 'unset' },
      after: { statements: [sql], new_statements: [sql] },
    });
    const plan = await new World().plan(desire({}));
    const same = ['a_1', 'a_2', 'a_3'].map((name) => setup(name, `USE "${name}"`));
    const text = planMarkdown({ ...plan, actions: [...same, setup('a_4', 'USE "a_1"')] });
    expect(text.match(/USE .*/g)).toEqual(['USE "{account}";', 'USE "a_1";']);
    expect(text).toContain('<summary>a_1 ... a_3 (3 accounts)</summary>');
  });

  it('never shows the expiry of one token as that of others', async () => {
    const plan = await rotating();
    const later = JSON.parse(JSON.stringify(plan.actions), (key, value: unknown) =>
      key === 'account' ? 'other' : key === 'expires_at' ? '2031-01-01T00:00:00Z' : value,
    ) as Action[];
    const text = planMarkdown({ ...plan, actions: [...plan.actions, ...later] });
    expect(text).toContain('<summary>etl_prod</summary>');
    expect(text).toContain('<summary>other</summary>');
  });

  it('is not filled by one account with 400 tokens', async () => {
    const many = Array.from({ length: 400 }, (_, index) => token(`token_with_a_long_name_${index}`));
    const plan = await risky(20, { aa_many: { tokens: many } });
    const text = planMarkdown(plan);
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text).toMatch(/\| zz_leaving \| delete account \|/);
    expect(text).toMatch(/\| zz_kept \| revoke token old \|/);
    expect(text).toMatch(/\| aa_many \| create token .+ and 390 more \|/);
    expect(text).toContain('<summary>tenant_19</summary>');
  });

  it('folds no fewer than four rows, and the others directly below the table', async () => {
    // A row for each, and one each for the accounts and their Ducklings.
    const [few, many] = [planMarkdown(await different(6)), planMarkdown(await different(7))];
    const rowsOf = (text: string) => text.split('<details>')[0]?.match(/^\| `/gm)?.length;
    expect([few, many].map(rowsOf)).toEqual([8, 5]);
    expect(few).not.toContain('more rows');
    expect(many).toMatch(/\| safe \| [^\n]+ \|\n\n<details><summary>4 more rows/);
  });

  it('names every destructive change, also where there are thousands', async () => {
    const names = Array.from({ length: 2500 }, (_, index) => `tenant_${index}`);
    const plan = await new World().plan(desire({}));
    const action = (account: string) => ({
      action: 'delete_account' as const,
      account,
      risk: 'destructive' as const,
      reason: { kind: 'removed' as const },
      before: { username: account, tokens: [] },
      after: null,
    });
    const revoked = (account: string) => ({
      action: 'revoke_token' as const,
      account: 'aa_many',
      token: account,
      risk: 'destructive' as const,
      reason: { kind: 'overlap_ended' as const, retire_at: new Date(account.length).toISOString() },
      before: { id: account, name: account, type: 'read_write' as const, created_at: '', expires_at: null },
      after: null,
    });
    const text = planMarkdown({
      ...plan,
      actions: [...names.map(action), revoked('app'), ...names.slice(0, 400).map(revoked)],
    });
    expect(text.length).toBeLessThanOrEqual(65_000);
    for (const name of names) expect(text).toMatch(new RegExp(`[ /]${name}[ ,]`));
  });

  it('names every disruptive change where a row of each would not fit', async () => {
    const plan = await new World().plan(desire({}));
    const accounts = Array.from({ length: 700 }, (_, index) => `tenant_${index}`);
    const revoked = accounts.map((account) => ({
      action: 'revoke_token' as const,
      account,
      token: `of_${account}`,
      risk: 'disruptive' as const,
      reason: { kind: 'removed' as const },
      before: { id: account, name: `of_${account}`, type: 'read_write' as const, created_at: '', expires_at: null },
      after: null,
    }));
    const text = planMarkdown({ ...plan, actions: revoked });
    expect(text.length).toBeLessThanOrEqual(65_000);
    for (const account of accounts) {
      const name = account;
      expect(text).toMatch(new RegExp(`[ /]${name}/of_${name}[ ,]`));
    }
  });

  it('takes no Markdown, HTML or mention from the names of a live organization', async () => {
    const world = new World();
    await world.api.createUser('etl_prod');
    for (const name of [
      'a|b',
      '```\n</details>',
      '<img src=x>',
      '@everyone',
      '[x](http://evil)',
      'www.evil.example',
      'fixes #1',
    ]) {
      await world.api.createToken('etl_prod', { name });
    }
    await world.api.createToken('etl_prod', { name: '```app' });
    const plan = await world.plan(desire({ etl_prod: { tokens: [token('app', { name: '```app' })] } }));
    const text = planMarkdown(plan);
    for (const mark of ['a|b', '</details>\n\n<', '<img', '@everyone', '[x](', 'http://evil', 'www.evil', 'fixes #1'])
      expect(text).not.toContain(mark);
    expect(text).toContain('&#64;&#8203;everyone');
    expect(text).toContain('````diff');
    expect(commentMarker('plan', { organization: 'x --> @<script>', sandbox: false })).toBe(
      '<!-- motherduck-accounts plan: x%20;--%3e;%20;%40;%3c;script%3e; -->',
    );
  });

  it('has a marker that names organization, configuration, state, --only and the sandbox', async () => {
    const plan = await new World().plan(desire({ etl_prod: {} }));
    const marker = (differs: Partial<Plan>) => /<!-- .* -->/.exec(planMarkdown({ ...plan, ...differs }))?.[0];
    const scope = { configuration: 'infra/x.yaml', state: 'infra/x.state.json' };
    expect(marker({ scope })).toBe('<!-- motherduck-accounts plan: acme infra/x.yaml infra/x.state.json -->');
    const markers = [
      marker({}),
      marker({ scope }),
      marker({ scope, sandbox: true }),
      marker({ scope: { ...scope, configuration: 'infra/y.yaml' } }),
      marker({ scope: { ...scope, state: 'infra/y.state.json' } }),
      marker({ scope: { ...scope, only: ['etl_*'] } }),
      marker({ scope: { ...scope, only: ['etl_?'] } }),
      marker({ scope: { ...scope, only: ['etl-*'] } }),
      marker({ scope: { ...scope, only: Array.from({ length: 100 }, (_, index) => `tenant_${index}`) } }),
      marker({ scope: { ...scope, only: Array.from({ length: 101 }, (_, index) => `tenant_${index}`) } }),
    ];
    expect(new Set(markers).size).toBe(markers.length);
    for (const each of markers) expect(each?.length).toBeLessThan(700);
  });
});
