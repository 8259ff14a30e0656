/** GitHub's runner takes commands out of what is printed. Other people's names, and strangers' files, give it none. */
import { describe, expect, it } from 'vitest';
import { forLog } from '../../src/cli/terminal.ts';
import type { Ran } from '../in-process.ts';
import { Stage } from '../stage.ts';

const NAMES = [
  '##[add-mask]all',
  '::error::x',
  ' \t::stop-commands::x',
  'x\n::warning::y',
  'a ##[group]##[x]',
  '\u0085::debug::z',
];
const GITHUB = { GITHUB_ACTIONS: 'true' };

/** As the runner reads: lines, blanks of Unicode at the beginning, two colons; or the older `##[` anywhere. */
function commands({ stdout, stderr }: Ran): string[] {
  const lines = `${stdout}\n${stderr}`.split(/[\r\n]+/);
  return lines.filter((line) => /^[\s\u0085]*::/u.test(line) || line.includes('##['));
}

/** A served organization whose accounts have tokens of such names; the configuration takes some of them over. */
async function hostile(): Promise<Stage> {
  const folder = new Stage();
  await folder.serve();
  const post = async (path: string, body: object) => {
    const headers = {
      authorization: `Bearer ${folder.env.MOTHERDUCK_ADMIN_TOKEN}`,
      'content-type': 'application/json',
    };
    const url = `${folder.env.MOTHERDUCK_API_URL}${path}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, await answer.text()).toBe(true);
  };
  await post('/v1/users', { username: 'etl_prod' });
  for (const name of NAMES) await post('/v1/users/etl_prod/tokens', { name });
  const named = NAMES.slice(0, 2).map((name, index) => `      taken_${index}: { policy: pipeline, name: "${name}" }\n`);
  folder.edit((text) => text.replace('      airflow: pipeline', `${named.join('')}      airflow: pipeline`));
  return folder;
}

describe('in GitHub Actions', () => {
  it('no command of mdacc lets a name command the runner', { timeout: 180_000 }, async () => {
    const folder = await hostile();
    const plans = ['text', 'json', 'markdown', 'html'].map((format) => `plan --format ${format}`);
    const audits = ['text', 'json', 'markdown', 'html', 'sarif', 'junit'].map((format) => `audit --format ${format}`);
    const before = ['import --all --dry-run', ...plans, ...audits, 'apply --due --yes'];
    const after = ['apply --yes', 'state list', 'state show etl_prod', 'rotate etl_prod --yes', ...audits];
    for (const words of [...before, ...after]) {
      const ran = await folder.run(words, GITHUB);
      const meant = commands(ran).filter((line) =>
        /^::warning title=motherduck-accounts%3A \d+ warnings?::/.test(line),
      );
      expect(commands(ran), words).toEqual(meant);
      expect(meant.length, words).toBeLessThanOrEqual(words.startsWith('apply') || words.startsWith('rotate') ? 1 : 0);
    }
    // Elsewhere names are shown as they are.
    expect((await folder.run('audit')).stdout).toContain('##[group]##[x]');
  });

  it('no line of the SQL of a setup commands the runner', async () => {
    const folder = new Stage();
    const sql = JSON.stringify('SELECT 1 --\n::error::x\n ::stop-commands::y\n##[group]z\n, 2');
    folder.edit((text) => text.replace('accounts:\n  etl_prod:\n', `$&    setup: [${sql}]\n`));
    for (const format of ['text', 'markdown', 'html']) {
      const ran = await folder.run(`plan --sandbox --format ${format}`, GITHUB);
      expect(ran.stdout).toContain('SELECT 1 --\n');
      expect(commands(ran), format).toEqual([]);
    }
  });

  it('a JSON document says the same as elsewhere', { timeout: 60_000 }, async () => {
    const folder = await hostile();
    const read = async (env: Record<string, string>) => {
      const { unmanaged } = JSON.parse((await folder.run('plan --format json', env)).stdout) as { unmanaged: object };
      return unmanaged;
    };
    expect(await read(GITHUB)).toEqual(await read({}));
    expect(JSON.stringify(await read(GITHUB))).toContain('##[group]##[x]');
  });

  it.each(['validate', 'plan', 'validate --format github', 'validate --format sarif'])(
    'nor do the names of files and what stands in them: %s',
    async (words) => {
      const folder = new Stage();
      folder.write('::error::x.yaml', '"##[add-mask]y": 1\n"::warning::z": 2\n');
      folder.edit((text) => `include: ["::error::x.yaml"]\n${text.replace(/^include:.*$/m, '')}`);
      const ran = await folder.run(words, GITHUB);
      expect(ran.code).toBe(1);
      expect(`${ran.stdout}${ran.stderr}`).toContain('add-mask]y');
      const isMeant = (line: string) => /^::error file=[^:]*::unknown key/.test(line) && !line.includes('##[');
      const found = commands(ran);
      expect(found.filter((line) => !isMeant(line))).toEqual([]);
      expect(found).toHaveLength(words.endsWith('github') ? 2 : 0);
    },
  );

  it.each(['##[x]', '::error::x', 'plan --format ::error::x'])('nor do wrong words: %s', async (words) => {
    const ran = await new Stage().run(words, GITHUB);
    expect(ran.code).toBe(64);
    expect(commands(ran)).toEqual([]);
  });
});

it.each([{ TF_BUILD: 'True' }, { TEAMCITY_VERSION: '2026.1' }])('other runners get none either: %j', async (env) => {
  const { stderr } = await new Stage().run(['##vso[task.setvariable variable=PATH]x'], env);
  expect(stderr).toContain('task.setvariable');
  expect(stderr).not.toMatch(/##\w*\[/);
});

describe('a log of GitHub Actions', () => {
  it.each([
    ['##[a] ###[b]', '# #[a] ## #[b]'],
    ['##vso[task.setvariable] ##teamcity[a] ## [b]', '# #vso[task.setvariable] # #teamcity[a] ## [b]'],
    ['::a\n  ::b\r\u2003::c', ': :a\n  : :b\r\u2003: :c'],
    ['a ::b:: :c', 'a ::b:: :c'],
    ['\u0085::a', '\u0085: :a'],
  ])('puts a space into %j, and nowhere else', (text, harmless) => {
    expect(forLog({ GITHUB_ACTIONS: 'true' })(text)).toBe(harmless);
  });
});
