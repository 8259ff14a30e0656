import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { defined } from '../model/defined.ts';

/** A process as a lock file names it, so that another run can tell whether it is still running. */
export interface ProcessName {
  readonly pid: number;
  readonly host: string;
  /** Boot id, pid namespace and start time, where the system has them; they tell processes with a reused pid apart. */
  readonly started?: string;
  /** A hash of the machine's id, where the system has one: several machines may share a hostname. */
  readonly machine?: string;
}

/** This process. */
export function thisProcess(): ProcessName {
  const started = startOf(process.pid);
  const machine = machineId();
  return {
    pid: process.pid,
    host: hostname(),
    ...defined({ started, machine }),
  };
}

/**
 * Whether a process is running. `unknown` when it ran on another host or in another container, or before a restart of a
 * host that may not be this one: machines that share a folder may share a hostname.
 */
export function processStatus(name: ProcessName): 'alive' | 'dead' | 'unknown' {
  if (name.host !== hostname()) return 'unknown';
  const [boot, namespace] = name.started?.split(' ') ?? [];
  const [ourBoot, ourNamespace] = thisProcess().started?.split(' ') ?? [];
  if (boot !== undefined && ourBoot !== undefined) {
    if (boot !== ourBoot) return name.machine !== undefined && name.machine === machineId() ? 'dead' : 'unknown';
    if (namespace !== ourNamespace) return 'unknown';
  }
  if (!isRunning(name.pid)) return 'dead';
  const started = startOf(name.pid);
  return name.started === undefined || started === undefined || started === name.started ? 'alive' : 'dead';
}

/** Whether a process with this pid is running on this host. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is running and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state === 'Z' || state === 'X';
}

/** The pid namespace outside of containers; its number is fixed in the kernel. */
const OUTERMOST = 'pid:[4026531836]';

/** undefined inside a container, where the file comes from the image. */
function machineId(): string | undefined {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim();
    if (!/^[0-9a-f]{32}$/.test(id) || readlinkSync('/proc/self/ns/pid') !== OUTERMOST) return undefined;
    // The id is confidential, and a lock file may be shared.
    return createHash('sha256').update(`motherduck-accounts ${id}`).digest('hex').slice(0, 32);
  } catch {
    return undefined;
  }
}

/** `<boot id> <pid namespace> <start in ticks since boot>`; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  const ticks = statOf(pid)?.[19];
  if (ticks === undefined) return undefined;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')} ${ticks}`;
  } catch {
    return undefined;
  }
}

/** The fields of /proc/<pid>/stat from the third on; the second, the name, may contain spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
