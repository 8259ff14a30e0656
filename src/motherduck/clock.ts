/** Time as the machine tells it: `wall` in milliseconds since 1970, `monotonic` in milliseconds of a clock nobody sets. */
export interface TimeSource {
  wall(): number;
  monotonic(): number;
}

export const MACHINE_TIME: TimeSource = { wall: () => Date.now(), monotonic: () => performance.now() };

/** MotherDuck's clock, as far as the `Date` headers of its answers show it (to the second). */
export class Clock {
  readonly #time: TimeSource;
  #heard: { readonly server: number; readonly wall: number; readonly monotonic: number } | undefined;

  constructor(time: TimeSource = MACHINE_TIME) {
    this.#time = time;
  }

  /** Takes the `Date` header of the latest answer; one that is missing or no HTTP date changes nothing. */
  hear(header: string | undefined): void {
    const server = parseHttpDate(header);
    if (server === undefined) return;
    this.#heard = { server, wall: this.#time.wall(), monotonic: this.#time.monotonic() };
  }

  /** Whole milliseconds since 1970: MotherDuck's time by its latest answer, or the local clock before one. */
  now(): number {
    if (this.#heard === undefined) return this.#time.wall();
    return this.#heard.server + Math.round(this.#time.monotonic() - this.#heard.monotonic);
  }

  /** Milliseconds that MotherDuck's clock was ahead of ours at its latest answer. */
  difference(): number | undefined {
    return this.#heard === undefined ? undefined : this.#heard.server - this.#heard.wall;
  }
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Reads an HTTP date (RFC 9110, IMF-fixdate), for example `Sun, 06 Nov 1994 08:49:37 GMT`, in milliseconds since 1970. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !HTTP_DATE.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
