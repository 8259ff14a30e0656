/** Whether a job of a CI service runs the program, by its environment. */

/** Whether a CI service runs the command. Most of them set `CI`; Jenkins sets `BUILD_URL`. */
export function isCi(env: NodeJS.ProcessEnv): boolean {
  const { CI = '' } = env;
  return !['', '0', 'false'].includes(CI) || readsCommandsInLog(env) || Boolean(env.BUILD_URL);
}

/** Whether the service looks for commands in the log: GitHub Actions, Azure Pipelines and TeamCity do. */
export function readsCommandsInLog({ GITHUB_ACTIONS, TF_BUILD, TEAMCITY_VERSION }: NodeJS.ProcessEnv): boolean {
  return GITHUB_ACTIONS === 'true' || Boolean(TF_BUILD || TEAMCITY_VERSION);
}
