/** Where the state is kept: in a file that was named, as the configuration says, or beside it. */
import { existsSync } from 'node:fs';
import { loadStateConfig } from '../config/load.ts';
import { repositoryPath } from '../files/paths.ts';
import { defined } from '../model/defined.ts';
import type { StateConfig } from '../model/desired.ts';
import type { Scope } from '../model/plan.ts';
import type { RevokesOld } from '../model/planned-token.ts';
import { ownState } from '../model/state.ts';
import type { StateBackend } from '../state/backend.ts';
import { openBackend } from '../state/backends.ts';
import { fileBackend } from '../state/kinds/file/backend.ts';
import type { StateContext } from '../state/state-kind.ts';
import {
  type OpenedService,
  type OpenServiceOptions,
  openService,
  type SandboxLocation,
  type ServiceContext,
} from './service.ts';

/** The files that tell where the state is. */
export interface StateLocation {
  /** The main file of the configuration. */
  readonly config: string;
  /** The state's file; beside the configuration unless given. */
  readonly state?: string;
}

/** The path of the state: as given, or beside the configuration and named after it. */
export function statePath({ config, state }: StateLocation): string {
  return state ?? ownState(config);
}

/** What a state may need to be opened. */
type BackendContext = Pick<StateContext, 'env' | 'admin'>;

/** For a state that is opened before the service, or without: where it is at MotherDuck, it opens a service of its own. */
export function backendContext(options: OpenServiceOptions & SandboxLocation, context: ServiceContext): BackendContext {
  const admin = async () => {
    const service = await openService(options, context);
    return { ...service.admin, close: () => service.close() };
  };
  return { env: context.env, admin };
}

/** For a state beside an open service. */
export function backendContextOf({ admin }: Pick<OpenedService, 'admin'>, env: NodeJS.ProcessEnv): BackendContext {
  return { env, admin: async () => admin };
}

/**
 * Where the state is kept: in the file that was named, else as the configuration says, else in a file beside it. One run uses
 * one backend: it remembers what it read.
 *
 * @throws UserError STATE_UNREACHABLE: the library of the kind is missing
 */
export async function backendOf(
  location: StateLocation,
  config: StateConfig | undefined,
  context: BackendContext,
): Promise<StateBackend> {
  const path = statePath(location);
  if (location.state !== undefined || config === undefined) return fileBackend(path);
  const http = async () => (await import('./state-http.ts')).stateHttp(context.env);
  return openBackend(config, { ...context, defaultFile: path, http });
}

/** As `backendOf`, for a command that does not read the whole configuration, which may be missing. */
export async function backendAt(
  location: StateLocation & { readonly allowEnv?: readonly string[] },
  context: BackendContext,
): Promise<StateBackend> {
  const isElsewhere = location.state === undefined && existsSync(location.config);
  const config = isElsewhere ? await loadStateConfig(location.config, context.env, location.allowEnv) : undefined;
  return backendOf(location, config, context);
}

/** What a command is about, for its report. */
export function scopeOf(
  { config }: StateLocation,
  { file, name }: Pick<StateBackend, 'file' | 'name'>,
  { only, rotate, revokeOld, destroy }: Pick<Scope, 'only' | 'rotate'> & { revokeOld?: RevokesOld; destroy?: boolean },
): Scope {
  return {
    configuration: repositoryPath(config),
    state: file === undefined ? name : repositoryPath(file),
    ...defined({ only, rotate, revoke_old: revokeOld }),
    ...(destroy ? { destroy } : {}),
  };
}
