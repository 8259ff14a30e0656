/** What a rule is, and what a finding says about its account, token and dates. */
import type { Finding, RuleInfo } from '../model/audit.ts';
import type { LiveToken } from '../model/live.ts';
import { isoTime } from '../model/time.ts';
import type { AuditedAccount } from './account.ts';
import type { Evidence } from './evidence.ts';
import type { AuditedToken, GoneToken } from './tokens.ts';

/** One thing that an audit looks for. A new rule is a file in rules/ and a line in catalog.ts. */
export interface Rule extends RuleInfo {
  /** Ids of rules that say more about the same account and token: where one of them reports it, this rule does not. */
  readonly yieldsTo?: readonly string[];
  check(evidence: Evidence): Iterable<Found>;
}

/** What a rule reports; its id and severity are added from the rule. */
export type Found = Omit<Finding, 'rule' | 'severity'>;

type Subject = Pick<Found, 'account' | 'token' | 'location'>;

/** Milliseconds that scheduled work may be late before it is reported: two nightly runs, so that one may fail and be fixed. */
export const OVERDUE_AFTER_MS = 2 * 86_400_000;

/** A finding's account, and its location in the configuration. */
export function aboutAccount({ username, desired }: AuditedAccount): Subject {
  return { account: username, ...(desired ? { location: desired.location } : {}) };
}

/** A finding's token, and its location or that of its account. */
export function aboutToken(account: AuditedAccount, { live, desired }: AuditedToken): Subject {
  return { ...aboutAccount(account), token: nameOf(live), ...(desired ? { location: desired.location } : {}) };
}

/** The same for a token that only the state has. */
export function aboutGoneToken(account: AuditedAccount, { record, desired }: GoneToken): Subject {
  return { ...aboutAccount(account), token: record.name, ...(desired ? { location: desired.location } : {}) };
}

/** The name at MotherDuck; the id of a token without a name. */
export function nameOf({ name, id }: LiveToken): string {
  return name === '' ? id : name;
}

/** A time in milliseconds since 1970 as `2027-02-06`. */
export function day(ms: number): string {
  return isoTime(ms).slice(0, 10);
}
