/** What a storage service must offer to keep a state: objects by key, of which one can be created only if it does not exist. */
import { setTimeout as sleep } from 'node:timers/promises';
import { thenAgain } from '../model/hints.ts';
import { UserError } from '../model/user-error.ts';

/** One object. */
export interface StoredObject {
  readonly text: string;
  /** When it was written, in milliseconds by the service's clock. */
  readonly modified: number;
}

/** A folder of objects in a storage service. Keys are relative to it. */
export interface ObjectStore {
  /** How output names it: `s3://bucket/prefix`. */
  readonly name: string;
  /** Where older versions of objects may be; "the versions of the bucket" unless given. */
  readonly versions?: string;
  /** @throws UserError STATE_UNREACHABLE; UnsureError */
  get(key: string): Promise<StoredObject | undefined>;
  /**
   * Creates an object, only if there is none of that key, whoever else does the same at this moment.
   *
   * @throws UserError STATE_UNREACHABLE; UnsureError: the object may have been created
   */
  create(key: string, text: string): Promise<'created' | 'exists'>;
  /** Creates or replaces an object. @throws UserError STATE_UNREACHABLE; UnsureError */
  put(key: string, text: string): Promise<void>;
  /** Removes an object, which may not exist. @throws UserError STATE_UNREACHABLE; UnsureError */
  remove(key: string): Promise<void>;
  /** The keys that begin with `prefix`, in any order. @throws UserError STATE_UNREACHABLE; UnsureError */
  list(prefix: string): Promise<string[]>;
  /** Now by the service's clock, as of its last answer, in milliseconds. */
  now(): number;
  /** Ends connections, so that the process can end. */
  close(): Promise<void>;
}

/** A request without an answer: whether it took effect is unknown. */
export class UnsureError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnsureError';
  }
}

const ATTEMPTS = 8;

/**
 * Creates an object. After a request without an answer it is read back: it may have been created.
 *
 * @returns Whether the object has this text; otherwise it is another run's.
 * @throws UserError STATE_UNREACHABLE
 */
export async function createOnce(store: ObjectStore, key: string, text: string): Promise<boolean> {
  return sure(async () => {
    if ((await store.create(key, text)) === 'created') return true;
    return (await store.get(key))?.text === text;
  }, store.name);
}

/** Repeats requests that may not have reached the service. @throws UserError STATE_UNREACHABLE */
export async function sure<T>(act: () => Promise<T>, name: string, attempts: number = ATTEMPTS): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof UnsureError)) throw error;
      if (attempt === attempts) throw unreachable(name, error);
      await sleep(Math.min(100 * 2 ** attempt, 5000) * (0.5 + Math.random() / 2));
    }
  }
}

function unreachable(name: string, error: UnsureError): UserError {
  return new UserError(
    'STATE_UNREACHABLE',
    `${name} does not answer: ${error.message}`,
    thenAgain('Check the network and the proxy (HTTPS_PROXY)'),
    { cause: error },
  );
}

/** How the name of a state ends where it is at a certain address: ` at https://s3.example.com`. Without credentials. */
export function atAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return ` at ${URL.canParse(address) ? new URL(address).origin : 'another address'}`;
}
