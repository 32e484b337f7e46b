import { expect, test } from 'vitest';
import { negotiate } from './negotiate.ts';

test.each([
  ['', 'json object'],
  ['*/*', 'json object'],
  ['application/json', 'json object'],
  ['application/vnd.kubernetes.protobuf, application/json', 'protobuf object'],
  ['application/json;q=0.5, application/yaml', 'yaml object'],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json', 'json table'],
  ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', 'json object'],
  ['application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'protobuf partial'],
  ['application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'json partial'],
  ['text/html, */*;q=0.1', 'json object'],
])('%s', (accept, expected) => {
  const { encoding, as } = negotiate(accept);
  expect(`${encoding} ${as}`).toBe(expected);
});

test.each(['text/html', 'application/json;q=0', 'application/json;as=Table;v=v1;g=other'])('%s is not acceptable', (accept) => {
  expect(() => negotiate(accept)).toThrow('only the following media types');
});
