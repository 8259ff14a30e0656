/** A repository that is cloned from and pushed to over HTTP, by git's own server program, with tokens that may push. */
import { execFileSync, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';

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
      PATH: process.env.PATH ?? '',
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

/** A bare repository with one branch, main, that holds a copy of a folder. */
export class Repository {
  readonly bare: string;
  readonly #work: string;

  constructor(folder: string, name: string, content: string) {
    this.bare = path.join(folder, `${name}.git`);
    this.#work = path.join(folder, 'somebody');
    const git = (...words: string[]) => run(folder, words);
    git('init', '--quiet', '--bare', '--initial-branch=main', this.bare);
    // As GitHub does: any commit can be fetched by its id.
    run(this.bare, ['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    git('init', '--quiet', '--initial-branch=main', this.#work);
    execFileSync('cp', ['-r', `${content}/.`, this.#work]);
    this.commit('The first commit', () => {});
  }

  /** Somebody's commit on top of main, pushed there. Gives its id. */
  commit(message: string, change: (folder: string) => void): string {
    return this.#commit(message, change, 'main');
  }

  /** The same on a branch of a pull request. */
  propose(change: (folder: string) => void): string {
    return this.#commit('A proposal', change, 'proposal');
  }

  #commit(message: string, change: (folder: string) => void, branch: string): string {
    if (this.branches().includes('main')) {
      run(this.#work, ['fetch', '--quiet', this.bare, 'main']);
      run(this.#work, ['reset', '--quiet', '--hard', 'FETCH_HEAD']);
    }
    change(this.#work);
    run(this.#work, ['add', '--all']);
    run(this.#work, ['commit', '--quiet', '--allow-empty', '-m', message]);
    run(this.#work, ['push', '--quiet', '--force', this.bare, `HEAD:refs/heads/${branch}`]);
    return run(this.#work, ['rev-parse', 'HEAD']).trim();
  }

  /** A file of a branch's newest commit; undefined when it is not there. */
  read(file: string, branch = 'main'): string | undefined {
    try {
      return run(this.bare, ['show', `${branch}:${file}`]);
    } catch {
      return undefined;
    }
  }

  /** The messages of a branch's commits, newest first. */
  messages(branch = 'main'): string[] {
    return run(this.bare, ['log', '--format=%s', branch]).trim().split('\n');
  }

  branches(): string[] {
    return run(this.bare, ['for-each-ref', '--format=%(refname:short)', 'refs/heads']).trim().split('\n');
  }
}

const SOMEBODY = ['-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.com', '-c', 'init.defaultBranch=main'];

export function run(folder: string, words: readonly string[]): string {
  return execFileSync('git', [...SOMEBODY, ...words], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}
