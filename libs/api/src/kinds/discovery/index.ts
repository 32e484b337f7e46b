import { endpointSlice } from './endpoint-slice.ts';
import type { KindDefinition } from '../kind.ts';

export const discoveryKinds: readonly KindDefinition[] = [
  endpointSlice,
];
