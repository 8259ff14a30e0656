/** The outside commands of a folder's secret stores, replaced by stand-ins that tell how they were called. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../in-process.ts';
import type { Stage } from '../stage.ts';

const PROGRAMS = ['vault', 'aws', 'gcloud', 'az', 'op', 'doppler', 'gh', 'kubectl', 'sops', 'bw', 'glab'];
const STAND_IN = path.join(ROOT, 'test/examples/stand-in.cjs');

export interface Call {
  readonly call: readonly string[];
  /** Arguments and environment of the stand-in and of whatever started it. */
  readonly seen: readonly string[];
}

export class StandIns {
  readonly #home: string;

  /** Puts the stand-ins before everything else on the PATH of the folder's commands. */
  constructor(folder: Stage) {
    this.#home = folder.file('.outside');
    mkdirSync(this.#home);
    for (const program of PROGRAMS) {
      const file = path.join(this.#home, program);
      writeFileSync(file, `#!${process.execPath}\n${readFileSync(STAND_IN, 'utf8')}`);
      chmodSync(file, 0o755);
    }
    folder.env.PATH = `${this.#home}:${process.env.PATH ?? ''}`;
  }

  /** The calls since the last time this was asked for. */
  takeCalls(): Call[] {
    const file = path.join(this.#home, 'calls');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, '');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Call);
  }

  /** What was stored, by its secret path. */
  kept(): Map<string, string> {
    return this.#secrets('kept');
  }

  /** What a command that failed had been given, by its secret path. */
  refused(): Map<string, string> {
    return this.#secrets('refused');
  }

  #secrets(name: string): Map<string, string> {
    const folder = path.join(this.#home, name);
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return new Map(names.map((name) => [decodeURIComponent(name), readFileSync(path.join(folder, name), 'utf8')]));
  }
}
