import { neverSent } from './no-answer.ts';
import type { Method, Outcome } from './outcome.ts';

/** What has happened to one call so far, over all its attempts. */
export class Trail {
  readonly method: Method;
  /** For example `POST /v1/users/etl_prod/tokens`. */
  readonly call: string;
  readonly isRead: boolean;
  attempts = 0;
  /** Whether an attempt may have changed something although no good answer came. */
  uncertain = false;
  last: Outcome | undefined;
  readonly #monotonic: () => number;
  #begun: number | undefined;

  constructor(method: Method, path: string, monotonic: () => number) {
    this.method = method;
    this.call = `${method} ${path}`;
    this.isRead = method === 'GET';
    this.#monotonic = monotonic;
  }

  /** Milliseconds since the first attempt began; 0 before. */
  elapsed(): number {
    return this.#begun === undefined ? 0 : this.#monotonic() - this.#begun;
  }

  begin(): void {
    this.#begun ??= this.#monotonic();
    this.attempts += 1;
  }

  end(outcome: Outcome): void {
    this.last = outcome;
    const open = 'status' in outcome ? outcome.status >= 500 : !neverSent(outcome.error);
    if (open && !this.isRead) this.uncertain = true;
  }
}
