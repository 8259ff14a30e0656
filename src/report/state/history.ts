/** The runs of a state, oldest first, a line each. */
import type { State } from '../../model/state.ts';
import type { StateRun } from '../../model/state-run.ts';
import { columnWidth, padTo } from '../../model/text-width.ts';
import { counted } from '../../model/wording.ts';
import { jsonText, printable } from '../escape.ts';
import { type Paint, plain } from '../terminal-text.ts';

const MAX_WIDTH = 100;

/** For a terminal. */
export function historyText({ organization, runs, accounts }: State, paint: Paint = plain): string {
  const who = runs.map((run) => printable(run.who ?? '-'));
  const commands = runs.map((run) => printable(run.command ?? 'apply'));
  const [whoWidth, commandWidth] = [columnWidth(who, MAX_WIDTH), columnWidth(commands, MAX_WIDTH)];
  const lines = runs.map((run, index) => {
    const at = `${run.at.slice(0, 16).replace('T', ' ')} UTC`;
    const cells = [printable(at), padTo(commands[index] ?? '', commandWidth), padTo(who[index] ?? '', whoWidth)];
    return `${cells.join('  ')}  ${didText(run, paint, () => createdIn(accounts, run.at, runs[index + 1]?.at))}`.trimEnd();
  });
  return [...lines, paint.bold(`${printable(organization)}: ${counted(runs.length, 'run')}.`), ''].join('\n');
}

/** What it did, and how it ended unless it succeeded. */
function didText({ counts, exit_code, command }: StateRun, paint: Paint, created: () => string): string {
  // Older records have the time alone.
  if (command === undefined) return '';
  if (counts === undefined) return `${paint.red('did not come to its end')}${created()}`;
  const did = Object.entries(counts).map(([kind, count]) => printable(`${count} ${kind.replaceAll('_', ' ')}`));
  const text = did.length === 0 ? (command.startsWith('state ') ? '' : 'no actions') : did.join(', ');
  if (exit_code === undefined || exit_code === 0) return text;
  return `${text === '' ? '' : `${text}; `}${paint.red(`exit code ${exit_code}`)}`;
}

/** `; created 1 account, 2 tokens by then`: what the state has of the time until the next run, of a run that counted nothing. */
function createdIn(all: State['accounts'], from: string, until = '9999'): string {
  const isIn = (time: string) => time >= from && time < until;
  const accounts = [...all.values()].filter(({ since, origin }) => origin === 'created' && isIn(since)).length;
  const tokens = [...all.values()]
    .flatMap((account) => [...account.tokens.values()])
    .filter(({ current }) => current !== undefined && current.ttl !== undefined && isIn(current.created_at)).length;
  const parts = [accounts > 0 && counted(accounts, 'account'), tokens > 0 && counted(tokens, 'token')];
  const text = parts.filter((part) => part !== false).join(', ');
  return text === '' ? '' : `; of what it created, the state has ${text}`;
}

/** As in the state. */
export function historyJson({ organization, runs }: State): string {
  return jsonText({ organization, runs });
}
