import type { ErrorCode, Hint } from './user-error.ts';

/** The results of `doctor`. Data only, never a secret. */
export interface DoctorReport {
  /** Whether it was a sandbox. */
  readonly sandbox: boolean;
  /** In the order in which an apply needs their subjects. */
  readonly checks: readonly DoctorCheck[];
  /** No check failed. */
  readonly passed: boolean;
}

/** What a check is about. */
export type DoctorCheckName =
  | 'configuration'
  | 'token'
  | 'proxy'
  | 'certificates'
  | 'api'
  | 'role'
  | 'clock'
  | 'host_variable'
  | 'extension'
  | 'duckdb'
  | 'organization'
  | 'state'
  | 'lock'
  | 'stores'
  | 'store';

/** One check. */
export interface DoctorCheck {
  readonly name: DoctorCheckName;
  /** The name of a secret store. */
  readonly subject?: string;
  /** `skipped`: the check does not apply, or something that it needs is missing, which another check reports. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  /** Of a failed check: the code of the error that an apply would end with. */
  readonly code?: ErrorCode;
  /** What to do. */
  readonly hint?: Hint;
}
