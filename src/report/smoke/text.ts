/** A smoke test for a terminal: a line per account, failed checks with a fix, and a summary line. */
import type { AccountSmoke, ConnectionSmoke, Smoke, SmokeCheck } from '../../model/smoke.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import { typeName } from '../../model/tokens.ts';
import { counted } from '../../model/wording.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { rangesText } from '../plan/groups.ts';
import { type Paint, plain } from '../terminal-text.ts';

/** Writes the smoke test. */
export function smokeText(given: Smoke, paint: Paint = plain, inContext: InContext = noContext): string {
  const smoke = printable(given);
  const untested = smoke.accounts.filter(isUntested);
  const shown = smoke.accounts.filter((account) => !isUntested(account));
  const widths: readonly [number, number] = [
    columnWidth(
      shown.map(({ account }) => account),
      32,
    ),
    columnWidth(
      shown.map(({ outcome }) => outcome),
      32,
    ),
  ];
  const said = new Map<string, string>();
  const lines = shown.flatMap((account) => accountLines(account, widths, said, paint, inContext));
  if (untested.length > 0) lines.push(`  ${paint.yellow('not tested')}  ${untestedNames(untested)}`);
  const warnings = [...smoke.warnings, ...smoke.accounts.flatMap((account) => account.warnings)].map(
    (warning) =>
      `${paint.yellow('Warning:')} ${warning.message}${warning.hint ? `\n  ${hintText(warning.hint, inContext, paint.command)}` : ''}`,
  );
  return `${[...lines, ...warnings, paint.bold(smokeSummary(smoke))].join('\n')}\n`;
}

/** Whether an interruption came before any of its connections. */
function isUntested({ outcome, connections }: AccountSmoke): boolean {
  return outcome === 'interrupted' && connections.length === 0;
}

function untestedNames(untested: readonly AccountSmoke[]): string {
  const names = rangesText(untested.map(({ account }) => account));
  return untested.length === 1 ? names : `${names} (${counted(untested.length, 'account')})`;
}

/** `Smoke test: 3 of 3 accounts passed.` */
function smokeSummary(smoke: Smoke): string {
  const tested = smoke.accounts.filter((account) => account.outcome !== 'skipped');
  const passed = tested.filter((account) => account.outcome === 'passed').length;
  const interrupted = tested.filter((account) => account.outcome === 'interrupted').length;
  const skipped = smoke.accounts.length - tested.length;
  const others = [
    ...(interrupted > 0 ? [`${interrupted} interrupted`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const location = smoke.organization ? ` in ${smoke.organization.name}` : '';
  return `Smoke test: ${passed} of ${counted(tested.length, 'account')} passed${[location, ...others].join(', ')}.`;
}

/** @param widths of the accounts' names and their outcomes @param said the account with which each failure was explained, by its text: what every account meets is explained once */
function accountLines(
  account: AccountSmoke,
  [width, outcomeWidth]: readonly [number, number],
  said: Map<string, string>,
  paint: Paint,
  inContext: InContext,
): string[] {
  const colours = { passed: paint.green, failed: paint.red, skipped: paint.dim, interrupted: paint.yellow };
  const mark = colours[account.outcome](padTo(account.outcome, outcomeWidth));
  const tokens = account.connections.map(
    (connection) => `${nameOf(connection)} ${connection.passed ? 'ok' : 'failed'}`,
  );
  const what = account.skipped ?? `${tokens.join(', ')} (${account.ms} ms)`;
  const head = `  ${padTo(account.account, width)}  ${mark}  ${what}`;
  const explained = (check: SmokeCheck) => {
    const text = explain(check, paint, inContext);
    const earlier = said.get(text);
    said.set(text, earlier ?? account.account);
    return earlier === undefined || earlier === account.account ? text : `the same as for ${earlier}`;
  };
  return [head, ...account.connections.flatMap((connection) => failures(connection, explained, paint))];
}

function nameOf({ token, type }: ConnectionSmoke): string {
  return token ?? `${typeName(type)} (temporary token)`;
}

function failures(connection: ConnectionSmoke, explained: (check: SmokeCheck) => string, paint: Paint): string[] {
  return connection.checks
    .filter((check) => !check.passed)
    .map((check) => `      ${paint.red(check.name)} with ${nameOf(connection)}: ${explained(check)}`);
}

function explain({ message, hint, expected, found }: SmokeCheck, paint: Paint, inContext: InContext): string {
  const difference = expected !== undefined && found !== undefined ? `expected ${expected}, found ${found}` : 'failed';
  return `${message ?? difference}${hint ? `\n        ${hintText(hint, inContext, paint.command)}` : ''}`;
}
