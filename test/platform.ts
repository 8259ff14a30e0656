/** What this machine can show. Tests of what it lacks are skipped by one of these, and counted as skipped. */
import { existsSync } from 'node:fs';

/**
 * Windows has no modes of files (chmod 600), no signals that a process can catch from another one, no shell at /bin/sh and
 * no programs that begin with #!: tests that need one are skipped there. Symbolic links need a privilege.
 */
export const isWindows = process.platform === 'win32';

/** Looking into other processes: Linux alone. */
export const hasProc = existsSync('/proc/self/stat');
