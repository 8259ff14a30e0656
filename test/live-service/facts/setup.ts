/** SQL as a `setup` runs it: MotherDuck's own statements about databases and shares, and their refusals. */
import { Secret } from '../../../src/model/secret.ts';
import type { ProbeReport } from '../../../src/motherduck/probe-process.ts';
import { fieldOf } from '../raw-api.ts';
import { UNKNOWN_ID } from './connections.ts';
import type { FactContext, Question } from './context.ts';
import { type Look, Unseen } from './fact.ts';

const TTL = 900;

/** All of it goes with the account. Nobody else gets at the share. */
export async function lookAtSetup(context: FactContext, look: Look): Promise<void> {
  const { api, subject } = context;
  const [database, other, share] = [api.run, `${api.run}_other`, `${api.run}_share`];
  const attached = `${api.run}_attached`;
  const mint = async (name: string) => {
    const { status, json } = await api.createToken(subject, { name, ttl: TTL });
    if (status !== 200) throw new Unseen(`no token could be made: ${status}`);
    return new Secret(String(fieldOf(json, 'token')));
  };
  const run = async (token: string, statements: Readonly<Record<string, string>>) => {
    const steps = Object.entries(statements).map(([name, sql]): Question => ({ name, sql, foreign: true }));
    return context.connect(await mint(token), steps);
  };
  let made: ProbeReport = new Map();

  await look('CREATE DATABASE IF NOT EXISTS, twice', 'taken, and taken', async () => {
    made = await run('sets up', {
      create: `CREATE DATABASE IF NOT EXISTS ${database}`,
      'create again': `CREATE DATABASE IF NOT EXISTS ${database};`,
      exists: `CREATE DATABASE ${database}`,
      table: `CREATE TABLE IF NOT EXISTS ${database}.main.t AS SELECT 42 AS answer`,
      share: `CREATE SHARE IF NOT EXISTS ${share} FROM ${database} (ACCESS RESTRICTED)`,
      'share again': `CREATE SHARE IF NOT EXISTS ${share} FROM ${database} (ACCESS RESTRICTED)`,
      'share exists': `CREATE SHARE ${share} FROM ${database} (ACCESS RESTRICTED)`,
      'no share': `ATTACH IF NOT EXISTS 'md:_share/${share}_none/${UNKNOWN_ID}' AS ${attached}_none`,
      file: "FROM read_text('package.json')",
      two: 'SELECT 1 AS first; SELECT 2 AS last',
      'two of its own': `CREATE DATABASE IF NOT EXISTS ${other}; CREATE DATABASE IF NOT EXISTS ${other}`,
      other: `CREATE DATABASE IF NOT EXISTS ${other}`,
      drop: `DROP DATABASE ${other}`,
      'drop again': `DROP DATABASE ${other}`,
      'drop if exists': `DROP DATABASE IF EXISTS ${other}`,
    });
    return taken(made, 'create', 'create again');
  });

  await look('CREATE DATABASE of one that exists', 'refused', async () => refused(made, 'exists'));

  await look('CREATE TABLE in a database that was just created', 'taken', async () => taken(made, 'table'));

  await look('CREATE SHARE IF NOT EXISTS, twice', 'taken, and taken', async () => taken(made, 'share', 'share again'));

  await look('CREATE SHARE of one that exists', 'refused', async () => refused(made, 'share exists'));

  await look('What CREATE SHARE answers', 'its URL, md:_share/…', async () => {
    refusedWith(made, 'share');
    const columns = Object.keys(made.get('share')?.answer?.row ?? {}).join(', ');
    const fits = urlIn(made) !== undefined;
    return { seen: `${columns || 'nothing'}, ${fits ? 'a' : 'no'} URL`, fits };
  });

  await look('ATTACH of a share that does not exist', 'refused', async () => refused(made, 'no share'));

  await look('A local file in the SQL of a setup', 'refused', async () => refused(made, 'file'));

  await look('Two statements of DuckDB in one text', 'counted as two, and none of them runs', async () => {
    const failure = refusedWith(made, 'two');
    return { seen: failure ?? 'taken', fits: failure?.includes('2 statements') ?? false };
  });

  await look('Two statements of MotherDuck in one text', undefined, async () => ({
    seen: refusedWith(made, 'two of its own') ?? 'taken',
  }));

  await look('DROP DATABASE', 'taken', async () => taken(made, 'drop'));

  await look('DROP DATABASE of one that does not exist', 'refused', async () => refused(made, 'drop again'));

  await look('DROP DATABASE IF EXISTS of one that does not exist', 'taken', async () => taken(made, 'drop if exists'));

  let used: ProbeReport = new Map();
  await look('ATTACH IF NOT EXISTS of a share, twice', 'taken, and taken', async () => {
    const url = urlIn(made);
    if (url === undefined) throw new Unseen('no share was made');
    used = await run('attaches', {
      attach: `ATTACH IF NOT EXISTS '${url}' AS ${attached}`,
      'attach again': `ATTACH IF NOT EXISTS '${url}' AS ${attached}`,
      'is attached': `ATTACH '${url}' AS ${attached}`,
      read: `FROM ${attached}.main.t`,
      detach: `DETACH ${attached}`,
      'detach again': `DETACH ${attached}`,
      'drop shared': `DROP DATABASE ${database}`,
    });
    return taken(used, 'attach', 'attach again');
  });

  await look('ATTACH of a share that is attached', 'refused', async () => refused(used, 'is attached'));

  await look('A table of a share', 'answered', async () => {
    const failure = refusedWith(used, 'read');
    const answer = used.get('read')?.answer?.row?.answer;
    return { seen: failure ?? (answer === undefined ? 'not answered' : 'answered'), fits: answer !== undefined };
  });

  await look('DETACH of a share', 'taken', async () => taken(used, 'detach'));

  await look('DETACH of a share that is not attached', 'refused', async () => refused(used, 'detach again'));

  await look('DROP DATABASE of one that is shared', undefined, async () => ({
    seen: refusedWith(used, 'drop shared') ?? 'taken',
  }));
}

/** The share's, which the report does not show: whoever has it may be able to attach the share. */
function urlIn(report: ProbeReport): string | undefined {
  const values = Object.values(report.get('share')?.answer?.row ?? {});
  return values.find((value): value is string => /^md:_share\/[\w/-]+$/.test(value ?? ''));
}

function taken(report: ProbeReport, ...steps: readonly string[]) {
  const failures = steps.map((step) => refusedWith(report, step));
  return {
    seen: failures.map((failure) => failure ?? 'taken').join(', and '),
    fits: failures.every((failure) => failure === undefined),
  };
}

function refused(report: ProbeReport, step: string) {
  const failure = refusedWith(report, step);
  return { seen: failure ?? 'taken', fits: failure !== undefined };
}

/** What a statement was refused with; undefined: it was not. @throws Unseen when it was not tried */
export function refusedWith(report: ProbeReport, step: string): string | undefined {
  const ended = report.get(step);
  const failure = ended?.failure;
  if (ended === undefined) throw new Unseen(report.get('connect')?.failure?.text ?? 'it was not tried');
  if (failure !== undefined && failure.kind !== 'sql') throw new Unseen(failure.text);
  return failure?.text.replace(/ LINE \d+: .*$/s, '').replaceAll(/md:_share\/[\w/-]+/g, 'md:_share/…');
}
