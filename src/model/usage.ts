/** What an organization used and stores, read with `--usage`. Unknown is never zero. */
import { counted } from './wording.ts';

/** How long compute hours are counted. */
export const USAGE_DAYS = 30;

/** A part of it, or why it is not known, on one line. */
export type Known<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** The databases that an account owns, and their active bytes; null where MotherDuck does not say. */
export interface Storage {
  readonly databases: number;
  readonly bytes: number | null;
}

/** Compute over the last `USAGE_DAYS`. */
export interface Compute {
  /** The earliest hour on record, in milliseconds since 1970; absent when there is none. */
  readonly since?: number;
  /** By `accountKey`, then by size in lower case: hours in which a Duckling ran, added up over the Ducklings. */
  readonly hours: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** `1.2 GB`, in steps of 1,000. */
function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : Math.round(value * 10) / 10} ${units[step]}`;
}

/** `3 databases, 1.2 GB` */
export function storageText({ databases, bytes }: Storage): string {
  const count = counted(databases, 'database');
  return databases === 0 ? count : `${count}, ${bytes === null ? 'bytes unknown' : formatBytes(bytes)}`;
}
