/** An audit for a terminal: one line per finding, most severe first, with the fix below the findings that share it, and a summary. */
import type { Audit, Severity } from '../../model/audit.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import type { Location } from '../../model/user-error.ts';
import { counted, few, NAMES_SHOWN } from '../../model/wording.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { headline, type Paint, plain, stateLine } from '../terminal-text.ts';
import { acceptanceText, auditSummary, findingSubject, SEVERITIES, unconfiguredHint } from './findings.ts';
import { groupByFix, sharedFix } from './fixes.ts';
import { computeText, storedText, usageRows, usageTitle, usageUnknowns } from './usage.ts';

const SEVERITY_WIDTH = 'warning'.length;
const MAX_SUBJECT_WIDTH = 32;
/** How many notes of one rule are shown, so that more severe findings are not overlooked. */
const NOTES_SHOWN = 5;
/** Accounts with fewer hours of compute than these are counted. */
const USAGE_SHOWN = 20;
const MAX_COMPUTE_WIDTH = 60;

/** Writes the audit. */
export function auditText(given: Audit, paint: Paint = plain, inContext: InContext = noContext): string {
  const audit = printable(given);
  const next = unconfiguredHint(audit);
  const sections = [
    [paint.dim(headline(audit)), ...stateLine(audit)].join('\n'),
    ...SEVERITIES.map((severity) => findingLines(severity, audit, paint, inContext)),
    acceptedLines(audit, paint),
    usageLines(audit),
    paint.dim(ignored(audit)),
    paint.bold(auditSummary(audit)),
    next === undefined ? '' : hintText(next, inContext, paint.command),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function findingLines(severity: Severity, { findings, file }: Audit, paint: Paint, inContext: InContext): string {
  const width = columnWidth(findings.map(findingSubject), MAX_SUBJECT_WIDTH);
  return groupByFix(findings.filter((finding) => finding.severity === severity))
    .flatMap((group) => {
      const head = paintSeverity(severity.padEnd(SEVERITY_WIDTH), severity, paint);
      const shown = severity === 'note' && group.length > NOTES_SHOWN ? group.slice(0, NOTES_SHOWN - 2) : group;
      const lines = shown.map((finding) => {
        const subject = paint.bold(padTo(findingSubject(finding), width));
        return `${head}  ${finding.rule}  ${subject}  ${finding.message}${paint.dim(locationSuffix(finding.location, file))}`;
      });
      const left = group.length - shown.length;
      if (left > 0) lines.push(`${head}  ${group[0]?.rule}  and ${left} more (--format json has all)`);
      const fix = hintText(sharedFix(group.map(({ fix: each }) => each)), inContext, paint.command);
      return [...lines, paint.dim(`${' '.repeat(SEVERITY_WIDTH)}  ${fix}`)];
    })
    .join('\n');
}

function acceptedLines({ accepted, file }: Audit, paint: Paint): string {
  const width = columnWidth(accepted.map(findingSubject), MAX_SUBJECT_WIDTH);
  return accepted
    .flatMap((finding) => {
      const subject = padTo(findingSubject(finding), width);
      const line = `accepted  ${finding.rule}  ${subject}  ${finding.message}`;
      const where = locationSuffix(finding.acceptance.location, file);
      return [paint.dim(line), paint.dim(`${' '.repeat('accepted'.length)}  ${acceptanceText(finding)}${where}`)];
    })
    .join('\n');
}

function usageLines({ usage }: Audit): string {
  if (usage === undefined) return '';
  const all = usageRows(usage);
  const rows = all.slice(0, USAGE_SHOWN);
  const width = columnWidth(
    rows.map(({ account }) => account),
    MAX_SUBJECT_WIDTH,
  );
  const column = columnWidth(rows.map(computeText), MAX_COMPUTE_WIDTH);
  const lines = rows.map(
    (row) => `  ${padTo(row.account, width)}  ${padTo(computeText(row), column)}  ${storedText(row)}`,
  );
  const more = all.length > rows.length ? [`  and ${all.length - rows.length} more (--format json has all)`] : [];
  const table = rows.length === 0 ? [] : [`${usageTitle(usage)}:`, ...lines, ...more];
  return [...table, ...usageUnknowns(usage)].join('\n');
}

function locationSuffix(location: Location | undefined, mainFile: string): string {
  if (location === undefined) return '';
  return location.file === mainFile ? ` (line ${location.line})` : ` (${location.file} line ${location.line})`;
}

function paintSeverity(text: string, severity: Severity, paint: Paint): string {
  return { error: paint.red, warning: paint.yellow, note: paint.cyan }[severity](text);
}

function ignored({ ignored: names }: Audit): string {
  if (names.length === 0) return '';
  return `Not checked because of "ignore": ${counted(names.length, 'account')} (${few(names, NAMES_SHOWN.list)})`;
}
