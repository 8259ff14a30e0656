/** The declarations of options, which need commander, are loaded once, when the program starts. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../in-process.ts';

/** A method that only commander has; minifying keeps its name. */
const COMMANDER = 'allowExcessArguments';

it('commander is in the program, and not again in what every validate and plan loads', () => {
  const files = ['command-line.cjs', 'configuration.cjs', 'planning.cjs', 'commands/validate.cjs', 'commands/plan.cjs'];
  const having = files.filter((file) => readFileSync(path.join(ROOT, 'dist', file), 'utf8').includes(COMMANDER));
  expect(having).toEqual(['command-line.cjs']);
});
