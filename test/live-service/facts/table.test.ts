/** The table in README.md names for each fact where it is checked, and what it names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import { newRun } from '../names.ts';
import { ADMIN, answering } from '../served.ts';
import { lookAtFacts } from './facts.ts';

const SOURCES = ['documented', 'one source', 'not known'];

interface Row {
  readonly id: string;
  readonly source: string;
  /** `seen: NAME` is an experiment, `none: REASON` an exception, and else it is `FILE: NAME`. */
  readonly checks: readonly (readonly [string, string])[];
}

/** The rows of the table whose first column is `id`. */
function readTable(text: string): Row[] {
  const [, table = ''] = text.split(/^\| id +\|.*\n\| -.*\n/m);
  const lines = table.split('\n').slice(
    0,
    table.split('\n').findIndex((line) => !line.startsWith('|')),
  );
  return lines.map((line) => {
    const [, id = '', , source = '', checks = ''] = line.split('|').map((cell) => cell.trim());
    const split = checks.split('<br>').map((check) => {
      const [where = '', what = ''] = check.split(/: (.*)/);
      return [where, what.trim()] as const;
    });
    return { id, source, checks: split };
  });
}

const rows = readTable(readFileSync('test/live-service/README.md', 'utf8'));

describe('the table of facts', () => {
  it('has an id of its own and a source for each', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(rows.filter(({ id, source }) => !/^[a-z0-9-]+$/.test(id) || !SOURCES.includes(source))).toEqual([]);
  });

  it('names experiments that are made, and every one of them', async () => {
    const { api } = answering(newRun());
    const context = {
      ...{ api, subject: `${api.run}_facts`, admin: new Secret(ADMIN), usage: true, wait: true },
      connect: async () => new Map(),
      readUsage: () => expect.unreachable(),
      sleep: async () => {},
    };
    const made = (await lookAtFacts(context, new AbortController().signal)).map(({ about }) => about);
    const named = rows.flatMap(({ checks }) => checks.filter(([where]) => where === 'seen').map(([, what]) => what));
    expect([...new Set(named)].sort()).toEqual([...new Set(made)].sort());
  });

  it('names tests that are there', () => {
    const tests = rows.flatMap(({ checks }) => checks.filter(([where]) => where !== 'seen' && where !== 'none'));
    const missing = tests.filter(([file, name]) => !existsSync(file) || !readFileSync(file, 'utf8').includes(name));
    expect(missing).toEqual([]);
  });

  it('has an experiment for what is not known or comes from one source, or says why not', () => {
    const uncertain = rows.filter(({ source }) => source !== 'documented');
    const isLookedAt = ({ checks }: Row) => checks.some(([where]) => where === 'seen' || where === 'none');
    const isJourney = ({ checks }: Row) => checks.some(([where]) => where.endsWith('.live.ts'));
    expect(uncertain.filter((row) => !isLookedAt(row) && !isJourney(row)).map(({ id }) => id)).toEqual([]);
  });
});
