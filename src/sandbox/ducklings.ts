import { checkTier, withDefaults } from './duckling-rules.ts';
import { type Answer, ok } from './errors.ts';
import { readDucklings } from './requests.ts';
import { accountOf, type Visit } from './visit.ts';

/** GET /v1/users/{username}/instances. */
export function getDucklings({ books, username }: Visit): Answer {
  return ok(accountOf(books.read(), username).ducklings);
}

/** PUT /v1/users/{username}/instances: both parts; a cooldown left out becomes the size's default. */
export function setDucklings({ books, rules, username, body }: Visit): Promise<Answer> {
  const ducklings = withDefaults(readDucklings(body));
  return books.write((ledger, at) => {
    const account = accountOf(ledger, username);
    checkTier(ducklings, rules.tier);
    return { events: [{ at, event: 'ducklings_set', account: account.username, ducklings }], result: ok(ducklings) };
  });
}
