import type { KindDefinition } from '../kinds/kind.ts';
import type { OpenApiSchema, OpenApiVersion } from './definitions.ts';
import type { Descriptions } from './descriptions.ts';
import type { OpenApiPaths } from './paths.ts';
import { openApiPieces } from './pieces.ts';

export interface OpenApiV2 {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: OpenApiPaths;
  readonly definitions: { readonly [name: string]: OpenApiSchema };
}

export interface OpenApiV3 {
  readonly openapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: OpenApiPaths;
  readonly components: { readonly schemas: { readonly [name: string]: OpenApiSchema } };
}

/** One document for everything served: `/openapi/v2`. Costs some ten milliseconds; `openApiPieces` gives the same in steps. */
export function openApiV2(kinds: readonly KindDefinition[], serverVersion: string, descriptions?: Descriptions): OpenApiV2 {
  const { paths, definitions } = wholeOf(kinds, 2, descriptions);
  return { swagger: '2.0', info: { title: 'Kubernetes', version: serverVersion }, paths, definitions };
}

/** The document of one group and version: `/openapi/v3/apis/GROUP/VERSION`, `/openapi/v3/api/v1`. `undefined` when nothing of it is served. */
export function openApiV3(kinds: readonly KindDefinition[], group: string, version: string, serverVersion: string, descriptions?: Descriptions): OpenApiV3 | undefined {
  const own = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (own.length === 0) return undefined;
  const { paths, definitions } = wholeOf(own, 3, descriptions);
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: serverVersion }, paths, components: { schemas: definitions } };
}

function wholeOf(kinds: readonly KindDefinition[], version: OpenApiVersion, descriptions: Descriptions | undefined): { readonly paths: OpenApiPaths; readonly definitions: { readonly [name: string]: OpenApiSchema } } {
  const all = [...openApiPieces(kinds, version, descriptions)];
  const of = (place: string): [string, OpenApiSchema][] => all.flatMap((piece) => (piece.place === place ? [[piece.name, piece.value]] : []));
  return { paths: Object.fromEntries(of('paths')), definitions: Object.fromEntries(of('definitions').toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** `/openapi/v3`: where the documents are. `hash` names a document's content, so that clients keep what has not changed. */
export function openApiV3Index(kinds: readonly KindDefinition[], hash: (group: string, version: string) => string): { paths: { [path: string]: { serverRelativeURL: string } } } {
  const paths: { [path: string]: { serverRelativeURL: string } } = {};
  for (const { group, version } of kinds) {
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    paths[path] ??= { serverRelativeURL: `/openapi/v3/${path}?hash=${hash(group, version)}` };
  }
  return { paths };
}
