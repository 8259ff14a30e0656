/** The runs that the state remembers. */
import { HOUR_MS } from './time.ts';

/** A run that changed the state; of those that changed nothing, one in twelve hours. */
export interface StateRun {
  /** When it began; of applies by MotherDuck's clock. */
  readonly at: string;
  /** The user, or the URL of the job. Absent in older records, as is the command. */
  readonly who?: string;
  /** As typed, without names and most options: `apply --due`. */
  readonly command?: string;
  /** How many actions of each kind were done, and how many failed or were skipped. Absent: it did not come to its end. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Absent for programs that use the library. */
  readonly exit_code?: number;
}

const RUNS_KEPT = 200;
/** Shorter times between runs are not counted: a second apply changes nothing, and the warning is about days. */
const RUN_INTERVAL_MS = 12 * HOUR_MS;
/** Times of applies that tell how regularly they run. */
const TIMES_KEPT = 5;
const LONGEST = 500;

/** The runs with one more, or with the result of the last one, which was recorded when it began. */
export function withRun(runs: readonly StateRun[], run: StateRun): readonly StateRun[] {
  const last = runs.at(-1);
  const isBegun =
    last?.counts === undefined && last?.at === run.at && last.command === run.command && last.who === run.who;
  return [...(isBegun ? runs.slice(0, -1) : runs), run].slice(-RUNS_KEPT);
}

/** Whether a run is recorded that changed nothing. An apply soon after an import tells nothing new. */
export function isRecordDue(runs: readonly StateRun[], run: StateRun): boolean {
  const before = isWholeApply(run) ? runs.filter((each) => isWholeApply(each) || isImport(each)) : runs;
  return !(Date.parse(run.at) - Date.parse(before.at(-1)?.at ?? '') < RUN_INTERVAL_MS);
}

/** When the latest applies of all accounts were, oldest first, in milliseconds; of those soon after one another, the first. */
export function recentApplies(runs: readonly StateRun[]): readonly number[] {
  const times: number[] = [];
  for (const time of runs.filter(isWholeApply).map(({ at }) => Date.parse(at)))
    if (!(time - (times.at(-1) ?? Number.NaN) < RUN_INTERVAL_MS)) times.push(time);
  return times.slice(-TIMES_KEPT);
}

/** Options of a run that did not look at the due rotations of all accounts. */
const RESTRICTING = ['--only', '--rotate', '--destroy'];

/** Whether a run looked at the due rotations of all accounts, as `apply` does and `import`, `rotate` and `state` do not. */
function isWholeApply({ command }: StateRun): boolean {
  if (command === undefined) return true;
  const [name, ...options] = command.split(' ');
  return (name === 'apply' || name === 'library') && !options.some((option) => RESTRICTING.includes(option));
}

function isImport({ command = '' }: StateRun): boolean {
  return /^(import|init)( |$)/.test(command);
}

/** Who ran it, no longer than a record may be. */
export function runBy({ command, who }: { readonly command: string; readonly who: string }, at: string): StateRun {
  return { at, who: who.slice(0, LONGEST), command };
}
