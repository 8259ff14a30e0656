/** A command of `state` that is run in a folder below the configuration. */
import { expect, it } from 'vitest';
import { CONFIG, Stage } from '../stage.ts';

it.each(['state list', 'state show etl_prod', 'state history', 'state forget etl_prod --yes'])(
  'the error of %s in a folder below names the configuration above, as that of plan does',
  async (words) => {
    const stage = await Stage.applied();
    const above = stage.file(CONFIG);
    stage.write('sub/note.txt', '');
    const typed = `${words} --config sub/motherduck.accounts.yaml`;
    const { code, stderr } = await stage.run(typed);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`--config ${above}`),
    });
    expect((await stage.run('state list --state sub/none.json')).stderr).not.toContain(above);
  },
);
