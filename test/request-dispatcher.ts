import { LocalDispatcher, type Respond as RespondToSent } from '../src/sandbox/dispatcher.ts';

/** As msw's handlers and the organization have it. A Response of type `error` is a broken connection, as for fetch. */
export type Respond = (request: Request) => Promise<Response | undefined>;

/** The sandbox's dispatcher in the words of the fetch standard, so that a test can answer for MotherDuck. */
export class RequestDispatcher extends LocalDispatcher {
  constructor(respond: Respond) {
    super(asFetchHasIt(respond));
  }
}

/** A function of Requests and Responses, which are not made in vain where others answer too: they take their time. */
export function asFetchHasIt(respond: Respond): RespondToSent {
  return async ({ url, headers, body = null, ...sent }) => {
    const response = await respond(new Request(url, { ...sent, headers: [...headers], body }));
    if (response?.type === 'error') throw connectionReset();
    return response && received(response);
  };
}

function received(response: Response) {
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  return { status: response.status, statusText: response.statusText, headers, body: response.body ?? undefined };
}

function connectionReset(): Error {
  return Object.assign(new TypeError('fetch failed'), { code: 'ECONNRESET' });
}
