/**
 * A runner, as far as these workflows need one: it takes the steps of a job from the file, evaluates their expressions, and
 * runs what they run in bash, with the environment and the files that a real one gives.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CiStage } from './ci-stage.ts';
import { type Contexts, fill, fillAll, holds, type Status } from './expression.ts';
import { run as git } from './git-repository.ts';
import { REPOSITORY } from './github.ts';
import { ACTION, type Job, readAction, type Step } from './workflow.ts';

export interface Event {
  readonly name: 'pull_request' | 'push' | 'schedule' | 'issue_comment' | 'workflow_run';
  /** Its payload. */
  readonly payload: object;
  readonly ref: string;
  readonly sha: string;
  readonly actor?: string;
}

export interface RunOptions {
  readonly event: Event;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** The job's values where it is one of a matrix. */
  readonly matrix?: Readonly<Record<string, string>>;
  /** Done before the step of that name. */
  readonly before?: Readonly<Record<string, () => void>>;
  /** The run is cancelled while the step of that name runs, as soon as its log holds the text. */
  readonly cancel?: { readonly during: string; readonly at: string };
  /** What the environment has once a role of AWS was taken. */
  readonly role?: (asked: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

export interface JobResult {
  readonly status: Status;
  readonly log: string;
  /** What the steps added to the job's summary. */
  readonly summary: string;
  readonly outputs: Record<string, string>;
  /** Of each step that has a name or an id: how it ended. */
  readonly steps: Record<string, Status | 'skipped'>;
}

interface StepRecord {
  readonly outputs: Record<string, string>;
  outcome: Status | 'skipped';
}

/** Runs one job to its end. */
export async function runJob(
  job: Job,
  token: string,
  stage: CiStage,
  options: RunOptions,
  needs: object = {},
): Promise<JobResult> {
  const runner = new Runner(job, token, stage, options, needs);
  await runner.steps(job.steps, runner.contexts, runner.records);
  return runner.result();
}

class Runner {
  readonly records: Record<string, StepRecord> = {};
  readonly #named: Record<string, Status | 'skipped'> = {};
  readonly #stage: CiStage;
  readonly #options: RunOptions;
  readonly #job: Job;
  readonly #temp: string;
  readonly #workspace: string;
  readonly #base: Contexts;
  readonly #environment: Record<string, string>;
  #path: string;
  #status: Status = 'success';
  #log = '';

  constructor(job: Job, token: string, stage: CiStage, options: RunOptions, needs: object) {
    const { event, secrets = {}, vars = {} } = options;
    this.#job = job;
    this.#stage = stage;
    this.#options = options;
    this.#temp = mkdtempSync(path.join(stage.folder, 'temp-'));
    this.#workspace = mkdtempSync(path.join(stage.folder, 'workspace-'));
    this.#path = `${stage.programs.bin}:${process.env.PATH}`;
    const { url } = stage.github;
    const head = { repository: REPOSITORY, ref: event.ref, ref_name: event.ref.replace(/^refs\/heads\//, '') };
    const github = { ...head, event: event.payload, token, server_url: url, run_id: '7', run_attempt: '1' };
    this.#base = { github, secrets, vars, needs, runner: { temp: this.#temp }, matrix: options.matrix ?? null };
    writeFileSync(this.#file('event.json'), JSON.stringify(event.payload));
    this.#environment = {
      HOME: stage.folder,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: event.actor ?? 'somebody',
      GITHUB_API_URL: `${url}/api`,
      GITHUB_GRAPHQL_URL: `${url}/api/graphql`,
      GITHUB_SERVER_URL: url,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_RUN_ID: '7',
      GITHUB_EVENT_NAME: event.name,
      GITHUB_SHA: event.sha,
      GITHUB_BASE_REF: event.name === 'pull_request' ? 'main' : '',
      GITHUB_EVENT_PATH: this.#file('event.json'),
      GITHUB_WORKSPACE: this.#workspace,
      GITHUB_STEP_SUMMARY: this.#file('summary.md'),
      RUNNER_TEMP: this.#temp,
      ...stage.service,
    };
  }

  get contexts(): Contexts {
    return { ...this.#base, env: fillAll(this.#job.env, this.#base) };
  }

  result(): JobResult {
    const summary = this.#read('summary.md');
    const contexts = { ...this.contexts, steps: this.records };
    const outputs = fillAll(this.#job.outputs, contexts);
    return { status: this.#status, log: this.#log, summary, outputs, steps: this.#named };
  }

  /** Runs steps, of the job or of an action, each with what those before it left. */
  async steps(steps: readonly Step[], given: Contexts, records: Record<string, StepRecord>): Promise<void> {
    for (const step of steps) {
      const contexts = { ...given, steps: records, job: { status: this.#status } };
      const name = step.name ?? step.id ?? step.uses ?? step.run ?? '';
      const record: StepRecord = { outputs: {}, outcome: 'skipped' };
      if (step.id !== undefined) records[step.id] = record;
      if (holds(step.if, contexts, this.#status)) {
        this.#options.before?.[name]?.();
        this.#log += `\n### ${name}\n`;
        record.outcome =
          step.uses === undefined
            ? await this.#run(step, contexts, record, name)
            : await this.#use(step, contexts, record);
        if (this.#status === 'success') this.#status = record.outcome;
      }
      this.#named[name] = record.outcome;
    }
  }

  async #run(step: Step, contexts: Contexts, record: StepRecord, name: string): Promise<Status> {
    const script = this.#file('script.sh');
    writeFileSync(script, fill(step.run ?? '', contexts));
    const [output, paths] = [this.#file('output'), this.#file('path')];
    for (const file of [output, paths]) writeFileSync(file, '');
    const words = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail', script] : ['-e', script];
    const child = spawn('/bin/bash', words, {
      cwd: path.join(this.#workspace, fill(step['working-directory'] ?? '.', contexts)),
      env: {
        ...this.#environment,
        PATH: this.#path,
        GITHUB_OUTPUT: output,
        GITHUB_PATH: paths,
        ...fillAll(this.#job.env, contexts),
        ...(contexts.inputs === undefined ? {} : { GITHUB_ACTION_PATH: ACTION }),
        ...fillAll(step.env, contexts),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { cancel } = this.#options;
    let said = '';
    let isCancelled = false;
    const hear = (text: string) => {
      said += text;
      if (isCancelled || cancel?.during !== name || !said.includes(cancel.at)) return;
      isCancelled = true;
      // Only the step's own process hears of it, as on a real runner.
      child.kill('SIGINT');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
    const [code] = await once(child, 'close');
    this.#log += said;
    Object.assign(record.outputs, outputsOf(readFileSync(output, 'utf8')));
    for (const added of readFileSync(paths, 'utf8').split('\n').filter(Boolean)) this.#path = `${added}:${this.#path}`;
    if (isCancelled) return 'cancelled';
    return code === 0 ? 'success' : 'failure';
  }

  async #use({ uses = '', with: inputs }: Step, contexts: Contexts, record: StepRecord): Promise<Status> {
    const given = fillAll(inputs, contexts);
    const [action = ''] = uses.split('@');
    switch (action) {
      case 'actions/checkout':
        return this.#checkOut(given);
      case 'actions/setup-node':
        return 'success';
      case 'actions/upload-artifact':
        return this.#upload(given);
      case 'actions/download-artifact':
        cpSync(path.join(this.#stage.artifacts, given.name ?? ''), given.path ?? '', { recursive: true });
        return 'success';
      case 'aws-actions/configure-aws-credentials':
        Object.assign(this.#environment, this.#options.role?.(given));
        return 'success';
      case 'github/codeql-action/upload-sarif':
        this.#stage.sarif.push(readFileSync(given.sarif_file ?? '', 'utf8'));
        return 'success';
      case 'OWNER/motherduck-accounts/.github/actions/plan':
        return this.#compose(given, contexts, record);
      default:
        throw new Error(`this runner has no ${uses}`);
    }
  }

  /** The plan action: its own inputs, steps and outputs, in this job. */
  async #compose(given: Record<string, string>, contexts: Contexts, record: StepRecord): Promise<Status> {
    const { inputs, outputs, runs } = readAction();
    const defaults = fillAll(
      Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default ?? ''])),
      contexts,
    );
    const unknown = Object.keys(given).filter((name) => !(name in inputs));
    if (unknown.length > 0) throw new Error(`the plan action has no input ${unknown.join(', ')}`);
    const { github, runner, env, matrix } = contexts;
    const steps: Record<string, StepRecord> = {};
    const own = { github, runner, env, matrix, inputs: { ...defaults, ...given } };
    const before = this.#status;
    await this.steps(runs.steps, own, steps);
    const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
    Object.assign(record.outputs, fillAll(values, { ...own, steps }));
    return before === this.#status ? 'success' : this.#status;
  }

  #checkOut({ ref, 'persist-credentials': persists, 'fetch-depth': depth = '1' }: Record<string, string>): Status {
    if (persists !== 'false') throw new Error('a checkout that leaves its token behind');
    const { bare } = this.#stage.github.repository;
    const { sha } = this.#options.event;
    git(this.#workspace, ['init', '--quiet']);
    git(this.#workspace, ['fetch', '--quiet', '--depth', depth, `file://${bare}`, ref ?? sha]);
    git(this.#workspace, ['checkout', '--quiet', '--detach', 'FETCH_HEAD']);
    return 'success';
  }

  #upload({ name = '', path: from = '', 'if-no-files-found': missing }: Record<string, string>): Status {
    const source = path.resolve(this.#workspace, from);
    if (!existsSync(source)) return missing === 'ignore' ? 'success' : 'failure';
    const to = path.join(this.#stage.artifacts, name);
    mkdirSync(to, { recursive: true });
    cpSync(source, path.extname(source) === '' ? to : path.join(to, path.basename(source)), { recursive: true });
    return 'success';
  }

  #file(name: string): string {
    return path.join(this.#temp, `_${name}`);
  }

  #read(name: string): string {
    appendFileSync(this.#file(name), '');
    return readFileSync(this.#file(name), 'utf8');
  }
}

/** `name=value` lines, and values of more lines between two marks. */
function outputsOf(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name = '', mark, block, line] of text.matchAll(/^([\w-]+)(?:<<(\S+)\n(.*?)\n?^\2$|=([^\n]*)$)/gms)) {
    outputs[name] = (mark === undefined ? line : block) ?? '';
  }
  return outputs;
}
