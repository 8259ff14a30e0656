/** What DuckDB runs in the place of MotherDuck's own statements. */
import { expect, it } from 'vitest';
import { type Catalog, translate } from '../../src/sandbox/statements.ts';

const catalog = (more: Partial<Catalog> = {}): Catalog => ({
  fileOf: (database) => `/databases/${database}.duckdb`,
  newFileOf: (database) => `/databases/${database}.new`,
  databases: new Set(['my_db']),
  attachedShares: new Map(),
  share: () => undefined,
  username: 'etl_prod',
  ...more,
});

const attach = (share: string, name: string) => `ATTACH IF NOT EXISTS 'md:_share/${share}/id' AS ${name}`;

const attached = {
  attachedShares: new Map([['mine', 'Reporting']]),
  share: () => ({ access: 'ORGANIZATION', isOwn: false, mayRead: true }),
} satisfies Partial<Catalog>;

it.each([
  ['that this connection created', ['CREATE SHARE Reporting FROM my_db', attach('Reporting', 'mine')], catalog()],
  ['that was attached before', [], catalog(attached)],
])('a share %s is the same one whatever the case of its name', (_, before, known) => {
  const statements = [...before, attach('reporting', 'mine'), attach('REPORTING', 'other')];
  const [again = [], elsewhere = []] = translate(statements, 'read_write', known).instead.slice(before.length);
  expect(again).toEqual(['SELECT 1']);
  expect(elsewhere.join()).toContain('attached already under another name');
});
