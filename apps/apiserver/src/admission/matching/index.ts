/** What webhooks and admission policies are about: rules, selectors, equivalent versions, exemptions, and their expressions' variables. */
export { matchRequest, type MatchCriteria, type Matched } from './match.ts';
export { isExemptFromPolicies, isExemptFromWebhooks } from './exempt.ts';
export { selects } from './selectors.ts';
export {
  admissionTypes, admissionVariables, compileConditions, conditionEnvironment, conditionsHold, evaluateWithAuthorizer, policyConditionEnvironment, requestDocument,
  type AdmissionVariables, type CompiledConditions,
} from './expressions.ts';
