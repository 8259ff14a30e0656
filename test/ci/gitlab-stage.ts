/** The stage of the GitLab pipeline: a project, a served sandbox in the place of MotherDuck, and a runner for its jobs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { Stage } from '../stage.ts';
import { type ExampleOptions, prepareExample } from './example.ts';
import { run as git, NO_MAINTENANCE } from './git-repository.ts';
import { GitLab, NOTE_TOKEN, PROJECT_TOKEN } from './gitlab.ts';
import { expandPipeline, PIPELINE, PIPELINE_EXAMPLE, type PipelineJob } from './gitlab-pipeline.ts';
import { Programs } from './programs.ts';

// A pipeline starts dozens of programs.
vi.setConfig({ testTimeout: 180_000 });

/** A folder that goes with the test. */
export function temporary(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-gitlab-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Ran {
  readonly code: number | null;
  readonly log: string;
}

/** A project, a sandbox in the place of MotherDuck, and a runner that keeps artifacts from job to job. */
export class GitLabStage {
  readonly folder: string;
  readonly programs: Programs;
  readonly organization = new Stage();
  readonly jobs = expandedPipeline();
  readonly gitlab: GitLab;
  readonly #artifacts: string;

  private constructor(folder: string, programs: Programs, gitlab: GitLab) {
    this.folder = folder;
    this.programs = programs;
    this.gitlab = gitlab;
    this.#artifacts = path.join(folder, 'artifacts');
    mkdirSync(this.#artifacts);
    writeFileSync(path.join(this.folder, '.gitconfig'), NO_MAINTENANCE);
  }

  static async open(options: ExampleOptions = {}): Promise<GitLabStage> {
    const folder = temporary();
    const programs = await Programs.open(folder, options.asProcess === true);
    const project = new GitLabStage(
      folder,
      programs,
      await GitLab.open(temporary(), PIPELINE_EXAMPLE, prepareExample(options)),
    );
    await project.organization.serve();
    return project;
  }

  /** Runs a job's scripts on a commit. `between` is done after its `before_script`. */
  async run(
    name: string,
    given: { commit?: string; env?: Record<string, string>; between?: () => void } = {},
  ): Promise<Ran> {
    const job: PipelineJob | undefined = this.jobs[name];
    if (job === undefined) throw new Error(`no job ${name}`);
    const work = mkdtempSync(path.join(this.folder, 'build-'));
    const depth = ['--depth', '1'].filter(() => job.variables?.GIT_DEPTH !== '0');
    git(work, ['clone', '--quiet', '--no-local', ...depth, `file://${this.gitlab.repository.bare}`, '.']);
    if (given.commit) {
      git(work, ['fetch', '--quiet', 'origin', given.commit]);
      git(work, ['checkout', '--quiet', '--detach', given.commit]);
    }
    cpSync(this.#artifacts, work, { recursive: true });
    const env = this.#environment(job, given.env);
    const first = await bash(job.before_script ?? [], work, env);
    given.between?.();
    const main = first.code === 0 ? await bash(job.script, work, env) : first;
    const after = await bash(job.after_script ?? [], work, env);
    for (const file of [job.artifacts?.paths ?? [], job.artifacts?.reports?.junit ?? []].flat()) {
      const from = path.join(work, file);
      if (existsSync(from)) cpSync(from, path.join(this.#artifacts, file), { recursive: true });
    }
    return { code: main.code, log: `${first.log}${main.log}${after.log}` };
  }

  /** What jobs have left; undefined when it is not there. */
  artifact(name: string): string | undefined {
    const file = path.join(this.#artifacts, name);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  #environment(job: PipelineJob, more: Record<string, string> = {}): Record<string, string> {
    const env: Record<string, string> = {
      HOME: this.folder,
      PATH: `${this.programs.bin}:${process.env.PATH}`,
      GITLAB_CI: 'true',
      CI_API_V4_URL: `${this.gitlab.url}/api/v4`,
      CI_DEFAULT_BRANCH: 'main',
      CI_JOB_ID: '12',
      CI_JOB_NAME: 'plan',
      CI_JOB_URL: `${this.gitlab.url}/acme/accounts/-/jobs/12`,
      CI_MERGE_REQUEST_IID: '7',
      CI_PIPELINE_ID: '11',
      CI_PROJECT_ID: '9',
      CI_PROJECT_PATH: 'acme/accounts',
      CI_SERVER_URL: this.gitlab.url,
      GITLAB_NOTE_TOKEN: NOTE_TOKEN,
      GITLAB_TOKEN: PROJECT_TOKEN,
      RETRY_SECONDS: '0',
      ...this.organization.env,
      ...more,
    };
    const fill = (text: string) => text.replace(/\$(\w+)/g, (_, name: string) => env[name] ?? '');
    return {
      ...env,
      ...Object.fromEntries(Object.entries(job.variables ?? {}).map(([key, value]) => [key, fill(value)])),
    };
  }
}

let expanded: Readonly<Record<string, PipelineJob>> | undefined;

/** The example's jobs. It takes a second to find out, and each time gives the same. */
export function expandedPipeline(): Readonly<Record<string, PipelineJob>> {
  expanded ??= expandPipeline(temporary(), PIPELINE);
  return expanded;
}

/** As GitLab's runner puts lines together. */
async function bash(lines: readonly string[], cwd: string, env: Record<string, string>): Promise<Ran> {
  const child = spawn('/bin/bash', ['-c', `set -eo pipefail\n${lines.join('\n')}`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, log };
}
