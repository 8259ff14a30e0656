/** A server with a bucket, as a process of its own: that of the tests, which is strict about conditions. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const self = fileURLToPath(import.meta.url);
const source = path.join(path.dirname(self), '../state/servers/s3.ts');

/** Runs the server, whose requests take so long, for the time of the work. */
export async function withS3(latencyMs, work) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-bench-s3-'));
  const built = path.join(folder, 's3.mjs');
  await build({ entryPoints: [source], outfile: built, bundle: true, platform: 'node', format: 'esm' });
  const server = spawn(process.execPath, [self, built, String(latencyMs)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const [{ url, region, env }] = await once(server, 'message');
    return await work({
      env,
      /** The line of a configuration. */
      state: (prefix) =>
        `state: { kind: s3, bucket: acme-platform, prefix: ${prefix}, region: ${region}, endpoint: "${url}" }\n`,
      /** How many requests there were since this was asked last. */
      count: async () => {
        server.send('count');
        return (await once(server, 'message'))[0];
      },
    });
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === self) {
  const [, , built, latencyMs] = process.argv;
  const { S3Server } = await import(pathToFileURL(built).href);
  const server = await S3Server.start();
  server.latencyMs = Number(latencyMs);
  process.on('message', () => process.send(server.requests.splice(0).length));
  process.send({ url: server.url, region: server.region, env: S3Server.ENV });
}
