import { counted } from '../../model/wording.ts';
import type { Rule } from '../rule.ts';

/** One finding per store. */
export const fileStoreInCi: Rule = {
  id: 'MDA039',
  name: 'file-store-in-ci',
  severity: 'warning',
  title: 'A secret store is a file, and the audit runs in CI.',
  help: 'Secrets that an apply in CI creates are in a file on the runner. Most runners are deleted after the job, and MotherDuck shows a secret only once. Use a store that runs a command, for example of a vault. Checked in a job of a CI service: where CI, GITHUB_ACTIONS, TF_BUILD, TEAMCITY_VERSION or BUILD_URL is set.',
  isChecked: ({ isCi }) => isCi,
  *check({ desired, isCi, machineStores }) {
    if (!isCi) return;
    const tokens = [...desired.accounts.values()].flatMap((account) => [...account.tokens.values()]);
    for (const { name, location } of desired.stores.values()) {
      const count = tokens.filter(({ stores }) => stores.includes(name)).length;
      if (!machineStores.has(name) || count === 0) continue;
      yield {
        message: `the secret store ${name} of ${counted(count, 'token')} is a file, which is lost with the CI runner`,
        fix: { text: 'Use a secret store of kind exec, or accept the finding if the runner keeps the file.' },
        location,
      };
    }
  },
};
