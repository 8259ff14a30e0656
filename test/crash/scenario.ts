/** A prepared folder, how an uninterrupted apply of it ends, and the attempts to kill an apply. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Ran } from '../in-process.ts';
import { CrashStage } from './crash-stage.ts';
import { problemsAfterKill, problemsAtEnd, revokedInUse, usable } from './invariants.ts';
import { type Point, pointsOf, type Trace } from './points.ts';
import { planned, Snapshot } from './snapshot.ts';
import type { ServiceKind } from './state-service.ts';

const APPLY = 'apply --yes --prune --allow-delete --real-stores';
/** The exit code of a command that meets another run's lock. */
const LOCKED = 5;

export interface ScenarioOptions {
  /** Where the folders are made. */
  readonly base: string;
  readonly name: string;
  /** Makes the folder what it is before the apply. */
  readonly prepare: (stage: CrashStage) => Promise<void>;
  readonly smoke: boolean;
  /** The command that is killed, in the place of an apply. */
  readonly command?: string;
  /** The command after the kill, in the place of an apply without a smoke test. */
  readonly next?: (stage: CrashStage) => string;
  /** How often the setup of the prepared plan ran; an uninterrupted apply runs it once. */
  readonly setupRuns?: (stage: CrashStage) => Promise<number>;
  /** The kind of the state, where that is no file. */
  readonly kind?: ServiceKind | 'motherduck';
}

export interface How {
  readonly parallelism?: number;
  /** In every attempt the program is killed. Else in every twelfth. */
  readonly isReal?: boolean;
  /** The next apply is the program too. By default after a real kill where the state is in a service, whose lock refuses it. */
  readonly isRepairedByProgram?: boolean;
  /** The Date header of the organization stands still, so that everything happens within one second. */
  readonly clockStands?: boolean;
}

export class Scenario {
  readonly before: Snapshot;
  /** How an uninterrupted apply ended. */
  readonly whole: Snapshot;
  readonly trace: Trace;
  readonly points: readonly Point[];
  readonly #options: ScenarioOptions;
  #attempts = 0;

  private constructor(options: ScenarioOptions, before: Snapshot, whole: Snapshot, trace: Trace) {
    this.#options = options;
    this.before = before;
    this.whole = whole;
    this.trace = trace;
    this.points = pointsOf(trace);
  }

  static async prepare(options: ScenarioOptions): Promise<Scenario> {
    const prepared = await CrashStage.open(path.join(options.base, options.name), options.kind);
    await options.prepare(prepared);
    const before = await Snapshot.take(prepared);
    await prepared.close();
    const copy = await CrashStage.open(`${prepared.path}-whole`, options.kind, prepared.path);
    const words = `${options.command ?? APPLY} --parallelism 1${options.smoke ? '' : ' --no-smoke'}`;
    const ran = await copy.runWithImages(words, `${prepared.path}-at`);
    if (ran.code !== 0) throw new Error(`the apply that nobody kills failed: ${ran.stdout}${ran.stderr}`);
    const whole = await Snapshot.take(copy);
    const problems = await problemsAtEnd(copy, before, whole);
    if (problems.length > 0) throw new Error(`the apply that nobody kills left: ${problems.join('; ')}`);
    await copy.close();
    return new Scenario(options, before, whole, ran);
  }

  /** Opens a copy as it is before the apply. */
  open(): Promise<CrashStage> {
    return this.#copy(path.join(this.#options.base, this.#options.name));
  }

  #copy(folder: string): Promise<CrashStage> {
    this.#attempts += 1;
    const { base, name, kind } = this.#options;
    return CrashStage.open(path.join(base, `${name}-${this.#attempts}`), kind, folder);
  }

  /**
   * Runs an apply for each of the kills, then one to its end: that must be enough. Returns what is wrong. For the first
   * kill of most attempts, the folder is what it was at that point of the apply that nobody killed, since that is what a
   * kill leaves.
   */
  async attempt(
    kills: readonly Point[],
    {
      parallelism = 1,
      isReal = this.#attempts % 12 === 0,
      isRepairedByProgram = isReal && this.#options.kind !== undefined,
      clockStands = false,
    }: How = {},
  ): Promise<string[]> {
    const [first, ...others] = kills;
    const image = isReal || first === undefined ? undefined : this.#imageAt(first);
    const stage = image === undefined ? await this.open() : await this.#copy(image);
    if (clockStands) stage.server.stopClock();
    const { command = APPLY, smoke } = this.#options;
    const words = `${command} --parallelism ${parallelism}${smoke ? '' : ' --no-smoke'}`;
    const problems: string[] = [];
    try {
      if (image !== undefined) problems.push(...(await problemsAfterKill(stage, this.before)));
      for (const [index, point] of (image === undefined ? kills : others).entries()) {
        if (index > 0 || image !== undefined) problems.push(...(await unlock(stage)));
        const ran = await stage.runUntil(words, point);
        if (ran.signal !== 'SIGKILL') return [`it was not killed there, and ended with exit code ${ran.code}`];
        problems.push(...(await problemsAfterKill(stage, this.before)));
      }
      // What a run that revokes at once stored may be revoked as soon.
      const used = command === APPLY ? await usable(stage) : new Map<string, string>();
      let left = await this.#repair(stage, isRepairedByProgram);
      // Tokens that were created after the second that stands still have ends that are not reached in it.
      if (left.length > 0 && stage.server.isClockBehind) {
        stage.server.startClock();
        left = await this.#repair(stage, isRepairedByProgram);
      }
      return [
        ...problems,
        ...left,
        ...(await this.#setupProblems(stage, kills.length)),
        ...(await revokedInUse(stage, used)),
      ];
    } finally {
      await stage.close();
      rmSync(stage.path, { recursive: true });
    }
  }

  /** A setup that ran, and was not recorded, runs again. */
  async #setupProblems(stage: CrashStage, kills: number): Promise<string[]> {
    const runs = await this.#options.setupRuns?.(stage);
    return runs === undefined || (runs >= 1 && runs <= kills + 1) ? [] : [`the setup ran ${runs} times`];
  }

  /** Undefined: there is none, and the program must be killed. */
  #imageAt({ what, when, at }: Point): string | undefined {
    const image = path.join(this.#options.base, `${this.#options.name}-at`, `${when} ${what} ${at}`);
    // The command of a store takes none.
    return what === 'vault' ? undefined : image;
  }

  async #repair(stage: CrashStage, isProgram: boolean): Promise<string[]> {
    const isLocked = await stage.isLocked();
    const again = this.#options.next?.(stage) ?? `${APPLY} --no-smoke`;
    const apply = () => (isProgram ? stage.runProgram(again) : stage.run(again));
    if (stage.service !== undefined) {
      // A lock that many machines share is never taken over.
      const refused = isLocked && isProgram ? (await apply()).code : LOCKED;
      const problems = refused === LOCKED ? [] : [`an apply that met the lock ended with exit code ${refused}`];
      problems.push(...(await unlock(stage)));
      const { code, stdout, stderr } = await apply();
      return [...problems, ...(await this.#problemsAfter(stage, { code, stdout, stderr }))];
    }
    const { code, stdout, stderr } = await apply();
    const tells = /^Warning: .*\.lock .*\(process \d+ /m.test(stderr);
    return [
      ...(tells === isLocked ? [] : [`the next apply ${tells ? 'took over a lock' : 'did not tell of the lock'}`]),
      ...(await this.#problemsAfter(stage, { code, stdout, stderr })),
    ];
  }

  async #problemsAfter(stage: CrashStage, { code, stdout, stderr }: Ran): Promise<string[]> {
    return [
      ...(code === 0 ? [] : [`the next apply ended with exit code ${code}: ${stdout}${stderr}`]),
      ...(await planned(stage)).map((action) => `the plan after it is not empty: ${action}`),
      ...(await problemsAtEnd(stage, this.before, this.whole)),
    ];
  }
}

/** Does what a person does who finds the lock of a run that was killed, where the next run does not take it over. */
async function unlock(stage: CrashStage): Promise<string[]> {
  if (stage.service === undefined || !(await stage.isLocked())) return [];
  const { code, stdout, stderr } = await stage.run('state unlock');
  if (code !== 0) return [`state unlock ended with exit code ${code}: ${stdout}${stderr}`];
  return (await stage.isLocked()) ? ['state unlock left the lock'] : [];
}
