/** All facts, in an order in which one account serves them all, and dies at the end. */
import { lookAtConnections } from './connections.ts';
import { lookAtDucklings } from './ducklings.ts';
import { lookAtErrors } from './errors.ts';
import { type Fact, looking } from './fact.ts';
import type { Site } from './site.ts';
import { lookAtExpiry, lookAtTokens } from './tokens.ts';
import { lookAtCreation, lookAtDeletion, lookAtUsers } from './users.ts';

/** Holds MotherDuck against its documentation. Never rejects, and stops at the next fact when it is told to. */
export async function lookAtFacts(site: Site, stopping: AbortSignal): Promise<Fact[]> {
  const facts: Fact[] = [];
  const look = looking(facts, stopping);
  await lookAtCreation(site, look);
  await lookAtErrors(site, look);
  await lookAtTokens(site, look);
  await lookAtUsers(site, look);
  await lookAtDucklings(site, look);
  await lookAtConnections(site, look);
  await lookAtExpiry(site, look);
  await lookAtDeletion(site, look);
  return facts;
}
