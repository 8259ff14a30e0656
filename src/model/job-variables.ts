/** The variables that CI systems give each job: their values differ between the job of a pull request and the one that applies. */

/** Beginnings of names, by the CI system; without `_` at their end, whole names. */
const OF_JOBS: Readonly<Record<string, readonly string[]>> = {
  any: ['CI', 'CI_', 'BUILD_', 'JOB_', 'BRANCH', 'BRANCH_', 'TAG_NAME', 'HOSTNAME'],
  'GitHub Actions': ['GITHUB_', 'RUNNER_', 'ACTIONS_'],
  GitLab: ['GITLAB_', 'CHAT_', 'TRIGGER_PAYLOAD'],
  Jenkins: ['JENKINS_', 'CHANGE_', 'EXECUTOR_', 'NODE_NAME', 'GIT_'],
  'Azure Pipelines': ['SYSTEM_', 'AGENT_', 'TF_BUILD'],
  others: [
    ...['BITBUCKET_', 'BUILDKITE', 'BUILDKITE_', 'CIRCLECI', 'CIRCLE_', 'CODEBUILD_', 'DRONE', 'DRONE_', 'TRAVIS'],
    ...[
      'TRAVIS_',
      'APPVEYOR',
      'APPVEYOR_',
      'TEAMCITY_',
      'SEMAPHORE',
      'SEMAPHORE_',
      'WOODPECKER_',
      'GITEA_',
      'FORGEJO_',
    ],
    ...['ATLANTIS_', 'PULL_NUM', 'HEAD_BRANCH_NAME', 'BASE_BRANCH_NAME'],
  ],
};

const NAMES = Object.values(OF_JOBS).flat();

/** Whether a variable is one that a CI system sets for each job, by its name. Ignores case, as Windows does. */
export function isJobVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return NAMES.some((each) => (each.endsWith('_') ? upper.startsWith(each) : upper === each));
}
