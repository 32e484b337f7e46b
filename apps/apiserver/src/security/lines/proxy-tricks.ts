import { test } from 'vitest';
import type { Line } from './line.ts';
export const proxyTricks: Line = () => { test('x', () => undefined); };
