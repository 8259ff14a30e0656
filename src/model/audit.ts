import type { Location } from './user-error.ts';

/** An Audit: the live organization held against the configuration and good practice. Data only: it has no room for a secret. */
export interface Audit {
  readonly organization: string;
  /** Of the embedded sandbox organization, which is not MotherDuck. */
  readonly sandbox: boolean;
  /** MotherDuck's time by which expiry was judged; ISO 8601. */
  readonly at: string;
  /** The main file of the configuration, as shown to people: where a finding without a line belongs. */
  readonly file: string;
  /** How much was looked at: service accounts, and their tokens. */
  readonly checked: { readonly accounts: number; readonly tokens: number };
  /** Live service accounts that were left alone, because `ignore` names them. */
  readonly ignored: readonly string[];
  /** Every rule that was held against the organization, by id. */
  readonly rules: readonly RuleInfo[];
  /** Errors first, then warnings, then notes; within these by account, token and rule. */
  readonly findings: readonly Finding[];
}

/** `error`: broken, unsafe, or about to be. `warning`: should be looked at. `note`: good to know; it fails nothing. */
export type Severity = 'error' | 'warning' | 'note';

/** What a rule is, without how it looks. An id never changes its meaning, and is never used again. */
export interface RuleInfo {
  /** `MDA001`. */
  readonly id: string;
  /** `unmanaged-account`: for those who read ids badly. */
  readonly name: string;
  readonly severity: Severity;
  /** What it finds, in one sentence. */
  readonly title: string;
  /** Why that matters and what to do, in a few sentences. */
  readonly help: string;
}

export interface Finding {
  /** The rule's id. */
  readonly rule: string;
  readonly severity: Severity;
  readonly account?: string;
  /** The name at MotherDuck, or the key in the configuration where there is no live one. */
  readonly token?: string;
  /** What is wrong, on one line. */
  readonly message: string;
  /** What to do or type next. */
  readonly fix: string;
  /** The place in the configuration, where there is one. */
  readonly location?: Location;
}
