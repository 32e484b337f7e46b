import { flowSchema } from './flow-schema.ts';
import { priorityLevelConfiguration } from './priority-level-configuration.ts';
import type { KindDefinition } from '../kind.ts';

export const flowcontrolKinds: readonly KindDefinition[] = [
  flowSchema,
  priorityLevelConfiguration,
];
