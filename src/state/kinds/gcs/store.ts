/** Objects in a bucket, through the library of Google Cloud Storage, which finds the credentials and sends the requests. */
import { text as textOf } from 'node:stream/consumers';
import type { Bucket } from '@google-cloud/storage';
import { UserError } from '../../../model/user-error.ts';
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

type Sdk = typeof import('@google-cloud/storage');

/** Where the objects are. */
interface GcsLocation {
  readonly bucket: string;
  readonly prefix?: string | undefined;
  /** Of an emulator, which is sent no credentials. */
  readonly endpoint?: string | undefined;
}

const ROLE = 'roles/storage.objectUser';
const HOST = 'storage.googleapis.com';
const LOGIN = 'gcloud auth application-default login';

/**
 * Opens a bucket of Google Cloud Storage.
 *
 * @param env names the file of CA certificates; the library reads credentials from the process's own
 * @param limitMs the time limit of a request, in milliseconds
 */
export function openGcs(
  { Storage }: Sdk,
  { bucket, prefix, endpoint }: GcsLocation,
  env: NodeJS.ProcessEnv,
  limitMs: number = TIME_LIMIT_MS,
): ObjectStore {
  const storage = new Storage({
    // A repeated request may find what the first one has done, which only `createOnce` can tell from another run's doing.
    retryOptions: { autoRetry: false },
    timeout: limitMs,
    // No request here names a project. Without one the library looks for it for seconds, also at addresses that do not answer.
    projectId: 'none',
    clientOptions: { transporterOptions: { timeout: limitMs } },
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint.replace(/\/$/, '') }),
  });
  const about = { folder: folderOf(prefix), endpoint, limitMs, extraCa: env.NODE_EXTRA_CA_CERTS };
  return new GcsStore(storage.bucket(bucket), about);
}

interface StoreAbout {
  readonly folder: string;
  readonly endpoint: string | undefined;
  readonly limitMs: number;
  /** The value of NODE_EXTRA_CA_CERTS. */
  readonly extraCa: string | undefined;
}

class GcsStore implements ObjectStore {
  readonly name: string;
  readonly #bucket: Bucket;
  readonly #folder: string;
  readonly #isEmulator: boolean;
  readonly #limitMs: number;
  readonly #extraCa: string | undefined;
  readonly #clock = new ServiceClock();

  constructor(bucket: Bucket, { folder, endpoint, limitMs, extraCa }: StoreAbout) {
    this.#isEmulator = endpoint !== undefined;
    this.name = `gs://${bucket.name}/${folder}`.replace(/\/$/, '').concat(atAddress(endpoint));
    this.#bucket = bucket;
    this.#folder = folder;
    this.#limitMs = limitMs;
    this.#extraCa = extraCa;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const file = this.#file(key);
    const found = await this.#ask(async () => {
      let headers: Headers = {};
      const stream = file.createReadStream();
      stream.on('response', (response: { readonly headers: Headers }) => {
        headers = response.headers;
        this.#clock.seen(headers.date);
      });
      const text = await textOf(stream);
      const modified = Date.parse(headers['last-modified'] ?? '');
      if (!Number.isNaN(modified)) return { text, modified };
      const [{ updated }] = await file.getMetadata();
      return { text, modified: Date.parse(updated ?? '') || 0 };
    }, 404);
    return found === 404 ? undefined : found;
  }

  async create(key: string, text: string): Promise<'created' | 'exists'> {
    const answer = await this.#ask(() => this.#write(key, text, { ifGenerationMatch: 0 }), 412);
    return answer === 412 ? 'exists' : 'created';
  }

  async put(key: string, text: string): Promise<void> {
    await this.#ask(() => this.#write(key, text, {}));
  }

  async remove(key: string): Promise<void> {
    await this.#ask(() => this.#file(key).delete(), 404);
  }

  async list(prefix: string): Promise<string[]> {
    const query = { prefix: this.#folder + prefix, fields: 'items(name),nextPageToken' };
    const [files] = await this.#ask(() => this.#bucket.getFiles(query));
    return files.map(({ name }) => name.slice(this.#folder.length));
  }

  now(): number {
    return this.#clock.now();
  }

  async close(): Promise<void> {
    // Idle connections do not keep the process.
  }

  #file(key: string) {
    return this.#bucket.file(this.#folder + key);
  }

  async #write(key: string, text: string, preconditionOpts: { readonly ifGenerationMatch?: number }): Promise<void> {
    await this.#file(key).save(text, {
      resumable: false,
      // Otherwise the library removes an object whose checksum the answer does not confirm.
      validation: false,
      contentType: 'application/json',
      preconditionOpts,
    });
  }

  /** Does requests; the status that is an answer and no error is returned. @throws UserError STATE_UNREACHABLE; UnsureError */
  async #ask<T, Status extends number = never>(act: () => Promise<T>, expected?: Status): Promise<T | Status> {
    try {
      return await within(this.#limitMs * 2, act());
    } catch (error) {
      if (error instanceof UnsureError) throw error;
      const failure = gcsFailure(error);
      this.#clock.seen(failure.date);
      const isBucketMissing = failure.status === 404 && /bucket does not exist/i.test(failure.message);
      const isAnswer = failure.isOwn || this.#isEmulator;
      if (expected !== undefined && failure.status === expected && !isBucketMissing && isAnswer) return expected;
      throw this.#explained(failure, error);
    }
  }

  #explained({ status, reasons, message, isOwn }: Failure, error: unknown): UserError | UnsureError {
    const bucket = `gs://${this.#bucket.name}`;
    // "Anonymous caller": the library asks without credentials when it finds none.
    if (/could not load the default credentials|anonymous caller/i.test(message)) {
      return this.#refused(
        'no Google credentials were found',
        `Type: ${LOGIN}, or set GOOGLE_APPLICATION_CREDENTIALS to the path of a key or of a workload identity's configuration.`,
      );
    }
    if (/invalid_grant|invalid_rapt|reauth/i.test(message) || status === 401) {
      return this.#refused('the Google login has expired, or was revoked', `Type: ${LOGIN}`);
    }
    if (status === 403 && reasons.some((reason) => /ratelimit/i.test(reason))) return new UnsureError(message);
    if (status !== undefined && !isUndecided(status) && !isOwn && !this.#isEmulator) {
      return fromElsewhere(this.name, HOST, status);
    }
    if (status === 403) {
      return this.#refused(
        `permission is missing: ${message}`,
        `Grant ${ROLE}: gcloud storage buckets add-iam-policy-binding ${bucket} --role=${ROLE} --member=user:YOU or serviceAccount:NAME`,
      );
    }
    if (status === 404) {
      return this.#refused(
        `the bucket ${this.#bucket.name} does not exist`,
        `Correct \`bucket\`, or create it: gcloud storage buckets create ${bucket}`,
      );
    }
    // 409: another request for the same object was being done.
    if (status === undefined || isUndecided(status) || status === 409) {
      return (
        untrusted(this.name, error, this.#extraCa) ??
        new UnsureError(isOwn || status === undefined ? message : `${status}`)
      );
    }
    return this.#refused(`${status} ${message}`, 'Correct the block `state`, or ask who manages the bucket.');
  }

  #refused(what: string, hint: string): UserError {
    return new UserError('STATE_UNREACHABLE', `${this.name}: ${what}`, hint);
  }
}

type Headers = Readonly<Record<string, string | undefined>>;

/** An error of the library or of its credentials. */
interface Failure {
  /** undefined: there was no answer. */
  readonly status: number | undefined;
  readonly reasons: readonly string[];
  readonly message: string;
  readonly date: string | undefined;
  /** Whether Google words it so. */
  readonly isOwn: boolean;
}

function gcsFailure(error: unknown): Failure {
  const { code, errors, response } = error as {
    readonly code?: unknown;
    readonly errors?: Inside['errors'];
    readonly response?: { readonly status?: number; readonly headers?: Headers };
  };
  const status = [code, response?.status].map(Number).find((each) => each >= 300 && each < 600);
  const inside = insideOf(error);
  const reasons = [errors ?? [], inside?.errors ?? []].flat().flatMap(({ reason }) => reason ?? []);
  const message = firstLine(inside?.message ?? errors?.[0]?.message ?? error);
  // Where an object is read, an error is a text.
  const isText = /^[^<].*\b(object|bucket|caller|storage\.\w+)\b/i.test(message);
  return { status, reasons, message, date: response?.headers?.date, isOwn: reasons.length > 0 || isText };
}

/** What Google says of an error. */
interface Inside {
  readonly message?: string;
  readonly errors?: readonly { readonly reason?: string; readonly message?: string }[];
}

/** The document in an error's message: the library passes it on as it was when an object is read. */
function insideOf(error: unknown): Inside | undefined {
  try {
    return (JSON.parse(error instanceof Error ? error.message : '') as { readonly error?: Inside }).error;
  } catch {
    return undefined; // It is a text.
  }
}
