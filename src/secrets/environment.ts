import { isSecretVariable, secretValues } from '../model/secret-variable.ts';

/** An environment for other programs: without MotherDuck's tokens, under whatever name, which are nobody else's business. */
export function withoutTokens(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const secrets = secretValues(env);
  const holdsOne = (value: string | undefined) => secrets.some((secret) => value?.includes(secret));
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isSecretVariable(name) && !holdsOne(value)));
}
