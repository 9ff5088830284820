// The CORS policy of the Envoy proxy in front of Bucketeer: any origin, with credentials.
import type { CorsPolicy } from '../../sdk/cors.ts'

export const corsPolicy: CorsPolicy = {
  origin: 'mirror',
  methods: ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
  headers: ['content-type', 'content-encoding', 'x-grpc-web', 'authorization', 'x-min-revision'],
}
