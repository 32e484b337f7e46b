/** Kubernetes protobuf, driven by the schema table. */
export * from './protobuf.ts';
export { ProtobufError } from './reader.ts';
