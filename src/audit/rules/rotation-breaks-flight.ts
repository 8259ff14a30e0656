import { generationName, generationOf } from '../../model/tokens.ts';
import { aboutToken, type Rule } from '../rule.ts';

const FLIGHTS = 'MotherDuck Flights';

/** Flights cannot be read, so an account that MotherDuck gave a token for Flights counts as one that runs them. */
export const rotationBreaksFlight: Rule = {
  id: 'MDA040',
  name: 'rotation-breaks-flight',
  severity: 'warning',
  title: 'A Flight may name a token that a rotation replaces.',
  help: 'A Flight names its token. A rotation makes a token with another name and revokes the old one, so the Flight stops working. Give Flights a token of their own that is not rotated ("ttl: never"), or change the Flight after each rotation.',
  *check({ accounts }) {
    for (const account of accounts) {
      if (!account.tokens.some(({ role, live }) => role === 'reserved' && live.name === FLIGHTS)) continue;
      for (const token of account.tokens) {
        const { desired, live, role } = token;
        if (role !== 'current' || desired === undefined || desired.ttl === null) continue;
        const next = generationName(desired.name, (generationOf(desired.name, live.name) ?? 1) + 1);
        yield {
          ...aboutToken(account, token),
          message: `the account runs Flights, and policy ${desired.policy} replaces this token by "${next}": a Flight that names it stops working`,
          fix: { text: 'Give Flights a token that is not rotated, or accept the finding if no Flight names this one.' },
        };
      }
    }
  },
};
