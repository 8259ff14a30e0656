/** Trouble with each call of a run that does everything: the run ends, and the next one, without trouble, converges. */
import { expect, it } from 'vitest';
import { brief } from '../world.ts';
import { lies, misdeeds, type Ran, type RunOptions, type Site } from './site.ts';
import { AFTER, differences, disconnected, FOR_EVER, openStage, PLANNED, type Stage, setStage } from './stage.ts';
import { type Kind, PASSING, SLOW, type Span, Trouble } from './trouble.ts';

interface Ordeal {
  readonly prepare: (site: Site) => void | Promise<void>;
  /** What the trouble was, as soon as it came. */
  readonly struck: () => string | undefined;
  readonly options?: RunOptions;
  /** What is wrong after the run with trouble, beside what always would be. */
  readonly check?: (site: Site, ran: Ran) => string[] | Promise<string[]>;
  /** The store may hold what does not connect, until the clean run. */
  readonly keeps?: boolean;
}

export class Striker {
  readonly stage: Stage;
  combinations = 0;
  /** Runs that began something and then gave an error in the place of what they had done. */
  readonly unaccounted = new Set<string>();
  /** Replaced tokens whose overlap never begins, although nobody tested their replacement in vain. */
  readonly lingering = new Set<string>();

  private constructor(stage: Stage) {
    this.stage = stage;
  }

  /** The plan that is struck has everything in it, or nothing would be tested here. */
  static async make(): Promise<Striker> {
    const stage = await setStage();
    const site = openStage(stage);
    const ran = await site.run(AFTER, { prune: true });
    expect(ran.plan && brief(ran.plan)).toEqual(expect.arrayContaining(PLANNED));
    expect(await differences(site, stage, ran, await site.plan(AFTER, { prune: true }))).toEqual([]);
    return new Striker(stage);
  }

  /** Strikes each call in turn, `atOnce` of them at the same time, and gives what was wrong. */
  async strikeAll(kind: Kind, span: Span, atOnce: number, options: RunOptions = {}): Promise<string[]> {
    const all: string[] = [];
    for (let first = 0; ; first += atOnce) {
      const indexes = Array.from({ length: atOnce }, (_, offset) => first + offset);
      const found = await Promise.all(indexes.map((index) => this.strike(kind, span, index, options)));
      all.push(...found.flatMap((each) => each ?? []));
      if (found.includes(undefined)) return all;
    }
  }

  /** Strikes the call with this number; undefined: there are not so many. */
  strike(kind: Kind, span: Span, index: number, options: RunOptions = {}): Promise<string[] | undefined> {
    const trouble = new Trouble(kind, span, index);
    return this.endure({
      prepare: (site) => {
        site.trouble = trouble;
      },
      struck: () => trouble.struck && `call ${index} (${trouble.struck}) ${span}`,
      options,
      check: (_, ran) => (isBorne(kind, span, trouble.struck) ? undone(ran) : []),
    });
  }

  /** A run with trouble, and a clean one after it. Gives what was wrong; undefined when the trouble did not come. */
  async endure({ prepare, struck, options, check, keeps = false }: Ordeal): Promise<string[] | undefined> {
    const site = openStage(this.stage);
    await prepare(site);
    const ran = await site.run(AFTER, { prune: true, ...options });
    const what = struck();
    if (what === undefined) return undefined;
    this.combinations += 1;
    const found = [...misdeeds(ran, site.unread()), ...lies(ran, site), ...((await check?.(site, ran)) ?? [])];
    if (!keeps) found.push(...(await disconnected(site, this.stage)));
    await site.restart();
    const clean = await site.run(AFTER, { prune: true });
    found.push(...(await differences(site, this.stage, clean, await site.plan(AFTER, { prune: true }))));
    const all = found.map((each) => anonymous(`${what}: ${each}`));
    if (ran.applied === undefined && ran.begun > 0) this.unaccounted.add(anonymous(`${what}: ${ran.thrown}`));
    for (const each of all) if (each.endsWith(FOR_EVER)) this.lingering.add(each);
    return all.filter((each) => !each.endsWith(FOR_EVER));
  }
}

/** Whether the run is to do all of its plan: the answer is only slow, or a second attempt is made and good. */
function isBorne(kind: Kind, span: Span, call = ''): boolean {
  if (Object.values(SLOW).includes(kind)) return true;
  const isRefusal = [PASSING['429 without Retry-After'], PASSING['429 with Retry-After']].includes(kind);
  const isPassing = Object.values(PASSING).includes(kind) && !call.startsWith('POST');
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

/** What holds for all that a striker did; the last tests of a file. */
export function testTheRest(striker: () => Striker): void {
  it('says what was done, whatever failed', () => {
    expect([...striker().unaccounted].slice(0, 8)).toEqual([]);
  });

  it('begins the overlap of every token that was replaced, by the next run at the latest', () => {
    expect([...striker().lingering].slice(0, 8)).toEqual([]);
  });
}
