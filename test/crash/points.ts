/** The points at which the program is killed, and how all of them are tried. */
import { availableParallelism } from 'node:os';
import { inParallel } from '../../src/motherduck/concurrency.ts';

/** A request that changes something, at MotherDuck or in a service that has the state, or a step of writing a file of some kind. */
export interface Point {
  readonly what:
    | 'request'
    | 'state'
    | 'secret'
    | 'vault'
    | 'lock'
    | 'lock release'
    /** A request to a service that has the state, for its lock, or for a snapshot. */
    | 'state lock'
    | 'state snapshot';
  /** `torn`: half of the temporary file is written. */
  readonly when: 'before' | 'torn' | 'after';
  /** Which one of its kind in the run, from 1 on. */
  readonly at: number;
  /** What happens there, for people. */
  readonly about: string;
}

/** What an uninterrupted run did: its requests that change something, and the steps of its writes. */
export interface Trace {
  readonly requests: readonly string[];
  readonly steps: readonly string[];
}

/** Every point of such a run: before and after each request, and each step of each write. */
export function pointsOf({ requests, steps }: Trace): Point[] {
  const counts = new Map<string, number>();
  const writes = steps.map((step): Point => {
    const at = (counts.get(step) ?? 0) + 1;
    counts.set(step, at);
    const [, what, when] = /^(.*) (\w+)$/.exec(step) ?? [];
    return { what: what as Point['what'], when: when as Point['when'], at, about: '' };
  });
  const calls = requests.flatMap((about, index) =>
    (['before', 'after'] as const).map((when): Point => ({ what: 'request', when, at: index + 1, about })),
  );
  return [...calls, ...writes];
}

/** Nobody reads a temporary file, so it is left half written by every other write and whole by the rest. */
export function isTornOrWhole({ what, when, at }: Point): boolean {
  return when === 'after' || what === 'vault' || (when === 'torn') === (at % 2 === 1);
}

export function describePoint({ what, when, at, about }: Point): string {
  return `${when} ${what} ${at}${about === '' ? '' : ` (${about})`}`;
}

/** Tries them a few at a time. Each problem comes once, with the points that lead to it. */
export async function tryAll(
  attempts: readonly (readonly Point[])[],
  attempt: (kills: readonly Point[]) => Promise<readonly string[]>,
): Promise<string[]> {
  const found = new Map<string, string[]>();
  await inParallel(attempts, Math.max(2, availableParallelism()), async (kills) => {
    const problems = await attempt(kills).catch((error: unknown) => [String(error)]);
    const name = kills.map(describePoint).join(', then ');
    for (const problem of problems) found.set(problem, [...(found.get(problem) ?? []), name]);
  });
  return [...found].map(([problem, names]) => `${problem}\n  when killed ${names.join('\n    or ')}`);
}
