/** Requests to the API, through the proxy that the environment names. */
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import { authorizationOf, proxyFor } from '../../src/motherduck/proxy.ts';

export type Send = (request: Request) => Promise<Response>;

/** @throws UserError PROXY_INVALID */
export function senderTo(address: URL, env: NodeJS.ProcessEnv): Send {
  const proxy = proxyFor(address, env);
  if (proxy === undefined) return fetch;
  const token = authorizationOf(proxy);
  const dispatcher = new ProxyAgent({ uri: proxy.url.href, ...(token === undefined ? {} : { token }) });
  // Node's own fetch takes no dispatcher of another undici.
  return async (request) => {
    const body = request.body === null ? null : await request.text();
    const { method, signal } = request;
    const headers = Object.fromEntries(request.headers);
    const answer = await undiciFetch(request.url, { method, headers, body, signal, redirect: 'manual', dispatcher });
    const isEmpty = answer.status === 204 || answer.status === 304;
    const options = { status: answer.status, headers: Object.fromEntries(answer.headers) };
    return new Response(isEmpty ? null : await answer.text(), options);
  };
}
