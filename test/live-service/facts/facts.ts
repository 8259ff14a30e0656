/** All facts, in an order in which one account serves them all, and dies at the end. */
import { lookAtConnections } from './connections.ts';
import type { FactContext } from './context.ts';
import { lookAtDucklings } from './ducklings.ts';
import { lookAtErrors } from './errors.ts';
import { type Fact, looking } from './fact.ts';
import { lookAtSetup } from './setup.ts';
import { lookAtExpiry, lookAtTokens } from './tokens.ts';
import { lookAtUsage } from './usage.ts';
import { lookAtCreation, lookAtDeletion, lookAtUsers } from './users.ts';

/** Holds MotherDuck against its documentation. Never rejects, and stops at the next fact when it is told to. */
export async function lookAtFacts(
  context: FactContext,
  stopping: AbortSignal,
  tell: (fact: Fact) => void = () => {},
): Promise<Fact[]> {
  const facts: Fact[] = [];
  const note = (fact: Fact) => {
    facts.push(fact);
    tell(fact);
  };
  const look = looking(note, stopping);
  await lookAtCreation(context, look);
  await lookAtErrors(context, look);
  const short = await lookAtTokens(context, look);
  await lookAtUsers(context, look);
  await lookAtDucklings(context, look);
  await lookAtConnections(context, look);
  await lookAtSetup(context, look);
  await lookAtUsage(context, look);
  await lookAtExpiry(context, look, short);
  await lookAtDeletion(context, look);
  return facts;
}
