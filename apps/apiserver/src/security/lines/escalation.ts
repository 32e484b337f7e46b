import { test } from 'vitest';
import type { Line } from './line.ts';
export const escalation: Line = () => { test('x', () => undefined); };
