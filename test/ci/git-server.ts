/** A repository that is cloned from and pushed to over HTTP, by git's own server program, with tokens that may push. */
import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

const PATH = process.env.PATH ?? '';

/** Answers a request below the folder of repositories. Only with a token that may push is anything written. */
export function serveGit(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  mayPush: (token: string) => boolean,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const isPush = `${url.pathname}${url.search}`.includes('git-receive-pack');
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const [user, token] = Buffer.from(basic, 'base64').toString('utf8').split(/:(.*)/s);
  if (isPush && !(user === 'x-access-token' && mayPush(token ?? ''))) {
    response.writeHead(403).end('Write access to repository not granted.');
    return;
  }
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH,
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(isPush ? { REMOTE_USER: 'token' } : {}),
    },
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => undefined);
  const parts: Buffer[] = [];
  backend.stdout.on('data', (part: Buffer) => parts.push(part));
  backend.on('close', () => answer(Buffer.concat(parts), response));
}

/** Headers, an empty line, and the body, as a CGI program gives them. */
function answer(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const headers = output.subarray(0, end).toString('utf8').split('\r\n');
  let status = 200;
  for (const header of headers) {
    const [name = '', value = ''] = header.split(/: (.*)/s);
    if (name === 'Status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status).end(output.subarray(end + 4));
}
