/** What facts are checked with: the REST API, and connections as the accounts of the run. */
import type { Secret } from '../../../src/model/secret.ts';
import type { ProbeReport } from '../../../src/motherduck/probe-process.ts';
import type { UsageReading } from '../../../src/motherduck/usage.ts';
import type { RawApi } from '../raw-api.ts';

/** `foreign`: as the SQL of a `setup`, which reaches no local file. */
export interface Question {
  readonly name: string;
  readonly sql: string;
  readonly foreign?: boolean;
}

export interface FactContext {
  readonly api: RawApi;
  /** The account that they are looked at with. */
  readonly subject: string;
  readonly admin: Secret;
  /** Opens a connection, asks, and lets the Duckling sleep where that is said. Never rejects. */
  connect(secret: Secret, questions: readonly Question[], shutdown?: boolean): Promise<ProbeReport>;
  /** What the program reads with --usage, as the Admin. */
  readUsage(): Promise<UsageReading>;
  /** Whether the Admin may connect, whose Duckling may be of any size. */
  readonly usage: boolean;
  /** Whether to wait until a token has expired. */
  readonly wait: boolean;
  sleep(ms: number): Promise<unknown>;
}
