/** The text of the progress line: `Reading accounts [█████░░░] 137/300  42/s, 3s left  etl_prod`. */
import stringWidth from 'string-width';
import { cutTo } from '../model/text-width.ts';
import { printable } from '../report/escape.ts';

/** How far the work is. */
interface Progressed {
  readonly what: string;
  readonly done: number;
  readonly total: number;
  /** Seconds since the work began. */
  readonly seconds: number;
  /** What was done lately, and in how many seconds: by default, everything. Some steps take longer than others. */
  readonly recent?: { readonly done: number; readonly seconds: number };
  /** The account in work. */
  readonly current: string;
}

/** What the terminal can show of a progress line. */
interface LineRoom {
  readonly columns: number;
  /** Whether the terminal can show characters other than ASCII. */
  readonly hasBlocks: boolean;
}

const BAR_WIDTH = 20;
const LEAST_BAR = 5;
const LEAST_NAME = 6;
/** Shorter work shows no rate and no remaining time. */
const SHORT_SECONDS = 2;

/** Formats the line, never wider than the terminal: the name is cut first, then the bar, then the time. */
export function progressLine(progressed: Progressed, room: LineRoom): string {
  const { what, done, total, current } = progressed;
  // Some terminals begin a new line after the last column.
  const width = room.columns - 1;
  const count = `${done}/${total}`;
  const least = `${what} ${count}`;
  if (stringWidth(least) > width) return cutTo(count, width, '');
  const wanted = timing(progressed);
  const time = stringWidth(least + wanted) <= width ? wanted : '';
  const bar = barOf(total === 0 ? 1 : done / total, width - stringWidth(least + time) - '[] '.length, room);
  const line = `${what} ${bar}${count}${time}`;
  const left = width - stringWidth(line) - 2;
  if (current === '' || left < LEAST_NAME) return line;
  return `${line}  ${cutTo(printable(current), left, room.hasBlocks ? '…' : '...')}`;
}

function barOf(share: number, columns: number, { hasBlocks }: LineRoom): string {
  const width = Math.min(BAR_WIDTH, columns);
  if (width < LEAST_BAR) return '';
  // A full bar says that all is done.
  const full = share < 1 ? Math.min(width - 1, Math.round(share * width)) : width;
  const [on, off] = hasBlocks ? ['█', '░'] : ['#', '.'];
  return `[${on.repeat(full)}${off.repeat(width - full)}] `;
}

function timing({ done, total, seconds, recent = { done, seconds } }: Progressed): string {
  if (recent.done === 0 || seconds < SHORT_SECONDS) return '';
  const rate = recent.done / recent.seconds;
  const left = total > done ? `, ${shortSpan(Math.max(1, (total - done) / rate))} left` : '';
  return `  ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s${left}`;
}

/** `3s`, `2m10s`, `1h5m`. */
function shortSpan(seconds: number): string {
  const [s, m, h] = [Math.floor(seconds % 60), Math.floor((seconds / 60) % 60), Math.floor(seconds / 3600)];
  if (h > 0) return `${h}h${m}m`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
