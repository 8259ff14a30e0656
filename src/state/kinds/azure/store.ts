/** Objects in a container, through the library of Azure Blob Storage, which sends the requests. */
import { text as textOf } from 'node:stream/consumers';
import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import { UserError } from '../../../model/user-error.ts';
import { isLoopback } from '../../../motherduck/address.ts';
import {
  firstLine,
  folderOf,
  fromElsewhere,
  isUndecided,
  TIME_LIMIT_MS,
  untrusted,
  within,
} from '../../cloud-store.ts';
import { atAddress, type ObjectStore, type StoredObject, UnsureError } from '../../object-store.ts';
import { ServiceClock } from '../../service-clock.ts';
import { authorityOf } from './clouds.ts';

/** The libraries. That of logins is large, and not needed with a key. */
interface AzureSdk {
  readonly blobs: typeof import('@azure/storage-blob');
  identity(): Promise<typeof import('@azure/identity')>;
}

/** Where the objects are. */
interface AzureLocation {
  readonly account: string;
  readonly container: string;
  readonly prefix?: string | undefined;
  readonly endpoint?: string | undefined;
}

const ROLE = 'Storage Blob Data Contributor';
/** Every emulator has an account with this key, which is no secret. */
const EMULATOR_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** @throws UserError STATE_UNREACHABLE: a library is missing, or the credentials are not of this account */
export async function openAzure(
  sdk: AzureSdk,
  location: AzureLocation,
  env: NodeJS.ProcessEnv,
  limitMs: number = TIME_LIMIT_MS,
): Promise<ObjectStore> {
  const name = `azure://${location.account}/${location.container}/${folderOf(location.prefix)}`
    .replace(/\/$/, '')
    .concat(atAddress(location.endpoint));
  const service = await openService(sdk, location, env, name);
  const { container, prefix } = location;
  const about = { name, folder: folderOf(prefix), limitMs, extraCa: env.NODE_EXTRA_CA_CERTS };
  return new AzureStore(service.getContainerClient(container), about);
}

/** A login is shown to Microsoft's hosts alone; a key signs, and is sent nowhere. */
async function openService(
  { blobs, identity }: AzureSdk,
  { account, endpoint }: AzureLocation,
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<BlobServiceClient> {
  // A repeated request may find what the first one has done, which only `createOnce` can tell from another run's doing.
  const options = { retryOptions: { maxTries: 1 } };
  const { AZURE_STORAGE_CONNECTION_STRING: connection, AZURE_STORAGE_KEY: key } = env;
  if (connection) return openConnection(blobs, connection, account, name, options);
  const url = endpoint?.replace(/\/$/, '') ?? `https://${account}.blob.core.windows.net`;
  if (key || isLoopback(new URL(url).hostname)) {
    const credential = new blobs.StorageSharedKeyCredential(account, key || EMULATOR_KEY);
    return new blobs.BlobServiceClient(url, credential, options);
  }
  const { DefaultAzureCredential } = await identity();
  const authorityHost = env.AZURE_AUTHORITY_HOST || authorityOf(url);
  return new blobs.BlobServiceClient(url, new DefaultAzureCredential({ authorityHost }), options);
}

/** A connection string names the address, so it must be of the account that the configuration names. */
function openConnection(
  { BlobServiceClient: Client }: AzureSdk['blobs'],
  connection: string,
  account: string,
  name: string,
  options: { readonly retryOptions: { readonly maxTries: number } },
): BlobServiceClient {
  const refused = (what: string, hint: string) =>
    new UserError('STATE_UNREACHABLE', `${name}: AZURE_STORAGE_CONNECTION_STRING ${what}`, hint);
  let service: BlobServiceClient;
  try {
    service = Client.fromConnectionString(connection, options);
  } catch {
    throw refused('is not a connection string', `Copy it from the access keys of ${account}, or unset it.`);
  }
  if (service.accountName === account) return service;
  throw refused(`is of the account ${service.accountName}`, `Set that of ${account}, or unset it to use your login.`);
}

interface StoreAbout {
  readonly name: string;
  readonly folder: string;
  readonly limitMs: number;
  /** The value of NODE_EXTRA_CA_CERTS. */
  readonly extraCa: string | undefined;
}

class AzureStore implements ObjectStore {
  readonly name: string;
  readonly #container: ContainerClient;
  readonly #folder: string;
  readonly #limitMs: number;
  readonly #extraCa: string | undefined;
  readonly #clock = new ServiceClock();

  constructor(container: ContainerClient, { name, folder, limitMs, extraCa }: StoreAbout) {
    this.name = name;
    this.#container = container;
    this.#folder = folder;
    this.#limitMs = limitMs;
    this.#extraCa = extraCa;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const found = await this.#ask(
      async (abortSignal) => {
        const answer = await this.#blob(key).download(0, undefined, { abortSignal, maxRetryRequests: 0 });
        this.#clock.seen(answer.date);
        const text = answer.readableStreamBody ? await textOf(answer.readableStreamBody) : '';
        return { text, modified: answer.lastModified?.getTime() ?? 0 };
      },
      ['BlobNotFound'],
    );
    return typeof found === 'string' ? undefined : found;
  }

  async create(key: string, text: string): Promise<'created' | 'exists'> {
    const conditions = { ifNoneMatch: '*' };
    const expected = ['BlobAlreadyExists', 'ConditionNotMet', 'LeaseIdMissing', 'UnauthorizedBlobOverwrite'] as const;
    const answer = await this.#ask((abortSignal) => this.#write(key, text, { abortSignal, conditions }), expected);
    return typeof answer === 'string' ? 'exists' : 'created';
  }

  async put(key: string, text: string): Promise<void> {
    await this.#ask((abortSignal) => this.#write(key, text, { abortSignal }));
  }

  async remove(key: string): Promise<void> {
    const deleteSnapshots = 'include';
    await this.#ask(
      async (abortSignal) => this.#clock.seen((await this.#blob(key).delete({ abortSignal, deleteSnapshots })).date),
      ['BlobNotFound'],
    );
  }

  async list(prefix: string): Promise<string[]> {
    return this.#ask<string[]>(async (abortSignal) => {
      const keys: string[] = [];
      const found = this.#container.listBlobsFlat({ prefix: this.#folder + prefix, abortSignal });
      for await (const { name } of found) keys.push(name.slice(this.#folder.length));
      return keys;
    });
  }

  now(): number {
    return this.#clock.now();
  }

  async close(): Promise<void> {
    // Idle connections do not keep the process.
  }

  #blob(key: string) {
    return this.#container.getBlockBlobClient(this.#folder + key);
  }

  async #write(
    key: string,
    text: string,
    options: { readonly abortSignal: AbortSignal; readonly conditions?: { readonly ifNoneMatch: string } },
  ): Promise<undefined> {
    const blobHTTPHeaders = { blobContentType: 'application/json' };
    const { date } = await this.#blob(key).upload(text, Buffer.byteLength(text), { ...options, blobHTTPHeaders });
    this.#clock.seen(date);
  }

  /** Does requests; a code that is an answer and no error is returned. @throws UserError STATE_UNREACHABLE; UnsureError */
  async #ask<T, Code extends string = never>(
    act: (signal: AbortSignal) => Promise<T>,
    expected: readonly Code[] = [],
  ): Promise<T | Code> {
    try {
      return await within(this.#limitMs * 2, act(AbortSignal.timeout(this.#limitMs)));
    } catch (error) {
      if (error instanceof UnsureError) throw error;
      const failure = azureFailure(error);
      this.#clock.seen(failure.date);
      const answer = expected.find((code) => code === failure.code);
      if (answer !== undefined) return answer;
      throw this.#explained(failure, error);
    }
  }

  #explained({ status, code, message, kind }: Failure, error: unknown): UserError | UnsureError {
    const account = this.#container.accountName;
    const container = this.#container.containerName;
    if (kind === 'login') {
      return this.#refused(`the login was refused: ${message}`, 'Type: az login');
    }
    if (kind === 'no_login') {
      return this.#refused(
        'no Azure credentials were found',
        'Type: az login, or set AZURE_STORAGE_KEY to a key of the storage account. In CI: AZURE_TENANT_ID, AZURE_CLIENT_ID and a federated token or AZURE_CLIENT_SECRET.',
      );
    }
    if (status === undefined && code === 'ENOTFOUND') {
      return new UnsureError(`${message}: is ${account} the name of the storage account?`);
    }
    if (status === undefined || isUndecided(status)) {
      const text = error instanceof Error && error.name === 'AbortError' ? 'no answer in time' : message;
      return (
        untrusted(this.name, error, this.#extraCa) ??
        new UnsureError(status === undefined ? text : `${status} ${code}`.trim())
      );
    }
    // Azure names each error.
    if (code === '') return fromElsewhere(this.name, new URL(this.#container.url).host, status);
    if (code === 'ContainerNotFound' || code === 'ContainerBeingDeleted') {
      return this.#refused(
        code === 'ContainerNotFound'
          ? `the container ${container} does not exist`
          : `the container ${container} was deleted`,
        `Correct \`container\`, or create it: az storage container create --account-name ${account} --name ${container} --auth-mode login`,
      );
    }
    if (code === 'AuthenticationFailed' || status === 401) {
      return this.#refused(
        `the credentials were refused: ${message}`,
        `Type: az login. A key or connection string in the environment must be of the account ${account}, and the clock of this computer right.`,
      );
    }
    if (code === 'KeyBasedAuthenticationNotPermitted') {
      return this.#refused(
        `${account} does not accept keys`,
        `Unset AZURE_STORAGE_KEY and AZURE_STORAGE_CONNECTION_STRING, type az login, and grant the role "${ROLE}".`,
      );
    }
    if (code === 'AuthorizationFailure') {
      return this.#refused(
        'the storage account does not allow this network, or this login',
        `Allow this computer's address in the networking settings of ${account}, and grant the role "${ROLE}". A key in the environment must be of this account.`,
      );
    }
    if (status === 403) {
      return this.#refused(
        `permission is missing (${code})`,
        `Grant the role "${ROLE}": az role assignment create --role "${ROLE}" --assignee YOU --scope "$(az storage account show --name ${account} --query id --output tsv)/blobServices/default/containers/${container}". It takes effect within ten minutes.`,
      );
    }
    return this.#refused(
      `${status} ${code}: ${message}`,
      'Correct the block `state`, or ask who manages the storage account.',
    );
  }

  #refused(what: string, hint: string): UserError {
    return new UserError('STATE_UNREACHABLE', `${this.name}: ${what}`, hint);
  }
}

/** An error of the library or of its credentials. */
interface Failure {
  /** undefined: there was no answer. */
  readonly status: number | undefined;
  /** As Azure names it, or the system. */
  readonly code: string;
  readonly message: string;
  readonly kind: 'storage' | 'login' | 'no_login';
  readonly date: string | undefined;
}

function azureFailure(error: unknown): Failure {
  const { name, statusCode, code, response } = error as {
    readonly name?: string;
    readonly statusCode?: number;
    readonly code?: string;
    readonly response?: { readonly headers?: { get(name: string): string | undefined } };
  };
  // The errors of all ways to log in are in one message; this one is of a login that was tried.
  const refusal = /AADSTS\d+[^\n]*/.exec(error instanceof Error ? error.message : '')?.[0];
  const message = firstLine(refusal ?? error);
  const header = (one: string) => response?.headers?.get(one);
  const rest = { message, code: code ?? header('x-ms-error-code') ?? '', date: header('date') };
  if (refusal !== undefined) return { ...rest, status: undefined, kind: 'login' };
  if (name === 'AuthenticationError') {
    const isOffline = /network_error|endpoints_resolution_error|ENOTFOUND|ECONN|ETIMEDOUT/.test(message);
    return { ...rest, status: undefined, kind: isOffline ? 'storage' : 'login' };
  }
  if (/^(AggregateAuthenticationError|CredentialUnavailableError|AuthenticationRequiredError)$/.test(name ?? '')) {
    return { ...rest, status: undefined, kind: 'no_login' };
  }
  return { ...rest, status: statusCode, kind: 'storage' };
}
