/** A smoke test with a clock that cannot be right: it makes no token, and writes no time of that clock into the state. */
import { expect, it } from 'vitest';
import { asMotherDuck } from '../proxy/as-motherduck.ts';
import { STATE } from '../stage.ts';

const YEAR = 365 * 86_400;

it.each([true, false])('is refused (applied before: %s)', async (isApplied) => {
  const stage = await asMotherDuck();
  if (isApplied) expect(await stage.runProgram('apply --yes --no-smoke')).toMatchObject({ code: 0 });
  const before = stage.has(STATE) && stage.read(STATE);
  await stage.advance(YEAR);
  for (let round = 0; round < 2; round += 1) {
    const { code, stdout, stderr } = await stage.runProgram('smoke');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: .*clock is .* behind MotherDuck's .*nothing was done/m);
  }
  expect(stage.has(STATE) && stage.read(STATE)).toEqual(before);
});
