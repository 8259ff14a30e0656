/** A time as a position on a drawing. */
import { DAY, HOUR, type Seconds, showDay, showTime } from '../../../model/time.ts';

/** Distances between labels; more than three dates do not fit on a phone. */
const STEPS: readonly Seconds[] = [
  ...[HOUR, 3 * HOUR, 12 * HOUR],
  ...[DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY],
];
const TICKS = 3;

/** The scale of a drawing from now to a later time. Times in milliseconds since 1970. */
export interface Scale {
  /** 0 to 100, in percent of the width; what is later than the last time is at 100. */
  readonly position: (at: number) => number;
  /** The last time that is drawn. */
  readonly until: number;
  /** The labels under the drawing: dates, or hours of a day. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** A scale from now to the latest time, at least an hour. All times are in milliseconds since 1970. */
export function scaleTo(times: readonly number[], now: number): Scale {
  const span = Math.max(HOUR * 1000, times.reduce((last, time) => Math.max(last, time), now) - now);
  const step = STEPS.find((each) => span / 1000 / each <= TICKS) ?? longStep(span / 1000);
  const ticks = Array.from({ length: Math.floor(span / 1000 / step) }, (_, index) => {
    const at = now + (index + 1) * step * 1000;
    return { at, label: step < DAY ? showTime(at).slice(11, 16) : showDay(at) };
  });
  const position = (at: number) => Math.round(Math.min(1, Math.max(0, (at - now) / span)) * 1000) / 10;
  return { position, until: now + span, ticks: [{ at: now, label: 'now' }, ...ticks] };
}

/** A year, or a longer span in whole days. */
function longStep(span: Seconds): Seconds {
  return Math.max(365 * DAY, Math.ceil(span / TICKS / DAY) * DAY);
}
