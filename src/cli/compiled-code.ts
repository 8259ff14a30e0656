/**
 * Keeps what V8 compiled of the program's modules for the next run: to compile them takes a third of the time of a small plan.
 * It lies in the folder of the modules, where only who may change the program can change it. It holds code, and nothing of a run.
 */
import { accessSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';

const { getBuiltinModule } = process;

interface Compiled {
  /** Where it is kept. */
  readonly file: string;
  readonly source: Buffer;
  readonly script: Script;
}

/** The bytes of a SHA-256 digest, with which a file begins. V8 crashes on data that was damaged. */
const DIGEST = 32;

/**
 * Loads modules in `folder` with the code that an earlier run kept, and keeps at the end of this one what was missing. Does
 * nothing where Node is told to keep none: NODE_DISABLE_COMPILE_CACHE, or NODE_V8_COVERAGE, for which V8 must compile anew.
 *
 * @param folder The folder of the modules; where it cannot be written, each run compiles.
 */
export function keepCompiledCode(folder: string): void {
  if (process.env.NODE_DISABLE_COMPILE_CACHE || process.env.NODE_V8_COVERAGE) return;
  const kept = path.join(folder, 'compiled', `${process.version}-${process.arch}`);
  const keptFile = (file: string) => path.join(kept, path.relative(folder, file).replaceAll(path.sep, '-'));
  const missing: Compiled[] = [];
  let flags: number | undefined;
  const { extensions } = createRequire(path.join(folder, 'main.cjs'));
  extensions['.cjs'] = (module, file) => {
    if (!file.startsWith(folder + path.sep)) return extensions['.js'](module, file);
    const source = readFileSync(file);
    const cachedData = readKept(keptFile(file), source);
    const code = `(function(exports,require,module,__filename,__dirname){${source}\n})`;
    const script = new Script(code, { filename: file, ...(cachedData && { cachedData }) });
    if (cachedData === undefined || script.cachedDataRejected) {
      flags ??= flagsOfV8();
      missing.push({ file: keptFile(file), source, script });
    }
    script.runInThisContext()(module.exports, createRequire(file), module, file, path.dirname(file));
  };
  process.once('exit', () => {
    // V8 takes only code that was compiled with the flags it has; a command may have set some meanwhile.
    if (missing.length > 0 && flagsOfV8() === flags) keep(kept, missing);
  });
}

function flagsOfV8(): number {
  return getBuiltinModule('node:v8').cachedDataVersionTag();
}

function readKept(file: string, source: Buffer): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  const data = bytes.subarray(DIGEST);
  return digest(source, data).equals(bytes.subarray(0, DIGEST)) ? data : undefined;
}

/** Writes each file at once, since another run may read it. Without room or permission, the next run compiles again. */
function keep(folder: string, missing: readonly Compiled[]): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    for (const { file, source, script } of missing) {
      const data = script.createCachedData();
      const temporary = `${file}.${process.pid}`;
      writeFileSync(temporary, Buffer.concat([digest(source, data), data]));
      renameSync(temporary, file);
    }
  } catch {}
}

function digest(source: Buffer, data: Buffer): Buffer {
  return getBuiltinModule('node:crypto').createHash('sha256').update(source).update(data).digest();
}
