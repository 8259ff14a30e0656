/** `schemas/motherduck-rest.openapi.json`, and whether requests and responses are as it describes them. */
import { readFileSync } from 'node:fs';
import { Ajv2020 as Ajv, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js';

/** A JSON object of the document, whose structure structure.test.ts checks. */
export type Json = Readonly<Record<string, unknown>>;

export const document: Json = JSON.parse(
  readFileSync(new URL('../../schemas/motherduck-rest.openapi.json', import.meta.url), 'utf8'),
);

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly schema: { readonly type?: string };
  /** Where it is. */
  readonly pointer: string;
}

export interface Operation {
  readonly method: string;
  /** With the names of its parameters in braces. */
  readonly path: string;
  readonly id: string;
  readonly parameters: readonly Parameter[];
  /** Where the schema of its body is; undefined without one. */
  readonly body: string | undefined;
  /** Where the responses are, by status. */
  readonly responses: ReadonlyMap<number, string>;
}

/** What a pointer such as `#/components/schemas/User` names. */
export function at<T = Json>(pointer: string): T {
  let value: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    value = (value as Json)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    if (value === undefined) throw new Error(`the document has no ${pointer}`);
  }
  return value as T;
}

/** Where the value is that a pointer names, references followed. */
export function followed(pointer: string): string {
  const { $ref } = at<{ $ref?: string }>(pointer);
  return $ref === undefined ? pointer : followed($ref);
}

const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options'];

export const operations: readonly Operation[] = Object.keys(at('#/paths')).flatMap((path) => {
  const item = `#/paths/${path.replaceAll('/', '~1')}`;
  return METHODS.filter((method) => at(item)[method] !== undefined).map((method) => {
    const here = `${item}/${method}`;
    const operation = at<{ operationId: string; parameters?: object[]; requestBody?: object; responses: object }>(here);
    const lists = [
      [item, at<{ parameters?: object[] }>(item).parameters],
      [here, operation.parameters],
    ] as const;
    return {
      method: method.toUpperCase(),
      path,
      id: operation.operationId,
      parameters: lists.flatMap(([of, list]) =>
        (list ?? []).map((_, index) => parameterAt(followed(`${of}/parameters/${index}`))),
      ),
      body: operation.requestBody && `${here}/requestBody/content/application~1json/schema`,
      responses: new Map(
        Object.keys(operation.responses).map((status) => [Number(status), followed(`${here}/responses/${status}`)]),
      ),
    };
  });
});

function parameterAt(pointer: string): Parameter {
  return { ...at<Omit<Parameter, 'pointer'>>(pointer), pointer };
}

/** The operation of a request, and undefined for one that no server routes. */
export function operationOf(method: string, target: string): Operation | undefined {
  const segments = (target.split('?')[0] ?? '').split('/');
  return operations.find((operation) => {
    const parts = operation.path.split('/');
    return (
      operation.method === method &&
      parts.length === segments.length &&
      parts.every((part, index) => (part.startsWith('{') ? segments[index] !== '' : part === segments[index]))
    );
  });
}

/**
 * How strictly values are compared: as the document says (`open`); without fields that it does not have (`closed`); and
 * without values that MotherDuck may add (`known`).
 */
export type Strictness = 'open' | 'closed' | 'known';

const validators = new Map<string, ValidateFunction>();
const engines = new Map<Strictness, Ajv>();

/** What is wrong with a value by the schema at a pointer. */
export function problemsOf(value: unknown, pointer: string, strictness: Strictness): string[] {
  const key = `${strictness} ${pointer}`;
  const validate = validators.get(key) ?? engine(strictness).compile({ $ref: `motherduck${pointer}` });
  validators.set(key, validate);
  validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function engine(strictness: Strictness): Ajv {
  const made = engines.get(strictness) ?? new Ajv({ strict: false, allErrors: true });
  if (engines.has(strictness)) return made;
  engines.set(strictness, made);
  if (strictness === 'known') {
    const validate = (known: readonly unknown[], value: unknown) => known.includes(value);
    made.addKeyword({ keyword: 'x-extensible-enum', type: 'string', validate });
  }
  made.addSchema((strictness === 'open' ? document : closed(document)) as AnySchema, 'motherduck');
  return made;
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  return copy.type === 'object' ? { additionalProperties: false, ...copy } : copy;
}

export interface SentRequest {
  readonly method: string;
  /** The path and the query. */
  readonly target: string;
  /** Empty: none. */
  readonly body: string;
}

/** Why a request is not valid by the document. */
export function requestProblems(request: SentRequest, strictness: Strictness): string[] {
  const { method, target, body } = request;
  const operation = operationOf(method, target);
  if (operation === undefined) return [`there is no ${method} ${target}`];
  const [, ...query] = target.split('?');
  const values = new URLSearchParams(query.join('?'));
  const problems = [...values].flatMap(([name, text]) => {
    const parameter = operation.parameters.find((each) => each.in === 'query' && each.name === name);
    if (parameter === undefined) return [`${name} is not described`];
    const value = queryValue(text, parameter.schema.type);
    return problemsOf(value, `${parameter.pointer}/schema`, strictness).map((problem) => `${name}${problem}`);
  });
  if (new Set(values.keys()).size !== values.size) problems.push('a parameter is given twice');
  if (operation.body === undefined) return body === '' ? problems : [...problems, 'it has a body'];
  return [...problems, ...bodyProblems(body, operation.body, strictness)];
}

function bodyProblems(body: string, pointer: string, strictness: Strictness): string[] {
  try {
    return problemsOf(JSON.parse(body), pointer, strictness);
  } catch {
    return ['the body is not JSON'];
  }
}

function queryValue(text: string, type: string | undefined): unknown {
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return type === 'integer' && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

export interface Answer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** How a response differs from what the document says about its request. */
export function responseProblems(
  { method, target }: Pick<SentRequest, 'method' | 'target'>,
  { status, headers, text }: Answer,
  strictness: Strictness,
): string[] {
  const operation = operationOf(method, target);
  const unrouted = followed('#/x-unrouted');
  const pointer = operation === undefined ? (status === 404 ? unrouted : undefined) : operation.responses.get(status);
  if (pointer === undefined) return [`status ${status} is not described`];
  const response = at<{ headers?: object; content: object }>(pointer);
  const problems = Object.keys(response.headers ?? {}).flatMap((name) => {
    const header = followed(`${pointer}/headers/${name}`);
    const value = headers[name.toLowerCase()];
    if (value === undefined) return at(header).required ? [`the header ${name} is missing`] : [];
    return problemsOf(value, `${header}/schema`, strictness).map((problem) => `${name}${problem}`);
  });
  const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
  if (!Object.hasOwn(response.content, type)) return [...problems, `a response of type ${type} is not described`];
  const schema = `${pointer}/content/${type.replaceAll('/', '~1')}/schema`;
  if (type !== 'application/json') return [...problems, ...problemsOf(text, schema, strictness)];
  return [...problems, ...bodyProblems(text, schema, strictness)];
}

/** Fails for a response that is not as described. */
export function expectDescribed(
  request: Pick<SentRequest, 'method' | 'target'>,
  answer: Answer,
  strictness: Strictness,
): void {
  const problems = responseProblems(request, answer, strictness);
  if (problems.length === 0) return;
  const { method, target } = request;
  throw new Error(
    `${method} ${target} is answered with ${answer.status}, and the OpenAPI document describes it otherwise:\n${problems.join('\n')}`,
  );
}
