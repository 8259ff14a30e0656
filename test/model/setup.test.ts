import { expect, it } from 'vitest';
import { isDisruptiveSql, isNoStatement, isSeveralStatements, onOneLine, sqlCode } from '../../src/model/setup.ts';

it.each([
  ["SELECT ';'", false],
  ['SELECT ";"', false],
  ['SELECT 1;', false],
  ['SELECT 1; -- and; more', false],
  ['SELECT 1 /* ; /* ; */ ; */', false],
  ['SELECT $$ ; $$', false],
  ['SELECT $a$ ; $$ ; $a$', false],
  ["SELECT E'\\'; '", false],
  ["SELECT '\\'; DROP TABLE t", true],
  ['SELECT 1; SELECT 2', true],
  ['SELECT $$ ; $$; SELECT 2', true],
])('%s: several statements: %s', (sql, expected) => {
  expect(isSeveralStatements(sql)).toBe(expected);
});

it.each([
  ['DROP TABLE t', true],
  ['-- note\n/* more */ delete FROM t', true],
  ['(TRUNCATE t)', true],
  ['alter TABLE t ADD c INT', true],
  ['REVOKE READ ON SHARE s FROM u', true],
  ['DETACH a', true],
  ['WITH x AS (SELECT 1) DELETE FROM t', true],
  ['EXPLAIN ANALYZE DELETE FROM t', true],
  ['CREATE OR REPLACE TABLE t AS SELECT 1', true],
  ['CREATE OR REPLACE TEMP VIEW v AS SELECT 1', false],
  ['CREATE TABLE IF NOT EXISTS "drop" (i INT)', false],
  ["WITH x AS (SELECT 'delete') SELECT * FROM x", false],
])('%s: disruptive: %s', (sql, expected) => {
  expect(isDisruptiveSql(sql)).toBe(expected);
});

it('reads code without comments, texts and quoted names, of the same length', () => {
  const sql = `SELECT "a;b", 'c' -- d\n, 1`;
  expect(sqlCode(sql)).toHaveLength(sql.length);
  expect(onOneLine(`SELECT 'a  b', -- c\n   1\n`)).toBe("SELECT 'a  b', 1");
  expect([isNoStatement(' ; -- x'), isNoStatement('SELECT 1')]).toEqual([true, false]);
});
