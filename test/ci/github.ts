/** GitHub, played on this machine: a repository over HTTP, and as much of the REST API as comments and issues need. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Repository } from './git-repository.ts';
import { serveGit } from './git-server.ts';
import type { Permissions } from './workflow.ts';

interface User {
  readonly login: string;
  readonly type: 'Bot' | 'User';
}

/** A comment or an issue. */
interface Entry {
  readonly id: number;
  /** Of the issue or pull request that it is, or that it is about. */
  readonly number: number;
  readonly user: User;
  readonly html_url: string;
  readonly pull_request?: object;
  title?: string;
  body: string;
  state?: 'open' | 'closed';
  /** Nobody may edit it. */
  locked?: boolean;
}

export const REPOSITORY = 'acme/accounts';
export const RENOVATE: User = { login: 'renovate[bot]', type: 'Bot' };
export const WORKFLOW_USER: User = { login: 'github-actions[bot]', type: 'Bot' };
const PREFIX = `/api/repos/${REPOSITORY}`;

export class GitHub {
  readonly repository: Repository;
  readonly comments: Entry[] = [];
  readonly issues: Entry[] = [];
  /** `PATCH /issues/7`, in order. */
  readonly calls: string[] = [];
  /** Answers with these statuses first. */
  readonly failures: number[] = [];
  url = '';
  readonly #tokens = new Map<string, { user: User; permissions: Permissions }>();
  #last = 100;

  /** Serves the repository, which is below the folder. */
  constructor(folder: string, repository: Repository) {
    this.repository = repository;
    const server = createServer((request, response) => {
      if (!request.url?.startsWith('/api/')) serveGit(folder, request, response, (token) => this.#mayPush(token));
      else void this.#answer(request, response);
    });
    server.listen(0, '127.0.0.1', () => {
      this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    onTestFinished(() => void server.close());
    this.ready = once(server, 'listening');
  }

  readonly ready: Promise<unknown>;

  /** A token of a workflow's job, or of a person. */
  token(permissions: Permissions, user: User = WORKFLOW_USER): string {
    const token = `ghs_${this.#tokens.size}_${'x'.repeat(20)}`;
    this.#tokens.set(token, { user, permissions });
    return token;
  }

  comment(number: number, body: string, user: User = WORKFLOW_USER): Entry {
    const entry = this.#entry(number, body, user, `#issuecomment-${this.#last + 1}`);
    this.comments.push(entry);
    return entry;
  }

  issue(title: string, body: string, user: User = WORKFLOW_USER): Entry {
    const number = this.#last + 1;
    const entry: Entry = { ...this.#entry(number, body, user), title, state: 'open' };
    this.issues.push(entry);
    return entry;
  }

  #entry(number: number, body: string, user: User, anchor = ''): Entry {
    this.#last += 1;
    return { id: this.#last, number, body, user, html_url: `${this.url}/${REPOSITORY}/issues/${number}${anchor}` };
  }

  #mayPush(token: string): boolean {
    return this.#tokens.get(token)?.permissions.contents === 'write';
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const resource = url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : url.pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    this.calls.push(`${request.method} ${resource}`);
    const failure = this.failures.shift();
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const { status, body } =
      failure === undefined
        ? this.#do(request.method ?? '', resource, url.searchParams, text === '' ? {} : JSON.parse(text), token)
        : { status: failure, body: { message: 'failure' } };
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(body === undefined ? '' : JSON.stringify(body));
  }

  #do(method: string, resource: string, query: URLSearchParams, given: Partial<Entry>, token: string): Answer {
    const holder = this.#tokens.get(token);
    if (holder === undefined) return { status: 401, body: { message: 'Bad credentials' } };
    const { user, permissions } = holder;
    const isBot = user.type === 'Bot';
    if (resource === '/api/user') return isBot ? REFUSED : { status: 200, body: user };
    if (resource === '/api/graphql') return { status: 200, body: { data: { viewer: { login: user.login } } } };
    const [, id] = /\/(\d+)(?:\/comments)?$/.exec(resource) ?? [];
    const comment = this.comments.find((each) => each.id === Number(id));
    const about = resource.startsWith('/issues/comments/') ? comment?.number : Number(id);
    const issue = this.issues.find((each) => each.number === Number(id));
    const isIssue = id === undefined || this.issues.some(({ number }) => number === about);
    if (method !== 'GET' && permissions[isIssue ? 'issues' : 'pull-requests'] !== 'write') return REFUSED;
    switch (`${method} ${resource.replace(/\d+/, 'N')}`) {
      case 'GET /issues/N/comments':
        return page(
          this.comments.filter((each) => each.number === about),
          query,
        );
      case 'GET /issues':
        return page(this.issues.filter((each) => each.state === query.get('state')).reverse(), query);
      case 'POST /issues/N/comments':
        return { status: 201, body: this.comment(Number(id), given.body ?? '', user) };
      case 'POST /issues':
        return { status: 201, body: this.issue(given.title ?? '', given.body ?? '', user) };
      case 'PATCH /issues/comments/N':
        return comment?.locked ? REFUSED : change(comment, given);
      case 'DELETE /issues/comments/N':
        if (comment === undefined) return NOT_FOUND;
        this.comments.splice(this.comments.indexOf(comment), 1);
        return { status: 204, body: undefined };
      case 'PATCH /issues/N':
        return issue?.locked ? REFUSED : change(issue, given);
      default:
        return NOT_FOUND;
    }
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const REFUSED: Answer = { status: 403, body: { message: 'Resource not accessible by integration' } };
const NOT_FOUND: Answer = { status: 404, body: { message: 'Not Found' } };

function page(all: readonly Entry[], query: URLSearchParams): Answer {
  const size = Math.min(100, Number(query.get('per_page') ?? 30));
  const first = (Number(query.get('page') ?? 1) - 1) * size;
  return { status: 200, body: all.slice(first, first + size) };
}

function change(entry: Entry | undefined, { body, state }: Partial<Entry>): Answer {
  if (entry === undefined) return NOT_FOUND;
  Object.assign(entry, body === undefined ? {} : { body }, state === undefined ? {} : { state });
  return { status: 200, body: entry };
}
