import { compareText } from '../model/collections.ts';
import { isCredentialName, mayBeCredential } from '../model/credential.ts';
import { defined } from '../model/defined.ts';
import { hasJwt } from '../model/jwt.ts';
import { isSecretVariable, tokenFinder } from '../model/secret.ts';
import type { FromEnvironment } from './tree.ts';

/** The environment variables for a configuration; records which were used. */
export class EnvironmentVariables {
  readonly #values: NodeJS.ProcessEnv;
  readonly #hasToken: (text: string) => boolean;
  readonly #allowed: ReadonlySet<string>;
  readonly #used = new Map<string, string>();

  /** @param allowed names of variables that may be used although they speak of a secret, or are of a CI job */
  constructor(values: NodeJS.ProcessEnv, allowed: readonly string[] = []) {
    this.#values = values;
    this.#allowed = new Set(allowed);
    this.#hasToken = tokenFinder(values);
  }

  /** The value of a variable, which may be empty; undefined when it is not set. */
  get(name: string): string | undefined {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    if (value !== undefined) this.#used.set(name, value);
    return value;
  }

  /**
   * Why a variable may not be used: it contains a MotherDuck token, by its name, its value or its form of a JWT; or it is another
   * secret, by its name or its form, or one of a CI job, and is not allowed.
   */
  refusal(name: string): VariableRefusal | undefined {
    const value = Object.hasOwn(this.#values, name) ? (this.#values[name] ?? '') : '';
    const isToken = hasJwt(value) || this.#hasToken(value);
    if (isToken || isSecretVariable(name)) return 'token';
    if (this.#allowed.has(name)) return undefined;
    if (isCredentialName(name) || mayBeCredential(value)) return 'secret';
    return isJobVariable(name) ? 'job' : undefined;
  }

  /** The names and values of the used variables, sorted by name. */
  used(): [string, string][] {
    return [...this.#used].sort(([a], [b]) => compareText(a, b));
  }
}

/** What a variable is that may not be used: a MotherDuck token, another secret, or different in each CI job. */
type VariableRefusal = 'token' | 'secret' | 'job';

/** An invalid `${` of a text; `index` counts the `$$` and `${` before it. */
interface BadVariable {
  readonly index: number;
  /** Absent when no name follows `${`. */
  readonly name?: string;
  /** Why the variable may not be used. */
  readonly refusal?: VariableRefusal;
}

/** A text with its variables replaced. */
export interface Substituted {
  readonly text: string;
  /** Absent when the text has no variable. */
  readonly env?: FromEnvironment;
  /** At most the first 20. */
  readonly bad: readonly BadVariable[];
}

/** The maximum number of invalid variables that are reported for one text. */
const MAX_BAD = 20;

/** Matches `$$`, `${NAME}`, and a `${` without a name. */
export const DOLLARS = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g;

/** Replaces `${NAME}` by the variable's value and `$$` by a dollar sign. Values are not searched again. */
export function substitute(raw: string, environment: EnvironmentVariables): Substituted {
  const bad: BadVariable[] = [];
  let index = -1;
  let [replaced, missing] = [false, false];
  const text = raw.replace(DOLLARS, (match: string, name: string | undefined) => {
    index += 1;
    if (match === '$$') return '$';
    replaced = true;
    const refusal = name === undefined ? undefined : environment.refusal(name);
    const value = name === undefined || refusal !== undefined ? undefined : environment.get(name);
    missing ||= value === undefined;
    if (value === undefined && bad.length < MAX_BAD) {
      bad.push({ index, ...defined({ name, refusal }) });
    }
    return value ?? match;
  });
  if (!replaced) return { text, bad };
  return { text, bad, env: { raw, whole: /^\$\{\w+\}$/.test(raw), missing } };
}

/**
 * The variables that CI systems give each job: their values differ between the job of a pull request and the one that applies.
 * Beginnings of names, by the CI system; without `_` at their end, whole names.
 */
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
function isJobVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return NAMES.some((each) => (each.endsWith('_') ? upper.startsWith(each) : upper === each));
}
