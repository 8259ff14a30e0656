/** What an apply does: a line for each event while it runs, and a closing summary. */
import type { Applied } from '../../apply/apply.ts';
import type { ActionOutcome, ApplyEvent } from '../../apply/apply-input.ts';
import { isKept, nextCommand } from '../../apply/next-command.ts';
import type { Action } from '../../model/action.ts';
import { entryName } from '../../model/entry-name.ts';
import type { Plan } from '../../model/plan.ts';
import type { Smoke } from '../../model/smoke.ts';
import type { UserError } from '../../model/user-error.ts';
import { counted, few, NAMES_SHOWN, typedNames } from '../../model/wording.ts';
import { leavesDueWork } from '../../plan/summary.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { notices } from '../plan/text.ts';
import { smokeText } from '../smoke/text.ts';
import { codeText, type Paint, plain } from '../terminal-text.ts';
import { replacedTokensLines } from './replaced-tokens.ts';

/** A plan and what apply did of it. */
export interface AppliedPlan {
  readonly plan: Plan;
  readonly applied: Applied;
  readonly smoke: Smoke;
}

/** One line for an event. */
export function eventLine(event: ApplyEvent, paint: Paint = plain): string {
  switch (event.kind) {
    case 'begin':
      return describeAction(event.action);
    case 'verify':
      return `${event.account}: connect`;
    case 'account':
      return event.account;
    case 'end': {
      const { action, result } = event.outcome;
      const what = describeAction(action);
      if (result === 'done') return `${paint.green('done')}     ${what}`;
      if (result === 'skipped') return `${paint.yellow('skipped')}  ${what}`;
      return `${paint.red('failed')}   ${what}`;
    }
    default:
      return event satisfies never;
  }
}

/** `etl_prod/airflow: rotate token airflow -> airflow.2`. */
function describeAction(action: Action): string {
  const { subject, what } = wordsOf(action);
  return `${subject}: ${what}`;
}

function wordsOf(given: Action): { readonly subject: string; readonly what: string } {
  const action = printable(given);
  const verb = action.action.replaceAll('_', ' ');
  switch (action.action) {
    case 'create_token':
    case 'adopt_token':
      return { subject: entryName(action), what: `${verb} ${action.after.name}` };
    case 'rotate_token':
      return { subject: entryName(action), what: `${verb} ${action.before.name} -> ${action.after.name}` };
    case 'revoke_token':
      return { subject: entryName(action), what: `${verb} ${action.before.name}` };
    default:
      return { subject: action.account, what: verb };
  }
}

function failure(what: string, error: UserError | undefined, paint: Paint, inContext: InContext): string {
  return `${paint.red('Failed:')} ${what}${errorText(error, paint, inContext)}`;
}

/** What failed and why: once for all that failed in the same way. */
function failedLines(failed: readonly ActionOutcome[], paint: Paint, inContext: InContext): string[] {
  const alike = new Map<string, { what: string; subjects: string[]; error: UserError | undefined }>();
  for (const { action, error } of failed) {
    const { subject, what } = wordsOf(action);
    const key = JSON.stringify([what, error?.code, error?.message, error?.hint]);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { what, subjects: [subject], error });
    else known.subjects.push(subject);
  }
  return [...alike.values()].map(({ what, subjects, error }) =>
    failure(`${few(subjects, NAMES_SHOWN.list)}: ${what}: `, error, paint, inContext),
  );
}

function errorText(error: UserError | undefined, paint: Paint, inContext: InContext): string {
  if (error === undefined) return '';
  const { message, code, hint } = error;
  return `${printable(message)}${codeText(code, paint)}\n  ${printable(hintText(hint, inContext, paint.command))}`;
}

/** Whether another run has the lock of the state now: that run completes what this one began. */
export function hasLostState({ outcomes, failures }: Pick<Applied, 'outcomes' | 'failures'>): boolean {
  return [...outcomes.map(({ error }) => error), ...failures].some((error) => error?.code === 'STATE_LOST');
}

function keptLines(kept: readonly ActionOutcome[], paint: Paint, inContext: InContext): string[] {
  const lines = kept.slice(0, NAMES_SHOWN.sentence).map(({ action, error }) => {
    return `${paint.yellow('Kept:')} ${describeAction(action)}: ${errorText(error, paint, inContext)}`;
  });
  return kept.length > NAMES_SHOWN.sentence
    ? [...lines, `and ${kept.length - NAMES_SHOWN.sentence} more are kept`]
    : lines;
}

/** Whether the state has what was done, and what to type next. */
function whatNext({ outcomes, failures, unsaved, saved }: Applied, paint: Paint, inContext: InContext): string {
  const undone = outcomes.filter((outcome) => outcome.result !== 'done' && !isKept(outcome));
  if (undone.length === 0 && failures.length === 0) return '';
  const [left, all] = [undone, outcomes].map((some) => some.map(({ action }) => action));
  const command = nextCommand(left ?? [], all);
  const again = (text: string) => hintText({ text, command }, inContext, paint.command);
  const isLost = hasLostState({ outcomes, failures });
  if (unsaved.length > 0) {
    const names = few(printable([...unsaved]), NAMES_SHOWN.list);
    if (isLost) {
      const next = again('Wait until it ends, then continue; what is at MotherDuck is then adopted.');
      return `\nAnother run may have the state, which lacks what was done to ${names}. ${next}`;
    }
    const next = again('Correct that first; what is at MotherDuck is then adopted.');
    return `\nThe state was not saved: it lacks what was done to ${names}. ${next}`;
  }
  if (!saved) {
    if (isLost)
      return `\nAnother run may have the state, which has everything that was done. ${again('Wait until it ends, then continue.')}`;
    return `\nThe state cannot be written, but it has everything that was done. ${again('Correct that first, then continue.')}`;
  }
  if (command[0] === 'rotate') return `\nThe state was saved. ${again('Rotate again what was not.')}`;
  return command.length === 1 && command[0] === 'apply'
    ? ' The state was saved; run apply again to continue.'
    : `\nThe state was saved. ${again('Continue.')}`;
}

/** A state that cannot be written fails once for each account, and every time says the same. */
function untold({ outcomes, failures }: Applied): UserError[] {
  const told = new Set(outcomes.flatMap(({ result, error }) => (result === 'failed' && error ? [error.message] : [])));
  return failures.filter(({ message }) => !told.has(message) && told.add(message));
}

/** Repeats what the plan could not do, since the plan is far above when its actions are done. */
function leftLines(plan: Plan, { interrupted, saved, outcomes, failures }: Applied): string[] {
  const { errors, warnings } = plan;
  const accounts = [...new Set(errors.map(({ account }) => account))];
  const due = warnings.flatMap((each) => (each.kind === 'due_left' ? [entryName(each)] : []));
  const lines = [
    ...(accounts.length > 0 ? [`${few(printable(accounts))} could not be planned; see the errors above.`] : []),
    ...(due.length > 0 ? [`${few(printable(due))} waits for another change; see the warnings above.`] : []),
  ];
  const isOnlyRefused = outcomes.length === 0 && failures.length === 0 && !leavesDueWork(plan);
  const why = interrupted || !saved || isOnlyRefused ? '' : ' Therefore the exit code is 3.';
  return lines.map((line) => `Left out: ${line}${why}`);
}

/** What was done, what failed and why, how the smoke test ended, and what became of leaked tokens. */
export function appliedText(
  { plan, applied, smoke }: AppliedPlan,
  paint: Paint = plain,
  inContext: InContext = noContext,
): string {
  const failed = applied.outcomes.filter((outcome) => outcome.result === 'failed');
  const count = (result: string) => applied.outcomes.filter((outcome) => outcome.result === result).length;
  const failures = [
    ...failedLines(failed, paint, inContext),
    ...untold(applied).map((error) => failure('', error, paint, inContext)),
    ...keptLines(applied.outcomes.filter(isKept), paint, inContext),
  ];
  const total = applied.outcomes.length;
  const nothing = plan.errors.length > 0 ? 'nothing' : 'the state matches the configuration';
  const parts = [total === 0 ? nothing : `${count('done')} of ${counted(total, 'action')} done`];
  if (failed.length > 0) parts.push(`${failed.length} failed`);
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`);
  const summary = `${paint.bold(`Applied: ${parts.join(', ')}.`)}${whatNext(applied, paint, inContext)}`;
  const tested = smoke.accounts.length > 0 ? [smokeText(smoke, paint, inContext).trimEnd()] : [];
  const ends = [...leftLines(plan, applied), ...replacedTokensLines(plan, applied, smoke, paint, inContext)];
  const next = interruptedTests(applied, smoke, paint, inContext);
  const warned =
    applied.warnings.length === 0 ? [] : [notices('Warning', applied.warnings, 'yellow', paint, inContext)];
  return `\n${[...failures, ...warned, summary, ...tested, ...ends, ...next].join('\n')}\n`;
}

/** What an interruption of the tests leaves, and what to type next. */
function interruptedTests({ outcomes }: Applied, smoke: Smoke, paint: Paint, inContext: InContext): string[] {
  const interrupted = smoke.accounts.filter(({ outcome }) => outcome === 'interrupted');
  const verified = new Map(interrupted.map((account) => [account.account, account.verified]));
  const replaced = outcomes.flatMap(({ action, result }) => {
    const isDone = action.action === 'rotate_token' && result === 'done';
    return isDone && verified.get(action.account)?.includes(action.token) === false ? [action] : [];
  });
  const toApply = new Set(replaced.map(({ account }) => account));
  const others = printable(interrupted.map(({ account }) => account).filter((account) => !toApply.has(account)));
  const lines: string[] = [];
  if (replaced.length > 0) {
    const names = few(printable(replaced.map(entryName)));
    const text = 'The old tokens stay valid. Replace the new ones again, and test them.';
    lines.push(
      `${paint.yellow('Stored, but not verified:')} ${names}`,
      `  ${hintText({ text, command: ['apply'] }, inContext, paint.command)}`,
    );
  }
  if (others.length > 0) {
    const command = ['smoke', ...typedNames(others)];
    lines.push(hintText({ text: 'Test what was interrupted.', command }, inContext, paint.command));
  }
  return lines;
}
