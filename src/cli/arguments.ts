/** What is typed as an option's value becomes a value, or an error that says what to write. */
import { InvalidArgumentError } from 'commander';
import { parseDuration, type Seconds } from '../model/time.ts';

export function duration(text: string): Seconds {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Write a number and a unit: 30s, 5m, 24h, 90d or 2w.');
  return seconds;
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1 up.');
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
