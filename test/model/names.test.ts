import { describe, expect, it } from 'vitest';
import { globMatcher } from '../../src/model/glob.ts';
import { accountKey } from '../../src/model/username.ts';

describe('accountKey', () => {
  it('is the same for names that differ in the case of ASCII letters, and for no others', () => {
    expect(accountKey('ETL_Prod')).toBe('etl_prod');
    expect(accountKey('\u212aloader')).not.toBe(accountKey('kloader'));
  });
});

describe('globMatcher', () => {
  it('matches nothing without a glob, and names and patterns without regard to case', () => {
    expect(globMatcher([])('etl')).toBe(false);
    const matches = globMatcher(['Tenant_1', 'bi_*', '!x', 'human.*']);
    expect(['TENANT_1', 'BI_prod', 'human.anna'].map(matches)).toEqual([true, true, true]);
    expect(globMatcher(['tenant_1', 'bi_*'])('tenant_10')).toBe(false);
  });

  it('looks thousands of plain names up at once', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `tenant_${index}`);
    const matches = globMatcher(names);
    expect(names.every(matches)).toBe(true);
    expect(matches('tenant_20000')).toBe(false);
  });
});
