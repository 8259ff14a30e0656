import { Secret } from '../model/secret.ts';
import { type AdminHash, identify, requireAdmin } from './authentication.ts';
import type { OrganizationStore } from './organization-store.ts';
import type { Rules } from './request-context.ts';
import { type Answer, Fault, fault, refusal, UNROUTED } from './responses.ts';
import { findRoute } from './routes.ts';

/** A request without the ceremony: what the HTTP server and `handle` both make of theirs. */
export interface Call {
  readonly method: string;
  /** With the query, as on a request line. */
  readonly target: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** Answers one call: routing, then who asks, then the endpoint; a Fault on the way is the answer. */
export async function answerCall(
  call: Call,
  store: OrganizationStore,
  rules: Rules,
  adminHash: AdminHash,
): Promise<Answer> {
  const answer = await handle(call, store, rules, adminHash);
  return {
    ...answer,
    headers: {
      date: httpDate(store.now()), // the sandbox's clock
      'content-length': String(Buffer.byteLength(answer.text)),
      'x-sandbox': 'motherduck-accounts',
    },
  };
}

async function handle(call: Call, store: OrganizationStore, rules: Rules, adminHash: AdminHash): Promise<Answer> {
  const [path = '', ...query] = call.target.split('?');
  const routed = findRoute(call.method, path);
  if (routed === undefined) return UNROUTED;
  const { route, username, tokenId } = routed;
  try {
    const bearer = /^Bearer +(\S+)$/i.exec(call.authorization ?? '')?.[1];
    const found = bearer === undefined ? undefined : identify(store.read(), new Secret(bearer), store.now(), adminHash);
    const caller = requireAdmin(found);
    const body = readJson(call.body);
    const parameters = new URLSearchParams(query.join('?'));
    return await route.endpoint({ store, rules, caller, username, tokenId, query: parameters, body });
  } catch (error) {
    if (error instanceof Fault) return refusal(error, route.procedure);
    throw error;
  }
}

function readJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw fault('BAD_REQUEST', 'Failed to parse request body'); // assumption: these words
  }
}

function httpDate(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}
