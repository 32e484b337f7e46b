/**
 * Priority and fairness (KEP-1040): every request of both faces takes seats of a priority level while it is carried out, or waits in
 * a fair queue for them, or is told to come again. `FlowControl` decides, purely and by the clock it is given; `FlowUpkeep` keeps the
 * objects (FlowSchema, PriorityLevelConfiguration) and feeds it; `InflightLimits` stands in for both when it is switched off. May
 * import pipeline/types, registry and auth ports; only start.ts and the pipeline's ports import it.
 *
 * How many seats? kube-apiserver's 400 + 200 are for many cores. We are one thread: what is carried out at the same time are requests
 * that wait for the store, a webhook or a slow reader, and some dozens of them already keep thread and store busy.
 * Beyond that seats buy no throughput; they only say how many requests of a busy level may stand in the event
 * loop before one of another level, each with its few hundred microseconds: at most the 245 of `workload-low`, some 0.1 s, and not the
 * whole flood. Fewer would shorten that, but a request that waits for a webhook holds its seat for seconds, and a few of those would
 * shut out all others of a small level; and what people know of the levels (nominal seats, seats of a list) would not hold here. So the
 * flags keep Kubernetes' defaults, and who wants short waits rather than slow webhooks sets them lower. While a level is not full the
 * gate takes 1 to 2 µs of a request, mostly for matching flow schemas.
 */
export { boundedPlace } from './bounded-place.ts';
export type { Entrant, FlowGate, Place } from './gate.ts';
export { flowDefaults, wireFlowControl, type FlowConfig, type FlowWiring } from './wire.ts';
