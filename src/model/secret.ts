import { inspect } from 'node:util';

/**
 * A token's secret on its way from MotherDuck's answer to a store. However it is printed, logged, serialized or
 * put into a string, it reads `[secret]`; only `reveal` gives the text, so a search for `.reveal(` finds every use.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself. Call it at the place where it leaves for a store or a connection, and keep no copy. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/**
 * Whether an environment variable holds a secret of MotherDuck's by its name: the admin's, the usual ones, and those
 * that a secrets file brought there. On Windows names differ in case and are the same.
 */
export function isSecretVariable(name: string): boolean {
  return /^MOTHERDUCK_(.*_)?TOKEN(_|$)/i.test(name);
}

/** The values of such variables, as far as they are long enough to be one. */
export function secretValues(env: NodeJS.ProcessEnv): string[] {
  const values = Object.entries(env).filter(([name]) => isSecretVariable(name));
  return values.map(([, value]) => value?.trim() ?? '').filter((value) => value.length >= 8);
}

/** The names of one token, as stores take them. */
export interface TokenAddress {
  /** The account as the configuration writes it. */
  readonly account: string;
  /** The token's key in the configuration. */
  readonly token: string;
}

/** How a token's dotenv variable is named where the configuration does not say it. */
export const DEFAULT_VARIABLE = 'MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}';

/**
 * The dotenv variable of a token: the template with `{ACCOUNT}` and `{TOKEN}` replaced, in upper case, whatever else
 * than A-Z, 0-9 and _ in them as _. Two tokens can come to the same variable; who puts both there loses one.
 */
export function variableOf(template: string, address: TokenAddress): string {
  return template.replace(/\{(ACCOUNT|TOKEN)\}/g, (_, name) =>
    (name === 'ACCOUNT' ? address.account : address.token).toUpperCase().replace(/[^A-Z0-9_]/g, '_'),
  );
}

/** Whether a template makes names that shells and dotenv readers accept. */
export function isVariableTemplate(template: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(variableOf(template, { account: 'A', token: 'T' }));
}

/** An environment for other programs, without MotherDuck's tokens under any name. */
export function withoutTokens(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const secrets = secretValues(env);
  const holdsOne = (value: string | undefined) => secrets.some((secret) => value?.includes(secret));
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isSecretVariable(name) && !holdsOne(value)));
}
