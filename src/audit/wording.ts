/** The words that rules share: what a finding is about, dates, and commands that can be typed. */
import { isoTime } from '../model/instant.ts';
import type { LiveToken } from '../model/live.ts';
import type { AuditedAccount } from './account.ts';
import type { Found } from './rule.ts';
import type { AuditedToken } from './tokens.ts';

type Subject = Pick<Found, 'account' | 'token' | 'location'>;

/** A finding's account, and its place in the configuration. */
export function ofAccount({ username, want }: AuditedAccount): Subject {
  return { account: username, ...(want ? { location: want.location } : {}) };
}

/** A finding's token, and its place or that of its account. */
export function ofToken(account: AuditedAccount, { live, want }: AuditedToken): Subject {
  return { ...ofAccount(account), token: nameOf(live), ...(want ? { location: want.location } : {}) };
}

/** The name at MotherDuck; the id of a token without one. */
export function nameOf({ name, id }: LiveToken): string {
  return name === '' ? id : name;
}

/** `2027-02-06`. */
export function day(ms: number): string {
  return isoTime(ms).slice(0, 10);
}

/**
 * A word of a command, as a shell takes it for one word: names were taken from a live organization,
 * and a full stop at the end would be taken for that of the sentence.
 */
export function word(text: string): string {
  return /^[\w./-]*[\w/-]$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A word of a command that is no option's value: one that looks like an option itself comes after a `--`. */
export function operand(text: string): string {
  return text.startsWith('-') ? `-- ${word(text)}` : word(text);
}

/** How to have a token replaced that is not replaced by itself. */
export function howToReplace(account: AuditedAccount, token: AuditedToken): string {
  const { username, standing } = account;
  const { want, key, isAdoptable } = token;
  if (want !== undefined) return `Replace it: mdacc rotate ${operand(`${username}/${want.key}`)}`;
  if (standing === 'removed' && key !== undefined) return putBackOrDelete(account);
  if (!isAdoptable) return 'Replace it at MotherDuck, or revoke it there when nobody uses it.';
  if (standing === 'unmanaged') {
    return `Adopt the account: mdacc import ${operand(username)}. Or replace the token at MotherDuck.`;
  }
  const adopt = adoptToken(account, token);
  return `Adopt it, so that a policy replaces it: ${adopt}. Or revoke it at MotherDuck when nobody uses it.`;
}

/** `mdacc import etl_prod/laptop`, for a token that is adoptable, of a configured account. */
export function adoptToken({ username }: AuditedAccount, { live }: AuditedToken): string {
  return `mdacc import ${operand(`${username}/${nameOf(live)}`)}`;
}

export const REVOKE = 'Revoke it at MotherDuck when nobody uses it.';

/** What becomes of an account that left the configuration and is still there: its protection has outlived its block. */
export function putBackOrDelete({ username, held }: AuditedAccount): string {
  if (!held?.deletionProtection) {
    return `Put the account back into the configuration, or delete it with its data: ${prune(username)}`;
  }
  const unprotect = 'put its block back with "deletion_protection: false" and apply, take it out again, then';
  return `Put the account back into the configuration. Or delete it with its data: ${unprotect}: ${prune(username)}`;
}

/** How an account that is configured is ended; its protection has to go first, since the state remembers it. */
export function takeOutAndDelete({ username, want, held }: AuditedAccount): string {
  const isProtected = held?.deletionProtection ?? want?.deletionProtection;
  const unprotect = isProtected ? 'set "deletion_protection: false" in its block and apply, then ' : '';
  return `${unprotect}take its block out of the configuration, then: ${prune(username)}`;
}

function prune(username: string): string {
  return `mdacc apply --prune --only ${word(username)} (max_deletes under guardrails must allow it)`;
}

/** `mdacc apply --only etl_prod`. */
export function applyTo({ username }: AuditedAccount): string {
  return `mdacc apply --only ${word(username)}`;
}
