import { monotonicMs } from '../model/time.ts';

/** The local clocks: `wall` in milliseconds since 1970, `monotonic` in milliseconds of a clock that is never adjusted. */
export interface TimeSource {
  wall(): number;
  monotonic(): number;
}

export const MACHINE_TIME: TimeSource = { wall: () => Date.now(), monotonic: monotonicMs };

/** A response whose time differs more than this from the known time is not trusted at once. */
const TOLERANCE_MS = 120_000;
/** This many such responses in a row are trusted if they agree: the known time was wrong, or the machine slept. */
const TRUSTED_AFTER = 3;

interface Observation {
  readonly server: number;
  readonly wall: number;
  readonly monotonic: number;
}

/** MotherDuck's clock, from the `Date` headers of its responses, which have a resolution of one second. */
export class Clock {
  readonly #time: TimeSource;
  readonly #debug: (line: string) => void;
  #observed: Observation | undefined;
  /** The latest responses in a row that were not trusted; they agree with each other. */
  #doubted: readonly Observation[] = [];

  constructor(time: TimeSource = MACHINE_TIME, debug: (line: string) => void = () => {}) {
    this.#time = time;
    this.#debug = debug;
  }

  /** Sets the clock by the `Date` header of the latest response; one that is missing or invalid is ignored. */
  observe(header: string | undefined): void {
    const server = parseHttpDate(header);
    if (server === undefined) return;
    const observed = { server, wall: this.#time.wall(), monotonic: this.#time.monotonic() };
    if (this.#observed !== undefined && !agree(observed, this.#observed)) {
      this.#doubted = this.#doubted.every((other) => agree(observed, other))
        ? [...this.#doubted, observed]
        : [observed];
      const trusted = this.#doubted.length >= TRUSTED_AFTER;
      this.#debug(`Date: ${header} differs from earlier responses, ${trusted ? 'now trusted' : 'not trusted'}`);
      if (!trusted) return;
    }
    this.#observed = observed;
    this.#doubted = [];
  }

  /** MotherDuck's time in whole milliseconds since 1970; the local time before the first response. */
  now(): number {
    if (this.#observed === undefined) return this.#time.wall();
    return this.#observed.server + Math.round(this.#time.monotonic() - this.#observed.monotonic);
  }

  /** Milliseconds that MotherDuck's clock is ahead of the local one; undefined before the first response. */
  difference(): number | undefined {
    return this.#observed === undefined ? undefined : this.#observed.server - this.#observed.wall;
  }
}

/** Whether two responses have consistent times, given the time between them. */
function agree(one: Observation, other: Observation): boolean {
  return Math.abs(one.server - other.server - (one.monotonic - other.monotonic)) <= TOLERANCE_MS;
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Reads an HTTP date (RFC 9110, IMF-fixdate), for example `Sun, 06 Nov 1994 08:49:37 GMT`, in milliseconds since 1970. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !HTTP_DATE.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
