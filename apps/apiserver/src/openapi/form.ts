import { encodeOpenApiV2Member, openApiV2Frame, type OpenApiPiece } from '@rhythm/api';
import { gitVersion } from '../discovery/version.ts';

/** A way in which documents are written: what stands around their members, and each member. */
export interface DocumentForm {
  readonly name: string;
  readonly version: 2 | 3;
  /** Between two members of a list. */
  readonly separator: Uint8Array;
  member(piece: OpenApiPiece): Uint8Array;
  /** What stands before the paths, between them and the definitions, and behind those. The sizes are of both lists. */
  frame(pathsBytes: number, definitionsBytes: number): readonly [head: Uint8Array, middle: Uint8Array, tail: Uint8Array];
}

const info = { title: 'Kubernetes', version: gitVersion };

function jsonForm(name: string, version: 2 | 3, texts: readonly [head: string, middle: string, tail: string]): DocumentForm {
  const [head, middle, tail] = texts.map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  return {
    name,
    version,
    separator: Buffer.from(','),
    member: (piece) => Buffer.from(`${JSON.stringify(piece.name)}:${JSON.stringify(piece.value)}`),
    frame: () => [head, middle, tail],
  };
}

export const v2Json = jsonForm('v2', 2, [`{"swagger":"2.0","info":${JSON.stringify(info)},"paths":{`, '},"definitions":{', '}}']);
export const v3Json = jsonForm('v3', 3, [`{"openapi":"3.0.0","info":${JSON.stringify(info)},"paths":{`, '},"components":{"schemas":{', '}}}']);

const nothing = new Uint8Array();

export const v2Protobuf: DocumentForm = {
  name: 'v2 protobuf',
  version: 2,
  separator: nothing,
  member: encodeOpenApiV2Member,
  frame(pathsBytes, definitionsBytes) {
    const { head, middle } = openApiV2Frame({ swagger: '2.0', info }, pathsBytes, definitionsBytes);
    return [head, middle, nothing];
  },
};
