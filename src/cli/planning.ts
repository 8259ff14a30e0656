/** From the options to a plan: configuration, state, the live organization, and what was planned from them. */

import { readLive } from '../live/read.ts';
import type { Desired } from '../model/desired.ts';
import { globMatcher } from '../model/glob.ts';
import type { Live } from '../model/live.ts';
import type { Plan } from '../model/plan.ts';
import type { State } from '../model/state.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { accountNames, makePlan, type PlanOptions } from '../plan/plan.ts';
import { planHtml } from '../report/plan/html.ts';
import { planJson } from '../report/plan/json.ts';
import { planMarkdown } from '../report/plan/markdown.ts';
import { planText } from '../report/plan/text.ts';
import { openStores } from '../secrets/open-stores.ts';
import type { SecretStore } from '../secrets/store.ts';
import type { ConfigOptions } from './configuration.ts';
import type { Io, OutputOptions } from './io.ts';
import { Progress } from './progress.ts';
import { type Service, type ServiceOptions, warnOfClock } from './service.ts';

export interface PlanningOptions extends ConfigOptions, ServiceOptions, OutputOptions {
  readonly only?: readonly string[];
  readonly prune?: boolean;
  readonly due?: boolean;
  readonly format: 'text' | 'json' | 'markdown' | 'html';
  /** Seconds. */
  readonly lockTimeout?: number;
}

/** What a plan was made from, and the plan. */
export interface Planned {
  readonly desired: Desired;
  readonly stores: ReadonlyMap<string, SecretStore>;
  readonly live: Live;
  readonly plan: Plan;
}

/** Reads the organization and plans. @throws UserError when it cannot be read at all */
export async function planNow(
  desired: Desired,
  state: State,
  service: Service,
  options: Pick<PlanningOptions, 'only' | 'prune' | 'due' | 'parallelism'>,
  io: Io,
  more: Pick<PlanOptions, 'rotate' | 'because'> & { readonly signal?: AbortSignal } = {},
): Promise<Planned> {
  const stores = openStores(desired.stores);
  const only = onlyMatcher(options.only);
  const live = await readAccounts(desired, state, service, { ...options, only }, io, more.signal);
  warnOfClock(service, io);
  const plan = makePlan(desired, live, state, {
    only,
    prune: options.prune ?? false,
    due: options.due ?? false,
    claims: service.claims,
    sandbox: service.isSandbox,
    place: (account, token) => stores.get(token.store)?.place({ account, token: token.key }),
    ...(more.rotate ? { rotate: more.rotate } : {}),
    ...(more.because ? { because: more.because } : {}),
  });
  if (options.only !== undefined && accountNames(desired, state).filter(only).length === 0) {
    throw new UserError(
      'USAGE',
      `--only ${options.only.join(' --only ')} matches no account of the configuration or the state`,
      `There are: ${accountNames(desired, state).slice(0, 10).join(', ')}`,
    );
  }
  return { desired, stores, live, plan };
}

/** The plan in the wanted format, for stdout. */
export function renderPlan(plan: Plan, format: PlanningOptions['format'], io: Io): string {
  switch (format) {
    case 'text':
      return planText(plan, io.paint.out);
    case 'json':
      return planJson(plan);
    case 'markdown':
      return planMarkdown(plan);
    case 'html':
      return planHtml(plan);
    default:
      return format satisfies never;
  }
}

export function onlyMatcher(globs: readonly string[] | undefined): (username: string) => boolean {
  return globs === undefined ? () => true : globMatcher(globs);
}

async function readAccounts(
  desired: Desired,
  state: State,
  service: Service,
  options: { readonly only: (username: string) => boolean; readonly parallelism: number },
  io: Io,
  signal: AbortSignal | undefined,
): Promise<Live> {
  const names = accountNames(desired, state)
    .filter(options.only)
    .map((username) => ({
      username,
      needsDucklings:
        desired.computeRates !== undefined || desired.accounts.get(accountKey(username))?.ducklings !== undefined,
    }));
  const progress = new Progress(io, 'Reading accounts', names.length);
  try {
    return await readLive({
      api: service.api,
      names,
      parallelism: options.parallelism,
      onProgress: () => progress.step(),
      ...(signal ? { signal } : {}),
    });
  } finally {
    progress.end();
  }
}
