import { checkTier, withDefaults } from './duckling-rules.ts';
import { readDucklings } from './request-bodies.ts';
import { accountOf, type RequestContext } from './request-context.ts';
import { type Answer, ok } from './responses.ts';

/** GET /v1/users/{username}/instances. */
export function getDucklings({ store, username }: RequestContext): Answer {
  return ok(accountOf(store.read(), username).ducklings);
}

/** PUT /v1/users/{username}/instances: both parts; a cooldown left out becomes the size's default. */
export function setDucklings({ store, rules, username, body }: RequestContext): Promise<Answer> {
  const ducklings = withDefaults(readDucklings(body));
  return store.write((state, at) => {
    const account = accountOf(state, username);
    checkTier(ducklings, rules.tier);
    return { events: [{ at, event: 'ducklings_set', account: account.username, ducklings }], result: ok(ducklings) };
  });
}
