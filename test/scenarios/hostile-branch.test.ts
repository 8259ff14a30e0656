/** A pull request that edits the committed state, or settings that an apply goes by: the plan compares them with the target branch. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PLAN_FORMATS } from '../../src/report/formats.ts';
import { CONFIG, STATE, Stage } from '../stage.ts';
import { desire, World } from '../world.ts';

const CONFIGURATION = `version: 1
organization: acme
guardrails: { max_deletes: 0, max_creates: 5 }
secret_stores: { ex: { kind: exec, command: [node, -e, "process.stdin.resume()", "{account}", "{token}"] } }
token_policies:
  pipeline: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: ex }
  trap: { type: read_write, ttl: 90d, rotate_before: 89d, overlap: 5m, secret_store: ex }
accounts:
  etl_prod: { tokens: { airflow: pipeline, bi: pipeline } }
`;

interface Token {
  current?: Record<string, unknown> & { secret: Record<string, unknown> };
  [field: string]: unknown;
}
interface StateDocument {
  accounts: Record<string, { tokens: Record<string, Token>; [field: string]: unknown }>;
  [field: string]: unknown;
}
interface PlanDocument {
  readonly actions: readonly unknown[];
  readonly variables?: readonly string[];
  readonly warnings: readonly {
    readonly kind: string;
    readonly names: readonly string[];
    readonly cases?: readonly { readonly settings?: readonly { readonly name: string }[] }[];
  }[];
}

/** A repository, applied on main, with a branch that is proposed. */
class PullRequest {
  readonly stage: Stage;
  /** Of the job that plans it. */
  env: Record<string, string> = {};

  constructor(stage: Stage) {
    this.stage = stage;
  }

  static async open(configuration = CONFIGURATION): Promise<PullRequest> {
    const pull = new PullRequest(new Stage(configuration));
    const { stage } = pull;
    await stage.serve();
    const { code, stderr } = await stage.run('apply --yes --no-smoke');
    expect(code, stderr).toBe(0);
    stage.write('.gitignore', '.motherduck-sandbox\n*.lock\n');
    pull.git('init', '--quiet', '-b', 'main');
    pull.commit();
    pull.git('checkout', '--quiet', '-b', 'proposal');
    return pull;
  }

  git(...words: string[]): string {
    const own = ['user.name=Somebody', 'user.email=somebody@example.com', 'core.autocrlf=false', 'gc.auto=0'];
    const options = { cwd: this.stage.path, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('git', [...own.flatMap((each) => ['-c', each]), ...words], options).trim();
  }

  commit(): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '-m', 'A commit');
  }

  forge(edit: (state: StateDocument) => void): void {
    const state = JSON.parse(this.stage.read(STATE));
    edit(state);
    this.stage.write(STATE, `${JSON.stringify(state, null, 2)}\n`);
  }

  /** Pushes the branch: the job has GitHub's merge of it. */
  push(): void {
    this.commit();
    this.git('checkout', '--quiet', '--detach', 'main');
    this.git('merge', '--quiet', '--no-ff', '-m', 'Merge', 'proposal');
    this.env = {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_BASE_REF: 'main',
      GITHUB_SHA: this.git('rev-parse', 'HEAD'),
    };
  }

  async plan() {
    const { document, code, stderr } = await this.stage.json('plan --detailed-exitcode', this.env);
    const [markdown, text] = [await this.#as('markdown'), await this.#as('text')];
    return { code, stderr, plan: document as PlanDocument, markdown, text };
  }

  async #as(format: string): Promise<string> {
    return (await this.stage.run(['plan', '--format', format], this.env)).stdout;
  }
}

const kinds = ({ warnings }: PlanDocument) => warnings.map(({ kind }) => kind);
const NO_CHANGES = 'MotherDuck matches the configuration';

describe('the plan of a pull request', () => {
  it('has no warning where neither the state nor a setting is edited', async () => {
    const pull = await PullRequest.open();
    pull.stage.edit((text) => `${text}  ml_prod: {}\n`);
    pull.stage.write('.gitattributes', '* diff=trap filter=trap\n');
    pull.push();
    // Nothing that the repository configures is run.
    const trap = pull.stage.file('trapped');
    for (const setting of ['core.fsmonitor', 'diff.trap.textconv', 'diff.external', 'filter.trap.smudge'])
      pull.git('config', setting, `touch ${trap}; cat`);
    const { plan, code } = await pull.plan();
    expect([code, plan]).toMatchObject([2, { warnings: [], actions: [{ action: 'create_account' }] }]);
    expect(pull.stage.has('trapped')).toBe(false);
  });

  it('names an account with a forged record above all, and its secret is unknown', async () => {
    const pull = await PullRequest.open();
    const { stage } = pull;
    // Somebody else makes an account and its token.
    const other = new Stage(CONFIGURATION.replace('etl_prod', 'victim'));
    Object.assign(other.env, stage.env);
    expect((await other.run('apply --yes --no-smoke')).code).toBe(0);
    const { accounts } = JSON.parse(other.read(STATE)) as StateDocument;
    stage.edit((text) => `${text}  victim: { tokens: { airflow: trap, bi: pipeline } }\n`);
    pull.forge((state) => {
      const victim = structuredClone(accounts.victim);
      Object.assign(victim?.tokens.airflow?.current ?? {}, { overlap: 300, rotate_before: 89 * 86_400 });
      if (victim) state.accounts.victim = victim;
    });
    pull.push();
    const { code, plan, markdown, text } = await pull.plan();
    expect([code, plan.actions]).toEqual([2, []]);
    expect(plan.warnings[0]).toMatchObject({
      kind: 'state_edited',
      names: ['victim', 'victim/airflow', 'victim/bi'],
    });
    expect(markdown).toMatch(/^\*\*.*\*\*\n\n<!--.*-->\n.*\n\n⚠️ \*\*.*motherduck\.accounts\.state\.json/);
    for (const output of [markdown, text]) {
      expect(output).toMatch(/1 account added.*victim/);
      expect(output).toMatch(/2 tokens added.*victim\/airflow/);
      expect(output).not.toContain(NO_CHANGES);
    }
  });

  it('says that a policy gives less time, although the record was edited to agree', async () => {
    const pull = await PullRequest.open();
    pull.stage.edit((text) => text.replace('airflow: pipeline', 'airflow: trap'));
    pull.forge(({ accounts }) => {
      Object.assign(accounts.etl_prod?.tokens.airflow?.current ?? {}, { overlap: 300, rotate_before: 89 * 86_400 });
    });
    pull.push();
    const { code, plan, markdown } = await pull.plan();
    expect(code).toBe(2);
    expect(kinds(plan)).toEqual(['state_edited', 'settings_changed', 'policy_hastened']);
    expect(markdown).toContain('overlap 1d → 5m');
    expect(markdown).toMatch(/1 token edited \(overlap, rotate_before\)/);
  });

  it('says so also where the record was moved to another key', async () => {
    const pull = await PullRequest.open();
    pull.stage.edit((text) => text.replace('airflow: pipeline', 'nk: { policy: trap, name: airflow }'));
    pull.forge(({ accounts }) => {
      const tokens = accounts.etl_prod?.tokens ?? {};
      const { airflow, ...others } = tokens;
      if (airflow === undefined || accounts.etl_prod === undefined) return;
      Object.assign(airflow.current ?? {}, { overlap: 300, rotate_before: 89 * 86_400 });
      accounts.etl_prod.tokens = { ...others, nk: airflow };
    });
    pull.push();
    const { plan } = await pull.plan();
    expect(plan.warnings[0]).toMatchObject({ kind: 'state_edited', names: ['etl_prod/nk', 'etl_prod/airflow'] });
    expect(kinds(plan)).toContain('policy_hastened');
  });

  it("says that a store's command changed, although its hash was forged", async () => {
    const evil = CONFIGURATION.replace('process.stdin.resume()', 'process.stdin.pipe(process.stdout)');
    const [pull, other] = [await PullRequest.open(), await PullRequest.open(evil)];
    const { accounts } = JSON.parse(other.stage.read(STATE)) as StateDocument;
    pull.stage.edit(() => evil);
    pull.forge((state) => {
      for (const [name, { current }] of Object.entries(state.accounts.etl_prod?.tokens ?? {}))
        Object.assign(current?.secret ?? {}, {
          command: accounts.etl_prod?.tokens[name]?.current?.secret.command,
        });
    });
    pull.push();
    expect(kinds((await pull.plan()).plan)).toEqual(['state_edited', 'settings_changed', 'command_changed']);
    expect(kinds((await pull.stage.json('plan')).document as PlanDocument)).toEqual([]);
  });

  it('names what changes in a policy, which no action shows, but no new policy', async () => {
    const pull = await PullRequest.open();
    pull.stage.edit((text) =>
      text
        .replace('ttl: 90d, rotate_before: 14d, overlap: 24h', 'ttl: 80d, rotate_before: 14d, jitter: 2d, overlap: 72h')
        .replace(
          '  trap:',
          '  more: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1h, secret_store: ex }\n  trap:',
        ),
    );
    pull.push();
    const { warnings } = (await pull.plan()).plan;
    const change = (key: string, before: string | undefined, after: string) => ({
      name: `token_policies.pipeline.${key}`,
      ...(before ? { before } : {}),
      after,
    });
    const settings = [change('ttl', '90d', '80d'), change('overlap', '24h', '72h'), change('jitter', undefined, '2d')];
    expect(warnings.find(({ kind }) => kind === 'settings_changed')).toMatchObject({ cases: [{ settings }] });
  });

  it('does not let an overlap end sooner than the target branch has it', async () => {
    const pull = await PullRequest.open();
    pull.git('checkout', '--quiet', 'main');
    expect((await pull.stage.run('rotate etl_prod/airflow --yes --no-smoke')).code).toBe(0);
    // As after its test.
    const end = new Date(Date.now() + 86_400_000).toISOString();
    pull.forge(({ accounts }) => {
      const token = accounts.etl_prod?.tokens.airflow;
      for (const one of (token?.retiring ?? []) as Record<string, unknown>[]) one.retire_at = end;
      Object.assign(token?.current ?? {}, { verified_at: new Date().toISOString() });
    });
    pull.commit();
    pull.git('checkout', '--quiet', '-B', 'proposal');
    pull.forge(({ accounts }) => {
      const { retiring } = accounts.etl_prod?.tokens.airflow ?? {};
      for (const one of retiring as Record<string, unknown>[]) one.retire_at = new Date(0).toISOString();
    });
    pull.push();
    expect((await pull.plan()).plan).toMatchObject({
      actions: [],
      warnings: [{ kind: 'state_edited', cases: [{ edits: [{ token: 'airflow', fields: ['end of an overlap'] }] }] }],
    });
  });

  it('names the variables that the configuration uses, and warns of new ones', async () => {
    const pull = await PullRequest.open(CONFIGURATION.replace('version: 1', 'version: 1\ninclude: ["more/*.yaml"]'));
    const { stage } = pull;
    const policy = (name: string) =>
      `templates: { t: { smoke: { query: "FROM \${${name}}" } } }\naccounts: { more: { template: t } }\n`;
    Object.assign(stage.env, { KNOWN_DB: 'a', NEW_DB: 'b', OVERLAP: '24h' });
    pull.git('checkout', '--quiet', 'main');
    stage.write('more/a.yaml', policy('KNOWN_DB'));
    stage.write('unused/a.yaml', policy('NEW_DB'));
    expect((await stage.run('apply --yes --no-smoke')).code).toBe(0);
    pull.commit();
    pull.git('checkout', '--quiet', '-B', 'proposal');
    stage.edit((text) => `${text}  # no change\n`);
    pull.push();
    const same = await pull.plan();
    expect([same.plan.warnings, same.plan.variables]).toEqual([[], ['KNOWN_DB']]);
    expect(same.text).toMatch(/ variables: KNOWN_DB$/m);
    expect(same.markdown).toContain('1 environment variable');
    pull.git('checkout', '--quiet', 'proposal');
    stage.edit((text) => text.replace('overlap: 24h', 'overlap: "${OVERLAP}"'));
    stage.write('more/a.yaml', policy('NEW_DB'));
    pull.push();
    const { code, plan, markdown, text } = await pull.plan();
    expect([code, plan.variables]).toEqual([2, ['NEW_DB', 'OVERLAP']]);
    expect(plan.warnings).toMatchObject([
      {
        kind: 'settings_changed',
        cases: [{ settings: [{ name: 'token_policies.pipeline.overlap' }, { name: 'templates.t.smoke.query' }] }],
      },
      { kind: 'variables_new', cases: [{ variables: ['NEW_DB', 'OVERLAP'] }] },
    ]);
    expect(markdown).toMatch(/^⚠️ \*\*this branch uses environment variables that main does not use: .*OVERLAP\*\*/m);
    expect(text).not.toContain(NO_CHANGES);
  });

  it('names settings of tokens in included files, also those that move there', async () => {
    const [head = '', tail = ''] = CONFIGURATION.split(/(?=token_policies:)/);
    const pull = await PullRequest.open(`${head}include: ["more/*.yaml"]\n${tail}`);
    const { stage } = pull;
    const settings = async () => {
      pull.push();
      const { warnings } = (await pull.plan()).plan;
      pull.git('checkout', '--quiet', 'proposal');
      return warnings.map(({ kind, cases }) => [
        kind,
        cases?.flatMap((each) => each.settings?.map(({ name }) => name)),
      ]);
    };
    stage.edit(() => `${head}include: ["more/*.yaml"]\n`);
    stage.write('more/a.yaml', tail);
    stage.write('other/a.yaml', tail.replace('overlap: 24h', 'overlap: 40h'));
    expect(await settings()).toEqual([]);
    stage.write(
      'more/a.yaml',
      tail
        .replace('overlap: 24h', 'overlap: 48h')
        .replace('bi: p', 'bi: { policy: p')
        .replace('line }', 'line, overlap: 30h } }'),
    );
    expect(await settings()).toEqual([
      ['settings_changed', ['token_policies.pipeline.overlap', 'accounts.etl_prod.tokens.bi.overlap']],
    ]);
    pull.git('checkout', '--quiet', 'main');
    pull.git('merge', '--quiet', 'proposal~1');
    pull.git('checkout', '--quiet', 'proposal');
    stage.write('more/a.yaml', tail);
    stage.edit((text) => text.replace('more/', 'other/'));
    expect(await settings()).toEqual([['settings_changed', ['token_policies.pipeline.overlap']]]);
  });

  it.each<[string, (state: StateDocument) => void]>([
    ['generation', ({ accounts }) => Object.assign(accounts.etl_prod?.tokens.bi ?? {}, { generation: 999_999 })],
    ['configuration', (state) => delete state.configuration],
  ])('says that it edits the %s of a state', async (field, forge) => {
    const pull = await PullRequest.open();
    expect(pull.stage.read(STATE)).toContain(`"${field}"`);
    pull.forge(forge);
    pull.push();
    const { plan, text } = await pull.plan();
    const late = field === 'generation' ? ['no_next_generation'] : [];
    expect([kinds(plan), plan.actions]).toEqual([['state_edited', ...late], []]);
    expect(text).toContain(`edited (${field})`);
  });

  it('says that the state was removed', async () => {
    const pull = await PullRequest.open();
    pull.stage.remove(STATE);
    pull.push();
    const { plan } = await pull.plan();
    expect(plan.warnings[0]).toMatchObject({
      kind: 'state_edited',
      names: ['etl_prod', 'etl_prod/airflow', 'etl_prod/bi'],
    });
  });

  it.each([
    ['a guardrail', 'max_deletes: 0', 'max_deletes: 50%', 'max_deletes', '0 -> 50%'],
    ['a guardrail that is removed', ', max_creates: 5', '', 'max_creates', '5 -> not set'],
    ['the location of the state', 'version: 1', 'version: 1\nstate: { kind: file }', 'state', 'not set -> '],
    [
      'a check of a store',
      '{ kind: exec,',
      '{ kind: exec, check: [curl, evil],',
      'ex.check',
      'not set -> ["curl","evil"]',
    ],
    [
      'a remove of a store',
      '{ kind: exec,',
      '{ kind: exec, remove: [rm, "{account}", "{token}"],',
      'ex.remove',
      'not set -> ["rm",',
    ],
    ['an input of a store', '{ kind: exec,', '{ kind: exec, input: "v={secret}",', 'ex.input', 'not set -> v={secret}'],
    ['ignored accounts', 'version: 1', 'version: 1\nignore: ["*"]', 'ignore', 'not set -> ["*"]'],
    [
      'rates',
      'version: 1',
      'version: 1\ncompute_rates: { standard: 0.01 }',
      'compute_rates',
      'not set -> {"standard":0.01}',
    ],
    [
      ...['accepted findings', 'version: 1', 'version: 1\naudit: { accept: [{ rule: MDA001, reason: none }] }'],
      ...['audit', 'not set -> {"accept":'],
    ],
  ])('says that it changes %s', async (_, from, to, name, change) => {
    const pull = await PullRequest.open();
    pull.stage.edit((text) => text.replace(from, to));
    pull.push();
    const { code, plan, stderr, text, markdown } = await pull.plan();
    expect(plan, stderr).toMatchObject({ actions: [] });
    expect(kinds(plan)[0]).toBe('settings_changed');
    expect(code).toBe(2);
    expect(text).toContain(`${name} ${change}`);
    expect(markdown).toMatch(/^⚠️ \*\*this branch changes 1 setting/m);
    expect(text).not.toContain(NO_CHANGES);
  });

  it('says what to set where the checkout lacks the target branch, and compares where it has it', async () => {
    const pull = await PullRequest.open();
    pull.forge(({ accounts }) => {
      Object.assign(accounts.etl_prod?.tokens.bi?.current ?? {}, { overlap: 60 });
    });
    pull.push();
    pull.git('branch', 'merged');
    const [origin, { stage }] = [new Stage(''), pull];
    cpSync(stage.file('.git'), origin.file('.git'), { recursive: true });
    for (const [depth, expected] of [
      ['1', ['not_compared']],
      ['2', ['state_edited']],
    ] as const) {
      rmSync(stage.file('.git'), { recursive: true });
      pull.git('init', '--quiet');
      pull.git('fetch', '--quiet', '--depth', depth, `file://${origin.path}`, 'merged');
      pull.git('reset', '--quiet', '--hard', 'FETCH_HEAD');
      const { plan, markdown, text, code } = await pull.plan();
      expect([code, kinds(plan)]).toEqual([2, expected]);
      expect(markdown + text).not.toContain(NO_CHANGES);
      expect(markdown.includes('fetch-depth: 2')).toBe(depth === '1');
    }
  });

  it.each(['not JSON', '{"version": 99}'])(
    'says that the state of the target branch cannot be read: %s',
    async (text) => {
      const pull = await PullRequest.open();
      const good = pull.stage.read(STATE);
      pull.git('checkout', '--quiet', 'main');
      pull.stage.write(STATE, text);
      pull.commit();
      pull.git('checkout', '--quiet', '-B', 'proposal');
      pull.stage.write(STATE, good);
      pull.push();
      expect(kinds((await pull.plan()).plan)).toEqual(['not_compared']);
    },
  );

  it('compares with the branching point where the branch itself is checked out, as GitLab does', async () => {
    const pull = await PullRequest.open();
    const base = pull.git('rev-parse', 'main');
    pull.forge(({ accounts }) => {
      Object.assign(accounts.etl_prod?.tokens.bi?.current ?? {}, { verified_at: '2026-01-01T00:00:00Z' });
    });
    pull.commit();
    pull.git('update-ref', 'refs/remotes/origin/main', 'main');
    // A tag of that name is not the branch.
    pull.git('tag', 'origin/main', 'HEAD');
    for (const env of [
      { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main', GITHUB_SHA: base },
      { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_MERGE_REQUEST_DIFF_BASE_SHA: base },
    ]) {
      pull.env = env;
      expect(kinds((await pull.plan()).plan)).toEqual(['state_edited']);
    }
    pull.env = { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_MERGE_REQUEST_DIFF_BASE_SHA: '1'.repeat(40) };
    const { plan, text, markdown, code } = await pull.plan();
    expect([code, kinds(plan)]).toEqual([2, ['not_compared']]);
    expect(plan.warnings).toMatchObject([{ cases: [{ target: 'main' }] }]);
    expect(markdown + text).not.toContain(NO_CHANGES);
    expect(markdown).toContain('GIT_DEPTH: 0');
    const env = { ...pull.env, GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: pull.stage.file('outputs') };
    await pull.stage.run('plan', env);
    expect(pull.stage.read('outputs')).toContain('\nchanges=true\n');
    expect(text).toContain('GIT_DEPTH: 0');
  });

  it('shows an import of the branch, and changes nothing that it plans', async () => {
    const pull = await PullRequest.open();
    await fetch(`${pull.stage.env.MOTHERDUCK_API_URL}/v1/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${pull.stage.env.MOTHERDUCK_ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'found' }),
    });
    expect((await pull.stage.run('import found --yes')).code).toBe(0);
    pull.push();
    const { plan } = await pull.plan();
    expect(plan).toMatchObject({ actions: [], warnings: [{ kind: 'state_edited', names: ['found'] }] });
    expect(pull.stage.read(CONFIG)).toContain('found');
  });
});

it('names few of many edits in a comment, and counts them', async () => {
  const edits = Array.from({ length: 20_000 }, (_, index) => ({
    edit: 'edited' as const,
    account: `tenant_${index}`,
    token: 'app',
    fields: ['overlap'],
  }));
  const plan = await new World().plan(desire({}));
  const warnings = [{ kind: 'state_edited' as const, state: STATE, target: 'main', edits }];
  const comment = PLAN_FORMATS.markdown({ ...plan, warnings });
  expect(comment.length).toBeLessThan(65_000);
  expect(comment).toContain('20000 tokens edited (overlap)');
  expect(comment).toContain('tenant_0/app');
});
