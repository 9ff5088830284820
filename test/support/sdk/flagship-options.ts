// How AB Tasty's SDK is started in tests: it asks and sends soon, and says nothing of itself.
import { type DecisionMode, LogLevel } from '@flagship.io/js-sdk'

export const flagshipOptions = (decisionMode: DecisionMode) => ({
  decisionMode: decisionMode as DecisionMode.BUCKETING,
  fetchNow: false,
  logLevel: LogLevel.NONE,
  pollingInterval: 1,
  fetchFlagsBufferingTime: 0,
  disableDeveloperUsageTracking: true,
  trackingManagerConfig: { batchIntervals: 1, poolMaxSize: 200 },
})
