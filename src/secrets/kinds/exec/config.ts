import type { SecretStoreConfig } from '../../../model/desired.ts';
import type { Seconds } from '../../../model/duration.ts';

export interface ExecStoreConfig extends SecretStoreConfig {
  readonly kind: 'exec';
  readonly command: readonly string[];
  readonly check?: readonly string[];
  /** Absolute: where both are run, the folder of the main file. */
  readonly folder: string;
  /** Seconds that one command may take. */
  readonly timeout: Seconds;
}
