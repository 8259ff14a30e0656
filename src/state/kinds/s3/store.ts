/** Objects in a bucket, through the AWS SDK, whose requests go through the program's own HTTP client. */
import { Readable } from 'node:stream';
import type { GetObjectCommandInput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { defined } from '../../../model/defined.ts';
import { folderOf } from '../../cloud-store.ts';
import { atAddress, type ObjectStore } from '../../object-store.ts';
import { ServiceClock } from '../../service-clock.ts';
import type { StateHttp } from '../../state-kind.ts';
import { isAnsweredWith, type S3Operation, s3Error } from './refusals.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

/** Where the objects are. */
export interface S3Location {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  /** The address of the service, also where the environment names it; `endpoint` unless given. */
  readonly address?: string | undefined;
  /** Whether the bucket's name is in the path. */
  readonly pathStyle: boolean;
}

type RequestHandler = NonNullable<S3ClientConfig['requestHandler']>;

/** A signed request of the SDK, which signs also those for credentials. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface SdkOptions {
  readonly abortSignal?: unknown;
  readonly requestTimeout?: number;
}

/** How long a request for a small object may take, and for one of many megabytes; milliseconds. */
export interface S3Limits {
  readonly smallMs: number;
  readonly largeMs: number;
}

const LIMITS: S3Limits = { smallMs: 20_000, largeMs: 300_000 };
const IS_LARGE = 256 * 1024;

/** @param env names the region and the profile, where `location` does not; the SDK reads credentials from the process's own. */
export function openS3(
  sdk: Sdk,
  location: S3Location,
  http: StateHttp,
  env: NodeJS.ProcessEnv,
  limits: S3Limits = LIMITS,
): ObjectStore {
  return new S3Store(sdk, location, http, env, limits);
}

class S3Store implements ObjectStore {
  readonly name: string;
  readonly #sdk: Sdk;
  readonly #location: S3Location;
  readonly #http: StateHttp;
  readonly #limits: S3Limits;
  readonly #client: S3Client;
  readonly #hasProfile: boolean;
  /** The prefix of all keys. */
  readonly #folder: string;
  readonly #clock = new ServiceClock();

  constructor(sdk: Sdk, location: S3Location, http: StateHttp, env: NodeJS.ProcessEnv, limits: S3Limits) {
    const { bucket, prefix, address = location.endpoint } = location;
    this.#folder = folderOf(prefix);
    this.name = `s3://${bucket}/${this.#folder}`.replace(/\/$/, '').concat(atAddress(address));
    this.#sdk = sdk;
    this.#location = location;
    this.#http = http;
    this.#limits = limits;
    this.#client = openClient(sdk, location, env, this.#handler());
    this.#hasProfile = Boolean(env.AWS_PROFILE);
  }

  get(key: string) {
    return this.#answer('s3:GetObject', async () => {
      const input: GetObjectCommandInput = this.#object(key);
      const options = this.#limit(key.startsWith('snapshots/'));
      try {
        const { Body, LastModified } = await this.#client.send(new this.#sdk.GetObjectCommand(input), options);
        const text = (await Body?.transformToString('utf-8')) ?? '';
        return { text, modified: LastModified?.getTime() ?? this.now() };
      } catch (error) {
        if (isAnsweredWith(error, 404) && !isAnsweredWith(error, 'NoSuchBucket')) return undefined;
        throw error;
      }
    });
  }

  create(key: string, text: string) {
    return this.#answer('s3:PutObject', async () => {
      try {
        await this.#write(key, text, { IfNoneMatch: '*' });
        return 'created';
      } catch (error) {
        if (isAnsweredWith(error, 412)) return 'exists';
        throw error;
      }
    });
  }

  put(key: string, text: string) {
    return this.#answer('s3:PutObject', () => this.#write(key, text, {}));
  }

  remove(key: string) {
    return this.#answer('s3:DeleteObject', async () => {
      await this.#client.send(new this.#sdk.DeleteObjectCommand(this.#object(key)), this.#limit(false));
    });
  }

  list(prefix: string) {
    return this.#answer('s3:ListBucket', async () => {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await this.#client.send(
          new this.#sdk.ListObjectsV2Command({
            Bucket: this.#location.bucket,
            Prefix: this.#folder + prefix,
            ...defined({ ContinuationToken: token }),
          }),
          this.#limit(false),
        );
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) keys.push(Key.slice(this.#folder.length));
        token = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
      return keys;
    });
  }

  now(): number {
    return this.#clock.now();
  }

  async close(): Promise<void> {
    this.#client.destroy();
    await this.#http.close();
  }

  #object(key: string) {
    return { Bucket: this.#location.bucket, Key: this.#folder + key };
  }

  #limit(isLarge: boolean) {
    return { requestTimeout: isLarge ? this.#limits.largeMs : this.#limits.smallMs };
  }

  async #write(key: string, text: string, condition: { readonly IfNoneMatch?: string }): Promise<void> {
    const Body = Buffer.from(text);
    const input = { ...this.#object(key), ...condition, Body, ContentType: 'application/json' };
    await this.#client.send(new this.#sdk.PutObjectCommand(input), this.#limit(Body.length > IS_LARGE));
  }

  async #answer<T>(operation: S3Operation, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const { region } = this.#client.config;
      const signedFor = this.#location.region ?? (await region().catch(() => undefined));
      throw s3Error(error, {
        ...this.#location,
        region: signedFor,
        name: this.name,
        operation,
        hasProfile: this.#hasProfile,
      });
    }
  }

  #handler(): RequestHandler {
    const { smallMs } = this.#limits;
    return {
      metadata: { handlerProtocol: 'http/1.1' },
      destroy: () => {},
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
      handle: async (request: SdkRequest, { abortSignal, requestTimeout = smallMs }: SdkOptions = {}) => {
        const { protocol, hostname, port, path, query, method, headers, body } = request;
        const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
        url.search = queryString(query ?? {});
        const { host: _, ...sent } = headers;
        const response = await this.#http.send({
          url,
          method,
          headers: sent,
          body: body ?? null,
          timeoutMs: requestTimeout,
          ...(abortSignal instanceof AbortSignal ? { signal: abortSignal } : {}),
        });
        this.#clock.seen(response.headers.date);
        const answered = Object.entries(response.headers).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value]],
        );
        return {
          response: {
            statusCode: response.status,
            headers: Object.fromEntries(answered),
            body: Readable.from(response.bytes.length === 0 ? [] : [response.bytes]),
          },
        };
      },
    };
  }
}

/** As it was signed: in the encoding of RFC 3986, which URLSearchParams does not use. */
function queryString(query: NonNullable<SdkRequest['query']>): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
  const parts = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((each) => (value === null ? encode(name) : `${encode(name)}=${encode(each)}`)),
  );
  return parts.join('&');
}

const QUIET = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

function openClient(
  { S3Client }: Sdk,
  { region, endpoint, address = endpoint, pathStyle }: S3Location,
  env: NodeJS.ProcessEnv,
  requestHandler: RequestHandler,
): S3Client {
  const ignore = () => {};
  const signedFor = region ?? (env.AWS_REGION || (endpoint === undefined ? undefined : 'us-east-1'));
  // This program says itself which versions of Node it runs on.
  const before = process.env[QUIET];
  process.env[QUIET] = 'true';
  try {
    return new S3Client({
      ...defined({ region: signedFor, endpoint: address }),
      forcePathStyle: pathStyle,
      requestHandler,
      // `sure` repeats requests: it knows which ones may be.
      maxAttempts: 1,
      // Older compatible services refuse the checksums that the SDK would add.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      logger: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    });
  } finally {
    if (before === undefined) delete process.env[QUIET];
    else process.env[QUIET] = before;
  }
}
