/**
 * An environment for other programs: without MotherDuck's tokens, the admin's, the usual ones and those that a secrets file
 * brought there, which are nobody else's business. On Windows names differ in case and are the same.
 */
export function withoutTokens(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^MOTHERDUCK_.*TOKEN/i.test(name)));
}
