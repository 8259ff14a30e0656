/** Checks all that an apply needs. A new check is a function in a file of its family, and a line there. */
import type { DoctorCheck, DoctorReport } from '../../model/doctor.ts';
import { UserError } from '../../model/user-error.ts';
import type { ServiceContext } from '../service.ts';
import { ACCESS } from './access.ts';
import { CONNECTION } from './connection.ts';
import { type Check, type DoctorOptions, Examination, errorOf, failed } from './examination.ts';
import { FILES } from './files.ts';

const CHECKS: readonly Check[] = [...FILES.slice(0, 1), ...ACCESS, ...CONNECTION, ...FILES.slice(1)];

/** Runs every check, at once where they do not wait for each other. Changes nothing; a check that fails ends no other. @throws UserError USAGE */
export async function examine(options: DoctorOptions, context: ServiceContext): Promise<DoctorReport> {
  const examination = new Examination(options, context);
  try {
    const wrong = await errorOf(examination.service()).catch(() => undefined);
    if (wrong?.code === 'USAGE') throw wrong;
    const checks = (await Promise.all(CHECKS.map((check) => checked(check, examination)))).flat();
    return {
      sandbox: await examination.isSandbox(),
      checks,
      passed: checks.every(({ status }) => status !== 'failed'),
    };
  } finally {
    await examination.close();
  }
}

async function checked({ name, run }: Check, examination: Examination): Promise<DoctorCheck[]> {
  try {
    return [await run(examination)].flat().map((finding) => ({ name, ...finding }));
  } catch (error) {
    if (error instanceof UserError) return [{ name, ...failed(error) }];
    const message = `this check has a bug: ${error instanceof Error ? error.message : String(error)}`;
    const hint = { text: 'Run it again with --debug, and report the output as an issue of motherduck-accounts.' };
    return [{ name, ...failed({ code: 'BUG', message, hint }) }];
  }
}
