import type { KindDefinition } from '../kinds/kind.ts';
import type { SchemaNode } from '../schema/node.ts';
import { schemaOfMessage } from '../schema/table.ts';
import { definitionName, Definitions, referenceTo, type DefinitionWriter, type OpenApiSchema, type OpenApiVersion } from './definitions.ts';
import type { Descriptions } from './descriptions.ts';
import { pathsOf, type OpenApiPaths } from './paths.ts';

/** The two lists that a document consists of. */
export type OpenApiPlace = 'paths' | 'definitions';

/** One member of a document. */
export interface OpenApiPiece {
  readonly place: OpenApiPlace;
  readonly name: string;
  readonly value: OpenApiSchema;
}

/**
 * A document of these kinds, one member after the other, so that whoever writes it can stop between two: first all paths, then the definitions, each
 * once. The longest step is the paths of one kind.
 * @param also messages whose definitions are to be there as well, with what they refer to.
 */
export function* openApiPieces(kinds: readonly KindDefinition[], version: OpenApiVersion, descriptions?: Descriptions, also: Iterable<string> = []): Generator<OpenApiPiece, void, undefined> {
  const definitions = new Definitions(version, descriptions);
  for (const kind of kinds) for (const [name, value] of Object.entries(pathsOf(kind, definitions, version))) yield { place: 'paths', name, value };
  for (const message of also) {
    const node = schemaOfMessage(message);
    if (node !== undefined) definitions.reference(node);
  }
  for (const [name, value] of definitions.made()) yield { place: 'definitions', name, value };
}

/** What one custom resource adds to a document: nothing of it depends on any other. */
export interface OpenApiKindPart {
  readonly paths: OpenApiPaths;
  readonly definitions: { readonly [name: string]: OpenApiSchema };
  /** Built-in messages, by name, whose definitions it needs beside its own. */
  readonly shared: readonly string[];
}

/** The part of a kind that a CustomResourceDefinition defines. */
export function openApiKindPart(kind: KindDefinition, version: OpenApiVersion): OpenApiKindPart {
  const own = new OwnDefinitions(version);
  const paths = pathsOf(kind, own, version);
  return { paths, definitions: Object.fromEntries(own.made()), shared: [...own.shared] };
}

/** Keeps a kind's own definitions; of built-in ones only that they are needed. */
class OwnDefinitions implements DefinitionWriter {
  readonly shared = new Set<string>();
  readonly #version: OpenApiVersion;
  readonly #own: Definitions;

  constructor(version: OpenApiVersion) {
    this.#version = version;
    this.#own = new Definitions(version);
  }

  made(): Iterable<readonly [string, OpenApiSchema]> {
    return this.#own.made();
  }

  reference(node: SchemaNode, name?: string): OpenApiSchema {
    const message = node.proto?.message;
    if (message === undefined) return this.#own.reference(node, name);
    this.shared.add(message);
    return referenceTo(this.#version, definitionName(node));
  }

  written(name: string, make: () => OpenApiSchema): OpenApiSchema {
    return this.#own.written(name, make);
  }

  mark(name: string, gvk: { group: string; version: string; kind: string }): void {
    this.#own.mark(name, gvk);
  }
}
