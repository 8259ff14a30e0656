import type { Acceptance } from './desired.ts';
import type { Ducklings } from './ducklings.ts';
import type { NextChange, Scope } from './plan.ts';
import type { TokenType } from './tokens.ts';
import type { Hint, Location } from './user-error.ts';

/** An Audit: the live organization compared with the configuration and good practice. Data only, never a secret. */
export interface Audit {
  readonly organization: string;
  /** Whether this is the embedded sandbox organization and not MotherDuck. */
  readonly sandbox: boolean;
  /** There is no configuration: good practice alone was checked. */
  readonly unconfigured?: true;
  /** What was audited; absent when the program that audited did not say. */
  readonly scope?: Scope;
  /** MotherDuck's time by which expiry was judged; ISO 8601. */
  readonly at: string;
  /** The main file of the configuration, as shown to the user; findings without a location belong to it. */
  readonly file: string;
  /** How many service accounts and tokens were checked. */
  readonly checked: { readonly accounts: number; readonly tokens: number };
  /** Live service accounts that were not checked, because `ignore` names them. */
  readonly ignored: readonly string[];
  /** Every rule that was checked, by id. */
  readonly rules: readonly RuleInfo[];
  /** Errors first, then warnings, then notes; within these by account, token and rule. */
  readonly findings: readonly Finding[];
  /** The findings that the configuration accepts (`audit.accept`), in the same order. They are not among `findings`. */
  readonly accepted: readonly AcceptedFinding[];
  /** What is live of the checked accounts; without accounts where the format that was asked for does not show them. */
  readonly inventory: Inventory;
  /** What the checked accounts used and store; with `--usage`, where MotherDuck could be connected to. */
  readonly usage?: AuditUsage;
}

/** What is live of the checked accounts. */
export interface Inventory {
  /** Of the ceilings; absent when the configuration names none. */
  readonly currency?: string;
  /** By name. */
  readonly accounts: readonly InventoryAccount[];
}

/** What is live of one account, and when it was last seen at work. Times are ISO 8601. */
export interface InventoryAccount {
  readonly account: string;
  /** `retained`: managed, and no longer in the configuration. */
  readonly standing: 'configured' | 'retained' | 'unmanaged';
  /** By the configuration, or for a retained account when it was last in it. */
  readonly suspended?: true;
  /** null when they could not be read. */
  readonly ducklings: Ducklings | null;
  /** The maximum price per hour, by `compute_rates`; null when it is not known, absent without rates. */
  readonly ceiling?: number | null;
  /** When a smoke test last passed or a token was first verified, by the state; null: never. */
  readonly last_verified: string | null;
  /** With `--usage`; null when no query is recorded. Absent when it was not read. */
  readonly last_query?: string | null;
  /** Live tokens, without expired ones. */
  readonly tokens: readonly InventoryToken[];
}

/** A live token of an account. */
export interface InventoryToken {
  /** At MotherDuck. */
  readonly name: string;
  /** In the configuration or the state; absent for an unmanaged token. */
  readonly key?: string;
  readonly type: TokenType;
  /**
   * `current`: managed and in use. `obsolete`: replaced or no longer configured. `orphan`: of an interrupted run.
   * `smoke_test`: created for a smoke test; it expires by itself. `reserved`: MotherDuck's own. `newer`: only a newer state knows it.
   */
  readonly role: 'current' | 'obsolete' | 'orphan' | 'smoke_test' | 'reserved' | 'newer' | 'unmanaged';
  /** null: does not expire. */
  readonly expires_at: string | null;
  /** The next change of the token; one in the past happens with the next apply. null: none. */
  readonly next: Pick<NextChange, 'change' | 'at'> | null;
}

/** What accounts used over some days and store. Unknown is never zero. */
export interface AuditUsage {
  /** How long compute is counted. */
  readonly days: number;
  /** Why no compute is known. */
  readonly compute_unknown?: string;
  /** Why no storage is known. */
  readonly storage_unknown?: string;
  /** By name. */
  readonly accounts: readonly AccountUsage[];
}

/** What one account used and stores. */
export interface AccountUsage {
  readonly account: string;
  /** By size, smallest first: those that ran, and those that are set now; null when unknown. */
  readonly compute: readonly SizeUsage[] | null;
  /** How many databases it owns, which a deletion of the account deletes; null when unknown. */
  readonly databases: number | null;
  /** Their active bytes; null when unknown. */
  readonly bytes: number | null;
}

/** How long Ducklings of one size ran. */
export interface SizeUsage {
  readonly size: string;
  /** Hours in which a Duckling ran, added up over the Ducklings. */
  readonly hours: number;
  /** The most hours with the Ducklings as they are set now, all of them always on; null when those could not be read. */
  readonly ceiling: number | null;
}

/** `error`: broken, unsafe, or about to be. `warning`: needs a decision. `note`: for information; never fails an audit. */
export type Severity = 'error' | 'warning' | 'note';

/** The description of a rule. An id never changes its meaning and is never reused. */
export interface RuleInfo {
  /** `MDA001`. */
  readonly id: string;
  /** `unmanaged-account`. */
  readonly name: string;
  readonly severity: Severity;
  /** What it finds, in one sentence. */
  readonly title: string;
  /** Why it matters and what to do, in a few sentences. */
  readonly help: string;
}

/** A problem that an audit found. */
export interface Finding {
  /** The rule's id. */
  readonly rule: string;
  readonly severity: Severity;
  readonly account?: string;
  /** The name at MotherDuck, or the key in the configuration where there is no live token. */
  readonly token?: string;
  /** What is wrong, on one line. */
  readonly message: string;
  /** What to do, and the command to type. */
  readonly fix: Hint;
  /** Where in the configuration, if anywhere. */
  readonly location?: Location;
}

/** A finding that the configuration accepts. */
export interface AcceptedFinding extends Finding {
  readonly acceptance: Omit<Acceptance, 'rule' | 'accounts'>;
}
