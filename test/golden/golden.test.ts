/** The golden files hold what tests compare with, and nothing besides. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, read } from './golden.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));
/** The TypeScript below a folder, by its path. */
function sources(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

const FILES = sources(path.dirname(HERE));
const TESTS = [...FILES.values()];

describe('each entry of a golden file', () => {
  const files = readdirSync(HERE).filter((name) => name.endsWith('.txt'));
  it.each(files)('of %s is named by a test', (name) => {
    const entries = [...read(path.basename(name, '.txt') as GoldenFile).keys()];
    const isNamed = (part: string) => TESTS.some((text) => text.includes(part.replace(/^mdacc /, '')));
    const stale = entries.filter((entry) => !entry.split(' > ').every(isNamed));
    expect(stale).toEqual([]);
  });
});

describe('exact English', () => {
  /** What a matcher compares with, where it is written in its parentheses. */
  const EXPECTED =
    /\b(?:toBe|toEqual|toContain|toMatch|toThrow|stringContaining|stringMatching)\(\s*('[^'\n]+'|"[^"\n]+"|`[^`]+`|\/[^\n]+\/\w*)[,)\s]/g;
  const WORDS = /[a-z']+(?:,? [a-z']+){3,}/gi;
  /** Without the quotes of the literal, which would count as apostrophes of its words. */
  const inner = (literal: string) => literal.slice(1, literal.lastIndexOf(literal[0] ?? ''));
  /** A sentence has one of them, and a command or a name has none. */
  const OF_SENTENCES = /\b(?:an?|the|is|are|was|not|no|of|to|it|that|has|have|cannot|nothing)\b/i;

  // The sandbox speaks as MotherDuck does.
  const product = [...sources(path.join(HERE, '../../src'))]
    .filter(([name]) => !name.startsWith('sandbox'))
    .map(([, text]) => text.replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, ''))
    .join('\n');

  /** Still to be moved to a golden file, or replaced by a code. Nothing is added here. */
  const TO_MOVE: Readonly<Record<string, readonly string[]>> = {
    'apply/next-command.test.ts': [
      'Another run may have the state, which has everything that was done',
      'Wait until it ends',
    ],
    'backends/azure.real.ts': ['A key in the environment'],
    'backends/gcs.real.ts': ['cannot keep a shared state'],
    'docs/organization-stories.ts': ['the state is shared'],
    'doctor/doctor.test.ts': ['no list of users'],
    'motherduck/probe-process.test.ts': ['statements in it, so nothing of it ran'],
    'plan/ownership.test.ts': ['Run the command again'],
    'proxy/commands.test.ts': ['do not include the CA'],
    'proxy/variables.test.ts': ['do not include the CA', 'no certificate in PEM format'],
    'report/terminal-text.test.ts': ['No longer in the'],
    'scenarios/account-case.test.ts': ['changed in the configuration'],
    'scenarios/audit-unconfigured.test.ts': ['There is no configuration'],
    'scenarios/broken-program.test.ts': [
      'in the sandbox, the check of a secret store is not run',
      'its commands were not run',
      'there is no program',
    ],
    'scenarios/destroy-again.test.ts': ['deleted outside of mdacc', 'that account is not managed, and stays'],
    'scenarios/folders.test.ts': ['If it is gone', 'Name the other sandbox'],
    'scenarios/hostile-branch.test.ts': [
      'The configuration uses environment variables',
      'this branch could not be compared with its target',
    ],
    'scenarios/newcomer.test.ts': ['folder of the main file', 'in a folder above'],
  };

  it("of the program's texts is in golden files alone", () => {
    const found = [...FILES].flatMap(([name, text]) =>
      [...text.matchAll(EXPECTED)].flatMap(([, expected = '']) =>
        (inner(expected).match(WORDS) ?? [])
          .filter((words) => OF_SENTENCES.test(words) && product.includes(words))
          .map((words) => `${name}: ${words}`),
      ),
    );
    const known = Object.entries(TO_MOVE).flatMap(([name, texts]) => texts.map((words) => `${name}: ${words}`));
    expect(
      known.filter((each) => !found.includes(each)),
      'these were moved: remove them from TO_MOVE',
    ).toEqual([]);
    expect(
      found.filter((each) => !known.includes(each)),
      'assert on a code, a kind or a name, or use expectGolden',
    ).toEqual([]);
  });
});
