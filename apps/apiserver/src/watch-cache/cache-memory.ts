import { limits } from '../limits.ts';
import { HistoryBudget } from './history-budget.ts';
import { Slabs } from './slabs.ts';

/** Where the caches of all resources keep their bytes, and how many of what is past. */
export class CacheMemory {
  readonly slabs = new Slabs();
  readonly histories = new HistoryBudget(limits.historyBytesMax);
}
