/** Time as the machine tells it: `wall` in milliseconds since 1970, `monotonic` in milliseconds of a clock nobody sets. */
export interface TimeSource {
  wall(): number;
  monotonic(): number;
}

export const MACHINE_TIME: TimeSource = { wall: () => Date.now(), monotonic: () => performance.now() };

/** An answer that differs more than this from what we know is not believed at once. */
const TOLERANCE_MS = 120_000;
/** So many answers in a row that differ, but not from each other, are believed: the first one was wrong, or we slept. */
const ENOUGH = 3;

interface Heard {
  readonly server: number;
  readonly wall: number;
  readonly monotonic: number;
}

/** MotherDuck's clock, as far as the `Date` headers of its answers show it (to the second). */
export class Clock {
  readonly #time: TimeSource;
  readonly #debug: (line: string) => void;
  #heard: Heard | undefined;
  /** The latest answers in a row that were not believed; they agree with each other. */
  #doubted: readonly Heard[] = [];

  constructor(time: TimeSource = MACHINE_TIME, debug: (line: string) => void = () => {}) {
    this.#time = time;
    this.#debug = debug;
  }

  /** Takes the `Date` header of MotherDuck's latest answer; one that is missing or no HTTP date changes nothing. */
  hear(header: string | undefined): void {
    const server = parseHttpDate(header);
    if (server === undefined) return;
    const heard = { server, wall: this.#time.wall(), monotonic: this.#time.monotonic() };
    if (this.#heard !== undefined && !agree(heard, this.#heard)) {
      this.#doubted = this.#doubted.every((other) => agree(heard, other)) ? [...this.#doubted, heard] : [heard];
      const believed = this.#doubted.length >= ENOUGH;
      this.#debug(`Date: ${header} differs from the answers before, ${believed ? 'now believed' : 'not believed'}`);
      if (!believed) return;
    }
    this.#heard = heard;
    this.#doubted = [];
  }

  /** Whole milliseconds since 1970: MotherDuck's time by its latest answer that was believed, or the local clock before one. */
  now(): number {
    if (this.#heard === undefined) return this.#time.wall();
    return this.#heard.server + Math.round(this.#time.monotonic() - this.#heard.monotonic);
  }

  /** Milliseconds that MotherDuck's clock was ahead of ours at its latest answer. */
  difference(): number | undefined {
    return this.#heard === undefined ? undefined : this.#heard.server - this.#heard.wall;
  }
}

/** Whether two answers tell the same time, but for how long lies between them. */
function agree(one: Heard, other: Heard): boolean {
  return Math.abs(one.server - other.server - (one.monotonic - other.monotonic)) <= TOLERANCE_MS;
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Reads an HTTP date (RFC 9110, IMF-fixdate), for example `Sun, 06 Nov 1994 08:49:37 GMT`, in milliseconds since 1970. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !HTTP_DATE.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
