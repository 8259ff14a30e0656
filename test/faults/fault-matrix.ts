/** A fault in each call of a run that does everything: the run ends, and the next one, without a fault, converges. */
import { expect, it } from 'vitest';
import { brief } from '../world.ts';
import { Fault, type FaultKind, RETRIED, SLOW, type Span } from './fault.ts';
import { type FaultyWorld, falseOutcomes, plansOfUnread, type Ran, type RunOptions } from './faulty-world.ts';
import {
  AFTER,
  differences,
  disconnected,
  FOR_EVER,
  type FullPlan,
  openFullPlan,
  PLANNED,
  prepareFullPlan,
} from './full-plan.ts';

interface FaultRun {
  readonly prepare: (world: FaultyWorld) => void | Promise<void>;
  /** What the fault was; undefined until it happened. */
  readonly hit: () => string | undefined;
  readonly options?: RunOptions;
  /** What is wrong after the run with the fault, beside what always would be. */
  readonly check?: (world: FaultyWorld, ran: Ran) => string[] | Promise<string[]>;
  /** The store may hold what does not connect, until the clean run. */
  readonly keeps?: boolean;
}

export class FaultMatrix {
  readonly prepared: FullPlan;
  combinations = 0;
  /** Runs that began something and then gave an error in the place of what they had done. */
  readonly unreported = new Set<string>();
  /** Replaced tokens whose overlap never begins, although nobody tested their replacement in vain. */
  readonly lingering = new Set<string>();

  private constructor(prepared: FullPlan) {
    this.prepared = prepared;
  }

  /** Makes sure that the plan has everything in it, or nothing would be tested here. */
  static async make(): Promise<FaultMatrix> {
    const prepared = await prepareFullPlan();
    const world = openFullPlan(prepared);
    const ran = await world.run(AFTER, { prune: true });
    expect(ran.plan && brief(ran.plan)).toEqual(expect.arrayContaining(PLANNED));
    expect(await differences(world, prepared, ran, await world.plan(AFTER, { prune: true }))).toEqual([]);
    return new FaultMatrix(prepared);
  }

  /** Makes each call fail in turn, in `atOnce` runs at the same time. Returns what was wrong. */
  async failEachCall(kind: FaultKind, span: Span, atOnce: number, options: RunOptions = {}): Promise<string[]> {
    const all: string[] = [];
    for (let first = 0; ; first += atOnce) {
      const indexes = Array.from({ length: atOnce }, (_, offset) => first + offset);
      const found = await Promise.all(indexes.map((index) => this.failCall(kind, span, index, options)));
      all.push(...found.flatMap((each) => each ?? []));
      if (found.includes(undefined)) return all;
    }
  }

  /** Makes the call with this number fail. Returns what was wrong; undefined: there are fewer calls. */
  failCall(kind: FaultKind, span: Span, index: number, options: RunOptions = {}): Promise<string[] | undefined> {
    const fault = new Fault(kind, span, index);
    return this.runWithFault({
      prepare: (world) => {
        world.fault = fault;
      },
      hit: () => fault.hit && `call ${index} (${fault.hit}) ${span}`,
      options,
      check: (_, ran) => (isRetried(kind, span, fault.hit) ? undone(ran) : []),
    });
  }

  /** A run with a fault, and a clean one after it. Returns what was wrong; undefined when the fault did not happen. */
  async runWithFault({ prepare, hit, options, check, keeps = false }: FaultRun): Promise<string[] | undefined> {
    const world = openFullPlan(this.prepared);
    await prepare(world);
    const ran = await world.run(AFTER, { prune: true, ...options });
    const what = hit();
    if (what === undefined) return undefined;
    this.combinations += 1;
    const found = [
      ...plansOfUnread(ran, world.unread()),
      ...falseOutcomes(ran, world),
      ...((await check?.(world, ran)) ?? []),
    ];
    if (!keeps) found.push(...(await disconnected(world, this.prepared)));
    await world.restart();
    const clean = await world.run(AFTER, { prune: true });
    found.push(...(await differences(world, this.prepared, clean, await world.plan(AFTER, { prune: true }))));
    const all = found.map((each) => anonymous(`${what}: ${each}`));
    if (ran.applied === undefined && ran.begun > 0) this.unreported.add(anonymous(`${what}: ${ran.thrown}`));
    for (const each of all) if (each.endsWith(FOR_EVER)) this.lingering.add(each);
    return all.filter((each) => !each.endsWith(FOR_EVER));
  }
}

/** Whether the run is to do all of its plan: the answer is only slow, or a second attempt is made and good. */
function isRetried(kind: FaultKind, span: Span, call = ''): boolean {
  if (Object.values(SLOW).includes(kind)) return true;
  const isRefusal = [RETRIED['429 without Retry-After'], RETRIED['429 with Retry-After']].includes(kind);
  const isPassing = Object.values(RETRIED).includes(kind) && !call.startsWith('POST');
  return span === 'once' && (isRefusal || isPassing);
}

function undone({ applied, thrown }: Ran): string[] {
  const outcomes = applied?.outcomes.filter(({ result }) => result !== 'done') ?? [];
  const smoke = applied?.smoke.filter(({ outcome }) => outcome !== 'passed') ?? [];
  return [
    ...(applied === undefined ? [`threw ${thrown}`] : []),
    ...outcomes.map(({ action, error }) => `${action.action} of ${action.account}: ${error?.message}`),
    ...smoke.map(({ account, outcome }) => `the test of ${account} ${outcome}`),
  ];
}

function anonymous(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID');
}

/** What holds for all runs of a matrix; the last tests of a file. */
export function testTheRest(matrix: () => FaultMatrix): void {
  it('says what was done, whatever failed', () => {
    expect([...matrix().unreported].slice(0, 8)).toEqual([]);
  });

  it('begins the overlap of every token that was replaced, by the next run at the latest', () => {
    expect([...matrix().lingering].slice(0, 8)).toEqual([]);
  });
}
