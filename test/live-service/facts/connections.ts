/** Connections through DuckDB: who gets in, and what is answered there. */

import { Secret } from '../../../src/model/secret.ts';
import { counted } from '../../../src/model/wording.ts';
import { explainConnection } from '../../../src/motherduck/connection-errors.ts';
import type { ProbeReport } from '../../../src/motherduck/probe-process.ts';
import { fieldOf, listOf } from '../raw-api.ts';
import type { FactContext } from './context.ts';
import { keysOf, type Look, lineOf, type Sight, Unseen } from './fact.ts';

const TTL = 900;
const SIZE = { name: 'size', sql: 'FROM md_live_duckling_size()' };
type Row = Readonly<Record<string, string | null>>;
const INFO = 'org_id, org_name, org_type, region, user_id, username';
const ACTIVE = 'ducklings, username';
const FIELDS = ['id', 'type', 'status'] as const;
/** Only whose fault a failure is, is asked. */
const ABOUT = { account: 'facts', type: 'read_write' } as const;
export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const REFUSED = 'Invalid MotherDuck token (PERMISSION_DENIED';

export async function lookAtConnections(context: FactContext, look: Look): Promise<void> {
  const { api, subject, admin } = context;
  const mint = async (type: 'read_write' | 'read_scaling') => {
    const { status, json } = await api.createToken(subject, { name: `connects ${type}`, ttl: TTL, token_type: type });
    if (status !== 200) throw new Unseen(`no token could be made: ${status}`);
    return { id: String(fieldOf(json, 'id')), secret: new Secret(String(fieldOf(json, 'token'))) };
  };

  await look('A read scaling token before the first read/write connection', 'does not connect', async () => {
    const report = await context.connect((await mint('read_scaling')).secret, [SIZE]);
    const failure = failureOf(report, 'connect');
    return failure === undefined ? { seen: 'connects', fits: false } : { seen: failure, fits: true };
  });

  let report: ProbeReport = new Map();
  let first: { id: string; secret: Secret } | undefined;
  await look('md_user()', "the account's name", async () => {
    first = await mint('read_write');
    const questions = [
      { name: 'user', sql: 'SELECT md_user() AS username' },
      { name: 'info', sql: 'FROM md_user_info()' },
      SIZE,
    ];
    report = await context.connect(first.secret, questions, true);
    return answered(report, 'user', ({ username }) => {
      const isOwn = username === subject;
      return { seen: isOwn ? "the account's name" : 'something else', fits: isOwn };
    });
  });

  await look('md_user_info()', `one row with ${INFO}`, async () =>
    answered(report, 'info', (row, rows) => {
      const columns = Object.keys(row).sort().join(', ');
      return { seen: `${counted(rows, 'row')} with ${columns}`, fits: rows === 1 && columns === INFO };
    }),
  );

  await look('md_live_duckling_size()', 'type: Pulse', async () => answered(report, 'size', isPulse));

  await look('SHUTDOWN', 'taken', async () => {
    const failure = failureOf(report, 'shutdown');
    return { seen: failure ?? 'taken', fits: failure === undefined };
  });

  let reads: ProbeReport = new Map();
  await look('A read scaling token afterwards', 'connects, to a Pulse', async () => {
    // It stays awake, to be seen as an active account.
    reads = await context.connect((await mint('read_scaling')).secret, [
      SIZE,
      { name: 'duckling', sql: 'FROM __md_duckling_id()' },
      { name: 'write', sql: 'CREATE DATABASE mdacc_live' },
      { name: 'attach', sql: `ATTACH 'md:_share/mdacc_live/${UNKNOWN_ID}' AS mdacc_live`, foreign: true },
    ]);
    const failure = failureOf(reads, 'connect');
    if (failure !== undefined) return { seen: failure, fits: false };
    const { seen, fits } = answered(reads, 'size', isPulse);
    return { seen: `connects; ${seen}`, fits: fits === true };
  });

  await look('__md_duckling_id()', 'ends in .rs. and a number for a read scaling token', async () =>
    answered(reads, 'duckling', (row) => {
      const [id = ''] = Object.values(row);
      const ending = /\.(rw|rs\.\d+)$/.exec(id ?? '')?.[0];
      return {
        seen: ending === undefined ? 'ends otherwise' : `ends in ${ending}`,
        fits: ending?.startsWith('.rs') === true,
      };
    }),
  );

  await look('A read scaling connection that creates a database', 'refused', async () => {
    const failure = failureOf(reads, 'write');
    return { seen: failure ?? 'taken', fits: failure !== undefined };
  });

  await look('A read scaling connection that attaches a share', undefined, async () => {
    return { seen: failureOf(reads, 'attach') ?? 'taken' };
  });

  await look(
    'Active accounts',
    `each with ${ACTIVE}; this one with rs.N, read_scaling, active or cooldown`,
    async () => {
      if (failureOf(reads, 'connect') !== undefined) throw new Unseen('no Duckling of the account runs');
      const answer = await api.get('/v1/active_accounts');
      const accounts = listOf(answer.json, 'accounts');
      const own = accounts.find((account) => fieldOf(account, 'username') === subject);
      const ducklings = listOf(own, 'ducklings').map((duckling) =>
        FIELDS.map((name) => String(fieldOf(duckling, name))),
      );
      const shapes = [...new Set(accounts.map(keysOf))];
      const awake = ducklings.map((fields) => fields.join(' '));
      const seen = `${lineOf(answer)}; ${counted(accounts.length, 'account')}, each with ${shapes.join(' and ')}; this one: ${awake.join(', ') || 'not in it'}`;
      return {
        seen,
        // A Pulse Duckling may sleep by now.
        fits:
          shapes.every((shape) => shape === ACTIVE) &&
          (own === undefined || awake.some((line) => /^rs\.\d+ read_scaling (active|cooldown)$/.test(line))),
      };
    },
  );

  await look('A Pulse three seconds after its connection', undefined, async () => {
    if (failureOf(reads, 'connect') !== undefined) throw new Unseen('no Duckling of the account runs');
    await context.sleep(3000);
    const { json } = await api.get('/v1/active_accounts');
    const own = listOf(json, 'accounts').find((account) => fieldOf(account, 'username') === subject);
    const states = listOf(own, 'ducklings').map(
      (duckling) => `${String(fieldOf(duckling, 'id'))} ${String(fieldOf(duckling, 'status'))}`,
    );
    return { seen: states.join(', ') || 'not active' };
  });

  await look('A token that was deleted', `does not connect: "${REFUSED}"`, async () => {
    if (first === undefined) throw new Unseen('no token was made');
    await api.deleteToken(subject, first.id);
    const failure = failureOf(await context.connect(first.secret, []), 'connect');
    return { seen: failure ?? 'connects', fits: failure?.includes(REFUSED) ?? false };
  });

  await look('A malformed token', 'does not connect: "Jwt is not in the form of"', async () => {
    const failure = failureOf(await context.connect(new Secret('nonsense'), []), 'connect');
    return { seen: failure ?? 'connects', fits: failure?.includes('Jwt is not in the form of') ?? false };
  });

  await look('The query history', 'shown to an Admin on a Business plan', async () => {
    if (!context.usage)
      throw new Unseen("MDACC_LIVE_USAGE=1 connects as the Admin, whose Duckling's minute costs what its size does");
    const sql = 'SELECT count(DISTINCT user_name) AS users FROM md_information_schema.query_history';
    const history = await context.connect(admin, [{ name: 'history', sql }]);
    return answered(history, 'history', ({ users }) => ({ seen: `shown, with ${users} users`, fits: true }));
  });
}

/** How a step failed; undefined: not. @throws Unseen when it was not tried, or when this machine is to blame */
export function failureOf(report: ProbeReport, step: string): string | undefined {
  const ended = report.get(step);
  const failure = ended?.failure ?? report.get('connect')?.failure;
  const isTheirs = failure?.kind === 'sql' && /token|account/.test(explainConnection(failure, ABOUT).scope);
  if (ended === undefined || (failure !== undefined && !isTheirs))
    throw new Unseen(failure?.text ?? 'it was not tried');
  return failure?.text;
}

/** What the first row of a step's answer says; its failure is none of the answers that are documented. */
function answered(report: ProbeReport, step: string, see: (row: Row, rows: number) => Sight): Sight {
  const failure = failureOf(report, step);
  const answer = report.get(step)?.answer;
  return failure === undefined ? see(answer?.row ?? {}, answer?.rows ?? 0) : { seen: failure, fits: false };
}

function isPulse(row: Row): Sight {
  const fields = Object.entries(row).map(([name, value]) => `${name}: ${value}`);
  return { seen: fields.join(', '), fits: fields.join() === 'type: Pulse' };
}
