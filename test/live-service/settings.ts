/** What the environment says about a run. */
import path from 'node:path';
import { isSize, SIZES, type Size } from '../../src/model/ducklings.ts';
import { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import { parseAddress } from '../../src/motherduck/address.ts';
import { beganAt } from './names.ts';

export interface Settings {
  readonly address: URL;
  readonly token: Secret;
  /** The folder of a served sandbox. */
  readonly sandbox?: string;
  readonly size: Size;
  /** The file that the report also goes to. */
  readonly report?: string;
  /** The run's name, where a later command must know it. */
  readonly run?: string;
  /** Whether the Admin may connect, to look at the query history. */
  readonly usage: boolean;
  /** Whether to wait until a token has expired. */
  readonly wait: boolean;
  /** Milliseconds that the steps may take. */
  readonly limit: number;
}

export const HOW_TO_RUN = `The live suite was skipped. It makes service accounts of its own, named mdacc_live_…, and removes them. To run it:
  MDACC_LIVE=1 MOTHERDUCK_ADMIN_TOKEN=… npm run test:live
with a read/write token of an Admin, or with the three variables that "mdacc sandbox serve" prints.
With "-- --record FILE" it also records the answers, for an issue. test/live-service/README.md says what it does and what it costs.
`;

/** Reads them; undefined without an admin token. @throws UserError for a value that cannot be used */
export function readSettings(env: NodeJS.ProcessEnv): Settings | undefined {
  const text = (name: string) => env[name]?.trim() || undefined;
  const token = text('MOTHERDUCK_ADMIN_TOKEN');
  if (token === undefined) return undefined;
  const [sandbox, report, run] = [text('MDACC_SANDBOX'), text('MDACC_LIVE_REPORT'), text('MDACC_LIVE_RUN')];
  const size = text('MDACC_LIVE_SIZE') ?? 'pulse';
  if (!isSize(size)) throw unusable('MDACC_LIVE_SIZE', `It is one of ${SIZES.join(', ')}.`);
  if (run !== undefined && beganAt(run) === undefined) {
    throw unusable('MDACC_LIVE_RUN', 'It is mdacc_live_, 14 digits of a UTC time, _, and 8 hexadecimal digits.');
  }
  const minutes = Number(text('MDACC_LIVE_MINUTES') ?? 20);
  if (!(minutes > 0 && minutes <= 120)) throw unusable('MDACC_LIVE_MINUTES', 'It is a number up to 120.');
  return {
    address: parseAddress(text('MOTHERDUCK_API_URL') ?? text('MOTHERDUCK_API_BASE_URL')),
    token: new Secret(token),
    size,
    usage: text('MDACC_LIVE_USAGE') === '1',
    wait: text('MDACC_LIVE_WAIT') === '1',
    limit: minutes * 60_000,
    ...(sandbox && { sandbox: path.resolve(sandbox) }),
    ...(report && { report }),
    ...(run && { run }),
  };
}

function unusable(name: string, hint: string): UserError {
  return new UserError('USAGE', `${name} cannot be used as it is`, hint);
}
