/** What doctor found, for a terminal: a line for each check, with what to do, and a summary line. */
import type { DoctorCheck, DoctorReport } from '../../model/doctor.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import { counted } from '../../model/wording.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { codeText, type Paint, plain } from '../terminal-text.ts';

const WIDTH = 'warning'.length;

/** Writes what doctor found. */
export function doctorText(given: DoctorReport, paint: Paint = plain, inContext: InContext = noContext): string {
  const { checks, sandbox } = printable(given);
  const names = checks.map(nameOf);
  const width = columnWidth(names, 32);
  const marks = { ok: paint.green, warning: paint.yellow, failed: paint.red, skipped: paint.dim } as const;
  const lines = checks.map((check) => {
    const { status, message, code, hint } = check;
    const shown = code === undefined || status !== 'failed' ? '' : codeText(code, paint);
    const fix = hint === undefined ? '' : `\n      ${hintText(hint, inContext, paint.command)}`;
    return `  ${marks[status](padTo(status, WIDTH))}  ${padTo(nameOf(check), width)}  ${message}${shown}${fix}`;
  });
  const counts = (['failed', 'warning', 'skipped'] as const).flatMap((status) => {
    const count = checks.filter((check) => check.status === status).length;
    return count === 0 ? [] : [status === 'warning' ? counted(count, 'warning') : `${count} ${status}`];
  });
  const passed = checks.filter(({ status }) => status === 'ok').length;
  const summary = `Doctor${sandbox ? ' (sandbox)' : ''}: ${[`${passed} of ${counted(checks.length, 'check')} ok`, ...counts].join(', ')}.`;
  return `${[...lines, paint.bold(summary)].join('\n')}\n`;
}

/** `host variable`, `store local` */
function nameOf({ name, subject }: DoctorCheck): string {
  return `${name.replaceAll('_', ' ')}${subject === undefined ? '' : ` ${subject}`}`;
}
