import { ApiError } from '@rhythm/api';
import type { ProtobufEncoder } from './render.ts';

/** Until the codec of the schema table is here, protobuf is refused, and clients go on to JSON. */
export const noProtobuf: ProtobufEncoder = {
  encode: () => {
    throw new ApiError('NotAcceptable', 'protobuf is not served');
  },
  encodeList: () => {
    throw new ApiError('NotAcceptable', 'protobuf is not served');
  },
};
