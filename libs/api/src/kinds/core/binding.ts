import type { Binding } from '../../gen/types/core-v1.ts';
import { createOnly, defineKind } from '../define-kind.ts';
import { notSupported, required } from '../../validation/field-error.ts';

export const binding = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  namespaced: true,
  verbs: createOnly,
  validate({ target }) {
    const kind = target?.kind ?? '';
    const errors = kind === '' || kind === 'Node' ? [] : [notSupported('target.kind', kind, ['Node', '<empty>'])];
    return (target?.name ?? '') === '' ? [...errors, required('target.name')] : errors;
  },
});
