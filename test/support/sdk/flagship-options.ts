// Options of AB Tasty's SDK in tests: short intervals, and no logging or telemetry.
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
