import { isSecretVariable } from '../model/secret-variable.ts';

/** An environment for other programs: without MotherDuck's tokens, which are nobody else's business. */
export function withoutTokens(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isSecretVariable(name)));
}
