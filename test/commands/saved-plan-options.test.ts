/** What apply refuses beside a saved plan: every option that would have made another plan. */
import { expect, it } from 'vitest';
import { PLANNING, SHARED_OPTIONS } from '../../src/cli/options.ts';
import { program } from '../../src/program.ts';
import { Stage } from '../stage.ts';

/** Options that say how a plan is shown and applied. */
const OF_APPLYING = [
  '--usage',
  '--yes',
  '--allow-delete',
  '--real-stores',
  '--no-smoke',
  '--format',
  '--verbose',
  '--lock-timeout',
];

it('has every option of apply that is not about how it applies', () => {
  const shared = SHARED_OPTIONS.map(({ long }) => long);
  const apply = program(['apply']).commands.find((command) => command.name() === 'apply');
  const others = apply?.options.map(({ long }) => long ?? '').filter((long) => !shared.includes(long)) ?? [];
  expect(others.filter((long) => !OF_APPLYING.includes(long)).sort()).toEqual(PLANNING.map(({ long }) => long).sort());
});

it.each(PLANNING.map(({ long = '', required }) => [long, required ? `${long} etl_prod` : long]))(
  'refuses %s, and says how to make such a plan',
  async (flag, words) => {
    const stage = await Stage.applied();
    await stage.run('plan --out today.plan --sandbox');
    const { code, document } = await stage.json(`apply today.plan --yes --sandbox ${words}`);
    expect({ code, document }).toMatchObject({
      code: 64,
      document: { error: { code: 'USAGE', message: expect.stringContaining(flag) } },
    });
    expect(JSON.stringify(document)).toContain(`plan ${words} --out today.plan`.replaceAll(' ', '","'));
  },
);
