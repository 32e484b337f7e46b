import { customResourceDefinition } from './custom-resource-definition.ts';
import type { KindDefinition } from '../kind.ts';

export const apiextensionsKinds: readonly KindDefinition[] = [
  customResourceDefinition,
];
