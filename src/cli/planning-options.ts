/** The options that plan, apply, rotate and destroy share. */

import type { OpenServiceOptions } from '../engine/service.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import type { ApplyFormat } from '../report/formats.ts';
import type { ConfigOptions } from './configuration.ts';
import type { OutputOptions } from './io.ts';

/** The options of every command that plans. */
export interface PlanCommandOptions extends ConfigOptions, OpenServiceOptions, OutputOptions {
  readonly only?: readonly string[];
  readonly prune?: boolean;
  readonly due?: boolean;
  readonly rotate?: readonly string[];
  /** Revoke what is rotated in the same run. */
  readonly revokeOld?: boolean;
  /** With `revokeOld`: whether the new tokens are verified or not. */
  readonly force?: boolean;
  readonly destroy?: boolean;
  readonly allowMissing?: boolean;
  readonly usage?: boolean;
  readonly format: ApplyFormat;
  readonly verbose?: boolean;
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** The options for the engine. */
export function planningOf<T extends PlanCommandOptions>({ revokeOld, force, ...options }: T) {
  const when: RevokesOld = force ? 'stored' : 'verified';
  return { ...options, ...(revokeOld ? { revokeOld: when } : {}) };
}
