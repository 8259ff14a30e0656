/** The output formats are one table for each subject, which the command line offers as it stands. */
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { program } from '../../src/program.ts';
import {
  APPLY_FORMATS,
  AUDIT_FORMATS,
  PLAN_FORMATS,
  renderPlan,
  SMOKE_FORMATS,
  STATE_FORMATS,
  VALIDATE_FORMATS,
} from '../../src/report/formats.ts';

function formatOf(name: string) {
  const command = name
    .split(' ')
    .reduce<Command | undefined>((parent, word) => parent?.commands.find((each) => each.name() === word), program());
  return command?.options.find(({ long }) => long === '--format');
}

describe('output formats', () => {
  it.each([
    ['plan', PLAN_FORMATS],
    ['apply', APPLY_FORMATS],
    ['rotate', APPLY_FORMATS],
    ['destroy', APPLY_FORMATS],
    ['validate', VALIDATE_FORMATS],
    ['state list', STATE_FORMATS],
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
