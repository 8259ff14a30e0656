import type { Rule } from '../rule.ts';

/** Only stores that a configured token uses are looked at. */
export const storeUnusable: Rule = {
  id: 'MDA019',
  name: 'store-unusable',
  severity: 'error',
  title: 'A secret store cannot be written.',
  help: 'No token is made or rotated while its store cannot take the secret, so tokens will expire. It was looked at from where the audit runs.',
  *check({ unusableStores }) {
    for (const { store, why } of unusableStores) {
      yield { message: why.message, fix: why.hint.text, location: why.location ?? store.location };
    }
  },
};
