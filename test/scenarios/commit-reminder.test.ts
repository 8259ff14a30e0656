/** After a run that changed it, a state file in git is to be committed: who forgets it plans wrongly elsewhere. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { serveAsMotherDuck } from '../docs/troubles/between.ts';
import { expectGolden } from '../golden/golden.ts';
import { CONFIG, STATE, Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  load: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1h, secret_store: local }
accounts:
  etl_prod: { tokens: { airflow: load } }
`;
const APPLY = 'apply --yes --no-smoke';
const REMINDER = `Commit ${STATE}, which this run changed.`;

/** @param clock How many hours MotherDuck's clock is ahead. */
async function stageInGit(clock = { ahead: 0 }): Promise<Stage> {
  const stage = new Stage(CONFIGURATION);
  await serveAsMotherDuck(stage, ({ headers }) => {
    headers.date = new Date(Date.parse(headers.date ?? '') + clock.ahead * 3_600_000).toUTCString();
  });
  stage.write('.gitignore', '.motherduck*/\n');
  execFileSync('git', ['init', '-q'], { cwd: stage.path });
  return stage;
}

/** Whether a command reminds of the state, with the last line of what it says. */
async function reminds(stage: Stage, words: string, env: Record<string, string> = {}): Promise<boolean> {
  const { code, stdout, stderr } = await stage.run(words, env);
  expect(code, stdout + stderr).toBe(0);
  const isReminded = stderr.includes(REMINDER);
  expect(stderr.trimEnd().endsWith(REMINDER)).toBe(isReminded);
  return isReminded;
}

describe('a state file in git', () => {
  it('is to be committed after each run that changed it, and after no other', async () => {
    const stage = await stageInGit();
    expect(await reminds(stage, APPLY)).toBe(true);
    expect(await reminds(stage, APPLY)).toBe(false);
    expect(await reminds(stage, 'rotate etl_prod --yes --no-smoke')).toBe(true);
    expect(await reminds(stage, 'state mv etl_prod/airflow etl_prod/loads')).toBe(true);
    expect(await reminds(stage, 'state forget etl_prod/loads --yes')).toBe(true);
  });

  it('is to be committed with the files that an import wrote', async () => {
    const stage = await stageInGit();
    expect(await reminds(stage, APPLY)).toBe(true);
    stage.edit((text) => text.replace(/^ {2}etl_prod:.*\n/m, ''));
    await stage.run('state forget etl_prod --yes');
    const { stderr } = await stage.run('import etl_prod --yes');
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      `Commit ${CONFIG}, .gitignore and ${STATE}, which this run changed.`,
    );
  });

  it('is to be committed after a smoke test, which it records', async () => {
    const stage = await stageInGit();
    expect(await reminds(stage, APPLY)).toBe(true);
    const { stderr } = await stage.run('smoke');
    expect(stderr).toContain(REMINDER);
  });

  it('is left to the script or the pipeline that commits it, and to --quiet', async () => {
    const clock = { ahead: 0 };
    const stage = await stageInGit(clock);
    expect(await reminds(stage, APPLY, { CI: 'true' })).toBe(false);
    expect(await reminds(stage, 'rotate etl_prod --yes --no-smoke', { BUILD_URL: 'https://ci.example.org/1' })).toBe(
      false,
    );
    expect(await reminds(stage, 'rotate etl_prod --yes --no-smoke --quiet')).toBe(false);
    clock.ahead = 2;
    const before = stage.read(STATE);
    expect(await reminds(stage, `${APPLY} --due`)).toBe(false);
    expect(stage.read(STATE)).not.toBe(before);
  });

  it('is not, where git ignores it, or it is a sandbox’s', async () => {
    const stage = await stageInGit();
    stage.write('.gitignore', `.motherduck*/\n${STATE}\n`);
    expect(await reminds(stage, APPLY)).toBe(false);
    const sandbox = await Stage.applied();
    sandbox.write('.gitignore', '.motherduck*/\n');
    execFileSync('git', ['init', '-q'], { cwd: sandbox.path });
    expect(await reminds(sandbox, 'rotate etl_prod/airflow --sandbox --yes --no-smoke')).toBe(false);
  });
});

it('a state outside of git is to be kept, which the run that began it says', async () => {
  const stage = new Stage(CONFIGURATION);
  await serveAsMotherDuck(stage);
  const lines = async (words: string) => {
    const { code, stdout, stderr } = await stage.run(words);
    expect(code, stdout + stderr).toBe(0);
    return stderr.split('\n').filter((line) => line.includes(STATE));
  };
  const [first, ...others] = await lines(APPLY);
  expectGolden('reports', 'a state outside of git', first ?? '');
  expect(others).toEqual([]);
  expect(await lines('rotate etl_prod --yes --no-smoke')).toEqual([]);
});

it('a state of a sandbox outside of git is not', async () => {
  const { stderr } = await new Stage(CONFIGURATION).run(`${APPLY} --sandbox`);
  expect(stderr).not.toContain(STATE);
});
