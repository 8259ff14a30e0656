/**
 * Runs the `mdacc` commands of a pipeline's scripts in this process: starting Node for each of them would take most of
 * the time. What the scripts call is a stand-in that hands over its arguments, folder and environment.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { runInProcess } from '../in-process.ts';

let port: Promise<number> | undefined;

/** The script, for bash, of a stand-in that calls this process. */
export async function standInForMdacc(folder: string): Promise<string> {
  port ??= listen();
  return `
call=$(mktemp -d ${folder}/call-XXXXXX)
printf '%s\\0' "$PWD" "$@" >"$call/argv"
env -0 >"$call/env"
exec 3<>/dev/tcp/127.0.0.1/${await port}
echo "$call" >&3
read -r code <&3
cat "$call/stdout"
cat "$call/stderr" >&2
rm -r "$call"
exit "$code"`;
}

async function listen(): Promise<number> {
  const server = createServer((socket) => {
    // Without an exit code, the stand-in fails.
    answer(socket).catch(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return (server.address() as AddressInfo).port;
}

async function answer(socket: Socket): Promise<void> {
  const [call] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
  const read = (name: string) => readFileSync(path.join(call.trim(), name), 'utf8').split('\0').slice(0, -1);
  const [folder = '', ...words] = read('argv');
  const env = Object.fromEntries(read('env').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const { code, stdout, stderr } = await runInProcess(words, folder, env);
  writeFileSync(path.join(call.trim(), 'stdout'), stdout);
  writeFileSync(path.join(call.trim(), 'stderr'), stderr);
  socket.end(`${code}\n`);
}
