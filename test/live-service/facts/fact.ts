/** A fact of the documentation, and how MotherDuck was seen to do. Nothing here fails a run. */
import { fieldOf, listOf, type RawAnswer } from '../raw-api.ts';

/** `differs`: not as documented. `noted`: nothing is documented. `unseen`: it could not be looked at. */
export type Verdict = 'as documented' | 'differs' | 'noted' | 'unseen';

export interface Fact {
  readonly about: string;
  /** undefined: nothing is documented. */
  readonly documented: string | undefined;
  readonly seen: string;
  readonly verdict: Verdict;
}

export interface Sight {
  readonly seen: string;
  /** Whether it is as documented; left out where nothing is. */
  readonly fits?: boolean;
}

/** Looks at one thing and writes it down. Whatever fails on the way is written down too. */
export type Look = (about: string, documented: string | undefined, see: () => Promise<Sight>) => Promise<void>;

/** Why something cannot be looked at in this run. */
export class Unseen extends Error {}

/** Writes facts down, in the order in which they are looked at. */
export function looking(note: (fact: Fact) => void, stopping: AbortSignal): Look {
  return async (about, documented, see) => {
    if (stopping.aborted) return;
    try {
      const { seen, fits } = await see();
      const verdict = documented === undefined || fits === undefined ? 'noted' : fits ? 'as documented' : 'differs';
      note({ about, documented, seen, verdict });
    } catch (error) {
      note({
        about,
        documented,
        seen: error instanceof Error ? error.message : String(error),
        verdict: 'unseen',
      });
    }
  };
}

/** An answer in a line: `400 BAD_REQUEST "Number must …" (ttl: too_small)`. */
export function lineOf({ status, json, text, headers }: RawAnswer): string {
  if (json === undefined) return `${status} ${headers.get('content-type') ?? 'without a type'} "${text.slice(0, 80)}"`;
  if (status === 200) return `200 with ${keysOf(json)}`;
  const issues = listOf(json, 'issues').map((issue) => `${pathOf(issue)}: ${String(fieldOf(issue, 'code'))}`);
  const shown = issues.length === 0 ? '' : ` (${issues.join('; ')})`;
  return `${status} ${String(fieldOf(json, 'code'))} "${String(fieldOf(json, 'message')).slice(0, 160)}"${shown}`;
}

/** The names of an object's fields, in alphabetical order. */
export function keysOf(json: unknown): string {
  return typeof json === 'object' && json !== null ? Object.keys(json).sort().join(', ') || 'nothing' : typeof json;
}

function pathOf(issue: unknown): string {
  return listOf(issue, 'path').join('.');
}

/** A refusal, held against its status, its code, and where given, the field that an issue names and the words. */
export function refusal(
  answer: RawAnswer,
  expected: { readonly status: number; readonly code: string; readonly field?: string; readonly says?: string },
): Sight {
  const { status, json } = answer;
  const { field, says } = expected;
  const named = field === undefined || listOf(json, 'issues').some((issue) => pathOf(issue).split('.').includes(field));
  const said = says === undefined || String(fieldOf(json, 'message')).includes(says);
  const fits = status === expected.status && fieldOf(json, 'code') === expected.code && named && said;
  return { seen: lineOf(answer), fits };
}
