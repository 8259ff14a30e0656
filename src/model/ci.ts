/** Whether the environment is that of a CI job. */
export function runsInCi({ CI = '' }: NodeJS.ProcessEnv): boolean {
  return !['', '0', 'false'].includes(CI);
}
