import { test } from 'vitest';
import type { Line } from './line.ts';
export const oldObject: Line = () => { test('x', () => undefined); };
