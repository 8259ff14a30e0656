import { type Service as FullService, openService as openFully } from '../engine/service.ts';
import type { Api } from '../motherduck/api.ts';
import type { Environment } from './config.ts';

export interface ServiceOptions {
  /** The folder of an embedded sandbox, made where there is none; then nothing reaches MotherDuck. */
  readonly sandbox?: string;
  /** A read/write token of an Admin. Unless given, `env` has it, as it has it for the commands. */
  readonly token?: string;
  /** Another address of the REST API than MotherDuck's, or than `MOTHERDUCK_API_URL` in `env`. */
  readonly apiUrl?: string;
  /** Where the token and the address are looked for; `process.env` unless given. */
  readonly env?: Environment;
  /** Calls and connections at the same time; 10 unless given. */
  readonly parallelism?: number;
  /** What one request or connection may take, in seconds; 30, and 60 for connections, unless given. */
  readonly timeout?: number;
  /** Gets a line for every request: method, path, status, time; never a secret. */
  readonly debug?: (line: string) => void;
}

/** An organization that is open: MotherDuck's, or a sandbox. */
export interface Service {
  /** The REST API, a method an endpoint. */
  readonly api: Api;
  /** Nothing here reaches MotherDuck. */
  readonly isSandbox: boolean;
  /** Closes the connections; to be called in the end, also after an error. */
  close(): Promise<void>;
  /** @internal */
  readonly opened: FullService & { readonly parallelism: number };
}

/**
 * Opens MotherDuck's REST API, or an embedded sandbox. A token is first used, and refused, by the first call.
 *
 * @throws {@link UserError} TOKEN_MISSING, TOKEN_REFUSED (it cannot be one), API_URL_INVALID, SANDBOX_FAILED, USAGE (`sandbox`
 * and `apiUrl` are two organizations)
 */
export async function openService(options: ServiceOptions = {}): Promise<Service> {
  const { token, env = process.env, parallelism = 10, debug, ...location } = options;
  const opened = await openFully(
    { ...location, parallelism },
    {
      env: { ...env, ...(token === undefined ? {} : { MOTHERDUCK_ADMIN_TOKEN: token }) },
      options: { debug: debug !== undefined },
      note: () => {},
      debug: debug ?? (() => {}),
    },
  );
  const { api, isSandbox } = opened;
  return { api, isSandbox, close: () => opened.close(), opened: { ...opened, parallelism } };
}
