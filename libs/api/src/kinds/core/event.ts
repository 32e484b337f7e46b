import type { Event } from '../../gen/types/core-v1.ts';
import { defineKind } from '../define-kind.ts';

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  storageVersionHash: 'r2yiGXH7wu8=',
});
