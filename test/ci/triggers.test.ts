/** What decides what apply does is planned before it is merged, whatever file it is in. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { matchesGlob } from '../../src/model/username.ts';
import { ROOT } from '../in-process.ts';
import { EXAMPLE } from './workflow.ts';

const CHANGED = [
  'motherduck.accounts.yaml',
  'motherduck.accounts.state.json',
  'accounts/tenants.yaml',
  'teams/data/any.yml',
  '.gitignore',
  '.motherduck',
];

interface Filter {
  readonly paths?: readonly string[];
  readonly 'paths-ignore'?: readonly string[];
}

/** Whether a push or a pull request that changes one file starts a workflow; `*` matches more here than at GitHub. */
function starts(filter: Filter | null, file: string): boolean {
  const matches = (glob: string) => matchesGlob([...glob.replaceAll('**', '*')], [...file], (a, b) => a === b);
  const { paths, 'paths-ignore': ignored = [] } = filter ?? {};
  return (paths === undefined || paths.some(matches)) && !ignored.some(matches);
}

describe.each([
  ['plan.yml', 'pull_request'],
  ['apply.yml', 'push'],
])('the workflow %s', (name, event) => {
  const workflow = parse(readFileSync(path.join(EXAMPLE, '.github/workflows', name), 'utf8')) as {
    on: Record<string, Filter | null>;
  };

  it.each(CHANGED)('runs when %s alone changes', (file) => {
    expect(workflow.on).toHaveProperty(event);
    expect(starts(workflow.on[event] ?? null, file)).toBe(true);
  });
});

it.each(['validate', 'plan', 'plan-main', 'apply'])('the job %s of GitLab runs whatever files change', (job) => {
  const pipeline = parse(readFileSync(path.join(ROOT, 'examples/gitlab-ci/.gitlab-ci.yml'), 'utf8')) as Record<
    string,
    { rules: object[]; only?: object; except?: object }
  >;
  expect(pipeline[job]?.rules.length).toBeGreaterThan(0);
  for (const rule of pipeline[job]?.rules ?? []) expect(rule).not.toHaveProperty('changes');
  expect(pipeline[job]).not.toHaveProperty('only');
  expect(pipeline[job]).not.toHaveProperty('except');
});
