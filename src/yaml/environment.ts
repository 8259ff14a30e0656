import { isSecretVariable, secretValues } from '../model/secret.ts';
import type { FromEnvironment } from './tree.ts';

/** The environment variables of a configuration; remembers which were used. */
export class Environment {
  readonly #values: NodeJS.ProcessEnv;
  readonly #secrets: readonly string[];
  readonly #used = new Map<string, string>();

  constructor(values: NodeJS.ProcessEnv) {
    this.#values = values;
    this.#secrets = secretValues(values);
  }

  /** The value of a variable, which may be empty; undefined when it is not set. */
  get(name: string): string | undefined {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    if (value !== undefined) this.#used.set(name, value);
    return value;
  }

  /** Whether a variable is one of MotherDuck's tokens, by its name, its value or its shape: MotherDuck's are JWTs. */
  isSecret(name: string): boolean {
    const value = Object.hasOwn(this.#values, name) ? (this.#values[name] ?? '') : '';
    const isToken =
      /eyJ[\w-]{6,}\.[\w-]+\.[\w-]+/.test(value) || this.#secrets.some((secret) => value.includes(secret));
    return isToken || isSecretVariable(name);
  }

  /** What was put into the configuration, by name in alphabetical order. */
  used(): [string, string][] {
    return [...this.#used].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** What is wrong with one `${` of a text; `index` counts the `$$` and `${` before it. */
export interface BadVariable {
  readonly index: number;
  /** Absent: what follows `${` is no name. */
  readonly name?: string;
  /** It would put a secret into the configuration, and so into plans and reports. */
  readonly isSecret?: true;
}

/** A text with its variables replaced. */
export interface Substituted {
  readonly text: string;
  /** Absent when no variable stands in the text. */
  readonly env?: FromEnvironment;
  /** The first of them, when there are many. */
  readonly bad: readonly BadVariable[];
}

/** The most faults of one text that are reported. */
const MOST_BAD = 20;

/** Finds `$$` and `${NAME}`, and `${` that names nothing. */
export const DOLLARS = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/** Replaces `${NAME}` by the variable's value and `$$` by a dollar sign. A value is put in as it is, not searched again. */
export function substitute(raw: string, environment: Environment): Substituted {
  const bad: BadVariable[] = [];
  let index = -1;
  let [replaced, missing] = [false, false];
  const text = raw.replace(DOLLARS, (match: string, name: string | undefined) => {
    index += 1;
    if (match === '$$') return '$';
    replaced = true;
    const isSecret = name !== undefined && environment.isSecret(name);
    const value = name === undefined || isSecret ? undefined : environment.get(name);
    missing ||= value === undefined;
    if (value === undefined && bad.length < MOST_BAD) {
      bad.push({ index, ...(name === undefined ? {} : { name }), ...(isSecret ? { isSecret } : {}) });
    }
    return value ?? match;
  });
  if (!replaced) return { text, bad };
  return { text, bad, env: { raw, whole: /^\$\{\w+\}$/.test(raw), missing } };
}
