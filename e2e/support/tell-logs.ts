import { writeSync } from 'node:fs';
import { afterEach, inject } from 'vitest';
import { known } from './cluster.ts';
import { troubles } from './troubles.ts';

/** What was printed already is not printed again for the next failure of the file. */
const told = new Set<string>();
const toldMax = 5;

/** When a test fails the last errors in the logs of its clusters are printed with it. */
afterEach(({ task }) => {
  if (task.result?.state !== 'fail' || told.size >= toldMax) return;
  for (const dir of new Set([...known, inject('clusterDir') ?? []].flat())) {
    const text = troubles(dir);
    if (text === '' || told.has(text)) continue;
    told.add(text);
    writeSync(2, `\nafter the failure of "${task.name}":${text}`);
  }
});
