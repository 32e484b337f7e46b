import { eviction } from './eviction.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import type { KindDefinition } from '../kind.ts';

export const policyKinds: readonly KindDefinition[] = [
  eviction,
  podDisruptionBudget,
];
