/** Asks before anything is changed. Without a terminal nothing is asked, and without --yes nothing is done. */
import { createInterface } from 'node:readline/promises';
import type { Plan } from '../model/plan.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import { printable } from '../report/escape.ts';
import type { Io } from './io.ts';
import { whileAsking } from './signals.ts';

export interface ConfirmOptions {
  readonly yes?: boolean;
  readonly allowDelete?: boolean;
}

/** Returns when the plan may be done. @throws UserError NOT_CONFIRMED */
export async function confirm(plan: Plan, options: ConfirmOptions, io: Io, signal: AbortSignal): Promise<void> {
  const deletes = plan.actions.filter((action) => action.action === 'delete_account').length;
  if (options.yes) {
    if (deletes === 0 || options.allowDelete) return;
    const message = `the plan deletes ${deletes} ${deletes === 1 ? 'account' : 'accounts'} with all data, which --yes alone does not allow`;
    throw new UserError('NOT_CONFIRMED', message, 'When that is meant, add --allow-delete.');
  }
  const wanted =
    deletes === 0 ? 'yes' : `delete ${deletes} ${deletes === 1 ? 'account' : 'accounts'} of ${plan.organization}`;
  await askFor(
    wanted,
    `Do this to ${plan.organization}?`,
    { text: 'To skip the question, add --yes. Read the plan first.', command: ['plan'] },
    io,
    signal,
  );
}

/** Asks a person to type one certain answer. @throws UserError NOT_CONFIRMED, with `without` for where there is no terminal */
export async function askFor(
  wanted: string,
  question: string,
  without: Hint,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError('NOT_CONFIRMED', 'there is no terminal to ask on, so nothing was done', without);
  }
  if ((await ask(`${printable(question)} Type ${io.paint.err.bold(printable(wanted))} to go on: `, signal)) === wanted)
    return;
  throw new UserError('NOT_CONFIRMED', 'not confirmed, so nothing was done', `The answer to give was: ${wanted}`);
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // readline takes Ctrl-C from the terminal for itself; a kill would end the process at once on Windows.
    terminal.on('SIGINT', () => {
      if (!process.emit('SIGINT', 'SIGINT')) process.kill(process.pid, 'SIGINT');
    });
    return (await whileAsking(() => terminal.question(question, { signal }))).trim();
  } catch (error) {
    if (signal.aborted) throw new UserError('INTERRUPTED', 'interrupted, so nothing was done', 'Run it again.');
    // Ctrl-D: no answer.
    if (error instanceof Error && error.name === 'AbortError') return '';
    throw error;
  } finally {
    terminal.close();
  }
}
