/**
 * The type of a rule, and the parts of its findings: the subject and the fix. A report combines the commands of findings of
 * one rule, so texts beside a command that takes several names fit one account or token as well as several.
 */
import type { Finding, RuleInfo } from '../model/audit.ts';
import { entryName } from '../model/entry-name.ts';
import { secretTokenFix } from '../model/hints.ts';
import type { LiveToken } from '../model/live.ts';
import { isSecretName } from '../model/secret-name.ts';
import { DAY_MS } from '../model/time.ts';
import type { Hint } from '../model/user-error.ts';
import { deletionSteps } from '../wording/token-warnings.ts';
import type { AuditedAccount } from './account.ts';
import type { Evidence } from './evidence.ts';
import type { AuditedToken, GoneToken } from './tokens.ts';

/** One thing that an audit looks for. A new rule is a file in rules/ and a line in catalog.ts. */
export interface Rule extends RuleInfo {
  /** Ids of rules that say more about the same account and token: where one of them reports it, this rule does not. */
  readonly yieldsTo?: readonly string[];
  /** Checked after the others: it reports what the configuration says about their findings, and cannot be accepted itself. */
  readonly afterOthers?: true;
  /** Whether the evidence was enough to check the rule; absent: it always is. */
  readonly isChecked?: (evidence: Evidence) => boolean;
  check(evidence: Evidence, others: Others): Iterable<RuleFinding>;
}

/** The other rules, for one that comes after them; before, nothing of them is known. */
export interface Others {
  readonly findings: readonly Finding[];
  /** The ids of rules that did not look. */
  readonly unchecked: ReadonlySet<string>;
}

/** What a rule reports; its id and severity are added from the rule. */
export type RuleFinding = Omit<Finding, 'rule' | 'severity'>;

type Subject = Pick<RuleFinding, 'account' | 'token' | 'location'>;

/** Milliseconds that scheduled work may be late before it is reported: two nightly runs, so that one may fail and be fixed. */
export const OVERDUE_AFTER_MS = 2 * DAY_MS;

/** A finding's account, and its location in the configuration. */
export function aboutAccount({ username, desired }: AuditedAccount): Subject {
  return { account: username, ...(desired ? { location: desired.location } : {}) };
}

/** A finding's token, and its location or that of its account. */
export function aboutToken(account: AuditedAccount, { live, desired }: AuditedToken): Subject {
  return { ...aboutAccount(account), token: liveTokenName(live), ...(desired ? { location: desired.location } : {}) };
}

/** The same for a token that only the state has. */
export function aboutGoneToken(account: AuditedAccount, { record, desired }: GoneToken): Subject {
  return { ...aboutAccount(account), token: record.name, ...(desired ? { location: desired.location } : {}) };
}

/** The name at MotherDuck; the id of a token without a name. */
export function liveTokenName({ name, id }: LiveToken): string {
  return name === '' ? id : name;
}

/** The fix for a token that is not adopted and that no program may need. */
export function revokeHint({ live }: AuditedToken, text = 'Revoke it at MotherDuck if nothing uses it.'): Hint {
  return { text: isSecretName(live.name) ? secretTokenFix(live.id) : text };
}

/** The fix where there is no configuration. */
export const INIT_HINT: Hint = {
  text: 'Write a configuration of the live accounts.',
  command: ['init', '--from-live'],
};

/** `mdacc apply --only etl_prod`. */
export function applyHint({ username }: AuditedAccount, text = 'Apply the configuration.'): Hint {
  return { text, command: ['apply', '--only', username] };
}

/** `mdacc smoke --only etl_prod`. */
export function smokeHint({ username }: AuditedAccount, text: string): Hint {
  return { text, command: ['smoke', '--only', username] };
}

/** `mdacc import stray`: adopts a whole account. */
export function importAccountHint({ username }: AuditedAccount, text: string): Hint {
  return { text, command: ['import', ...operand(username)] };
}

/** `mdacc import etl_prod/laptop`: adopts a token of a configured account. */
export function importTokenHint({ username }: AuditedAccount, { live }: AuditedToken, text: string): Hint {
  return { text, command: ['import', ...operand(`${username}/${liveTokenName(live)}`)] };
}

/** `mdacc state forget etl_prod/airflow`. */
export function forgetHint(name: string, text: string): Hint {
  return { text, command: ['state', 'forget', ...operand(name)] };
}

/** How to replace a live token that no apply replaces by itself. */
export function replaceHint(account: AuditedAccount, token: AuditedToken): Hint {
  const { username, standing } = account;
  const { desired, key, isAdoptable } = token;
  if (desired !== undefined) {
    return {
      text: 'Rotate now.',
      command: ['rotate', ...operand(entryName({ account: username, token: desired.key }))],
    };
  }
  if (standing === 'retained' && key !== undefined) return restoreOrDeleteHint(account);
  if (isSecretName(token.live.name)) return revokeHint(token);
  if (account.whyNotImported === 'unconfigured') {
    return { ...INIT_HINT, text: 'Replace or revoke it at MotherDuck, or manage the organization here.' };
  }
  if (!isAdoptable) return { text: 'Replace it at MotherDuck, or revoke it there if nothing uses it.' };
  if (standing === 'unmanaged') return importAccountHint(account, 'Replace at MotherDuck, or adopt with the account.');
  return importTokenHint(account, token, 'Revoke at MotherDuck if unused, or adopt for automatic rotation.');
}

/** How to revoke a leaked token whose replacement has not connected. */
export function revokeOldHint(account: AuditedAccount, { key = '' }: AuditedToken): Hint {
  const { username, desired } = account;
  if (!desired?.tokens.has(key)) return restoreOrDeleteHint(account);
  const text = 'Rotate again, which revokes it. To do so although nothing connects, add --force.';
  return { text, command: ['rotate', '--revoke-old', ...operand(entryName({ account: username, token: key }))] };
}

/** How to get a token back that the state has and MotherDuck does not. */
export function recreateHint(account: AuditedAccount, { key }: GoneToken): Hint {
  if (account.standing === 'configured') return applyHint(account, 'Apply the configuration to create a new one.');
  const text = 'Put its account back into the configuration and apply, or remove the token from the state.';
  return forgetHint(entryName({ account: account.username, token: key }), text);
}

/** What to do about an account that was removed from the configuration and is still live. The command deletes nothing. */
export function restoreOrDeleteHint(account: AuditedAccount): Hint {
  const { username, state } = account;
  const text = state?.deletion_protection
    ? deletionSteps()
    : 'Put the account back into the configuration, or allow its deletion in guardrails.max_deletes and delete it with its data (apply with --prune). See what that would delete.';
  const how = wasSuspended(account) ? 'It was suspended: put back without "suspended: true", it gets new tokens. ' : '';
  return { text: `${how}${text}`, command: ['plan', '--prune', '--only', username] };
}

/** Whether its tokens are revoked because it is, or was, suspended. */
export function wasSuspended({ desired, state }: AuditedAccount): boolean {
  if (desired !== undefined) return desired.suspended !== undefined;
  return state !== undefined && [...state.tokens.values()].some(({ suspended }) => suspended);
}

/** How to delete a configured account. Its deletion protection has to be removed first, because the state remembers it. */
export function removeAndDeleteHint({ username, desired, state }: AuditedAccount): Hint {
  const isProtected = state?.deletion_protection ?? desired?.deletionProtection;
  const unprotect = isProtected ? 'set "deletion_protection: false" in its block and apply, then ' : '';
  const text = `If nobody needs it, ${unprotect}remove its block from the configuration, allow the deletion in guardrails.max_deletes, and apply with --prune. See what that would delete.`;
  return { text, command: ['plan', '--prune', '--only', username] };
}

/** A positional argument: one that looks like an option follows a `--`. */
function operand(text: string): string[] {
  return text.startsWith('-') ? ['--', text] : [text];
}
