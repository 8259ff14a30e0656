/**
 * An audit for an issue or a comment: the summary line first, then a table of findings, most severe first. At most 65,000
 * characters, GitHub's limit; a longer one is cut between findings and counts those that are not shown.
 */
import type { Audit, RuleInfo, Severity } from '../../model/audit.ts';
import { counted, few, NAMES_SHOWN } from '../../model/wording.ts';
import { commentHead, firstThatFit, lengthOf, MOST_CHARACTERS } from '../comment.ts';
import { markdown, printable } from '../escape.ts';
import { hintMarkdown } from '../hint.ts';
import {
  type AnyFinding,
  acceptanceText,
  auditSummary,
  findingSubject,
  isAcceptedFinding,
  SEVERITIES,
  showLocation,
  unconfiguredHint,
} from './findings.ts';
import { computeText, storedText, usageRows, usageTitle, usageUnknowns } from './usage.ts';

/** Characters for the head of the table and the line about findings that are not shown. */
const ROOM_FOR_MORE = 400;
/** Accounts with fewer hours of compute than these are counted. */
const USAGE_SHOWN = 20;
const ACCEPTED = '☑️';
const MARKS = { error: '❌', warning: '⚠️', note: 'ℹ️' } as const satisfies Record<Severity, string>;

/** Writes the audit. */
export function auditMarkdown(given: Audit): string {
  const audit = printable(given);
  const head = commentHead('audit', auditSummary(audit), audit);
  const next = unconfiguredHint(audit);
  const foot = [...(next ? ['', hintMarkdown(next)] : []), ...ignored(audit), ...usageTable(audit), ...meanings(audit)];
  const { rows, rest } = takeWhatFits(
    [...audit.findings, ...audit.accepted],
    MOST_CHARACTERS - lengthOf(head) - lengthOf(foot) - ROOM_FOR_MORE,
  );
  const table = rows.length === 0 ? [] : ['', '| | rule | subject | finding | fix |', '|---|---|---|---|---|', ...rows];
  return `${[...head, ...table, ...notShown(rest), ...foot].join('\n')}\n`;
}

/** As many findings as there is room for, from the most severe; accepted ones come last. */
function takeWhatFits(findings: readonly AnyFinding[], room: number) {
  const rows = firstThatFit(findings.map(row), room, (text) => text.length + 1);
  return { rows, rest: findings.slice(rows.length) };
}

function row(finding: AnyFinding): string {
  const { severity, rule, message, fix, location } = finding;
  const where = location === undefined ? '' : ` (${markdown(showLocation(location))})`;
  const subject = `**${markdown(findingSubject(finding))}**`;
  const last = isAcceptedFinding(finding) ? markdown(acceptanceText(finding)) : hintMarkdown(fix);
  const mark = isAcceptedFinding(finding) ? ACCEPTED : MARKS[severity];
  return `| ${[mark, rule, subject, `${markdown(message)}${where}`, last].join(' | ')} |`;
}

function notShown(findings: readonly AnyFinding[]): string[] {
  if (findings.length === 0) return [];
  const open = findings.filter((each) => !isAcceptedFinding(each));
  const counts = SEVERITIES.map(
    (severity) => [severity, open.filter((each) => each.severity === severity).length] as const,
  );
  const list = counts.flatMap(([severity, count]) => (count === 0 ? [] : [counted(count, severity)]));
  if (open.length < findings.length) list.push(`${findings.length - open.length} accepted`);
  return ['', `… and ${list.join(', ')} not shown because of the size limit; \`mdacc audit\` shows all.`];
}

function ignored({ ignored: names }: Audit): string[] {
  if (names.length === 0) return [];
  const shown = few(
    names.map((name) => markdown(name.slice(0, 40))),
    NAMES_SHOWN.list,
  );
  return ['', `Not checked because of \`ignore\`: ${counted(names.length, 'account')} (${shown})`];
}

function usageTable({ usage }: Audit): string[] {
  if (usage === undefined) return [];
  const all = usageRows(usage);
  const rows = all
    .slice(0, USAGE_SHOWN)
    .map((row) => `| ${[row.account, computeText(row), storedText(row)].map(markdown).join(' | ')} |`);
  const more = all.length > rows.length ? [`… and ${counted(all.length - rows.length, 'more account')}`, ''] : [];
  const table = [
    `<details><summary>${usageTitle(usage)}</summary>`,
    '',
    '| account | compute | storage |',
    '|---|---|---|',
    ...rows,
  ];
  return [
    ...(rows.length === 0 ? [] : ['', ...table, '', ...more, '</details>']),
    ...usageUnknowns(usage).flatMap((text) => ['', markdown(text)]),
  ];
}

/** Explains the rules with findings. */
function meanings({ rules, findings, accepted }: Audit): string[] {
  const ids = new Set([...findings, ...accepted].map(({ rule }) => rule));
  const list = rules.filter(({ id }) => ids.has(id)).map(meaning);
  return list.length === 0
    ? []
    : ['', '<details><summary>What these rules mean</summary>', '', ...list, '', '</details>'];
}

function meaning({ id, name, title, help }: RuleInfo): string {
  return `- **${id} ${markdown(name)}**: ${markdown(title)} ${markdown(help)}`;
}
