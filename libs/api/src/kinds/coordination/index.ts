import { lease } from './lease.ts';
import type { KindDefinition } from '../kind.ts';

export const coordinationKinds: readonly KindDefinition[] = [
  lease,
];
