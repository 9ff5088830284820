// The CORS policy of the OFREP routes. Request headers are mirrored, so that customers can send their own.
import type { CorsPolicy } from '../../sdk/cors.ts'

export const corsPolicy: CorsPolicy = { origin: '*', methods: ['POST', 'GET', 'OPTIONS'], headers: 'mirror' }
