import { formatDuration, type Seconds } from '../../../model/duration.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Distances that people can read off; one more than this many would not fit on a phone. */
const STEPS: readonly Seconds[] = [HOUR, 3 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY];
const TICKS = 4;

/** A time as a place on a drawing. */
export interface Scale {
  /** 0 to 100, in percent of the width. */
  readonly place: (at: number) => number;
  /** Where something is written under the drawing. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** From now to the last of some times, all in milliseconds since 1970; at least an hour. */
export function scaleTo(times: readonly number[], now: number): Scale {
  const span = Math.max(HOUR * 1000, times.reduce((last, time) => Math.max(last, time), now) - now);
  const step = STEPS.find((each) => span / 1000 / each <= TICKS) ?? longStep(span / 1000);
  const ticks = Array.from({ length: Math.floor(span / 1000 / step) }, (_, index) => {
    const seconds = (index + 1) * step;
    return { at: now + seconds * 1000, label: `+${formatDuration(seconds)}` };
  });
  const place = (at: number) => Math.round(Math.min(1, Math.max(0, (at - now) / span)) * 1000) / 10;
  return { place, ticks: [{ at: now, label: 'now' }, ...ticks] };
}

/** A year, or whole days of more. */
function longStep(span: Seconds): Seconds {
  return Math.max(365 * DAY, Math.ceil(span / TICKS / DAY) * DAY);
}
