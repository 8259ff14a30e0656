/**
 * Keeps what V8 compiled of the program's modules for the next run: to compile them takes a third of the time of a small plan.
 * It lies in the folder of the modules, where only who may change the program can change it. It holds code and the path of that
 * folder, and nothing of a run.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import { defined } from '../model/defined.ts';

interface Compiled {
  /** Where it is kept. */
  readonly file: string;
  readonly module: Module;
  readonly script: Script;
}

interface Module {
  readonly file: string;
  readonly text: Buffer;
}

/** What Node writes around a module, on its first line. */
const WRAPPER = '(function(exports,require,module,__filename,__dirname){';
/** The bytes of a CRC-32, with which a file begins. V8 crashes on data that was damaged. */
const CHECKSUM = 4;
/** The permission bits that let others write. */
const SHARED = 0o022;

/**
 * Loads modules in `folder` with the code that an earlier run kept, and keeps at the end of this one what was missing. Does
 * nothing where Node is told to keep none: NODE_DISABLE_COMPILE_CACHE, or NODE_V8_COVERAGE, for which V8 must compile again.
 *
 * @param folder The folder of the modules; only runs of its owner keep something.
 */
export function keepCompiledCode(folder: string): void {
  if (process.env.NODE_DISABLE_COMPILE_CACHE || process.env.NODE_V8_COVERAGE) return;
  const place = placeIn(folder);
  if (place === undefined) return;
  const command = commandIn(process.argv, folder);
  const loaded: Compiled[] = [];
  let flags: number | undefined;
  // Deprecated and here to stay, says Node; all else that changes how modules are loaded is private, or of ES modules.
  const { extensions } = createRequire(path.join(folder, 'main.cjs'));
  extensions['.cjs'] = (module, file) => {
    if (!file.startsWith(folder + path.sep)) return extensions['.js'](module, file);
    const text = readFileSync(file);
    const keptFile = path.join(place.folder, [command, ...path.relative(folder, file).split(path.sep)].join('-'));
    const cachedData = place.isUsed ? readKept(keptFile, { file, text }) : undefined;
    const script = new Script(`${WRAPPER}${text}\n})`, {
      filename: file,
      columnOffset: -WRAPPER.length,
      ...defined({ cachedData }),
    });
    // V8 takes only code that was compiled with the flags it has. Runs with other flags leave alone what is kept for most.
    if (place.isOurs && !(script.cachedDataRejected && hasFlags())) {
      if (cachedData === undefined || script.cachedDataRejected) flags ??= flagsOfV8();
      loaded.push({ file: keptFile, module: { file, text }, script });
    }
    script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file));
  };
  process.once('exit', () => {
    // All modules, since this run went further than those before: it called more functions of each. A command may have set flags.
    if (flags !== undefined && flagsOfV8() === flags) keep(place, loaded);
  });
}

/** The command that was typed, since each calls other functions of the modules that all share. */
function commandIn(argv: readonly string[], folder: string): string {
  const isCommand = (word: string) => /^[a-z]+$/.test(word) && existsSync(path.join(folder, 'commands', `${word}.cjs`));
  return argv.slice(2).find(isCommand) ?? 'other';
}

/** Where this build of Node keeps what it compiled. */
interface Place {
  /** It lies in the folder of all builds. */
  readonly folder: string;
  /** The user whose program it is. */
  readonly owner: number;
  /** Whether this run may keep something. */
  readonly isOurs: boolean;
  /** Whether there is something that only the owner can have written. */
  readonly isUsed: boolean;
}

/** Undefined: nothing can be kept or used. */
function placeIn(program: string): Place | undefined {
  try {
    const parent = path.join(program, 'compiled');
    // Code of another build of the same version can crash this one; hardly two are of the same size.
    const build = [process.version, process.platform, process.arch, statSync(process.execPath).size].join('-');
    const folder = path.join(parent, build);
    const owner = statSync(program).uid;
    const isOurs = process.getuid === undefined || process.getuid() === owner;
    const isUsed = isPrivate(parent, owner) && isPrivate(folder, owner);
    return isOurs || isUsed ? { folder, owner, isOurs, isUsed } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether only the owner of the program can have written in a folder. Windows has no such modes. */
function isPrivate(folder: string, owner: number): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return false;
  return process.getuid === undefined || (stats.uid === owner && (stats.mode & SHARED) === 0);
}

function hasFlags(): boolean {
  return process.execArgv.length > 0 || Boolean(process.env.NODE_OPTIONS);
}

function flagsOfV8(): number {
  return process.getBuiltinModule('node:v8').cachedDataVersionTag();
}

function readKept(file: string, module: Module): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  const data = bytes.subarray(CHECKSUM);
  return checksum(module, data).equals(bytes.subarray(0, CHECKSUM)) ? data : undefined;
}

/** Without room or permission, the next run compiles again. A folder of the program that was removed is not made again. */
function keep({ folder, owner }: Place, modules: readonly Compiled[]): void {
  try {
    for (const each of [path.dirname(folder), folder]) {
      if (lstatSync(each, { throwIfNoEntry: false }) === undefined) mkdirSync(each, { mode: 0o755 });
      if (!isPrivate(each, owner)) return;
    }
    for (const { file, module, script } of modules) write(file, module, script.createCachedData());
  } catch {}
}

/** Appears as a whole, since another run may read it. What a killed run left is removed by the next that wants to write. */
function write(file: string, module: Module, data: Buffer): void {
  const temporary = `${file}.new`;
  try {
    writeFileSync(temporary, Buffer.concat([checksum(module, data), data]), { flag: 'wx', mode: 0o644 });
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}

/** The file's name too: it is in what is kept, and in traces of errors. To load SHA-256 would take a tenth of a short run. */
function checksum({ file, text }: Module, data: Buffer): Buffer {
  const { crc32 } = process.getBuiltinModule('node:zlib');
  const bytes = Buffer.alloc(CHECKSUM);
  bytes.writeUInt32BE(crc32(data, crc32(text, crc32(`${file}\n`))));
  return bytes;
}
