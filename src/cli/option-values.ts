/** The parsers of option values, which say what to write instead. */
import { InvalidArgumentError } from 'commander';
import { DAY, parseDuration, type Seconds } from '../model/time.ts';

export function duration(text: string): Seconds {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Write a number and a unit: 30s, 5m, 24h, 90d or 2w.');
  return seconds;
}

export function timeLimit(text: string): Seconds {
  const seconds = duration(text);
  if (seconds === 0) throw new InvalidArgumentError('Nothing answers in no time. Write a time such as 30s.');
  // Node's timers are limited to 24 days; a longer one ends at once.
  if (seconds > DAY) throw new InvalidArgumentError('Write at most 1d.');
  return seconds;
}

/** By how much a clock is advanced. */
export function advanceTime(text: string): Seconds {
  const seconds = duration(text);
  if (seconds === 0) throw new InvalidArgumentError('The clock stands still. Write a time such as 80d.');
  return seconds;
}

export function variable(text: string): string {
  if (!/^\w+$/.test(text))
    throw new InvalidArgumentError('Write the name of one variable. Repeat the option for more.');
  return text;
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number of at least 1.');
  return Number(text);
}

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Write a port, 0 to 65535.');
  return Number(text);
}

export function milliseconds(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('Write whole milliseconds, for example 20.');
  return Number(text);
}

export function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Write a rate from 0 to 1.');
  return value;
}
