// OFREP's golden cases, and damaged requests.
import { bodyRoutes, testDamagedBodies, testGoldenCases } from '../../../test/support/dialect-suite.ts'
import { ofrepRoutes } from './routes.ts'

testGoldenCases('ofrep', ofrepRoutes)
testDamagedBodies('ofrep', ofrepRoutes, bodyRoutes('ofrep'))
