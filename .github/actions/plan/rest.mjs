/** GitHub's REST API: one call, and all pages of a list. */
import { setTimeout as pause } from 'node:timers/promises';

const TRIES = 3;

/** Calls GitHub. Asked again when a gateway fails, unless it would make something twice. */
export async function call(env, method, path, body) {
  const url = new URL(path.replace(/^\//, ''), `${env.GITHUB_API_URL}/`);
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${env.GITHUB_TOKEN}`,
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        'user-agent': 'motherduck-accounts',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok) return answer.json();
    const text = await answer.text();
    if (answer.status < 500 || method === 'POST' || attempt === TRIES) throw new ApiError(method, path, answer, text);
    await pause(attempt * 500);
  }
}

/** Everything in a list, page by page; stop reading and no more pages are asked for. */
export async function* pages(env, path) {
  const size = 100;
  for (let page = 1; ; page += 1) {
    const found = await call(env, 'GET', `${path}${path.includes('?') ? '&' : '?'}per_page=${size}&page=${page}`);
    yield* found;
    if (found.length < size) return;
  }
}

/**
 * Tells what this token wrote: a person may have quoted it. A person's token says whose it is; the one of a workflow may
 * not ask, and writes as a bot.
 */
export async function authorship(env) {
  const login = await call(env, 'GET', '/user').then(
    (user) => user.login,
    () => undefined,
  );
  return ({ user }) => (login === undefined ? user?.type === 'Bot' : user?.login === login);
}

class ApiError extends Error {
  constructor(method, path, { status }, text) {
    super(`GitHub answered ${status} to ${method} ${path}: ${text.slice(0, 300)}`);
    this.status = status;
  }
}
