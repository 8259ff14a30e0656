/** The checks of one connection: the SQL that a probe runs, and how its answers are judged. Pure. */
import type { Size } from '../model/ducklings.ts';
import { entryName } from '../model/entry-name.ts';
import type { SmokeCheck, SmokeCheckName, SmokeOrganization } from '../model/smoke.ts';
import { type TokenType, typeName } from '../model/tokens.ts';
import { accountKey } from '../model/username.ts';
import { explainConnection } from '../motherduck/connection-errors.ts';
import type { About } from '../motherduck/connection-failure.ts';
import type { ProbeAnswer, ProbeReport, ProbeRequest } from '../motherduck/probe-process.ts';

/** What is expected of one connection. */
export interface Expected extends Pick<About, 'limit' | 'attempts'> {
  readonly account: string;
  readonly type: TokenType;
  /** The key of the token that connects; absent for a temporary token. */
  readonly token?: string;
  /** The configured size of this kind of Duckling; absent: unmanaged, so not checked. */
  readonly size?: Size;
  readonly database?: string;
  readonly query?: string;
  /** Whether a Duckling of this kind ran before the test; it keeps its size until it stops. */
  readonly ranBefore: boolean;
}

/** The probe request whose report `judge` takes. */
export function requestFor(expected: Expected, shutdown: boolean): ProbeRequest {
  return {
    steps: [
      { name: 'user', sql: 'SELECT md_user() AS username' },
      { name: 'organization', sql: 'FROM md_user_info()' },
      { name: 'duckling', sql: 'FROM __md_duckling_id()' },
      ...(expected.size === undefined ? [] : [{ name: 'size', sql: 'SELECT type FROM md_live_duckling_size()' }]),
      ...(expected.query === undefined ? [] : [{ name: 'query', sql: expected.query, foreign: true }]),
    ],
    shutdown,
  };
}

/** The checks of one connection, in the order in which they were made, without those that were not reached. */
export function judge(report: ProbeReport, expected: Expected): SmokeCheck[] {
  const checks: SmokeCheck[] = [];
  const add = (name: SmokeCheckName, step: string, verdict: (answer: ProbeAnswer) => Verdict) => {
    const ended = report.get(step);
    if (ended === undefined) return;
    const { ms, failure, answer } = ended;
    checks.push(
      failure === undefined
        ? { name, ms, ...verdict(answer ?? { rows: 0 }) }
        : {
            name,
            passed: false,
            ms,
            ...explainConnection(failure, { ...expected, isQuery: step === 'query' }).problem,
          },
    );
  };
  add('connects', 'connect', () => ({ passed: true }));
  const { database } = expected;
  if (database !== undefined && report.get('connect')?.failure === undefined) {
    add('database', 'connect', () => ({ passed: true, found: database }));
  }
  add('user', 'user', (answer) => judgeUser(answer, expected));
  add('organization', 'organization', judgeOrganizationNamed);
  if (kindOf(report.get('duckling')?.answer) !== undefined) {
    add('duckling', 'duckling', (answer) => judgeDuckling(answer, expected));
  }
  add('size', 'size', (answer) => judgeSize(answer, expected));
  add('query', 'query', (answer) => ({ passed: true, found: describeAnswer(answer) }));
  return checks;
}

type Verdict = Omit<SmokeCheck, 'name' | 'ms'>;

function judgeUser(answer: ProbeAnswer, { account, token }: Expected): Verdict {
  const found = firstValue(answer) ?? 'no user';
  if (accountKey(found) === accountKey(account)) return { passed: true, found };
  return {
    passed: false,
    found,
    expected: account,
    message: `connected as "${found}", not as "${account}"`,
    hint: {
      text: 'This token belongs to another account: check the path where its secret is stored, then replace it.',
      command: ['rotate', entryName({ account, token })],
    },
  };
}

function judgeOrganizationNamed(answer: ProbeAnswer): Verdict {
  const organization = organizationOf(answer);
  if (organization !== undefined) return { passed: true, found: organization.name };
  return {
    passed: false,
    message: 'md_user_info() names no organization',
    hint: {
      text: 'Check under Settings at MotherDuck whether the account is active and belongs to your organization.',
    },
  };
}

/** The organization in an answer of `md_user_info()`. */
export function organizationOf(answer: ProbeAnswer | undefined): SmokeOrganization | undefined {
  const row = answer?.row ?? {};
  const id = row.org_id;
  if (!id) return undefined;
  return {
    id,
    name: row.org_name || id,
    ...(row.org_type && { type: row.org_type }),
    ...(row.region && { region: row.region }),
  };
}

/** The id of the Duckling within its account, `rw` or `rs.0`; undefined: MotherDuck does not say. */
function kindOf(answer: ProbeAnswer | undefined): string | undefined {
  const ids = Object.values(answer?.row ?? {}).map((value) => /(?:^|\.)(rw|rs\.\d+)$/.exec(value ?? '')?.[1]);
  return ids.find((id) => id !== undefined);
}

/** The function is not documented: without it, or with an answer of another form, this check is skipped. */
function judgeDuckling(answer: ProbeAnswer, { account, token, type }: Expected): Verdict {
  const found = kindOf(answer) ?? '';
  const reached = found === 'rw' ? 'read_write' : 'read_scaling';
  if (reached === type) return { passed: true, found };
  return {
    passed: false,
    found,
    expected: type === 'read_write' ? 'rw' : 'rs.<n>',
    message: `a ${typeName(type)} token reached the ${typeName(reached)} Duckling (${found})`,
    hint:
      token === undefined
        ? {
            text: 'MotherDuck created a token of another type than requested. Test again, and report it to MotherDuck if it happens again.',
            command: ['smoke', '--only', account],
          }
        : {
            text: 'What connects with it can do more than it should, or less than it needs. Replace the token.',
            command: ['rotate', entryName({ account, token })],
          },
  };
}

function judgeSize(answer: ProbeAnswer, { account, size, ranBefore, type }: Expected): Verdict {
  const found = firstValue(answer)?.toLowerCase() ?? 'nothing';
  if (size === undefined || found === size) return { passed: true, found };
  return {
    passed: false,
    found,
    expected: size,
    message: `the ${typeName(type)} Duckling is ${found}, not ${size}`,
    hint: ranBefore
      ? {
          text: 'It ran before the test and changes its size only after it has stopped. Test again after its cooldown.',
          command: ['smoke', '--only', account],
        }
      : {
          text: 'Check whether the size was changed outside of mdacc; mdacc apply sets the configured one.',
          command: ['plan', '--only', account],
        },
  };
}

function firstValue(answer: ProbeAnswer): string | undefined {
  return Object.values(answer.row ?? {})[0] ?? undefined;
}

/** A single number is shown; other values may be confidential and are not logged. */
function describeAnswer(answer: ProbeAnswer): string {
  const value = firstValue(answer);
  const alone = answer.rows === 1 && Object.keys(answer.row ?? {}).length === 1;
  if (alone && value !== undefined && /^(-?\d+(\.\d+)?|true|false)$/.test(value)) return value;
  return `${answer.rows} ${answer.rows === 1 ? 'row' : 'rows'}`;
}
