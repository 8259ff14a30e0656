/** Asks before anything is changed. Without a terminal there is no question, and without --yes no change. */
import { createInterface } from 'node:readline/promises';
import { storingActions } from '../model/action.ts';
import type { Plan } from '../model/plan.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import { counted, few, NAMES_SHOWN } from '../model/wording.ts';
import { type PlanRequest, planCommand } from '../plan/plan-request.ts';
import { printable } from '../report/escape.ts';
import { commandText } from '../report/hint.ts';
import { deletedDataText } from '../report/plan/deleted-data.ts';
import { Cancelled, type Io } from './io.ts';
import { whileAsking } from './signals.ts';

/** The options that decide whether a command asks, and what it asks. */
interface ConfirmOptions extends PlanRequest {
  /** The saved plan that is applied. */
  readonly planFile?: string | undefined;
  readonly yes?: boolean;
  readonly allowDelete?: boolean;
}

/** Returns if the plan may be applied. @throws UserError NOT_CONFIRMED */
export async function confirm(plan: Plan, options: ConfirmOptions, io: Io, signal: AbortSignal): Promise<void> {
  const deleted = plan.actions.flatMap(({ action, account }) => (action === 'delete_account' ? [account] : []));
  const deletes = deleted.length;
  const data = deletedDataText(plan.deleted_data);
  const known = data === undefined ? '' : ` (${data})`;
  const isAsked = data !== undefined || options.planFile !== undefined;
  const command = commandText([...planCommand(options), '--usage'], io.inContext);
  const sizes = isAsked ? '' : ` Sizes: ${command}.`;
  if (options.yes) {
    if (deletes === 0 || options.allowDelete) return;
    const message = `the plan deletes ${counted(deletes, 'account')} with all data${known}, which --yes alone does not allow`;
    throw new UserError('NOT_CONFIRMED', message, 'To delete them, add --allow-delete.');
  }
  const answer = answerOf(deleted, plan);
  // Text that the user copies or types is not broken into lines.
  io.keepWhole([command, answer]);
  await askFor(
    answer,
    `${questionOf(plan)}${deletes === 0 ? '' : ` It deletes ${few(deleted, NAMES_SHOWN.list)} with all data${known}.${sizes}`}`,
    {
      text: 'To skip the question, add --yes. Read the plan first.',
      command: options.planFile === undefined ? planCommand(options) : ['show', options.planFile],
    },
    io,
    signal,
  );
}

/** What the user types. */
export function answerOf(deleted: readonly string[], { organization }: Pick<Plan, 'organization'>): string {
  const [first, ...more] = deleted;
  if (first === undefined) return 'yes';
  return more.length === 0 ? `delete ${first}` : `delete ${counted(deleted.length, 'account')} of ${organization}`;
}

/** The question with its target. That of a rotation names all tokens, since a glob may match more than was meant. */
export function questionOf(plan: Pick<Plan, 'organization' | 'sandbox' | 'scope' | 'actions'>): string {
  const { organization, sandbox, scope, actions } = plan;
  const rotated = storingActions(actions);
  // The first line of the plan, which says it too, may have scrolled away.
  const target = `${organization}, ${sandbox ? 'in the sandbox' : 'at MotherDuck'}`;
  if (scope?.rotate === undefined || rotated.length === 0) return `Apply this to ${target}?`;
  const accounts = new Set(rotated.map(({ account }) => account)).size;
  const old = actions.filter(({ action, reason }) => action === 'revoke_token' && reason.kind === 'requested').length;
  const ended = old === 0 ? '' : ` and revoke ${old} at once`;
  const others = actions.length - rotated.length - old;
  const also = others === 0 ? '' : `, and make ${counted(others, 'other change')},`;
  return `Replace ${counted(rotated.length, 'token')} of ${counted(accounts, 'account')}${ended}${also} in ${target}?`;
}

/**
 * Asks the user to type `answer`.
 *
 * @param withoutTerminal the hint of the error where there is no terminal
 * @throws UserError NOT_CONFIRMED, INTERRUPTED
 */
export async function askFor(
  answer: string,
  question: string,
  withoutTerminal: Hint,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError('NOT_CONFIRMED', 'there is no terminal to ask on, so nothing was done', withoutTerminal);
  }
  const shown = answer.includes(' ') ? `"${printable(answer)}"` : printable(answer);
  const lines = io.wrap(`${printable(question)} Type ${io.paint.err.bold(shown)} to go on:`).split('\n');
  // readline counts the columns of one line.
  const last = lines.pop();
  if (lines.length > 0) io.say(lines.join('\n'));
  const given = await ask(`${last} `, signal);
  if (given === answer) return;
  const why = /^(no?)?$/i.test(given) ? '.' : `, because the answer was not: ${answer}`;
  throw new Cancelled('NOT_CONFIRMED', `Cancelled; nothing was changed${why}`, `To go on, answer: ${answer}`);
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // readline handles Ctrl-C of the terminal itself; on Windows, kill would end the process at once.
    terminal.on('SIGINT', () => {
      if (!process.emit('SIGINT', 'SIGINT')) process.kill(process.pid, 'SIGINT');
    });
    return (await whileAsking(() => terminal.question(question, { signal }))).trim();
  } catch (error) {
    if (signal.aborted) throw new Cancelled('INTERRUPTED', 'Interrupted; nothing was changed.', 'Run it again.');
    // Ctrl-D: no answer.
    if (error instanceof Error && error.name === 'AbortError') return '';
    throw error;
  } finally {
    terminal.close();
  }
}
