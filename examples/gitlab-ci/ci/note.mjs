/** Keeps one note with the plan in the merge request: written the first time, and written over from then on. */
import { readFileSync } from 'node:fs';
import { call } from './api.mjs';

const PAGE = 100;

const { CI_JOB_NAME, CI_JOB_URL, CI_MERGE_REQUEST_IID, GITLAB_NOTE_TOKEN: token } = process.env;
// Each job that plans keeps its own note, also when it fails and there is no plan.
const marker = `<!-- motherduck-accounts plan of: ${encodeURIComponent(CI_JOB_NAME)} -->`;
const notes = `/merge_requests/${CI_MERGE_REQUEST_IID}/notes`;

if (token) await write(readFileSync(process.argv[2], 'utf8'));
else console.log('There is no GITLAB_NOTE_TOKEN, so no note was written. The plan is among the artifacts.');

async function write(plan) {
  const before = await find();
  // An empty plan means that planning failed; the note must not show an older plan.
  const text = plan === '' ? `❌ **The plan failed.** [The job](${CI_JOB_URL}) says why.` : plan.trimEnd();
  const body = `${text}\n\n${marker}\n`;
  if (before === undefined) await call(token, 'POST', notes, { body });
  else await call(token, 'PUT', `${notes}/${before.id}`, { body });
  console.log(before === undefined ? 'Wrote the note.' : 'Updated the note.');
}

/** Only of its own, since a person may have quoted it. */
async function find() {
  const { id } = await call(token, 'GET', '/user');
  for (let page = 1; ; page += 1) {
    const found = await call(token, 'GET', `${notes}?sort=asc&per_page=${PAGE}&page=${page}`);
    const own = found.find((note) => note.author.id === id && note.body.trimEnd().endsWith(`\n${marker}`));
    if (own !== undefined || found.length < PAGE) return own;
  }
}
