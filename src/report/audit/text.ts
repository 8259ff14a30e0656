/** An audit for a terminal: a line a finding, those of a rule with what to do below them, gravest first, and one summary line. */
import type { Audit, Severity } from '../../model/audit.ts';
import { counted } from '../../model/counted.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import type { Location } from '../../model/user-error.ts';
import { headline } from '../headline.ts';
import { type Paint, plain } from '../paint.ts';
import { printable } from '../printable.ts';
import { advised } from './advice.ts';
import { SEVERITIES, subjectOf } from './findings.ts';
import { auditSummary } from './summary.ts';

const SEVERITY_WIDTH = 'warning'.length;
const MOST_SUBJECT_WIDTH = 32;
/** How many names are written out before the rest is counted. */
const NAMES_SHOWN = 8;

/** Writes the audit. */
export function auditText(given: Audit, paint: Paint = plain): string {
  const audit = printable(given);
  const sections = [
    paint.dim(headline(audit)),
    ...SEVERITIES.map((severity) => group(severity, audit, paint)),
    paint.dim(leftAlone(audit)),
    paint.bold(auditSummary(audit)),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function group(severity: Severity, { findings, file }: Audit, paint: Paint): string {
  const width = columnWidth(findings.map(subjectOf), MOST_SUBJECT_WIDTH);
  return advised(findings.filter((finding) => finding.severity === severity))
    .flatMap(({ findings: same, advice }) => {
      const head = paintSeverity(severity.padEnd(SEVERITY_WIDTH), severity, paint);
      const lines = same.map((finding) => {
        const subject = paint.bold(padTo(subjectOf(finding), width));
        return `${head}  ${finding.rule}  ${subject}  ${finding.message}${paint.dim(place(finding.location, file))}`;
      });
      return [...lines, paint.dim(`${' '.repeat(SEVERITY_WIDTH)}  ${advice}`)];
    })
    .join('\n');
}

function place(location: Location | undefined, mainFile: string): string {
  if (location === undefined) return '';
  return location.file === mainFile ? ` (line ${location.line})` : ` (${location.file} line ${location.line})`;
}

function paintSeverity(text: string, severity: Severity, paint: Paint): string {
  return { error: paint.red, warning: paint.yellow, note: paint.cyan }[severity](text);
}

function leftAlone({ ignored }: Audit): string {
  if (ignored.length === 0) return '';
  const more = ignored.length > NAMES_SHOWN ? ` and ${ignored.length - NAMES_SHOWN} more` : '';
  const names = `${ignored.slice(0, NAMES_SHOWN).join(', ')}${more}`;
  return `Not looked at, as "ignore" says: ${counted(ignored.length, 'account')} (${names})`;
}
