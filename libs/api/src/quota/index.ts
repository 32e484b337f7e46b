/**
 * What ResourceQuotas count, and how: pure rules that the API server (which refuses what is too much) and the controller (which
 * counts again) share. Imports nothing outside `libs/api`.
 */
export { chargeFor, type Charge, type ChargeRequest, type QuotaState } from './charge.ts';
export { countedKinds, type CountedKind } from './counted-kinds.ts';
export { amountsOf, differs, listOf, sum as addAmounts } from './amounts.ts';
export type { QuotaEvaluator, ScopeRequirement } from './evaluator.ts';
export { evaluatorOf } from './evaluators.ts';
export { recount, type Counted } from './recount.ts';
export { attributesClassesOf, storageClassOf } from './volume-claims.ts';
