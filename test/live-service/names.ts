/**
 * What a run of the live suite may touch, decided by names alone. A run is called
 * `mdacc_live_<UTC time it began>_<random>`, and its accounts are called that, an underscore, and a word.
 */
import { randomBytes } from 'node:crypto';

const RUN = /^mdacc_live_(\d{14})_[0-9a-f]{8}$/;
/** The characters are few on purpose: a name goes into a path, and none of these can lead out of it. */
const ACCOUNT = /^(mdacc_live_\d{14}_[0-9a-f]{8})_(?:[A-Za-z0-9_-]{1,240}|é)$/;

/** A new run's name. */
export function newRun(now: number = Date.now()): string {
  return `mdacc_live_${stampOf(now)}_${randomBytes(4).toString('hex')}`;
}

/** When a run began, in milliseconds since 1970, by its name; undefined when it is not the name of a run. */
export function beganAt(run: unknown): number | undefined {
  const stamp = typeof run === 'string' ? RUN.exec(run)?.[1] : undefined;
  if (stamp === undefined) return undefined;
  const began = Date.parse(stamp.replace(/^(.{4})(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z'));
  // The 31st of February is not a time, though it can be read as one.
  return !Number.isNaN(began) && stampOf(began) === stamp ? began : undefined;
}

function stampOf(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** The run that an account is of; undefined when it is of none. */
export function runOf(username: unknown): string | undefined {
  const run = typeof username === 'string' ? ACCOUNT.exec(username)?.[1] : undefined;
  return beganAt(run) === undefined ? undefined : run;
}

/**
 * The one guard: every call that changes something passes the account's name through here.
 * @throws Error when it is not an account of this very run
 */
export function ownAccount(username: unknown, run: string): string {
  if (typeof username === 'string' && runOf(username) === run) return username;
  throw new Error(`the live suite was about to touch an account that is not of the run ${run}; it did not`);
}

/** The accounts of the journey. */
export const JOURNEY = { etl: 'etl', bi: 'bi', found: 'found' } as const;

/**
 * The accounts that facts are looked at with. Of the others, two are no usernames and should never
 * come to be, one is the first in other letters, and one has a letter that not every source allows.
 */
export const FACTS = {
  subject: 'facts',
  hyphen: 'bad-name',
  long: 'x'.repeat(256 - 'mdacc_live_YYYYMMDDhhmmss_random08_'.length),
  capitals: 'FACTS',
  unicode: 'é',
} as const;

/** Every account that a run may make. */
export function accountsOf(run: string): string[] {
  return [...Object.values(JOURNEY), ...Object.values(FACTS)].map((word) => `${run}_${word}`);
}
