/** Workflow commands of GitHub Actions. */
import { describe, expect, it } from 'vitest';
import { validateGithub } from '../../src/report/validate/github.ts';
import { expectGolden } from '../golden/golden.ts';
import { Stage } from '../stage.ts';

describe('mdacc validate --format github', () => {
  it('annotates each line, and says the sum at the end', async () => {
    const folder = new Stage();
    folder.edit((text) => text.replace('airflow: pipeline', 'airflow: pipelin').replace('pool_size: 4', 'poolsize: 4'));
    const { code, stdout, stderr } = await folder.run('validate --format github');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expectGolden('configuration', 'as workflow commands of GitHub Actions', stdout);
  });

  it('annotates warnings too, and they fail nothing', async () => {
    const folder = new Stage();
    folder.edit((text) => text.replace('tokens: { app: dashboard }', 'tokens: {}'));
    const { code, stdout } = await folder.run('validate --format github');
    expect(code).toBe(0);
    expectGolden('configuration', 'a warning as a workflow command of GitHub Actions', stdout);
  });

  it('of a valid configuration says so, and nothing else', async () => {
    const { code, stdout } = await new Stage().run('validate --format github');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^[^:\n]*: 3 accounts, 4 tokens\.\n$/) });
  });
});

it('a message is one command, whatever is in it', () => {
  const text = validateGithub({
    findings: [
      {
        code: 'unknown-key',
        severity: 'error',
        message: '100% a\r\n::error::b',
        hint: 'c, d: e',
        location: { file: 'a,b:c%\n.yaml', line: 2, column: 3 },
        length: 400,
      },
    ],
    sources: new Map([['a,b:c%\n.yaml', 'first\n  second  \nthird']]),
  });
  // Control characters are gone before, so that only the line break before the hint is left to escape.
  expect(text).toBe(
    '::error file=a%2Cb%3Ac%25\ufffd.yaml,line=2,col=3,endColumn=9,title=motherduck-accounts%3A unknown-key::100%25 a\ufffd\ufffd::error::b%0Ac, d: e\n',
  );
});
