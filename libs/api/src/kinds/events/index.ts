import { event } from './event.ts';
import type { KindDefinition } from '../kind.ts';

export const eventsKinds: readonly KindDefinition[] = [
  event,
];
