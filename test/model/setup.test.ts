import { expect, it } from 'vitest';
import {
  disruptiveWords,
  isNoStatement,
  isSeveralStatements,
  mayChange,
  sqlCode,
  unseenCharacter,
} from '../../src/model/setup.ts';

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
  ['DROP TABLE t', ['DROP']],
  ['-- note\n/* more */ delete FROM t', ['DELETE']],
  ['(TRUNCATE t)', ['TRUNCATE']],
  ['REVOKE READ ON SHARE s FROM u', ['REVOKE']],
  ['DETACH a', ['DETACH']],
  ['UPDATE t SET i = 1', ['UPDATE']],
  ['ALTER TABLE t ADD c INT; alter x', ['ALTER']],
  ['GRANT READ ON SHARE s TO u', []],
  ['GRANT admin TO u', ['GRANT']],
  ['/**/ GRANT READ ON SHARE s TO u', ['GRANT']],
  ['CREATE SHARE IF NOT EXISTS s FROM a (ACCESS ORGANIZATION, UPDATE AUTOMATIC)', []],
  ['CREATE SHARE s FROM a UPDATE MANUAL', []],
  ['UPDATE automatic SET i = 1', ['UPDATE']],
  ['UPDATE manual/*)*/ SET i = 1', ['UPDATE']],
  ['CREATE SHARE s FROM a (UPDATE AUTOMATIC); DROP TABLE m', ['DROP']],
  ['CREATE SHARE s FROM a (ACCESS UNRESTRICTED)', ['UNRESTRICTED']],
  ["COPY t TO 's3://b/t'", ['COPY']],
  ["IMPORT DATABASE 's3://b/d'", ['IMPORT']],
  ['EXPLAIN ANALYZE DELETE FROM t', ['DELETE']],
  ['CREATE OR REPLACE TABLE t AS SELECT 1', ['REPLACE']],
  ['INSERT OR/**/REPLACE INTO t SELECT 1', ['REPLACE']],
  ['CREATE OR REPLACE VIEW v AS SELECT 1; CREATE OR REPLACE TABLE t (i INT)', ['REPLACE']],
  ["SELECT 1 AS a$$$$, '$$$$ -- '; DROP TABLE m", ['DROP']],
  ['SELECT $$é$$ -- $$é$$; DROP TABLE m', ['DROP']],
  ['SELECT 5 -- x\r;DROP TABLE m', ['DROP']],
  ['CREATE TABLE IF NOT EXISTS "drop" (i INT) -- update', ['DROP', 'UPDATE']],
  ['CREATE OR REPLACE TEMP VIEW v AS SELECT * REPLACE (1 AS i), replace(a, b, c) FROM t', []],
  ['CREATE TABLE IF NOT EXISTS drops (updated_at DATE, last_update DATE, dropped INT)', []],
])('%s: is disruptive for %s', (sql, expected) => {
  expect(disruptiveWords(sql)).toEqual(expected);
});

it.each([
  ['SELECT 1 AS a$$$$, 2; DROP TABLE m -- $$', true],
  ["SELECT 1 AS a$$, '$$ -- '; DROP TABLE m", true],
  ['SELECT $é$ -- $é$; DROP TABLE m', true],
  ['SELECT $é$ ; $é$', false],
])('%s: names and tags as DuckDB reads them: several: %s', (sql, expected) => {
  expect(isSeveralStatements(sql)).toBe(expected);
});

it.each([
  ['SELECT 1\r', 'U+000D'],
  ['SELECT 1\0', 'U+0000'],
  ['SELECT 1\u2028', 'U+2028'],
  ['SELECT \u202e1', 'U+202E'],
  ['SELECT \u200b1', 'U+200B'],
  ["SELECT 'é',\t1\n", undefined],
])('%j: has the unseen character %s', (sql, expected) => {
  expect(unseenCharacter(sql)).toBe(expected);
});

it('reads code without comments, texts and quoted names, of the same length', () => {
  const sql = `SELECT "a;b", 'c' -- d\n, 1`;
  expect(sqlCode(sql)).toHaveLength(sql.length);
  expect([isNoStatement(' ; -- x'), isNoStatement('SELECT 1')]).toEqual([true, false]);
});

it.each([
  ['SHUTDOWN', true],
  ['SELECT * FROM a; SELECT * FROM b', true],
  ['insert INTO t VALUES (1)', true],
  ['SELECT 1 -- then DROP it', true],
  ['SELECT updated_at, offset FROM t; -- the end', false],
  ["SELECT ';' || name FROM t;", false],
])('a query may change something: %s (%s)', (sql, expected) => {
  expect(mayChange(sql)).toBe(expected);
});
