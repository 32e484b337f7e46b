/** How servers beside each other know of one another; Kubernetes' times. */
export const presenceLimits = {
  /** How long a server that says nothing is still an endpoint of the Service `kubernetes`. */
  endpointSeconds: 15,
  renewEveryMs: 10_000,
  identitySeconds: 3_600,
  collectEveryMs: 3_600_000,
  /** What leaving may take when the server stops. */
  leaveMs: 2_000,
  /** Attempts to write what several servers write at once, before the next turn. */
  attemptsMax: 5,
} as const;
