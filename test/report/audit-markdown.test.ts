import { describe, expect, it } from 'vitest';
import { auditMarkdown } from '../../src/report/audit/markdown.ts';
import { CLEAN, FOUND, large, renamed } from './audits.ts';

describe('an audit as Markdown', () => {
  it('has the summary first, a marker, a table, and what its rules mean', () => {
    expect(auditMarkdown(FOUND)).toMatchInlineSnapshot(`
      "**Audit: 2 errors, 3 warnings, 1 note in 4 accounts with 5 tokens.**

      <!-- motherduck-accounts audit: acme -->
      acme, in the sandbox, at 2026-11-24 22:53 UTC

      | | rule | subject | finding | fix |
      |---|---|---|---|---|
      | ❌ | MDA024 | **the organization** | the users cannot be listed | Use a token of an Admin. |
      | ❌ | MDA006 | **etl&#95;prod/airflow** | expired 2026-11-20 (motherduck.accounts.yaml:31) | Apply the configuration: mdacc apply --only etl&#95;prod |
      | ⚠️ | MDA001 | **marketing&#95;bot** | not in the configuration: 2 tokens | Delete at MotherDuck, or adopt: mdacc import marketing&#95;bot |
      | ⚠️ | MDA002 | **etl&#95;prod/"&#62;&#60;script&#62;alert(1)&#60;/script&#62;** | not in the configuration, number 1 (teams/data platform.yaml:28) | Revoke it at MotherDuck. |
      | ⚠️ | MDA002 | **etl&#95;prod/"&#62;&#60;script&#62;alert(1)&#60;/script&#62;** | not in the configuration, number 2 (teams/data platform.yaml:28) | Revoke it at MotherDuck. |
      | ℹ️ | MDA017 | **etl&#95;prod** | never smoke-tested (motherduck.accounts.yaml:28) | Run the smoke test: mdacc smoke --only etl&#95;prod |

      Not checked because of \`ignore\`: 1 account (legacy&#95;etl)

      <details><summary>What these rules mean</summary>

      - **MDA001 unmanaged-account**: A service account is not in the configuration. Nobody reviews its compute, and nothing rotates its tokens.
      - **MDA002 unmanaged-token**: A managed account has a token that is not in the configuration. Nothing rotates it.
      - **MDA006 token-expired**: A token expired and nothing replaced it. Programs that use it cannot connect.
      - **MDA017 never-smoke-tested**: An account was never smoke-tested. Whether its tokens work is not known.
      - **MDA024 unreadable**: Something could not be read. What is there is not known.

      </details>
      "
    `);
  });

  it('of a clean organization is a line and the marker', () => {
    expect(auditMarkdown(CLEAN)).toMatchInlineSnapshot(`
      "**Audit: no findings in 4 accounts with 5 tokens.**

      <!-- motherduck-accounts audit: acme -->
      acme, in the sandbox, at 2026-11-24 22:53 UTC
      "
    `);
  });

  it('is at most 65,000 characters, cut between findings, most severe kept, and counts the others', () => {
    const text = auditMarkdown(large(2000));
    expect(text.length).toBeLessThanOrEqual(65_000);
    expect(text.length).toBeGreaterThan(60_000);
    const rows = text.match(/^\| (❌|ℹ️) \|.*\|$/gm) ?? [];
    expect(text).toContain(
      `… and ${1000 - rows.length} errors, 1000 notes not shown because of the size limit; \`mdacc audit\` shows all.`,
    );
    expect(rows.every((row) => row.split(' | ').length === 5)).toBe(true);
    expect(text).toContain('<details><summary>What these rules mean</summary>');
  });

  it('keeps a row a row and makes nothing of a name', () => {
    const text = auditMarkdown(renamed(FOUND, ' | @everyone <b> [x](http://evil) `\n- #1'));
    expect(text.match(/^\|.*$/gm)).toHaveLength(2 + FOUND.findings.length);
    for (const mark of ['@everyone', '<b>', '[x](', 'http://', '\n- #1']) expect(text).not.toContain(mark);
  });
});
