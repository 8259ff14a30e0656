/** Keeps one comment in the pull request: writes it the first time, and over it from then on. */
import { appendFileSync, readFileSync } from 'node:fs';
import { pullRequest } from './event.mjs';
import { authorship, call, pages } from './rest.mjs';

const MARKER = /^<!-- motherduck-accounts plan(?: of)?: .+ -->$/;

const { env } = process;
const body = readFileSync(env.COMMENT_FILE, 'utf8');
const list = `/repos/${env.GITHUB_REPOSITORY}/issues/${pullRequest(env).number}/comments`;

try {
  const before = await find(markers(body));
  const comment = (before && (await update(before))) ?? (await call(env, 'POST', list, { body }));
  appendFileSync(env.GITHUB_OUTPUT, `url=${comment.html_url}\n`);
  console.log(`${before?.id === comment.id ? 'Updated' : 'Wrote'} ${comment.html_url}`);
} catch (error) {
  console.error(`The comment was not written. ${error.message}`);
  if (error.status === 403 || error.status === 404)
    console.error(
      'Give the job "permissions: { contents: read, pull-requests: write }", or the action comment: false.',
    );
  process.exitCode = 1;
}

/** The comment of the same plan if there is one, else the one that says it is of the same configuration and accounts. */
async function find(wanted) {
  const isOwn = await authorship(env);
  const found = new Map();
  for await (const comment of pages(env, list)) {
    if (!isOwn(comment)) continue;
    for (const marker of markers(comment.body)) if (!found.has(marker)) found.set(marker, comment);
  }
  return wanted.map((marker) => found.get(marker)).find((comment) => comment !== undefined);
}

/** Undefined when someone deleted it in the meantime, or it is not to be edited after all. */
async function update({ id }) {
  try {
    return await call(env, 'PATCH', `/repos/${env.GITHUB_REPOSITORY}/issues/comments/${id}`, { body });
  } catch (error) {
    if (error.status === 403 || error.status === 404) return undefined;
    throw error;
  }
}

/** The plan's stands under its first line, and that of the comment at its end; elsewhere it is quoted. */
function markers(text) {
  // GitHub keeps line endings as they were sent, and browsers send CRLF.
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  return [lines[2], lines.at(-1)].filter((line) => MARKER.test(line ?? ''));
}
