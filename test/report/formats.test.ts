/** The output formats are one table for each subject, which the command line offers as it stands. */
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { program } from '../../src/program.ts';
import { AUDIT_FORMATS, PLAN_FORMATS, renderPlan, SMOKE_FORMATS } from '../../src/report/formats.ts';

function formatOf(name: string) {
  const command = program().commands.find((each) => each.name() === name);
  return command?.options.find(({ long }) => long === '--format');
}

describe('output formats', () => {
  it.each([
    ['plan', PLAN_FORMATS],
    ['apply', PLAN_FORMATS],
    ['rotate', PLAN_FORMATS],
    ['destroy', PLAN_FORMATS],
    ['audit', AUDIT_FORMATS],
    ['smoke', SMOKE_FORMATS],
  ])('of %s are the choices of --format, and text is the default', (command, formats) => {
    const option = formatOf(command);
    expect(option?.argChoices).toEqual(Object.keys(formats));
    expect(option?.defaultValue).toBe('text');
  });

  it('are refused when they do not exist, for callers that no compiler checks', () => {
    // @ts-expect-error There are no such formats.
    expect(() => renderPlan({} as Plan, 'sarif')).toThrow(TypeError);
    // @ts-expect-error Names that every object has are none either.
    expect(() => renderPlan({} as Plan, 'toString')).toThrow(TypeError);
  });
});
