import { amountsOf, differs, listOf, type Amounts } from '@rhythm/api';
import type { ResourceQuota, ResourceQuotaStatus } from '@rhythm/api/types/core-v1';

export interface QuotaPlan {
  /** To be written; undefined when it says so already. */
  readonly status?: ResourceQuotaStatus;
  /** Less is used than the status says, and that may be because what has been charged for is still on its way. */
  readonly isUnsettled: boolean;
}

/**
 * The status of a quota, by a full count. Admission charges before it writes: while charges are fresh, what is used only ever goes up
 * here, lest a creation that is under way be given away twice.
 */
export function planQuota(quota: ResourceQuota, counted: Amounts, isFreshlyCharged: boolean): QuotaPlan {
  const hard = amountsOf(quota.spec?.hard);
  const known = amountsOf(quota.status?.used);
  const settled = new Map(counted);
  let isUnsettled = false;
  for (const [name, amount] of counted) {
    const before = known.get(name);
    if (!isFreshlyCharged || before === undefined || before.nano <= amount.nano) continue;
    settled.set(name, before);
    isUnsettled = true;
  }
  const isWritten = quota.status?.hard !== undefined && quota.status.used !== undefined;
  if (isWritten && !differs(hard, amountsOf(quota.status?.hard)) && !differs(settled, known)) return { isUnsettled };
  return { status: { hard: { ...quota.spec?.hard }, used: listOf(settled) }, isUnsettled };
}
