/** The declarations of the library: a program can name every type that a signature uses, and every export is documented. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  isExpressionWithTypeArguments,
  isIntersectionTypeNode,
  isTypeReferenceNode,
  type Node,
} from 'typescript/unstable/ast';
import { API, type Project, SymbolFlags, type Symbol as TypeScriptSymbol } from 'typescript/unstable/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFolder } from '../files/processes.ts';
import { ROOT } from '../in-process.ts';

const TYPES = path.join(ROOT, 'dist/types').replaceAll(path.sep, '/');

let api: API;
let project: Project;
let exported: readonly TypeScriptSymbol[];

beforeAll(async () => {
  const folder = await newFolder();
  const config = path.join(folder, 'tsconfig.json');
  const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, types: [] };
  await writeFile(config, JSON.stringify({ compilerOptions, files: [`${TYPES}/library.d.ts`] }));
  api = new API({ cwd: folder });
  const opened = api.updateSnapshot({ openProjects: [config] }).getProjects()[0];
  const file = opened?.program.getSourceFile(`${TYPES}/library.d.ts`);
  const module = file && opened?.checker.getSymbolAtLocation(file);
  if (opened === undefined || module === undefined) throw new Error('the declarations of the library cannot be read');
  project = opened;
  exported = project.checker.getExportsOfModule(module).map(original);
});

afterAll(() => api.close());

/** The symbol that an import or a re-export stands for. */
function original(symbol: TypeScriptSymbol): TypeScriptSymbol {
  return symbol.flags & SymbolFlags.Alias ? project.checker.getAliasedSymbol(symbol) : symbol;
}

/** The declarations of a symbol that are in the package, and not those of TypeScript or Node. */
function declarationsOf({ declarations }: TypeScriptSymbol): Node[] {
  return declarations.filter((one) => one.path.startsWith(`${TYPES}/`)).flatMap((one) => one.resolve(project) ?? []);
}

function nodesIn(symbol: TypeScriptSymbol): Node[] {
  const nodes: Node[] = [];
  const visit = (node: Node): void => {
    nodes.push(node);
    node.forEachChild(visit);
  };
  declarationsOf(symbol).forEach(visit);
  return nodes;
}

/** The types of the package that the declarations of a symbol name. */
function typesUsedBy(symbol: TypeScriptSymbol): TypeScriptSymbol[] {
  const names = nodesIn(symbol).map((node): Node | undefined => {
    if (isTypeReferenceNode(node)) return node.typeName;
    return isExpressionWithTypeArguments(node) ? node.expression : undefined;
  });
  return names
    .filter((name) => name !== undefined)
    .map((name) => project.checker.getSymbolAtLocation(name))
    .filter((used) => used !== undefined)
    .map(original)
    .filter((used) => !(used.flags & SymbolFlags.TypeParameter) && declarationsOf(used).length > 0);
}

describe('the exports', () => {
  it('include every type that their declarations use', () => {
    const known = new Set(exported.map(({ id }) => id));
    const unknown = exported.flatMap((symbol) =>
      typesUsedBy(symbol)
        .filter(({ id }) => !known.has(id))
        .map((used) => `${used.name}, used by ${symbol.name}`),
    );
    expect(exported.length).toBeGreaterThan(80);
    expect(typesUsedBy(exported.find(({ name }) => name === 'apply') ?? fail()).map(({ name }) => name)).toEqual([
      'ApplyOptions',
      'Applied',
    ]);
    expect(unknown).toEqual([]);
  });

  it('have named types, and no anonymous intersections', () => {
    const anonymous = exported.filter((symbol) => nodesIn(symbol).some(isIntersectionTypeNode));
    expect(anonymous.map(({ name }) => name)).toEqual([]);
  });

  it('are documented, functions with an example', () => {
    const { checker } = project;
    const functions = exported.filter(({ flags }) => flags & SymbolFlags.Function);
    expect(functions.map(({ name }) => name).sort()).toEqual([
      ...['apply', 'audit', 'hasChanges', 'loadConfig', 'noticeText', 'openService', 'openState', 'openStores', 'plan'],
      ...['readLive', 'readState', 'renderApplied', 'renderAudit', 'renderPlan'],
    ]);
    const bare = exported.filter((symbol) => checker.getDocumentationCommentOfSymbol(symbol) === '');
    expect(bare.map(({ name }) => name)).toEqual([]);
    const untried = functions.filter(
      (one) => !checker.getJsDocTagsOfSymbol(one).some(({ name }) => name === 'example'),
    );
    expect(untried.map(({ name }) => name)).toEqual([]);
  });
});

function fail(): never {
  throw new Error('not exported');
}
