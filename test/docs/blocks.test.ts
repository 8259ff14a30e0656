/** What the pages show besides commands is right: configurations, settings, a program, pictures in text, a comment. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { allBlocksOf, blocksOf, hasConfiguration, readmes, readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';
import { isWindows } from '../platform.ts';
import { CONFIG, Stage } from '../stage.ts';
import { withPullRequest } from './organizations.ts';
import { pages } from './pages.ts';

const DAY_MS = 86_400_000;

it('every block is of a kind that is tested, here or by walkthroughs', () => {
  const blocks = [...pages(), ...readmes()].flatMap((page) =>
    allBlocksOf(readText(page)).map(({ language }) => ({ page, language })),
  );
  // The JSON is a step of its page, the diff a part of a comment.
  const everywhere = ['console', 'yaml'];
  const once = [
    'README.md text',
    'docs/tokens.md text',
    'docs/ci.md sh',
    'docs/secret-stores.md sh',
    'docs/library.md js',
    'docs/sandbox.md json',
    'docs/plans.md diff',
    // The two policies below.
    'examples/github-actions/README.md json',
    'examples/github-actions/README.md json',
  ];
  const others = blocks.filter(({ language }) => !everywhere.includes(language));
  expect(others.map(({ page, language }) => `${page} ${language}`).sort()).toEqual(once.sort());
});

const withConfiguration = [...pages(), ...readmes()].filter((page) => blocksOf(readText(page), 'yaml').length > 0);

it.each(withConfiguration)('%s shows a valid configuration, or a valid part of one', async (page) => {
  for (const block of blocksOf(readText(page), 'yaml')) {
    // A stage has the configuration of the repository's root.
    const folder = path.dirname(page);
    const stage = folder !== '.' && hasConfiguration(page) ? Stage.copyOf(folder) : new Stage();
    stage.edit((whole) => (/^version:/m.test(block) ? block : stringify(merged(parse(whole), parse(block)))));
    const { code, stderr } = await stage.run('validate');
    expect({ block, code, stderr }).toMatchObject({ code: 0 });
  }
});

type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A configuration with a part that takes the place of its own. */
function merged(whole: unknown, part: unknown): unknown {
  if (!isMapping(whole) || !isMapping(part)) return part;
  const both = Object.entries(part).map(([key, value]) => [key, merged(whole[key], value)]);
  return { ...whole, ...Object.fromEntries(both) };
}

/** The lines of a text in Markdown, whose tables the formatter of the repository pads. */
function alike(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/ *\| */g, '|').replace(/-{3,}/g, '---'));
  return lines
    .map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/, 'DATE').replace(/in \d+ days/g, 'in N days'))
    .filter((line) => line.trim() !== '');
}

it('docs/plans.md shows a comment as it is printed, of which lines are left out', async () => {
  const [, comment = ''] = readText('docs/plans.md').split(/^---$/m);
  const stage = await withPullRequest();
  stage.edit((text) => `${text}compute_rates: { pulse: 0.25, standard: 2.4, jumbo: 4.8 }\n`);
  const { stdout } = await stage.run('plan --sandbox --format markdown');
  const printed = alike(stdout);
  let at = 0;
  const lost = alike(comment).filter((line) => {
    const found = printed.indexOf(line, at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
  expect(lost, stdout).toEqual([]);
});

it('the picture of a rotation is the same in both pages, and shows the days on which it happens', async () => {
  const [picture = expect.unreachable()] = blocksOf(readText('README.md'), 'text');
  expect(blocksOf(readText('docs/tokens.md'), 'text')).toEqual([picture]);
  expect(picture).toMatch(/day +0 +76 +77 +90\n/);
  expect(picture).toContain('day 166');
  const [configuration] = blocksOf(readText('README.md'), 'yaml');
  const stage = await Stage.applied(configuration);
  const made = await stage.inSandbox(async (organization) => organization.now());
  /** The live tokens, with the day on which each expires. An overlap begins with the verification, a moment after the rotation. */
  const onDay = async (day: number) => {
    const now = await stage.inSandbox(async (organization) => organization.now());
    await stage.advance(Math.round((made + day * DAY_MS - now) / 1000));
    expect(await stage.run('apply --sandbox --due --yes --only etl_prod')).toMatchObject({ code: 0 });
    const { accounts } = await stage.inSandbox(async (organization) => organization.inspect());
    const tokens = accounts.flatMap(({ username, tokens }) => (username === 'etl_prod' ? tokens : []));
    return tokens.flatMap(({ name, expiresAt }) =>
      name.startsWith('airflow') ? [[name, Math.round(((expiresAt ?? 0) - made) / DAY_MS)]] : [],
    );
  };
  expect(await onDay(75)).toEqual([['airflow', 90]]);
  expect(await onDay(76.1)).toEqual([
    ['airflow', 90],
    ['airflow.2', 166],
  ]);
  expect(await onDay(77.2)).toEqual([['airflow.2', 166]]);
});

it('the role of the pipelines has the permissions that a state in S3 needs', () => {
  const [trust = '', permissions = ''] = blocksOf(readText('examples/github-actions/README.md'), 'json');
  expect(Object.keys(JSON.parse(trust))).toEqual(['StringEquals', 'StringLike']);
  const { Statement } = JSON.parse(permissions) as { Statement: { Action: string | string[] }[] };
  const row = /^\| `s3` .*$/m.exec(readText('docs/shared-state.md'))?.[0] ?? '';
  const needed = [...row.matchAll(/`(s3:\w+)`/g)].map(([, action]) => action);
  expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual(needed.sort());
});

it('docs/library.md shows a program that runs', () => {
  const [program = expect.unreachable()] = blocksOf(readText('docs/library.md'), 'js');
  const stage = new Stage();
  mkdirSync(stage.file('node_modules'));
  symlinkSync(ROOT, stage.file('node_modules/motherduck-accounts'), 'junction');
  stage.write('program.mjs', program);
  const printed = execFileSync(process.execPath, ['program.mjs'], { cwd: stage.path, encoding: 'utf8' });
  expect(printed).toMatch(/^Plan: 3 accounts to create.*\n+true \d+\n$/m);
  expect(stage.has(CONFIG)).toBe(true);
});

it.skipIf(isWindows)('docs/secret-stores.md shows a script that fails when it did not store the secret', () => {
  const [script = expect.unreachable()] = blocksOf(readText('docs/secret-stores.md'), 'sh');
  const stage = new Stage();
  stage.write('store.sh', script);
  const store = (folder: string) =>
    spawnSync('sh', ['store.sh', 'etl_prod', 'airflow'], {
      cwd: stage.path,
      input: 'the secret',
      env: { PATH: process.env.PATH, SECRETS: stage.file(folder) },
    }).status;
  expect(store('missing')).not.toBe(0);
  mkdirSync(stage.file('there'));
  for (let time = 0; time < 2; time += 1) {
    expect(store('there')).toBe(0);
    expect(stage.read('there/etl_prod-airflow')).toBe('the secret');
  }
});

it('docs/performance.md has the numbers of the last measurements', () => {
  const measured = readText('test/bench/RESULTS.md');
  const numbers = [...readText('docs/performance.md').matchAll(/([\d.]+) (?:times|MB)/g)].map(
    ([, number = '']) => number,
  );
  expect(numbers.length).toBeGreaterThan(3);
  expect(numbers.filter((number) => !measured.includes(number))).toEqual([]);
});
