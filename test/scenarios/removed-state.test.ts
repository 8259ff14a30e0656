/** A state file that is gone: git may still have it. */
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../golden/golden.ts';
import { SANDBOX, STATE, Stage } from '../stage.ts';

const DAY = 24 * 3600;

function git(stage: Stage, ...words: string[]): string {
  const who = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.org'];
  return execFileSync('git', [...who, ...words], { cwd: stage.path, encoding: 'utf8' });
}

/** Applied and committed, and then without its state. */
async function withoutState(): Promise<Stage> {
  const stage = await Stage.applied();
  git(stage, 'init', '-q');
  git(stage, 'add', '-f', STATE);
  git(stage, 'commit', '-q', '-m', 'State');
  rmSync(stage.file(STATE));
  return stage;
}

describe('a state that is gone', () => {
  it.each(['plan --sandbox', 'apply --sandbox --yes', 'apply --sandbox --due --yes', 'audit --sandbox', 'state list'])(
    'and that git has is to be brought back, says %s',
    async (words) => {
      const stage = await withoutState();
      const { code, stderr } = await stage.run(words);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(`git checkout -- ${STATE}`) });
      expect(stage.has(STATE)).toBe(false);
      git(stage, 'checkout', '--', STATE);
      expect((await stage.run('plan --sandbox')).stdout).toContain('No changes.');
    },
  );

  it.each(['state list', 'state history', 'plan --sandbox'])('of a sandbox may be left, says %s', async (words) => {
    const stage = await withoutState();
    const { stderr } = await stage.run(words);
    expectGolden('errors', `a sandbox's state is gone > ${words}`, stderr);
    const committed = git(stage, 'show', `HEAD:${STATE}`);
    stage.write(STATE, committed.replace(/^ *"sandbox": .*\n/m, ''));
    git(stage, 'add', '-f', STATE);
    git(stage, 'commit', '-q', '-m', 'At MotherDuck');
    stage.remove(STATE);
    const other = await stage.run('state list');
    expect(other.stderr).toContain('git checkout');
    expect(other.stderr).not.toContain('sandbox');
  });

  it('is noticed under another name', async () => {
    const stage = await Stage.applied();
    renameSync(stage.file(STATE), stage.file('prod.json'));
    git(stage, 'init', '-q');
    git(stage, 'add', '-f', 'prod.json');
    git(stage, 'commit', '-q', '-m', 'State');
    rmSync(stage.file('prod.json'));
    const { code, stderr } = await stage.run('plan --sandbox --state prod.json');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('git checkout -- prod.json') });
  });

  it('is begun anew when git has it no more, or has that of another sandbox', async () => {
    const stage = await withoutState();
    git(stage, 'rm', '--cached', '-q', STATE);
    expect((await stage.run('plan --sandbox')).code).toBe(0);
    const other = await withoutState();
    rmSync(other.file(SANDBOX), { recursive: true });
    expect((await other.run('plan --sandbox')).code).toBe(0);
  });

  it('is no reason for a scheduled run to say that nothing is due', async () => {
    const stage = await Stage.applied();
    rmSync(stage.file(STATE));
    await stage.advance(80 * DAY);
    const { code, document: applied } = await stage.json('apply --sandbox --due --yes');
    expect({ code, applied }).toMatchObject({
      code: 3,
      applied: { warnings: expect.arrayContaining([expect.objectContaining({ kind: 'nothing_managed' })]) },
    });
    expect(stage.has(STATE)).toBe(false);
    const { document } = await stage.json('plan --sandbox --due');
    expect(document).toMatchObject({
      warnings: expect.arrayContaining([expect.objectContaining({ kind: 'nothing_managed' })]),
    });
    const first = new Stage();
    expect(await first.run('apply --sandbox --due --yes')).toMatchObject({ code: 0 });
  });
});
