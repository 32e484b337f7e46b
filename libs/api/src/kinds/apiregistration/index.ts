import { apiService } from './api-service.ts';
import type { KindDefinition } from '../kind.ts';

export const apiregistrationKinds: readonly KindDefinition[] = [
  apiService,
];
