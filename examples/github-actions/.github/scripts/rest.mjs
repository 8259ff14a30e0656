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
    if (answer.ok) return answer.status === 204 ? undefined : answer.json();
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

/** Tells what this token wrote. Others may have quoted it: people, and the bots of other apps. */
export async function authorship(env) {
  const own = await login(env);
  return ({ user }) => user?.login === own;
}

/** Under which name a token writes. One of an app, as a job's own is, may not ask REST that, but GraphQL. */
async function login(env) {
  try {
    return (await call(env, 'GET', '/user')).login;
  } catch (error) {
    if (error.status !== 403) throw error;
  }
  const asked = call(env, 'POST', env.GITHUB_GRAPHQL_URL ?? '/graphql', { query: '{ viewer { login } }' });
  const { data } = await asked.catch(() => ({}));
  return data?.viewer?.login ?? 'github-actions[bot]';
}

class ApiError extends Error {
  constructor(method, path, { status }, text) {
    super(`GitHub answered ${status} to ${method} ${path}: ${text.slice(0, 300)}`);
    this.status = status;
  }
}
