import { describe, expect, it } from 'vitest';
import { auditMarkdown } from '../../src/report/audit/markdown.ts';
import { expectGolden } from '../golden/golden.ts';
import { CLEAN, FOUND, large, renamed } from './audits.ts';

describe('an audit as Markdown', () => {
  it('has the summary first, a marker, a table, and what its rules mean', () => {
    expectGolden('audits', 'as Markdown, with findings', auditMarkdown(FOUND), 'exact');
  });

  it('of a clean organization is a line and the marker', () => {
    expectGolden('audits', 'as Markdown, without findings', auditMarkdown(CLEAN), 'exact');
  });

  it('is at most 65,000 characters, cut between findings, most severe kept, and counts the others', () => {
    const text = auditMarkdown(large(2000));
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text.length).toBeGreaterThan(60_000);
    const rows = text.match(/^\| (❌|ℹ️) \|.*\|$/gm) ?? [];
    expect(text).toMatch(new RegExp(`^… .*\\b${1000 - rows.length} errors, 1000 notes\\b.*\`mdacc audit\``, 'm'));
    expect(rows.every((row) => row.split(' | ').length === 5)).toBe(true);
    expect(text).toContain('<details><summary>What these rules mean</summary>');
  });

  it('keeps a row a row and makes nothing of a name', () => {
    const text = auditMarkdown(renamed(FOUND, ' | @everyone <b> [x](http://evil) `\n- #1'));
    expect(text.match(/^\|.*$/gm)).toHaveLength(2 + FOUND.findings.length);
    for (const mark of ['@everyone', '<b>', '[x](', 'http://', '\n- #1']) expect(text).not.toContain(mark);
  });
});
