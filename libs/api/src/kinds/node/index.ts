import { runtimeClass } from './runtime-class.ts';
import type { KindDefinition } from '../kind.ts';

export const nodeKinds: readonly KindDefinition[] = [
  runtimeClass,
];
