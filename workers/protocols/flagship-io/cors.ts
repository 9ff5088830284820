// The CORS policy of AB Tasty's hosts.
import type { CorsPolicy } from '../../sdk/cors.ts'

export const corsPolicy: CorsPolicy = {
  origin: '*',
  methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'],
  headers: [
    'content-type',
    'content-encoding',
    'x-api-key',
    'x-sdk-client',
    'x-sdk-version',
    'if-modified-since',
    'if-none-match',
    'x-min-revision',
    'x-pop',
  ],
}
