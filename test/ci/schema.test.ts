/** The files are what GitHub and GitLab take: read by GitHub's own parser, and held against GitLab's own schema. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ROOT } from '../in-process.ts';
import { githubParser, type Parser } from './github-parser.ts';
import { ACTION, EXAMPLE, readAction, readWorkflow, type Step, WORKFLOWS } from './workflow.ts';

let parser: Parser;
const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-parser-'));
beforeAll(async () => {
  parser = await githubParser(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { version, devDependencies } = manifest;
const actionFile = path.join(ACTION, 'action.yml');
const files = [actionFile, ...WORKFLOWS.map((name) => path.join(EXAMPLE, '.github/workflows', name))];
const steps: Step[] = [
  ...readAction().runs.steps,
  ...WORKFLOWS.flatMap((name) => Object.values(readWorkflow(name).jobs).flatMap((job) => job.steps)),
];

describe('the parser', () => {
  it('finds what is wrong', () => {
    expect(
      parser.errorsOf('x.yml', 'on: push\njobs: { a: { runs-on: x, steps: [{ run: "${{ nope.x }}", foo: 1 }] } }'),
    ).toEqual([
      expect.stringContaining("Unrecognized named-value: 'nope'"),
      expect.stringContaining("Unexpected value 'foo'"),
    ]);
  });
});

describe.each(files)('%s', (file) => {
  it('is what GitHub takes', () => {
    expect(parser.errorsOf(path.basename(file), readFileSync(file, 'utf8'))).toEqual([]);
  });
});

it.skipIf(process.platform !== 'linux')(
  'take a tarball in the place of the package, after the lines of docs/ci.md',
  () => {
    cpSync(EXAMPLE, path.join(folder, 'example'), { recursive: true });
    const lines = readFileSync(path.join(ROOT, 'docs/ci.md'), 'utf8').match(/^ *sed .*$/gm) ?? [];
    execFileSync('bash', ['-ec', lines.join('\n')], { cwd: path.join(folder, 'example') });
    const texts = WORKFLOWS.map((name) => readFileSync(path.join(folder, 'example/.github/workflows', name), 'utf8'));
    for (const [index, text] of texts.entries()) expect(parser.errorsOf(WORKFLOWS[index] ?? '', text)).toEqual([]);
    const tarball = `./motherduck-accounts-${version}.tgz`;
    const all = texts.join('\n');
    expect(all).not.toContain('motherduck-accounts@');
    expect(all.split(`--ignore-scripts ${tarball}`)).toHaveLength(1 + 3);
    expect(all.match(/^ +with:\n +version: (.*)$/gm)?.filter((each) => each.endsWith(tarball))).toHaveLength(2);
  },
);

describe('every step', () => {
  it('gets what others wrote through its environment, never into its script', () => {
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([]);
  });

  it('of others is pinned to a commit, and names its version', () => {
    const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const foreign = [...text.matchAll(/uses: (.*)$/gm)]
      .map(([, used = '']) => used)
      .filter((used) => !used.startsWith('OWNER/'));
    expect(foreign.length).toBeGreaterThan(10);
    expect(foreign.filter((used) => !/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used))).toEqual([]);
  });

  it('that installs takes the version of this repository', () => {
    expect(readAction().inputs.version?.default).toBe(version);
    const installs = steps.filter(({ run }) => run?.includes('npm install') && !run.includes('@aws-sdk/'));
    expect(installs).toHaveLength(3);
    for (const { run } of installs)
      expect(run).toBe(`npm install --global --ignore-scripts motherduck-accounts@${version}`);
  });

  it('that installs a library takes the version that is tested here', () => {
    const gitlab = readFileSync(path.join(ROOT, 'examples/gitlab-ci/.gitlab-ci.yml'), 'utf8');
    const texts = [...files.map((file) => readFileSync(file, 'utf8')), gitlab].join('\n');
    const named = [...texts.matchAll(/@aws-sdk\/client-s3@([\w.-]+)/g)].map(([, found]) => found);
    expect(named).toHaveLength(6);
    expect(new Set(named)).toEqual(new Set([devDependencies['@aws-sdk/client-s3']]));
  });
});

describe('every job', () => {
  const jobs = WORKFLOWS.flatMap((name) => {
    const workflow = readWorkflow(name);
    return Object.entries(workflow.jobs).map(([id, job]) => ({ id: `${name} ${id}`, workflow, job }));
  });

  it('says what it may do, and how long it may take', () => {
    for (const { id, job, workflow } of jobs) {
      expect(job.permissions ?? workflow.permissions, id).toBeDefined();
      expect(job['timeout-minutes'], id).toBeGreaterThan(0);
    }
  });

  it('may write only what it is there for', () => {
    const writes = jobs.flatMap(({ id, job, workflow }) =>
      Object.entries(job.permissions ?? workflow.permissions ?? {})
        .filter(([, access]) => access === 'write')
        .map(([what]) => `${id}: ${what}`),
    );
    expect(writes).toEqual([
      'plan.yml plan: id-token',
      'plan.yml plan: pull-requests',
      'apply.yml plan: id-token',
      'apply.yml apply: contents',
      'apply.yml apply: id-token',
      'rotate.yml rotate: contents',
      'rotate.yml rotate: id-token',
      'audit.yml audit: id-token',
      'audit.yml issue: issues',
      'audit.yml code-scanning: security-events',
    ]);
  });

  it('that writes the state waits for the others that do', () => {
    const groups = jobs.filter(({ job }) => job.permissions?.contents === 'write').map(({ job }) => job.concurrency);
    expect(groups).toHaveLength(2);
    for (const group of groups)
      expect(group).toEqual({ group: 'motherduck-state', 'cancel-in-progress': false, queue: 'max' });
  });

  it('of a pull request runs for what was proposed, never with the rights of main', () => {
    expect(WORKFLOWS.flatMap((name) => Object.keys(readWorkflow(name).on))).not.toContain('pull_request_target');
  });
});

describe('copies', () => {
  it('are the same', () => {
    const read = (file: string) => readFileSync(file, 'utf8');
    expect(read(path.join(EXAMPLE, '.github/scripts/rest.mjs'))).toBe(read(path.join(ACTION, 'rest.mjs')));
  });
});
