/**
 * Servers of other makers, which are started where they are installed: on the PATH, or in a folder that MDACC_TEST_SERVERS
 * names (several as in PATH). MDACC_REQUIRED_SERVERS names those whose absence is a failure: moto_server,azurite-blob.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

export interface ServerProgram {
  /** The program's file, without a folder. */
  readonly program: string;
  /** How many ports it needs; 1 by default. */
  readonly ports?: number;
  /** Its arguments. @param folder A new one for its data. */
  arguments(ports: readonly number[], folder: string): readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it can be used; called until it is true. */
  isReady(url: string): Promise<boolean>;
}

export interface RunningServer {
  /** With its first port. */
  readonly url: string;
  end(): Promise<void>;
}

/** Declares tests with a server; without it they are skipped, or fail where the server is required. */
export function withServer(name: string, server: ServerProgram, test: (start: () => Promise<RunningServer>) => void) {
  const file = programFile(server.program);
  if (file !== undefined) return test(() => startServer(file, server));
  const why = `${server.program} is neither on the PATH nor in MDACC_TEST_SERVERS`;
  const isRequired = listOf(process.env.MDACC_REQUIRED_SERVERS, ',').includes(server.program);
  if (isRequired) it(`${name} is there`, () => expect.fail(why));
  else describe.skip(`${name} (skipped: ${why})`, () => it('is not tested', () => {}));
}

function programFile(program: string): string | undefined {
  const folders = [process.env.MDACC_TEST_SERVERS, process.env.PATH].flatMap((list) => listOf(list, path.delimiter));
  return folders.map((folder) => path.join(folder, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const listOf = (text: string | undefined, separator: string) =>
  (text ?? '').split(separator).filter((one) => one !== '');

async function startServer(file: string, server: ServerProgram): Promise<RunningServer> {
  const ports = await freePorts(server.ports ?? 1);
  const url = `http://127.0.0.1:${ports[0]}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-server-'));
  const child = spawn(file, server.arguments(ports, folder), {
    cwd: folder,
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (text: string) => {
    said = (said + text).slice(-4000);
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      hear(error.message);
      resolve();
    });
  });
  const end = async () => {
    child.kill();
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(late);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  let hasExited = false;
  void exited.then(() => {
    hasExited = true;
  });
  for (const limit = Date.now() + 90_000; ; ) {
    if (await server.isReady(url).catch(() => false)) return { url, end };
    if (hasExited || Date.now() > limit) {
      await end();
      throw new Error(`${file} did not start:\n${said}`);
    }
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** Ports that nothing listens on, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
