import type { Desired } from '../model/desired.ts';

/** Desired where there is no configuration: nothing. @param file where it would be */
export function unconfigured(file: string): Desired {
  return {
    file,
    organization: 'your organization',
    accounts: new Map(),
    stores: new Map(),
    ignore: [],
    acceptances: [],
    guardrails: { maxDeletes: 0, allowNeverExpiring: true },
    hash: '',
  };
}
