/** What the runner says of the event that began this run. */
import { readFileSync } from 'node:fs';

/**
 * The pull request, or undefined when the event is of something else.
 *
 * - `number`, `commit`: of the pull request, and the head that was pushed to it
 * - `isForeign`: its commits come from another repository, so from someone who need not be allowed to write this one
 */
export function pullRequest(env) {
  const { pull_request: pull } = event(env);
  if (pull === undefined) return undefined;
  // A fork that was deleted since has no repository.
  const isForeign = pull.head.repo?.full_name !== env.GITHUB_REPOSITORY;
  return { number: pull.number, commit: pull.head.sha, isForeign };
}

/** Whether the event is about a pull request and does not say whose commits it has: a comment, or the end of another workflow. */
export function hidesFork(env) {
  const { issue, workflow_run: run } = event(env);
  return issue?.pull_request !== undefined || run?.event?.startsWith('pull_request') === true;
}

function event(env) {
  return env.GITHUB_EVENT_PATH ? JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8')) : {};
}

/** The page of this run. */
export function runUrl(env) {
  return `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`;
}
