/** The folders and organizations in which the pages' commands are typed. */
import { expect } from 'vitest';
import { CONFIG, Stage } from '../stage.ts';

const DAY = 86_400;

/** A folder with nothing in it. */
export function emptyFolder(): Stage {
  const stage = new Stage('');
  stage.remove(CONFIG);
  return stage;
}

/** A folder with a configuration that was applied at MotherDuck, where a served sandbox takes its place. */
export async function appliedAtMotherDuck(configuration?: string): Promise<Stage> {
  const stage = new Stage(configuration);
  await stage.serve();
  expect(await stage.run('apply --yes')).toMatchObject({ code: 0 });
  return stage;
}

/** Three weeks after the first apply, with a branch that makes a Duckling larger and adds a tenant; two accounts are unmanaged. */
export async function withPullRequest(): Promise<Stage> {
  const stage = new Stage();
  expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
  for (let day = 0; day < 23; day += 1) {
    await stage.advance(DAY + 60);
    expect(await stage.run('apply --sandbox --due --yes --no-smoke --only etl_prod')).toMatchObject({ code: 0 });
  }
  stage.edit((text) =>
    text
      .replace('read_write: { size: standard, cooldown: 10m }', 'read_write: { size: jumbo, cooldown: 10m }')
      .replace('[pulse, standard]', '[pulse, standard, jumbo]')
      .replace(/^ {2}tenant_globex:/m, '  tenant_initech: { template: tenant }\n$&'),
  );
  await stage.run('sandbox seed 2');
  return stage;
}
