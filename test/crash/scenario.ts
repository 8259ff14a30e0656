/** A prepared folder, how an apply of it ends that nobody kills, and the attempts to kill it. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { applyHere } from './apply-here.ts';
import { problemsAfterKill, problemsAtEnd } from './invariants.ts';
import { Picture, planned } from './pictures.ts';
import { type Point, pointsOf, type Trace } from './points.ts';
import { STATE, Stage } from './stage.ts';

const APPLY = ['apply', '--yes', '--prune', '--allow-delete'];

export interface ScenarioOptions {
  /** Where the folders are made. */
  readonly base: string;
  readonly name: string;
  /** Makes the folder what it is before the apply. */
  readonly prepare: (stage: Stage) => Promise<void>;
  readonly smoke: boolean;
}

export interface How {
  readonly parallelism?: number;
  /** The next apply is the program too; else only every fourth is, and the others happen in this process. */
  readonly mendedByProgram?: boolean;
  /** All of it comes within one of the whole seconds that the organization's Date headers tell. */
  readonly clockStands?: boolean;
}

export class Scenario {
  readonly before: Picture;
  /** How an apply that nobody killed ended. */
  readonly whole: Picture;
  readonly trace: Trace;
  readonly points: readonly Point[];
  readonly #options: ScenarioOptions;
  #attempts = 0;

  private constructor(options: ScenarioOptions, before: Picture, whole: Picture, trace: Trace) {
    this.#options = options;
    this.before = before;
    this.whole = whole;
    this.trace = trace;
    this.points = pointsOf(trace);
  }

  static async prepare(options: ScenarioOptions): Promise<Scenario> {
    const prepared = await Stage.open(path.join(options.base, options.name));
    await options.prepare(prepared);
    const before = await Picture.take(prepared);
    await prepared.close();
    const copy = await Stage.open(`${prepared.folder}-whole`, prepared.folder);
    const ran = await copy.run([...APPLY, '--parallelism', '1', ...(options.smoke ? [] : ['--no-smoke'])]);
    if (ran.code !== 0) throw new Error(`the apply that nobody kills failed: ${ran.stdout}${ran.stderr}`);
    const whole = await Picture.take(copy);
    const problems = await problemsAtEnd(copy, before, whole);
    if (problems.length > 0) throw new Error(`the apply that nobody kills left: ${problems.join('; ')}`);
    await copy.close();
    return new Scenario(options, before, whole, ran);
  }

  /** Opens a copy as it is before the apply. */
  open(): Promise<Stage> {
    this.#attempts += 1;
    const prepared = path.join(this.#options.base, this.#options.name);
    return Stage.open(`${prepared}-${this.#attempts}`, prepared);
  }

  /** Runs an apply for each of the kills, then one to its end: that must be enough. Gives what is wrong. */
  async attempt(
    kills: readonly Point[],
    { parallelism = 1, mendedByProgram = false, clockStands = false }: How = {},
  ): Promise<string[]> {
    const stage = await this.open();
    const isProgram = mendedByProgram || this.#attempts % 4 === 0;
    if (clockStands) stage.server.stopClock();
    const words = [...APPLY, '--parallelism', String(parallelism), ...(this.#options.smoke ? [] : ['--no-smoke'])];
    const problems: string[] = [];
    try {
      for (const point of kills) {
        const ran = await stage.run(words, point);
        if (ran.signal !== 'SIGKILL') return [`it was not killed there, and ended with exit code ${ran.code}`];
        problems.push(...(await problemsAfterKill(stage, this.before)));
      }
      return [...problems, ...(await this.#repair(stage, isProgram))];
    } finally {
      await stage.close();
      rmSync(stage.folder, { recursive: true });
    }
  }

  async #repair(stage: Stage, isProgram: boolean): Promise<string[]> {
    const isLocked = existsSync(stage.file(`${STATE}.lock`));
    const { code, stdout, stderr } = isProgram ? await stage.run([...APPLY, '--no-smoke']) : await applyHere(stage);
    const tells = stderr.includes('which has ended; the lock was replaced');
    return [
      ...(code === 0 ? [] : [`the next apply ended with exit code ${code}: ${stdout}${stderr}`]),
      ...(tells === isLocked ? [] : [`the next apply ${tells ? 'took over a lock' : 'did not tell of the lock'}`]),
      ...(await planned(stage)).map((action) => `the plan after it is not empty: ${action}`),
      ...(await problemsAtEnd(stage, this.before, this.whole)),
    ];
  }
}
