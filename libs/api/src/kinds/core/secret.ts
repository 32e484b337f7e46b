import type { Secret } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateSecret } from './data-validation.ts';

export const secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  storageVersionHash: 'S6u1pOWzb84=',
  setDefaults: mergeStringData,
  selectableFields: (object) => ({ type: object.type ?? '' }),
  validate: validateSecret,
  columns: [nameColumn, column('Type'), column('Data'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.type ?? '', Object.keys(object.data ?? {}).length, age(object, now)],
});

/** `stringData` is for writing only: it goes over `data`. */
function mergeStringData(object: Secret): void {
  if (object.stringData === undefined) return;
  const data: Record<string, string> = { ...object.data };
  for (const [key, text] of Object.entries(object.stringData)) {
    Object.defineProperty(data, key, { value: base64(text), writable: true, enumerable: true, configurable: true });
  }
  object.data = data;
  delete object.stringData;
}

function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
