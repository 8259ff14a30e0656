/** The SQL of setups as reviewers read it. */
import type { Action, RunSetup } from '../../model/action.ts';
import { disruptiveWords } from '../../model/setup.ts';

/** The SQL of an account's setup to review, a statement each, which ends with a semicolon. */
export function shownSql(actions: readonly Action[]): string[] {
  const sql = actions.flatMap((action) => (action.action === 'run_setup' ? statementsToReview(action) : []));
  // It must not become part of a comment.
  return sql
    .map(withoutGaps)
    .map((statement) => (/;\s*$/.test(statement) ? statement : statement + (/--.*$/.test(statement) ? '\n;' : ';')));
}

/** The new statements; all where none is new, or where one that runs again is disruptive: their order may be what changed. */
export function statementsToReview({ after: { new_statements: fresh, statements } }: RunSetup): readonly string[] {
  const again = statements.filter((sql) => !fresh.includes(sql));
  return fresh.length === 0 || again.some((sql) => disruptiveWords(sql).length > 0) ? statements : fresh;
}

/** Columns and lines without anything in them that no SQL needs: what comes after more of them is out of sight. */
const MOST_BLANK = { columns: 60, lines: 6 } as const;

function withoutGaps(sql: string): string {
  const blanks = (count: number) => `… ${count.toLocaleString('en')}`;
  return sql
    .replace(/[^\S\n]{8,}/g, (gap) => {
      const columns = gap.replaceAll('\t', ' '.repeat(8)).length;
      return columns > MOST_BLANK.columns ? ` ${blanks(gap.length)} blanks … ` : gap;
    })
    .replace(/\n(?:[^\S\n]*\n)+/g, (gap) => {
      const breaks = gap.split('\n').length - 1;
      return breaks > MOST_BLANK.lines ? `\n${blanks(breaks)} line breaks …\n` : gap;
    });
}
