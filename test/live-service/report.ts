/** The report of a run, as Markdown. Pure. */

import { formatDuration, showTime } from '../../src/model/time.ts';
import { counted } from '../../src/model/wording.ts';
import type { Fact } from './facts/fact.ts';
import type { Redact } from './redact.ts';
import type { Step } from './step-reporter.ts';

export interface Run {
  readonly run: string;
  readonly version: string;
  readonly node: string;
  /** The API's origin. */
  readonly at: string;
  readonly isSandbox: boolean;
  /** Milliseconds since 1970. */
  readonly began: number;
  /** What was run. */
  readonly parts: { readonly journey: boolean; readonly facts: boolean };
  readonly steps: readonly Step[];
  readonly facts: readonly Fact[];
  /** Accounts that were removed after it. */
  readonly removed: readonly string[];
  /** Accounts that could not be removed, with the reason. */
  readonly left: ReadonlyMap<string, string>;
  /** Why it did not come to its end. */
  readonly broken?: string;
}

/** Whether the product did what it should and nothing was left behind. Facts that differ fail nothing. */
export function passed({ parts, steps, facts, left, broken }: Run): boolean {
  const isDone = (!parts.journey || steps.length > 0) && (!parts.facts || facts.length > 0);
  return broken === undefined && left.size === 0 && isDone && steps.every(({ state }) => state === 'passed');
}

/** What was seen, in one line: `A username that exists: 409 CONFLICT "..."`. */
export function factLine({ about, documented, seen, verdict }: Fact): string {
  const aside = verdict === 'differs' ? ` (documented: ${documented})` : verdict === 'unseen' ? ' (not looked at)' : '';
  return `${about}: ${seen}${aside}`.replace(/\s+/g, ' ');
}

/** @param redact is used on what came from outside */
export function report(raw: Run, redact: Redact): string {
  const run = {
    ...raw,
    steps: raw.steps.map(({ error, ...step }) => ({
      ...step,
      ...(error === undefined ? {} : { error: redact(error) }),
    })),
    facts: raw.facts.map((fact) => ({ ...fact, seen: redact(fact.seen) })),
  };
  const { parts } = run;
  const sections = [...(parts.journey ? [steps(run)] : []), ...(parts.facts ? [facts(run), differences(run)] : [])];
  return `${[heading(run), summary(run), ...sections].join('\n\n')}\n`;
}

function heading({ run, version, node, at, isSandbox, began }: Run): string {
  const location = isSandbox ? `a sandbox at ${at}, which is not MotherDuck` : at;
  return `# Live suite\n\nRun \`${run}\` of motherduck-accounts ${version} on Node ${node}, at ${location}, ${showTime(began)}.`;
}

function summary(run: Run): string {
  const { parts, steps, facts, removed, left, broken } = run;
  const count = (verdict: Fact['verdict']) => facts.filter((fact) => fact.verdict === verdict).length;
  const good = steps.filter(({ state }) => state === 'passed').length;
  const lines = [
    `**${passed(run) ? 'Passed' : 'Failed'}**: ${parts.journey ? `${good} of ${steps.length} steps passed` : 'the journey was not run'}${broken === undefined ? '.' : `; ${broken}.`}`,
    !parts.facts
      ? 'Facts: not run.'
      : `Facts: ${count('as documented')} as documented, ${count('differs')} different, ${count('noted')} noted that are not documented, ${count('unseen')} not looked at.`,
    left.size === 0
      ? `Nothing was left behind (after the steps, ${counted(removed.length, 'account')} had to be removed).`
      : `**Left behind**: ${[...left].map(([name, why]) => `\`${name}\` (${why})`).join(', ')}. Remove them: npm run test:live -- --clean ${run.run}`,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

const RESULT: Readonly<Record<Step['state'], string>> = {
  passed: 'passed',
  failed: '**failed**',
  skipped: 'not reached',
  pending: 'broken off',
};

function steps({ steps }: Run): string {
  const rows = steps.map(({ step, state, ms, error }) => [
    step,
    error === undefined ? RESULT[state] : `${RESULT[state]}: ${error}`,
    formatMs(ms),
  ]);
  return `## Steps\n\n${table(['step', 'result', 'time'], rows)}`;
}

function facts({ facts }: Run): string {
  const rows = facts.map(({ about, documented = '-', seen, verdict }) => [
    about,
    documented,
    seen,
    verdict === 'differs' ? '**differs**' : verdict,
  ]);
  return `## Facts\n\nMotherDuck's documentation as it was read in November 2026, and what was seen.\n\n${table(['about', 'documented', 'seen', ''], rows)}`;
}

function differences({ facts }: Run): string {
  const found = facts.filter(({ verdict }) => verdict === 'differs');
  const lines = found.map(
    ({ about, documented, seen }) => `- ${cell(about)}: documented ${cell(documented ?? '')}; seen ${cell(seen)}`,
  );
  const none = facts.length === 0 ? 'Nothing was looked at.' : 'None.';
  return `## Differences\n\n${found.length === 0 ? none : lines.join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(cell)))].join('\n');
}

/** One line that no table, link or tag of Markdown comes out of. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|<>[\]`]/g, (character) => `\\${character}`);
}

function formatMs(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)}s` : formatDuration(Math.round(ms / 1000));
}
