/** A smoke test for a terminal: a line per account, failed checks with a fix, and a summary line. */
import type { AccountSmoke, ConnectionSmoke, Smoke, SmokeCheck } from '../../model/smoke.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { type Paint, plain } from '../terminal-text.ts';

/** Writes the smoke test. */
export function smokeText(given: Smoke, paint: Paint = plain, inContext: InContext = noContext): string {
  const smoke = printable(given);
  const names = smoke.accounts.map(({ account }) => account);
  const width = columnWidth(names, 32);
  const lines = smoke.accounts.flatMap((account) => accountLines(account, width, paint, inContext));
  const warnings = [...smoke.warnings, ...smoke.accounts.flatMap((account) => account.warnings)].map(
    (warning) =>
      `${paint.yellow('Warning:')} ${warning.message}${warning.hint ? `\n  ${hintText(warning.hint, inContext, paint.command)}` : ''}`,
  );
  return `${[...lines, ...warnings, paint.bold(smokeSummary(smoke))].join('\n')}\n`;
}

/** `Smoke test: 3 of 3 accounts passed.` */
function smokeSummary(smoke: Smoke): string {
  const tested = smoke.accounts.filter((account) => account.outcome !== 'skipped');
  const passed = tested.filter((account) => account.outcome === 'passed').length;
  const skipped = smoke.accounts.length - tested.length;
  const location = smoke.organization ? ` in ${smoke.organization.name}` : '';
  return `Smoke test: ${passed} of ${tested.length} accounts passed${location}${skipped > 0 ? `, ${skipped} skipped` : ''}.`;
}

function accountLines(account: AccountSmoke, width: number, paint: Paint, inContext: InContext): string[] {
  const mark = {
    passed: paint.green('passed'),
    failed: paint.red('failed'),
    skipped: paint.dim('skipped'),
    interrupted: paint.yellow('interrupted'),
  }[account.outcome];
  const tokens = account.connections.map(
    (connection) => `${nameOf(connection)} ${connection.passed ? 'ok' : 'failed'}`,
  );
  const head = `  ${padTo(account.account, width)}  ${mark}  ${tokens.join(', ')} (${account.ms} ms)`;
  return [head, ...account.connections.flatMap((connection) => failures(connection, paint, inContext))];
}

/** The name of a temporary token means nothing to the user, so its type is shown. */
function nameOf({ temporary, token, type }: ConnectionSmoke): string {
  return temporary ? type.replace('_', '/').replace('read/scaling', 'read scaling') : token;
}

function failures(connection: ConnectionSmoke, paint: Paint, inContext: InContext): string[] {
  return connection.checks
    .filter((check) => !check.passed)
    .map((check) => `      ${paint.red(check.name)} with ${nameOf(connection)}: ${explain(check, paint, inContext)}`);
}

function explain({ message, hint, expected, found }: SmokeCheck, paint: Paint, inContext: InContext): string {
  const difference = expected !== undefined && found !== undefined ? `expected ${expected}, found ${found}` : 'failed';
  return `${message ?? difference}${hint ? `\n        ${hintText(hint, inContext, paint.command)}` : ''}`;
}
