/** `mdacc schema`: prints a JSON Schema, for editors and for programs that read JSON output. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { EXIT, runCommand } from '../cli/exit-codes.ts';
import type { OutputOptions } from '../cli/io.ts';
import { SCHEMA_FILES, type SchemaName } from '../cli/schemas.ts';

export function run(options: OutputOptions, which: SchemaName): Promise<number> {
  return runCommand(options, async (io) => {
    // dist/commands/schema.cjs and schemas/ are two folders of one package.
    io.result(await readFile(path.join(import.meta.dirname, '../../schemas', SCHEMA_FILES[which]), 'utf8'));
    return EXIT.done;
  });
}
