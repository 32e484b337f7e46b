import { ApiError, apiVersionOf, encodeProtobuf, encodeProtobufMessage, ProtobufError, schemaFor, schemaOfMessage, type KindDefinition } from '@rhythm/api';
import { protobufField } from './protobuf-field.ts';

const magic = Buffer.from('k8s\0', 'latin1');
const listMeta = 'k8s.io.apimachinery.pkg.apis.meta.v1.ListMeta';

/** An object in Kubernetes' protobuf, with the envelope. @throws ApiError NotAcceptable for what has no such form. */
export function toProtobuf(object: object): Uint8Array {
  const { kind = '', apiVersion = '' } = object as { kind?: string; apiVersion?: string };
  const slash = apiVersion.indexOf('/');
  return acceptable(() => encodeProtobuf({ group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind }, object));
}

export interface ProtobufList {
  item(object: object): Uint8Array;
  /** What comes before the items: runtime.Unknown { typeMeta = 1, raw = 2 }, raw a List { metadata = 1, items = 2 }. @param lengths of all items */
  head(metadata: object, lengths: readonly number[]): Uint8Array;
  /** What comes before an item of this length. */
  itemHead(length: number): Uint8Array;
}

/** Writes a list of a kind item by item, so that a long one never holds the process. @throws ApiError NotAcceptable. */
export function protobufListOf(kind: Pick<KindDefinition, 'group' | 'version' | 'kind' | 'listKind'>): ProtobufList {
  const schema = schemaFor(kind.group, kind.version, kind.kind);
  const meta = schemaOfMessage(listMeta);
  if (schema === undefined || meta === undefined) throw new ApiError('NotAcceptable', `${kind.kind} has no protobuf form`);
  return {
    item: (object) => acceptable(() => encodeProtobufMessage(schema, object)),
    head: (metadata, lengths) => {
      const head = protobufField(1, encodeProtobufMessage(meta, metadata));
      const length = lengths.reduce((sum, each) => sum + each + itemHead(each).length, head.length);
      const typeMeta = Buffer.concat([protobufField(1, Buffer.from(apiVersionOf(kind))), protobufField(2, Buffer.from(kind.listKind))]);
      return Buffer.concat([magic, protobufField(1, typeMeta), protobufField(2, { length }, true), head]);
    },
    itemHead,
  };
}

function itemHead(length: number): Uint8Array {
  return protobufField(2, { length }, true);
}

function acceptable<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (error instanceof ProtobufError) throw new ApiError('NotAcceptable', error.message, { cause: error });
    throw error;
  }
}
