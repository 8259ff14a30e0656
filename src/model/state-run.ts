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

/** Whether a run that changed nothing is recorded. @param now in milliseconds */
export function isRecordDue(runs: readonly StateRun[], now: number): boolean {
  return !(now - (applyTimes(runs).at(-1) ?? Number.NaN) < RUN_INTERVAL_MS);
}

/** When the latest applies were, oldest first, in milliseconds; of those soon after one another, the first. */
export function recentApplies(runs: readonly StateRun[]): readonly number[] {
  const times: number[] = [];
  for (const time of applyTimes(runs)) if (!(time - (times.at(-1) ?? Number.NaN) < RUN_INTERVAL_MS)) times.push(time);
  return times.slice(-TIMES_KEPT);
}

/** When applies began; `state forget` and other commands of `state` do not look at due rotations. */
function applyTimes(runs: readonly StateRun[]): number[] {
  return runs.filter(({ command }) => !command?.startsWith('state ')).map(({ at }) => Date.parse(at));
}

/** Who ran it, no longer than a record may be. */
export function runBy({ command, who }: { readonly command: string; readonly who: string }, at: string): StateRun {
  return { at, who: who.slice(0, LONGEST), command };
}
