import type { Rule } from '../rule.ts';

/** Only stores that a configured token uses are checked. */
export const storeUnusable: Rule = {
  id: 'MDA019',
  name: 'store-unusable',
  severity: 'error',
  title: 'A secret store cannot be written.',
  help: 'No token is created or rotated while its store cannot take the secret, so tokens will expire. The check ran on the machine that runs the audit; a store that runs commands is checked only with --check-stores.',
  *check({ unusableStores }) {
    for (const { store, why } of unusableStores) {
      yield { message: why.message, fix: why.hint, location: why.location ?? store.location };
    }
  },
};
