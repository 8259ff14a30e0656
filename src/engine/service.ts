/** The organization that a command works on: MotherDuck's, another address of its API, or the embedded sandbox. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { shownRelativePath } from '../files/paths.ts';
import { CONNECT_SECONDS, DEFAULT_SANDBOX, REQUEST_SECONDS } from '../model/defaults.ts';
import { defined } from '../model/defined.ts';
import type { Secret } from '../model/secret.ts';
import type { Seconds } from '../model/time.ts';
import { type Hint, UserError } from '../model/user-error.ts';
import { type ApiAddress, chooseAddress, isLoopback, parseAddress } from '../motherduck/address.ts';
import { adminTokenClaims, tokenExpiry } from '../motherduck/admin-token.ts';
import { type Api, createApi } from '../motherduck/api.ts';
import { type Connector, motherduckConnector } from '../motherduck/connector.ts';
import { type ProbeReport, type ProbeRequest, probeRunner } from '../motherduck/probe-process.ts';
import { proxyFor } from '../motherduck/proxy.ts';
import { createRestClient, type RestClientOptions } from '../motherduck/rest-client.ts';
import { PRODUCT, readStorage, readUsage, type UsageReading, type UsageRequest } from '../motherduck/usage.ts';
import type { AdminConnection } from '../state/state-kind.ts';
import { VERSION } from '../version.ts';
import { adminToken } from './token-variables.ts';

/** Where the embedded sandbox is. */
export interface SandboxLocation {
  readonly sandboxDir?: string;
  /** The main file of the configuration, beside which the sandbox is by default. */
  readonly config?: string;
}

/** How a service is opened: at MotherDuck, or with `sandbox` in the embedded organization. */
export interface OpenServiceOptions extends Omit<SandboxLocation, 'config'> {
  /** Use the embedded sandbox. */
  readonly sandbox?: boolean;
  readonly apiUrl?: string;
  readonly parallelism: number;
  /** Seconds. */
  readonly timeout?: Seconds;
}

/** The open way to an organization, at MotherDuck or in a sandbox. Close it at the end. */
export interface OpenedService {
  readonly api: Api;
  readonly connector: Connector;
  /** The environment of the run, which its child processes inherit. */
  readonly env: NodeJS.ProcessEnv;
  /** For connections as the Admin. */
  readonly admin: AdminConnection;
  /** Whether it is a sandbox, so that nothing reaches MotherDuck. */
  readonly isSandbox: boolean;
  /** The folder of the sandbox, where it is known; at MotherDuck, that of the one that `--sandbox` would use. */
  readonly sandboxFolder?: string;
  /** The id of the sandbox's organization, to which its state is bound. */
  readonly sandboxId?: string;
  /** The claims of the admin token that may identify its account. */
  readonly claims: readonly string[];
  /** The variable with the admin token, and when the token expires, in milliseconds since 1970; absent where its claims do not tell. */
  readonly adminToken?: { readonly source: string; readonly expiresAt: number };
  /** Seconds that one connection may take, as the user gave them; absent: as its Duckling needs. */
  readonly timeout?: Seconds;
  /** Connects once as the Admin, and asks. @throws UserError when the connection cannot even be tried */
  connectAsAdmin(steps: ProbeRequest['steps']): Promise<ProbeReport>;
  /**
   * What each user did, used and stores, by one connection as the Admin.
   *
   * @param now MotherDuck's time, in milliseconds since 1970
   * @throws UserError USAGE_UNREADABLE, INTERRUPTED
   */
  readUsage(now: number, signal?: AbortSignal): Promise<UsageReading>;
  /** What each user stores, by one connection as the Admin. @throws UserError INTERRUPTED */
  readStorage(signal?: AbortSignal): Promise<UsageReading['storage']>;
  close(): Promise<void>;
}

export const USER_AGENT = `${PRODUCT}/${VERSION}`;
/** The environment that a service is opened in, and where its remarks go. */
export interface ServiceContext {
  readonly env: NodeJS.ProcessEnv;
  readonly options: { readonly debug?: boolean };
  /** Takes a remark, for example that a new sandbox was made. */
  note(text: string): void;
  /** Takes a line for each request, with `options.debug`. */
  debug(line: string): void;
  /** Takes the names of accounts and tokens that MotherDuck returned. */
  keepWhole?(names: Iterable<string>): void;
}

/** Opens it. @throws UserError TOKEN_MISSING, API_URL_INVALID, PROXY_INVALID, SANDBOX_FAILED */
export async function openService(
  options: OpenServiceOptions & SandboxLocation,
  context: ServiceContext,
): Promise<OpenedService> {
  if (!options.sandbox) return openMotherDuck(options, context);
  if (options.apiUrl !== undefined) {
    throw new UserError('USAGE', '--sandbox and --api-url name different organizations', 'Remove one of them.');
  }
  return openEmbedded(options, context);
}

/** The folder of the sandbox: as named by the option or the environment, or beside the configuration. */
export function sandboxFolder({ sandboxDir, config = '' }: SandboxLocation, env: NodeJS.ProcessEnv): string {
  return path.resolve(sandboxDir ?? nonEmpty(env.MDACC_SANDBOX) ?? path.join(path.dirname(config), DEFAULT_SANDBOX));
}

/** Notes that a new sandbox is created, since it may be the wrong folder. */
export function noteNewSandbox(folder: string, { note }: Pick<ServiceContext, 'note'>): void {
  if (!existsSync(folder)) note(`Created a sandbox organization in ${shownRelativePath(folder)}.`);
}

/** The address of MotherDuck's API. @throws UserError API_URL_INVALID */
export function apiAddress({ apiUrl }: Pick<OpenServiceOptions, 'apiUrl'>, env: NodeJS.ProcessEnv): ApiAddress {
  return chooseAddress(apiUrl, env);
}

/** Opens the REST API. */
function openApi(
  to: Pick<RestClientOptions, 'address' | 'token' | 'tokenSource' | 'network' | 'transport'>,
  { parallelism, timeout = REQUEST_SECONDS }: OpenServiceOptions,
  context: ServiceContext,
): Api {
  const client = createRestClient({
    ...to,
    parallelism,
    timeoutMs: timeout * 1000,
    userAgent: USER_AGENT,
    ...(context.options.debug ? { debug: context.debug } : {}),
  });
  return createApi(client, (names) => context.keepWhole?.(names));
}

async function openMotherDuck(
  options: OpenServiceOptions & SandboxLocation,
  context: ServiceContext,
): Promise<OpenedService> {
  const { address, source: addressSource } = apiAddress(options, context.env);
  const { token, source } = adminToken(context.env);
  const expiresAt = tokenExpiry(token);
  const proxy = proxyFor(address, context.env);
  const extraCa = nonEmpty(context.env.NODE_EXTRA_CA_CERTS);
  const network = {
    ...defined({ addressSource, proxy }),
    ...(extraCa ? { extraCa } : {}),
  };
  const api = openApi({ address, token, tokenSource: source, network }, options, context);
  const cut = mayBeSandbox(address, context.env) ? await api.detectSandbox() : undefined;
  const isSandbox = mayBeSandbox(address, context.env) && api.isSandbox() === true;
  const sandboxId = isSandbox ? api.sandboxId() : undefined;
  const folder = nonEmpty(context.env.MDACC_SANDBOX);
  if (folder !== undefined && !isSandbox && isLoopback(address.hostname)) {
    await api.close();
    throw noSandboxAt(address, addressSource, api.isSandbox() === undefined, cut);
  }
  const connector = isSandbox
    ? await connectorOf(folder, token)
    : motherduckConnector({ userAgent: USER_AGENT, env: context.env });
  return {
    api,
    connector,
    env: context.env,
    admin: adminConnection(connector, token, options),
    isSandbox,
    ...(isSandbox && folder === undefined ? {} : { sandboxFolder: sandboxFolder(options, context.env) }),
    ...defined({ sandboxId }),
    claims: adminTokenClaims(token),
    ...(expiresAt === undefined ? {} : { adminToken: { source, expiresAt } }),
    ...defined({ timeout: options.timeout }),
    connectAsAdmin: adminProbe(connector, token, context.env, options.timeout),
    ...usageReaders(connector, token, context.env, options.timeout),
    close: () => api.close(),
  };
}

function noSandboxAt(
  { origin, port }: URL,
  source: string | undefined,
  isSilent: boolean,
  cut: string | undefined,
): UserError {
  const silence = cut === undefined ? `nothing answers at ${origin}` : `${origin} cuts every connection (${cut})`;
  const what = isSilent ? silence : `what answers at ${origin} is not a sandbox`;
  const variables = ['MDACC_SANDBOX', ...(source === undefined || source.startsWith('-') ? [] : [source])].join(' ');
  const text = `Work without it (unset ${variables}), or serve the sandbox in another terminal.`;
  const hint = { text, command: ['sandbox', 'serve', '--port', port || '8080'] };
  return new UserError('SANDBOX_FAILED', `MDACC_SANDBOX is set, and ${what}`, hint);
}

/** Whether a sandbox may be served there: on this machine, or where MDACC_SANDBOX is set, behind a server with TLS. */
export function mayBeSandbox(address: URL, env: NodeJS.ProcessEnv): boolean {
  return isLoopback(address.hostname) || nonEmpty(env.MDACC_SANDBOX) !== undefined;
}

async function openEmbedded(
  options: OpenServiceOptions & SandboxLocation,
  context: ServiceContext,
): Promise<OpenedService> {
  const folder = sandboxFolder(options, context.env);
  noteNewSandbox(folder, context);
  const { embeddedSandbox } = await import('../sandbox/sandbox-transport.ts');
  const { organization, transport, token, connector } = await embeddedSandbox(folder, USER_AGENT);
  const address = parseAddress('http://localhost');
  const api = openApi({ address, token, tokenSource: 'the sandbox', transport }, options, context);
  return {
    api,
    connector,
    env: context.env,
    admin: adminConnection(connector, token, options),
    isSandbox: true,
    sandboxFolder: folder,
    sandboxId: organization.id(),
    claims: adminTokenClaims(token),
    ...defined({ timeout: options.timeout }),
    connectAsAdmin: adminProbe(connector, token, context.env, options.timeout),
    ...usageReaders(connector, token, context.env, options.timeout),
    close: async () => {
      await api.close();
      organization.close();
    },
  };
}

function adminProbe(
  connector: Connector,
  token: Secret,
  env: NodeJS.ProcessEnv,
  timeout = CONNECT_SECONDS,
): OpenedService['connectAsAdmin'] {
  return async (steps) => {
    const target = await connector.target(token, undefined, timeout);
    // Made here, because the build loads its file when it is first called.
    return probeRunner(env)(target, { steps, shutdown: false }, { timeoutMs: timeout * 1000, secrets: [token] });
  };
}

function adminConnection(connector: Connector, token: Secret, { timeout }: OpenServiceOptions): AdminConnection {
  const seconds = timeout ?? CONNECT_SECONDS;
  return { connector, token, seconds, close: async () => {} };
}

function usageReaders(
  connector: Connector,
  token: Secret,
  env: NodeJS.ProcessEnv,
  timeout = CONNECT_SECONDS,
): Pick<OpenedService, 'readUsage' | 'readStorage'> {
  const request = (signal?: AbortSignal): UsageRequest => ({
    connector,
    probe: probeRunner(env),
    token,
    timeoutMs: timeout * 1000,
    ...defined({ signal }),
  });
  return {
    readUsage: (now, signal) => readUsage(request(signal), now),
    readStorage: (signal) => readStorage(request(signal)),
  };
}

function noFolder(): never {
  const hint = 'Set it to the value that the served sandbox printed. Without it, apply needs --no-smoke.';
  throw new UserError('CONNECT_FAILED', 'MDACC_SANDBOX, the folder of the served sandbox, is not set', hint);
}

/** The connector of a served sandbox, whose databases are in the folder that the environment names. */
async function connectorOf(folder: string | undefined, adminToken: Secret): Promise<Connector> {
  const { sandboxConnector } = await import('../sandbox/connector.ts');
  if (folder !== undefined) return sandboxConnector(path.resolve(folder), { agent: USER_AGENT, adminToken });
  return {
    target: noFolder,
    sessionTarget: noFolder,
    noteShutdown: async () => {},
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

/** What a use case tells its caller while it runs, and how the caller stops it. */
export interface RunContext {
  /** Takes a warning that the user should see. */
  warn(message: string, hint?: Hint): void;
  /** Takes a remark, for example that a lock is waited for. */
  note?(text: string): void;
  /** Called when the work begins or advances, with the number of accounts done so far and in total. */
  readonly progress?: (done: number, total: number) => void;
  /** Aborted to stop: calls in flight are finished, nothing new begins. */
  readonly signal?: AbortSignal;
}
