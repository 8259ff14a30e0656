import type { Finding, RuleInfo } from '../model/audit.ts';
import type { Evidence } from './evidence.ts';

/** One thing that an audit looks for. A new rule is a file in rules/ and a line in catalog.ts. */
export interface Rule extends RuleInfo {
  /** Ids of rules that say more of the same token: where one of them found it, this one is silent. */
  readonly yieldsTo?: readonly string[];
  check(evidence: Evidence): Iterable<Found>;
}

/** What a rule finds; whose finding it is, and how grave, the rule itself says. */
export type Found = Omit<Finding, 'rule' | 'severity'>;
