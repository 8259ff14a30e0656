/** GitLab's REST API, of this project. */

/** Calls it. @throws Error with `status` when GitLab refuses */
export async function call(token, method, path, body) {
  const { CI_API_V4_URL, CI_PROJECT_ID } = process.env;
  const root = path === '/user' ? CI_API_V4_URL : `${CI_API_V4_URL}/projects/${CI_PROJECT_ID}`;
  const answer = await fetch(`${root}${path}`, {
    method,
    headers: { 'private-token': token, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.ok) return answer.json();
  const text = (await answer.text()).slice(0, 300);
  throw Object.assign(new Error(`GitLab answered ${answer.status} to ${method} ${path}: ${text}`), {
    status: answer.status,
  });
}
