/**
 * Keeps one issue about the audit: opened when there are findings, updated while there are, closed when there are none.
 * The folder that it is given holds `audit.md`, with the marker by which the issue is found, and `exitcode`: 2 for findings.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { authorship, call, pages } from './rest.mjs';

const MARKER = /^<!-- motherduck-accounts audit: (\S+)(?: .*)? -->$/;

/** The marker stands under the first line of an audit; elsewhere it is quoted. */
const MARKER_AT = 2;

const { env } = process;
const folder = process.argv[2];
const body = readFileSync(path.join(folder, 'audit.md'), 'utf8');
const hasFindings = readFileSync(path.join(folder, 'exitcode'), 'utf8').trim() === '2';
const issues = `/repos/${env.GITHUB_REPOSITORY}/issues`;
const [marker, organization] = lines(body)[MARKER_AT]?.match(MARKER) ?? [];
if (marker === undefined) throw new Error('audit.md has no marker, so its issue cannot be found.');

const open = await find();
const isRenewed = open !== undefined && (await renew(open));
if (hasFindings && !isRenewed)
  await say('Opened', call(env, 'POST', issues, { title: `MotherDuck audit: ${organization}`, body }));
else if (!isRenewed) console.log('No findings, and no issue is open.');

async function find() {
  const isOwn = await authorship(env);
  for await (const issue of pages(env, `${issues}?state=open&sort=created&direction=desc`)) {
    if (issue.pull_request === undefined && isOwn(issue) && lines(issue.body)[MARKER_AT] === marker) return issue;
  }
  return undefined;
}

/**
 * Nobody is told of an edit, so a comment says it when the first line, which counts the findings, has changed. Gives
 * whether it could be edited; where not, its findings are told in another.
 */
async function renew({ number, body: before }) {
  const state = hasFindings ? { state: 'open' } : { state: 'closed', state_reason: 'completed' };
  try {
    await say(hasFindings ? 'Updated' : 'Closed', call(env, 'PATCH', `${issues}/${number}`, { body, ...state }));
  } catch (error) {
    if (!hasFindings || (error.status !== 403 && error.status !== 404)) throw error;
    return false;
  }
  const [now, then] = [body, before].map((text) => lines(text)[0]);
  if (now !== then) await call(env, 'POST', `${issues}/${number}/comments`, { body: now });
  return true;
}

async function say(what, answer) {
  console.log(`${what} ${(await answer).html_url}`);
}

function lines(text) {
  return (text ?? '').replaceAll('\r\n', '\n').split('\n');
}
