/** `mdacc schema`: prints a JSON Schema, for editors and for programs that read JSON output. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { OutputOptions } from '../cli/io.ts';
import { UserError } from '../model/user-error.ts';

const FILES: ReadonlyMap<string, string> = new Map([
  ['config', 'motherduck.accounts.schema.json'],
  ['plan', 'plan.schema.json'],
  ['state', 'state.schema.json'],
  ['audit', 'audit.schema.json'],
  ['doctor', 'doctor.schema.json'],
  ['smoke', 'smoke.schema.json'],
  ['validate', 'validate.schema.json'],
  ['organization', 'organization.schema.json'],
]);

export function run(options: OutputOptions, which: string): Promise<number> {
  return runCommand(options, async (io) => {
    const file = FILES.get(which);
    if (file === undefined) {
      throw new UserError('USAGE', `there is no schema "${which}"`, `There are: ${[...FILES.keys()].join(', ')}`);
    }
    // dist/commands/schema.cjs and schemas/ are two folders of one package.
    io.result(await readFile(path.join(import.meta.dirname, '../../schemas', file), 'utf8'));
    return EXIT.done;
  });
}
