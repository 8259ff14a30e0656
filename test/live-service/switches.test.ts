/** A short journey with each setting of the sandbox. `npm run test:live:matrix` goes the whole way. */
import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../src/sandbox/settings.ts';
import { saveSettings } from '../../src/sandbox/settings-file.ts';
import { CONFIG, SANDBOX, Stage } from '../stage.ts';
import { configuration } from './configuration.ts';
import { newRun } from './names.ts';
import { SWITCHES, switchName } from './switches.ts';

const RUN = newRun();
const APPLY = 'apply --sandbox --yes --no-smoke';
const AUDIT = `audit --sandbox --only ${RUN}_*`;

describe('a short journey', () => {
  it.each(SWITCHES.map((each) => [switchName(each), each] as const))('with %s', async (_, { settings, fails }) => {
    const chapter = { run: RUN, size: 'pulse' } as const;
    const stage = new Stage(configuration(chapter));
    await saveSettings(stage.file(SANDBOX), settings);
    const first = await stage.run(APPLY);
    if (fails?.command === 'apply') {
      for (const words of fails.says) expect(first.stdout).toContain(words);
      expect(first.code).toBe(3);
      return;
    }
    expect(first, first.stderr).toMatchObject({ code: 0 });
    if (settings.connections !== undefined) {
      const tested = await stage.run(`smoke ${RUN}_etl --sandbox --timeout 5s`);
      for (const words of fails?.says ?? []) expect(tested.stdout).toContain(words);
      expect(tested, tested.stdout).toMatchObject({ code: fails === undefined ? 0 : 4 });
      return;
    }
    const rotated = await stage.run(`rotate ${RUN}_etl/load --sandbox --yes --no-smoke`);
    expect(rotated, rotated.stderr).toMatchObject({ code: 0 });
    await stage.run('sandbox advance 1m');
    stage.write(CONFIG, configuration({ ...chapter, deletionProtection: false, maxDeletes: 2 }));
    expect(await stage.run(APPLY)).toMatchObject({ code: 0 });
    const planned = await stage.run('plan --sandbox --detailed-exitcode');
    expect(planned, planned.stdout).toMatchObject({ code: 0 });

    const audited = await stage.run(AUDIT);
    for (const words of fails?.says ?? []) expect(audited.stdout).toContain(words);
    expect(audited, audited.stdout).toMatchObject({ code: fails === undefined ? 0 : 2 });
    const last = await stage.run('destroy --sandbox --yes --allow-delete --format json');
    if (fails === undefined) expect(last, last.stderr).toMatchObject({ code: 0 });
    // Without the list of users nothing shows that an account is the same one still.
    else expect(last.stdout).toMatch(/"kind": "unidentified"/);
  });
});

it('every setting is switched', () => {
  const switched = new Set(SWITCHES.flatMap(({ settings }) => Object.keys(settings)));
  expect([...switched].sort()).toEqual([...SETTING_NAMES].sort());
});
