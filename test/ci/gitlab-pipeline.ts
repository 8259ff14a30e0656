/** The pipeline file as GitLab's schema and rules see it, by gitlab-ci-local; and its jobs' scripts, run in bash. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../in-process.ts';
import { run as git } from './git-repository.ts';

export const PIPELINE_EXAMPLE = path.join(ROOT, 'examples/gitlab-ci');
export const PIPELINE = readFileSync(path.join(PIPELINE_EXAMPLE, '.gitlab-ci.yml'), 'utf8');

export interface PipelineJob {
  readonly before_script?: readonly string[];
  readonly script: readonly string[];
  readonly after_script?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly resource_group?: string;
  readonly artifacts?: { readonly paths?: readonly string[]; readonly reports?: { readonly junit?: string } };
}

/** It is made for a newer Node, and lacks one method of sets in Node 20. */
const UNION = 'Set.prototype.union ??= function (other) { return new Set([...this, ...other]); };';

function local(folder: string, ...words: readonly string[]): { text: string; errors: string; code: number | null } {
  const union = `data:text/javascript,${encodeURIComponent(UNION)}`;
  const main = path.join(ROOT, 'node_modules/gitlab-ci-local/dist/index.js');
  const done = spawnSync(process.execPath, ['--import', union, main, ...words], { cwd: folder, encoding: 'utf8' });
  return { text: done.stdout, errors: done.stderr, code: done.status };
}

/** A work tree that looks like a clone of a GitLab project. */
function clone(folder: string, pipeline: string): string {
  const work = mkdtempSync(path.join(folder, 'clone-'));
  git(work, ['init', '--quiet', '--initial-branch=main']);
  git(work, ['remote', 'add', 'origin', 'git@gitlab.example.com:acme/accounts.git']);
  writeFileSync(path.join(work, '.gitlab-ci.yml'), pipeline);
  git(work, ['add', '.']);
  git(work, ['commit', '--quiet', '-m', 'The pipeline']);
  return work;
}

/** The jobs by name, with what they extend put in. @throws Error with what GitLab's schema says against it */
export function expandPipeline(folder: string, pipeline: string): Record<string, PipelineJob> {
  const { text, errors, code } = local(clone(folder, pipeline), '--preview');
  if (code !== 0) throw new Error(errors);
  return parse(text) as Record<string, PipelineJob>;
}

/** The jobs that a pipeline with these variables has, and when each runs: `apply: manual`. */
export function pipelineJobs(folder: string, pipeline: string, variables: Readonly<Record<string, string>>): string[] {
  const given = Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
  const ignored = ['--ignore-predefined-vars', Object.keys(variables).join(',')];
  // A pipeline of a merge request has no branch.
  const branch = variables.CI_COMMIT_BRANCH === undefined ? ['--unset-variable', 'CI_COMMIT_BRANCH'] : [];
  const { text, errors, code } = local(clone(folder, pipeline), '--list-csv', ...given, ...ignored, ...branch);
  if (code !== 0) throw new Error(errors);
  const [, ...rows] = text.trim().split('\n');
  return rows.map((row) => row.split(';')).map(([name, , when]) => `${name}: ${when}`);
}
