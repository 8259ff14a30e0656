/** An import for people: the lines that it adds, what is left out and why, and what it amounts to. */
import { counted } from '../../model/counted.ts';
import type { Import, Skipped } from '../../model/import.ts';
import type { Paint } from '../paint.ts';
import { printable } from '../printable.ts';
import { unifiedDiff } from './unified.ts';

/** A unified diff of every file that changes. `before`: the texts as they are, by file; none for a new one. */
export function importDiff(
  before: ReadonlyMap<string, string>,
  { texts }: Pick<Import, 'texts'>,
  paint: Paint,
): string {
  return [...texts].map(([file, text]) => `${fileDiff(file, before.get(file), text, paint)}\n`).join('');
}

function fileDiff(file: string, before: string | undefined, after: string, paint: Paint): string {
  return unifiedDiff(printable(file), before, after)
    .trimEnd()
    .split('\n')
    .map((line) => painted(shown(line), paint))
    .join('\n');
}

/** Line breaks of Windows are not shown, and tabs are shown as they are. */
function shown(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(printable).join('\t');
}

function painted(line: string, paint: Paint): string {
  if (/^(---|\+\+\+) /.test(line)) return paint.bold(line);
  if (line.startsWith('@@')) return paint.cyan(line);
  return line.startsWith('+') ? paint.green(line) : line.startsWith('-') ? paint.red(line) : line;
}

/** What is left out, two lines each: what it is and why, and what to do. */
export function leftOutText(skipped: readonly Skipped[], paint: Paint): string {
  const lines = printable(skipped).map(({ account, token, reason, hint }) => {
    const what = token === undefined ? account : `${account}/${token.name === '' ? token.id : token.name}`;
    return `  ${paint.bold(what)}  ${reason}\n    ${paint.dim(hint)}`;
  });
  return ['Left out:', ...lines].join('\n');
}

export interface Counts {
  /** What is written into files. */
  readonly written: Pick<Import, 'accounts' | 'tokens'>;
  /** What the configuration named before, and the state did not have. */
  readonly named: Pick<Import, 'accounts' | 'tokens'>;
  readonly skipped: number;
  readonly files: readonly string[];
  readonly config: string;
  /** A person is asked, it was only tried, or it is done. */
  readonly stage: 'asked' | 'tried' | 'done';
}

/** `Imported 12 accounts and 31 tokens into motherduck.accounts.yaml; 2 left out.` */
export function importSummary({ written, named, skipped, files, config, stage }: Counts): string {
  const isDone = stage === 'done';
  const done: string[] = [];
  if (files.length > 0)
    done.push(`${isDone ? 'imported' : 'would import'} ${both(written)} into ${files.join(' and ')}`);
  if (named.accounts + named.tokens > 0) {
    done.push(`${isDone ? 'took over' : 'would take over'} ${both(named)} that ${config} names already`);
  }
  if (done.length === 0) done.push('nothing to import');
  if (skipped > 0) done.push(`${skipped} left out`);
  if (stage === 'tried') done.push('nothing was written');
  const text = printable(done.join('; '));
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.\n`;
}

function both({ accounts, tokens }: Pick<Import, 'accounts' | 'tokens'>): string {
  const parts = [
    ...(accounts > 0 ? [counted(accounts, 'account')] : []),
    ...(tokens > 0 ? [counted(tokens, 'token')] : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : 'nothing';
}
