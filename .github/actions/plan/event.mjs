/** What the runner says of the event that began this run. */
import { readFileSync } from 'node:fs';

/**
 * The pull request, or undefined when the event is of something else.
 *
 * - `number`, `commit`: of the pull request, and the head that was pushed to it
 * - `isForeign`: its commits come from another repository, so from someone who need not be allowed to write this one
 */
export function pullRequest(env) {
  const { pull_request: pull } = env.GITHUB_EVENT_PATH ? JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8')) : {};
  if (pull === undefined) return undefined;
  // A fork that was deleted since has no repository.
  const isForeign = pull.head.repo?.full_name !== env.GITHUB_REPOSITORY;
  return { number: pull.number, commit: pull.head.sha, isForeign };
}

/** The page of this run. */
export function runUrl(env) {
  return `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${env.GITHUB_RUN_ID}`;
}
