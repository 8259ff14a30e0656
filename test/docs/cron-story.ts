/** The nights of a machine without a pipeline: the script for cron on docs/ci.md. */
import { expect } from 'vitest';
import { blocksOf, readText } from '../examples/markdown.ts';
import { appliedAtMotherDuck } from './organizations.ts';
import type { Reader } from './reader.ts';

const DAY = 86_400;

/** The script for cron, in a clone whose first apply is committed. */
export async function typeNightly(reader: Reader): Promise<void> {
  const [script = expect.unreachable()] = blocksOf(readText(reader.page), 'sh');
  const stage = await appliedAtMotherDuck();
  reader.goTo(stage);
  stage.write('.gitignore', '*\n!motherduck.*\n');
  stage.write('nightly.sh', script.replace('/my-accounts', '').replace('/usr/local/bin:', ''));
  const { MOTHERDUCK_ADMIN_TOKEN: token = '' } = stage.env;
  delete stage.env.MOTHERDUCK_ADMIN_TOKEN;
  await reader.type('git init --quiet --bare origin.git && git init --quiet && git remote add origin ./origin.git');
  await reader.type('git add motherduck* && git commit --quiet --message First && git push --quiet -u origin HEAD');
  await stage.advance(5 * DAY);
  const night = async (admin: string, code: number) => {
    stage.write('.motherduck-admin-token', admin);
    return (await reader.type('sh nightly.sh', code)).stdout;
  };
  for (let time = 0; time < 2; time += 1) expect(await night(token, 0)).toContain('exited with 0, audit with 0');
  const { stdout } = await reader.type('git log --format=%s @{upstream}');
  expect(stdout).toContain('MotherDuck state');
  expect((await reader.type('git status --porcelain')).stdout).toBe('');
  expect(await night('wrong', 1)).toContain('apply exited with 1, audit with 1');
}
