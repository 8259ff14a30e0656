/** A span of time in whole seconds. */
export type Seconds = number;

export const MINUTE: Seconds = 60;
export const HOUR: Seconds = 60 * MINUTE;
export const DAY: Seconds = 24 * HOUR;
export const MINUTE_MS = MINUTE * 1000;
export const HOUR_MS = HOUR * 1000;
export const DAY_MS = DAY * 1000;

const UNITS = { s: 1, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY } as const;
const UNIT_OF: ReadonlyMap<string, number> = new Map(Object.entries(UNITS));

/** Parses `<n>(s|m|h|d|w)`, for example `90d`, into seconds; undefined when the text is not a duration. */
export function parseDuration(text: string): Seconds | undefined {
  const match = /^(\d{1,9})([smhdw])$/.exec(text);
  const unit = UNIT_OF.get(match?.[2] ?? '');
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** Formats seconds in the largest unit without a remainder, at most days: `90d`, `36h`, `90s`. */
export function formatDuration(seconds: Seconds): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (seconds !== 0 && seconds % UNITS[unit] === 0) return `${seconds / UNITS[unit]}${unit}`;
  }
  return `${seconds}s`;
}

/** Formats seconds for sentences, rounded down to one unit: `9 days`, `1 hour`, `40 seconds`. */
export function describeSpan(seconds: Seconds): string {
  const span = Math.max(0, seconds);
  const [unit, name] =
    span >= 2 * UNITS.d
      ? [UNITS.d, 'day']
      : span >= UNITS.h
        ? [UNITS.h, 'hour']
        : span >= UNITS.m
          ? [UNITS.m, 'minute']
          : [1, 'second'];
  const count = Math.floor(span / unit);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** Formats milliseconds since 1970 as ISO 8601 in UTC, the form of every stored time: `2027-02-06T14:05:00.000Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?$/i;

/** Parses an ISO 8601 time into milliseconds since 1970; without a zone it is UTC. Undefined for another text. */
export function parseTime(text: string): number | undefined {
  const [, , , zone] = ISO_TIME.exec(text) ?? [];
  const milliseconds = ISO_TIME.test(text) ? Date.parse(zone === undefined ? `${text}Z` : text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** Formats milliseconds since 1970 for output: `2027-02-06 14:05 UTC`. */
export function showTime(ms: number): string {
  return `${isoTime(ms).slice(0, 16).replace('T', ' ')} UTC`;
}

/** Likewise its day: `2027-02-06`. */
export function showDay(ms: number): string {
  return dayOf(isoTime(ms));
}

/** The day of a stored time, which is ISO 8601 in UTC: `2027-02-06`. */
export function dayOf(time: string): string {
  return time.slice(0, 10);
}

/** Milliseconds on a clock that is never set back. Node loads `performance` at its first use, which takes 2 ms; `process.hrtime` is always loaded. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
