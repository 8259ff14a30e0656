/** What facts are checked with: the REST API, and connections as the accounts of the run. */
import type { Secret } from '../../../src/model/secret.ts';
import type { ProbeReport } from '../../../src/motherduck/probe-process.ts';
import type { RawApi } from '../raw-api.ts';

export interface FactContext {
  readonly api: RawApi;
  /** The account that they are looked at with. */
  readonly subject: string;
  readonly admin: Secret;
  /** Opens a connection, asks, and lets the Duckling sleep where that is said. Never rejects. */
  connect(
    secret: Secret,
    questions: readonly { readonly name: string; readonly sql: string }[],
    shutdown?: boolean,
  ): Promise<ProbeReport>;
  /** Whether the Admin may connect, whose Duckling may be of any size. */
  readonly usage: boolean;
  /** Whether `ATTACH 'md:…'` reaches MotherDuck: from a sandbox it would, without a token. */
  readonly shares: boolean;
  /** Whether to wait until a token has expired. */
  readonly wait: boolean;
  sleep(ms: number): Promise<unknown>;
}
