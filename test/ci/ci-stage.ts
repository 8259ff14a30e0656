/** The stage of the workflows: GitHub, a served sandbox in the place of MotherDuck, the runner's programs, and what runs leave. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, onTestFinished, vi } from 'vitest';
import { Stage } from '../stage.ts';
import { type ExampleOptions, prepareExample } from './example.ts';
import { holds } from './expression.ts';
import { NO_MAINTENANCE, Repository } from './git-repository.ts';
import { GitHub, REPOSITORY } from './github.ts';
import { Programs } from './programs.ts';
import { type Event, type JobResult, type RunOptions, runJob } from './runner.ts';
import { EXAMPLE, type Permissions, readWorkflow } from './workflow.ts';

// A workflow starts dozens of programs.
vi.setConfig({ testTimeout: 180_000 });

const READ_ONLY: Permissions = { contents: 'read', issues: 'read', 'pull-requests': 'read' };

/** Somebody calls MotherDuck's API, past the configuration. */
export async function ask({ env }: Stage, method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`${env.MOTHERDUCK_API_URL}${path}`, {
    method,
    headers: { authorization: `Bearer ${env.MOTHERDUCK_ADMIN_TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

export interface CiStageOptions extends ExampleOptions {
  /** Milliseconds that each answer of MotherDuck takes longer. */
  readonly latency?: number;
  /** Begins where another one was saved, in the place of the example's first commit. */
  readonly from?: string;
}

export class CiStage {
  readonly folder: string;
  readonly artifacts: string;
  readonly sarif: string[] = [];
  readonly programs: Programs;
  readonly github: GitHub;
  /** The sandbox that stands in for MotherDuck. */
  readonly organization = new Stage();
  /** Where it is served, without its token. */
  readonly service: Record<string, string> = {};

  private constructor(folder: string, programs: Programs, { from, ...example }: CiStageOptions) {
    this.folder = folder;
    this.programs = programs;
    this.artifacts = path.join(folder, 'artifacts');
    mkdirSync(this.artifacts);
    writeFileSync(path.join(this.folder, '.gitconfig'), NO_MAINTENANCE);
    if (from === undefined) {
      Repository.create(this.folder, REPOSITORY, EXAMPLE, prepareExample(example));
    } else {
      cpSync(path.join(from, 'runner'), this.folder, { recursive: true });
      cpSync(path.join(from, 'organization'), this.organization.path, { recursive: true });
    }
    this.github = new GitHub(this.folder, new Repository(this.folder, REPOSITORY));
  }

  static async open(options: CiStageOptions = {}): Promise<CiStage> {
    const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-ci-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const stage = new CiStage(folder, await Programs.open(folder, options.asProcess === true), options);
    await stage.github.ready;
    await stage.organization.serve(options.latency === undefined ? {} : { latency: options.latency });
    const { MOTHERDUCK_ADMIN_TOKEN: _, ...service } = stage.organization.env;
    Object.assign(stage.service, service);
    return stage;
  }

  /** Puts all that lasts from run to run into a folder, for places that begin where this one is. */
  saveTo(folder: string): void {
    for (const name of ['acme', 'somebody', 'secrets'])
      cpSync(path.join(this.folder, name), path.join(folder, 'runner', name), { recursive: true });
    cpSync(this.organization.path, path.join(folder, 'organization'), { recursive: true });
  }

  /** The two secrets that README asks for. */
  get secrets(): Record<string, string> {
    return {
      MOTHERDUCK_ADMIN_TOKEN: this.organization.env.MOTHERDUCK_ADMIN_TOKEN ?? '',
      SECRETS_TOKEN: 'github_pat_store',
    };
  }

  /** Runs the jobs of a workflow, each after those that it needs; an environment's reviewers approve. */
  async run(
    workflow: string,
    given: Partial<RunOptions> & Pick<RunOptions, 'event'>,
  ): Promise<Record<string, JobResult>> {
    const options: RunOptions = { secrets: this.secrets, ...given };
    const { jobs, permissions = {} } = readWorkflow(workflow);
    const results: Record<string, JobResult> = {};
    for (const [name, job] of Object.entries(jobs)) {
      const needs = [job.needs ?? []].flat();
      const ended = Object.fromEntries(needs.map((need) => [need, results[need]]));
      if (needs.some((need) => results[need]?.status !== 'success')) continue;
      if (!holds(job.if, { needs: ended, vars: options.vars ?? {}, github: {} }, 'success')) continue;
      const token = this.github.token(isForeign(options.event) ? READ_ONLY : (job.permissions ?? permissions));
      results[name] = await runJob(job, token, this, options, ended);
    }
    return results;
  }

  /** Somebody pushes to main. */
  push(change: (folder: string) => void): Event {
    const sha = this.github.repository.commit('A change', change);
    return { name: 'push', payload: { after: sha }, ref: 'refs/heads/main', sha };
  }

  /** The night. */
  get night(): Event {
    return { name: 'schedule', payload: { schedule: '17 3 * * *' }, ref: 'refs/heads/main', sha: 'main' };
  }

  /** A pull request with this change; `from` is another repository for one from a fork. */
  pullRequest(change: (folder: string) => void, from: string | null = REPOSITORY): Event {
    const sha = this.github.repository.propose(change);
    const head = { sha, repo: from === null ? null : { full_name: from } };
    return { name: 'pull_request', payload: { pull_request: { number: 7, head } }, ref: 'refs/pull/7/merge', sha };
  }
}

function isForeign({ payload }: Event): boolean {
  const { pull_request: pull } = payload as { pull_request?: { head: { repo: { full_name: string } | null } } };
  return pull !== undefined && pull.head.repo?.full_name !== REPOSITORY;
}

const kept = mkdtempSync(path.join(tmpdir(), 'mdacc-applied-'));
afterAll(() => rmSync(kept, { recursive: true, force: true }));
let isKept = false;

/** A stage where the example was applied. The first one without a smoke test is applied by the workflow; the others of the file begin as its copy. */
export async function applied({ smoke = false }: ExampleOptions = {}): Promise<CiStage> {
  if (isKept && !smoke) return CiStage.open({ from: kept });
  const stage = await CiStage.open({ smoke });
  const { apply } = await stage.run('apply.yml', { event: stage.push(() => {}) });
  expect(apply?.status, apply?.log).toBe('success');
  if (!smoke) {
    stage.saveTo(kept);
    isKept = true;
  }
  return stage;
}
