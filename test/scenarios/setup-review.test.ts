/** What a reviewer sees of the SQL of a setup. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const configuration = (...statements: readonly string[]) => `version: 1
organization: acme
accounts:
  etl:
    setup: ${JSON.stringify(statements)}
`;
const LISTED = "SELECT 1 AS one,\n\n\n    2 AS two,                    -- aligned\n\t\t'a  b' AS three";

it.each(['text', 'markdown', 'html'])(
  'SQL far to the right or below is counted, not out of sight: %s',
  async (format) => {
    const shown = async (...statements: readonly string[]) =>
      (await new Stage(configuration(...statements)).run(`plan --sandbox --format ${format}`)).stdout;
    const evil = ', evil()';
    expect(await shown(`SELECT 1${' '.repeat(1500)}${evil}`)).toContain(`SELECT 1 … 1,500 blanks … ${evil}`);
    expect(await shown(`SELECT 1${'\t'.repeat(20)}${evil}`)).toContain(`SELECT 1 … 20 blanks … ${evil}`);
    expect(await shown(`SELECT 1${'\n \t'.repeat(300)}${evil}`)).toMatch(
      /SELECT 1\n *… 300 line breaks …\n *[ \t]*, evil\(\)/,
    );
    for (const line of LISTED.split('\n')) {
      expect((await shown(LISTED)).replaceAll('&#39;', "'").replaceAll('&apos;', "'")).toContain(line);
    }
    expect(await shown(LISTED)).not.toContain('…');
  },
);
