import { priorityClass } from './priority-class.ts';
import type { KindDefinition } from '../kind.ts';

export const schedulingKinds: readonly KindDefinition[] = [
  priorityClass,
];
