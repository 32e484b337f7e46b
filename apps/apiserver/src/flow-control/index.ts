/**
 * Priority and fairness (KEP-1040): every request of both faces takes seats of a priority level while it is carried out, or waits in
 * a fair queue for them, or is told to come again. `FlowControl` decides, purely and by the clock it is given; `FlowUpkeep` keeps the
 * objects (FlowSchema, PriorityLevelConfiguration) and feeds it; `InflightLimits` stands in for both when it is switched off. May
 * import pipeline/types, registry and auth ports; only start.ts and the pipeline's ports import it.
 *
 * How many seats? kube-apiserver's 400 + 200 are for many cores. We are one thread: what is carried out at the same time are requests
 * that wait for the store, a webhook or a slow reader, and some dozens of them already keep the thread and the store busy
 * (docs/performance.md). Beyond that, seats buy no throughput; they only decide how many low requests stand before a high one in the
 * event loop, each with its few hundred microseconds. But requests that wait for a webhook hold their seats for seconds, and with few
 * seats some slow ones would shut out all others of their level. The flags keep Kubernetes' defaults, so that what is known of its
 * levels (nominal seats, width of lists) is true here; measured, a flood that fills a level's 245 seats delays a request of another
 * level by the work of those 245, not by the work of the flood.
 */
export type { Entrant, FlowGate, FlowIds, Place } from './gate.ts';
export { flowDefaults, wireFlowControl, type FlowConfig, type FlowWiring } from './wire.ts';
