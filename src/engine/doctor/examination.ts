/** The things that `doctor` checks: each is opened once, by the first check that needs it. */
import { InvalidConfiguration } from '../../config/errors.ts';
import { loadConfig } from '../../config/load.ts';
import { defined } from '../../model/defined.ts';
import type { Desired } from '../../model/desired.ts';
import { diagnosticJson } from '../../model/diagnostic.ts';
import type { DoctorCheck, DoctorCheckName } from '../../model/doctor.ts';
import { emptyState, type State } from '../../model/state.ts';
import { type Hint, UserError } from '../../model/user-error.ts';
import type { WireUser } from '../../model/wire.ts';
import type { ProbeReport } from '../../motherduck/probe-process.ts';
import type { StateBackend } from '../../state/backend.ts';
import { refuseUnmoved, statesInRepository } from '../../state/other-states.ts';
import { readState } from '../../state/read-state.ts';
import { openServiceFor, openStateOf } from '../open-state.ts';
import { type OpenedService, type OpenServiceOptions, openService, type ServiceContext } from '../service.ts';
import { backendAt, backendOf, type StateLocation, statePath } from '../state-location.ts';

/** The options of `doctor`. */
export interface DoctorOptions extends OpenServiceOptions, StateLocation {
  readonly allowEnv?: readonly string[];
  /** In a sandbox, run the check commands of stores too. */
  readonly realStores?: boolean;
}

/** A result of a check, but for its name. */
export type CheckResult = Omit<DoctorCheck, 'name'>;

/** A check of the registry. A `UserError` that it throws makes it a failed one. */
export interface Check {
  readonly name: DoctorCheckName;
  run(examination: Examination): Promise<CheckResult | readonly (CheckResult & { readonly name?: DoctorCheckName })[]>;
}

export const ok = (message: string): CheckResult => ({ status: 'ok', message });
export const skipped = (message: string, hint?: Hint): CheckResult => ({
  status: 'skipped',
  message,
  ...defined({ hint }),
});
export const warning = (message: string, hint: Hint): CheckResult => ({ status: 'warning', message, hint });
export const failed = ({ code, message, hint }: Pick<UserError, 'code' | 'message' | 'hint'>): CheckResult => ({
  status: 'failed',
  message,
  code,
  hint,
});

/** A state as far as it could be opened. */
interface ExaminedState {
  readonly backend: StateBackend;
  /** Absent: there is none yet. */
  readonly state?: State;
  /** The older version in which it is kept. */
  readonly migratedFrom?: number;
}

/** What the SQL of the one connection asks. */
const QUESTIONS = [
  { name: 'user', sql: 'SELECT md_user() AS username' },
  { name: 'organization', sql: 'FROM md_user_info()' },
  { name: 'version', sql: 'SELECT version() AS version' },
];

/** Opens each thing that checks need at most once. An error is given to each check that needs the thing. */
export class Examination {
  readonly options: DoctorOptions;
  readonly env: NodeJS.ProcessEnv;
  /** Reads the configuration. @throws UserError CONFIG_NOT_FOUND, CONFIG_INVALID */
  readonly configuration: () => Promise<Desired>;
  /** @throws UserError as `openService` */
  readonly service: () => Promise<OpenedService>;
  /** The users of the organization. @throws UserError */
  readonly users: () => Promise<readonly WireUser[]>;
  /** A connection as the Admin. @throws UserError */
  readonly connection: () => Promise<ProbeReport>;
  /** @throws UserError */
  readonly state: () => Promise<ExaminedState>;

  constructor(options: DoctorOptions, context: ServiceContext) {
    this.options = options;
    this.env = context.env;
    this.configuration = once(() => this.#load());
    this.service = once(async () => {
      const desired = await settled(this.configuration());
      return desired === undefined ? openService(options, context) : openServiceFor(options, desired, context);
    });
    this.users = once(async () => (await (await this.service()).api.listUsers()).users);
    this.connection = once(async () => (await this.service()).connectAsAdmin(QUESTIONS));
    this.state = once(() => this.#openState());
  }

  /** Whether it is a sandbox, as far as that is known. */
  async isSandbox(): Promise<boolean> {
    const service = await settled(this.service());
    return service?.isSandbox ?? this.options.sandbox ?? false;
  }

  /** MotherDuck's time in milliseconds since 1970, or that of this machine where it is not known. */
  async now(): Promise<number> {
    await settled(this.users());
    return (await settled(this.service()))?.api.now() ?? Date.now();
  }

  async close(): Promise<void> {
    await (await settled(this.service()))?.close();
  }

  async #load(): Promise<Desired> {
    const { config, allowEnv } = this.options;
    const loaded = await loadConfig(config, this.env, undefined, statePath(this.options), allowEnv);
    if (loaded.ok) return loaded.desired;
    throw new InvalidConfiguration(config, loaded.diagnostics.map(diagnosticJson), false);
  }

  /** Without a configuration or an organization, a state of any organization is accepted. */
  async #openState(): Promise<ExaminedState> {
    const [desired, service] = await Promise.all([settled(this.configuration()), settled(this.service())]);
    const context = { env: this.env, admin: async () => (await this.service()).admin };
    const backend = desired
      ? await backendOf(this.options, desired.state, context)
      : await backendAt(this.options, context);
    const read = await readState(backend);
    const refused = await errorOf(this.service());
    if (refused?.code === 'STATE_FOREIGN') throw refused;
    if (desired && service) await openStateOf(backend, this.options, desired, service);
    else if (desired && backend.file === undefined) {
      const none = emptyState({ organization: desired.organization, sandbox: this.options.sandbox ?? false });
      const { config } = this.options;
      await refuseUnmoved(backend.name, config, read?.state ?? none, await statesInRepository(config));
    }
    return { backend, ...read };
  }
}

/** The value of a promise; undefined when it is rejected, which a check of its own says. */
export function settled<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined);
}

/** The error of a promise; undefined when it is fulfilled. */
export async function errorOf(promise: Promise<unknown>): Promise<UserError | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof UserError) return error;
      throw error;
    },
  );
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
