// Addresses the Durable Object of an environment.
import type { Call } from './call.ts'

export const environmentStub = ({ env }: Pick<Call, 'env'>, environmentId: string) =>
  env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(environmentId))
