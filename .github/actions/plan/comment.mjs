/** Keeps one comment in the pull request: writes it the first time, and over it from then on. */
import { appendFileSync, readFileSync } from 'node:fs';
import { pullRequest } from './event.mjs';
import { authorship, call, pages } from './rest.mjs';

/** What was planned, below the first line of a plan; and by what, at the end of every comment. Elsewhere they are quoted. */
const PLAN = /^<!-- motherduck-accounts plan: .+ -->$/;
const SOURCE = /^<!-- motherduck-accounts plan of: (.+?)(?: --organization=(\w+))? -->$/;

const { env } = process;
const body = readFileSync(env.COMMENT_FILE, 'utf8');
const list = `/repos/${env.GITHUB_REPOSITORY}/issues/${pullRequest(env).number}/comments`;

try {
  const { before, outdated } = await find(markers(body));
  const comment = (before && (await update(before))) ?? (await call(env, 'POST', list, { body }));
  appendFileSync(env.GITHUB_OUTPUT, `url=${comment.html_url}\n`);
  for (const { id } of outdated) await remove(id);
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
 * `before`: the comment of the same plan. Else one of a run that failed, which has no plan: another plan of the same
 * configuration may be of another organization or state. Only a run that failed itself takes the comment of a plan, where there
 * is but one. `outdated`: what else failed runs of this plan left.
 */
async function find(own) {
  const isOwn = await authorship(env);
  let same;
  const others = [];
  for await (const comment of pages(env, list)) {
    if (!isOwn(comment)) continue;
    const of = markers(comment.body);
    if (own.plan !== undefined && of.plan === own.plan) same ??= comment;
    else if (isAlike(own, of)) others.push({ comment, of, isExact: of.organization === own.organization });
  }
  // Where the line of the organization could not be read, any may be meant: those of the same one come first.
  const failed = others.filter(({ of }) => of.plan === undefined).sort((a, b) => b.isExact - a.isExact);
  if (own.plan !== undefined) {
    const [before, ...outdated] = [...(same ? [same] : []), ...failed.map(({ comment }) => comment)];
    return { before, outdated };
  }
  const planned = others.filter(({ of }) => of.plan !== undefined);
  const ofSame = planned.filter(({ isExact }) => isExact);
  const taken = (all) => (all.length === 1 ? all[0] : undefined);
  const before = failed.find(({ isExact }) => isExact) ?? taken(ofSame) ?? failed[0] ?? taken(planned);
  return { before: before?.comment, outdated: [] };
}

/** Whether two comments may be of one plan: of the same files by the same job, and not of two organizations. */
function isAlike(one, other) {
  if (one.source === undefined || one.source !== other.source) return false;
  const [own, of] = [one.organization, other.organization];
  return own === undefined || of === undefined || own === of;
}

/** A comment that stays does no harm but to be outdated. */
async function remove(id) {
  try {
    await call(env, 'DELETE', `/repos/${env.GITHUB_REPOSITORY}/issues/comments/${id}`);
  } catch (error) {
    console.error(`An outdated comment stays. ${error.message}`);
  }
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
  const [[plan], [, source, organization]] = [PLAN.exec(lines[2]) ?? [], SOURCE.exec(lines.at(-1)) ?? []];
  return { plan, source, organization };
}
