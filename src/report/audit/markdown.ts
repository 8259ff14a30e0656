/**
 * An audit for an issue or a comment: the summary line first, and a table of what was found, gravest first. At most
 * 65,000 characters, which GitHub takes; a longer one is cut between findings and says what was left out.
 */
import type { Audit, Finding, RuleInfo, Severity } from '../../model/audit.ts';
import { counted } from '../../model/counted.ts';
import { showTime } from '../../model/instant.ts';
import { commentMarker, lengthOf, MOST_CHARACTERS, markdown } from '../markdown.ts';
import { printable } from '../printable.ts';
import { placeOf, SEVERITIES, subjectOf } from './findings.ts';
import { auditSummary } from './summary.ts';

/** For the head of the table and what is said about what was left out. */
const ROOM_FOR_MORE = 400;
const NAMES_SHOWN = 10;
const MARKS = { error: '❌', warning: '⚠️', note: 'ℹ️' } as const satisfies Record<Severity, string>;

/** Writes the audit. */
export function auditMarkdown(given: Audit): string {
  const audit = printable(given);
  const head = [
    `**${markdown(auditSummary(audit))}**`,
    '',
    commentMarker('audit', audit.organization),
    `${markdown(audit.organization)}${audit.sandbox ? ', in the sandbox,' : ''} at ${showTime(Date.parse(audit.at))}`,
  ];
  const foot = [...ignored(audit), ...meanings(audit)];
  const { rows, left } = takeWhatFits(
    audit.findings,
    MOST_CHARACTERS - lengthOf(head) - lengthOf(foot) - ROOM_FOR_MORE,
  );
  const table = rows.length === 0 ? [] : ['', '| | rule | what | found | do |', '|---|---|---|---|---|', ...rows];
  return `${[...head, ...table, ...skipped(left), ...foot].join('\n')}\n`;
}

/** As many findings as there is room for: the gravest stand first. */
function takeWhatFits(findings: readonly Finding[], room: number): { rows: string[]; left: readonly Finding[] } {
  const rows: string[] = [];
  let used = 0;
  for (const [index, finding] of findings.entries()) {
    const next = row(finding);
    used += next.length + 1;
    if (used > room) return { rows, left: findings.slice(index) };
    rows.push(next);
  }
  return { rows, left: [] };
}

function row(finding: Finding): string {
  const { severity, rule, message, fix, location } = finding;
  const place = location === undefined ? '' : ` (${markdown(placeOf(location))})`;
  const found = `${markdown(message)}${place}`;
  const subject = `**${markdown(subjectOf(finding))}**`;
  return `| ${[MARKS[severity], rule, subject, found, markdown(fix)].join(' | ')} |`;
}

function skipped(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [];
  const counts = SEVERITIES.map(
    (severity) => [severity, findings.filter((each) => each.severity === severity).length] as const,
  );
  const said = counts.flatMap(([severity, count]) => (count === 0 ? [] : [counted(count, severity)]));
  return ['', `… and ${said.join(', ')} left out here for length; \`mdacc audit\` shows all.`];
}

function ignored({ ignored: names }: Audit): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, NAMES_SHOWN).map((name) => markdown(name.slice(0, 40)));
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : '';
  return [
    '',
    `Left alone, because \`ignore\` names them: ${counted(names.length, 'account')} (${shown.join(', ')}${more})`,
  ];
}

/** Of the rules that found something. */
function meanings({ rules, findings }: Audit): string[] {
  const found = new Set(findings.map(({ rule }) => rule));
  const said = rules.filter(({ id }) => found.has(id)).map(meaning);
  return said.length === 0
    ? []
    : ['', '<details><summary>What these rules mean</summary>', '', ...said, '', '</details>'];
}

function meaning({ id, name, title, help }: RuleInfo): string {
  return `- **${id} ${markdown(name)}**: ${markdown(title)} ${markdown(help)}`;
}
