/** A connection that failed, in words: what has to be fixed, and how. */
import { defined } from '../model/defined.ts';
import { type Size, SLOW_SIZES } from '../model/ducklings.ts';
import { entryName } from '../model/entry-name.ts';
import type { Seconds } from '../model/time.ts';
import type { TokenType } from '../model/tokens.ts';
import type { Hint } from '../model/user-error.ts';
import type { ProbeFailure } from './probe-process.ts';

/** A failure in words, with its scope. */
export interface ConnectionFailure {
  /**
   * What has to be fixed: this machine, or MotherDuck and the organization (with either, every connection fails), the token,
   * or the account.
   */
  readonly scope: 'machine' | 'service' | 'token' | 'account';
  /** It is not known whether only this account fails: when several accounts in a row fail like this, the cause is common. */
  readonly isDoubtful?: boolean;
  /** It may pass by itself within seconds. */
  readonly isMomentary?: boolean;
  readonly problem: { readonly message: string; readonly hint: Hint };
  /** What the hint says, without what to type in a smoke test. */
  readonly advice: string;
}

/** The time limit of one connection. */
export interface TimeLimit {
  readonly seconds: Seconds;
  /** The part of it in which a momentary failure is tried again; all of it unless given. */
  readonly connecting?: Seconds;
  /** `--timeout` sets it. */
  readonly isGiven: boolean;
  /** The configured size of the Duckling, by which the default is set. */
  readonly size?: Size;
}

/** The connection that a failure is about. */
export interface About {
  /** Absent for the connection of the Admin. */
  readonly account?: string;
  readonly type: TokenType;
  /** The key of the token; absent for a temporary token. */
  readonly token?: string;
  readonly limit?: TimeLimit;
  /** How often it was tried; once unless given. */
  readonly attempts?: number;
  /** The account's own query failed, after all else did not. */
  readonly isQuery?: boolean;
}

/** `5 s (--timeout)`, `240 s (the default for mega)` */
export function describeLimit({ seconds, isGiven, size }: TimeLimit): string {
  const isOfSize = size !== undefined && SLOW_SIZES.includes(size);
  return `${seconds} s (${isGiven ? '--timeout' : `the default${isOfSize ? ` for ${size}` : ''}`})`;
}

export function testAgain({ account }: Pick<About, 'account'>): string[] {
  return ['smoke', ...(account === undefined ? [] : ['--only', account])];
}

export const WITHOUT_SMOKE = { text: 'To apply without the smoke test.', command: ['apply', '--no-smoke'] };

/** @param again what a smoke test says after the advice, before the command */
export function forAccount(
  message: string,
  advice: string,
  command?: readonly string[],
  again = '',
): ConnectionFailure {
  const text = `${advice} ${again}`.trim();
  return { scope: 'account', problem: { message, hint: { text, ...defined({ command }) } }, advice };
}

export function forMachine(message: string, text: string, otherwise?: Hint): ConnectionFailure {
  const hint = otherwise ? { ...otherwise, text: `${text} ${otherwise.text}` } : { text };
  return { scope: 'machine', problem: { message, hint }, advice: text };
}

export function forService(message: string, text: string): ConnectionFailure {
  const hint = { ...WITHOUT_SMOKE, text: `${text} ${WITHOUT_SMOKE.text}` };
  return { scope: 'service', problem: { message, hint }, advice: text };
}

/** @param why after "the token": `has expired` @param advice before "Replace it." */
export function forToken({ text }: ProbeFailure, why: string, about: About, advice = ''): ConnectionFailure {
  const { account = 'the user', token } = about;
  if (token !== undefined) {
    const message = `MotherDuck refused the token "${token}": it ${why}`;
    const hint = { text: `${advice} Replace it.`.trim(), command: ['rotate', entryName({ account, token })] };
    return { scope: 'token', problem: { message, hint }, advice };
  }
  const message = `MotherDuck refused a token that its API had just created: ${text}`;
  const unless = `If it is refused again, check in MotherDuck whether ${account} is active.`;
  const hint = { text: `Test again. ${unless}`, command: testAgain(about) };
  return { scope: 'token', problem: { message, hint }, advice: unless };
}
