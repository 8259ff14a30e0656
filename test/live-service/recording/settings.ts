/** The settings of a sandbox that answers as a recording does, where it can. Pure. */
import { fieldOf } from '../raw-api.ts';
import type { Recorded } from './recording.ts';

/** As in a sandbox's `organization.json`; what the recording does not tell is left out. */
export interface RecordedSettings {
  readonly plan?: 'lite';
  readonly users_list?: 'missing' | 'forbidden';
  readonly taken_name?: 'conflict' | 'unique_constraint';
  readonly token_names?: 'repeated' | 'unique';
  readonly descriptions?: 'dropped';
}

export function settingsOf(exchanges: readonly Recorded[]): RecordedSettings {
  const first = (pattern: RegExp, fits: (exchange: Recorded) => boolean = () => true) =>
    exchanges.find((exchange) => pattern.test(exchange.request) && fits(exchange));
  const list = first(/^GET \/v1\/users(\?|$)/, ({ as }) => as === undefined)?.status;
  const taken = takenName(exchanges);
  const names = tokenNames(exchanges);
  const isLite = first(/^PUT .*\/instances$|^POST /, ({ answer }) => /\blite\b/i.test(messageOf(answer)));
  const described = first(
    /^POST .*\/tokens$/,
    ({ body, status }) => status === 200 && Boolean(fieldOf(body, 'description')),
  );
  return {
    ...(isLite && { plan: 'lite' }),
    ...(list === 403 && { users_list: 'forbidden' }),
    ...(list === 404 && { users_list: 'missing' }),
    ...(taken && { taken_name: taken }),
    ...(names && { token_names: names }),
    ...(described && fieldOf(described.answer, 'description') == null && { descriptions: 'dropped' }),
  };
}

/** What the second creation of a username was answered with. */
function takenName(exchanges: readonly Recorded[]): RecordedSettings['taken_name'] {
  const made = new Set<unknown>();
  for (const { request, body, status, answer } of exchanges) {
    if (/^DELETE [^?]*\/users\/[^/]+$/.test(request) && status === 200)
      made.delete(decodeURIComponent(request.split('/').at(-1) ?? ''));
    if (request !== 'POST /v1/users') continue;
    const username = fieldOf(body, 'username');
    if (status === 200) made.add(username);
    else if (made.has(username)) return refusalOf(status, answer);
  }
  return undefined;
}

/** Whether a second token of a name could be made while the first one lived. */
function tokenNames(exchanges: readonly Recorded[]): RecordedSettings['token_names'] {
  const living = new Map<unknown, string>();
  for (const { request, body, status, answer } of exchanges) {
    if (/^POST .*\/tokens$/.test(request)) {
      const name = `${request} ${String(fieldOf(body, 'name'))}`;
      const isTaken = [...living.values()].includes(name);
      if (isTaken && status === 200) return 'repeated';
      if (isTaken && refusalOf(status, answer) !== undefined) return 'unique';
      if (status === 200) living.set(fieldOf(answer, 'id'), name);
    } else if (/^DELETE .*\/tokens\//.test(request) && status === 200) {
      living.delete(request.split('/').at(-1));
    } else if (request.startsWith('DELETE ') && status === 200) {
      const gone = `${request.replace('DELETE', 'POST')}/tokens `;
      for (const [id, name] of living) if (name.startsWith(gone)) living.delete(id);
    }
  }
  return undefined;
}

function refusalOf(status: number, answer: unknown): RecordedSettings['taken_name'] {
  if (status === 409) return 'conflict';
  return status === 400 && /unique constraint/i.test(messageOf(answer)) ? 'unique_constraint' : undefined;
}

function messageOf(answer: unknown): string {
  return String(fieldOf(answer, 'message') ?? '');
}
