import type { KindDefinition, KindRegistry } from '@rhythm/api';
import type { RequestAttributes, RequestOptions } from '../ports/types.ts';
import { listCost, plainCost, writeCost, type Cost, type KindSize } from './cost.ts';

/** What a request is thought to cost at a level where none may take more than `seatsMax`. */
export type CostEstimate = (attributes: RequestAttributes, options: RequestOptions, seatsMax: number) => Cost;

/** By what the caches know of the kinds; `sizeOf` gives nothing for a kind of which nothing is cached yet. */
export function costEstimate(registry: Pick<KindRegistry, 'byResource'>, sizeOf: (kind: KindDefinition) => KindSize | undefined): CostEstimate {
  return (attributes, options, seatsMax) => {
    switch (attributes.verb) {
      case 'list':
      case 'watch':
      case 'create':
      case 'update':
      case 'patch':
      case 'delete':
        break;
      default:
        return plainCost;
    }
    if (!attributes.isResource) return plainCost;
    const kind = registry.byResource(attributes.group, attributes.version, attributes.resource);
    const size = kind === undefined ? undefined : sizeOf(kind);
    if (size === undefined) return plainCost;
    if (attributes.verb === 'watch' && !wantsState(options)) return plainCost;
    if (attributes.verb !== 'list' && attributes.verb !== 'watch') return writeCost(size.watches, seatsMax);
    return listCost(size, { limit: options.limit ?? 0, one: attributes.name !== '', fromStore: isPast(options) }, seatsMax);
  };
}

/** Watches that begin with what there is are lists, too. */
function wantsState({ sendInitialEvents, resourceVersion }: RequestOptions): boolean {
  return sendInitialEvents ?? (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0');
}

/** States that the cache does not hold: they are read from the store, and whole pages of them are in memory. */
function isPast(options: RequestOptions): boolean {
  return options.resourceVersionMatch === 'Exact' || (options.continue ?? '') !== '';
}
