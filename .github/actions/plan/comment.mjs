/** Keeps one comment in the pull request: writes it the first time, and over it from then on. */
import { appendFileSync, readFileSync } from 'node:fs';
import { pullRequest } from './event.mjs';
import { authorship, call, pages } from './rest.mjs';

/** What was planned, below the first line of a plan; and by what, at the end of every comment. Elsewhere they are quoted. */
const PLAN = /^<!-- motherduck-accounts plan: .+ -->$/;
const SOURCE = /^<!-- motherduck-accounts plan of: .+ -->$/;

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

/**
 * The comment of the same plan. Else one of a run that failed, which has no plan: another plan of the same configuration may be
 * of another organization or state. Only a run that failed itself takes the comment of a plan, where there is but one.
 */
async function find({ plan, source }) {
  const isOwn = await authorship(env);
  const failed = [];
  const planned = [];
  for await (const comment of pages(env, list)) {
    if (!isOwn(comment)) continue;
    const of = markers(comment.body);
    if (plan !== undefined && of.plan === plan) return comment;
    if (source !== undefined && of.source === source) (of.plan === undefined ? failed : planned).push(comment);
  }
  return failed[0] ?? (plan === undefined && planned.length === 1 ? planned[0] : undefined);
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

function markers(text) {
  // GitHub keeps line endings as they were sent, and browsers send CRLF.
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const [[plan], [source]] = [PLAN.exec(lines[2]) ?? [], SOURCE.exec(lines.at(-1)) ?? []];
  return { plan, source };
}
