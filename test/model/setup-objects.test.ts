import { describe, expect, it } from 'vitest';
import { attachedShare, createdObjects, isNamedLike } from '../../src/model/setup-objects.ts';

describe('what a setup creates', () => {
  it('is read from its statements, in order, over what was there', () => {
    const created = createdObjects([
      'CREATE DATABASE IF NOT EXISTS "etl prod"',
      '-- the share\ncreate or replace share Reporting from "etl prod" (ACCESS RESTRICTED)',
      'CREATE DATABASE scratch',
      'DROP DATABASE IF EXISTS SCRATCH',
      'CREATE TABLE share AS SELECT 1',
      "SELECT 'CREATE DATABASE no'",
    ]);
    expect(created).toEqual({
      databases: ['etl prod'],
      shares: [{ name: 'Reporting', database: 'etl prod' }],
    });
    expect(createdObjects(['DROP SHARE reporting', 'CREATE DATABASE Etl'], created)).toEqual({
      databases: ['etl prod', 'Etl'],
      shares: [],
    });
  });

  it.each([
    ["ATTACH 'md:_share/reporting/0f4c-1' AS r", 'reporting'],
    ["ATTACH IF NOT EXISTS /* it */ 'md:_share/reporting/0f4c-1'", 'reporting'],
    ["ATTACH 'md:reporting'", undefined],
    ["SELECT 'ATTACH ''md:_share/reporting/1'''", undefined],
  ])('of %s is attached %s', (sql, name) => {
    expect(attachedShare(sql)).toBe(name);
  });

  it('may be what a URL with the name of the share or of its database means', () => {
    const share = { name: 'Reporting', database: 'etl' };
    expect(['reporting', 'ETL', 'other'].map((name) => isNamedLike(share, name))).toEqual([true, true, false]);
  });
});
