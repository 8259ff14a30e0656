/**
 * Loaded into the program by `node --require`: writes each step of the writes that the harness looks at into a log (of files,
 * and of a state's table), and
 * ends the process by SIGKILL at one of them, or copies the folder at each, as a kill would leave it. What it puts into
 * node:fs/promises reaches the built bundle's imports.
 *
 * CRASH_HOOK is JSON: `log`, a file; `files`, the kind of each watched file by its name; `kill`, a point or nothing;
 * `images`, where the copies are put, or nothing.
 */
const { appendFileSync } = require('node:fs');
const childProcess = require('node:child_process');
const fs = require('node:fs/promises');
const { syncBuiltinESMExports } = require('node:module');
const { basename, join } = require('node:path');
const { takeImage } = require('./image.cjs');

const { log, files, kill, images } = JSON.parse(process.env.CRASH_HOOK);
const { open, rename, link, unlink, writeFile } = fs;
const { spawn } = childProcess;
const TEMPORARY = /\.mdacc-[0-9a-f]{8}-\d+-[0-9a-f]{16}\.tmp$/;
const counts = new Map();
/** The kind of each temporary file that is open, by its handle. */
const temporary = new WeakMap();

/** Counts the step and logs it; the process may end here. */
function reach(kind, when) {
  const step = `${kind} ${when}`;
  const at = (counts.get(step) ?? 0) + 1;
  counts.set(step, at);
  appendFileSync(log, `${step}\n`);
  if (images !== undefined) takeImage(process.cwd(), join(images, `${when} ${kind} ${at}`));
  if (kill?.what === kind && kill.when === when && kill.at === at) process.kill(process.pid, 'SIGKILL');
}

async function around(kind, act) {
  reach(kind, 'before');
  const result = await act();
  reach(kind, 'after');
  return result;
}

function kindOf(path) {
  return files[basename(String(path))];
}

fs.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (rest[0] === 'a' && kindOf(path) !== undefined) return hookAppends(handle, kindOf(path));
  const kind = TEMPORARY.test(path) ? kindOf(String(path).replace(TEMPORARY, '')) : undefined;
  if (kind === undefined || kind === 'lock') return handle;
  temporary.set(handle, kind);
  return handle;
};

/** The text of a temporary file, whose half a kill may leave. */
fs.writeFile = async (file, data, ...more) => {
  const kind = temporary.get(file);
  if (kind === undefined) return writeFile(file, data, ...more);
  // Chunks share a buffer, so each is copied.
  const whole = Buffer.concat(Array.from(data, (chunk) => Buffer.from(chunk)));
  await file.write(whole, 0, Math.floor(whole.length / 2), 0);
  reach(kind, 'torn');
  await file.truncate(0);
  return writeFile(file, whole, ...more);
};

/** A line that is added to a file, whose half a kill may leave. */
function hookAppends(handle, kind) {
  const appendFile = handle.appendFile.bind(handle);
  handle.appendFile = (data, ...more) =>
    around(kind, async () => {
      const { size } = await handle.stat();
      await handle.write(data.subarray(0, data.length / 2));
      reach(kind, 'torn');
      await handle.truncate(size);
      return appendFile(data, ...more);
    });
  return handle;
}

fs.rename = (from, to) => {
  const kind = kindOf(to);
  return kind === undefined ? rename(from, to) : around(kind, () => rename(from, to));
};

fs.link = (from, to) => {
  const kind = kindOf(to);
  return kind === undefined ? link(from, to) : around(kind, () => link(from, to));
};

fs.unlink = (path) => {
  const kind = kindOf(path);
  return kind === undefined ? unlink(path) : around(`${kind} release`, () => unlink(path));
};

/** Statements that change the table of a state, which a process of its own runs: before it gets them, and when it answers. */
childProcess.spawn = (program, args, ...rest) => {
  const child = spawn(program, args, ...rest);
  if (!/probe\.cjs$/.test(String(args?.[0]))) return child;
  const sent = new Map();
  const write = child.stdin.write.bind(child.stdin);
  child.stdin.write = (line, ...more) => {
    const { id, sql = '', values = [] } = JSON.parse(line);
    if (/^\s*(INSERT|UPDATE|DELETE)/i.test(sql)) {
      const kind = kindOfKey(String(values[0]));
      sent.set(id, kind);
      reach(kind, 'before');
    }
    return write(line, ...more);
  };
  child.stdio[3].on('data', (text) => {
    for (const [, id] of String(text).matchAll(/(?:^|\n)\{"id":(\d+)/g)) {
      const kind = sent.get(Number(id));
      if (kind !== undefined) reach(kind, 'after');
      sent.delete(Number(id));
    }
  });
  return child;
};

function kindOfKey(key) {
  if (key.startsWith('log/')) return 'state';
  return key.startsWith('snapshots/') ? 'state snapshot' : 'state lock';
}

syncBuiltinESMExports();
